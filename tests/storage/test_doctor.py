"""What `timebank doctor` says of databases that were made ill in one way each."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from timebank.storage import schema
from timebank.storage.doctor import Report, Sign, examine
from timebank.storage.doctor import postgresql as on_postgresql
from timebank.storage.doctor import sqlite as on_sqlite
from timebank.storage.doctor.symptoms import TEXTS
from timebank.storage.rights import grants
from timebank.storage.tables import SCHEMA
from timebank.storage.urls import open_database, open_store

from ..postgres import database, role, started
from .test_guards import connected, made
from .test_rights import name_in
from .test_schema import VERSION_1

pytestmark = pytest.mark.slow

OF_THE_SERVER = {
    Sign.FSYNC_OFF,
    Sign.PAGES_TORN,
    Sign.CHECKSUMS,
    Sign.LIBRARY_FAULTY,
}
"""What is said of the machine that tests run on, and not of what a test has made."""


def looked_at(url):
    with closing(open_database(url)) as there, there.reading() as connection:
        return examine(connection)


def signs(url):
    return {symptom.sign for symptom in looked_at(url).symptoms} - OF_THE_SERVER


def text_of(url, sign, language="en"):
    (found,) = (s for s in looked_at(url).symptoms if s.sign is sign)
    return found.text(language)


def run(url, *statements):
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


# ---------------------------------------------------------------- PostgreSQL: the role


@pytest.fixture(scope="module")
def template():
    """The name of a database with tables."""
    with database() as url:
        made(url, "public")
        yield url.rpartition("/")[2].partition("?")[0]


@pytest.fixture
def books(template):
    """The superuser's URL of books of their own."""
    with database(template) as url:
        yield url


@pytest.fixture
def app(books):
    """The URL of the application's role, which has its rights."""
    with role(books) as url:
        run(books, *grants(name_in(url), home="public"))
        yield url


def test_of_an_application_as_it_should_be_nothing_is_said(app):
    assert signs(app) == set()


def test_a_report_says_what_was_looked_at(app):
    report = looked_at(app)

    assert report.engine.startswith("PostgreSQL ")
    assert (report.schema, report.profile) == (SCHEMA, "guarded")
    assert report.role == name_in(app)


def test_a_superuser_is_told_to_make_a_role(books):
    assert signs(books) == {Sign.ROLE_SUPERUSER}
    assert "timebank schema grants URL app" in text_of(books, Sign.ROLE_SUPERUSER)


def test_a_superuser_who_plays_another_role_is_one_all_the_same(books, app):
    at = "&" if "?" in books else "?"

    found = signs(f"{books}{at}options=-crole%3D{name_in(app)}")

    assert found == {Sign.ROLE_SUPERUSER}


@pytest.mark.parametrize(
    "right",
    [
        "UPDATE ON timebank_entry",
        "DELETE ON timebank_posting",
        "TRUNCATE ON timebank_taken_id",
        "TRIGGER ON timebank_entry",
        "UPDATE (amount) ON timebank_posting",
        "UPDATE (name) ON timebank_ledger",
        "DELETE ON timebank_ledger",
        "UPDATE ON timebank_private",
        "TRUNCATE ON timebank_private",
        "UPDATE ON timebank_schema",
    ],
)
def test_a_role_that_may_change_facts_is_told_so(books, app, right):
    run(books, sql.SQL(f"GRANT {right} TO {{}}").format(sql.Identifier(name_in(app))))

    verb, table = right.split()[0], right.split()[-1]
    assert signs(app) == {Sign.ROLE_MAY}
    assert f"may {verb} {table}" in text_of(app, Sign.ROLE_MAY)
    assert f"timebank schema grants URL {name_in(app)}" in text_of(app, Sign.ROLE_MAY)

    run(books, *grants(name_in(app), home="public"))

    assert signs(app) == set()


def test_a_role_that_may_what_everybody_may_is_told_so(books, app):
    run(books, "GRANT TRUNCATE ON timebank_entry TO PUBLIC")

    assert signs(app) == {Sign.ROLE_MAY}


