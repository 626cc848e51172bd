"""SQLite's files: what is no ledger, what is not there, full, locked, or not to be written."""

import os
import shutil
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from threading import Semaphore
from traceback import format_exception, format_exception_only

import pytest

import timebank
from timebank.errors import (
    BadUrl,
    LedgerExists,
    NoLedger,
    SchemaUnknown,
    StoreBusy,
    StoreDamaged,
    StoreFull,
    StoreUnreachable,
)
from timebank.operations import OpenAccount
from timebank.storage import sidecar, sqlite
from timebank.storage.tables import SCHEMA
from timebank.testing.races import POLICY

from ..writers import started
from .places import linked

DAY = date(2024, 3, 1)
NOBODY = 65534


def url(path):
    return f"sqlite:///{path}"


def open_books(path):
    return timebank.open(url(path), ledger="home", actor="desk-1")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "books.db"
    with timebank.create(url(path), ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        bank.open_account("ada", on=DAY)
    return path


# ---------------------------------------------------------------- what is damaged


def test_a_damaged_file_is_told_with_what_to_do(path):
    with closing(sqlite3.connect(path)) as file:
        ((page,),) = file.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'timebank_entry'"
        )
        ((size,),) = file.execute("PRAGMA page_size")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)

    with (
        open_books(path) as bank,
        pytest.raises(StoreDamaged, match="malformed; copy the file away as it is"),
    ):
        bank.verify()


# ---------------------------------------------------------------- what is no ledger


def test_a_file_that_is_not_there_is_not_made_by_opening(tmp_path):
    with pytest.raises(BadUrl, match="timebank init"):
        open_books(tmp_path / "books.db")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    missing = tmp_path / "nowhere"

    with pytest.raises(BadUrl, match="nowhere"):
        timebank.create(url(missing / "books.db"), ledger="home", actor="desk-1")

    assert not missing.exists()


@pytest.mark.parametrize("text", ["sqlite://", "sqlite:///:memory:", "sqlite:///", "x"])
def test_a_url_that_names_no_file_is_refused(text):
    with pytest.raises(BadUrl):
        timebank.create(text, ledger="home", actor="desk-1")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+asyncpg://app:secret@db/books",
        "mysql://app:secret@db/books",
        "postgresql://app:se:secret@db/books?nonsense=1",
        "postgresql://app:se/secret@db/books",
        "postgresql://app:s%secret@db/books",
        "postgresql://app@db/books?password=secret&nonsense=1",
        "host=db password=secret dbname=books",
    ],
)
def test_a_url_that_is_refused_is_told_without_its_password(text):
    # with a slash in its password it is a URL, of a host called app
    with pytest.raises((BadUrl, StoreUnreachable)) as caught:
        timebank.open(text, ledger="home", actor="desk-1")

    told = "".join(format_exception_only(caught.value)) + repr(caught.value)
    assert "secret" not in told
    assert "db" in told or "app" in told


def test_a_backup_that_was_put_back_has_its_own_policies(path, tmp_path):
    lost, kept = (POLICY + f"\n# {word}\n" for word in ("lost", "kept"))
    with (
        open_books(path) as bank,
        open_books(path) as other,
        closing(sqlite3.connect(path)) as books,
        closing(sqlite3.connect(tmp_path / "backup.db")) as backup,
    ):
        books.backup(backup)
        bank.adopt(lost, on=DAY, id="adopt")
        bank.record_service("ada", "care", 60, on=DAY)

        backup.backup(books)
        other.adopt(kept, on=DAY, id="adopt")
        outcome = bank.record_service("ada", "care", 60, on=DAY)

        assert outcome.entry.policy == timebank.load_policy(kept).hash
        assert bank.verify(decide_again=True).faults == ()


def test_what_goes_wrong_is_told_without_private_details(path):
    with closing(sqlite3.connect(path)) as books:
        books.execute(
            "CREATE TRIGGER full BEFORE INSERT ON timebank_private "
            "BEGIN SELECT RAISE(ABORT, 'no more'); END"
        )
    details = {"name": "Wáng"}

    with open_books(path) as bank, pytest.raises(StoreDamaged) as caught:
        bank.record_service("ada", "care", 60, on=DAY, private=details)

    assert "no more" in str(caught.value)
    assert "Wáng" not in "".join(format_exception(caught.value))


