"""What contradicts itself in a policy, or can never happen, is found when it is checked."""

import pytest

from .files import SOUND, changed, mistakes

STARS = 'price = 20\nchannel = "goods"'
MONTH = 'limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }'
GROUP = 'moves = [{ from = "C", to = ["B"], suspended = [["2024-01-01", ""]] }]'
NEEDS = "needs = { total = { min = 300 } }"


def limited(limits, rule="points"):
    assert rule == "points"
    return (MONTH, f"limits = {limits}")


def asked(condition):
    """Return the change that lets redemptions require *condition*."""
    return ('requires = { star = { min = "one" } }', f"requires = {condition}")


def handing(order):
    """Return the change that adds a rule by which several are served in *order*."""
    fields = 'on = "allocate"\nunit = "points"\nfrom = "pool:common"'
    return ("[rules.deed]", f"[rules.hand]\n{fields}\norder = {order}\n[rules.deed]")


def paid(on="service", unit="coins", running="total", amount=None, more=""):
    """Return the change that adds a running rule."""
    amount = (
        amount or '[{ of = "total" }, { less = 10 }, { round = "down", to = "1/4" }]'
    )
    fields = f'on = "{on}"\nunit = "{unit}"\nrunning = "{running}"\namount = {amount}'
    return ("[rules.deed]", f"[rules.paid]\n{fields}\n{more}\n[rules.deed]")


