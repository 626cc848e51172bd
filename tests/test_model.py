"""Exact numbers, units, ids and postings."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.model import (
    AMOUNT_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    Mode,
    Posting,
    Unit,
    check_seen,
    clean_account_id,
    clean_id,
    exact,
    show,
)
from timebank.operations import TierAction

HOURS = Unit("hours", 60, record=True)
QUARTERS = Unit("quarters", 4)
POINTS = Unit("points")

# ---------------------------------------------------------------- words


@pytest.mark.parametrize("words", [AccountKind, Mode, TierAction])
def test_a_word_that_is_not_known_is_refused_with_those_that_are(words):
    with pytest.raises(ValueError, match="'grnat' is not known here") as caught:
        words("grnat")

    assert all(word in str(caught.value) for word in words)
    assert "现有" in caught.value.args[0].zh


# ---------------------------------------------------------------- exact numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (3, Fraction(3)),
        ("3", Fraction(3)),
        ("-3", Fraction(-3)),
        ("0.5", Fraction(1, 2)),
        ("-0.25", Fraction(-1, 4)),
        ("1/4", Fraction(1, 4)),
        ("0.1", Fraction(1, 10)),
        (" 2 ", Fraction(2)),
        ("2:50", Fraction(17, 6)),
        ("-2:50", Fraction(-17, 6)),
        ("0:00", Fraction(0)),
        ("2 h 50 min", Fraction(17, 6)),
        ("2h50min", Fraction(17, 6)),
        ("1.5 h", Fraction(3, 2)),
        ("90 min", Fraction(3, 2)),
        ("2小时30分钟", Fraction(5, 2)),
        ("45分", Fraction(3, 4)),
        (Fraction(2, 3), Fraction(2, 3)),
    ],
)
def test_a_number_is_read_exactly_as_it_is_written(written, number):
    assert exact(written) == number


@pytest.mark.parametrize("written", [0.5, 1.0, float("nan"), True, None, b"1", [1]])
def test_what_only_looks_like_a_number_is_no_exact_one(written):
    with pytest.raises(TypeError, match="exact number"):
        exact(written)


@pytest.mark.parametrize(
    "written",
    ["", " ", "h", "min", "1,5", "1e3", "½", "1/0", "2:60", "2:5", "--1", "3 points"],
)
def test_what_is_no_number_is_said_to_be_none(written):
    with pytest.raises(ValueError, match="is no number"):
        exact(written)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Fraction(3), "3"),
        (Fraction(-3), "-3"),
        (Fraction(0), "0"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-1, 4), "-0.25"),
        (Fraction(1, 20), "0.05"),
        (Fraction(12345, 100), "123.45"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-17, 6), "-17/6"),
    ],
)
def test_a_number_is_written_as_a_decimal_where_one_ends(number, written):
    assert show(number) == written


@given(st.fractions())
def test_what_is_written_is_read_back_as_it_was(number):
    assert exact(show(number)) == number


# ---------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("unit", "written", "parts"),
    [
        (HOURS, "2:50", 170),
        (HOURS, "2 h 50 min", 170),
        (HOURS, "0.5", 30),
        (HOURS, -1, -60),
        (QUARTERS, "1.25", 5),
        (QUARTERS, "15 min", 1),
        (POINTS, 7, 7),
    ],
)
def test_a_unit_counts_in_whole_parts(unit, written, parts):
    assert unit.parts(written) == parts


@pytest.mark.parametrize(
    ("unit", "written"), [(HOURS, "1/7"), (QUARTERS, "0.2"), (POINTS, "0.5")]
)
def test_nothing_finer_than_a_part_is_rounded_quietly(unit, written):
    with pytest.raises(ValueError, match="is finer than"):
        unit.parts(written)


@pytest.mark.parametrize(
    ("unit", "parts", "written"),
    [
        (HOURS, 170, "2:50"),
        (HOURS, 5, "0:05"),
        (HOURS, -5, "-0:05"),
        (HOURS, -170, "-2:50"),
        (HOURS, 120, "2"),
        (HOURS, 0, "0"),
        (QUARTERS, 5, "1.25"),
        (QUARTERS, -1, "-0.25"),
        (Unit("thirds", 3), 1, "1/3"),
        (POINTS, 7, "7"),
    ],
)
def test_an_amount_is_written_in_its_unit(unit, parts, written):
    assert unit.show(parts) == written


@given(st.sampled_from([HOURS, QUARTERS, POINTS]), st.integers(-(10**15), 10**15))
def test_an_amount_as_written_is_the_amount(unit, parts):
    assert unit.parts(unit.show(parts)) == parts


@pytest.mark.parametrize("scale", [0, -1, 10**6 + 1])
def test_a_unit_has_from_one_to_a_million_parts(scale):
    with pytest.raises(ValueError, match="scale"):
        Unit("u", scale)


# ---------------------------------------------------------------- ids


def test_an_id_is_kept_in_one_form_of_unicode():
    assert clean_id("Zu\u0308rich") == "Z\u00fcrich"


@pytest.mark.parametrize(
    "text",
    ["a", "sheet-2026-03/row-41", "志愿者 17", "x" * 100, "می\u200cروم", "👩\u200d👧"],
)
def test_an_id_may_be_any_text_that_can_be_written_down(text):
    assert clean_id(text) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" a", "blank"),
        ("a\u3000", "blank"),
        ("x" * 101, "101"),
        ("a\tb", "control"),
        ("a\x7fb", "control"),
        ("a\ud800b", "control"),
    ],
)
def test_an_id_that_could_be_mistaken_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        clean_id(text)


@pytest.mark.parametrize(
    "text",
    [
        *("gz-001\u200b", "\ufeffgz-001", "gz\xad001", "\u202a001\u202c"),
        *("\u2066001\u2069", "a\u2028b", "a\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_no_part_of_a_new_id(text):
    assert clean_id(text) == text

    with pytest.raises(ValueError, match="cannot be seen"):
        check_seen(text)


def accepts(clean, text):
    try:
        return clean(text) == text
    except ValueError:
        return False


def test_of_ascii_an_id_may_hold_what_can_be_printed():
    characters = set(map(chr, range(128)))

    within = {each for each in characters if accepts(clean_id, f"a{each}b")}
    at_an_end = {each for each in characters if accepts(clean_id, f"a{each}")}

    assert within == set(map(chr, range(0x20, 0x7F)))
    assert at_an_end == within - {" "}


@pytest.mark.parametrize("text", [17, None, b"a", 1.5])
def test_an_id_is_text(text):
    with pytest.raises(TypeError, match="must be text"):
        clean_id(text)


def test_length_is_counted_after_composing():
    assert len(clean_id("u\u0308" * 100)) == 100


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("110101195001011234", "identity-card"),
        ("11010119500101123X", "identity-card"),
        ("11010119500101123x", "identity-card"),
        ("110101 19500101 1234", "identity-card"),
        ("110101500101123", "identity-card"),
        ("13800138000", "mobile"),
        ("138-0013-8000", "mobile"),
        ("+8613800138000", "mobile"),
        ("8613800138000", "mobile"),
    ],
)
def test_a_number_shaped_like_a_persons_is_no_account_id(number, shape):
    with pytest.raises(ValueError, match=shape):
        clean_account_id(number)


@pytest.mark.parametrize(
    "number",
    [
        "00017",
        "m13800138000",
        "A110101195001011234",
        "12800138000",
        "1380013800",
        "138001380000",
        "11010119500101",
        "v-13800138000",
    ],
)
def test_other_numbers_are_account_ids(number):
    assert clean_account_id(number) == number


# ---------------------------------------------------------------- postings


@pytest.mark.parametrize("amount", [1.0, True, "1", Fraction(1), None])
def test_a_posting_moves_whole_parts(amount):
    with pytest.raises(TypeError, match="whole number of parts"):
        Posting(account=ISSUER, unit="points", amount=amount)


@pytest.mark.parametrize("amount", [AMOUNT_MAX, -AMOUNT_MAX, 1, -1])
def test_a_posting_moves_up_to_the_largest_amount_either_way(amount):
    assert Posting(account=AccountId("a"), unit="p", amount=amount).amount == amount


@pytest.mark.parametrize("amount", [AMOUNT_MAX + 1, -AMOUNT_MAX - 1, 0])
def test_a_posting_moves_something_and_not_more_than_the_books_hold(amount):
    with pytest.raises(ValueError, match="found"):
        Posting(account=AccountId("a"), unit="p", amount=amount)
