"""A programme that has a bit of everything, and books in memory kept by it."""

from datetime import UTC, date, datetime, time

import timebank
from timebank.errors import Refused

TODAY = date(2024, 6, 3)
HEAD = """
language = 1
policy = { name = "Willow Lane", source = "made up", status = "pilot", from = 2020-01-01 }
"""
CARE = (
    HEAD
    + """
units = { hours = { scale = 60 } }
accounts.member = {}
classes.care = {}
rules.hours = { on = "service", unit = "hours" }
"""
)
"""The least by which a service is recorded, undone and put right."""
EVERYTHING = (
    HEAD
    + """
[units]
hours = { scale = 60, record = true }
points = {}
coins = { scale = 4 }
vouchers = { lots = { expires = { after = "1 year" } } }

[accounts.member]
points = { floor = 0, cap = 100 }
coins = { floor = -2 }

[accounts.group]
may = ["donate"]

[accounts.merchant]

[accounts.pool]
names = ["common"]
points = { floor = "none" }
coins = { floor = "none" }
vouchers = { floor = "none" }
hours = { floor = "none" }

[facts]
age = "number"
sex = ["f", "m"]
relation = ["self", "spouse", "child", "other"]
agreed = { type = "yes-no", default = false }
factor = "number"
branch = { type = ["north", "south"], kept = true }

[classes]
care = {}
exchange = {}
night = { requires = { provider.age = { max = 70, above = 17 } } }
old = { requires = { recipient.age = { below = 120, min = 60 } } }
summer = { requires = { day = { within = ["06-01", "08-31"] } } }
deed = { counts = "number" }
bonus = { counts = "number" }
welcome = { counts = "number" }
voucher = { counts = "number" }
absence = { counts = "number" }

[measures]
served = { sum = "hours" }
had = { balance = "points" }

[rules.hours]
on = "service"
class = ["care", "night", "old", "summer"]
unit = "hours"

[rules.points]
on = "service"
class = "care"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = 1 }]
limits = { day = { at_most = 4, excess = "drop" } }

[rules.exchange]
on = "service"
class = "exchange"
unit = "coins"
from = "recipient"

[rules.deed]
on = "contribution"
class = "deed"
unit = "points"
limits = { month = { at_most = 50, excess = { to = "pool:common" } } }

[rules.bonus]
on = "contribution"
class = "bonus"
unit = "points"
amount = [{ of = "number" }, { plus = "factor" }]

[rules.welcome]
on = "contribution"
class = "welcome"
unit = "points"
amount = 5
limits = { lifetime = { count = true, at_most = 1 } }

[rules.voucher]
on = "contribution"
class = "voucher"
unit = "vouchers"

[rules.absence]
on = "contribution"
class = "absence"
unit = "hours"
amount = 1

[rules.redeem]
on = "redeem"
unit = "points"
hold = "30 days"

[rules.gift]
on = "gift"
unit = "points"
requires = { payee.kind = { is_not = "group" }, relation = ["self", "spouse", "child"] }
limits = { week = { at_most = 5 } }

[rules.swap]
on = "gift"
unit = "vouchers"

[rules.hand_out]
on = "allocate"
unit = "vouchers"
from = "pool:common"

[rules.give_on]
on = "donate"
unit = "points"
to = "pool:common"

[rules.grant]
on = "grant"
unit = "points"

[rules.allocate]
on = "allocate"
unit = "points"
from = "pool:common"

[rules.yearly]
on = "period"
every = "year"
unit = "points"
amount = 1

[items]
rice = { price = 20 }
honour = { price = 10, requires = { star = { min = "one" } } }
either = { price = 1, requires = { any = [{ relation = "self" }, { agreed = true }] } }
vouched = { price = 1, requires = { beneficiary = { known = true } } }
never = { price = 1, requires = { not = { relation = "other", agreed = false } } }

[ladders.star]
levels = [{ name = "one", needs = { served = { min = 10 } } }]

[ladders.title]
entry = "apply"
keep = "for ever"
levels = [{ name = "helper" }, { name = "elder", needs = { served = { min = 20 } } }]

[ladders.card]
entry = "apply"
keep = "for ever"
levels = [
  { name = "red", needs = { served = { min = 10 } } },
  { name = "gold", needs = { served = { min = 20 } } },
]

[rankings.best]
value = "served"

[ladders.grade]
every = "month"
levels = [{ name = "steady", needs = { served = { min = 10 } } }]

[ladders.conduct]
start = "clear"
levels = [{ name = "barred" }, { name = "clear" }]
moves = [{ from = "clear", to = "barred", term = ["1 year", "3 years"] }]

[ladders.group]
start = "C"
levels = [{ name = "C" }, { name = "B" }, { name = "A" }]
moves = [
    { from = "C", to = ["B"] },
    { from = "B", to = ["A"], suspended = [["2024-01-01", "2024-12-31"]] },
]

[procedures.watched]
on = "contribution"
when = { body = { known = true } }
apart = ["submitter", "review"]
steps = [
  { name = "review", by = ["reviewer", "leader"], need = 2 },
  { name = "notice", for = "10 days", objection = "hearing" },
  { name = "hearing", by = "board" },
]

[procedures.handed]
on = "redeem"
when = { body = { known = true } }
steps = [{ name = "committee", by = "board" }]

[flags.many]
when = { served = { min = 50 } }
for = "the office"
text = "say thank you"
"""
)


class Clock:
    """A clock that stands at noon until it is set."""

    def __init__(self, day=TODAY):
        self.day = day

    def __call__(self):
        return datetime.combine(self.day, time(4), UTC)


def books(
    text=EVERYTHING, *, members=("ada", "ben"), day=TODAY, url="memory:", **settings
):
    """Open books by the policy *text* with *members*, whose clock stands on *day*."""
    clock = Clock(day)
    bank = timebank.create(url, ledger="willow", actor="desk", clock=clock, **settings)
    bank.adopt(text, on=day)
    for member in members:
        bank.open_account(member, on=date(2020, 1, 1))
    return bank


def free(bank, account, unit):
    return bank.balance(account, unit).free


def findings(ask):
    """Return what *ask* was refused for, or what was noted where it was not."""
    try:
        return ask().findings
    except Refused as refused:
        return refused.findings


def codes(ask):
    return [finding.code for finding in findings(ask)]