CASES = [
    # names
    (("language = 1", "language = 2"), "language", "this timebank reads 1"),
    (('balance = "points"', 'balance = "poins"'), "measures.had.balance", "'points'?"),
    (
        ('broken_by = ["points"]', 'broken_by = ["poins"]'),
        "measures.row.broken_by",
        "'points'?",
    ),
    (
        ('on = "donate"\nunit = "points"', 'on = "donate"\nunit = "poins"'),
        "rules.give_on.unit",
        "'points'?",
    ),
    (('on = "donate"', 'on = "donation"'), "rules.give_on.on", "'donate'?"),
    (('on = "donate"', "on = []"), "rules.give_on.on", "at least one of"),
    (
        ('on = "donate"', 'on = ["donate", "donate"]'),
        "rules.give_on.on",
        "more than once",
    ),
    (('class = "care"', 'class = "caer"'), "rules.points.class", "'care'?"),
    (
        ('class = "care"', 'class = "deed"'),
        "rules.points.class",
        "say on = 'contribution'",
    ),
    (('to = "pool:common"', 'to = "pool:comon"'), "rules.give_on.to", "'pool:common'?"),
    (('to = "pool:common"\n', ""), "rules.give_on.to", "is missing"),
    (('to = "pool:common"', 'to = "payer"'), "rules.give_on.to", "nothing would move"),
    (('may = ["donate"]', 'may = ["donat"]'), "accounts.group.may", "'donate'?"),
    (('may = ["donate"]', "hourz = {}"), "accounts.group.hourz", "'hours'?"),
    (
        (
            "[accounts.group]",
            "[accounts.issuer]\nhours = { cap = 1 }\n[accounts.group]",
        ),
        "accounts.issuer",
        "no limits",
    ),
    (
        ('may = ["donate"]', 'names = ["x"]'),
        "accounts.group.names",
        "only pools and funds",
    ),
    (
        ('names = ["common"]', 'names = ["common", "common"]'),
        "accounts.pool.names",
        "more than once",
    ),
    (
        ('names = ["common"]', 'names = ["common", "x "]'),
        "accounts.pool.names",
        "blank",
    ),
    (('start = "C"', 'start = "D"'), "ladders.group.start", "no level 'D'"),
    (("[flags.many]", '[flags."m.any"]'), "flags.m.any", "no dot"),
    (("[flags.many]", '[flags." many"]'), "flags. many", "blank"),
    (("had = {", "lifetime = {"), "measures.lifetime", "name of a window"),
    (("had = {", "time = {"), "measures.time", "a word of the language"),
    (
        ('age = "number"', 'age = "number"\nkind = "number"'),
        "facts.kind",
        "a word of the language",
    ),
    (
        ('age = "number"', 'age = "number"\ntotal = "number"'),
        "facts.total",
        "a measure or ladder too",
    ),
    (("had = {", "star = {"), "measures.star", "a ladder too"),
    # facts, units, measures
    (('sex = ["f", "m"]', "sex = []"), "facts.sex", "at least one choice"),
    (('sex = ["f", "m"]', 'sex = ["f", "m", "f"]'), "facts.sex", "more than once"),
    (("default = false", 'default = "no"'), "facts.agreed.default", "is not a yes-no"),
    (
        ('age = "number"', 'age = { type = "number", default = "old" }'),
        "facts.age.default",
        "is not a number",
    ),
    (
        (
            'since = "date"',
            'since = { type = "date", default = 2020-01-01T00:00:00 }',
        ),
        "facts.since.default",
        "is not a date: 2020-01-01T00:00:00",
    ),
    (
        ('since = "date"', 'since = { type = "date", default = 3 }'),
        "facts.since.default",
        "is not a date",
    ),
    (("points = {}", "points = { scale = 0 }"), "units.points.scale", "1 to 1 000 000"),
    (
        (
            "hours = { scale = 60, record = true }",
            "hours = { scale = 60, record = true, lots = {} }",
        ),
        "units.hours.lots",
        "never spent",
    ),
    (('{ after = "2 years" }', "{}"), "units.coins.lots.expires", "either"),
    (
        ('{ after = "2 years" }', '{ after = "2 years", end_of = "year" }'),
        "units.coins.lots.expires",
        "either",
    ),
    (
        ('{ after = "2 years" }', '{ after = "soon" }'),
        "units.coins.lots.expires.after",
        "a time such as",
    ),
    (
        ('total = { sum = "hours" }', 'total = { sum = "hours", days = "hours" }'),
        "measures.total",
        "found 2",
    ),
    (
        (
            'total = { sum = "hours" }',
            'total = { sum = "hours", broken_by = ["points"] }',
        ),
        "measures.total.broken_by",
        "only a streak",
    ),
    ((', broken_by = ["points"]', ""), "measures.row.broken_by", "is missing"),
    (
        ('broken_by = ["points"]', 'broken_by = ["hours"]'),
        "measures.row.broken_by",
        "its own streak",
    ),
    (
        ('balance = "points"', 'balance = "points", window = "month"'),
        "measures.had.window",
        "no window",
    ),
    # bounds
    (
        ("floor = 0, cap = 1500", "floor = 1501, cap = 1500"),
        "accounts.member.points.floor",
        "above the cap",
    ),
    ((", cap = 1500", ""), "accounts.member.points.excess", "no cap to exceed"),
    (("cap = 1500", 'cap = "age"'), "accounts.member.points.cap", "of the account"),
    (
        ("cap = 1500", 'cap = { by = "payee.star", one = 1, else = "none" }'),
        "accounts.member.points.cap",
        "of the account",
    ),
    (
        ("cap = 1500", 'cap = { by = "star", on = 1, else = "none" }'),
        "accounts.member.points.cap",
        "'one'?",
    ),
    (
        ('excess = "drop" }\n\n', 'excess = { to = "pool:comon" } }\n\n'),
        "accounts.member.points.excess.to",
        "'pool:common'?",
    ),
    (
        ('may = ["donate"]', "coins = { floor = -1 }"),
        "accounts.group.coins.floor",
        "in lots",
    ),
    # words and accounts
    (asked('{ weekday = "monday" }'), "rules.redeem.requires.weekday", "no weekday"),
    (asked("{ body = { min = 3 } }"), "rules.redeem.requires.body", "is or is_not"),
    (asked('{ evidence = "photo" }'), "rules.redeem.requires.evidence", "no value"),
    (asked("{ cash = true }"), "rules.redeem.requires.cash", "is a number"),
    (
        asked('{ age = { known = "yes" } }'),
        "rules.redeem.requires.age.known",
        "true or",
    ),
    (asked('{ beneficiary = "age" }'), "rules.redeem.requires.beneficiary", "a role"),
    (asked('{ merchant = "payee" }'), "rules.redeem.requires.merchant", "no value"),
    (asked('{ payer = { above = "merchant" } }'), "rules.redeem.requires.payer", "is"),
    (
        asked('{ age = { min = "weekday" } }'),
        "rules.redeem.requires.age",
        "is not a number",
    ),
    (
        ('had = { balance = "points" }', 'payee = { balance = "points" }'),
        "measures.payee",
        "a word of the language",
    ),
    # splits
    (
        ('to = "pool:common"', 'to = { "pool:common" = "1/2" }'),
        "rules.give_on.to",
        "to 1",
    ),
    (
        ('to = "pool:common"', 'to = { "pool:common" = "3/2", "pool:comon" = "-1/2" }'),
        "rules.give_on.to",
        "more than nothing",
    ),
    (('to = "pool:common"', "to = {}"), "rules.give_on.to", "names nobody"),
    (
        ('to = "pool:common"', 'to = { "pool:common" = "1/2", payer = "1/2" }'),
        "rules.give_on.to",
        "nothing would move",
    ),
    (
        ('cap = 1500, excess = "drop"', 'cap = 1500, excess = { as = "ponits" }'),
        "accounts.member.points.excess.as",
        "'points'?",
    ),
    (
        ('cap = 1500, excess = "drop"', 'cap = 1500, excess = { as = "points" }'),
        "accounts.member.points.excess.as",
        "leave it out",
    ),
    (
        (
            "points = { floor = 0, cap",
            'coins = { cap = 1, excess = { as = "points" } }\npoints = { floor = 0, cap',
        ),
        "accounts.member.coins.excess.as",
        "1/4",
    ),
    (
        ('cap = 1500, excess = "drop"', "cap = 1500, excess = {}"),
        "accounts.member.points.excess",
        "as = UNIT",
    ),
    # limits of items
    (
        ("price = 20", "price = 20\nlimits.total = { at_most = 1 }"),
        "items.rice.limits.total",
        "is no window",
    ),
    (
        ("price = 20", 'price = 20\nlimits.year = { at_most = 1, excess = "drop" }'),
        "items.rice.limits.year.excess",
        "whole or not at all",
    ),
    (
        ("price = 20", 'price = 20\nlimits.year = { at_most = "star" }'),
        "items.rice.limits.year.at_most",
        "not a number",
    ),
    (
        ("price = 20", "price = 0\nlimits.year = { count = true, at_most = 1 }"),
        "items.rice.limits",
        "nothing is counted",
    ),
    # several at once
    (
        ('on = "donate"', 'payers = 2\non = "donate"'),
        "rules.give_on.payers",
        "an order",
    ),
    (
        ('on = "donate"', 'payers = 0\non = "donate"'),
        "rules.give_on.payers",
        "1 or more",
    ),
    (
        ('on = "redeem"', 'short = "take"\non = "redeem"'),
        "rules.redeem.short",
        "whole or not at all",
    ),
    (
        ('on = "donate"', 'order = ["age"]\non = "donate"'),
        "rules.give_on.order",
        "allocate",
    ),
    (handing(["sex"]), "rules.hand.order", "none is higher"),
    (handing(["purpose"]), "rules.hand.order", "none is higher"),
    (handing(["payee"]), "rules.hand.order", "none is higher"),
    (handing(["ages"]), "rules.hand.order", "'age'?"),
    (handing(["age", "age"]), "rules.hand.order", "more than once"),
    # running rules
    (paid(running="totl"), "rules.paid.running", "'total'?"),
    (paid(running="had", amount='"had"'), "rules.paid.running", "not a balance"),
    (paid(amount="3"), "rules.paid.running", "does not ask"),
    (paid(more='to = "organiser"'), "rules.paid.running", "cannot tell what it has"),
    (paid(unit="hours"), "rules.paid.running", "which the rule itself moves"),
    (paid(on="contribution"), "rules.paid.running", "no rule before it moves hours"),
    # records and cash
    (
        (
            '[rules.hours]\non = "service"',
            '[rules.hours]\non = "service"\nfrom = "provider"\nto = "recipient"',
        ),
        "rules.hours.from",
        "only from the issuer",
    ),
    (
        ('on = "redeem"', 'on = "redeem"\nfrom = "beneficiary"'),
        "rules.redeem.from",
        "comes from the payer",
    ),
    (
        ('channel = "goods"', 'channel = "cash"'),
        "items.rice.channel",
        "not paid out in cash",
    ),
    # values
    (asked("{ sta = { min = 1 } }"), "rules.redeem.requires.sta", "'star'?"),
    (asked("{ provider.age = 60 }"), "rules.redeem.requires.provider.age", "no value"),
    (asked('{ star = "onne" }'), "rules.redeem.requires.star", "'one'?"),
    (asked("{ star = 1 }"), "rules.redeem.requires.star", "no level '1'"),
    (asked('{ sex = "female" }'), "rules.redeem.requires.sex", "no choice 'female'"),
    (asked('{ sex = { min = "f" } }'), "rules.redeem.requires.sex", "tested with is"),
    (asked('{ agreed = "yes" }'), "rules.redeem.requires.agreed", "true or false"),
    (
        asked("{ agreed = { min = true } }"),
        "rules.redeem.requires.agreed",
        "with is or is_not",
    ),
    (asked("{ since = 2020 }"), "rules.redeem.requires.since", "is a date"),
    (asked("{ day = { min = 3 } }"), "rules.redeem.requires.day", "is a date"),
    (asked("{ age = true }"), "rules.redeem.requires.age", "is a number, found true"),
    (
        asked('{ age = { min = "star" } }'),
        "rules.redeem.requires.age",
        "is not a number",
    ),
    (asked('{ item = "rise" }'), "rules.redeem.requires.item", "'rice'?"),
    (
        asked('{ payer.kind = "membr" }'),
        "rules.redeem.requires.payer.kind",
        "'member'?",
    ),
    (asked('{ channel = "gods" }'), "rules.redeem.requires.channel", "'goods'?"),
    (
        asked('{ total = { within = ["04-01", "05-31"] } }'),
        "rules.redeem.requires.total",
        "only a day",
    ),
    (asked('{ any = [{ sta = "one" }] }'), "rules.redeem.requires.sta", "'star'?"),
    (
        ("total = { min = 1000 } }", "member.total = { min = 1000 } }"),
        "flags.many.when.member.total",
        "no value",
    ),
    (
        ("f = 2, m = 1", "f = 2, w = 1, else = 0"),
        "rules.points.amount",
        "no choice 'w'",
    ),
    (("f = 2, m = 1", "f = 2"), "rules.points.amount", "no figure for m, and no else"),
    (
        ("price = 20", 'price = { by = "agreed", true = 1, no = 2 }'),
        "items.rice.price",
        "no choice 'true'",
    ),
    (('weight = "0.5"\n', ""), "rules.deed.amount", "no figure 'weight' in class deed"),
    (
        ("price = 20", 'price = [{ of = "age" }, { bands = [[10, 1], [5, 2]] }]'),
        "items.rice.price",
        "bands rise",
    ),
    (
        ('class = "care"', 'class = "care"\nto = "organiser"'),
        "rules.points.limits.day",
        "moves nothing of the provider",
    ),
    (
        (
            'requires = { star = { min = "one" } }',
            'limits.month = { at_most = 9, excess = { to = "pool:common" } }',
        ),
        "rules.redeem.limits.month.excess",
        "nothing is diverted",
    ),
    (
        ("provider.age = { min = 18 }", "provider.age = { min = 'class.age' }"),
        "classes.care.requires",
        "no figure 'age' in class care",
    ),
    (
        ("provider.age = { min = 18 }", "'class.age' = { min = 18 }"),
        "classes.care.requires",
        "no figure 'age' in class care",
    ),
    # limits
    (limited("{ mnth = { at_most = 1 } }"), "rules.points.limits.mnth", "`month`"),
    (
        limited("{ month = { at_most = -1 } }"),
        "rules.points.limits.month.at_most",
        "below nothing",
    ),
    (
        limited("{ had = { at_most = 9, pieces = true } }"),
        "rules.points.limits.had.pieces",
        "over a window",
    ),
    (
        limited("{ month = { at_most = 9, pieces = true } }"),
        "rules.points.limits.month.pieces",
        "only what is redeemed has pieces",
    ),
    (
        (
            "price = 20",
            "price = 20\nlimits.year = { count = true, pieces = true, at_most = 1 }",
        ),
        "items.rice.limits.year.pieces",
        "leave out one of the two",
    ),
    (
        limited("{ had = { at_most = 9, count = true } }"),
        "rules.points.limits.had.count",
        "over a window",
    ),
    (
        limited("{ total = { at_most = 9 } }"),
        "rules.points.limits.total",
        "the rule moves points",
    ),
    (
        (
            ('to = "pool:common"'),
            'to = "pool:common"\nlimits = { had = { at_most = 9 } }',
        ),
        "rules.give_on.limits.had",
        "falls as credits leave",
    ),
    (
        limited("{ day = { at_most = 4 }, month = { at_most = 124 } }"),
        "rules.points.limits.month",
        "4 a day keep within it",
    ),
    (
        limited("{ day = { at_most = 4 }, week = { at_most = 28 } }"),
        "rules.points.limits.week",
        "can never bind",
    ),
    (
        limited("{ month = { at_most = 5 }, year = { at_most = 60 } }"),
        "rules.points.limits.year",
        "5 a month",
    ),
    (
        limited("{ day = { at_most = 5 }, lifetime = { at_most = 5 } }"),
        "rules.points.limits.day",
        "5 a lifetime are reached first",
    ),
    (
        limited("{ day = { at_most = 9 }, week = { at_most = 5 } }"),
        "rules.points.limits.day",
        "reached first",
    ),
    # amounts
    (
        ('to = "pool:common"', 'to = "pool:common"\namount = -1'),
        "rules.give_on.amount",
        "below nothing",
    ),
    ((', { round = "down", to = 1 }]', "]"), "rules.points.amount", "as fine as 1/60"),
    (('weight = "0.5"', 'weight = "0.3"'), "rules.deed.amount", "as fine as 1/10"),
    (("price = 20", 'price = "0.5"'), "items.rice.price", "as fine as 1/2"),
    (("price = 20", "price = -1"), "items.rice.price", "below nothing"),
    (
        ("price = 20", "price = 1501"),
        "items.rice.price",
        "no account can have 1501 points",
    ),
    # what can never hold
    (
        asked('{ age = { min = "rate" }, not = { age = { min = "rate" } } }'),
        "rules.redeem.requires.not",
        "can never hold",
    ),
    (
        asked('{ age = { min = "rate", below = "rate" } }'),
        "rules.redeem.requires.age",
        "can never hold",
    ),
    (
        asked("{ age = { min = 70, max = 60 } }"),
        "rules.redeem.requires.age",
        "can never hold",
    ),
    (
        asked("{ age = { above = 60, max = 60 } }"),
        "rules.redeem.requires.age",
        "can never hold",
    ),
    (
        asked('{ star = { min = "two", max = "one" } }'),
        "rules.redeem.requires.star",
        "can never hold",
    ),
    (
        asked('{ sex = { is = "f", is_not = "f" } }'),
        "rules.redeem.requires.sex",
        "can never hold",
    ),
    (
        asked("{ since = { min = 2024-01-02, max = 2024-01-01 } }"),
        "rules.redeem.requires.since",
        "can never hold",
    ),
    (
        ('class = "care"', 'class = "care"\nrequires = { age = { below = 18 } }'),
        "rules.points.requires.age",
        "together with classes.care.requires",
    ),
    (
        ("price = 20", 'price = 20\nrequires = { star = { below = "one" } }'),
        "rules.redeem.requires.star",
        "together with items.rice.requires",
    ),
    (
        (
            'on = "donate"',
            'on = "donate"\nwhen = { sex = "f" }\nrequires = { payer.sex = "m" }',
        ),
        "rules.give_on.requires.payer.sex",
        "together with rules.give_on.when",
    ),
    # what nobody can reach
    (
        (
            '[rules.deed]\non = "contribution"',
            '[rules.deed]\non = "contribution"\nclass = []',
        ),
        "classes.deed",
        "no rule on contribution",
    ),
    (('on = "redeem"', 'on = "gift"'), "items.rice", "nobody can redeem it"),
    # ladders
    (
        (GROUP, 'moves = [{ from = "C", to = ["C"] }]'),
        "ladders.group.moves.0.to",
        "leads nowhere",
    ),
    (
        (GROUP, 'moves = [{ from = "B", to = ["C"] }]'),
        "ladders.group.levels.B",
        "never reached",
    ),
    (
        (GROUP, 'moves = [{ from = "C", to = ["X"] }]'),
        "ladders.group.moves.0.to",
        "no level 'X'",
    ),
    (
        (GROUP, 'moves = [{ from = "X", to = ["B"] }]'),
        "ladders.group.moves.0.from",
        "no level 'X'",
    ),
    (
        (
            GROUP,
            'moves = [{ from = "C", to = ["B"], suspended = [["2024-01-02", "2024-01-01"]] }]',
        ),
        "ladders.group.moves.0.suspended",
        "ends before",
    ),
    (('start = "C"\n', ""), "ladders.group.start", "moves begin somewhere"),
    (
        ('levels = [{ name = "C" }, { name = "B" }]', "levels = []"),
        "ladders.group.levels",
        "at least one level",
    ),
    (
        ('{ name = "B" }]', '{ name = "B" }, { name = "B" }]'),
        "ladders.group.levels",
        "more than once",
    ),
    (
        (NEEDS, "needs = { total = { min = 99 } }"),
        "ladders.star.levels.two.needs.total",
        "asks less than 'one'",
    ),
    (
        (NEEDS, "needs = { total = { min = 100 } }"),
        "ladders.star.levels.two.needs",
        "asks the same as 'one'",
    ),
    ((f", {NEEDS}", ""), "ladders.star.levels.two.needs", "nobody is left at 'one'"),
    ((NEEDS, 'needs = { star = "one" }'), "ladders.star", "needs itself"),
    (
        (NEEDS, "needs = { any = [{ total = { min = 300 } }, { had = { min = 3 } }] }"),
        "ladders.star.levels.two.needs.had",
        "can fall again",
    ),
    (
        (NEEDS, "needs = { total = { min = 300, max = 900 } }"),
        "ladders.star.levels.two.needs.total",
        "can fall again",
    ),
    (
        (NEEDS, "needs = { total = { min = 300 }, not = { total = { min = 900 } } }"),
        "ladders.star.levels.two.needs.total",
        "can fall again",
    ),
    (
        (NEEDS, "needs = { had = { min = 3 } }"),
        "ladders.star.levels.two.needs.had",
        "can fall again",
    ),
    (
        ('keep = "for ever"', 'entry = "apply"'),
        "ladders.star.keep",
        "what is applied for is kept",
    ),
]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [pytest.param(*case, id=f"{case[1]}-{case[2]}") for case in CASES],
)
def test_a_policy_that_contradicts_itself_is_told_where(change, place, said):
    old, new = change
    found = mistakes(SOUND.replace(old, new, 1))

    assert old in SOUND
    assert said in found[place]


