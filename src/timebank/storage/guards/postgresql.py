"""
PostgreSQL's guards: triggers, of version 14 and later.

Changing or deleting is refused row by row, which also holds for a table's heirs and for
logical replication; nothing legitimate ever gets there, so it costs nothing.  What is
inserted is looked at once a statement: legs first, in one statement or several, and then
the entries that they belong to.

Every trigger is ENABLE ALWAYS: `session_replication_role = replica` does not pass it by.
The functions name the tables with their schema and see no other search path, so that
nobody can put a table of their own in between.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Final

from sqlalchemy import Connection, text

from ...errors import StoreDamaged
from ...texts import Text
from .. import tables as t

SERVER_MIN: Final = 140000
"""The oldest server that these guards are made for, as the server numbers itself."""

FACTS: Final = ("entry", "posting", "taken_id")
"""Tables whose rows nobody changes or takes away."""

SEARCH_PATH: Final = "pg_catalog, pg_temp"

_APPEND_ONLY: Final = f"{t.PREFIX}append_only"
_ENTRIES_ARRIVE: Final = f"{t.PREFIX}entries_arrive"
_POSTINGS_ARRIVE: Final = f"{t.PREFIX}postings_arrive"

# Positions have no gaps, so a few comparisons of first and last places say as much as a
# join over every row would, and no plan of them can go wrong as the tables grow.
_BODIES: Final = {
    _APPEND_ONLY: """
        BEGIN
            RAISE EXCEPTION USING
                ERRCODE = 'restrict_violation', MESSAGE = TG_ARGV[0],
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END
    """,
    _ENTRIES_ARRIVE: """
        DECLARE
            run record;
        BEGIN
            FOR run IN
                SELECT ledger, min(position) AS first, max(position) AS last,
                    count(*) AS number
                FROM arrived GROUP BY ledger
            LOOP
                IF run.last - run.first + 1 <> run.number OR run.first <> 1 AND NOT EXISTS (
                    SELECT FROM {schema}.timebank_entry AS e
                    WHERE e.ledger = run.ledger AND e.position = run.first - 1
                ) THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'check_violation',
                        MESSAGE = 'positions follow each other without gaps',
                        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
                END IF;
                IF EXISTS (
                    SELECT FROM {schema}.timebank_posting AS p
                    WHERE p.ledger = run.ledger
                        AND p.position BETWEEN run.first AND run.last
                    GROUP BY p.position, p.unit HAVING sum(p.amount) <> 0
                ) THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'check_violation',
                        MESSAGE = 'postings must sum to zero in each unit',
                        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
                END IF;
            END LOOP;
            RETURN NULL;
        END
    """,
    # asked for the last entry of a ledger, the server reads all of them on the index's
    # last page; asked for one from there on it reads none, in 15 µs less
    _POSTINGS_ARRIVE: """
        DECLARE
            run record;
        BEGIN
            FOR run IN
                SELECT ledger, min(position) AS first FROM arrived GROUP BY ledger
            LOOP
                IF run.first < 1 OR EXISTS (
                    SELECT FROM {schema}.timebank_entry AS e
                    WHERE e.ledger = run.ledger AND e.position >= run.first
                ) THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'check_violation',
                        MESSAGE = 'legs come before their entry',
                        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
                END IF;
            END LOOP;
            RETURN NULL;
        END
    """,
}


def quoted(name: str) -> str:
    """
    Return *name* as an identifier of SQL.

    Raises:
        ValueError: If no identifier can be called that.
    """
    if not name or "\0" in name:
        raise ValueError(
            Text(
                "{name!r} cannot be the name of a role or schema",
                "{name!r} 不能作为角色或模式的名称",
                name=name,
            )
        )
    return '"' + name.replace('"', '""') + '"'


def home(connection: Connection) -> str:
    """
    Return the schema in which new tables come to live, quoted.

    Raises:
        StoreDamaged: If the search path names none that exists.
    """
    found = connection.scalar(text("SELECT current_schema()"))
    if found is None:
        raise StoreDamaged(
            Text(
                "the search path names no schema that exists; create one, or set "
                "search_path",
                "search_path 所列的模式都不存在；请新建一个，或设置 search_path",
            )
        )
    return quoted(found)


def where(connection: Connection) -> str | None:
    """Return the schema in which the tables are, or *None* where there are none."""
    found = connection.execute(_HOME_FOUND, {"table": t.entry.name}).first()
    return str(found.name) if found else None


def untrusted(connection: Connection) -> frozenset[str]:
    """Return the names of indexes and constraints of ours that may not hold."""
    found = connection.scalars(_UNTRUSTED, {"tables": list(t.metadata.tables)})
    return frozenset(found)


def script(schema: str) -> tuple[str, ...]:
    """Return the statements that set the guards up on the tables in *schema* (quoted)."""
    functions = (
        f"CREATE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = {SEARCH_PATH} AS $guard${body}$guard$"
        for name, body in functions_in(schema).items()
    )
    triggers = (
        statement
        for name, (table, definition) in triggers_in(schema).items()
        for statement in (
            definition,
            f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}",
        )
    )
    return (*functions, *triggers)


def renewal() -> str:
    """
    Return the statement that has the guards that are there look as those of today do.

    It is one for tables in any schema, and does nothing where there are no guards.
    """
    bodies = ", ".join(
        f"('{name}', $body${dedent(body)}$body$)" for name, body in _BODIES.items()
    )
    return _RENEWAL.replace("{bodies}", bodies)


_RENEWAL: Final = dedent(f"""\
    DO $renewal$
    DECLARE
        found record;
    BEGIN
        FOR found IN
            SELECT pg_get_functiondef(p.oid) AS made, p.prosrc AS body,
                replace(
                    today.body, '{{schema}}', '"' || replace(n.nspname, '"', '""') || '"'
                ) AS today
            FROM (VALUES {{bodies}}) AS today (name, body)
            JOIN pg_proc AS p ON p.proname = today.name AND p.pronargs = 0
            JOIN pg_namespace AS n ON n.oid = p.pronamespace
            JOIN pg_class AS c ON c.relnamespace = n.oid
            WHERE c.oid = to_regclass('{t.entry.name}')
        LOOP
            EXECUTE replace(found.made, found.body, found.today);
        END LOOP;
    END
    $renewal$""")


def functions_in(schema: str) -> dict[str, str]:
    """Return the functions by name, each with its body, for tables in *schema* (quoted)."""
    return {
        name: dedent(body).replace("{schema}", schema) for name, body in _BODIES.items()
    }


def triggers_in(schema: str) -> dict[str, tuple[str, str]]:
    """
    Return the triggers by name, each with its table and its definition.

    The definitions are written as `pg_get_triggerdef` gives them back, which leaves out
    the schema of a function where the search path finds it.
    """
    triggers: dict[str, tuple[str, str]] = {}

    def guard(  # noqa: PLR0913 - what a trigger is made of
        table: str,
        verb: str,
        function: str,
        *,
        when: str = "BEFORE",
        seeing: str = "",
        each: str = "ROW",
        saying: str = "",
    ) -> None:
        name = f"{t.PREFIX}{table}_{verb.partition(' ')[0].lower()}"
        said = f"'{saying}'" if saying else ""
        triggers[name] = (
            f"{t.PREFIX}{table}",
            (
                f"CREATE TRIGGER {name} {when} {verb} ON {schema}.{t.PREFIX}{table} "
                f"{seeing}FOR EACH {each} EXECUTE FUNCTION {schema}.{function}({said})"
            ),
        )

    def never(table: str, saying: str, *verbs: str) -> None:
        for verb in verbs:
            each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
            guard(table, verb, _APPEND_ONLY, each=each, saying=saying)

    for table in FACTS:
        never(table, f"{table} is append-only", "UPDATE", "DELETE", "TRUNCATE")
    erased = "private details are erased, never changed"
    never("private", erased, "UPDATE", "TRUNCATE")
    columns = ", ".join(
        c.name for c in t.ledger.c if c is not t.ledger.c.policy_position
    )
    never("ledger", "a ledger is set up once", f"UPDATE OF {columns}")
    never("ledger", "a ledger is for ever", "DELETE", "TRUNCATE")

    arriving = {"when": "AFTER", "each": "STATEMENT"}
    seeing = "REFERENCING NEW TABLE AS arrived "
    guard("entry", "INSERT", _ENTRIES_ARRIVE, seeing=seeing, **arriving)
    guard("posting", "INSERT", _POSTINGS_ARRIVE, seeing=seeing, **arriving)
    return triggers


_CALL: Final = "EXECUTE FUNCTION "

_TRIGGERS_FOUND: Final = text("""
    SELECT t.tgname AS name, pg_get_triggerdef(t.oid) AS definition
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE c.relnamespace = :schema AND p.pronamespace = :schema
        AND NOT t.tgisinternal AND t.tgenabled = 'A' AND c.relhastriggers
