"""Movements: what holds whatever is asked, in whatever order."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from timebank.entries import Refusal
from timebank.errors import Refused
from timebank.operations import Part, PlaceOrder
from timebank.policy.splits import Split, parted, parted_on

from ..decide.books import HEAD, TODAY, books, codes, free

WEIGHTS = st.lists(st.integers(1, 20), min_size=1, max_size=5)


def split_of(weights):
    total = sum(weights)
    shares = [(str(n), Fraction(w, total)) for n, w in enumerate(weights)]
    return Split(tuple(shares))


# ---------------------------------------------------------------- splits


@given(st.integers(0, 10**15), WEIGHTS)
def test_a_split_loses_nothing_and_nobody_gets_a_part_more_than_their_share(parts, of):
    gets = parted(parts, of)

    assert sum(gets) == parts
    assert all(
        abs(got - Fraction(parts * w, sum(of))) < 1
        for got, w in zip(gets, of, strict=True)
    )


@given(WEIGHTS, st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_what_comes_bit_by_bit_is_divided_as_if_at_once(weights, bits):
    split, given_so_far = split_of(weights), [0] * len(weights)

    for bit in bits:
        gets = parted_on(given_so_far, bit, split)
        assert min(gets) >= 0
        assert sum(gets) == bit
        given_so_far = [a + b for a, b in zip(given_so_far, gets, strict=True)]

    at_once = split.parted(sum(bits))
    assert all(abs(a - b) <= 1 for a, b in zip(given_so_far, at_once, strict=True))


@given(st.integers(1, 20), st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_between_two_it_is_exactly_the_same(weight, bits):
    split, given_so_far = split_of([weight, 7]), [0, 0]

    for bit in bits:
        gets = parted_on(given_so_far, bit, split)
        given_so_far = [a + b for a, b in zip(given_so_far, gets, strict=True)]

    assert given_so_far == split.parted(sum(bits))


# ---------------------------------------------------------------- running formulas

FORMULAS = (
    '[{ of = "total" }, { less = 10 }, { round = "down", to = 1 }]',
    '[{ of = "total" }, { round = "up", to = 1 }]',
    '[{ of = "total" }, { round = "nearest", to = 1 }, { times = 3 }]',
    '[{ of = "total" }, { bands = [[2, 10], [4, 30], [20, 7]] }]',
    '[{ of = "total" }, { every = "1.5", gives = 4 }, { at_most = 20 }]',
)
RUNNING = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {} }
accounts = { member = {} }
classes = { care = {} }
measures = { total = { sum = "hours", window = "year" } }
rules.hours = { on = "service", unit = "hours" }
rules.points = { on = "service", unit = "points", running = "total", amount = AMOUNT }
"""
)
DAYS = st.integers(0, 500).map(lambda n: date(2024, 6, 3) - timedelta(days=n))
SERVICES = st.lists(st.tuples(st.integers(1, 600), DAYS), min_size=1, max_size=6)


def paid(formula, services):
    bank = books(RUNNING.replace("AMOUNT", formula), members=("ada",))
    for minutes, day in services:
        bank.record_service("ada", "care", minutes, on=day)
    return free(bank, "ada", "points")


@given(st.sampled_from(FORMULAS), st.integers(2, 1200), st.data())
def test_splitting_a_service_gains_nothing_where_a_rule_runs(formula, minutes, data):
    cut = data.draw(st.integers(1, minutes - 1))

    whole = paid(formula, [(minutes, TODAY)])
    parts = paid(formula, [(cut, TODAY), (minutes - cut, TODAY)])

    rises = "20, 7" not in formula
    assert parts == whole if rises else parts <= max(whole, 30)


@given(st.sampled_from(FORMULAS[:3]), SERVICES, st.randoms())
def test_recording_in_another_order_or_late_gains_nothing_where_a_rule_runs(
    formula, services, random
):
    mixed = list(services)
    random.shuffle(mixed)

    assert paid(formula, mixed) == paid(formula, sorted(services, key=lambda s: s[1]))


# ---------------------------------------------------------------- all of it together

