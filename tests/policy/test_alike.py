"""What agrees with the operation that asks is asked only where an operation says it."""

import pytest

from .files import changed, mistakes

EVENT = 'row = { streak = "hours", broken_by = ["points"] }'
ALIKE = (
    EVENT,
    EVENT
    + """
here = { sum = "hours", same = ["event"] }
twice = { formula = [{ of = "here" }, { times = 2 }] }
theirs = { sum = "points", same = ["recipient"] }
""",
)
STAR = '{ name = "one", needs = { total = { min = 100 } } }'
GROUP = 'moves = [{ from = "C", to = ["B"], suspended = [["2024-01-01", ""]] }]'
REDEEM = 'requires = { star = { min = "one" } }'
GIFT = 'on = "donate"'
POINTS = '[rules.points]\non = "service"\nclass = "care"'


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ((STAR, '{ name = "one", needs = { here = { min = 100 } } }'),
         "ladders.star.levels.one.needs", "by itself"),
        ((GROUP, 'moves = [{ from = "C", to = ["B"], needs = { here = { min = 1 } } }]'),
         "ladders.group.moves.0.needs", "by itself"),
        (("cap = 1500", 'cap = "twice"'), "accounts.member.points.cap", "by itself"),
        (("[flags.many]", '[rankings.best]\nvalue = "here"\n[flags.many]'),
         "rankings.best.value", "by itself"),
        ((REDEEM, "requires = { twice = { min = 1 } }"), "rules.redeem.requires",
         "redeem has none"),
        ((REDEEM, 'limits.week = { at_most = 9, same = ["event"] }'),
         "rules.redeem.limits.week.same", "redeem has none"),
        ((GIFT, 'on = "donate"\nlimits.theirs = { at_most = 9 }'),
         "rules.give_on.limits.theirs", "donate has none"),
    ],
)  # fmt: skip
def test_what_no_operation_says_is_found(change, place, said):
    found = mistakes(changed(ALIKE, change))

    assert said in found[place]


@pytest.mark.parametrize(
    "change",
    [
        (POINTS, POINTS + "\nwhen = { twice = { max = 10 } }"),
        (POINTS, POINTS + "\nrequires = { theirs = { max = 10 } }"),
        (REDEEM, 'limits.week = { at_most = 9, same = ["item", "merchant"] }'),
        ("when = { total = { min = 1000 } }", "when = { here = { min = 1000 } }"),
    ],
)
def test_what_an_operation_may_say_is_let_be(change):
    found = mistakes(changed(ALIKE, change))

    assert not [place for place, text in found.items() if "the same" in text]