@pytest.mark.parametrize("right", ["DELETE", "UPDATE (body)"])
def test_a_role_that_could_take_on_another_is_told_what_that_one_may(books, app, right):
    with role(books) as other:
        name, theirs = (sql.Identifier(name_in(url)) for url in (app, other))
        run(
            books,
            sql.SQL(f"GRANT {right} ON timebank_entry TO {{}}").format(theirs),
            sql.SQL("ALTER ROLE {} NOINHERIT").format(name),
            sql.SQL("GRANT {} TO {}").format(theirs, name),
        )

        assert signs(app) == {Sign.ROLE_MAY}


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("ALTER TABLE timebank_entry OWNER TO {}", "timebank_entry"),
        ("ALTER SCHEMA public OWNER TO {}", "the schema public"),
        ("ALTER DATABASE {database} OWNER TO {}", "the database timebank_"),
    ],
)
def test_a_role_that_owns_something_is_told_so(books, app, statement, what):
    name = sql.Identifier(name_in(app))
    with psycopg.connect(books) as connection:
        where = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL(statement).format(name, database=where))

    told = [s.text() for s in looked_at(app).symptoms if s.sign is Sign.ROLE_OWNS]
    assert any(f"the owner of {what}" in text for text in told)
    run(books, sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(name))


@pytest.mark.parametrize("what", ["postgres", "pg_write_server_files"])
def test_a_role_that_belongs_to_a_mighty_one_is_told_so(books, app, what):
    with psycopg.connect(books) as connection:
        mighty = connection.info.user if what == "postgres" else what
    names = sql.Identifier(mighty), sql.Identifier(name_in(app))
    run(books, sql.SQL("GRANT {} TO {}").format(*names))

    assert Sign.ROLE_REACHES in signs(app)
    assert f"REVOKE {mighty} FROM" in text_of(app, Sign.ROLE_REACHES)


def test_a_role_that_lacks_rights_is_told_which(books, app):
    name = sql.Identifier(name_in(app))
    run(books, sql.SQL("REVOKE INSERT ON timebank_entry FROM {}").format(name))

    assert signs(app) == {Sign.ROLE_MAY_NOT}
    assert "may not INSERT timebank_entry" in text_of(app, Sign.ROLE_MAY_NOT)


def test_an_analyst_endangers_nothing(books):
    with role(books) as url:
        run(books, *grants(name_in(url), home="public", read_only=True))

        assert signs(url) == {Sign.ROLE_MAY_NOT}


def test_a_role_without_any_right_is_told_what_to_ask_for(books):
    with role(books) as url:
        assert Sign.ROLE_MAY_NOT in signs(url)


# ---------------------------------------------------------------- PostgreSQL: the tables


def test_where_there_are_no_tables_it_says_how_to_make_them(postgresql_url):
    assert Sign.SCHEMA_NONE in signs(postgresql_url)
    assert "timebank schema create URL" in text_of(postgresql_url, Sign.SCHEMA_NONE)


def test_tables_in_a_schema_that_is_not_searched_are_found(postgresql_url):
    made(postgresql_url, "books")

    assert Sign.SCHEMA_HIDDEN in signs(postgresql_url)
    assert "the schema books" in text_of(postgresql_url, Sign.SCHEMA_HIDDEN)


@pytest.mark.parametrize(
    ("version", "sign"), [(1, Sign.SCHEMA_OLD), (99, Sign.SCHEMA_NEW)]
)
def test_tables_of_another_version_are_told(books, version, sign):
    run(books, f"UPDATE timebank_schema SET version = {version}")  # noqa: S608

    assert sign in signs(books)


