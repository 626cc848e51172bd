"""Files as clerks keep them, and a bank that keeps its word, for the tests beside this."""

from datetime import UTC, date, datetime, timedelta

import xlsxwriter

from timebank.entries import Entry, Outcome, Recorded, Refusal
from timebank.errors import BatchRefused
from timebank.exchange import Names, read_sheet, read_table
from timebank.exchange.layouts import SERVICES
from timebank.model import Finding, Position, Reason

NAMES = Names(
    classes={"care": "关爱服务", "meal": "助餐", "meeting": "月度例会"},
    items={"rice": "大米5kg", "visit": "上门探访"},
    facts={"age": "number", "partner": "yes-no", "since": "date", "relation": "choice"},
)
HEADINGS = ["日期", "志愿者编号", "姓名", "服务类别", "开始时间", "结束时间", "时长"]


def workbook(path, rows, *, titles=()):
    """Write *rows* as a program would: dates as dates, numbers as numbers."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("三月")
        for number, title in enumerate(titles):
            page.merge_range(number, 0, number, 5, title)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        length = book.add_format({"num_format": "[h]:mm"})
        for number, row in enumerate(rows, start=len(titles)):
            for column, cell in enumerate(row):
                shape = {date: day, timedelta: length}.get(type(cell))
                page.write(number, column, cell, shape)
    return path


def read(path, layout=SERVICES, names=NAMES):
    return read_table(read_sheet(path), layout, names=names, actor="desk-1")


def csv_file(path, *lines, encoding="utf-8"):
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def said(row):
    """What is wrong with a row: each column and reason."""
    return [(problem.column, problem.reason.value) for problem in row.problems]


class HonestBooks:
    """
    A bank that knows its members, and recognises an id it has seen.

    It refuses whoever is not a member, and an id that comes with another operation.
    """

    def __init__(self, members=()):
        self.members = set(members)
        self.journal = {}
        self.turns = []

    def batch(self, requests, /, *, atomic=True):
        self.turns.append(len(requests))
        answers = self._answers(
            requests, self.journal if not atomic else (trial := dict(self.journal))
        )
        if atomic:
            refusals = tuple(a for a in answers if isinstance(a, Refusal))
            if refusals:
                raise BatchRefused(refusals)
            self.journal = trial
        return answers

    def rehearse(self, requests, /):
        return self._answers(requests, dict(self.journal))

    def _answers(self, requests, journal):
        return tuple(self._answer(request, journal) for request in requests)

    def _answer(self, request, journal):
        known = journal.get(request.id)
        if known and known.entry.operation == request.operation:
            return Outcome(entry=known.entry, position=known.position, replayed=True)
        who = getattr(request.operation, "provider", None)
        if known or who not in self.members:
            reason = Reason.ID_CONFLICT if known else Reason.ACCOUNT_UNKNOWN
            return Refusal(
                id=request.id,
                operation=request.operation,
                effective_on=request.effective_on,
                actor=request.actor,
                policy="p",
                findings=(Finding(code="provider", reason=reason, found=who),),
            )
        entry = Entry(
            id=request.id,
            operation=request.operation,
            effective_on=request.effective_on,
            recorded=Recorded(at=datetime(2026, 4, 1, tzinfo=UTC), on=date(2026, 4, 1)),
            actor=request.actor,
            policy="p",
        )
        journal[request.id] = Outcome(entry=entry, position=Position(len(journal) + 1))
        return journal[request.id]
