"""In a period a rule acts once for each account it concerns, at its end or its start."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

import timebank
from timebank.errors import PolicyInvalid, Refused
from timebank.model import Reason
from timebank.operations import EndPeriod, RecordService

from .books import HEAD, START, books, ids, journal

INAGI = (
    HEAD
    + """
[units]
stamps = { record = true }
points = {}
[accounts.member]
[classes.care]
[measures.year_stamps]
sum = "stamps"
window = "year"
[rules.stamps]
on = "service"
unit = "stamps"
amount = [{ of = "time" }, { round = "down", to = 1 }]
[rules.points]
on = "period"
every = "year"
unit = "points"
amount = [
    { of = "year_stamps" },
    { bands = [[10, 1000], [20, 2000], [30, 3000], [40, 4000], [50, 5000]] },
]
"""
)
LEVY = (
    HEAD
    + """
units.hours = { scale = 60 }
[accounts.member]
hours = { floor = -25 }
[accounts.group]
hours = { floor = -25 }
[accounts.pool]
names = ["association"]
[rules.levy]
on = "period"
every = "year"
after = "2 months"
unit = "hours"
from = "member"
to = "pool:association"
when = { kind = "member" }
amount = [{ of = "share" }, { times = 6 }]
"""
)
DEMURRAGE = (
    HEAD
    + """
