"""What is worth a second look is noted, and refuses nothing."""

import pytest

import timebank
from timebank.policy.checks.notes import notes
from timebank.policy.files import load_policy

from .files import SOUND, changed, has_chinese

SPLIT = "splitting gains: {} give {}"
AMOUNT = 'amount = [{ of = "time" }, { times = { by = "provider.sex", f = 2, m = 1 } }, { round = "down", to = 1 }]'
LIMITS = 'limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }'
GIFT = '[rules.coins]\non = "gift"\nunit = "coins"\n\n[items.rice]'

ONE = 'day = { at_most = 1, excess = "drop" }'
GRANT = '[rules.grant]\non = "grant"\nunit = "coins"'


def noted(*changes):
    found = notes(load_policy(changed(("[items.rice]", GIFT), *changes)))
    assert all(has_chinese(text) for text in found.values())
    return found


def points(amount, limits=""):
    return [(AMOUNT, f"amount = {amount}"), (LIMITS, limits)]


def test_the_sound_policy_is_worth_no_second_look():
    assert noted() == {}


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1", "1 min and 1 min give 2, 2 min at once 1"),
        (
            '[{ of = "time" }, { round = "up", to = 1 }]',
            "1 min and 1 min give 2, 2 min at once 1",
        ),
        (
            '[{ of = "time" }, { round = "nearest", to = 1 }]',
            "30 min and 30 min give 2, 60 min at once 1",
        ),
        (
            '[{ of = "time" }, { at_least = "1 h" }, { round = "down", to = 1 }]',
            "1 min and 1 min give 2, 2 min at once 1",
        ),
        (
            '[{ of = "time" }, { at_most = 2 }, { round = "down", to = 1 }]',
            "60 min and 120 min give 3, 180 min at once 2",
        ),
        (
            '[{ of = "time" }, { plus = { by = "provider.sex", f = 0, m = 1 } }, { round = "down", to = 1 }]',
            "1 min and 1 min give 2, 2 min at once 1",
        ),
        (
            '[{ of = "class.weight" }, { round = "down", to = 1 }]',
            "1 min and 1 min give 4, 2 min at once 2",
        ),
    ],
)
def test_splitting_a_service_that_gains_is_noted_with_the_least_of_it(amount, said):
    assert said in noted(*points(amount))["rules.points.amount"]


@pytest.mark.parametrize(
    ("amount", "limits"),
    [
        ('[{ of = "time" }, { round = "down", to = 1 }]', ""),
        ('[{ of = "time" }, { times = 2 }, { round = "down", to = 1 }]', ""),
        ('[{ of = "time" }, { less = 1 }, { round = "down", to = 1 }]', ""),
        ("1", "limits = { day = { count = true, at_most = 1 } }"),
        ("1", 'limits = { day = { at_most = 1, excess = "drop" } }'),
        ('[{ of = "provider.age" }, { round = "down", to = 1 }]', ""),
        ("1", f"limits = {{ {ONE}, month = {{ at_most = 20 }} }}"),
    ],
)
def test_splitting_that_gains_nothing_or_that_a_limit_stops_is_not_noted(
    amount, limits
):
    assert "rules.points.amount" not in noted(*points(amount, limits))


UP = '[{ of = "time" }, { round = "up", to = 1 }]'


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            "requires = { time = { min = 1 } }",
            "75 min and 75 min give 4, 150 min at once 3",
        ),
        (
            "when = { time = { min = 1 } }",
            "75 min and 75 min give 4, 150 min at once 3",
        ),
        (
            "requires = { any = [{ time = { min = 1 } }, { time = { is = '1/3' } }] }",
            "20 min and 75 min",
        ),
        ("requires = { not = { time = { below = 1 } } }", "75 min and 75 min"),
        ("requires = { time = { max = 1 } }", "1 min and 1 min"),
        ("requires = { time = { max = '1/2' }, provider.age = { min = 18 } }", "1 min"),
        ("requires = { time = { min = 13 } }", None),
        ("requires = { time = { is = 1 } }", None),
        ('requires = { class = { is_not = "care" } , time = { min = 1 } }', None),
        ("requires = { recipient = { known = true } }", "1 min and 1 min"),
        ("requires = { not = { recipient = { known = false } } }", "1 min and 1 min"),
        (
            "requires = { any = [{ age = { min = 90 } }, { time = { min = 1 } }] }",
            "1 min",
        ),
    ],
)
def test_splitting_is_noted_of_pieces_that_may_be_recorded(gate, said):
    found = noted(*points(UP, gate)).get("rules.points.amount")

    assert (said is None) == (found is None)
    assert said is None or said in found


