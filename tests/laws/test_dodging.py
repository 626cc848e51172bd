"""
Adversaries: people who look for what a rule forgot, tried by search.

Every dodge is a search through what people can do, for a story with a gain.  Under a
policy that claims to stop it none is found; under the same policy without the key that
stops it, one is.  A search that finds nothing there would not be looking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from itertools import count
from random import Random

import hypothesis
import pytest
from attrs import evolve, field, frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from timebank.errors import Refused
from timebank.operations import RecordService

from ..decide.books import HEAD, books

PEOPLE = ("a", "b", "c")
"""They know each other well, and share what they gain."""
FIRST = date(2024, 4, 27)
"""A Saturday near the end of a month."""


# ---------------------------------------------------------------- what people can do


@cache
def opened(policy):
    """Return books by *policy*, in which many stories are told: reading it takes longest."""
    return books(policy, members=(), day=FIRST)


NUMBERS = count()


@frozen
class Story:
    """What three people tried at a desk, and what of it stands: told apart from the bank."""

    policy: str
    number: int = field(factory=lambda: next(NUMBERS), init=False)
    stands: dict[str, tuple] = field(factory=dict, init=False)
    days: dict[str, date] = field(factory=dict, init=False)
    """
    The day on which the work behind an entry was done: that of its first recording.

    What a correction tells of a later day cannot have been done by then: it is other work,
    as if the old had been reversed and the new recorded.
    """

    @property
    def bank(self):
        return opened(self.policy)

    def tell(self, plan):
        self.bank.clock.day = FIRST
        for who in PEOPLE:
            self.bank.open_account(self.account(who), on=FIRST - timedelta(days=60))
        for number, asked in enumerate(plan):
            if asked[0] == "wait":
                self.bank.clock.day += timedelta(days=asked[1])
                continue
            with suppress(Refused):
                self._ask(f"{self.number}/{number}", asked)
        return self

    def account(self, who):
        """Return the account that somebody has in this story."""
        return who and f"{who}{self.number}"

    def _ask(self, id, asked):
        bank, today, account = self.bank, self.bank.clock.day, self.account
        match asked:
            case "serve", *_:
                operation, day = self._service(asked)
                bank.post(operation, on=day, id=id)
                self.days[id] = today
            case "give", payer, payee, amount:
                payer, payee = account(payer), account(payee)
                bank.give(payer, payee, unit="points", amount=amount, on=today, id=id)
            case "order", payer, pieces:
                bank.order(account(payer), "rice", pieces, on=today, id=id)
            case "redeem", payer, pieces:
                bank.redeem(account(payer), "rice", pieces, on=today, id=id)
            case "fulfil", index, pieces:
                asked = "fulfil", self._one("order", index), pieces
                bank.fulfil(asked[1], pieces, on=today, id=id)
            case "cancel", index:
                bank.cancel(self._one("order", index), on=today, id=id)
            case "reverse", index:
                target = self._one("", index)
                bank.reverse(target, on=today, id=id)
                del self.stands[target]
                return
            case "correct", index, replacement:
                target = self._one("serve", index)
                operation, day = self._service(replacement)
                bank.correct(target, operation, on=day, id=id)
                del self.stands[target]
                self.days[id], asked = max(self.days[target], day), replacement
        self.stands[id] = asked

    def _service(self, asked):
        _, who, minutes, back, recipient, event = (*asked, None, None)[:6]
        operation = RecordService(
            provider=self.account(who),
            service_class="care",
            minutes=minutes,
            recipient=self.account(recipient),
            event=event,
        )
        return operation, self.bank.clock.day - timedelta(days=back)

    def _one(self, kind, index):
        of_it = [id for id, asked in self.stands.items() if asked[0].startswith(kind)]
        return of_it[-1 - index % len(of_it)] if of_it else "nothing"

    # ------------------------------------------------------------ what came of it

    def done(self, *kinds):
        """Return what stands of those kinds."""
        return [asked for asked in self.stands.values() if asked[0] in kinds]

    def served(self):
        """Return the hours that stand."""
        return sum(asked[2] for asked in self.done("serve")) / 60

    def ever_served(self):
        """Return the hours that were told and accepted, undone since or not."""
        asked = (self.bank.entry(id).entry.operation for id in self.days)
        return sum(each.minutes for each in asked) / 60

    def goods(self):
        """Return how many pieces were handed over."""
        return sum(asked[2] for asked in self.done("redeem", "fulfil"))

    def has(self, who, unit="points"):
        balance = self.bank.balance(self.account(who), unit)
        return balance.free + balance.held

    def have(self, unit="points"):
        return sum(self.has(who, unit) for who in PEOPLE)

    def kept(self):
        """Return goods and credits; debts are left behind."""
        return self.goods() + sum(max(0, self.has(who)) for who in PEOPLE)

    def measured(self, name):
        """Return what a measure comes to, of all three together."""
        views = (self.bank.standing(self.account(who)) for who in PEOPLE)
        return sum(view.measures[name] for view in views)


WHO = st.sampled_from(PEOPLE)
HOURS = st.sampled_from([60, 120, 240])
BACK = st.sampled_from([0, 0, 1, 3, 5, 9])
INDEX = st.integers(0, 5)

SERVE = st.tuples(st.just("serve"), WHO, HOURS, st.just(0))
ONE_SERVES = st.tuples(st.just("serve"), st.just("a"), HOURS, st.just(0))
LONG = st.tuples(st.just("serve"), WHO, st.just(240), st.just(0))
SERVE_LATE = st.tuples(st.just("serve"), st.just("a"), HOURS, BACK)
MUTUAL = st.sampled_from([("serve", "a", 60, 0, "b"), ("serve", "b", 60, 0, "a")])
AT_EVENTS = st.tuples(
    *(st.just("serve"), st.sampled_from("ab"), HOURS, st.just(0)),
    *(st.none(), st.sampled_from(["fair", "feast"])),
)
GIVE = st.tuples(st.just("give"), WHO, WHO, st.sampled_from([1, 2, 4, 4]))
PASS = st.sampled_from(
    [("give", *pair, 4) for pair in ("ab", "bc", "ca", "ba", "cb", "ac")]
)
ORDER = st.tuples(st.just("order"), WHO, st.integers(1, 3))
REDEEM = st.tuples(st.just("redeem"), WHO, st.integers(1, 3))
FULFIL = st.tuples(st.just("fulfil"), INDEX, st.integers(1, 3))
CANCEL = st.tuples(st.just("cancel"), INDEX)
REVERSE = st.tuples(st.just("reverse"), INDEX)
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 3, 6]))


def correct(replacements):
    return st.tuples(st.just("correct"), INDEX, replacements)


def after_work(plan):
    """Return *plan* after twenty hours of service."""
    return [("serve", "a", 1200, 0), *plan]


def plans(*kinds, most=9):
    return st.lists(st.one_of(*kinds), min_size=1, max_size=most)


# ---------------------------------------------------------------- the dodges


@frozen
class Dodge:
    """
    A gain that a policy claims nobody makes.

    Args:
        policy: The policy, with a place where the key that stops it stands.
        stops: What stops it.
        lets: What stands there in a policy that lets it pass.
        plans: What is tried.
        gain: What a story gained: nothing where it is 0 or less.
    """

    policy: str
    stops: str
    lets: str
    plans: st.SearchStrategy
    gain: Callable[[Story], float]

    def tried(self, key, plan):
        return self.gain(Story(HEAD + self.policy.replace("KEY", key)).tell(plan))


UNITS = """
units.hours = { scale = 60, record = true }
units.honour = { record = true }
"""
BASE = (
    UNITS
    + """
