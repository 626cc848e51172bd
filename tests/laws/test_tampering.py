"""
Whoever changes the books behind the bank's back is found: at which position, by which law.

Some changes need a checkpoint kept elsewhere to be found (law 11), for they leave books
that agree with themselves.  Out of scope here, until there are checkpoints: a body
rewritten in what no column repeats (the actor, a fact, a label, the commitment), together
with its columns, or together with everything after it; a tail cut off with all its caches;
a ledger's name, time zone or setting.
"""

# ruff: noqa: S608 - whoever tampers writes SQL of positions it has just read

import json
import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import timebank
from timebank.errors import SchemaUnknown
from timebank.proof.verify import verify

from .desk import SECOND, START, Calendar, new_bank, with_members


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A ledger in which every column of every table is used."""
    path = tmp_path_factory.mktemp("books") / "books.db"
    calendar = Calendar()
    with with_members(
        new_bank(f"sqlite:///{path}", calendar=calendar), "a", "b"
    ) as bank:
        on = {"on": START}
        bank.record_service(
            "a", "care", 180, starts_at=540, id="e", private={"name": "Ada"}, **on
        )
        bank.give("a", "b", unit="credits", amount=60, id="gift", **on)
        bank.reverse("gift", id="back", **on)
        bank.order("a", "rice", 2, id="order", **on)
        bank.fulfil("order", 1, id="part", **on)
        bank.set_tier("a", "circle", "B", id="tier", **on)
        bank.void("late", id="void", **on)
        bank.amend_account("b", {"trusted": True}, id="amend", **on)
        bank.record_mark("a", "absence", id="mark", **on)
        bank.adopt(
            SECOND, on=START, holds_from=START + timedelta(days=1), id="policy-2"
        )
        assert bank.verify(decide_again=True).faults == ()
    return path


@pytest.fixture
def books(master, tmp_path):
    """A copy to be tampered with."""
    path = tmp_path / "books.db"
    path.write_bytes(master.read_bytes())
    return path


@contextmanager
def behind_the_banks_back(path):
    """A connection to which no guard speaks; the guards stand again afterwards."""
    connection = sqlite3.connect(path)
    guards = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()


def written(table):
    """Write a body as bodies are written."""
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def tamper(path, *statements):
    with behind_the_banks_back(path) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0


def stored(path):
    url = f"sqlite:///{path}"
    with (
        timebank.open(url, ledger="laws", actor="auditor") as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        return list(reading.stored())


def audit(path, **options):
    url = f"sqlite:///{path}"
    with (
        timebank.open(url, ledger="laws", actor="auditor", clock=Calendar()) as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        faults = bank.verify(**options).faults
        # by whatever way it goes
        assert verify(reading, by_values=True, **options).faults == faults
        # however little it keeps in memory
        assert verify(reading, kept=0, **options).faults[:1] == faults[:1]
        return faults


def place(path, id):
    connection = sqlite3.connect(path)
    (found,) = connection.execute(
        "SELECT position FROM timebank_entry WHERE id = ?", (id,)
    ).fetchone()
    connection.close()
    return found


def head(path):
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT MAX(position) FROM timebank_entry").fetchone()
    connection.close()
    return found


# ---------------------------------------------------------------- columns of facts


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "'other'"),
        ("kind", "'mark'"),
        ("effective_on", "'2024-02-01'"),
        ("recorded_at", "recorded_at + 1"),
        ("recorded_on", "'2024-02-01'"),
        ("target", "'gift'"),
        ("root", "'gift'"),
        ("provider", "'b'"),
        ("starts", "starts + 1"),
        ("ends", "ends + 1"),
    ],
)
def test_a_changed_column_of_an_entry_is_found_at_its_position(books, column, value):
    tamper(books, f"UPDATE timebank_entry SET {column} = {value} WHERE id = 'e'")

    first, *_ = audit(books)

    assert first.startswith(f"position {place_of_service(books)}: law 7: {column} ")


def place_of_service(path):
    connection = sqlite3.connect(path)
    (found,) = connection.execute(
        "SELECT MIN(position) FROM timebank_entry WHERE kind = 'service' OR id = 'other' "
        "OR (kind = 'mark' AND body LIKE '%\"care\"%')"
    ).fetchone()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account", "'b'"),
        ("unit", "'coins'"),
        ("bucket", "'held'"),
        ("amount", "amount + 1"),
        ("lot", "'gift'"),
        ("lot_expires_on", "'2030-01-01'"),
        ("rule", "'other'"),
        ("undoes", "1"),
        ("day", "'2024-02-01'"),
        ("origin", "origin - 1"),
        ("seq", "seq + 1"),
        ("free_after", "free_after + 1"),
        ("held_after", "held_after + 1"),
        ("labels", '\'{"on":"gift"}\''),
    ],
)
def test_a_changed_column_of_a_posting_is_found_at_its_position(books, column, value):
    position = place(books, "e")
    tamper(
        books,
        f"UPDATE timebank_posting SET {column} = {value} "
        f"WHERE position = {position} AND account = 'a' AND unit = 'credits'",
    )

    first, *_ = audit(books)

    assert first.startswith(f"position {position}: law 7: posting 3 is kept as")


@pytest.mark.parametrize("column", ["position", "line", "ledger"])
def test_a_posting_that_was_moved_is_found_where_it_is_missing(books, column):
    position = place(books, "e")
    tamper(
        books,
        f"UPDATE timebank_posting SET {column} = {column} + 50 "
        f"WHERE position = {position} AND line = 1",
    )

    first, *_ = audit(books)

    assert first.startswith(f"position {position}: law 7: ")


def test_a_line_that_was_moved_is_found_though_the_order_is_the_same(books):
    position = place(books, "gift")
    tamper(
        books,
        "UPDATE timebank_posting SET line = 7 "
        f"WHERE position = {position} AND line = 1",
    )

    first, *_ = audit(books)

    assert first.startswith(f"position {position}: law 7: posting 1 is kept as")


@pytest.mark.parametrize("column", ["position", "ledger"])
def test_an_entry_that_was_moved_is_found_where_it_is_missing(books, column):
    position = place(books, "gift")
    tamper(
        books, f"UPDATE timebank_entry SET {column} = {column} + 50 WHERE id = 'gift'"
    )

    first, *_ = audit(books)

    assert first.startswith(f"position {position}: is missing")


@pytest.mark.parametrize(
    ("key", "value", "law"),
    [
        ("effective_on", "2024-02-01", "law 7: effective_on"),
        ("id", "other", "law 7: id"),
        ("actor", "", "law 8"),
        ("policy", "0" * 64, "law 8: the policy"),
        ("recorded_on", "2024-02-01", "law 7: recorded_on"),
        ("target", "nothing", "law 3"),
        ("postings", [], "law 7: 2 postings are kept, 0"),
    ],
)
def test_a_changed_body_is_found_at_its_position(books, key, value, law):
    position = place(books, "gift")
    with behind_the_banks_back(books) as connection:
        (body,) = connection.execute(
            "SELECT body FROM timebank_entry WHERE id = 'gift'"
        ).fetchone()
        table = json.loads(body)
        assert key in table or key == "target"
        changed = written({**table, key: value})
        connection.execute(
            "UPDATE timebank_entry SET body = ? WHERE id = 'gift'", (changed,)
        )

    faults = audit(books)

    assert faults[0].startswith(f"position {position}: ")
    assert any(f.startswith(f"position {position}: {law}") for f in faults)


def change_legs(books, id, change):
    with behind_the_banks_back(books) as connection:
        (body,) = connection.execute(
            "SELECT body FROM timebank_entry WHERE id = ?", (id,)
        ).fetchone()
        table = json.loads(body)
        change(table["postings"])
        connection.execute(
            "UPDATE timebank_entry SET body = ? WHERE id = ?",
            (written(table), id),
        )


def test_a_body_that_no_longer_sums_to_zero_breaks_law_1(books):
    def change(legs):
        legs[0]["amount"] += 1

    change_legs(books, "gift", change)

    assert audit(books)[0].startswith(f"position {place(books, 'gift')}: law 1")


def test_a_reversal_whose_body_takes_back_something_else_breaks_law_9(books):
    def change(legs):
        for leg in legs:
            leg["amount"] *= 2

    change_legs(books, "back", change)

    position = place(books, "back")
    assert any(f.startswith(f"position {position}: law 9") for f in audit(books))


def test_a_body_that_moves_more_than_there_is_breaks_law_4(books):
    def change(legs):
        for leg in legs:
            leg["amount"] *= 100

    change_legs(books, "gift", change)

    position = place(books, "gift")
    assert any(f.startswith(f"position {position}: law 4") for f in audit(books))


def test_a_body_that_cannot_be_read_is_found_at_its_position(books):
    tamper(books, "UPDATE timebank_entry SET body = '{}' WHERE id = 'mark'")

    position = place(books, "mark")
    assert audit(books)[0].startswith(f"position {position}: the body cannot be read")


@pytest.mark.parametrize("id", ["gift", "order", "void"])
@pytest.mark.parametrize("damage", [{"operation": []}, {"colour": "red"}])
def test_a_body_of_the_wrong_shape_is_told_and_not_raised(books, id, damage):
    change_body(books, id, lambda table: table.update(damage))

    first, *_ = audit(books, decide_again=True)

    assert first.startswith(f"position {place(books, id)}: the body cannot be read")


class Spoiled:
    """A view of a ledger in which one body has the wrong shape."""

    def __init__(self, reading, id):
        self.reading, self.id = reading, id

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def stored(self):
        for stored in self.reading.stored():
            table = json.loads(stored.body) | {"operation": []}
            spoiled = stored._replace(body=written(table))
            yield spoiled if stored.id == self.id else stored


@pytest.mark.parametrize("id", ["policy-1", "policy-2"])
def test_an_adoption_of_the_wrong_shape_is_told_and_the_audit_goes_on(books, id):
    with (
        timebank.open(f"sqlite:///{books}", ledger="laws", actor="auditor") as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        report = verify(Spoiled(reading, id), decide_again=True)

    position = place(books, id)
    assert report.entries == head(books)
    assert report.faults[0].startswith(f"position {position}: the body cannot be read")


class Severed:
    """A view of a ledger whose connection is lost when times of day are asked for."""

    def __init__(self, reading):
        self.reading = reading

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def past(self, needs, until):
        if needs.shifts:
            raise ConnectionError("gone")
        return self.reading.past(needs, until)


def test_what_is_no_damage_is_raised_and_says_where(books):
    with (
        timebank.open(f"sqlite:///{books}", ledger="laws", actor="auditor") as bank,
        bank.store.reading(bank.ledger) as reading,
        pytest.raises(ConnectionError) as caught,
    ):
        verify(Severed(reading), decide_again=True)

    assert caught.value.__notes__ == [f"This was met at position {place(books, 'e')}."]


def test_an_operation_on_something_else_than_the_target_is_told(books):
    change_body(
        books, "back", lambda table: table["operation"].update(target="nothing")
    )

    faults = audit(books, decide_again=True)

    at = f"position {place(books, 'back')}: "
    assert any(fault.startswith(at) and "KeyError" in fault for fault in faults)


def change_body(books, id, change):
    with behind_the_banks_back(books) as connection:
        (body,) = connection.execute(
            "SELECT body FROM timebank_entry WHERE id = ?", (id,)
        ).fetchone()
        table = json.loads(body)
        change(table)
        connection.execute(
            "UPDATE timebank_entry SET body = ? WHERE id = ?",
            (written(table), id),
        )


@pytest.mark.parametrize(
    ("old", "new"), [("cap = 8,", "cap = 9,"), ("language = 1", "language = = 1")]
)
def test_a_policy_whose_text_was_changed_breaks_law_8(books, old, new):
    def change(table):
        assert old in table["operation"]["text"]
        table["operation"]["text"] = table["operation"]["text"].replace(old, new)

    change_body(books, "policy-2", change)

    position = place(books, "policy-2")
    assert any(
        fault.startswith(f"position {position}: law 8: the policy's text is not that")
        for fault in audit(books, decide_again=True)
    )


def test_a_leg_to_an_account_that_nobody_opened_breaks_law_4(books):
    def change(legs):
        legs[1]["account"] = "nobody"

    change_legs(books, "gift", change)

    position = place(books, "gift")
    assert any(
        f.startswith(f"position {position}: law 4: it moves the account 'nobody'")
        for f in audit(books)
    )


def test_a_decision_that_the_policy_would_not_have_made_breaks_law_10(books):
    """Body, rows and caches agree, and only the rule is lacking that would have paid so."""
    with behind_the_banks_back(books) as connection:
        connection.execute(
            "UPDATE timebank_entry SET body = replace(body, '\"minutes\":180', "
            "'\"minutes\":150') WHERE id = 'e'"
        )
        connection.execute("UPDATE timebank_entry SET ends = ends - 30 WHERE id = 'e'")

    assert audit(books) == ()
    first, *_ = audit(books, decide_again=True)
    assert first.startswith(f"position {place(books, 'e')}: law 10")
    assert "a +150 parts of hours" in first
    assert "a +180 parts of hours" in first


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize("id", ["e", "gift", "order", "mark"])
def test_a_deleted_entry_is_missed_at_its_position(books, id):
    position = place(books, id)
    tamper(
        books,
        f"DELETE FROM timebank_posting WHERE position = {position}",
        f"DELETE FROM timebank_entry WHERE position = {position}",
    )

    assert audit(books)[0].startswith(f"position {position}: is missing")


def test_what_follows_postings_of_no_entry_has_its_own(books):
    position = place(books, "e")
    before = stored(books)
    tamper(books, f"DELETE FROM timebank_entry WHERE position = {position}")

    assert stored(books) == [each for each in before if each.position != position]
    told = "law 7: postings are kept and no entry stands there"
    assert f"position {position}: {told}" in audit(books)


def test_a_deleted_posting_is_missed_at_its_position(books):
    position = place(books, "gift")
    tamper(
        books, f"DELETE FROM timebank_posting WHERE position = {position} AND line = 0"
    )

    assert audit(books)[0].startswith(
        f"position {position}: law 7: 1 postings are kept"
    )


def test_an_added_posting_is_found_at_its_position(books):
    position = place(books, "gift")
    with behind_the_banks_back(books) as connection:
        connection.execute("CREATE TEMP TABLE leg AS SELECT * FROM timebank_posting "
                           f"WHERE position = {position} AND line = 0")  # fmt: skip
        connection.execute("UPDATE leg SET line = 9")
        connection.execute("INSERT INTO timebank_posting SELECT * FROM leg")

    assert audit(books)[0].startswith(
        f"position {position}: law 7: 3 postings are kept"
    )


def test_two_entries_that_changed_places_are_found_at_the_first(books):
    one, other = place(books, "gift"), place(books, "back")
    tamper(
        books,
        f"UPDATE timebank_entry SET position = {one + 1000} WHERE position = {one}",
        f"UPDATE timebank_entry SET position = {one} WHERE position = {other}",
        f"UPDATE timebank_entry SET position = {other} WHERE position = {one + 1000}",
    )

    assert audit(books)[0].startswith(f"position {one}: law 3")


def test_a_tail_cut_off_without_its_caches_is_found_at_the_end(books):
    last = head(books)
    tamper(
        books,
        f"DELETE FROM timebank_posting WHERE position > {place(books, 'order')}",
        f"DELETE FROM timebank_entry WHERE position > {place(books, 'order')}",
    )

    faults = audit(books)

    assert f"position {place(books, 'order')}: law 3: the head says {last}" in faults


def test_a_tail_cut_off_with_the_head_adjusted_is_found_by_its_caches(books):
    position = place(books, "order")
    tamper(
        books,
        f"DELETE FROM timebank_posting WHERE position > {position}",
        f"DELETE FROM timebank_entry WHERE position > {position}",
        f"UPDATE timebank_head SET position = {position}",
    )

    faults = audit(books)

    assert faults
    assert all(f.startswith(f"position {position}: law 7") for f in faults)


# ---------------------------------------------------------------- caches


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timebank_account_state SET account = 'other' WHERE account = 'a'",
        "UPDATE timebank_account_state SET ledger = 9 WHERE account = 'a'",
        "UPDATE timebank_account_state SET kind = 'group' WHERE account = 'a'",
        "UPDATE timebank_account_state SET mode = 'append' WHERE account = 'a'",
        "UPDATE timebank_account_state SET opened_on = '2000-01-01' WHERE account = 'a'",
        "UPDATE timebank_account_state SET closed_on = '2024-01-01' WHERE account = 'a'",
        "UPDATE timebank_account_state SET facts = '[]' WHERE account = 'b'",
        "UPDATE timebank_account_state SET tiers = '[]' WHERE account = 'a'",
        "DELETE FROM timebank_account_state WHERE account = 'b'",
        "UPDATE timebank_balance SET account = 'x' WHERE account = 'a' AND unit = 'coins'",
        "UPDATE timebank_balance SET ledger = 9 WHERE account = 'a' AND unit = 'coins'",
        "UPDATE timebank_balance SET unit = 'x' WHERE account = 'a' AND unit = 'coins'",
        "UPDATE timebank_balance SET free = free + 1 WHERE account = 'a'",
        "UPDATE timebank_balance SET held = held + 1 WHERE account = 'a'",
        "UPDATE timebank_balance SET seq = seq + 1 WHERE account = 'a'",
        "DELETE FROM timebank_balance WHERE account = 'a'",
        "UPDATE timebank_taken_id SET id = 'other'",
        "UPDATE timebank_taken_id SET position = position + 1",
        "UPDATE timebank_taken_id SET ledger = 9",
        "DELETE FROM timebank_taken_id",
        "UPDATE timebank_ledger SET policy_position = policy_position - 1",
    ],
)
def test_a_cache_that_disagrees_with_the_journal_breaks_law_7(books, statement):
    tamper(books, statement)

    faults = audit(books)

    assert faults
    assert all(f.startswith(f"position {head(books)}: law 7") for f in faults)


@pytest.mark.parametrize("position", ["position - 1", "position + 1"])
def test_a_changed_head_breaks_law_3(books, position):
    tamper(books, f"UPDATE timebank_head SET position = {position}")

    assert audit(books)[0].startswith(f"position {head(books)}: law 3: the head says")


@pytest.mark.parametrize(
    ("statement", "id"),
    [
        ("UPDATE timebank_private SET salt = x'00'", "e"),
        ("""UPDATE timebank_private SET body = '{"name":"Eve"}'""", "e"),
        ("UPDATE timebank_private SET id = 'gift'", "gift"),
    ],
)
def test_private_details_that_were_changed_no_longer_match_their_entry(
    books, statement, id
):
    tamper(books, statement)

    (fault,) = audit(books)

    position = place(books, id)
    assert (
        fault
        == f"position {position}: law 7: the private details of {id!r} are not its own"
    )


def test_private_details_that_are_no_longer_json_are_told_and_not_raised(books):
    tamper(books, "UPDATE timebank_private SET body = 'Ada'")

    (fault,) = audit(books)

    assert "law 7: private details cannot be read" in fault


def test_private_details_that_were_erased_are_no_fault(books):
    with timebank.open(f"sqlite:///{books}", ledger="laws", actor="desk") as bank:
        bank.erase("e")

    assert audit(books) == ()


def test_a_database_of_another_version_is_not_read_at_all(books):
    tamper(books, "UPDATE timebank_schema SET version = 99")

    with pytest.raises(SchemaUnknown):
        audit(books)


# ---------------------------------------------------------------- guards


def test_a_guard_that_was_taken_down_breaks_law_2(books):
    connection = sqlite3.connect(books)
    connection.execute("DROP TRIGGER timebank_entry_update")
    connection.commit()
    connection.close()

    assert audit(books) == (
        f"position {head(books)}: law 2: the guard 'timebank_entry_update' is missing",
    )


# ---------------------------------------------------------------- whatever was done to it

PLACED = st.sampled_from([None, True, 0, 1, -7, 10**16, "", "a", "gift", [], {}, [[]]])


class Mangled:
    """A view of a ledger in which one value of one body is another."""

    def __init__(self, reading, position, path, value):
        self.reading, self.position = reading, position
        self.path, self.value = path, value

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def stored(self):
        for stored in self.reading.stored():
            if stored.position == self.position:
                table = json.loads(stored.body)
                mangle(table, self.path, self.value)
                yield stored._replace(body=written(table))
            else:
                yield stored


def mangle(table, path, value):
    """Put *value* where *path* leads, which picks one of what is there at each step."""
    *steps, last = path
    for step in steps:
        keys = [k for k in keys_of(table) if keys_of(table[k])]
        if not keys:
            break
        table = table[keys[step % len(keys)]]
    keys = keys_of(table)
    table[keys[last % len(keys)]] = value


def keys_of(table):
    if isinstance(table, dict):
        return sorted(table)
    return range(len(table)) if isinstance(table, list) else ()


def test_an_actor_that_nobody_could_be_is_told_in_both_languages(master):
    with (
        timebank.open(f"sqlite:///{master}", ledger="laws", actor="auditor") as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        report = verify(Mangled(reading, 1, [0], ""), decide_again=True)

    (told,) = (fault for fault in report.faults if "decided again" in fault)
    assert "actor must not be empty" in told
    assert "经办人不得为空" in told.in_("zh")


@given(
    position=st.integers(1, 25),
    path=st.lists(st.integers(0, 20), min_size=1, max_size=4),
    value=PLACED,
)
@example(position=1, path=[0], value="")  # nobody acted
@settings(deadline=None, max_examples=30)
def test_a_body_with_whatever_in_it_is_audited_to_the_end(
    master, position, path, value
):
    with (
        timebank.open(f"sqlite:///{master}", ledger="laws", actor="auditor") as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        mangled = Mangled(reading, position, path, value)

        report = verify(mangled, decide_again=True)

        assert report.entries == reading.head
