"""
What is different with ten million entries on PostgreSQL?

A thousand members have 20 000 postings each by then, and the books take 16 GB, of which the
server keeps 256 MB and the machine what is free.  An index is a level deeper than with 10 000:
a few more pages for each row that is written, 10 to 50 µs in all.  The lines of a statement are
a hundred pages from all over the books, as on SQLite.  To fill them by COPY takes ten to twenty
minutes for each subject.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL
from ..model import Question
from .ten_million_sqlite import asking

QUESTION: Final[Question] = asking(
    "ten-million-postgresql", FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL
)
