"""The journal as tables says what the bank says, of one moment, a page at a time."""

import sys
import weakref
from collections import Counter
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Thread

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import timebank
from timebank import labels
from timebank.analysis import TABLES, frames, moment, parquet, write_parquet
from timebank.bank import Bank
from timebank.entries import Entry, Recorded
from timebank.errors import ExtraMissing, JournalForked, StoreDamaged
from timebank.model import EntryId, Position
from timebank.operations import (
    TAGS,
    AdoptPolicy,
    Give,
    PlaceOrder,
    RecordService,
    Reverse,
)
from timebank.standing import Standing
from timebank.storage.appending import append_to, needs_to_append
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Settings
from timebank.testing import plain
from timebank.testing.strategies import next_entries, openings

from .storage.places import memory, postgresql, sqlite

DAY = date(2026, 3, 1)
RULES = timebank.programme("guangzhou")
SUMS = "SELECT account, unit, bucket, sum(amount) FROM {} GROUP BY ALL"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(moment, "PAGE", 4)
    monkeypatch.setattr(parquet, "GROUP", 9)


def bank_on(store):
    return Bank(store=store, settings=store.settings("home"), actor="desk-1")


def fill(store, members=("ada", "bai", "chen")):
    """Keep books that hold something of everything, and details that are nobody's business."""
    store.create(Settings(name="home", time_zone="Europe/Vienna", keep_refusals=True))
    bank = bank_on(store)
    bank.adopt(RULES, on=DAY, id="adopt")
    for member in members:
        private = {"name": f"secret {member}"}
        bank.open_account(member, on=DAY, private=private, id=f"open/{member}")
    for number in range(5):
        for member in members:
            service = RecordService(
                provider=member, service_class="care", minutes=24 * 60, recipient=None
            )
            bank.post(service, on=DAY, id=f"{member}/{number}")
    bank.post(PlaceOrder(payer=members[0], item="rice"), on=DAY, id="order")
    requests = [
        bank.request(operation, on=DAY + timedelta(days=1), id=id)
        for id, operation in {
            "refused": Give(payer="bai", payee="nobody", unit="points", amount=1),
            "given": Give(payer="bai", payee="ada", unit="points", amount=3),
            "undone": Reverse(target="chen/0"),
        }.items()
    ]
    bank.batch(requests, atomic=False)
    return bank


@pytest.fixture
def books():
    """Return the bank of books in memory that hold something of everything."""
    return fill(MemoryStore())


@pytest.fixture
def on_disk(tmp_path):
    """Return the bank of the same books in a file."""
    store = timebank.storage.urls.open_store(f"sqlite:///{tmp_path}/b.db", create=True)
    with closing(store):
        yield fill(store)


def balances(bank):
    """Return what the bank says every account has, where it has something."""
    found = {}
    for account in bank.accounts():
        for unit in bank.units():
            has = bank.balance(account.id, unit)
            found[account.id, unit, "free"] = has.free
            found[account.id, unit, "held"] = has.held
    return {key: amount for key, amount in found.items() if amount}


def sums(rows):
    """Return the sums of (account, unit, bucket, amount), where they are something."""
    found = Counter()
    for account, unit, bucket, amount in rows:
        found[account, unit, bucket] += amount
    return {key: amount for key, amount in found.items() if amount}


def folded(table):
    names = ("account", "unit", "bucket", "amount")
    return sums(zip(*(table[name].to_pylist() for name in names), strict=True))


# ---------------------------------------------------------------- what it says


@st.composite
def journals(draw):
    """Make entries that may follow each other, under a policy that has their units."""
    fold, entries = Standing(), []
    adoption = Entry(
        id=EntryId("adopt"),
        operation=AdoptPolicy(text=RULES, holds_from=date(2020, 1, 1)),
        effective_on=date(2020, 1, 1),
        recorded=Recorded(at=datetime(2020, 1, 1, tzinfo=UTC), on=date(2020, 1, 1)),
        actor="desk-1",
        policy="",
    )
    first = [adoption, *openings()]
    for number in range(draw(st.integers(1, 16))):
        entry = (
            first[number]
            if number < len(first)
            else draw(next_entries(fold, EntryId(f"entry '{number}'")))
        )
        if isinstance(entry.operation, AdoptPolicy):
            entry = evolve(entry, operation=adoption.operation)
        fold.apply(entry, Position(number + 1))
        entries.append(entry)
    return entries


