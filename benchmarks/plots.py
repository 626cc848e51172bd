"""
A plot for each question: how many per second, each subject a line, each part a group.

The scale is logarithmic, where a bar's length would say nothing: a dot is the median, and
what goes through it reaches from the least of the rounds to the most.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from matplotlib import pyplot as plt

from .results import Figures, Results

COLOURS: Final = {"floor": "#b0b0b0", "timebank": "#0b6e4f"}
OTHERS: Final = ("#8da0cb", "#e5c494", "#a6cee3", "#cab2d6", "#fdbf6f", "#b2df8a")
LINE_INCHES: Final = 0.28
GAP: Final = 1
"""The room between two groups, in lines."""

SETTINGS: Final = {
    # the same figures make the same file
    "svg.hashsalt": "timebank",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(results: Results, folder: Path) -> None:
    """Write a plot of each question into *folder*."""
    folder.mkdir(exist_ok=True)
    for answer in results.answers:
        _draw(answer, folder / f"{answer.question}.svg")


def _draw(answer: Figures, path: Path) -> None:
    names = list(dict.fromkeys(each.subject for each in answer.figures if each.rates))
    others = [name for name in names if name not in COLOURS]
    colours = {**dict(zip(others, OTHERS * len(others), strict=False)), **COLOURS}
    places, labels, place = [], [], 0.0
    groups = []
    for part in answer.parts():
        first = place
        for each in answer.figures:
            if each.part == part and each.rates:
                places.append((place, each))
                labels.append(each.subject)
                place += 1
        groups.append(((first + place - 1) / 2, part))
        place += GAP
    with plt.rc_context(SETTINGS):
        figure, axes = plt.subplots(
            figsize=(7.5, max(1.4, LINE_INCHES * (place + GAP)) + 0.5)
        )
        for at, each in places:
            below, above = each.rate - min(each.rates), max(each.rates) - each.rate
            axes.errorbar(
                each.rate,
                at,
                xerr=[[below], [above]],
                fmt="o",
                markersize=6,
                color=colours[each.subject],
                elinewidth=2,
            )
        axes.set_yticks([at for at, _ in places], labels)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.grid(axis="x", which="both", linewidth=0.3)
        axes.set_xlabel(
            f"{answer.counted} per second (median, least and most of the rounds)"
        )
        if len(groups) > 1:
            for at, part in groups:
                axes.text(
                    1.01, at, part, transform=axes.get_yaxis_transform(), va="center"
                )
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
        plt.close(figure)
