"""Days as values: compared with a day, with another date, or with one so long away."""

from datetime import UTC, date, datetime, timedelta

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.model import Reason

from .books import HEAD, TODAY, books, findings

ASKING = (
    HEAD
    + """
units = { points = {}, thanks = {} }
accounts = { member = { points = { floor = "none" } } }
items = { meal = { price = 1 } }
facts.born = { type = "date", kept = true }
facts.until = { type = "date", kept = true }
facts.seen = { type = "date" }
measures.age = { tenure = "years", since = "born" }
rules.meal = { on = "redeem", unit = "points", requires = WANTED }
"""
)


def asked(wanted, *, recorded=None, **facts):
    """Return what of *wanted* a meal of today fails, for a member of 2020 with *facts*."""
    kept = {name: day for name, day in facts.items() if name != "seen"}
    told = {name: day for name, day in facts.items() if name == "seen"}
    bank = books(ASKING.replace("WANTED", wanted))
    if kept:
        bank.amend_account("ada", on=TODAY, facts=kept)
    bank.clock.day = recorded or TODAY
    found = findings(lambda: bank.redeem("ada", "meal", on=TODAY, facts=told))
    return [
        (f.code.removeprefix("rules.meal.requires."), f.reason, f.wanted, f.found)
        for f in found
    ]


@pytest.mark.parametrize("day", ["1964-06-03", '"1964-06-03"'])
def test_a_day_may_be_written_as_text(day):
    assert asked(f"{{ born = {{ max = {day} }} }}", born=date(1964, 6, 3)) == []
    assert asked(f"{{ born = {{ max = {day} }} }}", born=date(1964, 6, 4)) == [
        ("born", Reason.AT_MOST, "1964-06-03", "1964-06-04")
    ]


@pytest.mark.parametrize(
    "wanted", ['{ until = { min = "day" } }', '{ day = { max = "until" } }']
)
def test_two_dates_are_compared_by_name(wanted):
    assert asked(wanted, until=TODAY) == []
    ((_, reason, *_),) = asked(wanted, until=TODAY - timedelta(days=1))
    assert reason in (Reason.AT_LEAST, Reason.AT_MOST)


def test_a_date_that_is_not_known_is_asked_for():
    for wanted in (
        '{ day = { max = "until" } }',
        '{ day = { max = { ahead = "1 day", from = "until" } } }',
    ):
        assert asked(wanted) == [("day", Reason.FACT_NEEDED, "until", None)]


@pytest.mark.parametrize(
    ("wanted", "last"),
    [
        ('{ seen = { min = { ago = "3 years" } } }', date(2021, 6, 3)),
        ('{ seen = { min = { ago = "30 days" } } }', date(2024, 5, 4)),
        ('{ seen = { above = { ago = "2 weeks" } } }', date(2024, 5, 21)),
        ('{ seen = { min = { ahead = "1 month" } } }', date(2024, 7, 3)),
        (
            '{ seen = { min = { ahead = "1 year", from = "opened" } } }',
            date(2021, 1, 1),
        ),
        ('{ seen = { min = { ago = "1 year", from = "until" } } }', date(2024, 2, 29)),
    ],
)
def test_a_date_is_compared_with_one_so_long_away(wanted, last):
    known = {"until": date(2025, 2, 28)} if "until" in wanted else {}
    if "until" in wanted:
        last = date(2024, 2, 28)

    assert asked(wanted, seen=last, **known) == []
    ((code, *_),) = asked(wanted, seen=last - timedelta(days=1), **known)
    assert code == "seen"


def test_the_day_an_account_was_opened_is_a_value():
    assert asked("{ opened = { max = 2020-01-01 } }") == []
    assert asked("{ opened = { min = 2020-01-02 } }") == [
        ("opened", Reason.AT_LEAST, "2020-01-02", "2020-01-01")
    ]
    assert asked('{ payer.opened = { max = { ago = "4 years" } } }') == []


def test_the_day_of_recording_is_a_value():
    wanted = "{ recorded = { max = 2024-06-05 } }"

    assert asked(wanted, recorded=date(2024, 6, 5)) == []
    assert asked(wanted, recorded=date(2024, 6, 6)) == [
        ("recorded", Reason.AT_MOST, "2024-06-05", "2024-06-06")
    ]


def test_a_stretch_of_the_year_holds_any_date():
    wanted = '{ born = { within = ["06-01", "06-30"] } }'

    assert asked(wanted, born=date(1950, 6, 30)) == []
    ((_, reason, *_),) = asked(wanted, born=date(1950, 7, 1))
    assert reason is Reason.WITHIN


