"""That every question of the benchmarks can be asked; nothing here looks at how long it takes."""

import json
import subprocess
import sys
from array import array
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve
from benchmarks import page as performance
from benchmarks import report
from benchmarks.catalogue import DECIDED_SQLITE, UNDECIDED_SQLITE
from benchmarks.model import Database, Goal, Part, Place, Question, Subject
from benchmarks.questions import ALL, asks, question
from benchmarks.results import (
    Figure,
    Figures,
    Results,
    best,
    figure,
    growth,
    judge,
    load,
    percentile,
    rate,
    ratio,
)
from benchmarks.runner import Runner, Settings
from benchmarks.server import Server
from benchmarks.subjects import columns, ours
from benchmarks.worker import Failed, Lap, Remote, Worker

import timebank

from .postgres import FOR_MANY_TESTS

pytestmark = pytest.mark.slow  # it is the benchmarks that are tested, not the bank

ROOT = Path(__file__).parents[1]

OURS = ("timebank", "floor", UNDECIDED_SQLITE.name, DECIDED_SQLITE.name)
TINY = Settings(rounds=1, seconds=0.001, share=0.000_02, clients_max=1, only=OURS)


QUICK = ("one-entry-sqlite", "folding", "replaying")
"""Those that take no more than a second."""


@pytest.fixture(scope="module")
def server():
    """One server for all questions, which need not be durable here."""
    return Server(FOR_MANY_TESTS)


def asked(name, tmp_path, database, **more):
    """Answer a question at a tiny size, with what the tests have, in this process."""
    found = question(name)
    mine = tuple(each for each in found.subjects if each.database is database)
    assert mine
    narrowed = Question(
        name=found.name,
        row=found.row,
        counted=found.counted,
        parts=found.parts,
        subjects=mine,
        goals=found.goals,
        floor=found.floor,
    )
    settings = evolve(TINY, counts=name.startswith("one-entry"))
    runner = Runner(tmp_path, settings, say=print, make=Worker, **more)
    return runner.ask(narrowed)


def databases(name):
    """The databases of the subjects that the tests have."""
    return {each.database for each in question(name).subjects if each.name in TINY.only}


def each_on(database):
    return [name for name in ALL if database in databases(name)]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in each_on(Database.SQLITE)
    ],
)
def test_a_question_can_be_asked_on_sqlite(name, tmp_path):
    answer = asked(name, tmp_path, Database.SQLITE)

    assert [each.absent for each in answer.figures] == [""] * len(answer.figures)
    assert all(each.rate > 0 and each.worst >= each.p50 > 0 for each in answer.figures)


@pytest.mark.slow
@pytest.mark.parametrize("name", each_on(Database.POSTGRESQL))
def test_a_question_can_be_asked_on_postgresql(name, tmp_path, server):
    answer = asked(name, tmp_path, Database.POSTGRESQL, server=server)

    assert [each.absent for each in answer.figures] == [""] * len(answer.figures)
    assert all(each.rate > 0 for each in answer.figures)


@pytest.mark.parametrize("name", ALL)
def test_a_question_says_what_it_asks_and_what_to_expect(name):
    first, *arithmetic = asks(name).split("\n\n")

    assert first.endswith("?")
    assert any(character.isdigit() for character in "".join(arithmetic))


# ---------------------------------------------------------------- the work


def test_books_that_were_filled_are_those_that_timebank_would_have_made(tmp_path):
    place = Place(folder=tmp_path, members=10, entries=30)
    ours.prepare(place)

    with timebank.open(ours.url_of(place), ledger=ours.LEDGER, actor="a") as bank:
        found = bank.verify(decide_again=True)

    assert found.faults == ()
    assert found.entries == 3 + 10 + 10 + 30


@pytest.mark.parametrize(
    ("act", "pool"), [("give", "strict"), ("donate", "strict"), ("donate", "append")]
)
def test_whoever_stands_beside_timebank_writes_the_rows_that_it_writes(
    tmp_path, act, pool
):
    rows = {}
    for module in ("ours", "floor_sqlite", "ours_undecided"):
        (tmp_path / module).mkdir()
        place = Place(folder=tmp_path / module, members=10, options={"pool": pool})
        worker = Worker(module, place)
        worker.prepare()
        worker.open()
        worker.lap(act, 0, 5)
        worker.end()
        rows[module] = kept(place)

    assert rows["floor_sqlite"] == rows["ours_undecided"] == rows["ours"]