def row_of(journal, counted):
    """Return what a row of a posting has to say, by the plainest reading of the journal."""
    posting, entry = counted.posting, counted.entry
    looked_at = posting.bucket.value == "free" and posting.account != "issuer"
    said = plain.labels(journal, counted) if looked_at else ()
    row = {
        "position": counted.position,
        "line": counted.line,
        "account": posting.account,
        "unit": posting.unit,
        "bucket": posting.bucket.value,
        "amount": posting.amount,
        "day": counted.day,
        "origin": counted.counted_at,
        "undoes": posting.undoes,
        "rule": posting.rule or None,
        "lot": posting.lot.id if posting.lot else None,
        "lot_expires_on": posting.lot.expires_on if posting.lot else None,
        "entry": entry.id,
        "effective_on": entry.effective_on,
        "recorded_at": entry.recorded.at,
        "recorded_on": entry.recorded.on,
        "policy": entry.policy,
    }
    several = {"recipient": None, "other": None}
    one = dict.fromkeys(["operation", *map(NAMES.get, LABELS, LABELS)])
    for name, value in said:
        if name in several:
            several[name] = [*(several[name] or ()), value]
        else:
            one[NAMES.get(name, name)] = int(value) if name == "quantity" else value
    return {**row, **{k: v for k, v in one.items() if k not in several}, **several}


LABELS = {
    *labels._NAMED.values(),
    *labels.ROLES.values(),
    *("on", "other", labels.QUANTITY),
}
NAMES = {"on": "operation"}
DERIVED = {"account_kind", "scale", "free_after", "held_after", "kind"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "examples"), [(memory, 60), (sqlite, 25), (postgresql, 10)]
)
def test_the_export_folds_to_the_banks_balances(place, examples, tmp_path):
    @settings(max_examples=examples)
    @given(journal=journals())
    def fold(journal):
        with place() as connect, closing(connect()) as store:
            store.create(Settings(name="home"))
            with store.turn("home") as turn:
                append_to(turn, turn.load(needs_to_append(journal)), journal, {})
            bank = bank_on(store)

            written = write_parquet(bank, tmp_path, replace=True)
            postings = pq.read_table(written.files["postings"])

            assert folded(postings) == balances(bank)
            rows = postings.to_pylist()
            assert [
                {k: v for k, v in row.items() if k not in DERIVED} for row in rows
            ] == [row_of(journal, counted) for counted in plain.postings(journal)]
            assert pa.table(frames(bank).postings).to_pylist() == rows
            for table, wanted in others(journal, bank):
                assert pq.read_table(written.files[table]).to_pylist() == wanted

    fold()


def others(journal, bank):
    """Yield each other table, and the rows that it has to have."""
    placed = list(enumerate(journal, start=1))
    fold = Standing()
    for position, entry in placed:
        fold.apply(entry, Position(position))
    yield (
        "entries",
        [
            {
                "position": position,
                "entry": entry.id,
                "kind": TAGS[type(entry.operation)],
                "effective_on": entry.effective_on,
                "recorded_at": entry.recorded.at,
                "recorded_on": entry.recorded.on,
                "policy": entry.policy,
                "actor": entry.actor,
                "target": entry.target,
                "root": fold.roots[entry.id],
                "waits": entry.waits,
                "postings": len(entry.postings),
            }
            for position, entry in placed
        ],
    )
    yield (
        "findings",
        [
            {
                "position": position,
                "line": line,
                "code": found.code,
                "reason": found.reason.value,
                "effect": found.effect.value,
                "account": found.account,
                "unit": found.unit,
                "wanted": found.wanted if is_amount(found, found.wanted) else None,
                "found": found.found if is_amount(found, found.found) else None,
            }
            for position, entry in placed
            for line, found in enumerate(entry.findings)
        ],
    )
    yield (
        "accounts",
        [
            {
                "account": account.id,
                "kind": account.kind.value,
                "mode": account.mode.value,
                "opened_on": account.opened_on,
                "closed_on": account.closed_on,
            }
            for account in bank.accounts()
        ],
    )