def test_an_age_counts_from_the_day_of_birth_that_is_kept():
    wanted = "{ age = { min = 60 } }"

    assert asked(wanted, born=date(1964, 6, 3)) == []
    assert asked(wanted, born=date(1964, 6, 4)) == [("age", Reason.AT_LEAST, 60, 59)]
    assert asked(wanted) == [("age", Reason.FACT_NEEDED, "born", None)]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ('{ born = { min = "points" } }', "rules.meal.requires.born", "is a date"),
        ('{ born = { min = "2024-02-31" } }', "rules.meal.requires.born", "is a date"),
        ('{ born = { min = "age" } }', "rules.meal.requires.born", "is a date"),
        (
            '{ born = { min = { ago = "ages" } } }',
            "rules.meal.requires.born",
            "a time such",
        ),
        (
            '{ born = { min = { ago = "1 day", from = "age" } } }',
            "rules.meal.requires.born",
            "is a date",
        ),
        (
            '{ born = { min = { ago = "1 day", form = "day" } } }',
            "rules.meal.requires.born.min",
            "a day away is",
        ),
        (
            '{ born = { min = "payee.born" } }',
            "rules.meal.requires.born",
            "no value 'payee.born'",
        ),
        (
            '{ age = { min = { ago = "1 day" } } }',
            "rules.meal.requires.age",
            "is a number",
        ),
        ('{ age = { min = "opened" } }', "rules.meal.requires.age", "not a number"),
        ('{ payer = { is = { ago = "1 day" } } }', "rules.meal.requires.payer", "is"),
        (
            '{ age = { min = 60 } }\nmeasures.x = { balance = "points", since = "born" }',
            "measures.x.since",
            "only a tenure",
        ),
        (
            '{ age = { min = 60 } }\nmeasures.x = { tenure = "days", since = "seen" }',
            "measures.x.since",
            "no date kept",
        ),
    ],
)
def test_what_is_no_date_is_told_in_both_languages(change, place, said):
    with pytest.raises(timebank.PolicyInvalid) as caught:
        timebank.load_policy(
            ASKING.replace(
                "WANTED }",
                change.replace("\n", " }\n", 1) if "\n" in change else change + " }",
            )
        )

    told = dict(caught.value.mistakes)
    assert said in told[place]
    assert told[place].in_("zh") != str(told[place])


HOLIDAYS = ASKING + "calendar = { holidays = [2024-06-03], workdays = [2024-06-08] }\n"


@pytest.mark.parametrize(
    ("day", "is_a"),
    [
        (date(2024, 6, 3), "holiday"),  # a Monday
        (date(2024, 6, 4), "workday"),
        (date(2024, 6, 8), "workday"),  # a Saturday that is worked
        (date(2024, 6, 9), "weekend"),
    ],
)
def test_what_a_day_is_by_the_calendar_is_a_value(day, is_a):
    bank = books(HOLIDAYS.replace("WANTED", '{ day_type = "workday" }'), day=day)

    found = findings(lambda: bank.redeem("ada", "meal", on=day))

    assert [(f.code, f.reason, f.found) for f in found] == (
        []
        if is_a == "workday"
        else [("rules.meal.requires.day_type", Reason.ONE_OF, is_a)]
    )


def test_a_year_whose_holidays_are_not_listed_is_not_guessed():
    bank = books(HOLIDAYS.replace("WANTED", '{ day_type = "workday" }'))
    bank.clock.day = date(2025, 6, 4)

    (found,) = findings(lambda: bank.redeem("ada", "meal", on=bank.clock.day))

    assert (found.reason, found.wanted) == (
        Reason.FACT_NEEDED,
        "calendar.holidays 2025",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ASKING.replace("WANTED", '{ day_type = "workday" }'), "lists no holidays"),
        (
            ASKING.replace(
                "WANTED", '{ age = { min = { by = "day_type", else = 1 } } }'
            ),
            "at least one choice",
        ),
        (
            ASKING.replace(
                "WANTED",
                '{ age = { min = { by = "day_type", weekend = 2, else = 1 } } }',
            ),
            "lists no holidays",
        ),
        (HOLIDAYS.replace("WANTED", "{ day_type = true }"), "no choice|type of day"),
        (HOLIDAYS.replace("WANTED", '{ day_type = "holidays" }'), "'holiday'"),
        (
            HOLIDAYS.replace("WANTED", '{ day_type = { min = "workday" } }'),
            "tested with is",
        ),
        (
            HOLIDAYS.replace("WANTED", '{ age = { min = "day_type" } }'),
            "not a number",
        ),
        (
            HOLIDAYS.replace(
                "WANTED", '{ age = { min = { by = "day_type", workday = 1 } } }'
            ),
            "no figure for weekend, holiday",
        ),
        (
            HOLIDAYS.replace(
                "WANTED",
                '{ day_type = { is_not = ["workday", "weekend", "holiday"] } }',
            ),
            "can never hold: payer.day_type|can never hold: day_type",
        ),
    ],
)
def test_a_type_of_day_is_a_word_and_needs_a_calendar(text, said):
    with pytest.raises(timebank.PolicyInvalid, match=said):
        timebank.load_policy(text)