units.points = {}
classes = { care = {} }
rules.hours = { on = "service", unit = "hours" }
"""
)
EARNED = 'rules.points = { on = "service", unit = "points" }\n'
GIVEN = 'rules.gift = { on = "gift", unit = "points" }\n'
REDEEMED = 'rules.redeem = { on = "redeem", unit = "points" }\n'
ITEM = "items.rice = { price = 1 }\n"
OWN = """
[measures]
held = { balance = "points" }
received = { sum = "points", side = "in", where = { on = "gift" } }
own = { formula = [{ of = "held" }, { less = "received" }] }
"""


def richest_week(story):
    by_day = Counter()
    for line in story.bank.statement(story.account("a"), "points"):
        by_day[line.effective_on] += line.amount
    return max(
        (
            sum(n for day, n in by_day.items() if 0 <= (last - day).days < 7)
            for last in by_day
        ),
        default=0,
    )


def honest_by_month(story):
    """Return what would be paid if every hour were told for the day it was worked."""
    paid = Counter()
    for id, asked in story.stands.items():
        worked = story.days[id]
        paid[worked.month] += asked[2] // 60 * (2 if worked.month == 4 else 1)
    return sum(min(8, each) for each in paid.values())


def paid_at_once(story):
    """Return what one service of all the hours that stand would have been paid."""
    if not story.served():
        return 0
    whole = Story(story.policy).tell([("serve", "a", round(story.served() * 60), 0)])
    return whole.has("a")


SPLIT = st.lists(
    st.tuples(st.just("serve"), st.just("a"), st.integers(1, 150), BACK),
    min_size=2,
    max_size=6,
)
"""Without reversals: a running rule takes nothing back for a record that others built on."""
ROUNDED = Dodge(
    policy=BASE
    + """
