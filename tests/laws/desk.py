"""A desk with a calendar of its own: how the tests of the laws open books and ask."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import timebank
from timebank.entries import Outcome
from timebank.errors import BatchRefused, Refused

EVERYTHING = (Path(__file__).parent / "everything.toml").read_text(encoding="utf-8")
SECOND = (
    EVERYTHING.replace("cap = 10,", "cap = 8,")
    .replace("limits.day = { at_most = 4,", "limits.day = { at_most = 3,")
    .replace('price = "1.25"', 'price = "1.5"')
)
"""The same programme a little stricter and dearer."""
POLICIES = {1: EVERYTHING, 2: SECOND}
EPOCH = date(2023, 1, 1)
START = date(2024, 3, 1)
NAMED = ("issuer", "pool:common", "pool:left", "pool:right", "fund:city")


class Calendar:
    """A clock that stands at noon UTC until somebody turns the page."""

    def __init__(self, today=START):
        self.today = today

    def __call__(self):
        return datetime.combine(self.today, time(3), UTC)

    def turn(self, days):
        self.today += timedelta(days=days)


def new_bank(url="memory:", *, calendar=None, policy=EVERYTHING, **settings):
    """An empty ledger under *policy*, with three members and a group."""
    bank = timebank.create(
        url, ledger="laws", actor="desk", clock=calendar or Calendar(), **settings
    )
    bank.adopt(policy, on=EPOCH, holds_from=EPOCH, id="policy-1")
    return bank


def with_members(bank, *members):
    for member in members:
        bank.open_account(member, on=EPOCH, id=f"open/{member}")
    return bank


def refused(call, *arguments, **fields):
    """Return the codes of every rule that forbids a call."""
    try:
        call(*arguments, **fields)
    except Refused as error:
        return {f.code for f in error.findings if f.refuses}
    except BatchRefused as error:
        return {f.code for r in error.refusals for f in r.findings if f.refuses}
    return set()


def free(bank, account, unit):
    return bank.balance(account, unit).free


def notes(outcome: Outcome):
    return {f.code for f in outcome.findings}
