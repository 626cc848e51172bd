"""How much there is room for: caps by what a movement leaves, limits of one among several."""

import pytest

from timebank.model import Reason
from timebank.operations import RecordMark

from .books import HEAD, TODAY, books, codes, findings, free

TRADE = (
    HEAD
    + """
units = { lets = {}, hours = { record = true } }
accounts = { member.lets = { floor = -99, cap = [{ of = "came" }, { times = "1/2" }, { plus = 10 }], excess = "refuse" }, pool.names = ["chest"] }
classes.trade = { counts = "number" }
measures.came = { sum = "lets", side = "in" }
rules.trade = { on = "contribution", unit = "lets", from = "recipient" }
"""
)


def trade(excess, number):
    bank = books(TRADE.replace('"refuse"', excess), members=("ada", "ben"))
    bank.record_mark("ada", "trade", number, on=TODAY, recipient="ben")
    return free(bank, "ada", "lets"), free(bank, "pool:chest", "lets")


@pytest.mark.parametrize("excess", ['"refuse"', '"drop"', '{ to = "pool:chest" }'])
def test_a_cap_counts_what_the_movement_itself_adds_to_its_figures(excess):
    # of 20 that come there may be 20/2 + 10
    assert trade(excess, 20) == (20, 0)


@pytest.mark.parametrize(
    ("excess", "left"), [('"drop"', (20, 0)), ('{ to = "pool:chest" }', (20, 11))]
)
def test_of_what_is_too_much_as_much_comes_as_the_cap_then_leaves_room_for(
    excess, left
):
    assert trade(excess, 31) == left


def test_one_more_than_the_cap_leaves_room_for_is_refused():
    bank = books(TRADE, members=("ada", "ben"))

    (finding,) = findings(
        lambda: bank.record_mark("ada", "trade", 21, on=TODAY, recipient="ben")
    )

    assert (finding.code, finding.reason) == ("accounts.member.lets.cap", Reason.CAP)
    assert (finding.wanted, finding.found, finding.account) == (20, 21, "ada")


def test_a_cap_that_shrinks_with_what_comes_is_not_passed():
    shrinking = TRADE.replace(
        '[{ of = "came" }, { times = "1/2" }, { plus = 10 }]',
        '[{ of = 30 }, { less = "came" }]',
    ).replace('"refuse"', '"drop"')
    bank = books(shrinking, members=("ada", "ben"))

    bank.record_mark("ada", "trade", 20, on=TODAY, recipient="ben")

    assert free(bank, "ada", "lets") == 15


STAR = (
    HEAD
    + """
units = { hours = { record = true }, points = {} }
accounts = { member.points = { cap = { by = "star", one = 100, else = 5 } } }
classes.help = {}
measures.served = { sum = "hours" }
ladders.star.levels = [{ name = "one", needs = { served = { min = 10 } } }]
"""
)
POINTS = 'rules.points = { on = "service", unit = "points" }\n'
HOURS = 'rules.hours = { on = "service", unit = "hours" }\n'


@pytest.mark.parametrize("rules", [POINTS + HOURS, HOURS + POINTS])
def test_a_cap_that_refuses_is_asked_of_what_all_rules_leave(rules):
    bank = books(STAR + rules, members=("ada",))

    assert codes(lambda: bank.record_service("ada", "help", 9 * 60, on=TODAY)) == [
        "accounts.member.points.cap"
    ]
    bank.record_service("ada", "help", 10 * 60, on=TODAY)

    assert free(bank, "ada", "points") == 10


PAIRS = (
    HEAD
    + """
units.hours = {}
accounts = { member = {}, pool.names = ["kept"] }
classes.pair = {}
measures.day_hours = { sum = "hours", side = "in", window = "day" }
rules.grant = { on = "grant", unit = "hours" }

[rules.pair]
on = "service"
unit = "hours"
to = { provider = "1/2", sponsor = "1/2" }
"""
)


def pair(limits, hours, had=0, times=1):
    bank = books(PAIRS + limits, members=("ada", "ben"))
    if had:
        bank.grant("ada", unit="hours", amount=had, on=TODAY)
    for _ in range(times):
        bank.record_service("ada", "pair", 60 * hours, on=TODAY, sponsor="ben")
    assert bank.verify(decide_again=True).faults == ()
    return [free(bank, who, "hours") for who in ("ada", "ben", "pool:kept")]


