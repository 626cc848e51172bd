"""
A district's month, kept from its sheets under the Guangzhou policy.

Read from top to bottom, it is what a station does: open the books, register members,
carry over what was served before, close who has left, record the month, and hand over
what members redeem their points for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

import timebank
from clerk import Desk, Imported, fresh
from timebank import Bank
from timebank.exchange import MEMBERS, REDEMPTIONS, SERVICES, Table
from timebank.operations import FulfilOrder, PlaceOrder

from . import make

TIME_ZONE: Final = "Asia/Shanghai"
WAITING_EVERY: Final = 10
"""One order in so many waits to be fetched; the others are handed over at once."""


@frozen(kw_only=True)
class Month:
    """
    What became of the sheets.

    Args:
        members: Who was registered.
        before: Services of earlier months.
        march: Services of March 2026.
        orders: What members asked for on 1 April.
        orders_again: The same sheet, imported a second time.
        waited: Ids of the orders that were set aside first, and handed over later.
    """

    members: Imported
    before: Imported
    march: Imported
    orders: Imported
    orders_again: Imported
    waited: Sequence[str]

    @property
    def sheets(self) -> Sequence[Imported]:
        """Every sheet, in the order in which they came in."""
        return self.members, self.before, self.march, self.orders


def noon() -> datetime:
    """Return the moment at which everything here is recorded: the same in every run."""
    day = make.TODAY
    zone = ZoneInfo(TIME_ZONE)
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)


def open_books(folder: Path) -> Bank:
    """Make an empty ledger in *folder*, and put the programme's policy in force."""
    bank = timebank.create(
        fresh(folder),
        ledger="guangzhou",
        actor="desk-1",
        time_zone=TIME_ZONE,
        clock=noon,
    )
    bank.adopt(timebank.programme("guangzhou"), on=make.BEGINS, id="policy-2019")
    return bank


def keep(desk: Desk, made: make.Made) -> Month:
    """Record everything, in the order in which one thing builds on another."""
    members = desk.bring(made.members.path, MEMBERS)
    before = desk.bring(made.before.path, SERVICES)
    for who in made.closed:
        desk.bank.close_account(who, on=make.CLOSED_ON, cause="left", id=f"close/{who}")
    march = desk.bring(made.services.path, SERVICES)

    path = made.redemptions.path
    table = mostly_at_once(desk.read(path, REDEMPTIONS))
    orders = desk.record(path, table)
    return Month(
        members=members,
        before=before,
        march=march,
        orders=orders,
        waited=hand_over(desk.bank, orders),
        orders_again=desk.record_again(path, table),
    )


def mostly_at_once(table: Table) -> Table:
    """Return the orders with most marked as handed over in the same step."""
    rows = list(table.rows)
    for index, row in enumerate(rows):
        request = row.request
        if request is None or index % WAITING_EVERY == 0:
            continue
        assert isinstance(request.operation, PlaceOrder)  # noqa: S101 - the layout makes them
        at_once = evolve(request.operation, delivered=True)
        rows[index] = evolve(row, request=evolve(request, operation=at_once))
    return evolve(table, rows=tuple(rows))


def hand_over(bank: Bank, orders: Imported) -> Sequence[str]:
    """Hand over every order that was set aside, all or none, and return their ids."""
    recorded = {*orders.report.recorded}
    waiting = [
        row.request.id
        for row in orders.table.rows
        if row.number in recorded
        and row.request
        and isinstance(row.request.operation, PlaceOrder)
        and not row.request.operation.delivered
    ]
    bank.batch(
        bank.request(FulfilOrder(order=id), on=make.TODAY, id=f"{id}/handed-over")
        for id in waiting
    )
    return waiting
