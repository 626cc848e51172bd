"""What is wrong with a measure, a filter, a limit by either, or a class in another."""

import pytest

from timebank.policy.files import load_policy
from timebank.policy.filters import Filter, LabelTest

from .files import SOUND, changed, mistakes


def measured(text, name="x"):
    return changed(("[measures]\n", f"[measures]\n{name} = {text}\n"))


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("{ }", "measures.x", "found 0"),
        ('{ sum = "hours", balance = "points" }', "measures.x", "found 2"),
        ('{ available = "hour" }', "measures.x.available", "did you mean 'hours'"),
        ('{ tenure = "weeks" }', "measures.x.tenure", "days, months"),
        (
            '{ tenure = "days", window = "month" }',
            "measures.x.window",
            "has no effect",
        ),
        (
            '{ balance = "points", where = { class = "care" } }',
            "measures.x.where",
            "has no effect",
        ),
        (
            '{ available = "points", side = "in" }',
            "measures.x.side",
            "has no effect",
        ),
        (
            '{ formula = "total", same = ["event"] }',
            "measures.x.same",
            "has no effect",
        ),
        (
            '{ streak = "hours", broken_by = ["points"], side = "in" }',
            "measures.x.side",
            "no sides",
        ),
        ('{ sum = "points", side = "up" }', "measures.x.side", "in, out"),
        ('{ sum = "hours", where = {} }', "measures.x.where", "a filter is a table"),
        (
            '{ sum = "hours", where = { clas = "care" } }',
            "measures.x.where.clas",
            "class",
        ),
        (
            '{ sum = "hours", where = { class = { min = "care" } } }',
            "measures.x.where.class",
            "is_not",
        ),
        (
            '{ sum = "hours", where = { class = [] } }',
            "measures.x.where.class",
            "nothing to compare with",
        ),
        (
            '{ sum = "hours", where = { class = "caer" } }',
            "measures.x.where.class",
            "did you mean 'care'",
        ),
        (
            '{ sum = "hours", where = { other = ["member", "members"] } }',
            "measures.x.where.other",
            "did you mean 'member'",
        ),
        (
            '{ sum = "hours", where = { recipient = "ada" } }',
            "measures.x.where.recipient",
            "recipient",
        ),
        ('{ sum = "hours", where = { rule = "hour" } }', "measures.x.where.rule", ""),
        ('{ sum = "hours", same = "rule" }', "measures.x.same", "no label 'rule'"),
        (
            '{ sum = "hours", same = ["event", "event"] }',
            "measures.x.same",
            "more than once",
        ),
        ('{ formula = [{ of = "totl" }] }', "measures.x.formula", "'total'"),
        ('{ formula = [{ of = "age" }] }', "measures.x.formula", "no fact kept"),
        ('{ formula = [{ of = "x" }] }', "measures.x", "needs itself"),
    ],
)
def test_a_measure_that_makes_no_sense_is_told_where(text, place, said):
    found = mistakes(measured(text))

    assert said in found[place]
    assert all(at.startswith("measures.x") for at in found)


def test_measures_and_ladders_that_need_each_other_are_found():
    text = changed(
        (
            "[measures]\n",
            '[measures]\nx = { formula = { by = "star", one = "y", else = 0 } }\n',
        ),
        ("row = {", 'y = { formula = "x" }\nrow = {'),
        ('"two", needs = { total', '"two", needs = { y = { min = 1 }, total'),
    )

    found = mistakes(text)

    assert "needs itself" in found["measures.x"]
    assert "needs itself" in found["measures.y"]
    assert "needs itself" in found["ladders.star"]


def test_a_filter_is_read():
    text = measured(
        '{ sum = "hours", where = { class = "care", other = { is_not = ["group"] } } }'
    )

    assert load_policy(text).measures["x"].where == Filter(
        (
            LabelTest(label="class", is_=("care",)),
            LabelTest(label="other", is_not=("group",)),
        )
    )


# ---------------------------------------------------------------- limits