SOUND_TOO = [
    ("language = 1", "language = 1  # the first"),
    ("floor = 0, cap = 1500", "floor = 1480, cap = 1500"),
    ("cap = 1500", 'cap = "rate"'),
    (
        "floor = 0, cap = 1500",
        'floor = { by = "rate", 1 = -50, else = -200 }, cap = 1500',
    ),
    ('excess = "drop" }\n\n', 'excess = { to = "pool:common" } }\n\n'),
    ('channel = "goods"', 'channel = "service"'),
    ("price = 20", "price = 1500"),
    ("price = 20", 'price = { by = "agreed", yes = 1, no = 2 }'),
    ("price = 20", 'price = [{ of = "age" }, { bands = [[5, 1], [10, 2]] }]'),
    limited("{ day = { at_most = 4 }, month = { at_most = 123 } }"),
    limited("{ day = { at_most = 4 }, week = { at_most = 5 } }"),
    limited('{ day = { at_most = 9 }, week = { at_most = 5, excess = "drop" } }'),
    limited("{ week = { at_most = 9 }, month = { at_most = 9 } }"),
    limited("{ day = { count = true, at_most = 1 }, month = { at_most = 40 } }"),
    limited("{ had = { at_most = 9 } }"),
    limited('{ "last 30 days" = { at_most = 9 } }'),
    ('weight = "0.5"', 'weight = "0.25"'),
    ('round = "down", to = 1', 'round = "down", to = 2'),
    asked("{ age = { min = 60, max = 60 } }"),
    asked("{ age = { above = 59, below = 61 } }"),
    asked('{ star = { min = "one", max = "two" } }'),
    asked('{ sex = { is = ["f", "m"], is_not = "f" } }'),
    asked("{ since = { min = 2024-01-01, max = 2024-01-01 } }"),
    asked("{ day = { min = 2024-01-01 } }"),
    asked('{ day = { within = ["12-15", "01-15"] } }'),
    asked('{ payer.kind = ["member", "group"], item = "rice", channel = "goods" }'),
    asked('{ age = { min = { by = "sex", f = 50, m = 60 } } }'),
    ('class = "care"', 'class = "care"\nrequires = { age = { max = 18 } }'),
    (
        'on = "donate"',
        'on = "donate"\nwhen = { sex = "f" }\nrequires = { payer.sex = { is_not = "m" } }',
    ),
    (NEEDS, "needs = { total = { min = 101 } }"),
    (
        NEEDS,
        "needs = { any = [{ total = { above = 300 } }, { total = { min = 500 } }] }",
    ),
    (NEEDS, "needs = { total = { min = 300 }, not = { total = { below = 9 } } }"),
    (GROUP, 'moves = [{ from = "C", to = ["B"] }, { from = "B", to = ["C"] }]'),
    (
        GROUP,
        'moves = [{ from = "C", to = ["B"], suspended = [["2024-01-01", "2024-01-01"]] }]',
    ),
    ('keep = "for ever"', 'keep = "for ever"\nentry = "apply"'),
    ('keep = "for ever"', 'keep = "while met"'),
    ('{ after = "2 years" }', '{ end_of = "year", plus = "1 year" }'),
    ("default = false", "default = true"),
    ('status = "pilot"', 'status = "historic"'),
]


