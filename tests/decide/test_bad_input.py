"""What is no request at all is refused before any rule is asked, and recorded nowhere."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from timebank.entries import Request
from timebank.operations import (
    AdoptPolicy,
    Apply,
    Assess,
    ConfirmStep,
    FulfilOrder,
    Give,
    OpenAccount,
    PlaceOrder,
    RecordMark,
    RecordService,
    SetTier,
)

from .books import TODAY, books, codes


def service(**fields):
    asked = {"provider": "ada", "service_class": "care", "minutes": 60} | fields
    return RecordService(**asked)


def gift(**fields):
    return Give(**{"payer": "ada", "payee": "ben", "unit": "points"} | fields)


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_a_service_lasts_from_one_minute_to_a_day(minutes):
    with pytest.raises(ValueError, match=str(minutes)):
        service(minutes=minutes)


@pytest.mark.parametrize("minutes", [1, 1440])
def test_a_service_may_last_a_minute_or_a_whole_day(minutes):
    assert service(minutes=minutes).minutes == minutes


@pytest.mark.parametrize("minutes", [1.5, 60.0, True, "60", Fraction(60), None])
def test_minutes_are_a_whole_number_and_nothing_that_looks_like_one(minutes):
    with pytest.raises(TypeError, match="minutes"):
        service(minutes=minutes)


@pytest.mark.parametrize("starts_at", [-1, 1440, 25 * 60, True, 9.5])
def test_a_service_begins_at_a_minute_of_the_day(starts_at):
    with pytest.raises(ValueError, match="starts_at"):
        service(starts_at=starts_at)


@pytest.mark.parametrize("amount", [1.0, 0.5, True, "1", Decimal(1), None])
def test_an_amount_is_a_whole_number_of_parts(amount):
    with pytest.raises(TypeError, match="amount"):
        gift(amount=amount)


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_an_amount_is_more_than_nothing_and_not_beyond_the_books(amount):
    with pytest.raises(ValueError, match="amount"):
        gift(amount=amount)


def test_the_largest_amount_is_refused_by_a_rule_and_not_by_its_size():
    bank = books()

    found = codes(
        lambda: bank.post(gift(amount=10**15, facts={"relation": "self"}), on=TODAY)
    )

    assert found == [
        "rules.gift.limits.week",
        "accounts.member.points.floor",
        "accounts.member.points.cap",
    ]


@pytest.mark.parametrize("number", [0, -1, 10**15 + 1])
def test_a_mark_counts_at_least_one_and_not_beyond_the_books(number):
    with pytest.raises(ValueError, match="number"):
        RecordMark(member="ada", mark="deed", number=number)


@pytest.mark.parametrize("quantity", [0, -1, 10**15 + 1])
def test_pieces_are_at_least_one_and_not_beyond_the_books(quantity):
    with pytest.raises(ValueError, match="quantity"):
        PlaceOrder(payer="ada", item="rice", quantity=quantity)
    with pytest.raises(ValueError, match="quantity"):
        FulfilOrder(order="order-1", quantity=quantity)


@pytest.mark.parametrize("quantity", [1.0, True, "1"])
def test_pieces_are_a_whole_number(quantity):
    with pytest.raises(TypeError, match="quantity"):
        PlaceOrder(payer="ada", item="rice", quantity=quantity)


@pytest.mark.parametrize(
    "value", [67.5, None, Decimal(67), [67], datetime(1957, 1, 1, tzinfo=UTC)]
)
def test_a_fact_is_a_whole_number_text_yes_or_no_or_a_date(value):
    with pytest.raises(TypeError, match=r"provider\.age"):
        service(facts={"provider.age": value})


def test_a_fact_beyond_the_books_is_no_fact():
    with pytest.raises(ValueError, match="age"):
        service(facts={"age": 10**15 + 1})


@pytest.mark.parametrize(
    "account",
    ["110101195001011234", "11010119500101123X", "13800138000", "+86 138-0013-8000"],
)
def test_a_number_of_a_person_is_no_account(account):
    with pytest.raises(ValueError, match="volunteer number"):
        OpenAccount(account=account)


def test_an_account_written_as_a_number_has_lost_its_zeros():
    with pytest.raises(TypeError, match="must be text"):
        OpenAccount(account=10017)


def test_a_level_is_named_to_be_granted_and_only_then():
    with pytest.raises(ValueError, match="takes a level"):
        SetTier(account="ada", ladder="title")
    with pytest.raises(ValueError, match="takes no level"):
        SetTier(account="ada", ladder="title", action="suspend", level="elder")


@pytest.mark.parametrize("day", [datetime(2024, 6, 3, tzinfo=UTC), "2024-06-03", None])
def test_a_day_is_a_date(day):
    bank = books()

    with pytest.raises(TypeError, match="effective_on"):
        bank.post(service(), on=day)


@pytest.mark.parametrize("actor", ["", " ", " desk", "a\nb", "x" * 101])
def test_an_actor_has_a_name(actor):
    with pytest.raises(ValueError, match="actor"):
        books().request(service(), on=TODAY, actor=actor)


@pytest.mark.parametrize("id", ["", " row-1", "row\n1", "x" * 101, "\ud800"])
def test_an_id_can_be_written_down(id):
    with pytest.raises(ValueError, match="entry id"):
        books().request(service(), on=TODAY, id=id)


def test_what_is_no_request_leaves_the_books_as_they_were():
    bank = books(day=date(2024, 6, 3))
    before = list(bank.entries())

    with pytest.raises(ValueError, match="minutes"):
        bank.record_service("ada", "care", 0, on=TODAY)

    assert list(bank.entries()) == before


@pytest.mark.parametrize("private", [{"visits": 3}, {3: "visits"}, ["name"], "Ada"])
def test_private_details_are_texts_by_name(private):
    with pytest.raises(TypeError):
        Request(
            id="open/ada",
            operation=OpenAccount(account="ada"),
            effective_on=TODAY,
            actor="desk-1",
            private=private,
        )


@pytest.mark.parametrize("day", [datetime(2025, 6, 3, tzinfo=UTC), "2025-06-03"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda day: AdoptPolicy(text="", holds_from=day),
        lambda day: SetTier(account="ada", ladder="group", level="B", until=day),
        lambda day: Apply(account="ada", ladder="title", level="helper", until=day),
        lambda day: Assess(account="ada", ladder="grade", level="steady", until=day),
    ],
    ids=["holds_from", "set", "apply", "assess"],
)
def test_the_days_in_an_operation_are_dates_too(ask, day):
    with pytest.raises(TypeError, match="must be a date"):
        ask(day)


@pytest.mark.parametrize(
    "words", [{"ladder": 5}, {"ladder": "\ud800"}, {"level": 5}, {"level": "\0"}]
)
def test_the_words_of_a_level_are_words(words):
    with pytest.raises((TypeError, ValueError), match="must"):
        SetTier(**{"account": "ada", "ladder": "group", "level": "B"} | words)


def test_what_is_said_of_what_is_said_is_refused():
    bank = books()
    said = {"x": "x", "y": "x", "z": "w", "w": "z"}
    requests = [
        bank.request(
            ConfirmStep(claim=claim, step="review", role="leader"), on=TODAY, id=id
        )
        for id, claim in said.items()
    ]

    found = [verdict.findings for verdict in bank.batch(requests, atomic=False)]

    assert [{f.code for f in findings} for findings in found] == [{"claim"}] * 4
