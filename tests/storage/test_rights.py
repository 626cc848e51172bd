"""
What the application's role may do on PostgreSQL: all that it needs, and nothing more.

The role owns nothing.  Here it tries every statement that could change a fact, with the
guards taken away: the rights alone have to hold it back.
"""

import psycopg
import pytest
from psycopg import sql

from timebank.storage import rights, schema
from timebank.storage import tables as t
from timebank.storage.guards.postgresql import quoted

from ..postgres import database, role
from .test_guards import add_entries, add_postings, fill, made

FACTS = ("entry", "posting", "taken_id", "ledger", "private")
ODD = 'o"dd; DROP ROLE postgres; -- %s'


def grant(url, whom, *, home="public", read_only=False):
    """Run what `rights.grants` says."""
    with psycopg.connect(url) as connection:
        for statement in rights.grants(whom, home=quoted(home), read_only=read_only):
            connection.execute(statement)


def name_in(url):
    with psycopg.connect(url) as connection:
        return connection.info.user


@pytest.fixture(scope="module")
def unguarded():
    """The superuser's URL of books whose guards were never made."""
    with database() as url:
        made(url, "public", schema.Profile.PLAIN)
        with psycopg.connect(url) as connection:
            fill(connection, 1)
        yield url


@pytest.fixture(scope="module")
def app_url(unguarded):
    with role(unguarded) as url:
        grant(unguarded, name_in(url))
        yield url


@pytest.fixture
def app(app_url):
    """A connection of the application's role."""
    with psycopg.connect(app_url) as connection:
        yield connection
        connection.rollback()


def changes(table):
    """Return the statements by which a fact in *table* could be changed."""
    name = f"timebank_{table}"
    column = "position" if table in {"entry", "posting", "taken_id"} else "ledger"
    key = {"posting": "ledger, position, line", "ledger": "ledger"}.get(table)
    key = key or ("ledger, position" if table == "entry" else "ledger, id")
    return {
        "update": f"UPDATE {name} SET {column} = {column} + 1",
        "update nothing": f"UPDATE {name} SET {column} = 1 WHERE false",
        "delete": f"DELETE FROM {name}",
        "delete only": f"DELETE FROM ONLY {name} USING timebank_head",
        "truncate": f"TRUNCATE {name}",
        "merge": f"MERGE INTO {name} AS a USING (SELECT 1) AS b ON true "
        f"WHEN MATCHED THEN UPDATE SET {column} = 7",
        "upsert": f"INSERT INTO {name} SELECT * FROM {name} "
        f"ON CONFLICT ({key}) DO UPDATE SET {column} = 7",
        "in a query": f"WITH a AS (UPDATE {name} SET {column} = 7 RETURNING 1) TABLE a",
        "cursor": f"DO $$ DECLARE c CURSOR FOR SELECT * FROM {name} FOR UPDATE; "
        f"r record; BEGIN OPEN c; FETCH c INTO r; UPDATE {name} SET {column} = 7 "
        "WHERE CURRENT OF c; END $$",
        "lock for update": f"LOCK {name} IN ACCESS EXCLUSIVE MODE",
        "drop": f"DROP TABLE {name}",
        "drop column": f"ALTER TABLE {name} DROP COLUMN {column}",
        "alter type": f"ALTER TABLE {name} ALTER {column} TYPE bigint USING 7",
        "rename": f"ALTER TABLE {name} RENAME TO other",
        "inherit": f"CREATE TEMP TABLE parent (LIKE {name}); "
        f"ALTER TABLE {name} INHERIT parent",
        "trigger": f"CREATE TRIGGER mine BEFORE INSERT ON {name} FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "rule": f"CREATE RULE mine AS ON INSERT TO {name} DO INSTEAD NOTHING",
        "policy": f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        "owner": f"ALTER TABLE {name} OWNER TO CURRENT_USER",
        "catalogue": f"UPDATE pg_class SET relname = 'x' WHERE relname = '{name}'",
        "index": f"CREATE UNIQUE INDEX ON {name} ({column})",
        "vacuum full": f"CLUSTER {name} USING pk_{name}",
    }


ALLOWED = {("private", how) for how in ("delete", "delete only", "lock for update")}
"""Erasing is the one way by which anything ends."""


@pytest.mark.parametrize(
    ("table", "how"),
    [
        (table, how)
        for table in FACTS
        for how in changes(table)
        if (table, how) not in ALLOWED
    ],
)
def test_no_statement_of_the_application_changes_a_fact(app, table, how):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(changes(table)[how])


