"""
Looking at a PostgreSQL database: the server, the tables, and what the role may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, text

from .. import schema
from .. import tables as t
from ..guards.postgresql import SERVER_MIN, triggers_in
from ..rights import WRITING
from .sqlite import of_schema
from .symptoms import Report, Sign, Symptom, grave, note

# whoever logged in is looked at: a role that was taken on since can be laid down again
_SERVER: Final = text("""
    SELECT current_setting('server_version_num')::int AS number,
        current_setting('server_version') AS version,
        session_user AS role, r.rolsuper AS superuser, pg_is_in_recovery() AS standby,
        current_setting('default_transaction_read_only') = 'on' AS read_only,
        pg_encoding_to_char(d.encoding) AS encoding,
        pg_has_role(session_user, d.datdba, 'MEMBER') AS owns_database,
        d.datname AS database,
        current_setting('data_checksums', true) AS checksums,
        to_regclass(:table) IS NOT NULL AS visible,
        coalesce(has_table_privilege(to_regclass(:table), 'SELECT'), false) AS readable
    FROM pg_roles AS r, pg_database AS d
    WHERE r.rolname = session_user AND d.datname = current_database()
""")

# engines that only speak PostgreSQL's language lack some of these
_SETTINGS: Final = text("""
    SELECT current_setting('fsync', true) = 'off' AS unsynced,
        current_setting('full_page_writes', true) = 'off' AS torn,
        current_setting('synchronous_commit', true) AS commit,
        current_setting('synchronous_standby_names', true) <> '' AS standbys
""")

_HIDDEN: Final = text("""
    SELECT quote_ident(n.nspname) FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = :table AND c.relkind IN ('r', 'p') ORDER BY 1
""")

_TABLES: Final = text("""
    SELECT c.oid, c.relname AS name, c.relpersistence = 'u' AS unlogged,
        c.relrowsecurity AS filtered, n.nspname AS home,
        pg_has_role(session_user, c.relowner, 'MEMBER') AS owned,
        pg_has_role(session_user, n.nspowner, 'MEMBER') AS home_owned, EXISTS (
            SELECT FROM aclexplode(n.nspacl) AS a
            WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'
        ) AS open
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = ANY(:tables) AND c.relnamespace = (
        SELECT relnamespace FROM pg_class WHERE oid = to_regclass(:table)
    )
    ORDER BY c.relname
""")

_STRANGERS: Final = text("""
    SELECT c.relname AS name, found.name AS stranger
    FROM pg_class AS c JOIN (
        SELECT tgrelid AS of, tgname AS name FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT ev_class, rulename FROM pg_rewrite
    ) AS found ON found.of = c.oid
    WHERE c.oid = ANY(:tables) AND NOT found.name = ANY(:ours)
    ORDER BY 1, 2
""")

_REACHING: Final = text("""
    SELECT rolname FROM pg_roles
    WHERE pg_has_role(session_user, oid, 'MEMBER') AND (
        rolsuper OR rolname IN ('pg_execute_server_program', 'pg_write_server_files')
    )
    ORDER BY rolname
""")

_RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")

# tables whose rows are facts, with the rights by which they could be changed; erasing
# private details is what their DELETE is for
_CHANGING: Final = {
    **dict.fromkeys(
        (t.entry.name, t.posting.name, t.taken_id.name, t.ledger.name, t.schema.name),
        frozenset({"UPDATE", "DELETE", "TRUNCATE", "TRIGGER"}),
    ),
    t.private.name: frozenset({"UPDATE", "TRUNCATE", "TRIGGER"}),
}

# what it may do as itself, and what it could do as any role that it may take on
_HELD: Final = text("""
    SELECT verb, has_table_privilege(CAST(:table AS oid), verb) AS held,
        bool_or(has_table_privilege(r.oid, CAST(:table AS oid), verb)) AS reached
    FROM unnest(CAST(:verbs AS text[])) AS verb, pg_roles AS r
    WHERE pg_has_role(session_user, r.oid, 'MEMBER')
    GROUP BY verb
""")

_COLUMNS: Final = text("""
    SELECT EXISTS (
        SELECT FROM pg_attribute, pg_roles AS r
        WHERE attrelid = CAST(:table AS oid) AND attnum > 0 AND NOT attisdropped
            AND attname <> ALL(CAST(:caches AS text[]))
            AND pg_has_role(session_user, r.oid, 'MEMBER')
            AND has_column_privilege(r.oid, attrelid, attnum, 'UPDATE')
    )
