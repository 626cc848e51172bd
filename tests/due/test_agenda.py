"""What is to be done next is found without looking at everything again."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.decide import decide
from timebank.due import BATCH_MAX, let_time_pass
from timebank.due.agenda import Agenda
from timebank.entries import Entry, Outcome, Recorded, Refusal, Request
from timebank.history import Event, History
from timebank.model import Finding, Reason
from timebank.operations import Assess
from timebank.standing import Standing

from .books import HEAD, ORDERS, START, books, ids
from .test_lives import PROGRAMME, act, opened

DAY = timedelta(days=1)
NOW = datetime.fromisoformat("2026-01-01T04:00:00+00:00")
LADDERS = """
measures.ever = { sum = "stamps", window = "to date" }
ladders.star = { every = "week", levels = [{ name = "one", needs = { ever = { min = 60 } } }, { name = "two", needs = { ever = { min = 105 } } }] }
ladders.idle = { every = "month", levels = [{ name = "idle", needs = { month_stamps = { max = 0 } } }] }
"""


def folded(bank):
    fold = Standing()
    for position, entry in bank.entries():
        fold.apply(entry, position)
    return fold


def asking(fold):
    """Return what decides requests on *fold*, and takes in what is accepted."""

    def ask(due):
        verdicts = []
        for each in due:
            request = Request(
                id=each.id, operation=each.operation, effective_on=each.on, actor="x"
            )
            recorded = Recorded(at=NOW, on=NOW.date())
            verdict = decide(request, fold, recorded)
            if isinstance(verdict, Entry):
                fold.apply(verdict, fold.head + 1)
                verdict = Outcome(entry=verdict, position=fold.head)
            verdicts.append(verdict)
        return verdicts

    return ask


def plainly(fold, until):
    """Let time pass by looking at all the books anew after each turn that did anything."""
    ask, done, made = asking(fold), [], True
    while made:
        agenda, made = Agenda(fold, until), []
        while not made and (due := agenda.next(BATCH_MAX)):
            made = [each.entry for each in ask(due) if isinstance(each, Outcome)]
        done += made
    return done


acts = st.lists(
    st.tuples(
        st.integers(0, 70),
        st.sampled_from(["ada", "ben"]),
        st.sampled_from(["help", "order", "order"]),
    ),
    max_size=10,
)


@pytest.mark.slow
@settings(max_examples=15)
@given(acts)
def test_it_finds_what_looking_at_everything_anew_finds(story):
    bank = books(PROGRAMME + LADDERS, members=("ada", "ben"))
    for member in ("ada", "ben"):
        bank.record_mark(member, "help", 100, on=START, id=f"first/{member}")
    for number, (day, member, kind) in enumerate(sorted(story)):
        bank.clock.day = START + day * DAY
        if day < 20 or kind == "help":
            act(bank, number, member, kind)
    until = START + 150 * DAY

    fold = folded(bank)
    report = let_time_pass(until, books=fold, ask=asking(fold))

    assert [outcome.entry for outcome in report.done] == plainly(folded(bank), until)
    assert report.refused == ()


class Counted(dict):
    """Entries by id, which count how many of them are looked at."""

    looked_at = 0

    def __contains__(self, id):
        self.looked_at += 1
        return super().__contains__(id)

    def values(self):
        self.looked_at += len(self)
        return super().values()


def work(bank, until):
    """Return how many entries are looked at to find what is due, beside deciding it."""
    fold = folded(bank)
    ask = asking(fold)
    fold.known = known = Counted(fold.known)

    def decided(due):
        before = known.looked_at
        verdicts = ask(due)
        known.looked_at = before
        return verdicts

    report = let_time_pass(until, books=fold, ask=decided)
    assert report.done
    return known.looked_at


DAILY = (
    HEAD
    + """
units = { deeds = { record = true } }
accounts = { member = {} }
classes.deed = { counts = "number" }
measures.lately = { sum = "deeds", window = "last 7 days" }
rules.deeds = { on = "contribution", unit = "deeds" }
ladders.busy = { every = "day", levels = [{ name = "some", needs = { lately = { min = 3 } } }] }
"""
)


def test_a_ladder_that_is_assessed_daily_costs_as_much_on_each_day():
    bank = books(DAILY)
    bank.record_mark("ada", "deed", 3, on=START, id="deed")

    few, many = (work(bank, START + days * DAY) for days in (50, 100))

    assert many < 2.5 * few


def test_each_order_whose_term_is_over_costs_as_much_as_the_last():
    def ordered(days):
        bank = books(ORDERS)
        bank.record_mark("ada", "help", 3 * days, on=START, id="help")
        for day in range(days):
            bank.clock.day = START + day * DAY
            bank.order("ada", "ride", on=bank.clock.day, id=f"order-{day}")
        return bank

    few, many = (work(ordered(days), date(2025, 1, 1)) for days in (20, 40))

    assert many < 2.5 * few


def test_a_week_of_an_account_is_found_without_looking_at_its_years():
    looked_at = []

    class Watched(dict):
        def __getitem__(self, event):
            looked_at.append(event)
            return super().__getitem__(event)

    known = History(
        Watched({Event(START + days * DAY, 1, "deeds"): 1 for days in range(1000)})
    )

    found = list(known.between(START + 900 * DAY, START + 906 * DAY))

    assert len(found) == len(looked_at) == 7


def test_what_is_told_late_is_found_on_its_day():
    def event(days):
        return Event(START + days * DAY, 1, "deeds")

    known = History()
    for days in (1, 5, 9):
        known.add(event(days), 1)
    assert len(dict(known.between(START, START + 9 * DAY))) == 3

    known.add(event(3), 1)

    assert dict(known.between(START, START + 4 * DAY)) == {event(1): 1, event(3): 1}


moves = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([-1, 1])), max_size=20)


@given(moves, moves, st.integers(0, 9), st.integers(0, 9))
def test_what_moved_on_some_days_is_what_is_left_of_them(early, late, first, last):
    known, plain = History(), {}
    for several in (early, late):
        for day, amount in several:
            event = Event(START + day * DAY, day % 2, "deeds")
            known.add(event, amount)
            plain[event] = plain.get(event, 0) + amount
        for span in ((first, last), (None, last), (first, None), (None, None)):
            low, high = (None if n is None else START + n * DAY for n in span)
            expected = {
                event: amount
                for event, amount in plain.items()
                if amount
                and (low is None or low <= event.day)
                and (high is None or event.day <= high)
            }
            assert dict(known.between(low, high)) == expected


# ---------------------------------------------------------------- what depends on it

CHAIN = (
    HEAD
    + """
