"""Rows: what an entry comes to as it is taken in, and what its postings count for."""

from datetime import timedelta

import pytest
from attrs import evolve

from timebank import operations as ops
from timebank.balances import Balance
from timebank.standing import Standing
from timebank.storage import writing
from timebank.storage.query import Places, Query
from timebank.storage.sql import LEDGERS
from timebank.storage.writing import written

from ..decide.books import CARE, TODAY, books


def taken_in(bank):
    """Return by id what came of each entry as it was taken in, and the fold."""
    fold = Standing()
    return {
        entry.id: fold.apply(entry, position) for position, entry in bank.entries()
    }, fold


@pytest.fixture(params=["memory:", "sqlite:///{}/books.db"], ids=["memory", "sqlite"])
def worked(request, tmp_path):
    """Books with two services of which the second was put right, and a closed account."""
    bank = books(
        CARE, members=("ada", "ben", "cai"), url=request.param.format(tmp_path)
    )
    bank.record_service("ada", "care", 60, on=TODAY, id="first")
    bank.record_service("ada", "care", 30, starts_at=540, on=TODAY, id="second")
    right = ops.RecordService(
        provider="ben", service_class="care", minutes=20, starts_at=600
    )
    bank.correct("second", right, on=TODAY, id="right")
    bank.close_account("cai", cause="leaving", on=TODAY, id="closed")
    return bank


def test_an_entry_that_is_taken_in_tells_what_each_leg_left(worked):
    taken, fold = taken_in(worked)

    left = {
        id: [
            (leg.posting.account, kept)
            for leg, kept in zip(t.legs, t.after, strict=True)
        ]
        for id, t in taken.items()
    }
    nobody = ("issuer", None)  # keeps no running balance
    assert left["first"] == [nobody, ("ada", (Balance(60), 1))]
    assert left["second"] == [nobody, ("ada", (Balance(90), 2))]
    assert sorted(left["right"], key=str) == [
        ("ada", (Balance(60), 3)),
        ("ben", (Balance(20), 1)),
        nobody,
        nobody,
    ]
    assert fold.running() == {
        ("ada", "hours"): (Balance(60), 3),
        ("ben", "hours"): (Balance(20), 1),
    }


def test_it_tells_whose_time_it_took_and_what_account_it_changed(worked):
    taken, fold = taken_in(worked)

    assert taken["first"].service is None  # says no time of day
    assert [taken[id].service[0] for id in ("second", "right")] == ["ada", "ben"]
    assert taken["closed"].account == fold.accounts["cai"]
    assert taken["closed"].account.closed_on == TODAY
    assert taken["first"].account is None
    assert taken["right"].root == "second"


def test_it_is_kept_as_it_was_told(worked):
    taken, fold = taken_in(worked)

    with worked.store.reading(worked.ledger) as reading:
        kept = {each.id: each for each in reading.stored()}
        caches = reading.caches()

    for id, each in taken.items():
        row = kept[id]
        assert row.provider == (each.service[0] if each.service else None)
        assert row.root == each.root
        assert [(p.seq, p.free_after, p.held_after) for p in row.postings] == [
            (k[1], k[0].free, k[0].held) if k else (None, None, None)
            for k in each.after
        ]
    assert caches.accounts == fold.accounts
    assert caches.balances == fold.running()


def test_the_legs_of_an_entry_to_come_stand_behind_all_others(worked):
    taken, fold = taken_in(worked)
    before = Standing()
    for each in taken.values():
        if each.entry.id == "second":
            break
        before.apply(each.entry, each.position)

    assert before.legs(taken["second"].entry) == taken["second"].legs
    assert fold.legs(taken["second"].entry) == taken["second"].legs


def test_what_an_undoing_leg_counts_for_is_the_entry_that_it_undoes():
    bank, earlier = books(CARE), TODAY - timedelta(days=3)
    bank.record_service("ada", "care", 60, on=earlier, id="first")
    bank.reverse("first", on=TODAY)

    with bank.store.reading(bank.ledger) as reading:
        first, undoing = [*reading.stored()][-2:]

    counted = {(leg.day, leg.origin) for leg in undoing.postings}
    assert counted == {(earlier.isoformat(), first.position)}
    assert undoing.effective_on == TODAY.isoformat()


def test_balances_are_written_in_order_and_each_once():
    bank = books(CARE, members=("ada", "ben"))
    for member in ("ben", "ada", "ben"):
        bank.record_service(member, "care", 60, on=TODAY)
    taken, _ = taken_in(bank)
    asked = []

    def insert(table, rows, _):
        asked.append((table.name, rows))
        return Query(LEDGERS)

    written([*taken.values()], {}, insert, Places(ledger=7, before=0, many=len(taken)))

    names = [name.removeprefix("timebank_") for name, _ in asked]
    assert names == ["balance", "posting", "entry", "account_state"]
    # the order in which whoever writes at the same time waits for whom
    assert asked[0][1] == [
        (7, "ada", "hours", 60, 0, 1),
        (7, "ben", "hours", 120, 0, 2),
    ]


def test_many_rows_are_written_in_parts(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_MAX", 3)
    kept = []
    for url in ("memory:", f"sqlite:///{tmp_path}/books.db", postgresql_url):
        bank = books(CARE, members=("ada", "ben", "cai", "dan"), url=url)
        asked = ops.RecordService(provider="ada", service_class="care", minutes=60)
        others = [evolve(asked, provider=name) for name in ("ben", "cai", "dan")]

        several = [asked, *others] * 2
        bank.batch(
            [bank.request(one, on=TODAY, id=f"s{n}") for n, one in enumerate(several)]
        )

        bank.verify().raise_if_faulty()
        with bank.store.reading(bank.ledger) as reading:
            kept.append(
                ([*reading.stored()][-len(several) :], reading.caches().balances)
            )
        bank.close()

    in_memory, on_sqlite, on_postgresql = kept
    assert len({row.position for row in in_memory[0]}) == 8
    assert on_sqlite[1] == on_postgresql[1] == in_memory[1]
    assert [row.postings for row in on_postgresql[0]] == [
        row.postings for row in on_sqlite[0]
    ]


def test_no_statement_writes_more_than_a_part(monkeypatch):
    monkeypatch.setattr(writing, "ROWS_MAX", 2)
    bank = books(CARE, members=("ada", "ben", "cai"))
    taken, _ = taken_in(bank)
    asked = []

    def insert(table, rows, _):
        asked.append((table.name, len(rows)))
        return Query(LEDGERS)

    written([*taken.values()], {}, insert, Places(ledger=7, before=0, many=len(taken)))

    assert max(many for _, many in asked) == 2
    assert sum(many for name, many in asked if name == "timebank_entry") == len(taken)
