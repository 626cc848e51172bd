"""A small policy that is sound, and what is said of it once something is changed."""

from timebank.errors import PolicyInvalid
from timebank.policy.files import load_policy

SOUND = """
language = 1

[policy]
name = "Willow Lane"
source = "made up"
status = "pilot"
from = 2020-01-01

[units]
hours = { scale = 60, record = true }
points = {}
coins = { scale = 4, lots = { expires = { after = "2 years" } } }

[accounts.member]
points = { floor = 0, cap = 1500, excess = "drop" }

[accounts.group]
may = ["donate"]

[accounts.pool]
names = ["common"]
points = { floor = "none" }

[facts]
age = "number"
sex = ["f", "m"]
agreed = { type = "yes-no", default = false }
since = "date"
rate = { type = "number", kept = true }

[classes.care]
text = "关爱服务"
weight = 2
requires = { provider.age = { min = 18 } }

[classes.deed]
counts = "number"
weight = "0.5"

[measures]
total = { sum = "hours" }
had = { balance = "points" }
row = { streak = "hours", broken_by = ["points"] }

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
class = "care"
unit = "points"
amount = [{ of = "time" }, { times = { by = "provider.sex", f = 2, m = 1 } }, { round = "down", to = 1 }]
limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }

[rules.deed]
on = "contribution"
unit = "coins"
amount = [{ of = "number" }, { times = "class.weight" }]

[rules.redeem]
on = "redeem"
unit = "points"
requires = { star = { min = "one" } }

[rules.give_on]
on = "donate"
unit = "points"
to = "pool:common"

[items.rice]
price = 20
channel = "goods"

[ladders.star]
keep = "for ever"
levels = [
    { name = "one", needs = { total = { min = 100 } } },
    { name = "two", needs = { total = { min = 300 } } },
]

[ladders.group]
start = "C"
levels = [{ name = "C" }, { name = "B" }]
moves = [{ from = "C", to = ["B"], suspended = [["2024-01-01", ""]] }]

[flags.many]
when = { total = { min = 1000 } }
for = "the office"

[examples.one]
expect = {}
"""


def has_chinese(text):
    """Return whether *text* is said in Chinese too."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in getattr(text, "zh", ""))


def mistakes(text):
    """Return what is said of *text*, by place; nothing where it is sound."""
    found = {}
    try:
        load_policy(text)
    except PolicyInvalid as invalid:
        found = dict(invalid.mistakes)
    assert [text for text in found.values() if not has_chinese(text)] == []
    return found


def changed(*changes):
    """Return the sound policy with each pair of *changes* put in place."""
    text = SOUND
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text