def kept(place):
    """All facts and balances of books on SQLite, but for the moment of recording."""
    import sqlite3  # noqa: PLC0415

    books = sqlite3.connect(place.file)
    postings = books.execute("SELECT * FROM timebank_posting").fetchall()
    balances = books.execute("SELECT * FROM timebank_balance").fetchall()
    entries = books.execute(
        "SELECT position, id, kind, effective_on, recorded_on, root, "
        "json_remove(body, '$.recorded_at') FROM timebank_entry "
        "WHERE kind IN ('gift', 'donation')"
    ).fetchall()
    heads = books.execute("SELECT * FROM timebank_head").fetchall()
    books.close()
    return postings, balances, entries, heads


# ---------------------------------------------------------------- measuring


def lap(*nanoseconds, began=0, cpu=0):
    return Lap(
        began=began,
        ended=began + sum(nanoseconds),
        nanoseconds=array("q", nanoseconds),
        cpu=cpu,
        start_mb=10.0,
        peak_mb=12.0,
    )


def test_a_rate_counts_all_clients_from_the_first_to_begin_to_the_last_to_end():
    clients = [lap(10**9, 10**9), lap(10**9, 10**9, began=2 * 10**9)]

    found = figure("s", "p", [clients], per_unit=100)

    assert found.rate == 4 * 100 / 4


def test_the_rate_of_a_figure_is_the_median_of_its_rounds():
    rounds = [[lap(10**9)], [lap(10**8)], [lap(5 * 10**8)]]

    found = figure("s", "p", rounds, per_unit=1)

    assert (found.rate, sorted(found.rates)) == (2, [1, 2, 10])


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1), (50, 50), (99, 99), (100, 100)]
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(percent, expected):
    assert percentile(range(1, 101), percent) == expected


def test_the_median_of_three_is_the_one_in_the_middle():
    assert percentile([1, 2, 3], 50) == 2


def test_processor_time_is_of_each_thing_counted():
    found = figure("s", "p", [[lap(10, 10, cpu=4_000_000)]], per_unit=5)

    assert found.cpu == 4_000 / 10


def test_statements_of_sqlite_are_counted(tmp_path):
    place = Place(folder=tmp_path, members=10)
    worker = Worker("floor_sqlite", place, traced=True)
    worker.prepare()
    worker.open()
    worker.lap("give", 0, 1)

    found = worker.statements("give", 1, 2)
    worker.end()

    assert found == 2 * len(
        ("BEGIN", "head", "payer", "payee", "leg", "leg", "entry", "COMMIT")
    )


def test_an_entry_takes_no_more_statements_on_sqlite_than_it_did(tmp_path):
    place = Place(folder=tmp_path, members=10)
    worker = Worker("ours", place, traced=True)
    worker.prepare()
    worker.open()
    worker.lap("give", 0, 1)

    found = worker.statements("give", 1, 1)
    worker.end()

    assert found <= 10


@pytest.mark.slow
def test_clients_in_processes_of_their_own_work_at_the_same_time(tmp_path):
    place = Place(folder=tmp_path, members=10)
    worker = Remote("floor_sqlite", place, clients=2)
    worker.prepare()
    worker.open()

    one, other = worker.lap("give", 0, 20)
    worker.end()

    assert max(one.began, other.began) < min(one.ended, other.ended)
    assert len(kept(place)[2]) == 40


# ---------------------------------------------------------------- telling


def figures(**rates):
    return Figures(
        question="q",
        row=1,
        counted="entries",
        floor="floor",
        fsync_us=1.0,
        figures=tuple(
            Figure(subject=name, part="p", rates=(value,), worst=1.0)
            if value
            else Figure(subject=name, part="p", absent="not installed")
            for name, value in rates.items()
        ),
    )


def judged(goal, **rates):
    asking = Question(
        name="q", row=1, counted="entries", parts=(), subjects=(), goals=(goal,)
    )
    return judge(asking, figures(**rates))[0]


@pytest.mark.parametrize(
    ("ours", "met"), [(49.0, False), (50.0, True), (51.0, True), (None, None)]
)
def test_a_goal_is_met_not_met_or_not_measured(ours, met):
    half = Goal(
        text="half", value=ratio(rate("ours", "p"), rate("floor", "p")), at_least=0.5
    )

    assert judged(half, ours=ours, floor=100.0).met is met


def test_a_goal_may_be_a_most():
    most = Goal(text="no more", value=rate("ours", "p"), at_most=4)

    assert [judged(most, ours=each).met for each in (4.0, 4.1)] == [True, False]