def test_a_guard_that_is_gone_is_named(books, app):
    run(books, "DROP TRIGGER timebank_entry_update ON timebank_entry")

    assert signs(app) == {Sign.GUARDS_MISSING}
    assert "timebank_entry_update" in text_of(app, Sign.GUARDS_MISSING)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "ALTER TABLE timebank_entry DROP CONSTRAINT uq_timebank_entry_id",
            "uq_timebank_entry_id",
        ),
        (
            "ALTER TABLE timebank_posting DROP CONSTRAINT pk_timebank_posting",
            "pk_timebank_posting",
        ),
        (
            "ALTER TABLE timebank_posting DROP CONSTRAINT ck_timebank_posting_bucket",
            "ck_timebank_posting_bucket",
        ),
        (
            (
                "ALTER TABLE timebank_posting DROP CONSTRAINT ck_timebank_posting_bucket,"
                " ADD CONSTRAINT ck_timebank_posting_bucket CHECK (amount > 0) NOT VALID"
            ),
            "ck_timebank_posting_bucket",
        ),
        ("DROP INDEX ix_timebank_posting_lot", "ix_timebank_posting_lot"),
        (
            (
                "UPDATE pg_index SET indisvalid = false "
                "WHERE indexrelid = 'ix_timebank_entry_root'::regclass"
            ),
            "ix_timebank_entry_root",
        ),
        ("ALTER TABLE timebank_entry RENAME starts TO x", "timebank_entry.starts"),
    ],
)
def test_what_was_taken_from_a_table_is_named(books, app, statement, name):
    run(books, statement)

    assert signs(app) == {Sign.SCHEMA_TORN}
    assert f": {name};" in text_of(app, Sign.SCHEMA_TORN)


def test_a_table_that_is_gone_is_named_with_all_it_had(books):
    run(books, "DROP TABLE timebank_head")

    assert "timebank_head, timebank_head.ledger" in text_of(books, Sign.SCHEMA_TORN)


def test_tables_in_another_schema_are_whole_there(postgresql_url):
    made(postgresql_url, "user")
    at = "&" if "?" in postgresql_url else "?"

    found = signs(f"{postgresql_url}{at}options=-csearch_path%3Dpublic%2Cuser")

    assert found == {Sign.ROLE_SUPERUSER}


def test_a_stranger_on_our_tables_is_named(books, app):
    run(
        books,
        "CREATE TRIGGER mine BEFORE UPDATE ON timebank_head FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE yours AS ON DELETE TO timebank_head DO ALSO NOTHING",
    )

    assert signs(app) == {Sign.GUARDS_FOREIGN}
    assert "timebank_head: mine, yours" in text_of(app, Sign.GUARDS_FOREIGN)


@pytest.mark.parametrize(
    ("statement", "sign"),
    [
        ("ALTER TABLE timebank_entry SET UNLOGGED", Sign.TABLE_UNLOGGED),
        ("ALTER TABLE timebank_entry ENABLE ROW LEVEL SECURITY", Sign.TABLE_FILTERED),
    ],
)
def test_a_table_that_loses_or_hides_rows_is_named(books, app, statement, sign):
    run(books, statement)

    assert signs(app) == {sign}
    assert "timebank_entry" in text_of(app, sign)


def test_a_schema_that_is_open_to_everybody_is_a_note(books, app):
    run(books, "GRANT CREATE ON SCHEMA public TO PUBLIC")

    assert signs(app) == {Sign.SCHEMA_OPEN}


def test_plain_tables_are_known_for_what_they_are(postgresql_url):
    made(postgresql_url, "public", schema.Profile.PLAIN)

    assert signs(postgresql_url) == {Sign.ROLE_SUPERUSER, Sign.GUARDS_NONE}


# ---------------------------------------------------------------- PostgreSQL: the server


@pytest.fixture(scope="module")
def server():
    """A server with the settings that PostgreSQL comes with."""
    server = started()
    yield server
    server.stop()


def test_a_server_as_it_comes_has_nothing_wrong(server):
    made(server.url(), "public")
    server.run("CREATE ROLE app LOGIN")
    for statement in grants("app", home="public"):
        server.run(statement)

    assert looked_at(server.url(user="app")).symptoms == ()