def test_a_class_that_gains_is_not_taken_for_one_that_accepts_pieces():
    text = """
language = 1
policy = { name = "Two", source = "made up", status = "pilot", from = 2024-01-01 }
units.points = {}
accounts.member = {}
classes = { long = { requires = { time = { min = 13 } } }, short = {} }
rules.gift = { on = "gift", unit = "points" }
rules.points = { on = "service", unit = "points", amount = { by = "class", AMOUNT } }
"""

    assert notes(load_policy(text.replace("AMOUNT", "long = 1, short = 0"))) == {}
    assert notes(load_policy(text.replace("AMOUNT", "long = 0, short = 1"))) != {}


def test_splitting_is_noted_of_pieces_that_their_class_accepts():
    longer = (
        "requires = { provider.age",
        "requires = { time = { min = 1 }, provider.age",
    )

    assert "75 min and 75 min" in noted(*points(UP), longer)["rules.points.amount"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1", None),
        (UP, None),
        (
            '[{ of = "time" }, { round = "down", to = 1 }]',
            "1 min and 59 min cost 0, 60 min at once 1",
        ),
    ],
)
def test_who_pays_gains_by_splitting_what_is_less_in_pieces(amount, said):
    found = noted(*points(amount, 'from = "provider"\nto = "issuer"'))

    assert (said is None) == ("rules.points.amount" not in found)
    assert said is None or said in found["rules.points.amount"]


@pytest.mark.parametrize(
    ("ends", "rounded", "gains"),
    [
        ('from = "recipient"\nto = "provider"', "up", True),
        ('from = "recipient"\nto = "pool:common"', "up", False),
        ('from = "recipient"\nto = "pool:common"', "down", True),
        ('to = "pool:common"', "up", False),
        ('to = "pool:common"', "down", False),
        ('to = { provider = "1/2", "pool:common" = "1/2" }', "up", True),
    ],
)
def test_splitting_gains_by_what_people_get_and_by_what_they_need_not_pay(
    ends, rounded, gains
):
    amount = UP.replace('"up"', f'"{rounded}"')

    found = noted(*points(amount, ends))

    assert ("rules.points.amount" in found) == gains


ONCE = """
language = 1
policy = { name = "Once", source = "made up", status = "pilot", from = 2024-01-01 }
units = { points = {}, got = { record = true } }
accounts.member = {}
classes.help = {}
measures.had = { sum = "got" }
rules.gift = { on = "gift", unit = "points" }
rules.got = { on = "service", unit = "got", amount = 1, when = { had = { max = 0 } } }
rules.bonus = { on = "service", unit = "points", amount = 10, when = { had = TEST } }
"""


@pytest.mark.parametrize(
    ("test", "gains"),
    [
        ("{ max = 0 }", False),
        ("0", False),
        ("{ below = 1 }", False),
        ("{ max = 1 }", True),
        ("{ below = 2 }", True),
        ("{ min = 0 }", True),
    ],
)
def test_a_bonus_that_the_first_piece_takes_from_the_second_is_not_noted(test, gains):
    found = notes(load_policy(ONCE.replace("TEST", test)))

    assert ("rules.bonus.amount" in found) == gains


def test_a_bonus_for_who_has_nothing_of_something_else_is_noted():
    text = ONCE.replace('on = "service", unit = "got"', 'on = "grant", unit = "got"')

    found = notes(load_policy(text.replace("TEST", "{ max = 0 }")))

    assert "rules.bonus.amount" in found


@pytest.mark.parametrize(
    "most", ['at_most = 2, excess = "drop"', "count = true, at_most = 2"]
)
def test_splitting_is_noted_where_a_limit_leaves_it_some_room(most):
    two = f"limits = {{ day = {{ {most} }} }}"

    assert "give 2" in noted(*points("1", two))["rules.points.amount"]