""")

_FUNCTIONS_FOUND: Final = text("""
    SELECT p.proname AS name, p.prosrc AS body
    FROM pg_proc AS p
    JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace = :schema AND p.pronargs = 0 AND l.lanname = 'plpgsql'
        AND NOT p.prosecdef AND p.proconfig = ARRAY['search_path=' || :search_path]
""")

_UNTRUSTED: Final = text("""
    SELECT i.relname FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_class AS c ON c.oid = x.indrelid
    WHERE c.relname = ANY(:tables) AND pg_table_is_visible(c.oid)
        AND NOT (x.indisvalid AND x.indisready)
    UNION ALL
    SELECT n.conname FROM pg_constraint AS n
    JOIN pg_class AS c ON c.oid = n.conrelid
    WHERE c.relname = ANY(:tables) AND pg_table_is_visible(c.oid)
        AND NOT n.convalidated
""")

_HOME_FOUND: Final = text("""
    SELECT n.oid AS schema, n.nspname AS name, quote_ident(n.nspname) AS short
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass(:table)
""")


def missing_guards(connection: Connection) -> tuple[str, ...]:
    """
    Return the names of triggers and functions that are not as they should be.

    A trigger that is not there, that says something else, that is not ENABLE ALWAYS or
    whose table was told that it has none is missing; so is a function with another body,
    language, rights or search path.
    """
    home = connection.execute(_HOME_FOUND, {"table": t.entry.name}).first()
    if home is None:
        return (*triggers_in(""), *functions_in(""))
    triggers = {
        row.name: row.definition.replace(f"{_CALL}{home.short}.", _CALL)
        for row in connection.execute(_TRIGGERS_FOUND, {"schema": home.schema})
    }
    functions = {
        row.name: row.body
        for row in connection.execute(
            _FUNCTIONS_FOUND, {"schema": home.schema, "search_path": SEARCH_PATH}
        )
    }
    return (
        *(
            name
            for name, (_, definition) in triggers_in(home.short).items()
            if triggers.get(name) != definition.replace(f"{_CALL}{home.short}.", _CALL)
        ),
        *(
            name
            for name, body in functions_in(quoted(home.name)).items()
            if functions.get(name) != body
        ),
    )