MIXED = (
    HEAD
    + """
facts = { key = { type = "yes-no", default = false } }
classes = { care = {}, team = {} }

[units]
hours = { scale = 60, record = true }
points = { scale = 4 }
honour = { scale = 4, record = true }
coins = { lots = { expires = { after = "1 year" } } }

[accounts]
group = {}
pool = { names = ["a", "b"] }

[accounts.member]
points = { floor = -5, cap = { by = "star", one = 30, else = 12 }, excess = { as = "honour" } }
coins = { cap = 9, excess = { to = { "pool:a" = "1/3", "pool:b" = "2/3" } } }

[measures]
total = { sum = "hours", window = "year" }
served = { sum = "hours" }

[ladders.star]
levels = [{ name = "one", needs = { served = { min = 8 } } }]

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = "1/4" }]
limits.day = { at_most = 6, excess = { to = "pool:a" } }

[rules.coins]
on = "service"
unit = "coins"
running = "total"
amount = [{ of = "total" }, { less = 2 }, { round = "down", to = 1 }]

[rules.gift]
on = "gift"
unit = "points"

[rules.pass]
on = "gift"
unit = "coins"

[rules.redeem]
on = "redeem"
unit = "points"
payers = 3
to = { "pool:b" = "1/2", issuer = "1/2" }
limits.month = { at_most = 10 }

[rules.allocate]
on = "allocate"
unit = "points"
from = "pool:a"
order = ["key"]

[items.rice]
price = "1.5"
limits.year = { count = true, at_most = 4 }
"""
)
WHO = ("ada", "ben", "cai")
WHOM = st.sampled_from(WHO)
LATELY = st.integers(0, 3).map(lambda n: TODAY - timedelta(days=n * 40))
ASKED = st.one_of(
    st.tuples(st.just("serve"), WHOM, st.integers(1, 600), LATELY),
    st.tuples(st.just("give"), WHOM, WHOM, st.integers(1, 60)),
    st.tuples(st.just("pass"), WHOM, WHOM, st.integers(1, 9)),
    st.tuples(st.just("order"), WHOM, st.integers(1, 4), st.sets(WHOM)),
    st.tuples(st.just("redeem"), WHOM, st.integers(1, 4), st.sets(WHOM)),
    st.tuples(st.just("share"), st.permutations(WHO), st.integers(1, 30)),
    st.tuples(st.just("fulfil"), st.integers(0, 30), st.integers(1, 2)),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("reverse"), st.integers(0, 30)),
)


def ask(bank, number, asked):
    """Ask for one thing; what it was, where it was done."""
    id = f"{number}"
    match asked:
        case "serve", who, minutes, day:
            bank.record_service(who, "care", minutes, on=day, id=id)
        case "give", payer, payee, amount:
            bank.give(payer, payee, unit="points", amount=amount, on=TODAY, id=id)
        case "pass", payer, payee, amount:
            bank.give(payer, payee, unit="coins", amount=amount, on=TODAY, id=id)
        case ("order" | "redeem") as how, payer, pieces, others:
            several = sorted({payer, *others})
            pooled = {who: 1 + n for n, who in enumerate(several)} if others else ()
            act = bank.order if how == "order" else bank.redeem
            act(payer, "rice", pieces, on=TODAY, id=id, payers=pooled)
        case "share", everybody, amount:
            parts = [
                Part(account=who, amount=amount, facts={"key": n == 1})
                for n, who in enumerate(everybody)
            ]
            bank.share_out("points", parts, on=TODAY, id=id)
        case "fulfil", target, pieces:
            bank.fulfil(f"{target}", pieces, on=TODAY, id=id)
        case "cancel", target:
            bank.cancel(f"{target}", on=TODAY, id=id)
        case "reverse", target:
            bank.reverse(f"{target}", on=TODAY, id=id)


def parts_in(bank, unit):
    """Return what every account has of *unit*, free and held, the issuer's too."""
    found = {}
    for account in bank.accounts():
        balance = bank.balance(account.id, unit)
        found[account.id] = (balance.free, balance.free + balance.held)
    return found


@given(st.lists(ASKED, min_size=3, max_size=14))
def test_whatever_is_asked_nothing_is_lost_and_nobody_ends_beyond_their_limits(story):
    bank = books(MIXED, members=WHO)

    for number, asked in enumerate(story):
        before = {unit: parts_in(bank, unit) for unit in ("points", "coins")}
        try:
            ask(bank, number, asked)
        except Refused:
            continue
        after = {unit: parts_in(bank, unit) for unit in ("points", "coins")}
        for unit in ("hours", "points", "honour", "coins"):
            assert sum(total for _, total in parts_in(bank, unit).values()) == 0
        for who in WHO:
            assert after["points"][who][0] >= -20
            assert after["coins"][who][0] >= 0
            hours = bank.balance(who, "hours").free
            cap = {"points": 120 if hours >= 480 else 48, "coins": 9}
            for unit in ("points", "coins"):
                rose = after[unit][who][1] > before[unit][who][1]
                if rose and asked[0] not in ("reverse", "cancel"):
                    assert after[unit][who][1] <= cap[unit]
        for pool in ("pool:a", "pool:b"):
            assert after["points"][pool][0] >= 0
            assert after["coins"][pool][0] >= 0

    assert bank.verify(decide_again=True).sound


# ---------------------------------------------------------------- passing credit on

