"""
How long does it take until something is there: `import timebank`, the help, one balance?

Python itself starts in 15 ms.  attrs and cattrs take 60, SQLAlchemy 200 to 1 000, cyclopts and
rich 150.  The floor imports by hand what the command cannot do without, and does nothing; help
needs no database and so no SQLAlchemy.  `import timebank` imports nothing until a name is asked
for: what opening books then takes is in the balance.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import BARE, COMMANDS
from ..model import Goal, Part, Question
from ..results import rate, ratio

ACTS: Final = {
    "importing": "import timebank",
    "helping": "timebank --help",
    "balance": "timebank balance",
}
AT_MOST: Final = 1.3

QUESTION: Final = Question(
    name="starting",
    row=12,
    counted="starts",
    parts=tuple(Part(name=name, act=act, members=10) for act, name in ACTS.items()),
    subjects=(BARE, COMMANDS),
    goals=tuple(
        Goal(
            text=f"{name}, to the bare imports",
            value=ratio(rate("floor", name), rate("timebank", name)),
            at_most=AT_MOST,
        )
        for name in ACTS.values()
    ),
)