def is_amount(finding, said):
    return finding.unit is not None and isinstance(said, int)


def test_every_engine_reads_the_same_sums_from_the_stream_and_from_the_file(
    on_disk, tmp_path
):
    tables, wanted = frames(on_disk), balances(on_disk)
    postings = tables.postings
    file = write_parquet(on_disk, tmp_path / "out").files["postings"]
    assert len(list(postings.batches())) > 5  # more than one dictionary

    assert folded(pa.table(postings)) == wanted
    assert folded(pq.read_table(file)) == wanted
    for source in ("postings", f"'{file}'"):
        rows = duckdb.sql(SUMS.format(source)).fetchall()
        assert sums(rows) == wanted
    for frame in (pl.DataFrame(postings), pl.read_parquet(file)):
        assert folded(frame.to_arrow()) == wanted


def test_a_row_says_what_its_entry_and_its_account_are(books):
    rows = pa.table(frames(books).postings).to_pylist()

    (held,) = (row for row in rows if row["bucket"] == "held")
    assert (held["kind"], held["account"], held["account_kind"]) == (
        "order",
        "ada",
        "member",
    )
    has = books.balance("ada", held["unit"], as_of=held["position"])
    assert (held["free_after"], held["held_after"]) == (has.free, has.held)
    assert {row["unit"]: row["scale"] for row in rows} == {"hours": 60, "points": 1}
    undone = [row for row in rows if row["undoes"] and row["account"] == "chen"]
    assert {(r["kind"], r["operation"], r["class"], r["day"]) for r in undone} == {
        ("reverse", "service", "care", DAY)
    }


def test_what_was_refused_and_noted_is_there_without_what_was_told(books):
    tables = frames(books)
    entries = {e["entry"]: e for e in pa.table(tables.entries).to_pylist()}
    findings = pa.table(tables.findings).to_pylist()

    refused = next(e for e in entries.values() if e["kind"] == "refusal")
    why = [f for f in findings if f["position"] == refused["position"]]
    assert [(f["code"], f["reason"], f["effect"]) for f in why] == [
        ("payee", "account-unknown", "refuses")
    ]
    assert entries["undone"]["target"] == entries["undone"]["root"] == "chen/0"
    assert entries["order"]["actor"] == "desk-1"
    assert [a["account"] for a in pa.table(tables.accounts).to_pylist()] == [
        account.id for account in books.accounts()
    ]


def test_every_label_has_a_column():
    (postings,) = (table for table in TABLES if table.name == "postings")

    assert {NAMES.get(label, label) for label in LABELS} <= {
        column.name for column in postings.columns
    }


def test_every_column_says_what_it_is_and_the_schema_of_what_moment(books, tmp_path):
    written = write_parquet(books, tmp_path)

    for table in TABLES:
        schema = pq.read_schema(written.files[table.name])
        assert [f.metadata[b"description"].decode() for f in schema] == [
            column.text for column in table.columns
        ]
        assert [f.name for f in schema if not f.nullable] == [
            column.name for column in table.columns if not column.optional
        ]
        about = {k.decode(): v.decode() for k, v in schema.metadata.items()}
        assert about["timebank.head"] == str(written.head)
        assert about["timebank.last"] == written.last == "undone"
        assert about["timebank.ledger"] == "home"
        assert about["timebank.time_zone"] == "Europe/Vienna"
        assert about["timebank.format"] == "1"
        assert about["timebank.units"] == (
            '{"hours": {"record": true, "scale": 60}, '
            '"points": {"record": false, "scale": 1}}'
        )


# ---------------------------------------------------------------- what it keeps to itself


PRIVATE = """\
language = 1
[policy]
name = "What a fact says"
source = "a test"
status = "invented"
from = 2020-01-01
[units]
hours = { scale = 60 }
[accounts.member]
[facts]
illness = ["asthma", "gout"]
age = { type = "number", kept = true }
[classes.care]
[rules.hours]
on = "service"
unit = "hours"
amount = { of = "time" }
requires = { illness = { is = "asthma" }, "provider.age" = { min = 4711 } }
"""


