"""Formulas and conditions, as the language writes them."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.model import Reason, Unit
from timebank.policy.conditions import failures, holds
from timebank.policy.expressions import FactNeeded, Level, number
from timebank.policy.grammar import read_condition, read_formula

LEVELS = ["one", "two", "three"]
HOURS = Unit("hours", 60, record=True)


class Known:
    """What an expression may ask: whatever was given, and a ladder of three levels."""

    def __init__(self, **values):
        self.values = values

    def value(self, name):
        try:
            found = self.values[name.replace(".", "_")]
        except KeyError:
            raise FactNeeded(name) from None
        return (
            Fraction(found) if type(found) in (int, str) and _digits(found) else found
        )

    def level(self, _, word):
        return level(word)

    def unit_of(self, name):
        return HOURS if name == "total" else None


def _digits(found):
    return isinstance(found, int) or found.lstrip("-").replace("/", "").isdigit()


def level(word):
    return Level(LEVELS.index(word) if word in LEVELS else -1, word)


def comes_to(formula, **values):
    return number(read_formula(formula), Known(**values))


def wrong(condition, **values):
    found = failures(read_condition(condition), Known(**values), "c")
    return [(f.code, f.reason, f.wanted, f.found) for f in found]


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("steps", "figure"),
    [
        ([{"of": 7}], 7),
        ([{"of": ["time", 2, "1/2"]}], Fraction(15, 2)),
        ([{"of": "time"}, {"less": 2}], 3),
        ([{"of": "time"}, {"less": 6}], 0),
        ([{"of": "time"}, {"times": "1/3"}], Fraction(5, 3)),
        ([{"of": "time"}, {"divide": 3}], Fraction(5, 3)),
        ([{"of": "time"}, {"divide": 0}], 0),
        ([{"of": "time"}, {"plus": "time"}], 10),
        ([{"of": "time"}, {"every": 2, "gives": 3}], 6),
        ([{"of": "time"}, {"every": 0, "gives": 3}], 0),
        ([{"of": "time"}, {"at_least": 6}], 6),
        ([{"of": "time"}, {"at_least": 4}], 5),
        ([{"of": "time"}, {"at_most": 4}], 4),
        ([{"of": "time"}, {"at_most": 6}], 5),
    ],
    ids=str,
)
def test_a_step_does_what_its_word_says(steps, figure):
    assert comes_to(steps, time=5) == figure


@pytest.mark.parametrize(
    ("figure", "direction", "to", "rounded"),
    [
        ("17/6", "down", 1, 2),
        ("17/6", "up", 1, 3),
        ("17/6", "nearest", 1, 3),
        ("5/2", "nearest", 1, 3),
        ("12/5", "nearest", 1, 2),
        ("-5/2", "nearest", 1, -2),
        ("-5/2", "down", 1, -3),
        ("-5/2", "up", 1, -2),
        ("13/15", "up", "15 min", 1),
        ("7/6", "up", "15 min", Fraction(5, 4)),
        ("1/8", "nearest", "15 min", Fraction(1, 4)),
        (3, "up", 1, 3),
        (3, "down", 1, 3),
    ],
)
def test_rounding_says_its_direction_and_halves_go_up(figure, direction, to, rounded):
    steps = [{"of": "time"}, {"round": direction, "to": to}]

    assert comes_to(steps, time=figure) == rounded


@given(st.fractions(), st.fractions(min_value="1/100", max_value=100))
def test_rounding_stays_within_one_step_of_the_figure(figure, to):
    def rounded(direction):
        steps = [{"of": figure}, {"round": direction, "to": to}]
        return comes_to(steps)

    assert 0 <= figure - rounded("down") < to
    assert 0 <= rounded("up") - figure < to
    assert -to / 2 <= figure - rounded("nearest") < to / 2


@pytest.mark.parametrize(
    ("stamps", "points"),
    [
        (0, 0),
        (9, 0),
        (10, 1000),
        (19, 1000),
        (20, 2000),
        (49, 2000),
        (50, 5000),
        (73, 5000),
    ],
)
def test_a_band_gives_what_the_last_one_reached_gives(stamps, points):
    bands = [{"of": "stamps"}, {"bands": [[10, 1000], [20, 2000], [50, 5000]]}]

    assert comes_to(bands, stamps=stamps) == points


def test_steps_are_done_in_the_order_written():
    flat_first = [{"of": "time"}, {"plus": 1}, {"times": 2}]
    flat_last = [{"of": "time"}, {"times": 2}, {"plus": 1}]
    rounded_last = [{"of": "time"}, {"times": 2}, {"round": "down", "to": 1}]
    rounded_first = [{"of": "time"}, {"round": "down", "to": 1}, {"times": 2}]

    assert comes_to(flat_first, time=5) == 12
    assert comes_to(flat_last, time=5) == 11
    assert comes_to(rounded_last, time="3/2") == 3
    assert comes_to(rounded_first, time="3/2") == 2


@pytest.mark.parametrize(("hours", "pieces"), [(39, 0), (40, 1), (239, 1), (240, 2)])
def test_a_gift_that_comes_round_again_is_a_formula(hours, pieces):
    steps = [{"of": "hours"}, {"plus": 160}, {"every": 200, "gives": 1}]

    assert comes_to(steps, hours=hours) == pieces


SCORE = {"by": "class", "care": 3, "night": [{"of": "time"}, {"times": 2}], "else": 1}


@pytest.mark.parametrize(("of", "figure"), [("care", 3), ("night", 10), ("shop", 1)])
def test_a_look_up_takes_the_figure_of_its_choice(of, figure):
    values = {"class": of, "time": 5}

    assert comes_to(SCORE, **values) == figure


def test_a_look_up_goes_by_yes_or_no_by_level_and_by_number():
    assert comes_to({"by": "member", "yes": 2, "no": 1}, member=True) == 2
    assert comes_to({"by": "star", "two": 2, "else": 1}, star=level("two")) == 2
    assert comes_to({"by": "age", "60": 2, "else": 1}, age=60) == 2


def test_a_choice_without_a_figure_is_not_known():
    with pytest.raises(FactNeeded):
        comes_to({"by": "class", "care": 3}, **{"class": "shop"})


@pytest.mark.parametrize("value", ["care", True, date(2024, 1, 1), level("one")])
def test_what_is_no_number_cannot_be_reckoned_with(value):
    with pytest.raises(FactNeeded):
        comes_to("value", value=value)


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("test", "just_so", "just_not", "reason"),
    [
        ({"min": 60}, 60, 59, Reason.AT_LEAST),
        ({"max": 70}, 70, 71, Reason.AT_MOST),
        ({"above": 17}, 18, 17, Reason.ABOVE),
        ({"below": 18}, 17, 18, Reason.BELOW),
        (60, 60, 61, Reason.ONE_OF),
        ([60, 70], 70, 65, Reason.ONE_OF),
        ({"is": [60, 70]}, 60, 65, Reason.ONE_OF),
        ({"is_not": 60}, 61, 60, Reason.NONE_OF),
        ({"is_not": [60, 70]}, 65, 70, Reason.NONE_OF),
    ],
    ids=str,
)
def test_a_comparison_on_both_sides_of_its_bound(test, just_so, just_not, reason):
    assert wrong({"age": test}, age=just_so) == []
    assert [r for _, r, _, _ in wrong({"age": test}, age=just_not)] == [reason]


def test_a_finding_says_what_was_wanted_and_what_there_was():
    assert wrong({"age": {"min": 60}}, age=59) == [("c.age", Reason.AT_LEAST, 60, 59)]
    assert wrong({"age": {"min": "1/3"}}, age=0) == [
        ("c.age", Reason.AT_LEAST, "1/3", 0)
    ]
    assert wrong({"sex": ["f", "m"]}, sex="x") == [
        ("c.sex", Reason.ONE_OF, "f, m", "x")
    ]
    assert wrong({"agreed": True}, agreed=False) == [
        ("c.agreed", Reason.ONE_OF, "yes", "no")
    ]


def test_an_amount_is_told_in_parts_of_its_unit():
    (finding,) = failures(
        read_condition({"total": {"min": 100}}), Known(total="599/6"), "c"
    )

    assert (finding.wanted, finding.found, finding.unit) == (6000, 5990, "hours")


def test_every_test_that_fails_is_told():
    condition = {"age": {"min": 60, "max": 70}, "sex": "f", "kind": "member"}

    assert [code for code, *_ in wrong(condition, age=71, sex="m", kind="member")] == [
        "c.age",
        "c.sex",
    ]


@pytest.mark.parametrize(
    ("found", "met"), [("", False), ("one", False), ("two", True), ("three", True)]
)
def test_levels_compare_by_rank(found, met):
    assert (wrong({"star": {"min": "two"}}, star=level(found)) == []) is met


def test_a_level_is_below_another_and_no_level_is_below_all():
    assert wrong({"star": {"below": "one"}}, star=level("")) == []
    assert wrong({"star": {"below": "two"}}, star=level("two")) != []


def test_one_value_may_be_compared_with_another():
    older = {"recipient": {"age": {"above": "provider.age"}}}

    assert wrong(older, recipient_age=67, provider_age=66) == []
    assert wrong(older, recipient_age=66, provider_age=66) == [
        ("c.recipient.age", Reason.ABOVE, 66, 66)
    ]


def test_roles_may_be_written_with_and_without_quotes():
    assert read_condition({"provider": {"age": 60}}) == read_condition(
        {"provider.age": 60}
    )


@pytest.mark.parametrize(
    ("stretch", "inside", "outside"),
    [
        (["04-01", "05-31"], [(4, 1), (5, 31)], [(3, 31), (6, 1)]),
        (
            ["12-15", "01-15"],
            [(12, 15), (12, 31), (1, 1), (1, 15)],
            [(12, 14), (1, 16)],
        ),
        (["02-29", "02-29"], [(2, 29)], [(2, 28), (3, 1)]),
    ],
)
def test_a_stretch_of_the_year_counts_both_ends_and_may_pass_new_year(
    stretch, inside, outside
):
    def met(month, day):
        return wrong({"day": {"within": stretch}}, day=date(2024, month, day)) == []

    assert all(met(*day) for day in inside)
    assert not any(met(*day) for day in outside)


def test_any_wants_one_of_its_conditions_whole():
    kin = {
        "any": [{"relation": ["self", "spouse"]}, {"relation": "child", "need": True}]
    }

    assert wrong(kin, relation="spouse", need=False) == []
    assert wrong(kin, relation="child", need=True) == []
    assert wrong(kin, relation="child", need=False) == [
        ("c.any", Reason.ANY_OF, "relation / relation, need", None)
    ]


def test_all_wants_each_of_its_conditions_and_says_which_fails():
    rule = {
        "all": [
            {"any": [{"age": {"min": 18}}, {"consent": True}]},
            {"any": [{"time": {"max": 4}}, {"season": "summer"}]},
            {"all": [{"sex": "f"}], "not": {"relation": "self"}},
        ]
    }
    known = {"age": 18, "consent": False, "time": 4, "season": "spring"}
    person = {"sex": "f", "relation": "child"}

    assert wrong(rule, **known, **person) == []
    assert wrong(rule, **{**known, "age": 17, "consent": True}, **person) == []
    assert wrong(rule, **{**known, "age": 17}, **person) == [
        ("c.all.0.any", Reason.ANY_OF, "age / consent", None)
    ]
    assert wrong(rule, **{**known, "time": 5}, sex="m", relation="self") == [
        ("c.all.2.all.0.sex", Reason.ONE_OF, "f", "m"),
        ("c.all.1.any", Reason.ANY_OF, "time / season", None),
        ("c.all.2.not", Reason.NOT, "relation", None),
    ]


def test_not_wants_one_of_its_tests_to_fail():
    rule = {"not": {"relation": "other", "agreed": False}}

    assert wrong(rule, relation="other", agreed=True) == []
    assert wrong(rule, relation="self", agreed=False) == []
    assert wrong(rule, relation="other", agreed=False) == [
        ("c.not", Reason.NOT, "relation, agreed", None)
    ]


# ---------------------------------------------------------------- what is not known


def test_an_unknown_fact_is_a_finding_beside_the_others():
    assert wrong({"age": {"min": 60}, "sex": "f"}, sex="m") == [
        ("c.age", Reason.FACT_NEEDED, "age", None),
        ("c.sex", Reason.ONE_OF, "f", "m"),
    ]


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ({"any": [{"age": {"min": 60}}, {"sex": "f"}]}, {"sex": "f"}),
        ({"any": [{"sex": "f"}, {"age": {"min": 60}}]}, {"sex": "f"}),
        ({"not": {"age": {"min": 60}, "sex": "f"}}, {"sex": "m"}),
        ({"not": {"all": [{"age": {"min": 60}}, {"sex": "f"}]}}, {"sex": "m"}),
    ],
    ids=str,
)
def test_an_unknown_fact_does_not_matter_where_nothing_hangs_on_it(condition, known):
    assert holds(read_condition(condition), Known(**known))


@pytest.mark.parametrize(
    "condition",
    [
        {"age": {"min": 60}},
        {"any": [{"age": {"min": 60}}, {"sex": "f"}]},
        {"not": {"age": {"min": 60}}},
        {"sex": {"is": "m"}, "age": {"min": 60}},
        {"all": [{"sex": {"is": "m"}}, {"age": {"min": 60}}]},
    ],
    ids=str,
)
def test_an_unknown_fact_that_decides_has_to_be_known(condition):
    with pytest.raises(FactNeeded, match="age"):
        holds(read_condition(condition), Known(sex="m"))


def test_a_test_that_fails_settles_it_whatever_is_not_known():
    condition = read_condition({"age": {"min": 60}, "sex": "f"})

    assert not holds(condition, Known(sex="m"))


TESTS = st.sampled_from(
    [
        {"age": {"min": 60}},
        {"age": {"min": 60, "max": "total"}},
        {"age": {"known": False}},
        {"total": {"known": True, "above": 5}},
        {"sex": "f"},
        {"sex": {"is_not": ["f"]}},
        {"star": {"min": "two"}},
        {"sex": "m", "age": {"below": "limit"}, "star": {"max": "one"}},
    ]
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: (
        st.builds(lambda key, several: {key: several}, st.sampled_from(["all", "any"]),
                  st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda one, several: {**one, "any": several}, TESTS,
                    st.lists(inner, min_size=1, max_size=2))
        | st.builds(lambda one: {"not": one}, inner)
    ),
    max_leaves=6,
)  # fmt: skip
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "age": st.sampled_from([59, 60]),
        "total": st.sampled_from([5, 60, "x"]),
        "sex": st.sampled_from(["f", "m"]),
        "star": st.sampled_from(["one", "two"]).map(level),
    },
)


@given(CONDITIONS, KNOWN)
def test_whether_a_condition_holds_is_what_its_findings_say(condition, known):
    read, facts = read_condition(condition), Known(**known)
    found = list(failures(read, facts, "c"))
    lacking = [f.wanted for f in found if f.reason is Reason.FACT_NEEDED]

    try:
        told = holds(read, facts)
    except FactNeeded as unknown:
        told = unknown.name

    if len(lacking) < len(found) or not found:
        assert told == (not found)
    else:
        assert told == lacking[0]


def test_no_condition_holds():
    assert holds(None, Known())
    assert holds(read_condition({}), Known())
