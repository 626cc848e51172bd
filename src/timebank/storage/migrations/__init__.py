"""
For hosts that keep their database up to date with Alembic.

A host's autogenerate sees tables that are not in its metadata and would drop them:
`include_object` keeps ours out of its sight.  A host that wants its `alembic upgrade` to
make and mind our tables as well adds `VERSIONS` to its version locations; our revisions
are a branch of their own, with the label `BRANCH`.

Nothing here imports Alembic; it comes with the extra ``migrate``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from .. import schema
from .. import tables as t

BRANCH: Final = "timebank"
"""The label of our revisions: ``alembic upgrade timebank@head``."""

VERSIONS: Final = str(Path(__file__).with_name("versions"))
"""The folder of our revisions, for ``version_locations``; in an ini file it can be written
``timebank:storage/migrations/versions``."""

NEVER_DOWN: Final = (
    "the tables of timebank hold facts for ever and are never dropped by a "
    "migration; whoever means to lose the books drops them by hand"
)
"""What a revision says that is asked to go back."""

OURS: Final = frozenset({*t.metadata.tables, f"{t.PREFIX}alembic_version"})
"""The names of our tables, and of the version table of a host that keeps ours apart."""

IncludeObject = Callable[[Any, str | None, str, bool, Any], bool]
"""What Alembic asks of each object that it compares."""


def include_object(
    object: Any,  # noqa: ANN401 - what Alembic hands over
    name: str | None,
    type_: str,
    reflected: bool,  # noqa: FBT001
    compare_to: Any,  # noqa: ANN401
) -> bool:
    """Return whether an object is the host's to mind; ours are not."""
    del reflected, compare_to
    table = name if type_ == "table" else getattr(object, "table", None)
    return str(getattr(table, "name", table)) not in OURS


def including(theirs: IncludeObject) -> IncludeObject:
    """Return `include_object` for a host that has one of its own: both must agree."""

    def both(*asked: Any) -> bool:  # noqa: ANN401
        return include_object(*asked) and theirs(*asked)

    return both


def take_step(version: int, op: Any, context: Any) -> None:  # noqa: ANN401 - Alembic's
    """
    Bring the tables from *version* to the next, as a revision does.

    What writes a script cannot look; from the beginning it makes today's tables at once.

    Args:
        version: From which version.
        op: ``alembic.op``.
        context: ``alembic.context``.
    """
    if not context.is_offline_mode():
        bring_up_to_date(op.get_bind())
        return
    older = {f"{BRANCH}_{each}" for each in range(1, version + 1)}
    if context.get_starting_revision_argument() in older:
        for statement in schema.MIGRATIONS[op.get_context().dialect.name][version]():
            op.execute(statement)


def bring_up_to_date(
    connection: Connection, profile: schema.Profile = schema.Profile.GUARDED
) -> schema.Found:
    """
    Make the tables, or bring them up to date, or leave them as they are; all or nothing.

    Args:
        connection: In whose transaction; ``op.get_bind()`` in a revision.
        profile: With what they are made; those that are there keep theirs.

    Raises:
        SchemaUnknown: If a newer timebank made them.
    """
    # SQLite's driver begins no transaction before a statement that makes a table; a
    # savepoint holds these together whoever commits, or does not
    with connection.begin_nested() if connection.in_transaction() else nullcontext():
        if schema.found(connection) is None:
            return schema.make(connection, profile)
        return schema.upgrade(connection)