LIMITS = 'limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }'


@pytest.mark.parametrize(
    ("measure", "limit", "place", "said"),
    [
        ('{ tenure = "days" }', "x = { at_most = 9 }", "x", "no figure"),
        (
            '{ sum = "points", side = "out" }',
            "x = { at_most = 9 }",
            "x",
            "can never bind",
        ),
        ('{ count = "hours" }', "x = { at_most = 9 }", "x", "measures hours"),
        (
            '{ sum = "points" }',
            'x = { at_most = 9, same = "event" }',
            "x.same",
            "a measure has its own",
        ),
        (
            '{ sum = "points" }',
            'x = { at_most = 9, where = { class = "care" } }',
            "x.where",
            "a measure has its own",
        ),
        (
            '{ sum = "points" }',
            'day = { at_most = 9, where = { rule = "points" } }',
            "day.where.rule",
            "take a measure",
        ),
        (
            '{ sum = "points" }',
            'day = { at_most = 9, where = { origin = "gift" } }',
            "day.where.origin",
            "unknown key",
        ),
        (
            '{ sum = "points" }',
            'day = { at_most = 9, same = "events" }',
            "day.same",
            "did you mean 'event'",
        ),
        (
            '{ sum = "points" }',
            'day = { at_most = 9, where = { class = "caer" } }',
            "day.where.class",
            "did you mean 'care'",
        ),
    ],
)
def test_a_limit_that_cannot_count_is_told_where(measure, limit, place, said):
    text = changed(
        ("[measures]\n", f"[measures]\nx = {measure}\n"),
        (LIMITS, f"limits = {{ {limit} }}"),
    )

    found = mistakes(text)

    assert said in found[f"rules.points.limits.{place}"]


def test_limits_that_count_different_things_do_not_keep_within_each_other():
    limits = (
        "limits = { day = { at_most = 4 }, "
        'month = { at_most = 400, where = { class = "care" } } }'
    )

    assert mistakes(changed((LIMITS, limits))) == {}


# ---------------------------------------------------------------- classes in classes


def narrower(line):
    return changed(("[classes.deed]", f"[classes.bathing]\n{line}\n\n[classes.deed]"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('in = "car"', "did you mean 'care'"),
        ('in = "deed"', "counts number"),
        ('in = ["care", "care"]', "more than once"),
        ('in = "bathing"', "comes back to itself"),
    ],
)
def test_a_class_in_another_that_is_none_is_told(line, said):
    assert said in mistakes(narrower(line))["classes.bathing.in"]


def test_rules_of_the_wider_class_are_rules_of_the_narrower():
    # without the wider class no rule with a limit would be for it, and no figure there
    text = narrower('in = "care"').replace(
        '[rules.hours]\non = "service"\n',
        '[rules.hours]\non = "service"\nclass = "care"\n'
        'when = { class = { is_not = "night" } }\n',
    )
    text = text.replace(
        "[classes.deed]", '[classes.night]\nin = "bathing"\n\n[classes.deed]'
    )

    assert mistakes(text) == {}
    assert load_policy(text).wider("night") == ("night", "bathing", "care")
    assert load_policy(text).class_figures("night") == {"weight": 2}


def test_a_class_that_only_gathers_others_needs_no_rule_of_its_own():
    text = narrower('in = "all"').replace(
        "[classes.deed]", "[classes.all]\n\n[classes.deed]"
    )
    text = text.replace(
        '[rules.hours]\non = "service"\n',
        '[rules.hours]\non = "service"\nclass = ["care", "bathing"]\n',
    )

    assert mistakes(text) == {}


def test_a_condition_on_the_wider_class_can_hold_for_the_narrower():
    text = narrower('in = "care"').replace(
        '[rules.points]\non = "service"\nclass = "care"',
        '[rules.points]\non = "service"\nclass = "bathing"\nwhen = { class = "care" }',
    )

    assert mistakes(text) == {}
    assert SOUND.count("[classes.deed]") == 1
