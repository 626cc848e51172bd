"""
How the demo's results look: tables in a terminal, the same words without colour elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from attrs import frozen
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text as Plain

import demo_texts as texts
from clerk import Audit, Imported, Progress, by_cause, reason_text
from guangzhou import make as district
from guangzhou.month import Month
from timebank import Balance, Bank
from timebank.messages import Language, Text
from xuefu.year import DORMANT, MISSED_MEETINGS, Year

PLAIN_WIDTH: Final = 110
"""Columns where the output is no terminal, so that it is the same everywhere."""
LIST_MAX: Final = 8
"""Lines of a list of which the whole is in a file."""
STATEMENT_LINES: Final = 8
BEST: Final = 8
LOOKED_AT: Final = (
    *district.NEAR_CAP,
    *district.BEYOND_CAP,
    district.JUST_STARRED,
    district.JUST_SHORT,
    district.CLOSED,
)
"""Members about whom something was arranged."""


def stdout() -> Console:
    """Return the terminal, or a plain file of a fixed width."""
    return console(sys.stdout)


def console(file: TextIO) -> Console:
    """Return *file* as something to print on."""
    width = None if file.isatty() else PLAIN_WIDTH
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def watching(language: Language) -> Iterator[Progress]:
    """Show a bar for each import and audit while it lasts, where there is a terminal."""
    steps = {"making": texts.MAKING, "audit": texts.AUDITING}
    stderr = Console(stderr=True)
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(name: str, done: int, rows: int) -> None:
            if name not in tasks:
                text = steps[name].in_(language) if name in steps else name
                tasks[name] = bars.add_task(text)
            bars.update(tasks[name], completed=done, total=rows)

        yield progress


@frozen
class Page:
    """Prints in one language."""

    console: Console
    language: Language
    bank: Bank

    def title(self, text: Text) -> None:
        """Begin a part."""
        self.console.print()
        if self.console.is_terminal:
            self.console.rule(Plain(text.in_(self.language), "bold"), align="left")
        else:
            self.console.print(f"===== {text.in_(self.language)}")

    def heading(self, text: Text, **fields: object) -> None:
        """Begin a section."""
        self.console.print()
        self.console.print(self.said(text, **fields), style="bold")

    def line(self, text: Text, style: str = "", **fields: object) -> None:
        """Say a sentence."""
        said = Plain(self.said(text, **fields), style=style)
        self.console.print(indented(said))

    def said(self, text: Text, **fields: object) -> str:
        """Return a text with its fields filled in."""
        shown = {name: self.number(value) for name, value in fields.items()}
        return text.in_(self.language).format(**shown)

    def number(self, value: object) -> str:
        """Write counts with a blank between thousands, and anything else as it is."""
        return f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)

    def word(self, words: Mapping[str, Text], code: str) -> str:
        """Return the word for *code*, or the code where there is none."""
        return words[code].in_(self.language) if code in words else code

    def table(
        self, headings: Sequence[Text], rows: Iterable[Sequence[object]], right: str
    ) -> None:
        """
        Print *rows* under *headings*.

        Args:
            headings: One a column.
            rows: The cells.
            right: For each column ``r`` for figures or ``l`` for words.
        """
        style = box.SIMPLE_HEAD if self.console.is_terminal else None
        table = Table(box=style, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
        for heading, side in zip(headings, right, strict=True):
            table.add_column(
                heading.in_(self.language),
                justify="right" if side == "r" else "left",
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Plain(self.number(cell)) for cell in row))
        self.console.print(indented(table))

    def amount(self, unit: str, parts: int) -> str:
        """Write whole parts in their unit."""
        return self.bank.unit(unit).show(parts)


def indented(what: Plain | Table) -> Padding:
    """Return *what*, a little to the right."""
    return Padding(what, (0, 0, 0, 2), expand=False)


# ---------------------------------------------------------------- of both parts


def print_recorded(page: Page, sheets: Iterable[Imported]) -> None:
    """Say how many rows of each sheet were recorded."""
    page.heading(texts.RECORDED)
    page.table(
        (
            *(texts.SHEET, texts.ROWS, texts.RECORDED_ROWS),
            *(texts.REFUSED_ROWS, texts.REMARKED_ROWS, texts.TOTALS),
        ),
        [
            (
                sheet.path.name,
                len(sheet.table.rows),
                len(sheet.report.recorded),
                len(sheet.report.refused),
                len(sheet.report.noted),
                len(sheet.report.skipped),
            )
            for sheet in sheets
        ],
        "lrrrrr",
    )


def print_refused(page: Page, sheet: Imported, *, at_most: int | None = None) -> None:
    """Say what was refused: by reason, and then row by row."""
    page.heading(texts.REFUSED, sheet=sheet.path.name)
    counts = by_cause(sheet.report).most_common()
    page.table(
        (texts.ROWS, texts.WHY),
        [(number, page.word(texts.CAUSES, cause)) for cause, number in counts],
        "rl",
    )
    page.console.print()
    print_refused_rows(page, sheet, at_most=at_most)
    if sheet.refused_to:
        page.line(texts.REFUSED_TO, file=sheet.refused_to.name)


def print_refused_rows(
    page: Page, sheet: Imported, *, at_most: int | None = None
) -> None:
    """Name every refused row with all its reasons, or as many as a reader can take."""
    refused = sheet.report.refused
    page.table(
        (texts.ROW, texts.WHAT_TO_DO),
        [
            (
                str(one.row.number),
                "\n".join(
                    reason_text(finding, page.bank, page.language)
                    for finding in one.findings
                ),
            )
            for one in refused[:at_most]
        ],
        "rl",
    )
    more = len(refused) - len(refused[:at_most])
    if more and sheet.refused_to:
        page.line(texts.MORE, more=more, file=sheet.refused_to.name)


def print_books(page: Page, audit: Audit) -> None:
    """Say whether the books are right."""
    page.heading(texts.BOOKS)
    for fault in audit.faults[:LIST_MAX]:
        page.line(texts.FAULTY, style="bold red", fault=fault)
    if not audit.faults:
        page.line(
            texts.VERIFIED,
            style="green",
            entries=audit.entries,
            postings=audit.postings,
        )
    for difference in audit.differing[:LIST_MAX]:
        page.line(texts.FOLD_DIFFERS, style="bold red", difference=difference)
    if not audit.differing:
        page.line(texts.FOLD_AGREES, style="green", balances=audit.balances)


def print_files(page: Page, folder: Path) -> None:
    """List what is now in *folder*."""
    page.heading(texts.FILES)
    for path in sorted(folder.iterdir()):
        if not path.name.endswith(("-wal", "-shm", "-turn")):
            page.console.print(f"  {path}", soft_wrap=True)


# ---------------------------------------------------------------- the month


def print_month(page: Page, month: Month, made: district.Made, audit: Audit) -> None:
    """Report on the district's month."""
    page.title(texts.MONTH)
    print_recorded(page, month.sheets)
    for who in made.closed:
        named = len(made.services.planted[district.Mess.CLOSED_MEMBER])
        page.line(texts.CLOSED, account=who, day=district.CLOSED_ON, rows=named)
    waited = len(month.waited)
    page.line(
        texts.HANDED_OVER,
        at_once=len(month.orders.report.recorded) - waited,
        waited=waited,
    )
    again = month.orders_again.report
    page.line(texts.AGAIN, recorded=len(again.recorded), known=len(again.known))
    print_refused(page, month.march)
    print_refused(page, month.orders, at_most=LIST_MAX)
    print_remarks(page, month.march)
    print_members(page)
    print_statement(page, district.JUST_STARRED, "points")
    print_books(page, audit)
    print_files(page, made.members.path.parent)


