"""
What was measured, as text for a terminal, as Markdown, and as a comparison of two runs.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from .model import Series
from .results import Figure, Figures, Judged, Results, quotients

HEADINGS: Final = (
    "subject",
    "per second",
    "rounds",
    "to the floor",
    "p50 µs",
    "p99 µs",
    "worst µs",
    "CPU µs",
    "memory MB",
    "trips",
    "statements",
    "bytes",
    "lacks",
)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many digits that matter, thousands apart."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}"


def row(figure: Figure, floor: Series) -> tuple[str, ...]:
    """Return the cells of a figure, beside the rounds of the *floor*."""
    lacks = ", ".join(figure.lacks)
    if not figure.rates:
        return (figure.subject, figure.absent or "nothing", *("",) * 10, lacks)
    least, most = min(figure.rates), max(figure.rates)
    beside = quotients(figure.rates, floor)
    to_floor = statistics.median(beside) if beside else None
    return (
        figure.subject,
        number(figure.rate),
        f"{number(least)}–{number(most)}",
        number(to_floor, 2),
        number(figure.p50),
        number(figure.p99),
        number(figure.worst),
        number(figure.cpu),
        f"{number(figure.start_mb)}–{number(figure.peak_mb)}",
        number(figure.trips, 2),
        number(figure.statements, 2),
        number(figure.disk, 4),
        lacks,
    )


def table(answer: Figures, part: str) -> list[tuple[str, ...]]:
    """Return the rows of one part, without headings."""
    figures = [each for each in answer.figures if each.part == part]
    floor = next((each.rates for each in figures if each.subject == answer.floor), ())
    return [row(each, floor) for each in figures]


def goal(judged: Judged) -> tuple[str, str, str, str]:
    """Return the cells of a goal."""
    if judged.value is None:
        return judged.text, judged.wanted, "–", "not measured"
    met = "met" if judged.met else "not met"
    if judged.met and judged.stretch is not None and judged.value >= judged.stretch:
        met = "met, and more"
    return judged.text, judged.wanted, number(judged.value), met


GOALS: Final = ("goal", "wanted", "found", "")


def text(answer: Figures) -> Iterator[str]:
    """Yield the lines that a terminal shows."""
    yield f"{answer.question} (row {answer.row}): {answer.counted}"
    yield f"  4 KiB reach this disk in {number(answer.fsync_us)} µs"
    if answer.share != 1:
        yield f"  every size is the question's times {answer.share:g}"
    for part in answer.parts():
        yield f"\n  {part}"
        rows = table(answer, part)
        yield from _aligned([HEADINGS, *(each for each in rows if each[2])])
        yield from (
            f"    {name}: {why}" for name, why, rounds, *_ in rows if not rounds
        )
    for each in answer.not_yet:
        yield f"\n  not yet: {each}"
    if answer.goals:
        yield ""
        yield from _aligned([GOALS, *(goal(each) for each in answer.goals)])


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    columns = zip(*rows, strict=True)
    widths = [max(map(len, column)) for column in columns]
    for each in rows:
        cells = (cell.ljust(width) for cell, width in zip(each, widths, strict=True))
        yield ("    " + "  ".join(cells)).rstrip()


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table; the first row is its heading."""
    heading, *others = rows
    return [
        "| " + " | ".join(heading) + " |",
        "|" + "---|" * len(heading),
        *("| " + " | ".join(cells) + " |" for cells in others),
    ]


def compared(old: Results, new: Results) -> Iterator[str]:
    """
    Yield how the figures of two runs stand to each other.

    The ratio to the floor is compared beside the rate: machines differ, and the same
    machine differs from hour to hour.
    """
    before = {answer.question: answer for answer in old.answers}
    for answer in new.answers:
        if answer.question not in before:
            continue
        yield f"{answer.question} ({answer.counted} per second)"
        yield from _aligned(
            [
                (
                    "part",
                    "subject",
                    "old",
                    "new",
                    "new/old",
                    "floors",
                    "beside the floor",
                ),
                *_comparisons(before[answer.question], answer),
            ]
        )
        yield ""


def _comparisons(old: Figures, new: Figures) -> Iterator[tuple[str, ...]]:
    for each in new.figures:
        try:
            before, after = old.of(each.subject, each.part).rate, each.rate
        except LookupError:
            continue
        change = after / before
        try:
            floors = (
                new.of(new.floor, each.part).rate / old.of(old.floor, each.part).rate
            )
        except LookupError:
            floors = None
        yield (
            *(each.part, each.subject, number(before), number(after)),
            *(f"{change:.2f}", "–" if floors is None else f"{floors:.2f}"),
            "–" if floors is None else f"{change / floors:.2f}",
        )