units.points = {}
classes.help = { counts = "number" }
accounts.member = {}
accounts.pool = { names = ["sink"] }
measures.had = { sum = "points", window = "to date" }
rules.points = { on = "contribution", unit = "points" }
rules.gift = { on = "gift", unit = "points" }
[rules.decay]
on = "period"
every = "month"
unit = "points"
from = "member"
to = "pool:sink"
amount = [{ of = "had" }, { times = "1/50" }, { round = "down", to = 1 }]
"""
)


def reasons(ask):
    with pytest.raises(Refused) as caught:
        ask()
    return [(f.code, f.reason, f.wanted) for f in caught.value.findings]


# ------------------------------------------------------------------ a year's stamps


@pytest.mark.parametrize(
    ("stamps", "points"),
    [(9, 0), (10, 1000), (19, 1000), (49, 4000), (50, 5000), (73, 5000)],
)
def test_a_years_stamps_become_points_when_the_year_is_over(stamps, points):
    bank = books(INAGI, members=["ada"])
    for day in range(stamps):
        at = date.fromordinal(date(2024, 3, 1).toordinal() + day)
        bank.clock.day = at
        bank.record_service("ada", "care", 60, on=at)

    bank.clock.day = date(2024, 12, 31)
    early = bank.tick()
    bank.clock.day = date(2025, 1, 1)
    report = bank.tick()

    assert (early.done, early.refused) == ((), ())
    assert ids(report) == ["due/2024-12-31/period/points/ada"]
    assert report.done[0].entry.effective_on == date(2024, 12, 31)
    assert bank.balance("ada", "points").free == points


def test_a_period_at_which_nothing_moves_is_looked_at_once():
    bank = books(INAGI, members=["ada"])
    bank.clock.day = date(2027, 1, 1)
    report = bank.tick()

    assert [entry.entry.postings for entry in report.done] == [(), (), ()]
    assert bank.tick().done == ()


@pytest.fixture
def late():
    """Books in which ten hours of December are told in January, after the tick."""
    bank = books(INAGI, members=["ada"])
    bank.clock.day = date(2025, 1, 2)
    bank.tick()
    bank.record_service("ada", "care", 600, on=date(2024, 12, 30), id="late")
    return bank


def test_what_is_told_after_the_period_was_done_changes_nothing_that_is_done(late):
    late.tick()

    assert late.balance("ada", "points").free == 0


def test_a_periods_entry_is_corrected_with_what_is_known_since(late):
    late.correct(
        "due/2024-12-31/period/points/ada",
        EndPeriod(account="ada", rule="points"),
        on=date(2024, 12, 31),
    )

    assert late.balance("ada", "points").free == 1000
    assert late.tick().done == ()
    assert late.verify(decide_again=True).sound


@pytest.mark.parametrize(
    ("replacement", "on"),
    [
        (EndPeriod(account="ben", rule="points"), date(2024, 12, 31)),
        (EndPeriod(account="ada", rule="other"), date(2024, 12, 31)),
        (EndPeriod(account="ada", rule="points"), date(2023, 12, 31)),
        (
            RecordService(provider="ada", service_class="care", minutes=60),
            date(2024, 12, 31),
        ),
    ],
)
def test_it_is_corrected_to_the_same_period_of_the_same_account(late, replacement, on):
    late.adopt(
        INAGI + OTHER,
        on=date(2025, 1, 2),
        holds_from=date(2023, 1, 1),
    )
    late.open_account("ben", on=date(2023, 1, 1))
    late.tick(date(2024, 12, 30))

    with pytest.raises(Refused):
        late.correct("due/2024-12-31/period/points/ada", replacement, on=on)


OTHER = """
[rules.other]
on = "period"
every = "year"
unit = "points"
amount = 1
"""


def test_an_entry_undone_is_not_done_again():
    bank = books(INAGI, members=["ada"])
    bank.clock.day = date(2025, 1, 2)
    (done,) = ids(bank.tick())

    bank.reverse(done, on=date(2025, 1, 2))

    assert bank.tick().done == ()


# ------------------------------------------------------------------ a levy, pro rata


def after_a_year(*, opened, kind="member", text=LEVY):
    bank = books(text, members=())
    bank.clock.day = date(2025, 1, 1)
    bank.open_account("ada", kind=kind, on=opened)
    bank.tick()
    return bank.balance("ada", "hours").free / 60


@pytest.mark.parametrize(
    ("opened", "hours"),
    [
        (date(2023, 6, 1), 6),  # all the year
        (date(2023, 11, 1), 6),  # from the first of January
        (date(2023, 11, 2), 5.5),
        (date(2024, 3, 15), 3.5),  # from 15 May: seven full months
        (date(2024, 9, 30), 0.5),  # from 30 November
        (date(2024, 10, 31), 0),  # from 31 December: no month is full
        (date(2024, 11, 1), 0),
    ],
)
def test_a_levy_is_for_the_months_that_somebody_was_liable(opened, hours):
    assert after_a_year(opened=opened) == -hours


@pytest.mark.parametrize("opened", [date(2024, 3, 31), date(2024, 4, 1)])
def test_it_concerns_whoever_is_there_on_the_last_day(opened):
    bank = books(DEMURRAGE, members=())
    bank.clock.day = date(2024, 5, 1)
    bank.open_account("ada", on=opened)

    months = [o.entry.effective_on for o in bank.tick().done]

    assert months == [date(2024, 3, 31), date(2024, 4, 30)][opened.month - 3 :]


def test_it_concerns_the_kinds_that_the_rule_names():
    assert after_a_year(opened=date(2023, 6, 1), kind="group") == 0


def test_a_rule_that_names_no_kind_is_not_asked_for_the_policys_own_accounts():
    bank = books(LEVY.replace('when = { kind = "member" }\n', ""), members=("ada",))
    bank.open_account("choir", kind="group", on=date(2024, 3, 1))
    bank.clock.day = date(2025, 1, 1)

    assert ids(bank.tick()) == [
        "due/2024-12-31/period/levy/ada",
        "due/2024-12-31/period/levy/choir",
    ]


def test_a_rule_may_name_them_by_kind():
    text = LEVY.replace('{ kind = "member" }', '{ kind = "pool" }').replace(
        'to = "pool:association"', 'to = "issuer"'
    )
    bank = books(
        text.replace("hours = { floor = -25 }", "").replace(
            'names = ["association"]',
            'names = ["association"]\nhours = { floor = -25 }',
        )
    )
    bank.clock.day = date(2025, 1, 1)

    assert ids(bank.tick()) == ["due/2024-12-31/period/levy/pool:association"]


def test_a_rule_may_name_them_within_all():
    text = LEVY.replace('{ kind = "member" }', '{ all = [{ kind = "group" }] }')
    bank = books(text)
    bank.open_account("choir", on=START, kind="group")
    bank.clock.day = date(2025, 1, 1)

    assert ids(bank.tick()) == ["due/2024-12-31/period/levy/choir"]


def test_an_account_that_was_closed_owes_nothing_more():
    bank = books(LEVY)
    bank.clock.day = date(2025, 1, 3)
    bank.close_account("ada", cause="leaving", on=date(2025, 1, 2))

    report = bank.tick()

    assert ids(report) == ["due/2024-12-31/period/levy/ben"]
    assert report.refused == ()


@pytest.mark.parametrize(("short", "taken", "done"), [("refuse", 0, 0), ("take", 2, 1)])
def test_a_levy_refuses_or_takes_what_there_is(short, taken, done):
    bank = books(
        LEVY.replace("-25", "0")
        + f"""
