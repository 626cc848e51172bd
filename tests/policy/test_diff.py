"""What changes between two policies: by place, in words, with warnings."""

import pytest

import timebank
from timebank.policy.diff import How, changes

from .files import SOUND, changed

CHILD = """
language = 1
policy = { name = "Child", extends = "Willow Lane" }
"""


def between(*replacements, before=SOUND):
    return changes(before, changed(*replacements))


def said(*replacements):
    """Return what is said of the changes, in English, with their warnings."""
    found = between(*replacements)
    assert [c for c in found if c.text.zh == c.text.en] == []
    return [(str(c.text), *map(str, c.warnings)) for c in found]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "day = { at_most = 4",
            "day = { at_most = 2",
            "rules.points: at most 2 a day, was 4",
        ),
        (
            "month = { at_most = 40 }",
            "month = { at_most = 50 }, week = { at_most = 9 }",
            "rules.points: at most 50 a month, was 40",
        ),
        ("cap = 1500", "cap = 1600", "accounts.member.points: at most 1600, was 1500"),
        (
            "points = { floor = 0,",
            "points = { floor = -5,",
            "accounts.member.points: not below -5, was 0",
        ),
        (
            'text = "关爱服务"\n',
            "",
            "classes.care: text is no longer given, was 关爱服务",
        ),
        ("weight = 2", "weight = 3", "classes.care: weight 3, was 2"),
        (
            "provider.age = { min = 18 }",
            "provider.age = { min = 16 }",
            "classes.care: requires.provider.age { min = 16 }, was { min = 18 }",
        ),
        ('"f", "m"]', '"f", "m", "x"]', None),
        (
            'status = "pilot"',
            'status = "in force"',
            "policy: status in force, was pilot",
        ),
    ],
)
def test_a_figure_that_changes_is_told_by_its_rule(old, new, told):
    if told is not None:
        assert said((old, new))[0][0] == told
    else:
        assert said((old, new))[0][0].startswith("facts.sex: ")


def test_a_rule_that_is_new_is_one_change():
    (found,) = between(
        ("[rules.deed]", '[rules.more]\non = "grant"\nunit = "points"\n\n[rules.deed]')
    )

    assert (found.place, found.how, found.before) == ("rules.more", How.ADDED, None)
    assert found.text == 'rules.more: { on = "grant", unit = "points" }, new'
    assert "新增" in found.text.zh


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cap = 1500", 'cap = "1500"'),
        ('weight = "0.5"', 'weight = "1/2"'),
        ("from = 2020-01-01", 'from = "2020-01-01"'),
        ('on = "service"\nunit = "hours"', 'on = ["service"]\nunit = "hours"'),
        ("month = { at_most = 40 }", "month = { at_most = 40, count = false }"),
        ("provider.age = { min = 18 }", '"provider.age" = { min = 18 }'),
        ("[units]\n", "# a comment\n[units]\n"),
    ],
)
def test_writing_the_same_otherwise_is_no_change(old, new):
    assert between((old, new)) == ()


def test_the_order_of_rules_and_limits_is_told():
    (found,) = between(
        (
            'day = { at_most = 4, excess = "drop" }, month = { at_most = 40 }',
            'month = { at_most = 40 }, day = { at_most = 4, excess = "drop" }',
        )
    )

    assert (found.place, found.how) == ("rules.points.limits", How.MOVED)


def test_a_renamed_rule_is_warned_of_because_limits_count_by_name():
    found = {c.place: c for c in between(("[rules.points]", "[rules.coins]"))}

    (warning,) = found["rules.points"].warnings
    assert "called coins now" in warning
    assert found["rules.coins"].warnings == ()