@pytest.mark.parametrize(
    ("setting", "sign"),
    [
        ("fsync = off", Sign.FSYNC_OFF),
        ("full_page_writes = off", Sign.PAGES_TORN),
        ("synchronous_commit = off", Sign.COMMIT_EARLY),
        ("default_transaction_read_only = on", Sign.SERVER_READ_ONLY),
    ],
)
def test_a_setting_that_breaks_a_promise_is_told(setting, sign):
    name, value = setting.split(" = ")
    server = started(**{name: value})

    found = looked_at(server.url())

    server.stop()
    assert sign in {symptom.sign for symptom in found.symptoms}
    assert not found.healthy


def test_a_role_that_commits_early_is_told(books, app):
    name = sql.Identifier(name_in(app))
    run(books, sql.SQL("ALTER ROLE {} SET synchronous_commit = off").format(name))

    assert signs(app) == {Sign.COMMIT_EARLY}


def test_a_commit_that_no_standby_has_is_told_where_there_are_standbys(server):
    at = f"{server.url()}{'&' if '?' in server.url() else '?'}options=-c%20synchronous_commit%3Dlocal"

    alone = signs(at)
    server.run("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    server.run("SELECT pg_reload_conf()")
    with_standby = signs(at)
    server.run("ALTER SYSTEM RESET synchronous_standby_names")
    server.run("SELECT pg_reload_conf()")

    assert Sign.COMMIT_EARLY not in alone
    assert Sign.COMMIT_EARLY in with_standby


def test_a_standby_says_so(server):
    standby = server.standby()

    found = looked_at(standby.url())

    standby.stop()
    assert Sign.SERVER_STANDBY in {symptom.sign for symptom in found.symptoms}


def test_a_database_that_cannot_hold_every_name_is_told(server):
    server.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")

    made(server.url("latin"), "public")

    assert Sign.ENCODING in signs(server.url("latin"))


@pytest.mark.parametrize(
    ("number", "plain", "signs"),
    [
        (130010, False, {Sign.SERVER_OLD}),
        (130010, True, {Sign.SERVER_OLD}),
        (140003, False, {Sign.SERVER_FAULTY}),
        (140004, False, set()),
        (180000, False, set()),
    ],
)
def test_an_old_server_is_told(number, plain, signs):
    class Server:
        version, standby, read_only = "13.10", False, False
        encoding, checksums = "UTF8", "on"

    Server.number = number
    profile = schema.Profile.PLAIN if plain else schema.Profile.GUARDED

    found = list(on_postgresql._of_server(Server, schema.Found(2, profile)))

    assert {symptom.sign for symptom in found} == signs
    assert all(symptom.grave is not plain for symptom in found)


def test_checksums_that_are_off_are_a_note(server):
    class Server:
        number, version, standby, read_only = 180000, "18", False, False
        encoding, checksums = "UTF8", "off"

    (found,) = on_postgresql._of_server(Server, None)

    assert (found.sign, found.grave) == (Sign.CHECKSUMS, False)
    assert Sign.CHECKSUMS not in {s.sign for s in looked_at(server.url()).symptoms}


# ---------------------------------------------------------------- SQLite


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "books.db"
    open_store(f"sqlite:///{path}", create=True).close()
    path.chmod(0o644)
    return path


def signs_of(path):
    return signs(f"sqlite:///{path}")


def test_a_file_as_it_should_be_has_nothing_wrong(path):
    assert signs_of(path) == set()


def test_a_file_without_tables_says_how_to_make_them(tmp_path):
    path = tmp_path / "books.db"
    path.touch(0o644)

    assert signs_of(path) == {Sign.SCHEMA_NONE, Sign.JOURNAL_MODE}


def test_an_old_file_says_how_to_bring_it_up_to_date(tmp_path):
    path = tmp_path / "books.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")

    assert signs_of(path) == {Sign.SCHEMA_OLD}