accounts = { member = {} }
measures = { total = { sum = "hours" } }
rules.points = { on = "service", unit = "points", KEY }
""",
    stops='running = "total", amount = [{ of = "total" }, { round = "up", to = 1 }]',
    lets='amount = [{ of = "time" }, { round = "up", to = 1 }]',
    plans=SPLIT,
    gain=lambda story: story.has("a") - paid_at_once(story),
)

DODGES = {
    "a cap, escaped by handing on what it counts": Dodge(
        policy=BASE
        + GIVEN
        + ITEM
        + REDEEMED
        + """
accounts.member.points = { cap = 10 }
rules.points = { on = "service", unit = "points", KEY }
""",
        stops="limits.year.at_most = 10",
        lets='text = "points"',
        plans=plans(
            ONE_SERVES, ONE_SERVES, GIVE, REDEEM | REVERSE | correct(ONE_SERVES)
        ),
        gain=lambda story: story.have() + story.goods() - 10,
    ),
    "a share that may be redeemed, raised by handing credits round": Dodge(
        policy=BASE
        + EARNED
        + GIVEN
        + ITEM
        + """
accounts.member = {}
measures.earned = { sum = "points", side = "in" KEY }
[rules.redeem]
on = "redeem"
unit = "points"
limits.lifetime.at_most = [{ of = "earned" }, { times = "1/2" }, { round = "down", to = 1 }]
""",
        stops=', where = { on = "service" }',
        lets="",
        plans=plans(PASS, PASS, GIVE, REDEEM, REDEEM, ORDER | FULFIL | CANCEL).map(
            lambda plan: [("serve", "a", 240, 0), *plan]
        ),
        gain=lambda story: story.goods() - story.served() / 2,
    ),
    "a quota for each receiver, escaped through a second account": Dodge(
        policy=BASE
        + EARNED
        + OWN
        + """
[accounts.member]
[rules.gift]
on = "gift"
unit = "points"
limits.year = { at_most = 4, same = "payee" }
KEY
""",
        stops='requires = { asked = { max = "own" } }',
        lets="",
        plans=plans(PASS, PASS, GIVE, REVERSE).map(after_work),
        gain=lambda story: story.has("c") - 4,
    ),
    "hours rounded up one by one": ROUNDED,
    "a fixed amount for each record": evolve(
        ROUNDED,
        stops='running = "total", amount = [{ of = "total" }, { plus = 1 }, { round = "down", to = 1 }]',
        lets='amount = [{ of = "time" }, { plus = 1 }, { round = "down", to = 1 }]',
    ),
    "halves rounded up one by one": evolve(
        ROUNDED,
        stops='amount = [{ of = "time" }, { round = "down", to = 1 }]',
        lets='amount = [{ of = "time" }, { round = "nearest", to = 1 }]',
    ),
    "a levy on gifts, lost by giving bit by bit": Dodge(
        policy=BASE
        + EARNED
        + """
accounts = { member = {}, pool = { names = ["common"] } }
KEY
""",
        stops="""
rules.gift = { on = "gift", unit = "points" }
[rules.levy]
on = "gift"
unit = "points"
to = "pool:common"
amount = [{ of = "asked" }, { times = "1/4" }, { round = "up", to = 1 }]
""",
        lets="""
[rules.gift]
on = "gift"
unit = "points"
to = { payee = "3/4", "pool:common" = "1/4" }
""",
        plans=plans(GIVE, GIVE, REVERSE).map(after_work),
        # what is left of a's hours is less than what was given and three quarters more
        gain=lambda story: (
            story.have()
            - story.served()
            + sum(asked[3] for asked in story.done("give")) / 4
        ),
    ),
    "a level, and with it a credit limit, reached by serving each other": Dodge(
        policy=BASE
        + """
accounts.member.points.floor = { by = "star", one = -9, else = -1 }
measures.trust = KEY
ladders.star.levels = [{ name = "one", needs = { trust = { min = 2 } } }]
rules.points = { on = "service", unit = "points", from = "recipient" }
""",
        stops='{ sum = "points" }',
        lets='{ sum = "points", side = "in" }',
        plans=st.lists(MUTUAL | MUTUAL | MUTUAL | REVERSE, min_size=4, max_size=20),
        gain=lambda story: -1 - min(story.has(who) for who in PEOPLE),
    ),
    "honour for giving, gained by giving in a circle": Dodge(
        policy=BASE
        + EARNED
        + OWN
        + """
given = { sum = "points", side = "out", where = { on = "gift" } }
[accounts.member]
[rules.gift]
on = "gift"
unit = "points"
KEY
""",
        stops='requires = { asked = { max = "own" } }',
        lets="",
        plans=plans(LONG, PASS, PASS, GIVE, REVERSE),
        # what was given stays given when the service behind it is undone afterwards
        gain=lambda story: story.measured("given") - story.ever_served(),
    ),
    "hours told for a richer month": Dodge(
        policy=BASE
        + """