@pytest.mark.parametrize("table", FACTS)
def test_the_application_gives_itself_no_rights(app, table):
    app.execute(f"GRANT ALL ON timebank_{table} TO CURRENT_USER, PUBLIC")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(changes(table)["update"])


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "DROP SCHEMA public CASCADE",
        "CREATE TABLE public.mine ()",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY timebank_entry TO PROGRAM 'cat'",
        "COPY timebank_entry FROM '/etc/hostname'",
        "SELECT pg_write_file('x', 'y')",
        "SELECT pg_reload_conf()",
        "SELECT lo_export(1, '/tmp/x')",
        "UPDATE timebank_schema SET version = 9",
        "DELETE FROM timebank_schema",
        "DELETE FROM timebank_balance",
        "TRUNCATE timebank_balance, timebank_head",
    ],
)
def test_the_application_finds_no_way_round(app, statement):
    with pytest.raises(
        (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.UndefinedFunction,
            psycopg.errors.InvalidParameterValue,
        )
    ):
        app.execute(statement)


def test_the_application_drops_no_database(app_url):
    with psycopg.connect(app_url, autocommit=True) as app:
        name = sql.Identifier(app.info.dbname)

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_the_application_keeps_books(app):
    app.execute("SELECT FROM timebank_schema")
    app.execute("INSERT INTO timebank_ledger VALUES (5, 'five', 'UTC', 0, 0)")
    app.execute("UPDATE timebank_ledger SET policy_position = 1")
    add_postings(app, 5, (1, "hours", -60), (1, "hours", 60))
    add_entries(app, 5, 1)
    app.execute(
        "INSERT INTO timebank_taken_id VALUES (5, 'v', 1) ON CONFLICT DO NOTHING"
    )
    app.execute("INSERT INTO timebank_private VALUES (5, 'e-1', '', '{}')")
    app.execute("DELETE FROM timebank_private WHERE ledger = 5")
    app.execute("INSERT INTO timebank_head VALUES (5, 0)")
    app.execute(
        "UPDATE timebank_head SET position = 1 WHERE ledger = 5 RETURNING position"
    )
    app.execute("INSERT INTO timebank_balance VALUES (5, 'a', 'hours', 0, 0, 0)")
    app.execute("UPDATE timebank_balance SET free = 1, held = 0, seq = 1")
    app.execute(
        "INSERT INTO timebank_account_state VALUES "
        "(5, 'a', 'member', 'strict', '2024-01-01', NULL, '[]', '[]')"
    )
    app.execute("SELECT FROM timebank_account_state ORDER BY account FOR NO KEY UPDATE")
    app.execute("UPDATE timebank_account_state SET tiers = '[]'")


# ---------------------------------------------------------------- the statements


def test_rights_given_before_are_taken_back(postgresql_url):
    made(postgresql_url, "public")
    with role(postgresql_url) as url, psycopg.connect(postgresql_url) as admin:
        whom = sql.Identifier(name_in(url))
        for who in (whom, sql.SQL("PUBLIC")):
            for table in FACTS:
                name = sql.Identifier(f"timebank_{table}")
                statement = sql.SQL("GRANT ALL ON {} TO {}").format(name, who)
                admin.execute(statement)
            admin.execute(
                sql.SQL("GRANT UPDATE (body) ON timebank_entry TO {}").format(who)
            )
        admin.commit()

        grant(postgresql_url, name_in(url))

        with psycopg.connect(url) as app:
            for table in FACTS:
                found = app.execute(
                    "SELECT has_table_privilege(%(t)s, 'TRUNCATE') "
                    "OR has_table_privilege(%(t)s, 'TRIGGER') "
                    "OR has_table_privilege(%(t)s, 'UPDATE')",
                    {"t": f"timebank_{table}"},
                ).fetchone()
                assert found == (False,), table
            found = app.execute(
                "SELECT has_any_column_privilege('timebank_entry', 'UPDATE')"
            ).fetchone()
            assert found == (False,)


def test_an_analyst_reads_all_but_private_details(unguarded):
    with role(unguarded) as url:
        grant(unguarded, name_in(url), read_only=True)
        with psycopg.connect(url, autocommit=True) as analyst:
            for table in t.metadata.tables:
                if table == t.private.name:
                    continue
                analyst.execute(f"SELECT * FROM {table}")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    analyst.execute(f"INSERT INTO {table} SELECT * FROM {table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(f"SELECT * FROM {t.private.name}")


def test_every_table_is_thought_of():
    assert set(rights.WRITING) == set(t.metadata.tables)


@pytest.mark.parametrize("home", ["public", ODD])
def test_names_are_quoted_however_odd(postgresql_url, home):
    made(postgresql_url, home)
    odd = sql.Identifier(ODD[:60])
    with psycopg.connect(postgresql_url) as admin:
        admin.execute(sql.SQL("CREATE ROLE {}").format(odd))
        try:
            for statement in rights.grants(ODD[:60], home=quoted(home)):
                admin.execute(statement)
            admin.execute(sql.SQL("SET LOCAL ROLE {}").format(odd))
            path = sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(home))
            admin.execute(path)
            admin.execute("SELECT * FROM timebank_entry")
        finally:
            admin.rollback()


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        rights.grants(name, home="public")