def test_splitting_what_is_counted_is_noted():
    fixed = ('amount = [{ of = "number" }, { times = "class.weight" }]', "amount = 1")

    assert "1 and 1 give 2, 2 at once 1" in noted(fixed)["rules.deed.amount"]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (("points = {}", "points = {}\nstamps = {}"), "units.stamps", "no rule moves"),
        (
            (
                '[rules.deed]\non = "contribution"',
                '[rules.deed]\non = "contribution"\nfrom = "organiser"',
            ),
            "units.coins",
            "spent and never earned",
        ),
        (
            (
                '[{ of = "time" }, { times = { by = "provider.sex", f = 2, m = 1 } }, { round = "down", to = 1 }]',
                '[{ of = "time" }, { bands = [[1, 1], [5, 9], [7, 9]] }]',
            ),
            "rules.points.amount",
            "a band gives no more than the one below it",
        ),
        (
            (
                'had = { balance = "points" }',
                'had = { sum = "points", where = { class = { is_not = "deed" } } }',
            ),
            "measures.had.where.class",
            "no class at all too: donate, redeem; if",
        ),
        (
            (
                'requires = { star = { min = "one" } }',
                "requires = { total = { min = 0 } }",
            ),
            "rules.redeem.requires",
            "asks nothing",
        ),
        (
            ("price = 20", "price = 20\nrequires = { total = { min = 0 } }"),
            "items.rice.requires",
            "asks nothing",
        ),
        (
            ('[["2024-01-01", ""]]', '[["2020-01-01", ""]]'),
            "ladders.group.levels.B",
            "every way there is suspended",
        ),
    ],
)
def test_what_is_worth_a_second_look_is_noted(change, place, said):
    assert said in noted(change)[place]


def test_a_unit_that_is_only_earned_is_noted():
    found = notes(load_policy(SOUND))

    assert "say record = true" in found["units.coins"]


@pytest.mark.parametrize(
    "change",
    [
        ('[["2024-01-01", ""]]', '[["2020-01-01", "2020-12-31"]]'),
        ("[rules.deed]", f'{GRANT}\n\n[rules.deed]\nfrom = "organiser"'),
        ('requires = { star = { min = "one" } }', "requires = { total = { min = 1 } }"),
    ],
)
def test_what_is_in_order_is_not_noted(change):
    assert noted(change) == {}


def test_what_an_excess_becomes_is_earned():
    stamps = ("points = {}", "points = {}\nstamps = { record = true }")
    becomes = (LIMITS, 'limits.day = { at_most = 4, excess = { as = "stamps" } }')

    assert "no rule moves it" in noted(stamps)["units.stamps"]
    assert noted(stamps, becomes) == {}


MARKED = """
[measures.paid]
{measure}

[rules.mark]
on = "service"
unit = "stamps"
amount = 1
{mark}
"""
STAMPS = ("points = {}", "points = {}\nstamps = { record = true }")


def bonus(condition, *, measure='count = "stamps"', mark=""):
    once = MARKED.format(measure=measure, mark=mark)
    rule = f"amount = 1\nwhen = {{ {condition} }}"
    errand = ("[classes.deed]", "[classes.errand]\n\n[classes.deed]")
    return noted(
        STAMPS,
        errand,
        ("[rules.points]", f"{once}\n[rules.points]"),
        (AMOUNT, rule),
        (LIMITS, ""),
    )


@pytest.mark.parametrize(
    ("condition", "options"),
    [
        ("paid = { max = 0 }", {}),
        ("paid = { below = 1 }", {}),
        ("not = { paid = { min = 1 } }", {}),
        ("provider.paid = { max = 0 }", {}),
        ("paid = { max = 0 }", {"measure": 'sum = "stamps"'}),
        ("paid = { max = 0 }", {"measure": 'days = "stamps"'}),
        ("recipient.paid = { max = 0 }", {"mark": 'to = "recipient"'}),
    ],
)
def test_what_the_first_piece_shuts_gains_nothing_by_splitting(condition, options):
    assert "rules.points.amount" not in bonus(condition, **options)