short = "{short}"
[classes.help]
[rules.hours]
on = "service"
unit = "hours"
""",
        members=["ada"],
    )
    bank.record_service("ada", "help", 120, on=date(2024, 3, 1))
    bank.clock.day = date(2025, 1, 1)

    report = bank.tick()

    assert (len(report.done), len(report.refused)) == (done, 1 - done)
    assert bank.balance("pool:association", "hours").free == taken * 60
    assert bank.verify(decide_again=True).faults == ()


def test_what_the_rules_refuse_is_told_and_asked_again():
    bank = books(
        LEVY.replace("-25", "0")
        + """
[classes.help]
[rules.hours]
on = "service"
unit = "hours"
"""
    )
    bank.record_service("ben", "help", 600, on=date(2024, 3, 1))
    bank.clock.day = date(2025, 1, 1)

    report = bank.tick()
    bank.record_service("ada", "help", 600, on=date(2025, 1, 1))
    again = bank.tick()

    assert [(r.id, r.findings[0].reason) for r in report.refused] == [
        ("due/2024-12-31/period/levy/ada", Reason.FLOOR)
    ]
    assert ids(report) == ["due/2024-12-31/period/levy/ben"]
    assert ids(again) == ["due/2024-12-31/period/levy/ada"]


# ------------------------------------------------------------------ which periods


def test_periods_that_ended_before_the_policy_held_are_nobodys():
    bank = books(DEMURRAGE, members=["ada"])
    bank.open_account("old", on=date(2020, 1, 1))
    bank.clock.day = date(2024, 3, 1)

    days = {i.split("/")[1] for i in ids(bank.tick())}

    assert days == {"2024-01-31", "2024-02-29"}


def test_the_policy_of_the_last_day_decides():
    bank = books(DEMURRAGE, members=["ada"])
    bank.record_mark("ada", "help", 100, on=date(2024, 3, 1))
    bank.adopt(
        DEMURRAGE.replace("1/50", "1/10"),
        on=date(2024, 3, 1),
        holds_from=date(2024, 4, 15),
    )
    bank.clock.day = date(2024, 5, 1)

    bank.tick()

    assert bank.balance("ada", "points").free == 100 - 2 - 9


def test_a_rule_that_a_later_policy_drops_ends_with_it():
    bank = books(DEMURRAGE, members=["ada"])
    without = DEMURRAGE[: DEMURRAGE.index("[rules.decay]")]
    bank.adopt(without, on=date(2024, 3, 1), holds_from=date(2024, 4, 15))
    bank.clock.day = date(2024, 7, 1)

    assert ids(bank.tick()) == ["due/2024-03-31/period/decay/ada"]


def test_a_programme_year_ends_where_the_calendar_says():
    text = INAGI.replace('every = "year"', 'every = "programme year"') + (
        '\n[calendar]\nyear_starts = "04-01"\n'
    )
    bank = books(text, members=["ada"])
    bank.clock.day = date(2025, 4, 1)

    assert ids(bank.tick()) == [
        "due/2024-03-31/period/points/ada",
        "due/2025-03-31/period/points/ada",
    ]


IN_TURN = (
    HEAD
    + """
units.points = {}
accounts.member = {}
accounts.pool = { names = ["sink"] }
measures.had = { balance = "points" }
"""
)
BASE = """
[rules.base]
on = "period"
every = "year"
unit = "points"
amount = 10
"""
ALMS = """
[rules.alms]
on = "period"
every = "month"
unit = "points"
from = "member"
to = "pool:sink"
amount = "had"
"""


@pytest.mark.parametrize(("rules", "left"), [(BASE + ALMS, 0), (ALMS + BASE, 10)])
def test_rules_of_one_day_are_done_in_the_order_of_the_file(rules, left):
    bank = books(IN_TURN + rules, members=["ada"])
    bank.clock.day = date(2025, 1, 1)
    bank.tick()

    assert bank.balance("ada", "points").free == left


def test_a_rule_is_done_for_all_accounts_as_they_were_opened_before_the_next_rule():
    bank = books(IN_TURN + BASE + ALMS, members=["zoe", "ada"])
    bank.clock.day = date(2025, 1, 1)

    assert ids(bank.tick())[-4:] == [
        "due/2024-12-31/period/base/zoe",
        "due/2024-12-31/period/base/ada",
        "due/2024-12-31/period/alms/zoe",
        "due/2024-12-31/period/alms/ada",
    ]


# ------------------------------------------------------------------ at the start

ALLOWANCE = (
    HEAD
    + """