def test_a_guard_that_is_gone_from_a_file_is_named(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER timebank_entry_update")

    assert signs_of(path) == {Sign.GUARDS_MISSING}


def test_an_index_that_is_gone_from_a_file_is_named(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX ix_timebank_posting_lot")

    assert signs_of(path) == {Sign.SCHEMA_TORN}


def test_another_journal_mode_is_a_note(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    assert signs_of(path) == {Sign.JOURNAL_MODE}


def test_a_hosts_database_in_memory_has_no_file_to_look_at():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.make(connection)

        found = {symptom.sign for symptom in examine(connection).symptoms}

    engine.dispose()
    assert found - {Sign.LIBRARY_FAULTY} == {Sign.JOURNAL_MODE}


@pytest.mark.parametrize("setting", ["OFF", "NORMAL"])
def test_a_hosts_connection_that_does_not_wait_for_the_disk_is_told(path, setting):
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA synchronous = {setting}")

        found = {symptom.sign for symptom in examine(connection).symptoms}

    assert Sign.SYNCHRONOUS in found


def test_a_torn_file_is_told(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO timebank_private VALUES (1, ?, x'00', ?)",
            [(f"e-{n}", "x" * 500) for n in range(100)],
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    path.write_bytes(whole[:-8192] + b"\xff" * 8192)

    assert Sign.FILE_DAMAGED in signs_of(path)


def test_a_file_that_everybody_may_write_is_told(path):
    path.chmod(0o666)

    assert signs_of(path) == {Sign.FILE_OPEN_TO_ALL}


def test_a_file_with_two_names_is_told(path, tmp_path):
    os.link(path, tmp_path / "other.db")

    assert signs_of(path) == {Sign.FILE_LINKED}


def test_a_file_that_cannot_be_written_names_who_cannot(path, monkeypatch):
    shutil.copy(path, path.with_name("books.db-wal"))
    monkeypatch.setattr(os, "access", lambda each, _: Path(each).suffix != ".db")

    found = list(on_sqlite._of_file(path, Path("/nowhere")))

    assert [symptom.sign for symptom in found] == [Sign.FILE_LOCKED_AWAY]
    assert str(path) in found[0].text()


MOUNTS = r"""
22 1 0:21 / / rw shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /mnt/the\040share rw shared:2 master:1 - nfs4 server:/books rw
31 22 0:31 / /mnt/hidden rw - nfs server:/x rw
32 22 0:32 / /mnt/hidden rw - ext4 /dev/sdb1 rw
33 22 0:33 / /home rw - fuse.sshfs there:/home rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/books.db", "ext4"),
        ("/mnt/the share/deep/books.db", "nfs4"),
        ("/mnt/the shares/books.db", "ext4"),
        ("/mnt/hidden/books.db", "ext4"),
        ("/home/li/books.db", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_file_is_the_nearest_mount(path, kind):
    assert on_sqlite._file_system(Path(path), MOUNTS) == kind


def test_a_file_on_another_machine_is_told(path, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"30 22 0:30 / {path.parent} rw - nfs4 server:/books rw\n")

    (found,) = on_sqlite._of_file(path, mounts)

    assert found.sign is Sign.FILE_SHARED
    assert "nfs4" in found.text()


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_a_library_with_a_known_fault_is_told(version, faulty):
    found = list(on_sqlite._of_library(version))

    assert [symptom.sign for symptom in found] == [Sign.LIBRARY_FAULTY] * faulty


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize("sign", Sign)
def test_every_sign_says_something_in_both_languages(sign):
    text = TEXTS[sign]

    fields = {part.split("}")[0] for part in text.en.split("{")[1:]}
    assert fields == {part.split("}")[0] for part in text.zh.split("{")[1:]}
    assert text.en != text.zh


def test_the_gravest_is_said_first(books):
    with connected(books) as connection:
        connection.exec_driver_sql("UPDATE timebank_schema SET profile = 'plain'")

        report = examine(connection)

    assert isinstance(report, Report)
    weights = [symptom.grave for symptom in report.symptoms]
    assert weights == sorted(weights, reverse=True)
    assert (weights[0], weights[-1]) == (True, False)
    assert not report.healthy