@pytest.mark.parametrize(("old", "new"), SOUND_TOO)
def test_a_policy_just_this_side_of_a_contradiction_is_sound(old, new):
    assert mistakes(changed((old, new))) == {}


def test_cash_is_history_or_abroad():
    cash = changed(('channel = "goods"', 'channel = "cash"'))

    assert "items.rice.channel" in mistakes(cash)
    assert mistakes(cash.replace('status = "pilot"', 'status = "historic"')) == {}
    assert mistakes(cash.replace('status = "pilot"', 'status = "foreign"')) == {}


def test_ladders_that_need_each_other_are_both_told():
    text = changed(
        (NEEDS, 'needs = { rank = "high" }'),
        (
            "[ladders.group]",
            '[ladders.rank]\nlevels = [{ name = "low" }, { name = "high", needs = { star = "two" } }]\n\n[ladders.group]',
        ),
    )

    assert {"ladders.star", "ladders.rank"} <= set(mistakes(text))


def test_a_rule_that_applies_to_one_item_is_not_held_against_another():
    text = changed(
        ("price = 20", 'price = 20\nrequires = { star = { below = "one" } }'),
        (
            'requires = { star = { min = "one" } }',
            'when = { item = "oil" }\nrequires = { star = { min = "one" } }',
        ),
        ("[ladders.star]", "[items.oil]\nprice = 3\n\n[ladders.star]"),
    )

    assert mistakes(text) == {}


