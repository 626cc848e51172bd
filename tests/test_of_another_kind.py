"""What a program may give in place of what is wanted, and what it is told."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attrs import evolve

import timebank
from timebank.entries import Request
from timebank.operations import OpenAccount
from timebank.testing.races import POLICY

DAY = date(2024, 3, 1)
OPENING = OpenAccount(account="ada")
A_REQUEST = "wanted a request, as bank.request(operation, on=…) makes it"
A_POLICY = (
    "wanted the text of a policy, as Path(FILE).read_text() or "
    "timebank.programme(NAME) returns it"
)

MISTAKES = {
    "a request is not posted": (
        lambda bank: bank.post(bank.request(OPENING, on=DAY), on=DAY),
        "wanted an operation of timebank.operations, found Request",
    ),
    "nothing is put in place of what is corrected": (
        lambda bank: bank.correct("a", None, on=DAY),
        "wanted an operation of timebank.operations, found NoneType",
    ),
    "an operation has no day yet": (
        lambda bank: bank.batch([OPENING]),
        f"{A_REQUEST}, found OpenAccount",
    ),
    "nor when it is rehearsed": (
        lambda bank: bank.rehearse([OPENING]),
        f"{A_REQUEST}, found OpenAccount",
    ),
    "where a policy is, is not the policy": (
        lambda bank: bank.adopt(Path("policy.toml"), on=DAY),
        f"{A_POLICY}, found PosixPath",
    ),
    "where books are is told as text": (
        lambda _: timebank.open(Path("books.db"), ledger="home", actor="desk-1"),
        "wanted a database as text, such as 'sqlite:///books.db', found PosixPath",
    ),
    "details have names": (
        lambda bank: bank.open_account("ada", on=DAY, private=["陈梅"]),
        "wanted private details as texts by name, such as {'name': '陈梅'}, found list",
    ),
    "details are texts": (
        lambda bank: bank.open_account("ada", on=DAY, private={"born": 1950}),
        "wanted private details as texts by name, such as {'name': '陈梅'}, found int",
    ),
    "facts have names": (
        lambda bank: bank.open_account("ada", on=DAY, facts=["age"]),
        "wanted facts by name, such as {'age': 67}, found list",
    ),
    "a line is a position and more": (
        lambda bank: bank.statement("issuer", "hours", after=3),
        "wanted the (position, line) of the last line seen, found int",
    ),
    "time passes until a day": (
        lambda bank: bank.tick("2024-03-01"),
        "wanted a date, found str",
    ),
}


@pytest.fixture
def bank():
    with timebank.create("memory:", ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        yield bank


@pytest.mark.parametrize(("mistake", "told"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_wanted_is_told_beside_what_was_found(mistake, told, bank):
    before = list(bank.entries())

    with pytest.raises(TypeError) as error:
        mistake(bank)

    assert str(error.value) == told
    assert list(bank.entries()) == before


@pytest.mark.parametrize(
    "facts", [(("age", 66), ("age", 67)), {1: 60, "1": 70}, (("age", 6), ("age", "x"))]
)
def test_a_fact_that_is_told_twice_is_refused(facts, bank):
    with pytest.raises(ValueError, match="is told twice"):
        bank.open_account("ada", on=DAY, facts=facts)


@pytest.mark.parametrize(
    "asked",
    [
        {"account": "ada\u200b"},
        {"account": "ada", "id": "\ufeffopen/ada"},
        {"account": "ada", "actor": "desk\u20281"},
    ],
)
def test_what_cannot_be_seen_is_not_asked_for(asked, bank):
    with pytest.raises(ValueError, match="cannot be seen"):
        bank.open_account(**asked, on=DAY)


OF_AGE = """
[facts.age]
type = "number"
kept = true
[rules.allowance]
on = "period"
every = "month"
unit = "points"
amount = 1
"""


@pytest.mark.parametrize("place", ["memory:", "sqlite"])
def test_what_was_recorded_before_more_was_wanted_is_read_as_it_is(place, tmp_path):
    url = f"sqlite:///{tmp_path}/books.db" if place == "sqlite" else place
    with timebank.create(url, ledger="home", actor="desk-1") as bank:
        bank.adopt(f"{POLICY}{OF_AGE}", on=DAY)
        opened = Request(
            id="open/ada\u200b",
            operation=OpenAccount(
                account="ada\u200b", facts=(("age", 66), ("age", 67))
            ),
            effective_on=DAY,
            actor="desk\u20281",
        )
        (first,) = bank.batch([opened])
        (again,) = bank.batch([opened])

        assert len(bank.tick().done) > 1
        assert bank.verify(decide_again=True).faults == ()
        assert first.entry.operation.facts == (("age", 66), ("age", 67))
        assert again.replayed


@pytest.mark.parametrize(
    "wrong",
    [{"id": " a"}, {"id": "a\0"}, {"effective_on": datetime(2024, 3, 1, tzinfo=UTC)}],
)
def test_an_entry_that_could_not_be_read_again_is_not_made(wrong, bank):
    (_, entry), *_ = bank.entries()

    with pytest.raises((TypeError, ValueError)):
        evolve(entry, **wrong)


def test_a_clock_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone too"):
        timebank.create(
            "memory:", ledger="home", actor="desk-1", clock=datetime.now
        ).today()


def test_a_clock_of_another_zone_is_understood():
    at = datetime(2024, 3, 1, 23, 30, tzinfo=UTC)
    with timebank.create(
        "memory:", ledger="home", actor="desk-1", clock=lambda: at
    ) as bank:
        assert bank.today() == date(2024, 3, 2)
