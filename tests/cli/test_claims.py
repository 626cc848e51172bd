"""`timebank claim`: what waits is listed, confirmed, objected to and withdrawn."""

import pytest

POLICY = """
language = 1
policy = { name = "Watched", source = "made up", status = "pilot", from = 2024-01-01 }
units = { points = {} }
accounts = { member = {} }
classes.help = { counts = "number" }
rules.points = { on = "contribution", unit = "points" }
[procedures.watched]
on = "contribution"
apart = ["submitter", "review"]
steps = [
  { name = "review", by = "reviewer", text = "two look at it", need = 2 },
  { name = "wall", for = "5 days", objection = "review" },
]
"""


@pytest.fixture
def watched(keeping):
    """Return the commands on a ledger where two marks of ada's wait to be looked at."""
    return keeping(
        POLICY,
        "account open ada --on 2024-03-01",
        "mark ada help 2 --on 2024-03-01 --id walk --actor desk",
        on="2024-03-01",
    )


def confirm(run, actor):
    return run(f"claim confirm walk review --as reviewer --actor {actor}")


def test_what_waits_is_listed_with_its_step_and_for_whom(watched):
    listed = watched("claim list").out

    assert "walk" in listed
    assert "two look at it" in listed
    assert "reviewer" in listed
    assert [
        int(figure) for figure in watched("balance ada points").out.split()[-3:]
    ] == [
        0,
        0,
        0,
    ]


def test_a_claim_is_confirmed_by_two_and_then_published(watched):
    assert confirm(watched, "li").code == 0
    twice = confirm(watched, "li")
    published = confirm(watched, "wu")

    assert twice.code == 1
    assert "another person is needed" in twice.err
    assert "is published until" in published.out


def test_an_objection_sends_it_back_and_a_withdrawal_ends_it(watched):
    confirm(watched, "li")
    confirm(watched, "wu")

    assert watched("claim object walk wall --actor neighbour").code == 0
    assert "two look at it" in watched("claim list").out
    assert watched("claim withdraw walk --actor desk").code == 0

    assert watched("claim list --json").json["claims"] == []


def test_a_claim_on_which_time_has_decided_is_settled(watched):
    early = watched("claim settle walk --actor desk")

    assert early.code == 1
    assert "waits for reviewer" in early.err


def test_a_document_says_what_each_claim_awaits(watched):
    document = watched("claim list --json --on 2024-03-01").json

    assert document == {
        "on": "2024-03-01",
        "claims": [
            {
                "id": "walk",
                "position": 4,
                "operation": "mark",
                "effective_on": "2024-03-01",
                "actor": "desk",
                "procedure": "watched",
                "step": "review",
                "awaits": ["reviewer"],
                "until": None,
            }
        ],
    }
