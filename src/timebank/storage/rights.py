"""
What a role of PostgreSQL needs to keep books, and nothing more.

The application logs in as a role that owns nothing.  It can add facts and look at them,
but has no right to change or delete any, whatever becomes of the guards; only what can
be made again from the facts, it may update.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import tables as t
from .guards.postgresql import quoted

_FACTS: Final = (t.entry, t.posting, t.taken_id)
_CACHES: Final = (t.account_state, t.balance, t.head)

WRITING: Final[Mapping[str, tuple[str, ...]]] = {
    table.name: rights
    for table, rights in {
        t.schema: ("SELECT",),
        # the one column that is no fact: where the last policy stands
        t.ledger: ("SELECT", "INSERT", "UPDATE (policy_position)"),
        **dict.fromkeys(_FACTS, ("SELECT", "INSERT")),
        t.private: ("SELECT", "INSERT", "DELETE"),
        **dict.fromkeys(_CACHES, ("SELECT", "INSERT", "UPDATE")),
    }.items()
}
"""By table, the rights of a role that records."""

READING: Final[Mapping[str, tuple[str, ...]]] = {
    name: ("SELECT",) for name in WRITING if name != t.private.name
}
"""By table, the rights of a role that analyses; names and remarks stay closed to it."""


def grants(role: str, *, home: str, read_only: bool = False) -> tuple[str, ...]:
    """
    Return the statements that give *role* exactly the rights it needs.

    What it, or everybody, was given before on these tables is taken back first.

    Args:
        role: The role's name, as it is.
        home: The schema in which the tables are, quoted.
        read_only: Whether the role only analyses.

    Raises:
        ValueError: If no role can be called that.
    """
    whom = quoted(role)
    tables = ", ".join(f"{home}.{name}" for name in WRITING)
    rights = READING if read_only else WRITING
    return (
        f"REVOKE ALL ON {tables} FROM PUBLIC, {whom}",
        f"GRANT USAGE ON SCHEMA {home} TO {whom}",
        *(
            f"GRANT {', '.join(verbs)} ON {home}.{table} TO {whom}"
            for table, verbs in rights.items()
        ),
    )
