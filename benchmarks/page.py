"""
The page of figures: ``docs/explanation/performance.md``, written anew from a file of results.

What stands between two marks is written here; all else by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import evolve

from .questions import asks, question
from .report import GOALS, HEADINGS, goal, markdown, number, table
from .results import Figures, Results, judge

PAGE: Final = (
    Path(__file__).resolve().parents[1] / "docs" / "explanation" / "performance.md"
)
PLOTS: Final = PAGE.with_suffix("")

BLOCK: Final = re.compile(
    r"(<!-- (?P<name>[\w-]+): begins -->\n).*?(<!-- (?P=name): ends -->)", re.DOTALL
)
MACHINE: Final = "machine"

LEFT_OUT: Final = {"worst µs"}
"""Columns that a page has no room for."""


def marks(page: str) -> list[str]:
    """Return the names of what is written by itself in *page*."""
    return [found["name"] for found in BLOCK.finditer(page)]


def rewritten(page: str, results: Results) -> str:
    """
    Return *page* with the figures of *results*; others it has stay.

    Goals are those of today, whatever they were when it was measured.
    """
    blocks = {MACHINE: "\n".join(_machine(results))}
    for answer in results.answers:
        goals = judge(question(answer.question), answer)
        blocks[answer.question] = "\n".join(_answer(evolve(answer, goals=goals)))

    def block(found: re.Match[str]) -> str:
        if found["name"] not in blocks:
            return found[0]
        return f"{found[1]}\n{blocks[found['name']]}\n\n{found[3]}"

    return BLOCK.sub(block, page)


def _machine(results: Results) -> Iterator[str]:
    rows = [("", ""), *results.machine.items(), *results.settings.items()]
    yield from markdown(rows)


def _answer(answer: Figures) -> Iterator[str]:
    first, *arithmetic = asks(answer.question).split("\n\n")
    yield f"**{_one_line(first)}**"
    for paragraph in arithmetic:
        yield ""
        yield from _one_line(paragraph).replace(".  ", ".\n").splitlines()
    yield ""
    yield (
        f"Counted are {answer.counted}; 4 KiB reached the disk in "
        f"{number(answer.fsync_us)} µs meanwhile."
    )
    if answer.share != 1:
        yield f"Every size is the question's times {answer.share:g}."
    for part in answer.parts():
        yield ""
        yield f"*{part}*"
        yield ""
        yield from markdown(_narrowed([HEADINGS, *table(answer, part)]))
    for each in answer.not_yet:
        yield ""
        yield f"Not yet: {each}."
    if answer.goals:
        yield ""
        yield from markdown([GOALS, *(goal(each) for each in answer.goals)])
    yield ""
    yield f"![{answer.counted} per second](performance/{answer.question}.svg)"


def _one_line(text: str) -> str:
    return re.sub(r"(?<=[^.]) *\n", " ", text).replace("\n", "  ")


def _narrowed(rows: list[tuple[str, ...]]) -> list[list[str]]:
    """Return *rows* without columns that are empty, or that there is no room for."""
    kept = [
        index
        for index, column in enumerate(zip(*rows, strict=True))
        if column[0] not in LEFT_OUT
        and any(cell not in {"", "–"} for cell in column[1:])
    ]
    return [[row[index] for index in kept] for row in rows]


def write(results: Results) -> None:
    """Write the figures of *results* into the page."""
    page = PAGE.read_text("utf-8")
    PAGE.write_text(rewritten(page, results), "utf-8")