def test_names_and_sense_are_told_together():
    found = mistakes(changed(("price = 20", "price = 1501"), ('"donate"]', '"donat"]')))

    assert set(found) == {"items.rice.price", "accounts.group.may"}


def test_a_fact_that_was_misread_is_not_called_unknown_where_it_is_asked():
    found = mistakes(changed(('age = "number"', 'age = "nummer"')))

    assert list(found) == ["facts.age"]


def test_a_measure_whose_kind_is_misspelt_is_told_and_ends_in_no_traceback():
    found = mistakes(changed(('{ sum = "hours" }', '{ summ = "hours" }')))

    assert "did you mean `sum`?" in found["measures.total.summ"]
    assert "has one of" in found["measures.total"]


def test_a_required_key_that_is_missing_is_told_and_nothing_false_with_it():
    found = mistakes(changed(('status = "pilot"', 'statsu = "pilot"')))

    assert set(found) == {"policy.status", "policy.statsu"}


@pytest.mark.parametrize(
    "cap",
    [
        '"total"',
        '[{ of = "total" }, { times = 2 }]',
        '{ by = "star", one = 100, two = "none", else = 50 }',
        '{ by = "kind", member = "rate", else = 5 }',
    ],
)
def test_a_cap_may_go_by_anything_that_is_known_of_the_account(cap):
    assert mistakes(changed(("cap = 1500", f"cap = {cap}"))) == {}


