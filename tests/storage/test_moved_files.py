"""SQLite files that are moved away, or replaced, while books are open in them."""

import shutil
from datetime import date

import pytest
from sqlalchemy import create_engine, event

import timebank
from timebank.errors import CannotJoin, StoreDamaged
from timebank.testing.races import POLICY

DAY = date(2024, 3, 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "books.db"


@pytest.fixture
def bank(path):
    url = f"sqlite:///{path}"
    with timebank.create(url, ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        yield bank


def test_a_file_that_was_moved_away_is_not_written(bank, path):
    elsewhere = path.rename(path.with_name("elsewhere.db"))

    for _ in range(2):
        with pytest.raises(StoreDamaged, match="open them anew"):
            bank.open_account("ada", on=DAY)

    assert not path.exists()
    elsewhere.rename(path)
    assert bank.open_account("ada", on=DAY).position == 3


def test_no_empty_file_is_made_in_its_place(bank, path):
    bank.close()
    path.rename(path.with_name("elsewhere.db"))

    with pytest.raises(StoreDamaged, match="is not the file any more"):
        bank.verify()

    assert not path.exists()


def test_a_file_with_another_in_its_place_is_not_written(bank, path):
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    path.unlink()
    copy.rename(path)

    with pytest.raises(StoreDamaged, match="open them anew"):
        bank.open_account("ada", on=DAY)


@pytest.fixture
def host(path, bank):  # noqa: ARG001 - its file is there
    """A connection of the platform's that is open on the file."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _never_late(connection, _):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN")

    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("replaced", [False, True])
def test_nor_is_it_written_in_a_transaction_of_the_hosts(bank, path, host, replaced):
    elsewhere, copy = path.with_name("elsewhere.db"), path.with_name("copy.db")
    with host.begin():
        joined = bank.within(host)
        joined.open_account("ada", on=DAY)
        shutil.copy(path, copy)
        path.rename(elsewhere)
        if replaced:
            copy.rename(path)

        with pytest.raises(StoreDamaged, match="open them anew"):
            joined.open_account("bai", on=DAY)
        with pytest.raises(StoreDamaged, match="open them anew"):
            bank.within(host)

        elsewhere.replace(path)
        assert joined.open_account("bai", on=DAY).position == 4


def test_a_hosts_file_that_is_gone_is_not_that_of_the_books(bank, tmp_path):
    gone = tmp_path / "platform.db"
    with create_engine(f"sqlite:///{gone}").connect() as other:
        other.exec_driver_sql("CREATE TABLE visit (id)")
        gone.unlink()

        with pytest.raises(CannotJoin, match=r"is one to .*platform\.db"):
            bank.within(other)
