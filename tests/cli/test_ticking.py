"""`timebank tick`: what has fallen due is recorded, and what was refused is told."""

from datetime import date, timedelta

POLICY = """
language = 1
policy = { name = "Dated", source = "made up", status = "pilot", from = 2024-01-01 }
units = { points = {} }
accounts = { member = {} }
classes.help = { counts = "number" }
items.ride = { price = 3 }
rules.points = { on = "contribution", unit = "points" }
rules.redeem = { on = "redeem", unit = "points", hold = "30 days" }
"""
DUE = "due/2024-04-01/order/ride"


IDLE = """
measures.lately = { count = "points", window = "last 1 month" }
ladders.activity = { every = "month", levels = [{ name = "idle", needs = { lately = { max = 0 } } }] }
flags.idle = { when = { activity = "idle" }, for = "office", text = { en = "still with us?", zh = "是否仍参加？" } }
"""


def dated(keeping, policy=POLICY):
    """Return the commands on a ledger where an order of ada's falls due on 1 April."""
    return keeping(
        policy,
        "account open ada --on 2024-03-01",
        "mark ada help 10 --on 2024-03-01",
        "order ada ride --on 2024-03-01 --id ride",
        on="2024-03-01",
    )


def test_a_tick_says_what_it_did_and_what_moved(keeping):
    run = dated(keeping)

    ended = run("tick --until 2024-04-01")

    assert ended.code == 0
    assert ended.out.splitlines() == [
        "until 2024-04-01: 1 done",
        f"  {DUE} (position 6)",
        "    ada -3 points held",
        "    ada +3 points",
    ]
    assert run("tick").out.endswith(": 0 done\n")


def test_flags_that_time_raised_are_told(keeping):
    run = dated(keeping, POLICY + IDLE)

    told = run("tick --until 2024-05-01").out
    document = run("tick --until 2024-06-01 --json").json
    run("mark ada help 1 --on 2024-06-10")
    again = run("tick --until 2024-08-01 --json").json

    assert "note: ada: to be looked at by office: still with us? [flags.idle]" in told
    flags = [each["flags"] for each in document["done"]]
    assert flags == [[]]
    raised = {"code": "flags.idle", "account": "ada", "for": "office"}
    assert [f for each in again["done"] for f in each["flags"]] == [raised]


def test_what_is_refused_is_told_and_the_command_ends_so(keeping):
    run = dated(keeping)
    run(f"void {DUE} --on 2024-03-02")

    ended = run("tick --until 2024-04-01")

    assert ended.code == 1
    assert f"refused: {DUE}" in ended.out
    assert "made void" in ended.out


def test_a_document_has_what_was_done_and_refused(keeping):
    run = dated(keeping)
    run("order ada ride --on 2024-03-02 --id other")
    run(f"void {DUE} --on 2024-03-02")

    document = run("tick --until 2024-04-02 --json").json

    other = "due/2024-04-02/order/other"
    assert document == {
        "until": "2024-04-02",
        "done": [
            {
                "id": other,
                "position": 8,
                "operation": "cancel",
                "on": "2024-04-02",
                "flags": [],
            }
        ],
        "refused": [
            {
                "id": DUE,
                "operation": "cancel",
                "on": "2024-04-01",
                "reasons": ["id-void"],
            }
        ],
    }


def test_a_day_to_come_is_not_understood(keeping):
    run = dated(keeping)

    ended = run("tick --until", date.today() + timedelta(days=2))  # noqa: DTZ011

    assert ended.code == 2
    assert "is yet to come" in ended.err