@pytest.mark.parametrize(
    ("condition", "options"),
    [
        ("paid = { max = 1 }", {}),
        ("paid = { below = 2 }", {}),
        ("paid = { min = 1 }", {}),
        ("recipient.paid = { max = 0 }", {}),
        ("paid = { max = 0 }", {"mark": 'class = "errand"'}),
        (
            "paid = { max = 0 }",
            {"measure": 'count = "stamps"\nwindow = "previous month"'},
        ),
    ],
)
def test_what_the_first_piece_leaves_open_still_gains(condition, options):
    assert "splitting gains" in bonus(condition, **options)["rules.points.amount"]


@pytest.mark.parametrize(
    ("ends", "gains"),
    [
        ('from = "recipient"\nto = "pool:common"', False),
        ('from = "recipient"', True),
        ('from = "pool:common"', True),
    ],
)
def test_a_fee_that_rounds_up_gains_nobody_anything(ends, gains):
    up = '[{ of = "time" }, { round = "up", to = 1 }]'

    found = noted(*points(up, ends))

    assert ("rules.points.amount" in found) == gains


def test_a_running_rule_gains_nothing_by_splitting():
    running = points(
        '[{ of = "total" }, { round = "up", to = 1 }]', 'running = "total"'
    )

    assert noted(*running) == {}


MEANT = {
    # what coins, points and minutes buy is not said
    "changning": {"units.coins": "never spent"},
    "ruian": {"units.coins": "never spent"},
    "wuhan-dongting": {"units.minutes": "never spent"},
    # rounded up, and so much for each service, whatever its length
    "northern-california": {"rules.exchange.amount": "splitting gains"},
    "west-lake": {"rules.help.amount": "splitting gains"},
    "xuefu": {"rules.service_value.amount": "splitting gains"},
}
"""What is noted of the programmes that ship, and is meant."""


@pytest.mark.parametrize("name", timebank.programmes())
def test_what_a_programme_that_ships_is_noted_for_is_what_it_means(name):
    found = notes(load_policy(timebank.programme(name)))

    assert found.keys() == MEANT.get(name, {}).keys()
    assert all(text in found[at] for at, text in MEANT.get(name, {}).items())


@pytest.mark.parametrize(
    "where",
    [
        '{ class = "care" }',
        '{ class = { is_not = "deed" }, on = "service" }',
        '{ class = { is_not = "deed" }, rule = ["points"] }',
        '{ other = { is_not = "group" } }',
    ],
)
def test_a_filter_that_passes_only_what_says_something_is_not_noted(where):
    text = f'had = {{ sum = "points", where = {where} }}'

    assert not [
        p for p in noted(('had = { balance = "points" }', text)) if "where" in p
    ]


@pytest.mark.parametrize("bands", ["[[1, 9], [5, 5], [7, 1]]", "[[1, 1], [5, 5]]"])
def test_a_scale_that_only_rises_or_only_falls_is_not_noted(bands):
    amount = f'[{{ of = "provider.age" }}, {{ bands = {bands} }}]'

    assert "rules.points.amount" not in noted(*points(amount))


ORDERS = "price = 20\nlimits.year = {{ {}, at_most = 1 }}{}"


@pytest.mark.parametrize(
    ("limit", "asked", "noted_at"),
    [
        ("count = true", "", ["items.rice.limits.year.count"]),
        ("count = true", "\nrequires = { quantity = 1 }", []),
        ("pieces = true", "", []),
    ],
)
def test_a_limit_that_counts_orders_of_many_pieces_is_noted(limit, asked, noted_at):
    assert list(noted(("price = 20", ORDERS.format(limit, asked)))) == noted_at


def test_a_rule_on_redeem_that_counts_orders_is_noted_too():
    asked = 'requires = { star = { min = "one" } }'
    limit = "limits.year = { count = true, at_most = 2 }"

    assert list(noted((asked, limit))) == ["rules.redeem.limits.year.count"]


@pytest.mark.parametrize(
    ("excess", "noted_at"),
    [("", []), (', excess = "drop"', ["rules.redeem.limits.year.excess"])],
)
def test_a_limit_that_gives_goods_away_is_noted(excess, noted_at):
    limit = f"limits.year = {{ at_most = 20{excess} }}"
    asked = 'requires = { star = { min = "one" } }'

    found = noted((asked, f"{asked}\n{limit}"))

    assert [place for place in found if "limits" in place] == noted_at
