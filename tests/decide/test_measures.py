"""What measures and limits come to, by books kept under small policies."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from timebank.errors import Refused
from timebank.history import Event
from timebank.operations import PlaceOrder
from timebank.policy import history
from timebank.policy.needs import needs_of

from .books import HEAD, TODAY, books

MAY = date(2024, 5, 6)
UNITS = """
units.hours = { scale = 60, record = true }
units.points = {}
units.met = { record = true }
units.missed = { record = true }
accounts = { member = { points = { floor = -5 } }, group = {}, merchant = {} }
facts = { rate = { type = "number", kept = true } }
classes.care = {}
classes.bathing = { in = "care", weight = 3 }
classes.night = { in = ["care"], weight = 2 }
classes.tidying = {}
classes.meeting = { counts = "number" }
classes.training = { counts = "number" }
classes.absence = { counts = "number" }
rules.hours = { on = "service", unit = "hours" }
rules.met = { on = "contribution", class = ["meeting", "training"], unit = "met" }
rules.missed = { on = "contribution", class = "absence", unit = "missed" }
rules.gift = { on = "gift", unit = "points" }
rules.redeem = { on = "redeem", unit = "points", to = "merchant" }
rules.grant = { on = "grant", unit = "points" }
items.rice = { price = 2, channel = "goods" }
items.lesson = { price = 3, channel = "service" }
ladders.circle = { start = "C", levels = [{ name = "C" }, { name = "A" }], moves = [{ from = "C", to = ["A"] }, { from = "A", to = ["C"] }] }
"""


def with_measures(**measures):
    written = "".join(f"measures.{name} = {text}\n" for name, text in measures.items())
    return books(HEAD + UNITS + written, members=("ada", "ben", "cho"))


def figures(bank, member="ada"):
    return bank.standing(member).measures


def serve(bank, class_="care", minutes=60, *, on=TODAY, by="ada", **fields):
    return bank.record_service(by, class_, minutes, on=on, **fields)


# ---------------------------------------------------------------- filters


def test_a_wider_class_counts_what_is_done_in_the_narrower_ones():
    bank = with_measures(
        care='{ sum = "hours", where = { class = "care" } }',
        bathing='{ sum = "hours", where = { class = "bathing" } }',
        other='{ sum = "hours", where = { class = { is_not = "care" } } }',
        two='{ sum = "hours", where = { class = ["bathing", "tidying"] } }',
    )
    for class_, minutes in (("care", 60), ("bathing", 120), ("tidying", 240)):
        serve(bank, class_, minutes)

    assert figures(bank) == {"care": 3, "bathing": 2, "other": 4, "two": 6}


def test_distinct_days_are_counted_of_what_passes():
    bank = with_measures(
        days='{ days = "hours" }',
        in_care='{ days = "hours", where = { class = "care" } }',
        times='{ count = "hours", where = { class = "care" } }',
    )
    serve(bank, "care", on=MAY)
    serve(bank, "bathing", on=MAY)
    serve(bank, "tidying", on=MAY + timedelta(days=1))

    assert figures(bank) == {"days": 2, "in_care": 1, "times": 2}


def test_each_side_is_counted_by_itself_and_net_is_the_one_less_the_other():
    bank = with_measures(
        came='{ sum = "points", side = "in" }',
        went='{ sum = "points", side = "out" }',
        net='{ sum = "points" }',
        gifts='{ count = "points", side = "out" }',
    )
    bank.grant("ada", unit="points", amount=10, on=TODAY)
    bank.give("ada", "ben", unit="points", amount=3, on=TODAY, id="g")
    bank.give("ada", "ben", unit="points", amount=4, on=TODAY)
    bank.give("ben", "ada", unit="points", amount=1, on=TODAY)

    assert figures(bank) == {"came": 11, "went": 7, "net": 4, "gifts": 2}

    bank.reverse("g", on=TODAY)

    assert figures(bank) == {"came": 11, "went": 4, "net": 7, "gifts": 1}


def test_a_channel_is_that_of_the_item_in_the_policy():
    bank = with_measures(
        goods='{ sum = "points", side = "out", where = { channel = "goods" } }',
        lessons='{ count = "points", side = "out", where = { item = "lesson" } }',
    )
    bank.open_account("shop", kind="merchant", on=TODAY)
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    bank.order("ada", "rice", quantity=2, merchant="shop", on=TODAY, id="rice")
    bank.redeem("ada", "lesson", merchant="shop", on=TODAY)

    assert figures(bank) == {"goods": 4, "lessons": 1}

    bank.fulfil("rice", quantity=1, on=TODAY)
    bank.cancel("rice", on=TODAY)

    assert figures(bank) == {"goods": 2, "lessons": 1}


def test_what_groups_gave_can_be_left_out():
    bank = with_measures(
        own='{ sum = "points", where = { other = { is_not = "group" } } }',
        given='{ sum = "points", side = "in", where = { on = "gift" } }',
    )
    bank.open_account("team", kind="group", on=TODAY)
    bank.grant("team", unit="points", amount=9, on=TODAY)
    bank.grant("ada", unit="points", amount=2, on=TODAY)
    bank.give("team", "ada", unit="points", amount=5, on=TODAY)

    assert figures(bank) == {"own": 2, "given": 5}


def test_a_streak_can_be_of_one_kind_of_event():
    bank = with_measures(
        row='{ streak = "missed", broken_by = "met" }',
        monthly='{ streak = "missed", broken_by = "met", where = { event = "monthly" } }',
    )
    for day, mark, event in (
        (1, "absence", "monthly"),
        (2, "absence", "monthly"),
        (3, "meeting", "other"),
        (4, "absence", "other"),
        (5, "absence", "monthly"),
    ):
        bank.record_mark("ada", mark, on=MAY.replace(day=day), event=event)

    assert figures(bank) == {"row": 2, "monthly": 3}


# ---------------------------------------------------------------- figures of now


def test_what_is_held_is_there_and_not_available():
    bank = with_measures(
        there='{ balance = "points" }', free='{ available = "points" }'
    )
    bank.open_account("shop", kind="merchant", on=TODAY)
    bank.grant("ada", unit="points", amount=10, on=TODAY)
    bank.order("ada", "rice", merchant="shop", on=TODAY)

    assert figures(bank) == {"there": 10, "free": 8}


@pytest.mark.parametrize(
    ("day", "months", "years"),
    [
        (date(2024, 6, 30), 53, 4),
        (date(2024, 7, 1), 54, 4),
        (date(2024, 12, 31), 59, 4),
        (date(2025, 1, 1), 60, 5),
    ],
)
def test_only_full_months_and_years_of_membership_count(day, months, years):
    bank = with_measures(
        days='{ tenure = "days" }',
        months='{ tenure = "months" }',
        years='{ tenure = "years" }',
    )
    bank.clock.day = day

    found = figures(bank)

    assert found == {
        "days": (day - date(2020, 1, 1)).days,
        "months": months,
        "years": years,
    }


def test_a_figure_is_made_of_others():
    bank = with_measures(
        came='{ count = "met" }',
        missed='{ count = "missed" }',
        called='{ formula = [{ of = ["came", "missed"] }] }',
        reliable='{ formula = [{ of = "came" }, { divide = "called" }] }',
        paid='{ formula = [{ of = "came" }, { times = "rate" }] }',
        star='{ formula = [{ of = "came" }, { plus = { by = "circle", A = 10, C = 0 } }] }',
    )
    for day, mark in ((1, "absence"), (2, "meeting"), (3, "training")):
        bank.record_mark("ada", mark, on=MAY.replace(day=day))

    # who has no rate has no figure that goes by it
    assert figures(bank) == {
        "came": 2,
        "missed": 1,
        "called": 3,
        "reliable": Fraction(2, 3),
        "star": 2,
    }

    bank.amend_account("ada", facts={"rate": 4}, on=TODAY)
    bank.set_tier("ada", "circle", "A", on=TODAY)

    assert figures(bank)["paid"] == 8
    assert figures(bank)["star"] == 12


def test_a_window_since_a_level_begins_on_the_day_it_was_given():
    bank = with_measures(
        since='{ sum = "hours", window = "since circle" }', ever='{ sum = "hours" }'
    )
    serve(bank, on=MAY)
    assert figures(bank)["since"] == 1

    bank.set_tier("ada", "circle", "A", on=MAY + timedelta(days=1))
    assert figures(bank)["since"] == 0

    serve(bank, minutes=120, on=MAY + timedelta(days=1))
    assert figures(bank) == {"since": 2, "ever": 3}

    bank.set_tier("ada", "circle", action="withdraw", on=TODAY)
    assert figures(bank)["since"] == 0  # back at the start, since today


def test_windows_look_back_and_go_by_the_calendar():
    text = HEAD + UNITS + 'calendar = { year_starts = "06-01" }\n'
    measures = """