def test_the_better_of_several_leaves_out_who_is_not_there():
    better = Goal(text="b", value=best([rate("a", "p"), rate("b", "p")]), at_least=1)

    assert judged(better, a=None, b=3.0).value == 3.0
    assert judged(better, a=None, b=None).met is None


def test_a_ratio_is_made_in_each_round_and_then_the_median_is_taken():
    rounds = figures(ours=1.0, floor=1.0)
    ours, floor = (
        evolve(each, rates=rates)
        for each, rates in zip(
            rounds.figures, [(10.0, 1.0, 40.0), (20.0, 4.0, 50.0)], strict=True
        )
    )
    half = Goal(text="half", value=ratio(rate("ours", "p"), rate("floor", "p")))
    asking = Question(
        name="q", row=1, counted="entries", parts=(), subjects=(), goals=(half,)
    )
    answer = evolve(rounds, figures=(ours, floor))

    assert judge(asking, answer)[0].value == 0.5
    assert " 0.5 " in "\n".join(report.text(answer))


def test_growth_is_how_much_slower_big_books_are():
    small = figures(ours=100.0)
    big = Figure(subject="ours", part="big", rates=(50.0,))
    both = Figures(
        question="q",
        row=1,
        counted="entries",
        floor="floor",
        fsync_us=1.0,
        figures=(*small.figures, big),
    )

    assert growth("ours", "p", "big")(both) == (2,)


def test_results_are_read_as_they_were_written(tmp_path):
    found = Results(
        machine={"cores": "2"}, settings={"rounds": "1"}, answers=(figures(a=2.0),)
    )
    found.save(tmp_path / "found.json")

    assert load(tmp_path / "found.json") == found


def test_what_is_no_file_of_results_is_told(tmp_path):
    (tmp_path / "other.json").write_text(json.dumps({"format": 99}))

    with pytest.raises(ValueError, match="no file of results"):
        load(tmp_path / "other.json")


def test_a_report_names_who_is_not_there_and_why():
    told = "\n".join(report.text(figures(ours=50.0, floor=100.0, peer=None)))

    assert "peer: not installed" in told
    assert " 0.5 " in told


def test_two_runs_are_compared_beside_their_floors():
    old = Results(machine={}, settings={}, answers=(figures(ours=50.0, floor=100.0),))
    new = Results(machine={}, settings={}, answers=(figures(ours=50.0, floor=50.0),))

    told = next(
        line for line in report.compared(old, new) if line.split()[1:2] == ["ours"]
    )

    assert told.split()[-3:] == ["1.00", "0.50", "2.00"]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.456, "0.46"), (1234567.8, "1 234 568"), (12.3, "12"), (None, "–")],
)
def test_numbers_have_the_digits_that_matter(value, told):
    assert report.number(value, 2).replace("\N{NO-BREAK SPACE}", " ") == told


def test_the_page_has_a_place_for_every_question():
    page = performance.PAGE.read_text("utf-8")

    assert sorted(performance.marks(page)) == sorted([performance.MACHINE, *ALL])


def test_only_what_stands_between_marks_is_written_anew():
    page = "".join(
        f"before {name}\n<!-- {name}: begins -->\nold\n<!-- {name}: ends -->\nafter\n"
        for name in (performance.MACHINE, "one-entry-sqlite", "reading")
    )
    answer = evolve(
        figures(ours=50.0, floor=100.0), question="one-entry-sqlite", not_yet=("much",)
    )
    results = Results(machine={"cores": "2"}, settings={}, answers=(answer,))

    found = performance.rewritten(page, results)

    assert "| cores | 2 |" in found
    assert "| ours | 50 | 50–50 | 0.5 |" in found
    assert "Not yet: much." in found
    assert "before reading\n<!-- reading: begins -->\nold\n" in found
    assert found.count("after\n") == found.count("before ") == 3
    assert performance.rewritten(found, results) == found


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_the_command_keeps_what_it_measured(tmp_path):
    file = tmp_path / "found.json"

    done = run(
        *("one-entry-sqlite", "--quick", "--rounds", "1", "--only", "floor"),
        *("--json", str(file)),
    )

    assert done.returncode == 0, done.stderr
    assert load(file).answers[0].of("floor", "one entry").statements == 8
    assert "How long does one durable entry take" in done.stdout


def test_a_question_that_is_not_there_is_a_usage_error():
    done = run("one-entry-sqlit")

    assert done.returncode == 2
    assert "one-entry-sqlite" in done.stderr


