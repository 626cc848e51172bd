"""Feeding rows to a bank: every row is accounted for, and none is recorded twice."""

import pytest

from timebank.exchange import import_table
from timebank.model import Reason

from .books import HonestBooks, csv_file, read

HEADINGS = "日期,志愿者编号,类别,时长"
MEMBERS = [f"v-{n}" for n in range(10)]
GOOD = [f"2026-3-5,{member},care,1" for member in MEMBERS]
STRANGER = "2026-3-5,v-x,care,1"
UNREADABLE = "2026-3-5,v-1,care,25:00"


@pytest.fixture
def books():
    return HonestBooks(MEMBERS)


@pytest.fixture
def table(tmp_path):
    """Return a table of ten good rows, a stranger's, one unreadable, one twice, a total."""
    return read(
        csv_file(
            tmp_path / "a.csv",
            HEADINGS,
            *[*GOOD, STRANGER, UNREADABLE, GOOD[0], "合计,,,13"],
        )
    )


def findings(report):
    return [
        (r.row.number, [f.reason.value for f in r.findings]) for r in report.refused
    ]


REFUSED = [
    (12, ["account-unknown"]),
    (13, ["minutes-too-many"]),
    (14, ["row-twice"]),
]


def test_every_row_is_accounted_for(books, table):
    report = import_table(books, table)

    assert report.recorded == tuple(range(2, 12))
    assert findings(report) == REFUSED
    assert [skipped.number for skipped in report.skipped] == [15]
    assert (report.known, report.withheld, report.noted) == ((), (), ())
    assert len(books.journal) == 10


def test_a_second_import_adds_nothing(books, table):
    import_table(books, table)
    journal = dict(books.journal)

    report = import_table(books, table)

    assert (report.recorded, report.known) == ((), tuple(range(2, 12)))
    assert findings(report) == REFUSED
    assert books.journal == journal


class Interrupted(HonestBooks):
    """A bank at whose third turn somebody presses Control-C, once."""

    pressed = False

    def batch(self, requests, /, *, atomic=True):
        if len(self.turns) == 2 and not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt
        return super().batch(requests, atomic=atomic)


def test_an_import_that_was_interrupted_goes_on_where_it_stopped(table):
    books = Interrupted(MEMBERS)
    with pytest.raises(KeyboardInterrupt):
        import_table(books, table, chunk=3)
    assert len(books.journal) == 6

    report = import_table(books, table, chunk=3)

    assert (report.known, report.recorded) == ((2, 3, 4, 5, 6, 7), (8, 9, 10, 11))
    assert len(books.journal) == 10


@pytest.mark.parametrize(
    ("chunk", "turns"), [(1, [1] * 11), (4, [4, 4, 3]), (11, [11]), (500, [11])]
)
def test_requests_go_to_the_bank_in_chunks(books, table, chunk, turns):
    report = import_table(books, table, chunk=chunk)

    assert books.turns == turns
    assert len(report.recorded) == 10


def test_a_chunk_of_nothing_is_a_mistake(books, table):
    with pytest.raises(ValueError, match="at least one request, found 0"):
        import_table(books, table, chunk=0)


def test_a_dry_run_says_the_same_and_records_nothing(books, table):
    rehearsed = import_table(books, table, dry_run=True)

    assert (books.journal, books.turns) == ({}, [])
    assert rehearsed.rehearsed
    assert (rehearsed.recorded, findings(rehearsed)) == (tuple(range(2, 12)), REFUSED)


def test_an_atomic_import_records_all(books, tmp_path):
    table = read(csv_file(tmp_path / "a.csv", HEADINGS, *GOOD))

    report = import_table(books, table, atomic=True)

    assert books.turns == [10]
    assert len(report.recorded) == len(books.journal) == 10


@pytest.mark.parametrize("bad", [[STRANGER], [UNREADABLE], [STRANGER, UNREADABLE]])
def test_an_atomic_import_with_one_bad_row_records_none_and_names_all_bad_ones(
    books, tmp_path, bad
):
    table = read(csv_file(tmp_path / "a.csv", HEADINGS, *GOOD, *bad))

    report = import_table(books, table, atomic=True)

    assert books.journal == {}
    assert (report.recorded, report.withheld) == ((), tuple(range(2, 12)))
    assert len(report.refused) == len(bad)


def test_an_id_used_for_another_record_is_refused_by_the_bank(books, tmp_path):
    headings = f"{HEADINGS},记录编号"
    import_table(books, read(csv_file(tmp_path / "a.csv", headings, f"{GOOD[0]},1")))

    other = read(csv_file(tmp_path / "b.csv", headings, f"{GOOD[1]},1"))

    assert findings(import_table(books, other)) == [(2, [Reason.ID_CONFLICT.value])]


def test_progress_grows_to_the_number_of_rows(books, table):
    seen = []

    import_table(books, table, chunk=4, progress=lambda *done: seen.append(done))

    assert seen == sorted(seen)
    assert seen[-1] == (13, 13)
