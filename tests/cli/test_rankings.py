"""Rankings at the desk: shown first, then published."""

from .conftest import OPENED, STREET

BEST = (
    STREET
    + """\
[units]
deeds = { record = true }
honours = { record = true }

[accounts.member]

[classes.deed]
counts = "number"

[measures.done]
sum = "deeds"

[rules.deeds]
on = "contribution"
unit = "deeds"

[rules.honour]
on = "rank"
unit = "honours"
amount = 1

[rankings.best]
value = "done"
take = 1
"""
)


def test_a_ranking_is_shown_and_published(keeping):
    timebank = keeping(
        BEST,
        f"account open v-1 --on {OPENED}",
        f"account open v-2 --on {OPENED}",
        f"mark v-1 deed 2 --on {OPENED}",
        f"mark v-2 deed 5 --on {OPENED}",
    )

    shown = timebank(f"ranking show best --on {OPENED} --json").json
    before = timebank(f"ranking show best --on {OPENED}")
    published = timebank(f"ranking publish best --on {OPENED}")
    again = timebank(f"ranking publish best --on {OPENED}")
    timebank(f"mark v-1 deed 9 --on {OPENED}")
    after = timebank(f"ranking show best --on {OPENED}").out.splitlines()
    listed = timebank(f"ranking show best --on {OPENED} --json").json
    chinese = timebank(f"ranking show best --on {OPENED} --language zh").out
    now = timebank(f"ranking show best --on {OPENED} --as-of 99 --json").json

    assert before.out.endswith("\nnot published\n")
    assert after[-2].split() == ["1", "v-2", "5"]
    assert after[-1] == f"published: {listed['published']}"
    assert listed["places"] == shown["places"]
    assert chinese.endswith(f"已公布：{listed['published']}\n")
    assert (shown["published"], now["published"]) == (None, None)
    assert now["places"][0]["account"] == "v-1"
    timebank(f"reverse {listed['published']} --on {OPENED}")
    assert timebank(f"ranking show best --on {OPENED}").out.endswith("not published\n")
    assert shown["places"] == [{"place": 1, "account": "v-2", "value": "5"}]
    assert published.code == 0
    assert "v-2 +1 honours" in published.out
    assert again.code == 1
    assert timebank(f"ranking show worst --on {OPENED}").code == 1


AGAIN = """
[measures.of_month]
sum = "deeds"
window = "month"

[rules.monthly]
on = "period"
every = "month"
unit = "thanks"
amount = "of_month"
"""


def test_what_time_brought_too_early_is_worked_out_anew(keeping):
    timebank = keeping(
        BEST.replace("[units]\n", "[units]\nthanks = {}\n") + AGAIN,
        f"account open v-1 --on {OPENED}",
        f"account open v-2 --on {OPENED}",
        f"mark v-1 deed 2 --on {OPENED}",
        "ranking publish best --on 2024-01-31",
        "tick --until 2024-02-01",
        # a sheet of January turns up
        "mark v-2 deed 3 --on 2024-01-06",
        "correct due/2024-01-31/period/monthly/v-2 --on 2024-01-31",
        "reverse due/2024-01-31/ranking/best",
        "ranking publish best --on 2024-01-31",
    )

    assert (
        timebank("balance v-1 honours --json").json["balances"]["honours"]["free"] == 0
    )
    assert (
        timebank("balance v-2 honours --json").json["balances"]["honours"]["free"] == 1
    )
    assert timebank("balance v-2 thanks --json").json["balances"]["thanks"]["free"] == 3
    assert timebank("ranking publish best --on 2024-01-31").code == 1
    assert timebank("verify --decide").code == 0
