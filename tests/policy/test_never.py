"""What can never hold is found however it is written, and what can is let be."""

import pytest

from timebank.policy.checks import ways

from .files import SOUND, changed, mistakes

REDEEM = 'requires = { star = { min = "one" } }'
POINTS = '[rules.points]\non = "service"\nclass = "care"'
FLAG = "when = { total = { min = 1000 } }"
GROUP = 'may = ["donate"]'


def asked(condition):
    return REDEEM, f"requires = {condition}"


def points(*lines):
    return POINTS, "\n".join([POINTS, *lines])


CASES = [
    # any and not
    (
        asked(
            '{ any = [{ age = { min = 7, max = 6 } }, { sex = { is = "f", is_not = "f" } }] }'
        ),
        "rules.redeem.requires.any",
        "whichever way",
    ),
    (
        asked(
            '{ age = { min = 60 }, any = [{ age = { below = 50 } }, { sex = "f" }] }'
        ),
        "rules.redeem.requires.any.0",
        "whichever way",
    ),
    (
        asked("{ age = { min = 60 }, not = { age = { min = 50 } } }"),
        "rules.redeem.requires.not",
        "whichever way",
    ),
    (
        asked("{ not = { any = [{ age = { min = 50 } }, { age = { below = 60 } }] } }"),
        "rules.redeem.requires.not",
        "whichever way",
    ),
    (
        asked('{ not = { sex = ["f", "m"] } }'),
        "rules.redeem.requires.not",
        "whichever way",
    ),
    # all, and through it
    (
        asked("{ age = { min = 60 }, all = [{ age = { below = 60 } }] }"),
        "rules.redeem.requires.age",
        "nothing is all that",
    ),
    (
        asked(
            "{ all = [{ any = [{ age = { min = 60 } }, { sex = 'f' }] },"
            " { age = { below = 60 } }] }"
        ),
        "rules.redeem.requires.all.0.any.0",
        "whichever way",
    ),
    (
        asked(
            "{ all = [{ any = [{ sex = 'f' }, { sex = 'm' }] }, { not = { sex = ['f', 'm'] } }] }"
        ),
        "rules.redeem.requires.all",
        "whichever way",
    ),
    (
        asked("{ age = { min = 60 }, not = { all = [{ age = { min = 50 } }] } }"),
        "rules.redeem.requires.not",
        "whichever way",
    ),
    # levels with what they need
    (
        asked('{ star = { min = "one" }, total = { below = 100 } }'),
        "rules.redeem.requires",
        "whichever way",
    ),
    (
        asked('{ star = ["one", "two"], payer.total = { max = 99 } }'),
        "rules.redeem.requires",
        "whichever way",
    ),
    (
        asked('{ beneficiary.star = "one", beneficiary.total = { below = 100 } }'),
        "rules.redeem.requires",
        "whichever way",
    ),
    # what can be at all
    (
        points("when = { time = { above = 24 } }"),
        "rules.points.when.time",
        "time is from 0 to 24",
    ),
    (
        asked("{ quantity = { below = 1 } }"),
        "rules.redeem.requires.quantity",
        "quantity is never below 1",
    ),
    (
        asked("{ sex = { is_not = ['f', 'm'] } }"),
        "rules.redeem.requires.sex",
        "payer.sex is one of f, m",
    ),
    (
        asked("{ total = { below = 0 } }"),
        "rules.redeem.requires.total",
        "payer.total is never below 0",
    ),
    (
        asked("{ merchant.kind = 'merchant' }"),
        "rules.redeem.requires.merchant.kind",
        "merchant.kind is one of group, member, pool",
    ),
    # known, and not
    (
        asked("{ age = { known = false, min = 60 } }"),
        "rules.redeem.requires.age",
        "nothing is all that",
    ),
    (
        asked("{ merchant = { known = true }, not = { merchant = { known = true } } }"),
        "rules.redeem.requires.not",
        "whichever way",
    ),
    # together
    (
        points(
            "when = { provider.age = { max = 60 } }",
            "requires = { any = [{ age = { above = 60 } }, { age = { below = 18 } }] }",
        ),
        "rules.points.requires",
        "rules.points.when, classes.care.requires",
    ),
    (
        points("when = { class = 'deed' }"),
        "rules.points.when",
        "any class there is, so the rule never applies",
    ),
    (
        points("when = { age = { below = 18 } }"),
        "rules.points.when",
        "any class there is, so the rule never applies",
    ),
    # flags
    ((FLAG, "when = { total = { min = 0 } }"), "flags.many.when", "always holds"),
    (
        (
            FLAG,
            "when = { any = [{ total = { min = 5 } }, { not = { total = { min = 5 } } }] }",
        ),
        "flags.many.when",
        "always holds",
    ),
]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [pytest.param(*case, id=f"{case[1]}-{n}") for n, case in enumerate(CASES)],
)
def test_what_can_never_hold_is_told_where_it_stands(change, place, said):
    found = mistakes(changed(change))

    assert said in found[place]