accounts.member = {}
[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { times = 2 }, { round = "down", to = 1 }]
limits.month = { at_most = 8, excess = "drop" }
when = { day = { within = ["04-01", "04-30"] } }
KEY
[rules.plain]
on = "service"
unit = "points"
limits.month = { at_most = 8, excess = "drop" }
when = { not = { day = { within = ["04-01", "04-30"] } } }
KEY
""",
        stops="requires = { days_late = { max = 0 } }",
        lets="",
        plans=plans(SERVE_LATE, WAIT, WAIT, REVERSE, correct(SERVE_LATE)),
        gain=lambda story: story.have() - honest_by_month(story),
    ),
    "a week's limit, passed by telling the days out of order": Dodge(
        policy=BASE
        + """
accounts.member = {}
measures.lately = { sum = "hours", window = "last 7 days" }
[rules.points]
on = "service"
unit = "points"
KEY
""",
        stops='limits."last 7 days".at_most = 4',
        lets='requires = { time = { max = [{ of = 4 }, { less = "lately" }] } }',
        plans=plans(SERVE_LATE, WAIT, REVERSE, correct(SERVE_LATE)),
        gain=lambda story: richest_week(story) - 4,
    ),
    "the same event told twice": Dodge(
        policy=BASE
        + """
accounts.member = {}
[rules.points]
on = "service"
unit = "points"
KEY
""",
        stops='limits.lifetime = { count = true, at_most = 1, same = "event" }',
        lets="limits.lifetime = { count = true, at_most = 2 }",
        plans=plans(AT_EVENTS, REVERSE, correct(AT_EVENTS)),
        gain=lambda story: (
            max(
                Counter((s[1], s[5]) for s in story.done("serve")).values(),
                default=0,
            )
            - 1
        ),
    ),
    "the same hours redeemed twice": Dodge(
        policy=BASE
        + EARNED
        + GIVEN
        + ITEM
        + """
accounts.member.points.floor = KEY
rules.redeem = { on = "redeem", unit = "points" }
""",
        stops="0",
        lets="-5",
        plans=plans(SERVE, ORDER, ORDER, REDEEM, FULFIL, CANCEL, GIVE, REVERSE),
        gain=lambda story: story.kept() - story.served(),
    ),
    "credits spent, and the service behind them reversed": Dodge(
        policy=BASE.replace("units.points = {}", "KEY")
        + EARNED
        + GIVEN
        + ITEM
        + REDEEMED,
        stops='units.points.lots.expires.after = "1 year"\naccounts.member = {}',
        lets="units.points = {}\naccounts.member.points.floor = -20",
        plans=plans(SERVE, GIVE, REDEEM, ORDER, FULFIL, REVERSE, correct(SERVE)),
        gain=lambda story: story.kept() - story.served(),
    ),
    "two orders, or two deliveries, for more than an item allows": Dodge(
        policy=BASE
        + ITEM.replace("price = 1", "price = 1, KEY")
        + EARNED
        + REDEEMED
        + """
accounts.member = {}
""",
        stops="limits = { year = { at_most = 3 } }",
        lets='text = "rice"',
        plans=st.lists(
            st.one_of(
                st.tuples(
                    st.sampled_from(["order", "redeem"]),
                    st.just("a"),
                    st.integers(1, 3),
                ),
                *(FULFIL, FULFIL, CANCEL, REVERSE),
            ),
            min_size=2,
            max_size=10,
        ).map(after_work),
        gain=lambda story: story.goods() - 3,
    ),
}


@pytest.mark.parametrize("name", DODGES)
@given(data=st.data())
def test_no_search_finds_a_gain_where_the_policy_stops_it(name, data):
    dodge = DODGES[name]

    gain = dodge.tried(dodge.stops, data.draw(dodge.plans))

    hypothesis.target(float(gain))
    assert gain <= 0


SEARCH = settings(
    max_examples=500,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", DODGES)
def test_the_search_finds_the_gain_where_nothing_stops_it(name):
    dodge = DODGES[name]

    hypothesis.find(
        dodge.plans,
        lambda plan: dodge.tried(dodge.lets, plan) > 0,
        settings=SEARCH,
        random=Random(4),  # noqa: S311 - no secret
    )


PLAIN = HEAD + BASE + EARNED + ITEM + REDEEMED + "accounts.member = {}"


@given(plans(ORDER, FULFIL, FULFIL, CANCEL, REVERSE).map(after_work))
def test_no_order_is_delivered_beyond_what_was_ordered(plan):
    story = Story(PLAIN).tell(plan)

    delivered = Counter()
    for _, order, pieces in story.done("fulfil"):
        delivered[order] += pieces
    assert all(story.stands[order][2] >= n for order, n in delivered.items())
    assert story.have() + sum(delivered.values()) == story.served()
