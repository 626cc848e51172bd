"""Flags: questions about an account, asked of everybody whom an operation moves."""

from datetime import date

from timebank.entries import Request
from timebank.needed import loaded
from timebank.operations import RecordService
from timebank.scope import Series

from .books import HEAD, TODAY, books, codes, free

LETS = (
    HEAD
    + """
units = { hours = { scale = 60 } }
accounts = { member = { hours = { floor = "none" } }, pool = { names = ["pot"], hours = { floor = "none" } } }
classes = { care = {} }
items = { help = { price = 3 } }
facts.age = "number"
measures.held = { balance = "hours" }
measures.taken = { sum = "hours", side = "out", window = "month" }

[rules.trade]
on = "service"
unit = "hours"
from = "recipient"

[rules.gift]
on = "gift"
unit = "hours"

[rules.give_on]
on = "donate"
unit = "hours"
to = "pool:pot"

[rules.redeem]
on = "redeem"
unit = "hours"

[flags.low]
when = { held = { below = -2 } }
for = "the office"

[flags.rich]
when = { held = { above = 20 } }
for = "the office"

[flags.often]
when = { taken = { above = 5 } }
for = "the office"

[flags.frail]
when = { held = { below = 0 }, age = { above = 90 } }
for = "the office"
"""
)


def raised(entry):
    return [(finding.code, finding.account) for finding in entry.findings]


def test_a_flag_is_asked_of_the_side_that_pays_as_well():
    bank = books(LETS)

    entry = bank.record_service("ada", "care", 121, recipient="ben", on=TODAY)

    assert raised(entry) == [("flags.low", "ben")]
    again = bank.record_service("ada", "care", 60, recipient="ben", on=TODAY)
    assert raised(again) == []


def test_it_is_asked_of_accounts_that_have_no_role():
    bank = books(LETS, members=("ada",))

    entry = bank.donate("ada", unit="hours", amount=21 * 60, on=TODAY)

    assert raised(entry) == [
        ("flags.low", "ada"),
        ("flags.often", "ada"),
        ("flags.rich", "pool:pot"),
    ]


def test_what_reads_history_reads_it_of_every_side():
    bank = books(LETS)
    bank.record_service("ada", "care", 300, recipient="ben", on=TODAY)

    entry = bank.record_service("ada", "care", 1, recipient="ben", on=TODAY)

    assert raised(entry) == [("flags.often", "ben")]


def test_what_is_told_of_a_role_is_known_of_it_alone():
    bank = books(LETS)

    def visit(**facts):
        return bank.record_service(
            "ada", "care", 60, recipient="ben", on=TODAY, facts=facts
        )

    assert raised(visit(age=91)) == []  # the provider's
    bank.record_service("ben", "care", 60, recipient="ada", on=TODAY)
    assert raised(visit(**{"recipient.age": 91})) == [("flags.frail", "ben")]


def test_undoing_asks_all_whom_it_moves():
    bank = books(LETS)
    bank.record_service("ben", "care", 180, recipient="ada", on=TODAY, id="first")
    bank.give("ben", "ada", unit="hours", amount=180, on=TODAY)

    entry = bank.reverse("first", on=TODAY)

    assert raised(entry) == [("flags.low", "ben")]


def test_the_issuer_is_asked_nothing():
    bank = books(LETS, members=("ada",))

    assert codes(lambda: bank.redeem("ada", "help", on=TODAY)) == ["flags.low"]
    assert free(bank, "ada", "hours") == -180


def test_what_every_side_is_asked_is_among_the_needs():
    bank = books(LETS)
    month = date(2024, 6, 1), date(2024, 6, 30)
    with bank.store.reading(bank.ledger) as reading:
        operation = RecordService(
            provider="ada", service_class="care", minutes=60, recipient="ben"
        )
        request = Request(id="x", operation=operation, effective_on=TODAY, actor="desk")
        needs = loaded(reading, [request], bank._now()).scope

    wanted = {Series(account, "hours", *month) for account in ("ada", "ben")}
    assert wanted == set(needs.series)