def test_what_can_never_hold_is_told_once():
    for change, place, _ in CASES:
        assert set(mistakes(changed(change))) == {place}


SOUND_TOO = [
    asked('{ any = [{ age = { min = 7, max = 7 } }, { sex = { is = "f" } }] }'),
    asked('{ age = { min = 60 }, any = [{ age = { below = 61 } }, { sex = "f" }] }'),
    asked("{ age = { min = 60 }, not = { age = { min = 61 } } }"),
    asked("{ not = { any = [{ age = { min = 50 } }, { age = { below = 40 } }] } }"),
    asked(
        "{ all = [{ any = [{ age = { min = 60 } }, { sex = 'f' }] },"
        " { any = [{ age = { below = 60 } }, { sex = 'm' }] }] }"
    ),
    asked(
        "{ not = { all = [{ age = { min = 60 } }, { sex = 'f' }] }, age = { min = 60 } }"
    ),
    asked('{ not = { sex = ["f"] } }'),
    asked('{ not = { day = { within = ["04-01", "05-31"] } } }'),
    asked('{ star = { min = "one" }, total = { max = 100 } }'),
    asked('{ star = { max = "one" }, total = { below = 100 } }'),
    asked('{ star = { is_not = "one" }, total = { below = 100 } }'),
    asked('{ star = { min = "one" }, beneficiary.total = { below = 100 } }'),
    asked("{ quantity = { max = 1 } }"),
    asked("{ any = [{ age = { known = false } }, { age = { min = 60 } }] }"),
    asked("{ merchant = { known = true }, not = { beneficiary = { known = true } } }"),
    asked("{ total = { max = 0 } }"),
    asked("{ had = { below = 0 } }"),
    asked("{ merchant.kind = 'member' }"),
    points("when = { time = { min = 24 } }"),
    points("when = { class = 'care' }"),
    points("when = { age = { max = 18 } }"),
    points(
        "when = { provider.age = { max = 61 } }",
        "requires = { any = [{ age = { above = 60 } }, { age = { below = 18 } }] }",
    ),
    (FLAG, "when = { total = { above = 0 } }"),
    (FLAG, "when = { age = { min = 0 } }"),
    (FLAG, 'when = { not = { star = "one" } }'),
]


@pytest.mark.parametrize("change", SOUND_TOO)
def test_what_can_hold_is_let_be(change):
    assert mistakes(changed(change)) == {}


STAMPS = [
    ("points = {}", "points = {}\nstamps = {}"),
    ("[measures]", '[measures]\nstamped = { sum = "stamps" }'),
]
STAMPED = '[rules.stamps]\non = "service"\nunit = "stamps"\n\n[items.rice]'


def test_a_gate_on_what_no_rule_moves_never_opens():
    gate = asked("{ stamped = { min = 1 } }")

    assert mistakes(changed(*STAMPS, gate)) == {
        "rules.redeem.requires.stamped": ("can never hold: payer.stamped is always 0"),
    }
    assert mistakes(changed(*STAMPS, gate, ("[items.rice]", STAMPED))) == {}


def test_what_every_level_needs_is_asked_of_each():
    whole = (
        '[ladders.star]\nkeep = "for ever"',
        "[ladders.star]\nneeds = { age = { min = 18 } }",
    )
    young = asked('{ star = "one", age = { below = 18 } }')

    assert set(mistakes(changed(whole, young))) == {"rules.redeem.requires"}
    assert mistakes(changed(whole, asked('{ star = "one", age = { max = 18 } }'))) == {}


def test_a_gate_beyond_every_cap_never_opens_and_a_flag_there_still_may():
    capped = (GROUP, f"{GROUP}\npoints = {{ cap = 99 }}")
    pools = ('names = ["common"]', 'names = ["common"]\npoints = { cap = 9 }')
    sound = SOUND.replace('points = { floor = "none" }\n', "")
    for old, new in (capped, pools):
        sound = sound.replace(old, new)

    def gate(most):
        return mistakes(
            sound.replace(REDEEM, f"requires = {{ had = {{ min = {most} }} }}")
        )

    assert gate(1501) == {
        "rules.redeem.requires.had": ("can never hold: payer.had is never above 1500"),
    }
    assert gate(1500) == {}
    assert mistakes(sound.replace(FLAG, "when = { had = { above = 1500 } }")) == {}


def test_conditions_that_exclude_each_other_are_told_by_as_few_as_do():
    apart = points(
        "when = { provider.sex = 'f' }", "requires = { age = { below = 18 } }"
    )

    assert mistakes(changed(apart)) == {
        "rules.points.requires.age": "can never hold together with classes.care.requires"
    }