measures.this = { sum = "hours", window = "programme year" }
measures.before = { sum = "hours", window = "previous programme year" }
measures.april = { sum = "hours", window = "2024-04-01..2024-04-30" }
"""
    bank = books(text + measures)
    serve(bank, minutes=60, on=date(2024, 4, 30))
    serve(bank, minutes=120, on=date(2024, 5, 31))
    serve(bank, minutes=240, on=date(2024, 6, 1))

    assert figures(bank) == {"this": 4, "before": 3, "april": 1}


# ---------------------------------------------------------------- classes in classes


def test_rules_conditions_and_lookups_meet_the_narrower_class():
    rules = """
rules.care = { on = "service", class = "care", unit = "points", amount = { by = "class", care = 1, night = 5, tidying = 9 } }
rules.weighed = { on = "service", class = ["bathing", "night"], unit = "points", amount = "class.weight" }
rules.rest = { on = "service", unit = "points", when = { class = { is_not = "care" } }, amount = 100 }
"""
    bank = books(HEAD + UNITS + rules)
    expected = {"care": 1, "bathing": 1 + 3, "night": 5 + 2, "tidying": 100}

    for class_, points in expected.items():
        entry = serve(bank, class_, 60).entry
        moved = [p.amount for p in entry.postings if p.account == "ada"]
        assert sum(moved) - 60 == points, class_


def test_what_the_wider_class_requires_is_required_and_its_figures_are_had():
    text = HEAD + UNITS.replace(
        "classes.care = {}",
        'classes.care = { weight = 7, cost = 4, requires = { kind = "group" } }',
    )
    rule = (
        'rules.cost = { on = "service", class = "care", unit = "points", '
        'amount = [{ of = "class.weight" }, { times = "class.cost" }] }\n'
    )
    bank = books(text + rule)
    bank.open_account("team", kind="group", on=MAY)

    with pytest.raises(Refused) as caught:
        serve(bank, "bathing")
    serve(bank, "bathing", by="team", minutes=30)

    assert [f.code for f in caught.value.findings] == ["classes.care.requires.kind"]
    assert bank.balance("team", "points").free == 12


# ---------------------------------------------------------------- limits


def limited(limit, rule="points", **measures):
    written = "".join(f"measures.{name} = {text}\n" for name, text in measures.items())
    rules = (
        'rules.points = { on = "service", unit = "points", amount = 1, limits = {'
        f"{limit if rule == 'points' else ''}}} }}\n"
    )
    units = UNITS
    if rule == "gift":
        units = units.replace(
            'rules.gift = { on = "gift", unit = "points" }',
            f'rules.gift = {{ on = "gift", unit = "points", limits = {{ {limit} }} }}',
        )
    return books(HEAD + units + rules + written, members=("ada", "ben", "cho"))


def refusal(call, *arguments, **fields):
    with pytest.raises(Refused) as caught:
        call(*arguments, **fields)
    return [f.code for f in caught.value.findings if f.refuses]


def test_a_limit_for_the_same_event_begins_anew_with_another():
    bank = limited('lifetime = { at_most = 1, same = ["event"] }')
    serve(bank, event="fair")

    assert refusal(serve, bank, event="fair") == ["rules.points.limits.lifetime"]
    serve(bank, event="market")


def test_who_does_not_say_what_is_to_be_the_same_is_refused():
    bank = limited('lifetime = { at_most = 1, same = ["event"] }')

    with pytest.raises(Refused) as caught:
        serve(bank)

    (finding,) = caught.value.findings
    assert (finding.reason, finding.wanted) == ("fact-needed", "event")


def test_a_limit_for_the_same_person_goes_by_who_is_served():
    bank = limited('month = { at_most = 2, same = ["recipient"] }')
    for _ in range(2):
        serve(bank, recipient="ben")

    assert refusal(serve, bank, recipient="ben") == ["rules.points.limits.month"]
    serve(bank, recipient="cho")


def test_a_limit_counts_and_binds_only_what_passes_its_filter():
    bank = limited('month = { at_most = 1, where = { class = "care" } }')
    serve(bank, "tidying")
    serve(bank, "tidying")
    serve(bank, "bathing")

    assert refusal(serve, bank, "night") == ["rules.points.limits.month"]
    serve(bank, "tidying")


def test_several_rules_share_a_cap():
    group = '{ sum = "points", side = "in", where = { rule = ["points", "grant"] }, window = "month" }'
    bank = limited("group = { at_most = 3 }", group=group)
    bank.grant("ada", unit="points", amount=2, on=TODAY)
    bank.give("ben", "ada", unit="points", amount=2, on=TODAY)
    serve(bank)

    assert refusal(serve, bank) == ["rules.points.limits.group"]


def test_a_rolling_cap_over_several_rules_is_tested_on_later_days_too():
    group = '{ sum = "points", where = { rule = ["points", "grant"] }, window = "last 7 days" }'
    bank = limited("group = { at_most = 2 }", group=group)
    for days in (0, 1):
        serve(bank, on=TODAY - timedelta(days=days))

    # the week that ends on the fourth of its days is full already
    back = TODAY - timedelta(days=3)
    assert refusal(serve, bank, on=back) == ["rules.points.limits.group"]
    serve(bank, on=TODAY - timedelta(days=8))


@pytest.mark.parametrize(
    ("measure", "days", "refused"),
    [
        ('{ count = "points" }', (0, 0), True),
        ('{ count = "points" }', (0,), False),
        ('{ days = "points" }', (0, 0, 0), False),
        ('{ days = "points" }', (1, 2), True),
        ('{ days = "points" }', (0, 1), False),
    ],
)
def test_times_and_days_are_limited_by_a_measure_that_counts_them(
    measure, days, refused
):
    bank = limited("often = { at_most = 2 }", often=measure)
    for back in days:
        serve(bank, on=TODAY - timedelta(days=back))

    if refused:
        assert refusal(serve, bank) == ["rules.points.limits.often"]
    else:
        serve(bank)


def test_what_leaves_is_limited_by_its_side():
    out = '{ sum = "points", side = "out", window = "month" }'
    bank = limited("out = { at_most = 4 }", rule="gift", out=out)
    bank.grant("ada", unit="points", amount=50, on=TODAY)
    bank.give("ben", "ada", unit="points", amount=3, on=TODAY)
    bank.give("ada", "ben", unit="points", amount=4, on=TODAY)

    codes = refusal(bank.give, "ada", "ben", unit="points", amount=1, on=TODAY)

    assert codes == ["rules.gift.limits.out"]


def test_a_limit_since_a_level_was_given_begins_anew_with_it():
    bank = limited('"since circle" = { at_most = 1 }')
    serve(bank, on=MAY)
    assert refusal(serve, bank) == ["rules.points.limits.since circle"]

    bank.set_tier("ada", "circle", "A", on=TODAY)

    serve(bank)
    assert refusal(serve, bank) == ["rules.points.limits.since circle"]


def test_a_limit_over_fixed_days_leaves_the_others_alone():
    bank = limited('"2024-05-01..2024-05-31" = { at_most = 1 }')
    serve(bank, on=MAY)

    assert refusal(serve, bank, on=MAY) == [
        "rules.points.limits.2024-05-01..2024-05-31"
    ]
    for _ in range(3):
        serve(bank, on=TODAY)


def test_an_amount_is_one_movement_however_many_lots_it_takes():
    text = HEAD + UNITS.replace(
        "units.points = {}",
        'units.points = { lots = { expires = { after = "1 year" } } }',
    ).replace("floor = -5", "floor = 0")
    bank = books(text + 'measures.gifts = { count = "points", side = "out" }\n')
    for day in (1, 2):
        bank.grant("ada", unit="points", amount=5, on=MAY.replace(day=day))

    bank.give("ada", "ben", unit="points", amount=8, on=TODAY)

    assert figures(bank) == {"gifts": 1}


def test_one_movement_with_several_labels_is_counted_once():
    rows = [
        (Event(MAY, 7, "gift", (("other", "member"),)), -3),
        (Event(MAY, 7, "gift", (("other", "pool"),)), -5),
        (Event(MAY, 8, "gift"), -1),
    ]

    assert (history.times(rows), history.days(rows)) == (2, {MAY})


@pytest.mark.parametrize("text", ["", ', text = { en = "all hours", zh = "累计时长" }'])
@pytest.mark.parametrize(("record", "read"), [("true", 0), ("false", 1)])
def test_all_that_came_of_what_is_never_spent_is_its_balance_whatever_it_is_called(
    text, record, read
):
    policy = (
        HEAD
        + f"""
units = {{ hours = {{ record = {record} }}, points = {{}} }}
accounts = {{ member = {{}} }}
items = {{ rice = {{ price = 1 }} }}
measures = {{ total = {{ sum = "hours"{text} }} }}
rules.redeem = {{ on = "redeem", unit = "points", requires = {{ total = {{ min = 1 }} }} }}
"""
    )
    order = PlaceOrder(payer="ada", item="rice")

    needs = needs_of("order", order, TODAY, [policy])

    assert len(needs.series) == read