def test_nothing_is_told_of_a_person_but_the_account():
    store = MemoryStore()
    store.create(Settings(name="home", keep_refusals=True))
    bank = bank_on(store)
    bank.adopt(PRIVATE, on=DAY)
    for member, age in (("ada", 4711), ("bai", 815)):
        name = {"name": "Secret"}
        bank.open_account(member, on=DAY, facts={"age": age}, private=name)
        for illness in ("asthma", "gout"):
            service = RecordService(
                provider=member,
                service_class="care",
                minutes=60,
                facts={"illness": illness},
            )
            request = bank.request(service, on=DAY, private={"remark": "Secret"})
            bank.batch([request], atomic=False)

    tables = frames(bank)
    cells = [
        str(cell)
        for frame in (tables.postings, tables.entries, tables.findings, tables.accounts)
        for row in pa.table(frame).to_pylist()
        for cell in row.values()
    ]

    assert sum(cell == "refuses" for cell in cells) == 4
    for told in ("Secret", "asthma", "gout", "4711", "815"):
        assert [cell for cell in cells if told in cell and len(cell) < 30] == []


# ---------------------------------------------------------------- of one moment


def everything(tables):
    four = (tables.postings, tables.entries, tables.findings, tables.accounts)
    return [pa.table(frame).to_pylist() for frame in four]


def test_what_comes_later_is_in_no_table(on_disk):
    tables = frames(on_disk)
    before = everything(tables)

    on_disk.open_account("late", on=DAY)
    on_disk.record_service("late", "care", 60, on=DAY, id="late")

    assert everything(tables) == before
    assert everything(frames(on_disk)) != before


def test_what_comes_while_it_is_written_is_not_written(on_disk, tmp_path):
    before = [len(rows) for rows in everything(frames(on_disk))]
    said = []

    def meanwhile(done, of):
        said.append((done, of))
        on_disk.open_account(f"late-{done}", on=DAY)
        on_disk.record_service(f"late-{done}", "care", 60, on=DAY)

    written = write_parquet(on_disk, tmp_path / "out", progress=meanwhile)

    assert [*written.rows.values()] == before
    assert said[-1] == (written.head, written.head) == (before[1], before[1])
    assert [done for done, _ in said] == [*range(4, written.head, 4), written.head]


def test_the_same_journal_makes_the_same_files(on_disk, tmp_path):
    one = write_parquet(on_disk, tmp_path / "one").files
    two = write_parquet(on_disk, tmp_path / "two").files

    for table in TABLES:
        assert one[table.name].read_bytes() == two[table.name].read_bytes()


def test_an_empty_ledger_has_tables_too(tmp_path):
    store = MemoryStore()
    store.create(Settings(name="home"))

    written = write_parquet(bank_on(store), tmp_path)

    assert (written.head, written.last, set(written.rows.values())) == (0, None, {0})
    assert pq.read_table(written.files["postings"]).num_rows == 0
    assert everything(frames(bank_on(store))) == [[], [], [], []]


def test_a_stream_may_be_read_by_another_thread_and_left(books, on_disk):
    for bank in (books, on_disk):
        reader = frames(bank).postings.reader()
        first = reader.read_next_batch()
        rest = []
        thread = Thread(target=lambda reader=reader, rest=rest: rest.extend(reader))
        thread.start()
        thread.join()
        read = first.num_rows + sum(batch.num_rows for batch in rest)
        assert read == len(pa.table(frames(bank).postings))
        left = frames(bank).entries.reader()
        left.read_next_batch()
        bank.record_service("ada", "care", 60, on=DAY)


class Gap:
    """A store that has lost an entry."""

    def __init__(self, store, position):
        self.store, self.position = store, position

    def __getattr__(self, name):
        return getattr(self.store, name)

    @contextmanager
    def reading(self, ledger):
        with self.store.reading(ledger) as reading:
            yield _GapIn(reading, self.position)


class _GapIn:
    def __init__(self, reading, position):
        self.reading, self.position = reading, position

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def stored(self, **ends):
        return (s for s in self.reading.stored(**ends) if s.position != self.position)