def test_a_rule_that_goes_without_another_in_its_place_is_not_called_renamed():
    text = changed(("[rules.redeem]", "[rules.spend]"))

    assert [c.warnings for c in changes(SOUND, text) if c.how is How.DROPPED] == [()]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scale = 60, record", "scale = 30, record"),
        (", lots = { expires = { after", ", lots = { expires = { plus"),
        (
            'coins = { scale = 4, lots = { expires = { after = "2 years" } } }',
            "coins = { scale = 4 }",
        ),
    ],
)
def test_a_unit_that_a_ledger_would_refuse_is_warned_of(old, new):
    warned = [c for c in between((old, new)) if c.warnings]

    assert len(warned) == (0 if "plus" in new else 1)


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        ("cap = 1500", "cap = 1400", True),
        ("cap = 1500", "cap = 1501", False),
        ("floor = 0,", "floor = 1,", True),
        ("floor = 0,", "floor = -1,", False),
        ("cap = 1500", "cap = 'rate'", True),
        ('points = { floor = 0, cap = 1500, excess = "drop" }', "", False),
        ("[accounts.group]\n", "[accounts.group]\npoints = { cap = 9 }\n", True),
    ],
)
def test_a_bound_that_accounts_may_be_outside_of_is_warned_of(old, new, warned):
    found = between((old, new))

    assert found
    assert any("move inward" in w for c in found for w in c.warnings) is warned


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        ('[{ name = "C" }, { name = "B" }]', '[{ name = "C" }, { name = "D" }]', True),
        (
            '[{ name = "C" }, { name = "B" }]',
            '[{ name = "C" }, { name = "B" }, { name = "A" }]',
            False,
        ),
        ("[ladders.group]", "[ladders.team]", True),
        ('{ name = "two", needs', '{ name = "three", needs', False),
    ],
)
def test_a_level_that_people_may_hold_and_that_is_gone_is_warned_of(old, new, warned):
    warnings = [w for c in between((old, new)) for w in c.warnings]

    assert any("which is no more" in w for w in warnings) is warned


def test_bundles_are_compared_by_what_holds():
    def text(more):
        child = CHILD + more
        return timebank.bundled(child, name="child", find=lambda _: ("lane", SOUND))

    (found,) = changes(
        text("rules.points.limits.day.at_most = 3"),
        text("rules.points.limits.day.at_most = 2\naccounts.member.points.cap = 1500"),
    )

    assert found.text == "rules.points: at most 2 a day, was 3"


@pytest.mark.slow
def test_every_shipped_programme_can_be_compared_with_every_other():
    texts = {name: timebank.programme(name) for name in timebank.programmes()}

    assert [n for n, text in texts.items() if changes(text, text)] == []
    assert [
        (a, b)
        for a in texts
        for b in texts
        if a != b and not changes(texts[a], texts[b])
    ] == []


def test_a_rule_that_comes_to_act_at_other_times_is_told_what_that_does():
    before = (
        SOUND
        + '[rules.due]\non = "period"\nevery = "month"\nunit = "points"\namount = 1\n'
    )
    later = before.replace('"month"', '"quarter"')

    (change,) = changes(before, later)

    assert str(change.text) == "rules.due: every quarter, was month"
    (warning,) = change.warnings
    assert "for what the rule has not done yet" in str(warning)


DUE = (
    SOUND + '[rules.due]\non = "period"\nevery = "month"\nunit = "points"\namount = 1\n'
)


@pytest.mark.parametrize(
    ("other", "warned"),
    [
        ("", "holds for days gone by, levy does again what due did"),
        ('at = "end"\n', "holds for days gone by, levy does again what due did"),
        ('at = "start"\n', "act at other times"),
    ],
)
def test_a_renamed_rule_on_periods_is_warned_of_because_it_knows_of_nothing_done(
    other, warned
):
    later = DUE.replace("[rules.due]\n", f"[rules.levy]\n{other}")

    found = {c.place: c for c in changes(DUE, later)}

    (warning,) = found["rules.due"].warnings
    assert warned in warning
    assert warning.zh != warning.en


def test_a_rule_on_periods_beside_one_that_goes_is_not_called_renamed():
    later = DUE.replace("[rules.due]\n", "[rules.levy]\n").replace(
        'every = "month"\nunit = "points"', 'every = "month"\nunit = "coins"'
    )

    assert [c.warnings for c in changes(DUE, later) if c.how is How.DROPPED] == [()]