class Watched:
    """A subject that does nothing, and notes what it is asked."""

    noted: list[tuple[str, Path, int]]

    def __init__(self, noted, module, place):
        self.noted, self.module, self.place = noted, module, place

    def prepare(self):
        self.noted.append((f"prepare {self.module}", self.place.folder, 0))

    def can(self, act):
        return act == "give"

    def open(self):
        pass

    def lap(self, _act, first, many):
        self.noted.append((f"lap {self.module}", self.place.folder, first))
        return [lap(*[10**6] * many)]

    def end(self):
        pass


class SlowAtFirst(Watched):
    """The same, with a first call that takes a second, and others a microsecond."""

    def lap(self, act, first, many):
        super().lap(act, first, many)
        slow = [10**9] if first == 0 else []
        return [lap(*slow, *[1_000] * (many - len(slow)))]


def watch(tmp_path, *parts, rounds=3, kind=Watched):
    noted = []

    def make(module, place, **_):
        return kind(noted, module, place)

    asking = Question(
        name="q",
        row=1,
        counted="entries",
        parts=parts,
        subjects=(
            Subject(name="same", module="one"),
            Subject(name="same", module="two"),
        ),
    )
    settings = Settings(rounds=rounds, seconds=0.001, counts=False)
    Runner(tmp_path, settings, say=print, make=make).ask(asking)
    return noted


def test_each_round_begins_with_another_subject(tmp_path):
    noted = watch(tmp_path, Part(name="p", act="give", whole=True))

    order = [what for what, *_ in noted if what.startswith("lap")]

    assert order == ["lap one", "lap two", "lap two", "lap one", "lap one", "lap two"]


def test_subjects_of_one_name_have_books_of_their_own(tmp_path):
    noted = watch(tmp_path, Part(name="p", act="give"))

    folders = {what: folder for what, folder, _ in noted}

    assert folders["prepare one"] == folders["lap one"] != folders["lap two"]
    assert list(tmp_path.glob("*/")) == []


def test_what_the_first_calls_take_says_nothing_of_a_round(tmp_path):
    noted = watch(
        tmp_path, Part(name="p", act="give", members=10), rounds=2, kind=SlowAtFirst
    )

    firsts = [first for what, _, first in noted if what == "lap one"]

    # a thousand calls of a microsecond fit into its millisecond
    assert firsts[-1] - firsts[-2] == 1_000


def test_no_number_is_given_to_two_calls(tmp_path):
    noted = watch(tmp_path, Part(name="p", act="give"), Part(name="q", act="give"))

    firsts = [first for what, _, first in noted if what == "lap one"]

    assert firsts == sorted(set(firsts))
    assert len([what for what, *_ in noted if what == "prepare one"]) == 1


def test_what_fills_its_books_has_new_ones_in_every_round(tmp_path):
    noted = watch(tmp_path, Part(name="p", act="give", whole=True, fresh=True))

    folders = [folder for what, folder, _ in noted if what == "lap one"]

    assert len(set(folders)) == 3


def test_what_a_subject_cannot_do_is_told(tmp_path):
    noted = watch(tmp_path, Part(name="p", act="fly"))

    assert [what for what, *_ in noted if what.startswith("lap")] == []


def test_a_peer_that_is_missing_is_told_and_stops_nobody(tmp_path):
    def make(module, place, **more):
        if module == "peer":
            raise Failed("…\nModuleNotFoundError: No module named 'peer'")
        return Worker(module, place, **more)

    asking = Question(
        name="q",
        row=1,
        counted="entries",
        parts=(Part(name="p", act="give", members=10),),
        subjects=(
            Subject(name="peer", module="peer", install="not installed: pip …"),
            Subject(name="floor", module="floor_sqlite", database=Database.SQLITE),
        ),
    )
    settings = Settings(rounds=1, seconds=0.001, counts=False)

    answer = Runner(tmp_path, settings, say=print, make=make).ask(asking)

    assert [each.absent for each in answer.figures] == ["not installed: pip …", ""]


# ---------------------------------------------------------------- engines


def test_engines_find_the_same_in_a_file_by_hand_and_in_what_timebank_hands_out(
    tmp_path,
):
    wanted = None
    for number, (engine, source) in enumerate(
        [
            ("duckdb", "by hand"),
            ("duckdb", "export"),
            ("duckdb", "stream"),
            ("polars", "by hand"),
            ("polars", "export"),
        ]
    ):
        place = Place(
            folder=tmp_path / str(number),
            members=5,
            entries=20,
            options={"engine": engine, "source": source},
        )
        place.folder.mkdir()
        columns.prepare(place)

        with closing(columns.Books(place)) as books:
            found = sorted(books.fold(0))

        wanted = wanted or found
        assert len(found) == 6
        assert found == wanted