@pytest.mark.parametrize("position", [1, 4, 6, 25])
def test_an_entry_that_is_missing_is_told(books, position, tmp_path):
    bank = bank_on(Gap(books.store, position))

    with pytest.raises(StoreDamaged, match=f"position {position} is missing"):
        write_parquet(bank, tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("meanwhile", "found"),
    [([], None), (["other"], "other"), (["other", "m"], "other")],
)
def test_books_that_were_put_back_meanwhile_are_not_told_as_those(
    books, meanwhile, found
):
    older = fill(MemoryStore())
    books.void("never", on=DAY, id="last")
    for id in meanwhile:
        older.void(f"never {id}", on=DAY, id=id)
    told = frames(books).postings

    with pytest.raises(JournalForked) as forked:
        list(evolve(told, moment=evolve(told.moment, store=older.store)).batches())

    assert (forked.value.last, forked.value.found) == ("last", found)


# ---------------------------------------------------------------- bounded


def test_few_pages_and_batches_are_held_at_once_however_long_the_journal(
    on_disk, tmp_path, monkeypatch
):
    most, made = Counter(), {"pages": [], "batches": []}

    def counted(kind, make):
        def make_one(*arguments):
            found = make(*arguments)
            made[kind].append(weakref.ref(found))
            most[kind] = max(most[kind], sum(one() is not None for one in made[kind]))
            return found

        return make_one

    for id in range(40):
        on_disk.record_service("ada", "care", 60, on=DAY, id=f"more/{id}")
    monkeypatch.setattr(moment, "Page", counted("pages", moment.Page))
    batch_of = counted("batches", parquet.batch_of)
    monkeypatch.setattr(parquet, "batch_of", batch_of)
    monkeypatch.setattr(timebank.analysis.arrow, "batch_of", batch_of)

    rows = 0
    for batch in frames(on_disk).postings.reader():
        rows += batch.num_rows
    assert rows > 16 * 4
    assert most["pages"] <= 2
    assert most["batches"] <= 2

    most["batches"] = 0
    written = write_parquet(on_disk, tmp_path / "out")
    # three tables, each waiting for a group of nine rows, and the batch that is made
    assert most["batches"] < 3 * 9
    groups = pq.ParquetFile(written.files["postings"]).num_row_groups
    assert groups > 5


# ---------------------------------------------------------------- files


def test_files_are_replaced_only_on_request_and_only_as_a_whole(books, tmp_path):
    mine = tmp_path / "accounts.parquet"
    mine.write_text("mine")

    with pytest.raises(FileExistsError):
        write_parquet(books, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["accounts.parquet"]
    with pytest.raises(StoreDamaged):
        write_parquet(bank_on(Gap(books.store, 9)), tmp_path, replace=True)
    assert [p.name for p in tmp_path.iterdir()] == ["accounts.parquet"]
    assert mine.read_text() == "mine"

    written = write_parquet(books, tmp_path, replace=True)

    assert sorted(tmp_path.iterdir()) == sorted(written.files.values())
    assert pq.read_table(mine).num_rows == written.rows["accounts"]


def test_a_group_holds_each_word_once(tmp_path, monkeypatch):
    members = [f"{'long' * 20}-{number}" for number in range(9)]
    bank = fill(MemoryStore(), members)
    monkeypatch.setattr(parquet, "GROUP", 10**6)

    file = write_parquet(bank, tmp_path).files["postings"]

    (group,) = groups_of(file)
    account = next(column for column in group if column.path_in_schema == "account")
    assert account.num_values > 20 * len(members)
    # as every page of four entries has other members, they would be written out
    assert account.total_uncompressed_size < 2 * sum(map(len, members))


def groups_of(file):
    """Return what a Parquet file says of its columns, by group."""
    metadata = pq.ParquetFile(file).metadata
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return [[group.column(n) for n in range(group.num_columns)] for group in groups]


@pytest.mark.parametrize("call", [frames, lambda bank: write_parquet(bank, "out")])
def test_what_is_missing_is_told_with_the_remedy(books, monkeypatch, call):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ExtraMissing) as missing:
        call(books)

    assert missing.value.text.in_("en") == (
        "pyarrow is missing; run: pip install 'timebank[arrow]'"
    )
    assert "请运行：pip install 'timebank[arrow]'" in missing.value.text.in_("zh")
