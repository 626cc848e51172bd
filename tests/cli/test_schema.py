"""Making tables, looking at them, bringing them up to date; and databases that are none."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from timebank.storage import postgresql, sqlite
from timebank.storage.guards.postgresql import triggers_in
from timebank.storage.tables import SCHEMA

from ..postgres import named_in, role, started
from ..storage.test_schema import VERSION_1

MADE = "schema 4 (guarded)\n"


def run(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def name_in(url):
    with psycopg.connect(url) as connection:
        return connection.info.user


@pytest.fixture
def old(tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))


# ---------------------------------------------------------------- create and check


def test_tables_are_made_in_a_file(timebank):
    assert timebank("schema create a.db").out == MADE
    assert timebank("schema create a.db").out == MADE
    assert timebank("schema check a.db").out == MADE
    assert timebank("init --db a.db --ledger gz").code == 0


def test_tables_are_made_on_a_server(timebank, postgresql_url):
    assert timebank("schema create", postgresql_url).out == MADE
    assert timebank("schema create", postgresql_url).out == MADE
    assert timebank("schema check", postgresql_url).out == MADE


def test_tables_are_made_without_guards_where_that_is_asked(timebank, postgresql_url):
    done = timebank("schema create --profile plain", postgresql_url)

    assert (done.code, done.out) == (0, "schema 4 (plain)\n")
    assert timebank("schema check", postgresql_url).out == "schema 4 (plain)\n"


def test_tables_that_are_there_keep_their_profile(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    done = timebank("schema create --profile plain", postgresql_url)

    assert done.code == 2
    assert "they are guarded: nothing was changed" in done.err


def test_a_file_is_always_guarded(timebank, tmp_path):
    for more in ([], ["--sql"]):
        done = timebank("schema create --profile plain a.db", *more)

        assert done.code == 6
        assert "always guarded" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_script_makes_the_same_tables_in_a_file(timebank, tmp_path):
    done = timebank("schema create --sql a.db")

    assert done.code == 0
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.executescript(done.out)
    assert timebank("schema check a.db").out == MADE


@pytest.mark.parametrize("home", ["public", 'of "the" bank'])
def test_a_script_makes_the_same_tables_on_a_server(timebank, postgresql_url, home):
    done = timebank("schema create --sql", postgresql_url, "--schema", home)

    where = sql.Identifier(home)
    whose = sql.Identifier(name_in(postgresql_url))
    run(
        postgresql_url,
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(where),
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(
            whose, sql.Identifier(dbname(postgresql_url)), where
        ),
        done.out,
    )
    assert timebank("schema check", postgresql_url).out == MADE


def dbname(url):
    with psycopg.connect(url) as connection:
        return connection.info.dbname


def test_a_script_asks_for_no_connection(timebank):
    done = timebank("schema create --sql postgresql://nobody@nowhere.invalid/nothing")

    assert done.code == 0
    assert done.out.startswith('BEGIN;\nSET LOCAL search_path = "public";\n')
    assert done.out.endswith("COMMIT;\n")


def test_a_script_for_a_schema_that_cannot_be_is_refused(timebank):
    done = timebank("schema create --sql postgresql:///x --schema ''")

    assert (done.code, done.out) == (2, "")


def test_a_schema_is_for_scripts_and_elsewhere_not_taken_for_granted(
    timebank, postgresql_url
):
    done = timebank("schema create", postgresql_url, "--schema", "books")

    assert (done.code, done.out) == (2, "")
    assert "--schema goes with --sql" in done.err
    assert timebank("schema check", postgresql_url).code == 6


def test_where_no_tables_are_it_says_how_to_make_them(timebank, postgresql_url):
    done = timebank("schema check", postgresql_url)

    assert done.code == 6
    assert "holds no ledgers yet; `timebank init`" in done.err
    assert "`timebank schema create URL`" in done.err


@pytest.mark.parametrize("place", ["a.db", "server"])
def test_a_guard_that_is_gone_is_named(timebank, postgresql_url, tmp_path, place):
    url = postgresql_url if place == "server" else place
    timebank("schema create", url)
    if place == "server":
        run(url, "DROP TRIGGER timebank_entry_delete ON timebank_entry")
    else:
        with closing(sqlite3.connect(tmp_path / place)) as connection:
            connection.execute("DROP TRIGGER timebank_entry_delete")

    done = timebank("schema check", url)

    assert done.code == 5
    assert "gone or altered: timebank_entry_delete; timebank doctor says" in done.err
    again = timebank("schema create", url)
    assert (again.code, again.err) == (done.code, done.err)


def test_books_on_a_server_are_kept_by_the_same_commands(timebank, postgresql_url):
    for command in (
        "init --ledger gz",
        "policy adopt guangzhou --on 2024-01-02",
        "account open v-1 --on 2024-01-02 --name 王芳",
        "record v-1 care 1:30 --on 2024-02-01",
        "verify --decide",
    ):
        done = timebank(command, "--db", postgresql_url)
        assert (done.code, done.err) == (0, "")

    shown = timebank("balance v-1 --json --db", postgresql_url).json
    assert shown["balances"]["hours"]["free"] == 90


# ---------------------------------------------------------------- upgrade


@pytest.mark.usefixtures("old")
def test_an_old_file_is_brought_up_to_date(timebank):
    refused = timebank("verify --db old.db --ledger gz")
    done = timebank("schema upgrade old.db")

    assert refused.code == 6
    assert "`timebank schema upgrade URL`" in refused.err
    assert (done.code, done.out) == (0, "brought up to date: schema 1 to 4\n")
    assert timebank("verify --db old.db --ledger gz --decide").code == 0
    assert timebank("schema upgrade old.db").out == "nothing to do: schema 4\n"


@pytest.mark.usefixtures("old")
def test_the_statements_of_an_upgrade_are_printed(timebank, tmp_path):
    done = timebank("schema upgrade --sql old.db")

    assert timebank("schema check old.db").code == 6
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript(done.out)
    assert timebank("schema check old.db").out == MADE


def test_what_is_up_to_date_is_left_as_it_is(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    assert timebank("schema upgrade", postgresql_url).out == "nothing to do: schema 4\n"
    assert timebank("schema upgrade --sql", postgresql_url).out == "BEGIN;\nCOMMIT;\n"


@pytest.mark.parametrize("command", ["schema upgrade", "schema check", "schema create"])
def test_a_newer_schema_is_left_as_it_is(timebank, postgresql_url, command):
    timebank("schema create", postgresql_url)
    run(postgresql_url, "UPDATE timebank_schema SET version = 99")

    done = timebank(command, postgresql_url)

    assert done.code == 6
    assert "schema 99, this timebank knows 4" in done.err
    assert "install a newer timebank" in done.err


# ---------------------------------------------------------------- grants


def test_the_rights_that_are_printed_are_enough_and_no_more(timebank, postgresql_url):
    timebank("init --ledger gz --db", postgresql_url)
    with role(postgresql_url) as app:
        refused = timebank("policy adopt guangzhou --db", app)
        done = timebank("schema grants", postgresql_url, name_in(app))
        run(postgresql_url, done.out)

        assert refused.code == 6
        assert "timebank schema grants URL ROLE" in refused.err
        assert timebank("policy adopt guangzhou --db", app).code == 0
        assert timebank("verify --db", app).code == 0
        with (
            psycopg.connect(app) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("UPDATE timebank_entry SET body = ''")


def test_an_analyst_reads_and_does_not_record(timebank, postgresql_url):
    timebank("init --ledger gz --db", postgresql_url)
    with role(postgresql_url) as analyst:
        done = timebank("schema grants --read-only", postgresql_url, name_in(analyst))
        run(postgresql_url, done.out)

        assert timebank("journal --db", analyst).code == 0
        refused = timebank("policy adopt guangzhou --db", analyst)
        assert refused.code == 6
        assert "permission denied" in refused.err


def test_an_odd_name_is_quoted(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    done = timebank("schema grants", postgresql_url, 'o"dd; --')

    assert 'TO "o""dd; --";' in done.out


def test_a_file_has_no_roles(timebank):
    timebank("schema create a.db")

    done = timebank("schema grants a.db app")

    assert done.code == 2
    assert "only PostgreSQL has roles" in done.err


def test_a_role_without_a_name_is_none(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    assert timebank("schema grants", postgresql_url, "").code == 2


# ---------------------------------------------------------------- doctor


def test_a_file_that_is_well_is_told(timebank):
    timebank("init --db a.db --ledger gz")

    done = timebank("doctor a.db")

    assert done.code == 0
    assert re.match(r"SQLite [\d.]+, schema 4 \(guarded\)\n", done.out)


def test_the_doctor_looks_at_the_books_that_other_commands_use(timebank, monkeypatch):
    timebank("init --db a.db --ledger gz")

    assert timebank("doctor --db a.db").code == 0
    assert timebank("doctor").code == 6
    monkeypatch.setenv("TIMEBANK_DB", "a.db")
    assert timebank("doctor").code == 0


def test_a_superuser_is_told_what_to_do(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    done = timebank("doctor", postgresql_url)

    assert done.code == 5
    assert "is a superuser, whom no guard holds back" in done.out
    assert "timebank schema grants URL app | psql URL" in done.out
    assert done.err.endswith("of these endanger the books\n")


def test_the_doctor_speaks_chinese(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    assert "是超级用户" in timebank("doctor --language zh", postgresql_url).out


def test_the_doctor_speaks_json(timebank, postgresql_url):
    timebank("schema create", postgresql_url)

    found = timebank("doctor --json", postgresql_url).json

    assert (found["healthy"], found["schema"], found["profile"]) == (
        False,
        SCHEMA,
        "guarded",
    )
    assert "role.superuser" in {symptom["sign"] for symptom in found["symptoms"]}
    assert all(symptom["text"] for symptom in found["symptoms"])


def test_a_role_that_may_change_facts_is_told_what_to_run(timebank, postgresql_url):
    timebank("schema create", postgresql_url)
    with role(postgresql_url) as app:
        rights = timebank("schema grants", postgresql_url, name_in(app)).out
        run(postgresql_url, rights, "GRANT DELETE ON timebank_entry TO PUBLIC")

        done = timebank("doctor", app)

        assert done.code == 5
        assert "may DELETE timebank_entry" in done.out
        assert f"timebank schema grants URL {name_in(app)} | psql URL" in done.out
        run(postgresql_url, rights)
        assert "DELETE" not in timebank("doctor", app).out


# ---------------------------------------------------------------- bad input

COMMANDS = ("journal --db", "schema check", "schema create", "doctor")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_driver_is_answered_with_the_command_to_install_it(
    timebank, monkeypatch, command
):
    monkeypatch.delitem(sys.modules, "timebank.storage.postgresql")
    monkeypatch.setitem(sys.modules, "psycopg", None)

    done = timebank(command, "postgresql://localhost/books")

    assert done.code == 3
    assert "pip install" in done.err
    assert "postgresql" in done.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/books", "postgresql://ROLE@HOST/DATABASE"),
        ("postgresql://app@host:port/books", "port"),
        ("postgresql://app@/books?colour=blue", "colour"),
        ("postgresql://app@%zz/books", "%zz"),
        ("postgresql://app@127.0.0.1:1/books", "check the host"),
        ("postgresql://app@no-such-host.invalid/books", "check the host"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(timebank, command, url, said):
    done = timebank(command, url)

    assert (done.code, done.out) == (6, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.fixture(scope="module")
def strict():
    """A server that asks for passwords."""
    server = started()
    server.run("CREATE ROLE app LOGIN PASSWORD 'right'")
    server.run("CREATE DATABASE books")
    for name in ("postgres", "books"):
        server.run("CREATE SCHEMA app AUTHORIZATION app", database=name)
    hba = server.folder / "data" / "pg_hba.conf"
    hba.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
    server.run("SELECT pg_reload_conf()")
    yield server
    server.stop()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("books", "app", "wrong"), "password authentication failed"),
        (("books", "nobody", "right"), "password authentication failed"),
        (("nothing", "app", "right"), 'database "nothing" does not exist'),
    ],
)
def test_a_door_that_stays_shut_says_which_key_was_wrong(
    timebank, strict, command, where, said
):
    name, user, password = where

    done = timebank(command, named_in(strict.url(name), role=(user, password)))

    assert done.code == 6
    assert said in done.err
    assert "check the host, the role and its password" in done.err
    assert f":{password}@" not in done.err


def test_a_password_with_an_at_sign_is_not_told_as_a_host(timebank):
    done = timebank("schema check", "postgresql://app:to@morrow@127.0.0.1:1/books")

    assert done.code == 6
    assert "write an @ in a password as %40" in done.err
    assert "morrow" not in done.err


def test_a_role_that_may_make_no_tables_is_told(timebank, postgresql_url):
    run(postgresql_url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with role(postgresql_url) as app:
        done = timebank("schema create", app)

    assert done.code == 6
    assert "permission denied for schema public" in done.err
    assert "--sql" in done.err


def test_a_database_that_cannot_hold_every_name_gets_no_tables(timebank, strict):
    strict.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")

    done = timebank("schema create", strict.url("latin"))

    assert done.code == 6
    assert "its encoding is LATIN1" in done.err
    assert "ENCODING 'UTF8' TEMPLATE template0" in done.err


def test_an_environment_that_asks_for_another_encoding_is_not_followed(
    timebank, postgresql_url, monkeypatch
):
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    timebank("init --ledger 荔湾 --db", postgresql_url)

    assert "荔湾" in timebank("journal --ledger x --db", postgresql_url).err


def test_a_driver_that_cannot_run_is_answered_as_one_that_is_not_there(
    postgresql_url, monkeypatch
):
    monkeypatch.setenv("PSYCOPG_IMPL", "nonsense")
    script = (
        "import sys; from timebank.cli import main; "
        "sys.exit(main(['doctor', sys.argv[1]]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, postgresql_url],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "pip install 'timebank[postgresql]'" in done.stderr


def test_an_old_server_is_left_as_it_is(timebank, postgresql_url, monkeypatch):
    monkeypatch.setattr(postgresql, "SERVER_MIN", 990000)

    done = timebank("schema create", postgresql_url)

    assert done.code == 6
    assert "PostgreSQL 99 or newer is needed: upgrade it" in done.err
    with psycopg.connect(postgresql_url) as connection:
        found = connection.execute("SELECT to_regclass('timebank_schema')").fetchone()
    assert found == (None,)
    assert timebank("schema create --profile plain", postgresql_url).code == 0


def test_an_old_library_is_told(timebank, monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite, "LIBRARY_MIN", (9, 0, 0))

    done = timebank("schema create a.db")

    assert done.code == 6
    assert "SQLite 9.0.0 or newer is needed" in done.err
    assert list(tmp_path.iterdir()) == []


def test_tables_of_the_same_name_that_are_somebody_elses_are_left_alone(
    timebank, postgresql_url
):
    run(postgresql_url, "CREATE TABLE timebank_entry (mine int)")

    done = timebank("schema create", postgresql_url)

    assert done.code == 6
    assert '"timebank_entry" already exists' in done.err
    with psycopg.connect(postgresql_url) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'timebank%'"
        ).fetchone()
    assert count == 1


def test_a_standby_takes_no_tables(timebank):
    server = started()
    standby = server.standby()

    done = timebank("schema create", standby.url())

    standby.stop()
    server.stop()
    assert done.code == 6
    assert "connect to the primary" in done.err


def test_a_file_that_is_no_database_is_told(timebank, tmp_path):
    Path(tmp_path / "a.db").write_text("the choir's year\n" * 50)

    for command in ("schema check a.db", "schema create a.db", "doctor a.db"):
        done = timebank(command)

        assert done.code == 6
        assert "not a database" in done.err


def test_a_file_that_is_not_there_is_told(timebank):
    for command in ("schema check a.db", "schema upgrade a.db", "doctor a.db"):
        done = timebank(command)

        assert done.code == 6
        assert "there is no such file" in done.err


def test_books_in_memory_have_no_tables(timebank):
    assert timebank("schema create memory:").code == 2


def test_a_name_that_no_url_can_hold_is_refused_here_too(timebank):
    assert timebank("doctor 'what?.db'").code == 2


# ---------------------------------------------------------------- two at once


def test_two_who_make_the_tables_at_once_both_find_them(postgresql_url):
    script = (
        "import sys; from timebank.cli import main; "
        "sys.exit(main(['schema', 'create', sys.argv[1]]))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, postgresql_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ended = [(*each.communicate(), each.returncode) for each in both]

    assert ended == [(MADE, "", 0)] * 4
    with psycopg.connect(postgresql_url) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
        ).fetchone()
        rows = connection.execute("SELECT * FROM timebank_schema").fetchall()
    assert count == len(triggers_in(""))
    assert rows == [(SCHEMA, "guarded")]
