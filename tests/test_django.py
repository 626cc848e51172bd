"""Books inside Django's transactions: atomic(), savepoints, on_commit."""

import contextlib
import gc
from datetime import UTC, date, datetime

import django
import pytest
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import IntegrityError
from psycopg.conninfo import conninfo_to_dict

import timebank
from timebank.django import within
from timebank.errors import CannotJoin

if not settings.configured:
    settings.configure(USE_TZ=True)
    django.setup()

DAY = date(2026, 3, 2)
NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)
ALIAS = "platform"


def in_sqlite(path):
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path}


def in_postgresql(url):
    options = conninfo_to_dict(url)
    name, engine = options.pop("dbname"), "django.db.backends.postgresql"
    return {"ENGINE": engine, "NAME": name, "OPTIONS": options}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """The database: as timebank names it, and as Django does."""
    if request.param == "sqlite":
        path = tmp_path / "platform.db"
        return f"sqlite:///{path}", in_sqlite(path)
    url = request.getfixturevalue("postgresql_url")
    return url, in_postgresql(url)


@contextlib.contextmanager
def known_to_django(database, alias=ALIAS):
    known = connections.configure_settings({"default": {}, alias: database})
    connections.settings[alias] = known[alias]
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


@pytest.fixture
def bank(place):
    with (
        timebank.create(place[0], ledger="x", actor="a", clock=lambda: NOON) as bank,
        known_to_django(place[1]) as database,
    ):
        bank.adopt(timebank.programme("northern-california"), on=DAY, id="adopt")
        for member in ("m", "n"):
            bank.open_account(member, on=DAY, id=f"open/{member}")
        with database.cursor() as cursor:
            cursor.execute("CREATE TABLE visit (id TEXT PRIMARY KEY)")
        yield bank


def serve(bank, id="visit/1", minutes=60):
    return bank.record_service("m", "exchange", minutes, recipient="n", on=DAY, id=id)


def record_visit(id="1"):
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("INSERT INTO visit VALUES (%s)", [id])


def visits():
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT id FROM visit ORDER BY id")
        return [id for (id,) in cursor.fetchall()]


def services(bank):
    assert bank.verify().sound
    return [entry.id for _, entry in bank.entries() if entry.id.startswith("visit/")]


def test_a_row_and_its_entry_are_committed_together(bank):
    with transaction.atomic(using=ALIAS):
        record_visit()
        serve(within(bank, ALIAS))

        assert services(bank) == []
    assert (visits(), services(bank)) == (["1"], ["visit/1"])


def test_a_row_and_its_entry_are_rolled_back_together(bank):
    with contextlib.suppress(ZeroDivisionError), transaction.atomic(using=ALIAS):
        record_visit()
        serve(within(bank, ALIAS))
        raise ZeroDivisionError

    assert (visits(), services(bank)) == ([], [])


def test_a_savepoint_is_djangos(bank):
    with transaction.atomic(using=ALIAS):
        books = within(bank, ALIAS)
        first = serve(books)
        with (
            contextlib.suppress(ZeroDivisionError),
            transaction.atomic(using=ALIAS),
        ):
            record_visit()
            undone = serve(books, "visit/2")
            raise ZeroDivisionError
        with transaction.atomic(using=ALIAS):
            kept = serve(books, "visit/3")

    assert undone.position == kept.position == first.position + 1
    assert (visits(), services(bank)) == ([], ["visit/1", "visit/3"])


def test_what_waits_for_the_commit_finds_the_entry(bank):
    found = []
    with transaction.atomic(using=ALIAS):
        serve(within(bank, ALIAS))
        transaction.on_commit(lambda: found.extend(services(bank)), using=ALIAS)

        assert found == []
    assert found == ["visit/1"]


def test_a_refusal_leaves_the_block_as_it_was(bank):
    with transaction.atomic(using=ALIAS):
        record_visit()
        with pytest.raises(timebank.Refused):
            serve(within(bank, ALIAS), minutes=11 * 60)
        record_visit("2")

    assert (visits(), services(bank)) == (["1", "2"], [])


def test_a_block_that_goes_on_after_an_error_commits_no_part_of_what_failed(bank):
    with transaction.atomic(using=ALIAS):
        record_visit()
        with contextlib.suppress(ZeroDivisionError), transaction.atomic(using=ALIAS):
            # the same position twice: a guard of the database refuses it
            with connections[ALIAS].cursor() as cursor:
                cursor.execute("UPDATE timebank_head SET position = 0")
            with pytest.raises(timebank.TimebankError):
                serve(within(bank, ALIAS))
            raise ZeroDivisionError
        record_visit("2")

    assert (visits(), services(bank)) == (["1", "2"], [])


def test_what_is_let_go_of_within_a_block_ends_nothing_of_it(bank):
    with transaction.atomic(using=ALIAS):
        record_visit()
        serve(within(bank, ALIAS))
        # SQLAlchemy rolls back and closes what nobody holds any more
        gc.collect()

        assert connections[ALIAS].is_usable()
        record_visit("2")
    assert (visits(), services(bank)) == (["1", "2"], ["visit/1"])


def test_outside_of_a_block_it_is_refused(bank):
    with pytest.raises(CannotJoin, match=r"inside transaction\.atomic\(\)"):
        within(bank, ALIAS)


def test_a_bank_that_outlives_its_block_is_refused(bank):
    with transaction.atomic(using=ALIAS):
        books = within(bank, ALIAS)

    with pytest.raises(CannotJoin, match="begin a transaction"):
        serve(books)
    assert services(bank) == []


def test_a_block_that_has_failed_is_refused(bank):
    with transaction.atomic(using=ALIAS):
        record_visit()
        with pytest.raises(IntegrityError):
            record_visit()
        if connections[ALIAS].vendor == "sqlite":
            transaction.set_rollback(True, using=ALIAS)
        with pytest.raises(CannotJoin, match="has failed"):
            serve(within(bank, ALIAS))
        transaction.set_rollback(True, using=ALIAS)


def test_another_database_of_djangos_is_refused(bank, tmp_path):
    with (
        known_to_django(in_sqlite(tmp_path / "other.db"), "other"),
        transaction.atomic(using="other"),
        pytest.raises(CannotJoin, match="give the connection"),
    ):
        within(bank, "other")


def test_nothing_of_djangos_connection_is_changed(bank):
    database = connections[ALIAS]
    for number in range(3):
        with transaction.atomic(using=ALIAS):
            serve(within(bank, ALIAS), f"visit/{number}", 6)
    before = regexp(database) if database.vendor == "sqlite" else handlers(database)

    database.close()
    database.connect()

    after = regexp(database) if database.vendor == "sqlite" else handlers(database)
    assert before == after


def regexp(database):
    """Return what REGEXP says of numbers, which Django's function takes as texts."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 12 REGEXP '^1'")
        return cursor.fetchone()


def handlers(database):
    return len(database.connection._notice_handlers)
