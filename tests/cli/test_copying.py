"""Taking a ledger to another database."""

import sqlite3
from contextlib import closing

import pytest

import timebank as library


@pytest.fixture
def books(starred):
    """Return the commands on books that hold a name and some services."""
    done = starred("account open v-3 --name 陈梅 --on 2024-01-02 --id open/v-3")
    assert done.code == 0
    return starred


def head(path, ledger="gz"):
    with library.open(f"sqlite:///{path}", ledger=ledger, actor="auditor") as bank:
        return sum(1 for _ in bank.entries())


def test_a_ledger_is_copied_and_compared(books, tmp_path):
    done = books("copy timebank.db there.db --create")

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("copied: ledger gz, in ")
    assert [line.split() for line in lines[1:5]] == [
        ["entries", "copied", "11"],
        ["postings", "20"],
        ["private", "details", "1"],
        ["erased", "since", "0"],
    ]
    assert lines[5] == "the same and sound: 11 entries, 20 postings"
    assert head(tmp_path / "there.db") == 11


def test_made_again_it_copies_what_came_since(books):
    books("copy timebank.db there.db --create")
    books("account open v-4")
    books("account erase v-3")

    done = books("copy timebank.db there.db --json")

    assert done.code == 0
    assert done.json == {
        "ledger": "gz",
        "head": 12,
        "entries": 1,
        "postings": 0,
        "details": 0,
        "erased": 1,
        "sound": True,
        "faults": [],
    }


def test_one_of_several_ledgers_is_named(books, tmp_path):
    books("init --ledger another")

    unnamed = books("copy timebank.db there.db --create")
    named = books("copy timebank.db there.db --create --ledger another")

    assert unnamed.code == 2
    assert "FROM has several ledgers, name one: --ledger another|gz" in unnamed.err
    assert named.code == 0
    assert head(tmp_path / "there.db", "another") == 0


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("copy timebank.db", 2, "TO"),
        ("copy timebank.db ./timebank.db", 2, "FROM and TO are one database"),
        ("copy timebank.db memory:", 2, "TO: books in memory would end"),
        ("copy memory: there.db", 2, "FROM: books in memory would end"),
        ("copy timebank.db there.db", 6, "--create makes a place for them"),
        ("copy nowhere.db there.db --create", 6, "there is no such file"),
        ("copy timebank.db nowhere/there.db --create", 6, "there is no folder"),
        ("copy timebank.db ftp://x/y --create", 6, "no database that can be opened"),
        ("copy timebank.db empty.db", 6, "--create makes a place for them"),
        ("copy timebank.db new.db --create --ledger x", 6, "no ledger 'x' here"),
    ],
)
def test_what_cannot_be_copied_is_told_and_nothing_is_made(
    books, tmp_path, command, code, said
):
    (tmp_path / "empty.db").write_bytes(b"")

    done = books(command)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not (tmp_path / "there.db").exists()
    assert not (tmp_path / "new.db").exists()


def test_a_ledger_of_that_name_that_is_no_copy_is_left_as_it_is(books, tmp_path):
    books("init --ledger gz --db there.db")
    books("policy adopt xuefu --db there.db --on 2024-01-02")
    before = head(tmp_path / "there.db")

    done = books("copy timebank.db there.db")

    assert done.code == 6
    assert "another entry stands at position 1" in done.err
    assert head(tmp_path / "there.db") == before


def test_books_that_differ_after_the_copy_end_with_5(books, tmp_path):
    with closing(sqlite3.connect(tmp_path / "timebank.db")) as raw, raw:
        raw.execute("UPDATE timebank_balance SET free = 7 WHERE unit = 'points'")

    done = books("copy timebank.db there.db --create --json")

    assert done.code == 5
    assert not done.json["sound"]
    assert "free=7" in done.err
    assert "do not use this copy" in done.err


def test_a_ledger_goes_to_a_server_and_comes_back(books, tmp_path, postgresql_url):
    unmade = books("copy timebank.db", postgresql_url)
    there = books("copy timebank.db", postgresql_url, "--create")
    again = books("copy timebank.db", postgresql_url)
    back = books("copy", postgresql_url, "back.db", "--create", "--json")

    assert unmade.code == 6
    assert "--create makes a place for them" in unmade.err
    assert (there.code, again.code, back.code) == (0, 0, 0)
    assert back.json["entries"] == head(tmp_path / "back.db") == 11


def test_a_server_that_does_not_answer_is_not_to_be_created(books):
    done = books("copy timebank.db postgresql://:secret@127.0.0.1:1/books")

    assert done.code == 6
    assert "--create" not in done.err
    assert "secret" not in done.err