@pytest.mark.parametrize(
    ("limits", "hours", "had", "left"),
    [
        # what the rule moved for the one whose limit it is
        ('limits.week = { at_most = 6, excess = "drop" }', 12, 0, [6, 6, 0]),
        ('limits.week = { at_most = 6, excess = "drop" }', 14, 0, [6, 7, 0]),
        ('limits.day_hours = { at_most = 6, excess = "drop" }', 2, 5, [6, 1, 0]),
        ('limits.day_hours = { at_most = 6, excess = "drop" }', 4, 5, [6, 2, 0]),
        ('limits."sponsor.day_hours" = { at_most = 6, excess = "drop" }', 14, 0, [7, 6, 0]),
        (
            'limits.week = { at_most = 4, excess = { to = "pool:kept" } }',
            *(10, 0, [4, 5, 1]),
        ),
    ],
)  # fmt: skip
def test_a_limit_on_one_of_several_leaves_the_others_what_is_theirs(
    limits, hours, had, left
):
    assert pair(limits, hours, had) == left


def test_a_second_movement_meets_what_the_first_one_left_of_the_limit():
    limits = 'limits.week = { at_most = 6, excess = "drop" }'

    assert pair(limits, 8, times=2) == [6, 8, 0]


def test_a_limit_on_who_pays_bounds_all_of_it_whoever_it_goes_to():
    paid = """
measures.paid = { sum = "hours", side = "out" }
"""
    text = (
        PAIRS.replace("measures.day", paid + "measures.day").replace(
            "accounts = { member = {},", "accounts = { member.hours.floor = -99,"
        )
        + 'from = "recipient"\nlimits."recipient.paid" = { at_most = 5, excess = "drop" }\n'
    )
    bank = books(text, members=("ada", "ben", "cai"))

    bank.record_service("ada", "pair", 600, on=TODAY, sponsor="ben", recipient="cai")

    assert [free(bank, who, "hours") for who in ("ada", "ben", "cai")] == [3, 2, -5]


def test_one_of_several_who_has_no_room_refuses_all_where_the_limit_does():
    limits = "limits.week = { at_most = 6 }"
    bank = books(PAIRS + limits, members=("ada", "ben"))

    (finding,) = findings(
        lambda: bank.record_service("ada", "pair", 14 * 60, on=TODAY, sponsor="ben")
    )

    assert (finding.code, finding.found, finding.wanted) == (
        *("rules.pair.limits.week", 7, 6),
    )
    bank.record_service("ada", "pair", 12 * 60, on=TODAY, sponsor="ben")


# ---------------------------------------------------------------- audited


@pytest.mark.parametrize("number", [20, 3])
def test_an_audit_counts_what_a_movement_was_about_as_the_decision_did(number):
    filtered = TRADE.replace(
        'side = "in"', 'side = "in", where = { on = "contribution" }'
    )
    bank = books(filtered, members=("ada", "ben"))
    entry = bank.record_mark("ada", "trade", number, on=TODAY, recipient="ben").entry
    again = bank.correct(
        entry.id,
        RecordMark(member="ada", mark="trade", number=18, recipient="ben"),
        on=TODAY,
    ).entry
    bank.reverse(again.id, on=TODAY)

    assert bank.verify(decide_again=True).faults == ()


GROWING = (
    HEAD
    + """
units = { lets = {}, hours = { scale = 60, record = true } }
accounts.member.lets = { cap = [{ of = "this_year" }, { times = 2 }], excess = "drop" }
classes.care = {}
measures.this_year = { sum = "hours", window = "year" }
rules.hours = { on = "service", unit = "hours" }
rules.lets = { on = "service", unit = "lets", amount = 2 }
"""
)


def test_a_cap_counts_what_a_rule_before_has_moved():
    bank = books(GROWING)

    bank.record_service("ada", "care", 60, on=TODAY)

    assert free(bank, "ada", "lets") == 2


WELCOME = (
    HEAD
    + """
units.lets = {}
accounts.member.lets = { cap = 3 }
rules.welcome = { on = "open", unit = "lets", amount = 5 }
"""
)


def test_an_account_that_is_opened_is_held_to_its_bounds_at_once():
    bank = books(WELCOME, members=())

    (finding,) = findings(lambda: bank.open_account("ada", on=TODAY))

    assert (finding.code, finding.reason) == ("accounts.member.lets.cap", Reason.CAP)
    assert (finding.wanted, finding.found, finding.account) == (3, 5, "ada")


def test_who_vouches_for_an_account_that_is_opened_is_somebody_else():
    bank = books(
        HEAD
        + """
units.lets = {}
accounts = { member = {}, group = {} }

[rules.thanks]
on = "open"
to = "sponsor"
unit = "lets"
amount = 5
when = { sponsor = { known = true }, "sponsor.kind" = "group" }
"""
    )
    bank.open_account("choir", kind="group", on=TODAY)

    bank.open_account("cai", on=TODAY, sponsor="choir")

    assert (free(bank, "choir", "lets"), free(bank, "cai", "lets")) == (5, 0)
