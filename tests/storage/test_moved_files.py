"""SQLite files that are moved away, or replaced, while books are open in them."""

import shutil
from datetime import date

import pytest

import timebank
from timebank.errors import StoreDamaged
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