units.hours = { lots = { expires = { end_of = "month" } } }
accounts.member = { hours = { cap = 10 } }
items.visit = { price = 1 }
rules.redeem = { on = "redeem", unit = "hours" }
[rules.allowance]
on = "period"
every = "month"
at = "start"
unit = "hours"
amount = [{ of = "share" }, { times = 10 }, { round = "up", to = 1 }]
"""
)


def test_an_allowance_of_the_month_is_there_from_its_first_day_and_gone_with_it():
    bank = books(ALLOWANCE, members=["ada"])
    done = []
    for day in (date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1)):
        bank.clock.day = day
        done.append([id.partition("~")[0] for id in ids(bank.tick())])
        if day.day == 31:
            bank.redeem("ada", "visit", quantity=4, on=day)

    assert done == [
        ["due/2024-03-01/period/allowance/ada"],
        [],
        [
            "due/2024-04-01/lot/hours/due/2024-03-01/period/allowance/ada/ada",
            "due/2024-04-01/period/allowance/ada",
        ],
    ]
    assert bank.balance("ada", "hours").free == 10
    assert bank.verify(decide_again=True).sound


def test_starts_that_were_missed_are_caught_up_each_on_its_day():
    monthly, once = (books(ALLOWANCE, members=["ada"]) for _ in range(2))
    for month in range(3, 9):
        monthly.clock.day = date(2024, month, 1)
        monthly.tick()
    once.clock.day = date(2024, 8, 1)
    once.tick()

    assert journal(once) == journal(monthly)
    assert once.tick().done == ()


JOINED = ALLOWANCE.replace('"month"', '"year"').replace("times = 10", "times = 12")


@pytest.mark.parametrize(
    ("opened", "after", "day", "hours"),
    [
        (date(2024, 1, 1), "", "2024-01-01", 12),
        (date(2024, 1, 2), "", "2024-01-02", 11),
        (date(2024, 5, 10), "", "2024-05-10", 7),
        (date(2024, 5, 10), 'after = "2 months"', "2024-07-10", 5),
        (date(2023, 11, 1), 'after = "2 months"', "2024-01-01", 12),
        (date(2024, 12, 31), "", "2024-12-31", 0),
    ],
)
def test_who_comes_within_a_period_has_its_start_on_that_day(opened, after, day, hours):
    bank = books(JOINED.replace("cap = 10", "cap = 99") + after, members=())
    bank.clock.day = date(2024, 12, 31)
    bank.open_account("ada", on=opened)

    report = bank.tick()

    assert ids(report) == [f"due/{day}/period/allowance/ada"]
    assert report.refused == ()
    assert bank.balance("ada", "hours").free == hours
    assert bank.tick().done == ()
    assert bank.verify(decide_again=True).sound


def test_who_is_not_there_for_so_long_waits_for_the_day_on_which_they_are():
    bank = books(JOINED + 'after = "2 months"', members=["ada"])
    bank.clock.day = date(2024, 4, 30)
    early = bank.tick()
    bank.clock.day = date(2024, 5, 1)

    assert ids(early) == []
    assert ids(bank.tick()) == ["due/2024-05-01/period/allowance/ada"]


def test_a_period_that_began_before_the_rule_held_is_nobodys_but_who_comes_later():
    text = JOINED.replace("from = 2024-01-01", "from = 2024-04-15")
    bank = books(text, members=())
    bank.clock.day = date(2024, 6, 1)
    bank.open_account("old", on=date(2024, 4, 14))
    bank.open_account("new", on=date(2024, 4, 15))

    assert ids(bank.tick()) == ["due/2024-04-15/period/allowance/new"]


def test_whoever_comes_is_asked_for_by_the_policy_of_that_day():
    longer = 'after = "1 month"'
    bank = books(JOINED + longer, members=())
    bank.adopt(JOINED, on=date(2024, 3, 1), holds_from=date(2024, 6, 1))
    bank.clock.day = date(2024, 7, 1)
    bank.open_account("ada", on=date(2024, 4, 20))
    bank.open_account("ben", on=date(2024, 5, 20))
    bank.open_account("eve", on=date(2024, 6, 20))

    assert ids(bank.tick()) == [
        "due/2024-05-20/period/allowance/ada",
        "due/2024-06-20/period/allowance/eve",
    ]


@pytest.mark.parametrize(
    ("on", "today", "due"),
    [
        (date(2024, 5, 9), date(2024, 5, 9), "2024-05-10"),
        (date(2024, 5, 11), date(2024, 5, 11), "2025-01-01"),
    ],
)
def test_nobody_asks_for_a_start_on_another_day(on, today, due):
    bank = books(JOINED, members=())
    bank.open_account("ada", on=START)
    bank.open_account("ben", on=START)
    bank.clock.day = date(2024, 5, 10)
    bank.open_account("eve", on=date(2024, 5, 10))
    bank.clock.day = today

    found = reasons(
        lambda: bank.post(
            EndPeriod(account="eve", rule="allowance"),
            on=on,
            id="due/2024-05-10/period/allowance/eve",
        )
    )

    assert found == [("rules.allowance.every", Reason.NOT_DUE, due)]


@pytest.mark.parametrize(
    ("window", "every", "place"),
    [
        ("month", "month", ["rules.r.amount"]),
        ("month", "year", ["rules.r.amount"]),
        ("year", "year", ["rules.r.amount"]),
        ("year", "month", []),
        ("programme year", "year", []),
        ("programme year", "programme year", ["rules.r.amount"]),
        ("previous month", "month", []),
        ("to date", "month", []),
        ("week", "month", []),
    ],
)
def test_a_measure_that_holds_nothing_when_a_period_starts_is_a_mistake(
    window, every, place
):
    text = (
        HEAD
        + f"""