units = { deeds = { record = true } }
accounts = { member = {} }
classes.deed = { counts = "number" }
measures.ever = { sum = "deeds", window = "to date" }
rules.deeds = { on = "contribution", unit = "deeds" }

[ladders.circle]
start = "C"
levels = [{ name = "C" }, { name = "B" }, { name = "A" }]
moves = [
  { from = "C", to = "B", by = "automatic", every = "month", needs = { ever = { min = 5 } } },
  { from = "B", to = "A", by = "automatic", every = "month", needs = { ever = { min = 10 } } },
]
"""
)

ALLOWANCE = """
[rules.allowance]
on = "period"
every = "month"
at = "start"
after = "40 days"
unit = "deeds"
amount = 1
"""


def test_one_way_is_taken_in_a_period_and_the_next_in_the_next():
    bank = books(CHAIN)
    bank.record_mark("ada", "deed", 12, on=START, id="deed")
    bank.clock.day = date(2024, 4, 1)
    bank.tick()
    assert bank.standing("ada").tiers["circle"] == "B"

    bank.clock.day = date(2024, 6, 1)
    report = bank.tick()

    assert bank.standing("ada").tiers["circle"] == "A"
    assert "due/2024-05-31/ladder/circle" in ids(report)
    assert bank.tick().done == ()


def test_an_assessment_of_which_a_move_is_refused_is_not_over():
    bank, taken = books(CHAIN), "due/2024-03-31/ladder/circle/ada"
    bank.record_mark("ada", "deed", 12, on=START, id="deed")
    bank.void(taken, on=START)
    bank.clock.day = date(2024, 6, 1)

    report = bank.tick()

    assert [refusal.id for refusal in report.refused] == [taken]
    assert report.done == ()


def test_an_assessment_of_which_a_move_was_refused_goes_on_when_it_no_longer_is():
    bank = books(CHAIN + ALLOWANCE)
    bank.record_mark("ada", "deed", 7, on=START, id="deed")
    fold, refusing = folded(bank), ["due/2024-03-31/ladder/circle/ada"]
    decided = asking(fold)

    def ask(due):
        for each in due:
            if each.id in refusing:
                refusing.remove(each.id)
                yield Refusal(
                    id=each.id,
                    operation=each.operation,
                    effective_on=each.on,
                    actor="x",
                    policy="",
                    findings=(Finding(code="id", reason=Reason.ID_VOID),),
                )
            else:
                yield from decided([each])

    report = let_time_pass(date(2024, 5, 1), books=fold, ask=ask)

    assert report.refused == ()
    assert [outcome.entry.id for outcome in report.done] == [
        "due/2024-04-10/period/allowance/ada",
        "due/2024-04-10/period/allowance/ben",
        "due/2024-03-31/ladder/circle/ada",
        "due/2024-03-31/ladder/circle",
        "due/2024-04-30/ladder/circle",
        "due/2024-05-01/period/allowance/ada",
        "due/2024-05-01/period/allowance/ben",
    ]


def test_an_assessment_that_broke_off_after_a_move_ends_without_moving_again():
    bank = books(CHAIN)
    bank.record_mark("ada", "deed", 12, on=START, id="deed")
    bank.clock.day = date(2024, 4, 1)
    moved = Assess(account="ada", ladder="circle", level="B")
    bank.post(moved, on=date(2024, 3, 31), id="due/2024-03-31/ladder/circle/ada")

    report = bank.tick()

    assert ids(report) == ["due/2024-03-31/ladder/circle"]
    assert report.refused == ()
    assert bank.standing("ada").tiers["circle"] == "B"


def test_an_order_given_back_late_lets_its_lot_expire_in_the_same_run():
    bank = opened()
    bank.order("ada", "ride", on=START, id="o")
    bank.clock.day = START + 10 * DAY
    bank.order("ada", "ride", on=bank.clock.day, id="later")
    bank.clock.day = START + 60 * DAY

    report = bank.tick()

    lots = [id for id in ids(report) if "/lot/" in id and "ada" in id]
    assert len(lots) == 2
    assert report.refused == ()