def print_remarks(page: Page, sheet: Imported) -> None:
    """Show a few of the rows that were recorded with a remark."""
    page.heading(texts.REMARKS, sheet=sheet.path.name)
    noted = sheet.report.noted
    page.table(
        (texts.ROW, texts.REMARK),
        [
            (str(one.number), reason_text(finding, page.bank, page.language))
            for one in noted[:3]
            for finding in one.findings
        ],
        "rl",
    )
    if sheet.remarks_to and len(noted) > 3:  # noqa: PLR2004 - as many as are shown
        page.line(texts.MORE, more=len(noted) - 3, file=sheet.remarks_to.name)


def print_members(page: Page) -> None:
    """Show what the arranged members hold, and their stars."""
    page.heading(texts.SOME_MEMBERS)
    rows = []
    for who in LOOKED_AT:
        view = page.bank.standing(who)
        hours, points = (page.bank.balance(who, unit) for unit in ("hours", "points"))
        closed_on = view.account.closed_on
        rows.append(
            (
                who,
                page.amount("hours", hours.total),
                page.amount("points", points.total),
                star_of(page, view.tiers["star"]),
                page.said(texts.CLOSED_ON, day=closed_on)
                if closed_on
                else page.said(texts.OPEN),
            )
        )
    page.table(
        (texts.MEMBER, texts.HOURS, texts.POINTS, texts.STAR, texts.STATUS),
        rows,
        "lrrll",
    )


