"""
A community's year, kept from its lists under the Xuefu policy.

The HR department goes through the lists when the year is over.  Members first, then who
moved to which group, because a missed meeting raises its flag only for a member of group
A.  Hours are reported by a leader, entered by one of the department and published by
another, and count then; and in the end everybody is ranked for the commendation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

import timebank
from clerk import Desk, Imported, fresh, noted
from timebank import Bank, Finding, View
from timebank.exchange import MARKS, MEMBERS, SERVICES, TIERS, Table
from timebank.operations import ConfirmStep, Place, RecordMark, RecordService

from . import make

TIME_ZONE: Final = "Asia/Shanghai"
ADOPTED_ON: Final = date(2015, 1, 1)
LAST_DAY: Final = make.YEAR[-1]
MISSED_MEETINGS: Final = "missed_meetings"
DORMANT: Final = "dormant"
COMMENDATION: Final = "commendation"
LEADER: Final = "leader-1"
"""Reports what a group did."""
HR: Final = "HR"
PUBLICATION: Final = {"entry": "hr-1", "publication": "hr-2"}
"""What a report awaits, and who does it."""


@frozen(kw_only=True)
class Year:
    """
    What became of the lists, and how everybody stands when the year is over.

    Args:
        members: Who signed up.
        tiers: Who moved to which group.
        services: Who took part in which session, as reported.
        marks: Meetings, shifts, suggestions.
        counted: How many services and marks of each class were recorded.
        flagged: Whenever somebody had missed three meetings in a row: day and finding.
        commended: The list that can be published on the next day, the best first.
        standings: What the books say of each member on the last day.
    """

    members: Imported
    tiers: Imported
    services: Imported
    marks: Imported
    counted: Mapping[str, int]
    flagged: Sequence[tuple[str, Finding]]
    commended: Sequence[Place]
    standings: Sequence[View]

    @property
    def sheets(self) -> Sequence[Imported]:
        """Every list, in the order in which they came in."""
        return self.members, self.tiers, self.services, self.marks

    @property
    def groups(self) -> Mapping[str, int]:
        """How many members each group has."""
        return Counter(view.tiers["group"] for view in self.standings)

    def with_flag(self, flag: str) -> Sequence[str]:
        """Return who has *flag* on the last day."""
        return [view.account.id for view in self.standings if flag in view.flags]


def last_noon() -> datetime:
    """Return the moment at which everything here is recorded: the same in every run."""
    day, zone = LAST_DAY, ZoneInfo(TIME_ZONE)
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)


def open_books(folder: Path) -> Bank:
    """Make an empty ledger in *folder*, and put the community's policy in force."""
    bank = timebank.create(
        fresh(folder),
        ledger="xuefu",
        actor="hr-1",
        time_zone=TIME_ZONE,
        clock=last_noon,
    )
    bank.adopt(timebank.programme("xuefu"), on=ADOPTED_ON, id="policy-2015")
    return bank


def keep(desk: Desk, made: make.Made) -> Year:
    """Record the year, and look at everybody when it is over."""
    bank = desk.bank
    members = desk.bring(made.members.path, MEMBERS)
    tiers = desk.bring(made.tiers.path, TIERS)
    path = made.services.path
    services = desk.record(path, reported(desk.read(path, SERVICES)))
    publish(bank, services)
    marks = desk.bring(made.marks.path, MARKS)
    return Year(
        members=members,
        tiers=tiers,
        services=services,
        marks=marks,
        counted=count(bank),
        flagged=list(noted(marks, f"flags.{MISSED_MEETINGS}")),
        commended=bank.ranking(COMMENDATION, on=LAST_DAY).places,
        standings=[
            bank.standing(account.id)
            for account in bank.accounts()
            if account.kind == "member"
        ],
    )


def reported(table: Table) -> Table:
    """Return the rows as a leader reports them."""
    return evolve(
        table,
        rows=tuple(
            evolve(row, request=row.request and evolve(row.request, actor=LEADER))
            for row in table.rows
        ),
    )


def publish(bank: Bank, services: Imported) -> None:
    """Enter what was reported, and publish it: from then on it counts."""
    recorded = {*services.report.recorded}
    reports = [
        row.request.id
        for row in services.table.rows
        if row.request and row.number in recorded
    ]
    bank.batch(
        bank.request(
            ConfirmStep(claim=id, step=step, role=HR),
            on=LAST_DAY,
            id=f"{id}/{step}",
            actor=actor,
        )
        for id in reports
        for step, actor in PUBLICATION.items()
    )


def count(bank: Bank) -> Mapping[str, int]:
    """Count services and marks by class, from the journal."""
    counted: Counter[str] = Counter()
    for _, entry in bank.entries():
        match entry.operation:
            case RecordService(service_class=name):
                counted[name] += 1
            case RecordMark(mark=name, number=number):
                counted[name] += number
    return counted