""")


def examine(connection: Connection) -> Report:
    """Return what is wrong with a PostgreSQL database."""
    server = connection.execute(_SERVER, {"table": t.schema.name}).one()
    there = schema.found(connection) if server.readable else None
    return Report(
        engine=f"PostgreSQL {server.version}",
        schema=there.version if there else None,
        profile=there.profile if there else None,
        role=server.role,
        symptoms=(
            *_of_server(server, there),
            *_of_settings(connection),
            *_of_role(connection, server),
            *(_of_schema(connection, server) if there is None else ()),
            *(of_schema(there, connection) if there else ()),
            *(_of_tables(connection, server) if there else ()),
        ),
    )


def _of_server(server: Any, there: schema.Found | None) -> Iterator[Symptom]:  # noqa: ANN401
    found = f"PostgreSQL {server.version}"
    plain = there is not None and there.profile is schema.Profile.PLAIN
    if server.number < SERVER_MIN:
        wanted = f"PostgreSQL {SERVER_MIN // 10000}"
        yield (note if plain else grave)(Sign.SERVER_OLD, found=found, wanted=wanted)
    # https://www.postgresql.org/docs/release/14.4/
    if 140000 <= server.number < 140004:  # noqa: PLR2004 - as the server numbers itself
        yield grave(Sign.SERVER_FAULTY, found=found, wanted="PostgreSQL 14.4")
    if server.standby:
        yield note(Sign.SERVER_STANDBY)
    elif server.read_only:
        yield grave(Sign.SERVER_READ_ONLY)
    if server.encoding != "UTF8":
        yield grave(Sign.ENCODING, found=server.encoding)
    if server.checksums == "off":
        yield note(Sign.CHECKSUMS)


def _of_settings(connection: Connection) -> Iterator[Symptom]:
    found = connection.execute(_SETTINGS).one()
    if found.unsynced:
        yield grave(Sign.FSYNC_OFF)
    if found.torn:
        yield grave(Sign.PAGES_TORN)
    if found.commit == "off" or (found.commit == "local" and found.standbys):
        yield grave(Sign.COMMIT_EARLY, found=found.commit)


def _of_role(connection: Connection, server: Any) -> Iterator[Symptom]:  # noqa: ANN401
    if server.superuser:
        yield grave(Sign.ROLE_SUPERUSER, role=server.role)
        return
    for (what,) in connection.execute(_REACHING).all():
        yield grave(Sign.ROLE_REACHES, role=server.role, what=what)
    if server.owns_database:
        what = f"the database {server.database}"
        yield grave(Sign.ROLE_OWNS, role=server.role, what=what)


def _of_schema(connection: Connection, server: Any) -> Iterator[Symptom]:  # noqa: ANN401
    home = connection.scalars(_HIDDEN, {"table": t.schema.name}).first()
    if server.visible and not server.readable:
        what = f"SELECT {t.schema.name}"
        yield grave(Sign.ROLE_MAY_NOT, role=server.role, what=what)
    elif home is None or server.visible:
        yield grave(Sign.SCHEMA_NONE)
    else:
        yield grave(Sign.SCHEMA_HIDDEN, home=home, role=server.role)


def _of_tables(connection: Connection, server: Any) -> Iterator[Symptom]:  # noqa: ANN401
    tables = connection.execute(
        _TABLES, {"table": t.schema.name, "tables": list(t.metadata.tables)}
    ).all()
    for table in tables:
        if table.unlogged:
            yield grave(Sign.TABLE_UNLOGGED, table=table.name)
        if table.filtered:
            yield grave(Sign.TABLE_FILTERED, table=table.name)
    yield from _strangers(connection, [table.oid for table in tables])
    if any(table.open for table in tables):
        yield note(Sign.SCHEMA_OPEN, home=tables[0].home)
    if server.superuser:
        return
    owned = [table.name for table in tables if table.owned]
    if owned:
        yield grave(Sign.ROLE_OWNS, role=server.role, what=", ".join(owned))
    elif tables and tables[0].home_owned:
        what = f"the schema {tables[0].home}"
        yield grave(Sign.ROLE_OWNS, role=server.role, what=what)
    else:
        yield from _rights(connection, server.role, tables)


def _strangers(connection: Connection, tables: Iterable[int]) -> Iterator[Symptom]:
    found: dict[str, list[str]] = {}
    ours = list(triggers_in(""))
    for table, stranger in connection.execute(
        _STRANGERS, {"tables": list(tables), "ours": ours}
    ):
        found.setdefault(table, []).append(stranger)
    for table, names in found.items():
        yield note(Sign.GUARDS_FOREIGN, table=table, names=", ".join(names))


def _rights(
    connection: Connection,
    role: str,
    tables: Iterable[Any],
) -> Iterator[Symptom]:
    too_much: list[str] = []
    lacking: list[str] = []
    for table in tables:
        rows = connection.execute(
            _HELD, {"table": table.oid, "verbs": list(_RIGHTS)}
        ).all()
        held = {row.verb for row in rows if row.held}
        reached = {row.verb for row in rows if row.reached}
        caches = (
            [t.ledger.c.policy_position.name] if table.name == t.ledger.name else []
        )
        if connection.scalar(_COLUMNS, {"table": table.oid, "caches": caches}):
            reached.add("UPDATE")
        needed = {verb for verb in WRITING[table.name] if verb in _RIGHTS}
        for verbs, found in (
            (reached & _CHANGING.get(table.name, frozenset()), too_much),
            (needed - held, lacking),
        ):
            if verbs:
                found.append(f"{'/'.join(sorted(verbs))} {table.name}")
    if too_much:
        yield grave(Sign.ROLE_MAY, role=role, what=", ".join(too_much))
    if lacking:
        yield note(Sign.ROLE_MAY_NOT, role=role, what=", ".join(lacking))