def star_of(page: Page, level: str) -> str:
    """Return what people call a star level; a dash for none."""
    levels = page.bank.policy.ladders["star"].levels
    spoken = {rung.name: rung.text for rung in levels}
    return (page.language is Language.ZH and spoken.get(level)) or level or "–"


def print_statement(page: Page, account: str, unit: str) -> None:
    """Show the last lines of an account's statement."""
    named = texts.POINTS if unit == "points" else texts.HOURS
    page.heading(texts.STATEMENT, account=account, unit=page.said(named))
    lines = page.bank.statement(account, unit)
    earlier = len(lines[:-STATEMENT_LINES])
    if earlier:
        page.line(texts.EARLIER, earlier=earlier)
    page.table(
        (
            *(texts.DAY, texts.WHAT, texts.AMOUNT),
            *(texts.FREE, texts.HELD, texts.ENTRY),
        ),
        [
            (
                line.effective_on,
                page.word(texts.KINDS, line.kind),
                f"{'+' * (line.amount > 0)}{page.amount(unit, line.amount)}",
                *balance_of(page, unit, line.balance),
                line.entry,
            )
            for line in lines[-STATEMENT_LINES:]
        ],
        "llrrrl",
    )


def balance_of(page: Page, unit: str, balance: Balance | None) -> tuple[str, str]:
    """Return what is free and what is set aside; blanks for an account without either."""
    if balance is None:
        return "", ""
    return page.amount(unit, balance.free), page.amount(unit, balance.held)


# ---------------------------------------------------------------- the year


def print_year(page: Page, year: Year, audit: Audit) -> None:
    """Report on the community's year."""
    page.title(texts.YEAR)
    print_recorded(page, year.sheets)
    page.heading(texts.COUNTED)
    page.table(
        (texts.CLASS, texts.TIMES),
        [(class_name(page, name), times) for name, times in year.counted.items()],
        "lr",
    )
    page.heading(texts.GROUPS)
    page.table((texts.GROUP, texts.MEMBERS), sorted(year.groups.items()), "lr")
    page.heading(texts.MOVES_REFUSED)
    print_refused_rows(page, year.tiers)
    print_contributions(page, year)
    print_flagged(page, year)
    page.line(
        texts.DORMANT,
        dormant=len(year.with_flag(DORMANT)),
        members=len(year.standings),
    )
    print_books(page, audit)
    print_files(page, year.members.path.parent)


def class_name(page: Page, name: str) -> str:
    """Return what people call a class: the policy's name for it, or its Chinese text."""
    spoken = page.bank.policy.classes[name].text
    return spoken if spoken and page.language is Language.ZH else name.replace("_", " ")


def print_contributions(page: Page, year: Year) -> None:
    """Show who is to be commended."""
    page.heading(texts.CONTRIBUTION)

    def held(who: str, unit: str) -> int:
        return page.bank.balance(who, unit).total

    standings = {view.account.id: view for view in year.standings}
    best = [standings[place.account] for place in year.commended]
    page.table(
        (texts.MEMBER, texts.GROUP, texts.VALUE, texts.HOURS, texts.ATTENDED),
        [
            (
                view.account.id,
                view.tiers["group"],
                *(
                    page.amount(unit, held(view.account.id, unit))
                    for unit in ("contribution", "hours", "attended")
                ),
            )
            for view in best[:BEST]
        ],
        "llrrr",
    )


def print_flagged(page: Page, year: Year) -> None:
    """Show who missed three meetings in a row, when, and whether that still holds."""
    page.heading(texts.FLAGGED)
    still = {*year.with_flag(MISSED_MEETINGS)}
    page.table(
        (texts.DAY, texts.FLAGGED_STILL, texts.REMARK),
        [
            (
                day,
                page.said(texts.STILL if finding.account in still else texts.NO_LONGER),
                reason_text(finding, page.bank, page.language),
            )
            for day, finding in year.flagged
        ],
        "lll",
    )
