"""Small programmes in which time matters, and books whose clock can be moved on."""

from datetime import UTC, date, datetime

import timebank

HEAD = """
language = 1
policy = { name = "Dated", source = "made up", status = "pilot", from = 2024-01-01 }
"""
ORDERS = (
    HEAD
    + """
units = { points = {}, stars = {} }
accounts = { member = {} }
classes.help = { counts = "number" }
items.ride = { price = 3 }
rules.points = { on = "contribution", unit = "points" }
rules.redeem = { on = "redeem", unit = "points", hold = "30 days" }
"""
)
START = date(2024, 3, 1)


class Clock:
    """A clock that stands at noon in China until it is set."""

    def __init__(self, day=START):
        self.day = day

    def __call__(self):
        return datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)


def books(text=ORDERS, *, url="memory:", members=("ada", "ben"), **settings):
    """Open books by the policy *text* with *members*; ``bank.clock.day`` can be set."""
    bank = timebank.create(
        url, ledger="street", actor="desk", clock=Clock(), **settings
    )
    bank.adopt(text, on=START, id="adopt")
    for member in members:
        bank.open_account(member, on=START, id=f"open/{member}")
    return bank


def ids(report):
    return [outcome.entry.id for outcome in report.done]


def journal(bank):
    """Return the entries without when they were recorded."""
    return [
        (e.id, e.operation, e.effective_on, e.target, e.postings)
        for _, e in bank.entries()
    ]