@pytest.mark.parametrize(
    ("on", "when", "said"),
    [
        (
            '"period"\nevery = "year"',
            '{ day = { max = { ahead = "1 day", from = "seen" } } }',
            "nobody is asked for",
        ),
        (
            '"open"',
            '{ day = { max = { ahead = "1 day", from = "seen" } } }',
            "facts that it keeps",
        ),
        ('"open"', "{ sponsor.seen = { max = 2024-01-01 } }", "facts that it keeps"),
    ],
)
def test_a_day_away_from_what_nobody_tells_is_found(on, when, said):
    rule = f'[rules.more]\non = {on}\nunit = "thanks"\namount = 1\nwhen = {when}\n'

    with pytest.raises(timebank.PolicyInvalid, match=said) as caught:
        timebank.load_policy(ASKING.replace("WANTED", "{ age = { min = 1 } }") + rule)

    assert list(caught.value.mistakes) == ["rules.more.when"]


ELAPSED = (
    HEAD
    + """
units.points = {}
accounts = { member = {}, pool = { names = ["kept"] } }
classes.back = { counts = "number" }
facts = { lent = "date", returned = { type = "date", default = 2024-05-31 }, joined = { type = "date", kept = true, default = 2000-02-29 } }
measures.months_here = { formula = { since = "joined", in = "months" } }
rules.late = { on = "contribution", unit = "points", amount = FORMULA }
"""
)
DAY = date(2024, 5, 31)


@pytest.mark.parametrize(
    ("formula", "told", "amount"),
    [
        ('{ since = "lent", in = "days" }', date(2024, 5, 28), 3),
        ('{ since = "lent", in = "days" }', DAY, 0),
        ('{ since = "lent", in = "days" }', date(2024, 6, 28), 0),
        ('{ since = "lent", in = "months" }', date(2024, 4, 30), 1),
        ('{ since = "lent", in = "months" }', date(2024, 5, 1), 0),
        ('{ since = "lent", in = "years" }', date(2022, 5, 31), 2),
        ('{ since = "lent", in = "years" }', date(2022, 6, 1), 1),
        ('{ since = "lent", until = "returned", in = "days" }', date(2024, 5, 1), 30),
        ('{ since = "opened", in = "days" }', DAY, 1),
        ('{ since = "opened", until = "pool:kept.opened", in = "days" }', DAY, 1),
        ('{ since = "pool:kept.opened", in = "days" }', DAY, 0),
        ('"months_here"', DAY, 291),
        ('[{ of = { since = "lent", in = "days" } }, { times = 2 }]', date(2024, 5, 29), 4),
    ],
)  # fmt: skip
def test_time_that_has_passed_between_two_days_is_a_figure(formula, told, amount):
    policy = ELAPSED.replace("FORMULA", formula)
    bank = timebank.create(
        "memory:",
        ledger="x",
        actor="desk",
        clock=lambda: datetime(2024, 5, 31, 4, tzinfo=UTC),
    )
    bank.adopt(policy, on=DAY)
    bank.open_account("ada", on=DAY - timedelta(days=1))

    bank.record_mark("ada", "back", on=DAY, facts={"lent": told})

    assert bank.balance("ada", "points").free == amount
    assert bank.verify(decide_again=True).faults == ()


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ('{ since = "number", in = "days" }', "is no day"),
        ('{ since = "lend", in = "days" }', "did you mean 'lent'"),
        ('{ since = "lent", in = "weeks" }', "weeks"),
        ('{ since = "lent" }', "found since"),
        ('{ since = "lent", in = "days", to = "day" }', "found since, in, to"),
        (
            '[{ of = { since = "lent", in = "days" } }, { divide = 7 }]',
            "as fine as 1/7",
        ),
    ],
)
def test_time_that_cannot_be_told_is_a_mistake(formula, said):
    with pytest.raises(PolicyInvalid) as caught:
        timebank.load_policy(ELAPSED.replace("FORMULA", formula))

    assert said in str(caught.value)


def test_time_that_is_not_known_refuses():
    bank = books(ELAPSED.replace("FORMULA", '{ since = "lent", in = "days" }'))

    (finding,) = findings(lambda: bank.record_mark("ada", "back", on=TODAY))

    assert (finding.reason, finding.wanted) == (Reason.FACT_NEEDED, "lent")
