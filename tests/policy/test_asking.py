"""An operation in a policy's words, which are kept by what it is and not by what it equals."""

from datetime import date
from fractions import Fraction

from timebank import create
from timebank.operations import Give
from timebank.policy.asking import _KEPT, _in_words, askings
from timebank.policy.files import compiled

TEXT = """
language = 1
policy = {{ name = "Plain", source = "a test", status = "invented", from = 2024-01-01 }}
units.hours = {{ scale = {scale} }}
accounts.member = {{}}
facts = {{ agreed = "number" }}
rules.give = {{ on = "gift", unit = "hours" }}
"""
DAY = date(2024, 3, 1)
HOURS, QUARTERS = (compiled(TEXT.format(scale=scale)) for scale in (60, 4))


def gift(**fields):
    return Give(payer="ada", payee="ben", unit="hours", amount=30, **fields)


def test_what_is_asked_again_is_the_same():
    one = gift()

    assert askings(one, HOURS) is askings(one, HOURS)


def test_each_policy_is_asked_in_its_own_words():
    one = gift()

    asked = [ask.fields["asked"] for p in (HOURS, QUARTERS) for ask in askings(one, p)]

    assert asked == [Fraction(1, 2), Fraction(15, 2)]


def test_a_fact_that_is_one_is_not_asked_as_one_that_is_true():
    one, true = gift(facts={"agreed": 1}), gift(facts={"agreed": True})

    asked = [
        ask.facts["agreed"] for each in (one, true) for ask in askings(each, HOURS)
    ]

    assert one == true
    assert [type(fact) for fact in asked] == [int, bool]


def test_nothing_is_kept_once_it_is_decided():
    bank = create("memory:", ledger="home", actor="desk")
    bank.adopt(TEXT.format(scale=60), on=DAY)
    for member in ("ada", "ben"):
        bank.open_account(member, on=DAY)

    bank.check(gift(), on=DAY)

    assert not _in_words


def test_no_more_is_kept_than_fits():
    many = [gift() for _ in range(_KEPT + 1)]

    for each in many:
        askings(each, HOURS)

    assert len(_in_words) <= _KEPT
