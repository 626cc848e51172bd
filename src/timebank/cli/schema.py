"""
The tables in a database: making them, bringing them up to date, and who may use them.

What ``--sql`` prints is for somebody else to run, who has the rights to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..storage.urls import POSTGRESQL, kind_of, open_database, open_store
from . import show
from .access import url_of
from .endings import ExitCode, Stopped, understood

if TYPE_CHECKING:
    from ..storage.schema import Found

UrlTyped = Annotated[
    str,
    Parameter(
        name="URL",
        help="The database: a file, or a URL such as postgresql://app@host/books.",
    ),
]
Sql = Annotated[bool, Parameter(help="Print the statements instead of running them.")]
Home = Annotated[
    str | None,
    Parameter(
        name="--schema", help="The schema of PostgreSQL, with --sql; public by default."
    ),
]


def create(
    url: UrlTyped,
    /,
    *,
    profile: Annotated[
        Literal["guarded", "plain"],
        Parameter(
            help="plain makes tables without triggers, for engines that have none."
        ),
    ] = "guarded",
    sql: Sql = False,
    schema: Home = None,
) -> int:
    """
    Make the tables of timebank, with their guards, where there are none.

    The role of the URL will own them: let the application use another, see
    timebank schema grants. With --sql nothing is connected to. Tables that
    are there stay as they are; ends with 5 where parts of them are gone.
    """
    from ..storage import schema as tables  # noqa: PLC0415 - SQLAlchemy takes a second
    from ..storage.guards.postgresql import quoted  # noqa: PLC0415

    place, chosen = url_of(url, "URL"), tables.Profile(profile)
    if sql:
        kind = kind_of(place, chosen)
        with understood():
            name = "public" if schema is None else schema
            home = quoted(name) if kind == "postgresql" else ""
        _print(kind, tables.script(kind, home=home, profile=chosen), home)
        return ExitCode.DONE
    if schema is not None:
        raise Stopped(
            "--schema goes with --sql; otherwise the URL says where the tables come to "
            "live: ...?options=-csearch_path%3DSCHEMA"
        )
    open_store(place, create=True, profile=chosen).close()
    with closing(open_database(place)) as database, database.reading() as connection:
        there, gone = tables.check(connection), tables.missing(connection)
    if there.profile is not chosen:
        raise Stopped(
            f"there are tables already, and they are {there.profile}: nothing was changed"
        )
    _tell(there, gone)
    return ExitCode.DONE


def check(url: UrlTyped, /) -> int:
    """
    Say which version the tables have, and whether they and their guards are whole.

    Ends with 6 where the tables are of another version or there are none,
    and with 5 where columns, constraints, indexes or guards are gone.
    """
    from ..storage import schema  # noqa: PLC0415 - SQLAlchemy takes a second

    database = open_database(url_of(url, "URL"))
    with closing(database), database.reading() as connection:
        there, gone = schema.check(connection), schema.missing(connection)
    _tell(there, gone)
    return ExitCode.DONE


def upgrade(url: UrlTyped, /, *, sql: Sql = False) -> int:
    """
    Bring the tables of an older timebank up to date; no fact is rewritten.

    Make a backup first. Tables that are up to date stay as they are.
    """
    from ..storage import schema  # noqa: PLC0415 - SQLAlchemy takes a second

    place = url_of(url, "URL")
    database = open_database(place)
    with closing(database), database.reading() as connection:
        before = schema.some(schema.found(connection))
        statements = schema.migration(database.kind, before.version)
    if sql:
        _print(database.kind, statements)
        return ExitCode.DONE
    if statements:
        with closing(database), database.writing() as connection:
            after = schema.upgrade(connection)
        show.say(f"brought up to date: schema {before.version} to {after.version}")
    else:
        show.say(f"nothing to do: schema {before.version}")
    return ExitCode.DONE


def grants(
    url: UrlTyped,
    role: Annotated[str, Parameter(name="ROLE", help="A role that exists.")],
    /,
    *,
    read_only: Annotated[
        bool,
        Parameter(help="Only what an analyst needs: all but private details."),
    ] = False,
) -> int:
    """
    Print the statements that give a role of PostgreSQL exactly its rights.

    With these it records, and can change no fact. Run them as the owner of
    the tables: timebank schema grants URL app | psql URL
    """
    from ..storage import rights, schema  # noqa: PLC0415 - SQLAlchemy takes a second
    from ..storage.guards.postgresql import quoted, where  # noqa: PLC0415

    place = url_of(url, "URL")
    if not place.startswith(POSTGRESQL):
        raise Stopped("URL: only PostgreSQL has roles; a file has rights of its own")
    database = open_database(place)
    with closing(database), database.reading() as connection:
        schema.check(connection)
        home = where(connection)
    with understood():
        statements = rights.grants(
            role, home=quoted(home or "public"), read_only=read_only
        )
    _print(database.kind, statements)
    return ExitCode.DONE


def _tell(there: Found, gone: Sequence[str]) -> None:
    show.say(f"schema {there.version} ({there.profile})")
    if gone:
        raise Stopped(
            f"gone or altered: {', '.join(gone)}; timebank doctor says what to do",
            ExitCode.UNSOUND,
        )


def _print(kind: str, statements: Iterable[str], home: str = "") -> None:
    """Print *statements* as a script that does all or nothing."""
    if kind == "sqlite":
        show.say("BEGIN IMMEDIATE;")
    else:
        show.say("BEGIN;")
        if home:
            show.say(f"SET LOCAL search_path = {home};")
    for statement in statements:
        show.say(f"{statement};")
    show.say("COMMIT;")