def test_a_ledger_that_is_not_there_lists_those_that_are(path):
    with pytest.raises(NoLedger) as caught:
        timebank.open(url(path), ledger="abroad", actor="desk-1")

    assert caught.value.known == ("home",)


def test_a_ledger_that_is_there_is_not_made_again(path):
    with pytest.raises(LedgerExists):
        timebank.create(url(path), ledger="home", actor="desk-1")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    path = tmp_path / "books.db"
    path.write_bytes(b"2026 was a good year for the choir.\n" * 100)
    before = path.read_bytes()

    for make in (open_books, lambda p: timebank.create(url(p), ledger="h", actor="a")):
        with pytest.raises(StoreDamaged, match="not a database"):
            make(path)

    assert path.read_bytes() == before


def test_a_torn_file_is_told_and_not_mended(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(StoreDamaged), open_books(path) as bank:
        bank.verify()


def test_an_empty_file_is_no_ledger_until_one_is_made(tmp_path):
    path = tmp_path / "books.db"
    path.touch()

    with pytest.raises(SchemaUnknown, match="timebank init"):
        open_books(path)

    assert path.read_bytes() == b""
    timebank.create(url(path), ledger="home", actor="desk-1").close()
    open_books(path).close()


def test_a_database_of_a_newer_version_is_left_as_it_is(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE timebank_schema SET version = version + 1")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()

    for make in (open_books, lambda p: timebank.create(url(p), ledger="h", actor="a")):
        with pytest.raises(SchemaUnknown, match="install a newer timebank") as caught:
            make(path)
        assert (caught.value.found, caught.value.known) == (SCHEMA + 1, SCHEMA)

    assert path.read_bytes() == before


@pytest.fixture
def hosts(tmp_path):
    path = tmp_path / "host.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, title TEXT)")
        connection.execute("INSERT INTO entry (title) VALUES ('a page of the host')")
    return path


def test_a_database_of_somebody_else_is_left_as_it_is(hosts):
    before = hosts.read_bytes()

    with pytest.raises(SchemaUnknown):
        open_books(hosts)

    assert hosts.read_bytes() == before


def test_a_ledger_may_live_in_the_database_of_its_host(hosts):
    with timebank.create(url(hosts), ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)

        assert bank.verify().sound
    with closing(sqlite3.connect(hosts)) as connection:
        rows = connection.execute("SELECT title FROM entry").fetchall()
    assert rows == [("a page of the host",)]


# ---------------------------------------------------------------- full


def fill(bank, most=5_000):
    """Open accounts until there is no more room; return those acknowledged."""
    done = []
    for number in range(most):
        remark = {"remark": "x" * 500}
        try:
            bank.open_account(f"m-{number}", on=DAY, private=remark)
        except StoreFull:
            return done
        done.append(f"m-{number}")
    raise AssertionError("there was no end to the room")


def limit_pages(bank, pages):
    """Let the file grow to *pages* more pages than it has, and no further."""
    with linked(bank.store.adapter, write=False) as link:
        driver = link.lent.driver_connection
    (count,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {count + pages}")


def test_a_full_file_is_told_and_nothing_is_half_recorded(path):
    with open_books(path) as bank:
        limit_pages(bank, 20)

        acknowledged = fill(bank)

        opened = [account.id for account in bank.accounts() if account.id[:2] == "m-"]
        assert sorted(opened) == sorted(acknowledged)
        assert acknowledged
        assert bank.verify().sound


def test_a_batch_that_does_not_fit_leaves_nothing(path):
    with open_books(path) as bank:
        before = list(bank.entries())
        limit_pages(bank, 3)
        requests = [
            bank.request(OpenAccount(account=f"m-{number}"), on=DAY, id=f"o-{number}")
            for number in range(500)
        ]

        with pytest.raises(StoreFull, match="make room"):
            bank.batch(requests)

        assert list(bank.entries()) == before
        assert bank.verify().sound
    with open_books(path) as bank:  # with room again
        assert len(bank.batch(requests)) == 500
        assert bank.verify().sound


def test_a_limit_on_the_size_of_files_is_told_and_lifted_again(path):
    with started("fill", url(path), path.stat().st_size + 40_000) as process:
        *acknowledged, after = process.stdout.read().split()

    assert (process.returncode, after) == (0, "after")
    with open_books(path) as bank:
        opened = {account.id for account in bank.accounts()}
        assert opened == {"issuer", "ada", "after", *acknowledged}
        assert bank.verify().sound


# ---------------------------------------------------------------- not to be written


@contextmanager
def without_power():
    """Give up, for a while, the power of the administrator to write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked_away(path):
    """The books in a folder that others may read and nobody may write."""
    with tempfile.TemporaryDirectory(prefix="timebank-") as folder:
        books = Path(folder) / "books.db"
        shutil.copy(path, books)
        with closing(sqlite3.connect(books)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        with closing(sqlite3.connect(books)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        books.chmod(0o444)
        Path(folder).chmod(0o555)
        yield books
        Path(folder).chmod(0o755)


def test_books_that_may_not_be_written_say_so(locked_away):
    with without_power(), pytest.raises(StoreDamaged) as caught:  # noqa: SIM117
        with open_books(locked_away) as bank:
            bank.open_account("bai", on=DAY)

    assert any(
        word in str(caught.value)
        for word in ("readonly", "Permission", "unable to open")
    )


# ---------------------------------------------------------------- locked


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(sidecar, "TURN_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_foreign_writer_that_holds_the_file_is_waited_for_and_told(path):
    with open_books(path) as bank, closing(sqlite3.connect(path)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreBusy) as caught:
            bank.open_account("bai", on=DAY, id="bai opens")

        assert caught.value.retryable
        foreign.rollback()
        assert not bank.open_account("bai", on=DAY, id="bai opens").replayed


@pytest.mark.usefixtures("impatient")
def test_readers_do_not_wait_for_a_writer(path):
    with open_books(path) as bank, closing(sqlite3.connect(path)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")

        assert [account.id for account in bank.accounts()] == ["ada", "issuer"]


@pytest.mark.usefixtures("impatient")
def test_a_turn_that_is_held_too_long_is_told(path):
    with open_books(path) as bank, open_books(path) as other:
        with bank.store.turn("home"), pytest.raises(StoreBusy):
            other.open_account("bai", on=DAY)

        other.open_account("bai", on=DAY)


@pytest.mark.usefixtures("impatient")
def test_one_who_gave_up_waiting_holds_nothing_up(path):
    with open_books(path) as bank:
        for _ in range(3):
            with bank.store.turn("home"), pytest.raises(StoreBusy):
                bank.store.turn("home").__enter__()

        bank.open_account("bai", on=DAY)


def test_a_killed_holder_of_the_turn_lets_go_of_it(path):
    with started("hold", url(path)) as process:
        assert process.stdout.readline() == "held\n"
        process.kill()

    with open_books(path) as bank:
        bank.open_account("bai", on=DAY)
        assert bank.verify().sound


def test_those_who_wait_for_the_file_are_served_in_the_order_of_asking(
    tmp_path, monkeypatch
):
    turn, served, asking = sidecar.Sidecar(tmp_path / "books.db"), [], Semaphore(0)
    wait = sidecar._lock_in_turn

    def asked(descriptor):
        asking.release()
        wait(descriptor)

    def take(number):
        with turn():
            served.append(number)

    monkeypatch.setattr(sidecar, "_lock_in_turn", asked)
    with ThreadPoolExecutor(8) as waiting, turn():
        for number in range(8):
            waiting.submit(take, number)
            assert asking.acquire(timeout=30)
            # from saying so to the system's call
            time.sleep(0.05)
        assert served == []

    assert served == list(range(8))