def test_applicants_may_be_served_by_a_number_a_level_or_a_day():
    assert mistakes(changed(handing(["agreed", "age", "star", "since", "had"]))) == {}


def test_a_running_rule_that_can_tell_what_it_has_paid_is_sound():
    assert mistakes(changed(paid())) == {}


def test_a_running_rule_does_not_run_over_a_window_that_rolls():
    rolling = (
        'total = { sum = "hours" }\n',
        'total = { sum = "hours", window = "last 9 days" }\n',
    )

    found = mistakes(changed(paid(), rolling))

    assert "what falls out of it" in found["rules.paid.running"]


def test_a_running_rule_does_not_run_over_a_part_of_the_window():
    same = (
        'total = { sum = "hours" }\n',
        'total = { sum = "hours", same = ["event"] }\n',
    )

    found = mistakes(changed(paid(), same))

    assert "not told apart by event" in found["rules.paid.running"]


HALVES = '{ round = "down", to = 1 }, { divide = 2 }'
BANDED = '[{ of = "provider.age" }, { bands = [[0, 4], [2, 6], [3, 8]] }]'


@pytest.mark.parametrize(
    ("steps", "fine"),
    [
        ("{ times = 60 }", None),  # a service is in whole minutes
        ("{ times = 20 }", "1/3,"),
        ('{ times = "1/2" }', "1/120,"),
        ('{ divide = "1/60" }', None),
        ('{ divide = "1/20" }', "1/3,"),
        ("{ divide = 2 }", "1/120,"),
        ("{ times = 0 }", None),
        ("{ divide = 0 }", None),
        ("{ times = 60 }, { divide = 4 }", "1/4,"),
        ("{ bands = [[0, 4], [2, 6], [3, 8]] }, { divide = 2 }", None),
        ("{ bands = [[0, 4], [2, 6], [3, 8]] }, { divide = 4 }", "1/2,"),
        (f"{HALVES}, {{ times = {BANDED} }}", None),
        (f"{HALVES}, {{ times = [{{ of = 3 }}, {{ plus = {BANDED} }}] }}", "1/2,"),
    ],
)
def test_how_fine_an_amount_is_follows_from_what_it_is_taken_times(steps, fine):
    amount = SOUND[SOUND.index("amount = ") :].partition("\n")[0]

    found = mistakes(changed((amount, f'amount = [{{ of = "time" }}, {steps}]')))

    assert fine in found["rules.points.amount"] if fine else found == {}