calendar.year_starts = "04-01"
units.points = {{}}
accounts.member = {{}}
measures.had = {{ sum = "points", window = "{window}" }}
rules.r = {{ on = "period", every = "{every}", at = "AT", unit = "points", amount = "had" }}
"""
    )

    assert mistakes(text.replace("AT", "start")) == place
    assert mistakes(text.replace('"AT"', '"start", after = "2 months"')) == []
    assert mistakes(text.replace("AT", "end")) == []


@pytest.mark.parametrize(
    ("rule", "expires", "places"),
    [
        ('every = "month"', 'end_of = "month"', ["rules.r.at"]),
        ('every = "year"', 'end_of = "month"', ["rules.r.at"]),
        ('every = "month"', 'end_of = "year"', []),
        ('every = "month"', 'end_of = "month", plus = "1 day"', []),
        ('every = "month"', 'after = "1 day"', ["rules.r.at"]),
        ('every = "month"', 'after = "2 days"', []),
        ('every = "month", at = "start"', 'end_of = "month"', []),
        ('every = "month", from = "member", to = "issuer"', 'end_of = "month"', []),
    ],
)
def test_credits_that_expire_on_the_day_they_are_made_are_a_mistake(
    rule, expires, places
):
    text = (
        HEAD
        + f"""
