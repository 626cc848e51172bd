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


def dated(timebank, folder):
    (folder / "dated.toml").write_text(POLICY, "utf-8")
    for command in (
        "init --ledger street",
        "policy adopt dated.toml --on 2024-03-01 --id adopt",
        "account open ada --on 2024-03-01",
        "mark ada help 10 --on 2024-03-01",
        "order ada ride --on 2024-03-01 --id ride",
    ):
        assert timebank(command).code == 0
    return timebank


def test_a_tick_says_what_it_did_and_what_moved(timebank, tmp_path):
    run = dated(timebank, tmp_path)

    ended = run("tick --until 2024-04-01")

    assert ended.code == 0
    assert ended.out.splitlines() == [
        "until 2024-04-01: 1 done",
        f"  {DUE} (position 6)",
        "    ada -3 points held",
        "    ada +3 points",
    ]
    assert run("tick").out.endswith(": 0 done\n")


def test_what_is_refused_is_told_and_the_command_ends_so(timebank, tmp_path):
    run = dated(timebank, tmp_path)
    run(f"void {DUE} --on 2024-03-02")

    ended = run("tick --until 2024-04-01")

    assert ended.code == 1
    assert f"refused: {DUE}" in ended.out
    assert "made void" in ended.out


def test_a_document_has_what_was_done_and_refused(timebank, tmp_path):
    run = dated(timebank, tmp_path)
    run("order ada ride --on 2024-03-02 --id other")
    run(f"void {DUE} --on 2024-03-02")

    document = run("tick --until 2024-04-02 --json").json

    other = "due/2024-04-02/order/other"
    assert document == {
        "until": "2024-04-02",
        "done": [
            {"id": other, "position": 8, "operation": "cancel", "on": "2024-04-02"}
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


def test_a_day_to_come_is_not_understood(timebank, tmp_path):
    run = dated(timebank, tmp_path)

    ended = run("tick --until", date.today() + timedelta(days=2))  # noqa: DTZ011

    assert ended.code == 2
    assert "is yet to come" in ended.err