def test_a_level_that_was_granted_may_be_held_without_its_needs():
    granted = ('keep = "for ever"', 'keep = "for ever"\nentry = "apply"')
    fewer = asked('{ star = { min = "one" }, total = { below = 100 } }')

    assert mistakes(changed(granted, fewer)) == {}


@pytest.mark.parametrize(("number", "told"), [(4, True), (5, False)])
def test_what_lies_beyond_the_ways_that_are_looked_into_is_taken_to_hold(
    number, told, monkeypatch
):
    monkeypatch.setattr(ways, "WAYS_MAX", 4)
    never = ["{ age = { min = 2, max = 1 } }"] * number

    found = mistakes(changed(asked(f"{{ any = [{', '.join(never)}] }}")))

    assert ("rules.redeem.requires.any" in found) is told


def test_a_condition_with_very_many_ways_is_taken_as_one_that_can_hold():
    pair = "{ any = [{ age = { min = 1 } }, { age = { min = 2 } }] }"
    many = f"{{ all = [{', '.join([pair] * 60)}] }}"  # 2 to the power of 60

    assert mistakes(changed(asked(many))) == {}


GOT = '[measures]\ngot = { sum = "points", side = "in" }\nhave = { balance = "points" }'
LIMITED = '[facts]\nref = { type = "account", kept = true }'


def limited(key, *more):
    """Return what is said of a rule that pays the provider, with a limit on *key*."""
    return mistakes(
        changed(
            ("[measures]", GOT),
            ("[facts]", LIMITED),
            ("month = { at_most = 40 }", f'"{key}" = {{ at_most = 40 }}'),
            *more,
        )
    )


def test_a_limit_on_what_a_role_got_of_whom_the_rule_moves_nothing_is_told():
    found = limited("recipient.got")

    assert list(found) == ["rules.points.limits.recipient.got"]
    assert "moves nothing of recipient" in found["rules.points.limits.recipient.got"]


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("provider.got", ()),
        ("got", ()),
        ("recipient.have", ()),  # is only looked at
        ("recipient.got", [points('to = "provider.ref"')]),  # who may be the recipient
        ("recipient.got", [points("to = { provider = 1, recipient = 1 }")]),
    ],
)
def test_a_limit_on_whom_the_rule_may_move_is_let_be(key, more):
    told = limited(key, *more)

    assert not any("moves nothing of recipient" in text for text in told.values())


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ('month = 3, day = { within = ["06-01", "06-30"] }', True),
        ('month = 6, day = { within = ["06-10", "06-20"] }', False),
        ('month = { min = 3, max = 9 }, day = { within = ["11-15", "02-10"] }', True),
        ('month = { min = 2, max = 9 }, day = { within = ["11-15", "02-10"] }', False),
        ('month = { min = 3, max = 11 }, day = { within = ["11-15", "02-10"] }', False),
        ('month = 9, day = { within = ["06-20", "06-10"] }', False),
        ('month = 3, not = { day = { within = ["06-01", "06-30"] } }', False),
    ],
)
def test_a_month_outside_a_yearly_stretch_is_told(gate, told):
    found = mistakes(changed(asked(f"{{ {gate} }}")))

    assert list(found) == (["rules.redeem.requires"] if told else [])


BOUND = "points = { floor = 0, cap = 1500,"


@pytest.mark.parametrize(
    ("floor", "cap", "told"),
    [
        ("[[0, -10], [5, 60]]", "[[0, 80], [5, 50]]", True),
        ("[[0, -10], [5, 50]]", "[[0, 80], [5, 50]]", False),
        ("[[0, -10], [9, 60]]", "[[0, 50], [5, 80]]", False),
        ("[[0, -10], [4, 60]]", "[[0, 50], [5, 80]]", True),
    ],
)
def test_a_floor_above_its_cap_by_bands_is_told(floor, cap, told):
    by = '[{{ of = "total" }}, {{ bands = {} }}]'.format
    found = mistakes(
        changed((BOUND, f"points = {{ floor = {by(floor)}, cap = {by(cap)},"))
    )

    assert ("accounts.member.points.floor" in found) == told


@pytest.mark.parametrize("cap", [40, 60])
def test_a_floor_by_bands_is_held_against_one_cap(cap):
    floor = '[{ of = "total" }, { bands = [[0, -10], [5, 60]] }]'
    found = mistakes(changed((BOUND, f"points = {{ floor = {floor}, cap = {cap},")))

    assert ("accounts.member.points.floor" in found) == (cap < 60)


@pytest.mark.parametrize(
    ("price", "told"), [("1000000000000000", False), ("1000000000000001", True)]
)
def test_a_price_beyond_what_an_entry_can_move_is_told(price, told):
    found = mistakes(
        changed(
            ("price = 20", f"price = {price}"),
            ('points = { floor = 0, cap = 1500, excess = "drop" }', "points = {}"),
        )
    )

    assert ("items.rice.price" in found) == told