GRASSROOTS = (
    HEAD
    + """
units = { credits = {} }
accounts = { member = {}, group = {} }
items = { goods = { price = 1 } }
classes = { profile = { counts = "number" } }

[measures]
held = { balance = "credits" }
from_groups = { sum = "credits", side = "in", where = { on = "gift", other = "group" } }
own = { formula = [{ of = "held" }, { less = "from_groups" }] }

[rules.welcome]
on = "open"
unit = "credits"
amount = 50

[rules.profile]
on = "contribution"
unit = "credits"
amount = 400
limits.lifetime = { count = true, at_most = 1 }

[rules.gift]
on = "gift"
unit = "credits"

[rules.redeem]
on = "redeem"
unit = "credits"
requires = { price = { max = [{ of = "own" }, { times = "1/2" }] } }
limits.month = { at_most = 30000 }
"""
)
GROUPS = ("one", "two", "three")
PASSED = st.tuples(
    st.sampled_from(GROUPS), st.sampled_from(GROUPS), st.integers(1, 450)
)


def redeemable(bank, group):
    """Return the most goods that *group* may redeem at once, by asking."""
    low, high = 0, 1000
    while low < high:
        half = (low + high + 1) // 2
        operation = PlaceOrder(payer=group, item="goods", quantity=half, delivered=True)
        refused = isinstance(bank.check(operation, on=TODAY), Refusal)
        low, high = (low, half - 1) if refused else (half, high)
    return low


def grassroots():
    bank = books(GRASSROOTS, members=())
    for group in GROUPS:
        bank.open_account(group, on=TODAY, kind="group")
        bank.record_mark(group, "profile", on=TODAY)
    return bank


@given(st.lists(PASSED, min_size=1, max_size=6))
def test_credit_passed_through_another_group_never_enlarges_what_may_be_redeemed(
    gifts,
):
    bank = grassroots()
    may = {group: redeemable(bank, group) for group in GROUPS}

    for payer, payee, amount in gifts:
        try:
            bank.give(payer, payee, unit="credits", amount=amount, on=TODAY)
        except Refused:
            continue
        now = {group: redeemable(bank, group) for group in GROUPS}
        assert all(now[group] <= may[group] for group in GROUPS)
        may = now


def test_a_group_that_is_given_another_groups_credit_redeems_no_more_than_before():
    bank = grassroots()
    assert redeemable(bank, "two") == 225

    bank.give("one", "two", unit="credits", amount=450, on=TODAY)

    assert (redeemable(bank, "one"), redeemable(bank, "two")) == (0, 225)


# ---------------------------------------------------------------- giving on

HOPS = (
    HEAD
    + """
units = { credits = {} }
accounts = { member = {} }
items = { meal = { price = 1 } }
classes = { help = {} }

[measures]
held = { balance = "credits" }
earned = { sum = "credits", side = "in", where = { on = "service" } }
given = { sum = "credits", side = "out", where = { on = "gift" } }
giveable = { formula = [{ of = "earned" }, { less = "given" }, { at_most = "held" }] }

[rules.credits]
on = "service"
unit = "credits"
amount = [{ of = "time" }, { round = "down", to = 1 }]

[rules.gift]
on = "gift"
unit = "credits"
requires = { giveable = { min = "asked" } }

[rules.redeem]
on = "redeem"
unit = "credits"
"""
)


def test_a_gift_that_was_received_may_be_spent_and_not_given_on():
    bank = books(HOPS, members=("ada", "ben", "cai"))
    bank.record_service("ada", "help", 600, on=TODAY)
    bank.give("ada", "ben", unit="credits", amount=10, on=TODAY)

    found = codes(lambda: bank.give("ben", "cai", unit="credits", amount=1, on=TODAY))

    assert found == ["rules.gift.requires.giveable"]
    assert codes(lambda: bank.redeem("ben", "meal", 10, on=TODAY)) == []


@given(
    st.lists(
        st.tuples(WHOM, WHOM, st.integers(1, 12)) | st.tuples(WHOM, st.integers(1, 5)),
        max_size=12,
    )
)
def test_nobody_gives_more_than_they_have_earned(story):
    bank = books(HOPS, members=WHO)
    earned, given_away = dict.fromkeys(WHO, 0), dict.fromkeys(WHO, 0)

    for step in story:
        try:
            if len(step) == 2:
                who, hours = step
                bank.record_service(who, "help", hours * 60, on=TODAY)
                earned[who] += hours
            else:
                payer, payee, amount = step
                bank.give(payer, payee, unit="credits", amount=amount, on=TODAY)
                given_away[payer] += amount
        except Refused:
            continue

    assert all(given_away[who] <= earned[who] for who in WHO)