units.points = {{ lots = {{ expires = {{ {expires} }} }} }}
accounts.member = {{}}
rules.g = {{ on = "grant", unit = "points" }}
rules.r = {{ on = "period", {rule}, unit = "points", amount = 1 }}
"""
    )

    assert mistakes(text) == places


def mistakes(text):
    try:
        timebank.load_policy(text)
    except PolicyInvalid as error:
        return list(error.mistakes)
    return []


# ------------------------------------------------------------------ demurrage


def year_of_demurrage(*, monthly, busy=False):
    bank = books(DEMURRAGE)
    bank.record_mark("ada", "help", 1000, on=date(2024, 3, 1), id="ada")
    bank.record_mark("ben", "help", 777, on=date(2024, 3, 1), id="ben")
    for month in range(4, 15):
        first = bank.clock.day = date(2024 + month // 13, (month - 1) % 12 + 1, 1)
        if monthly:
            bank.tick()
        if busy:
            bank.record_mark("ada", "help", 100, on=first, id=f"ada/{month}")
            bank.give(
                "ada", "ben", unit="points", amount=40, on=first, id=f"gift/{month}"
            )
    bank.tick()
    return bank


@pytest.mark.parametrize("monthly", [True, False])
def test_what_decays_in_a_year_is_what_the_sink_received(monthly):
    bank = year_of_demurrage(monthly=monthly)

    left = [bank.balance(member, "points").free for member in ("ada", "ben")]
    expected = [1000, 777]
    for _ in range(11):
        expected = [had - had // 50 for had in expected]
    assert left == expected
    assert bank.balance("pool:sink", "points").free == 1777 - sum(left)


def test_runs_that_were_missed_are_caught_up_once():
    monthly, once = (year_of_demurrage(monthly=m, busy=True) for m in (True, False))

    assert sorted(journal(monthly), key=str) == sorted(journal(once), key=str)


# ------------------------------------------------------------------ by hand


@pytest.mark.parametrize(
    ("on", "id", "today", "finding"),
    [
        (
            date(2024, 12, 30),
            "due/2024-12-31/period/points/ada",
            date(2025, 1, 1),
            ("rules.points.every", Reason.NOT_DUE, "2024-12-31"),
        ),
        (
            date(2024, 12, 31),
            "due/2024-12-31/period/points/ada",
            date(2024, 12, 31),
            ("rules.points.every", Reason.NOT_DUE, "2025-01-01"),
        ),
        (
            date(2024, 12, 31),
            "twice",
            date(2025, 1, 1),
            ("id", Reason.ID_DUE, "due/2024-12-31/period/points/ada"),
        ),
    ],
)
def test_nobody_asks_for_a_period_early_or_under_another_id(on, id, today, finding):
    bank = books(INAGI, members=["ada"])
    bank.clock.day = today

    found = reasons(
        lambda: bank.post(EndPeriod(account="ada", rule="points"), on=on, id=id)
    )

    assert found == [finding]


def test_nobody_asks_before_somebody_is_liable_or_for_whom_it_does_not_concern():
    bank = books(LEVY, members=())
    bank.clock.day = date(2025, 1, 1)
    bank.open_account("new", on=date(2024, 11, 1))
    bank.open_account("choir", kind="group", on=date(2024, 1, 1))

    def ask(account, rule="levy"):
        return bank.post(
            EndPeriod(account=account, rule=rule),
            on=date(2024, 12, 31),
            id=f"due/2024-12-31/period/{rule}/{account}",
        )

    assert reasons(lambda: ask("new")) == [
        ("rules.levy.after", Reason.NOT_DUE, "2025-01-01")
    ]
    assert reasons(lambda: ask("choir"))[0][:2] == ("rules.levy.when", Reason.MAY_NOT)
    assert reasons(lambda: ask("new", "other")) == [
        ("rules", Reason.NOT_IN_POLICY, "levy")
    ]


# ------------------------------------------------------------------ other periods


BY_SHARE = (
    HEAD
    + """
units.hours = { scale = 420 }
accounts.member.hours = {}
[calendar]
week_starts = "mon"
terms = ["09-01", "02-15"]
counted_from = 2024-02-05
[rules.allowance]
on = "period"
every = "EVERY"
unit = "hours"
amount = [{ of = "share" }, { times = 7 }, { round = "down", to = "1/420" }]
"""
)


@pytest.mark.parametrize(
    ("every", "ends", "shares"),
    [
        # opened on 1 March 2024, a Friday
        ("week", ["2024-03-03", "2024-03-10"], ["3/7", 1]),
        ("2 weeks", ["2024-03-03", "2024-03-17"], ["3/14", 1]),
        ("10 days", ["2024-03-05", "2024-03-15"], ["1/2", 1]),
        ("1 month", ["2024-03-04", "2024-04-04"], [0, 1]),
        ("term", ["2024-08-31", "2025-02-14"], ["184/199", 1]),
        ("2 years", ["2026-02-04", "2028-02-04"], ["23/24", 1]),
        ("half-year", ["2024-06-30", "2024-12-31"], ["4/6", 1]),
    ],
)
def test_a_rule_acts_in_weeks_terms_and_so_many_years(every, ends, shares):
    bank = books(BY_SHARE.replace("EVERY", every), members=("ada",))
    last = date.fromisoformat(ends[1])
    bank.clock.day = last
    before = bank.tick(last)
    bank.clock.day = date.fromordinal(last.toordinal() + 1)
    report = bank.tick(bank.clock.day)

    made = [*before.done, *report.done]
    assert [str(each.entry.effective_on) for each in made] == ends
    parts = [sum(p.amount for p in e.entry.postings if p.amount > 0) for e in made]
    assert parts == [int(Fraction(share) * 7 * 420) for share in shares]


@pytest.mark.parametrize(
    ("every", "finest"),
    [("week", 7), ("2 weeks", 14), ("2 years", 24), ("term", 167 * 198 * 199)],
)
def test_a_share_is_as_fine_as_its_period_has_parts(every, finest):
    text = BY_SHARE.replace("EVERY", every).replace(
        'amount = [{ of = "share" }, { times = 7 }, { round = "down", to = "1/420" }]',
        'amount = "share"',
    )
    text = text.replace('amount = "share"', 'amount = [{ of = "share" }]')

    with pytest.raises(PolicyInvalid) as caught:
        timebank.load_policy(text.replace("scale = 420", "scale = 11"))

    found = str(caught.value.mistakes["rules.allowance.amount"])
    assert f"1/{finest}," in found


def test_what_comes_with_a_term_lasts_as_long():
    text = (
        HEAD
        + """
