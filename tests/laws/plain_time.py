"""
What falls due in the plain bank, and when: looked for from the beginning, every time.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from timebank import operations as ops

from . import plain_claims
from .plain_figures import Made, due_id, first_of_month, last_use, month_later

PERIODS = ("levy", "allowance")
DAY = timedelta(days=1)


def let_time_pass(books, today):
    """
    Do the first thing due that is allowed, and look again from the beginning.

    Returns all that was done, and all that is refused in the end, with verdicts.
    """
    done, refused = [], {}
    while due := earliest(books, today, refused):
        before = len(done)
        for id, operation, on in due:
            verdict = books.decide(id, operation, on, today)
            if isinstance(verdict, Made):
                books.take(verdict)
                done.append((id, operation, on, verdict))
            else:
                refused[id] = id, operation, on, verdict
        if len(done) > before:
            refused.clear()  # what has been done may allow it
    return [*done, *refused.values()]


def earliest(books, today, asked):
    """What is due on the first day on which anything is, of one kind, in order."""
    found = [
        (source, [thing for thing in source(books, today) if thing[0] not in asked])
        for source in (
            periods_that_ended,
            plain_claims.claims_that_ended,
            orders_that_lapsed,
            lots_that_expired,
            periods_that_began,
        )
    ]
    # a period is over on the morning after
    when = [
        (day + DAY if source is periods_that_ended else day, place, thing)
        for place, (source, due) in enumerate(found)
        for thing in due
        for day in thing[2:]
    ]
    first = min((day_and_place for *day_and_place, _ in when), default=None)
    return [thing for *day_and_place, thing in when if day_and_place == first]


def not_taken(books, day, *parts):
    """The id of what is due, or a further one where it was done and undone."""
    id, times = due_id(day, *parts), 1
    while books.entry(id):
        times += 1
        id = due_id(day, *parts, str(times))
    return id


# ---------------------------------------------------------------- periods


def period(rule, day):
    """First and last day of the month, or of the quarter, around *day*."""
    months = 3 if rule == "levy" else 1
    first = first_of_month(day, -((day.month - 1) % months))
    return first, first_of_month(first, months) - DAY


def concerns(rule, kept):
    return kept.kind in ({"levy": ["member"]}.get(rule, ["member", "group"]))


def liable_from(rule, kept):
    return month_later(kept.opened) if rule == "allowance" else kept.opened


def acts_on(rule, day, since):
    """The day on which the rule acts in the period around *day*."""
    first, last = period(rule, day)
    return last if rule == "levy" else max(first, since)


def months_full(since, last):
    """How many months there are from *since* to the end of *last*."""
    months = 0
    while nth_month_later(since, months + 1) <= last + DAY:
        months += 1
    return months


def nth_month_later(day, months):
    following = first_of_month(day, months)
    days = (first_of_month(following, 1) - following).days
    return following + timedelta(days=min(day.day, days) - 1)


def periods_that_ended(books, today):
    return periods(books, "levy", today - DAY)


def periods_that_began(books, today):
    return periods(books, "allowance", today)


def periods(books, rule, until):
    done = {
        (e.operation.account, e.day)
        for e in books.entries
        if isinstance(e.operation, ops.EndPeriod) and e.operation.rule == rule
    }
    for account, kept in books.accounts.items():
        if kept.closed or not concerns(rule, kept):
            continue
        since = liable_from(rule, kept)
        day = acts_on(rule, since, since)
        while day <= until:
            if books.policy_on(day) and (account, day) not in done:
                asked = ops.EndPeriod(account=account, rule=rule)
                yield due_id(day, "period", rule, account), asked, day
            following = period(rule, day)[1] + DAY
            day = acts_on(rule, following, since)


# ---------------------------------------------------------------- orders and lots


def as_they_came_to_count(books):
    """Entries as they count, in order: a claim comes when it is settled."""

    def came(entry):
        return books.place((plain_claims.ended_by(books, entry.id) or entry).id)

    return filter(None, (books.counted(e.id) for e in sorted(books.entries, key=came)))


def orders_that_lapsed(books, today):
    for entry in as_they_came_to_count(books):
        if not isinstance(entry.asked, ops.PlaceOrder):
            continue
        if entry.asked.delivered:
            continue
        done, closed_by, _ = books.order(entry.id)
        left = entry.asked.quantity - done
        if not left or closed_by or not books.has_lapsed(entry, today):
            continue
        day = books.term(entry)[0] + DAY
        asked = ops.CancelOrder(order=entry.id)
        yield not_taken(books, day, "order", entry.id), asked, day


def lots_that_expired(books, today):
    free = defaultdict(int)
    for leg in books.legs():
        if leg.lot is not None:
            free[leg.account, leg.unit, leg.lot] += leg.amount * (leg.bucket == "free")
    # as they came
    for (account, unit, lot), parts in free.items():
        id, last = lot[0], last_use(unit, lot)
        if last is None or last >= today or parts <= 0:
            continue
        asked = ops.ExpireLot(account=account, unit=unit, lot=id)
        day = last + DAY
        yield not_taken(books, day, "lot", unit, id, account), asked, day