units.meals = { lots = { expires = { end_of = "term", plus = "1 week" } } }
accounts.member = {}
calendar.terms = ["09-01", "02-15"]
[rules.meals]
on = "period"
every = "term"
at = "start"
unit = "meals"
amount = 5
when = { share = 1 }
"""
    )
    bank = books(text, members=("ada",))
    had = []
    for day in (
        "2024-08-31",
        "2024-09-01",
        "2025-02-14",
        "2025-02-15",
        "2025-02-21",
        "2025-02-22",
    ):
        bank.clock.day = date.fromisoformat(day)
        bank.tick(bank.clock.day)
        had.append(bank.balance("ada", "meals").total)

    assert had == [0, 5, 5, 10, 10, 5]


# ------------------------------------------------------------------ the policy file


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ('on = "period"', "rules.r.every"),
        ('on = "period", every = "weeks"', "rules.r.every"),
        ('on = "period", every = "year", after = "a while"', "rules.r.after"),
        ('on = "open", every = "year"', "rules.r.every"),
        ('on = "open", after = "1 year"', "rules.r.after"),
        ('on = "open", at = "start"', "rules.r.at"),
        ('on = "open", at = "end"', "rules.r.at"),
        ('on = "period", every = "year", at = "noon"', "rules.r.at"),
    ],
)
def test_keys_of_time_that_mean_nothing_are_mistakes(keys, place):
    text = HEAD + "units.points = {}\naccounts.member = {}\n"

    with pytest.raises(PolicyInvalid) as caught:
        timebank.load_policy(
            text + f'rules.r = {{ unit = "points", amount = 1, {keys} }}'
        )

    assert list(caught.value.mistakes) == [place]


@pytest.mark.parametrize(
    ("age", "part", "places"),
    [
        ('"number"', "when = { age = { min = 60 } }", ["rules.r.when"]),
        ('"number"', "requires = { member.age = { min = 60 } }", ["rules.r.requires"]),
        ('"number"', 'amount = "age"', ["rules.r.amount"]),
        ('{ type = "number", default = 0 }', "when = { age = { min = 60 } }", []),
        ('{ type = "number", kept = true }', "when = { age = { min = 60 } }", []),
    ],
)
def test_facts_that_nobody_gives_at_a_periods_end_are_a_mistake(age, part, places):
    amount = "" if "amount" in part else ", amount = 1"
    text = HEAD + (
        f"units.points = {{}}\naccounts.member = {{}}\nfacts.age = {age}\n"
        f'rules.r = {{ on = "period", every = "year", unit = "points"{amount}, {part} }}'
    )

    try:
        timebank.load_policy(text)
        found = []
    except PolicyInvalid as invalid:
        found = list(invalid.mistakes)

    assert found == places


def test_a_share_may_be_too_fine_for_its_unit():
    with pytest.raises(PolicyInvalid, match="as fine as 1/12"):
        timebank.load_policy(
            LEVY.replace("scale = 60", "scale = 4").replace(" = 6 ", " = 1 ")
        )


def test_examples_end_periods():
    policy = timebank.load_policy(
        INAGI
        + """
[examples."with the year"]
opened = 2024-01-01
given = { stamps = 19 }
do = [{ on = "tick", day = 2025-01-01 }]
expect = { points = 1000 }

[examples."by name"]
opened = 2024-01-01
given = { stamps = 50 }
do = [{ on = "period", rule = "points", day = 2024-12-31 }]
expect = { points = 5000 }
"""
    )

    assert [each.failures for each in timebank.play_examples(policy)] == [(), ()]


# ---------------------------------------------------------------- districts

LEVIES = (
    HEAD
    + """
units = { coins = {} }
accounts = { member = { coins = { floor = -9 } } }
facts.home = { type = ["east", "west"], kept = true }
bodies = { east = "city", west = "city" }

[rules.levy]
on = "period"
every = "year"
unit = "coins"
from = "member"
to = "issuer"
amount = 2
when = { home = "east" }
"""
)


def test_a_district_has_a_levy_of_its_own_by_a_fact_that_its_accounts_keep():
    bank = books(LEVIES, members=())
    for member, home in (("ada", "east"), ("ben", "west")):
        bank.open_account(member, on=START, facts={"home": home})
    bank.clock.day = date(2025, 1, 1)

    bank.tick()

    assert [bank.balance(who, "coins").free for who in ("ada", "ben")] == [-2, 0]


CLOSES = (
    HEAD
    + """
units = { hours = { record = true }, points = {} }
accounts.member = {}
classes.care = {}
measures.month_hours = { sum = "hours", window = "month" }
rules.hours = { on = "service", unit = "hours" }
rules.bonus = { on = "period", every = "month", unit = "points", amount = "month_hours", closes = "10 days" }
procedures.seen = { on = "service", steps = [{ name = "see", by = "lead", within = "7 days", else = "accepted" }] }
"""
)


def closed(*days):
    """Return ada's bonus after ticks on *days*, of a service seen by silence in April."""
    bank = books(CLOSES)
    bank.clock.day = date(2024, 3, 31)
    bank.record_service("ada", "care", 180, on=date(2024, 3, 31), id="s")
    for day in days:
        bank.clock.day = day
        bank.tick()
    assert bank.verify(decide_again=True).faults == ()
    return bank.balance("ada", "points").free


def test_a_period_that_closes_later_counts_what_was_confirmed_meanwhile():
    april = [date(2024, 4, day) for day in range(1, 31)]

    assert closed(*april[:10]) == 0
    assert closed(*april[:11]) == 3
    assert closed(april[10]) == closed(date(2024, 4, 30)) == 3


def test_a_period_that_closes_later_is_asked_no_earlier():
    bank = books(CLOSES)
    bank.clock.day = date(2024, 4, 10)
    asked = EndPeriod(account="ada", rule="bonus")

    with pytest.raises(Refused) as caught:
        bank.post(asked, on=date(2024, 3, 31), id="due/2024-03-31/period/bonus/ada")

    assert caught.value.findings[0].wanted == "2024-04-11"
    bank.clock.day = date(2024, 4, 11)
    bank.post(asked, on=date(2024, 3, 31), id="due/2024-03-31/period/bonus/ada")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("10 days", "ten days", "rules.bonus.closes"),
        ('every = "month"', 'every = "month", at = "start"', "rules.bonus.closes"),
        ('on = "service", unit = "hours"', 'on = "service", unit = "hours", closes = "1 day"', "rules.hours.closes"),
    ],
)  # fmt: skip
def test_a_period_that_cannot_close_so_is_a_mistake(old, new, place):
    with pytest.raises(PolicyInvalid, match=place):
        timebank.load_policy(CLOSES.replace(old, new))


def test_what_closes_later_comes_after_what_fell_due_before_however_late():
    weekly = (
        'rules.week = { on = "period", every = "week", unit = "points", amount = 1 }\n'
    )
    daily, late = (books(CLOSES + weekly, members=("ada",)) for _ in range(2))

    for day in range(45):
        daily.clock.day = START + timedelta(days=day)
        daily.tick()
    late.clock.day = daily.clock.day
    done = ids(late.tick())

    assert journal(late) == journal(daily)
    bonus = done.index("due/2024-03-31/period/bonus/ada")
    assert done[bonus - 1] == "due/2024-04-07/period/week/ada"
