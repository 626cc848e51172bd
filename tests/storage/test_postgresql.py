"""What is PostgreSQL's own: few round trips, and turns that overtake each other."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial

import pytest
from attrs import evolve
from psycopg.errors import lookup
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import timebank
from timebank import Refused
from timebank.entries import Entry, Recorded
from timebank.errors import LedgerExists, Overtaken, StoreDamaged, StoreUnreachable
from timebank.model import EntryId, Lot, Posting, Reason
from timebank.operations import (
    AdoptPolicy,
    AmendAccount,
    Give,
    OpenAccount,
    RecordService,
    Reverse,
    VoidId,
)
from timebank.scope import Needs, Series, union
from timebank.session import decided
from timebank.storage.appending import append_to, needs_to_append
from timebank.storage.postgresql import translated
from timebank.storage.seen import unless_changed
from timebank.storage.trips import in_one_trip
from timebank.storage.turn import SqlTurn
from timebank.storage.urls import open_store
from timebank.testing.races import POLICY, run_at_once

from ..postgres import FOR_MANY_TESTS, started, wait_until
from ..proxy import relay
from .places import linked

DAY = date(2024, 3, 1)
SERVICE = RecordService(provider="ada", service_class="care", minutes=60)
GIFT = Give(payer="ada", payee="bai", unit="points", amount=1)

POOL = (
    POLICY.replace(
        "[classes.care]",
        '[accounts.pool]\nnames = ["street"]\npoints = { floor = "none" }\n\n[classes.care]',
    )
    + '\n[rules.grant]\non = "allocate"\nunit = "points"\nfrom = "issuer"\n'
)


@pytest.fixture(scope="module")
def server():
    # who waits where nobody should does not wait for ever
    server = started(**FOR_MANY_TESTS, lock_timeout="20s")
    yield server
    server.stop()


@pytest.fixture
def relayed(server):
    with relay(server) as relayed:
        yield relayed


def furnished(bank):
    # the pool, like the issuer, is an account that nobody locks
    bank.post(AdoptPolicy(text=POOL, holds_from=DAY), on=DAY)
    for account, kind in (("issuer", "issuer"), ("pool:street", "pool")):
        bank.open_account(account, kind=kind, mode="append", on=DAY)
    for member in ("ada", "bai"):
        bank.open_account(member, on=DAY)
    for number in range(3):
        bank.post(SERVICE, on=DAY, id=f"had/{number}")
    return bank


TOLD = (
    POOL
    + """
[facts.referrer]
type = "account"
kept = true

[rules.thanks]
on = "service"
unit = "points"
from = "issuer"
to = "provider.referrer"
amount = 1
when = { provider.referrer = { known = true } }
"""
)


# ---------------------------------------------------------------- round trips


@pytest.fixture
def far_bank(server, relayed):
    server.run("DROP DATABASE IF EXISTS far")
    server.run("CREATE DATABASE far")
    with timebank.create(relayed.url("far"), ledger="home", actor="a") as bank:
        yield furnished(bank)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda bank: bank.post(SERVICE, on=DAY), id="service"),
        pytest.param(lambda bank: bank.post(GIFT, on=DAY), id="gift"),
        pytest.param(lambda bank: bank.open_account("cai", on=DAY), id="opening"),
        pytest.param(
            lambda bank: bank.batch(
                [bank.request(SERVICE, on=DAY) for _ in range(200)]
            ),
            id="batch of 200",
        ),
    ],
)
def test_a_posting_takes_two_round_trips_the_commit_in_the_second(
    far_bank, relayed, ask
):
    with relayed.round_trips() as trips:
        ask(far_bank)

    assert trips.count == 2


def test_a_gift_takes_ten_statements_the_commit_among_them(far_bank, relayed):
    done = []
    relayed.cut(lambda message: done.append(message.by_client or message.kind))

    far_bank.post(GIFT, on=DAY)

    # every statement ends with the server saying that it is complete
    assert done.count("C") == 10


def test_statements_are_not_planned_every_time(far_bank):
    for _ in range(10):
        far_bank.post(SERVICE, on=DAY)

    with linked(far_bank.store.adapter, write=False) as link:
        plans = link.connection.exec_driver_sql(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
        ).one()

    assert plans[0] > 50
    assert plans[1] == 0


def test_an_engine_that_plans_as_it_likes_serves_too(server, monkeypatch):
    server.run("DROP DATABASE IF EXISTS near")
    server.run("CREATE DATABASE near")
    unknown = "SELECT set_config('plans.no_such_thing here', 'x', true)"
    monkeypatch.setattr("timebank.storage.postgresql.PLAN_ONCE_HERE", unknown)

    with timebank.create(server.url("near"), ledger="home", actor="a") as bank:
        assert bank.adopt(POLICY, on=DAY).position == 1


@pytest.mark.parametrize(
    ("process_of", "between"),
    [
        pytest.param(lambda pid: pid, "force_generic_plan", id="ours alone"),
        pytest.param(lambda pid: pid + 1, "auto", id="lent by a pooler"),
    ],
)
def test_statements_are_planned_once_for_us_alone(
    server, monkeypatch, process_of, between
):
    server.run("DROP DATABASE IF EXISTS near")
    server.run("CREATE DATABASE near")
    number = property(lambda info: process_of(info.pgconn.backend_pid))
    monkeypatch.setattr("psycopg.ConnectionInfo.backend_pid", number)

    with timebank.create(server.url("near"), ledger="home", actor="a") as bank:
        adapter = bank.store.adapter
        with linked(adapter, write=False) as link:
            asked = link.lent.driver_connection.execute
            assert asked("SHOW plan_cache_mode").fetchone() == (between,)
            adapter.fetch(link, [])
            assert asked("SHOW plan_cache_mode").fetchone() == ("force_generic_plan",)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda bank: bank.balance("ada", "points"), id="balance"),
        pytest.param(
            lambda bank: bank.balance("ada", "points", as_of=99), id="as of a position"
        ),
        pytest.param(lambda bank: bank.statement("ada", "points"), id="statement"),
    ],
)
def test_a_figure_takes_one_round_trip(far_bank, relayed, ask):
    ask(far_bank)

    with relayed.round_trips() as trips:
        found = ask(far_bank)

    assert trips.count == 1
    assert found


def test_without_pipelines_a_figure_leaves_no_transaction_behind(
    far_bank, relayed, monkeypatch
):
    monkeypatch.setattr("timebank.storage.trips.PIPELINED", False)

    with relayed.round_trips() as trips:
        found = far_bank.balance("ada", "points")

    assert found.free == 3
    assert trips.count == 1


def test_without_pipelines_every_statement_takes_a_round_trip_in_one_transaction(
    far_bank, relayed, monkeypatch
):
    monkeypatch.setattr("timebank.storage.trips.PIPELINED", False)

    with relayed.round_trips() as trips:
        far_bank.post(GIFT, on=DAY)

    assert trips.count == 10


def test_what_acts_on_an_entry_takes_one_more_to_read_its_thread(far_bank, relayed):
    far_bank.post(GIFT, on=DAY, id="gift")

    with relayed.round_trips() as trips:
        far_bank.reverse("gift", on=DAY)

    assert trips.count == 2 + 1


@pytest.fixture
def host_url(far_bank, relayed):  # noqa: ARG001 - it made the database
    return relayed.url("far").replace("postgresql:", "postgresql+psycopg:", 1)


def test_a_host_waits_for_its_savepoint_besides(far_bank, relayed, host_url):
    engine = create_engine(host_url)
    with engine.connect() as connection:
        books = far_bank.within(connection)
        with relayed.round_trips() as trips:
            books.post(SERVICE, on=DAY)
        connection.rollback()
    engine.dispose()

    assert trips.count == 2 + 2


def test_an_asynchronous_host_waits_as_often(far_bank, relayed, host_url):
    async def post():
        engine = create_async_engine(host_url)
        async with engine.connect() as connection:
            await far_bank.within_async(connection, lambda books: books.ledger)
            with relayed.round_trips() as trips:
                await far_bank.within_async(
                    connection, lambda books: books.post(SERVICE, on=DAY)
                )
        await engine.dispose()
        return trips.count

    assert asyncio.run(post()) == 2 + 2


def test_a_request_that_is_known_takes_one_and_the_end(far_bank, relayed):
    with relayed.round_trips() as trips:
        assert far_bank.post(SERVICE, on=DAY, id="had/0").replayed

    assert trips.count == 1 + 1


# ---------------------------------------------------------------- overtaken


@pytest.fixture
def banks(server):
    """Two desks of one ledger that keeps refusals."""
    server.run("DROP DATABASE IF EXISTS near")
    server.run("CREATE DATABASE near")
    url = server.url("near")
    with (
        timebank.create(url, ledger="home", actor="a", keep_refusals=True) as ours,
        timebank.open(url, ledger="home", actor="b") as theirs,
    ):
        yield furnished(ours), theirs


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something done once: before a turn loads what it needs, or after."""
    load = SqlTurn.load

    def arrange(does, *, before):
        done, loaded = [], []

        def loads(turn, needs):
            if done:
                loaded.append(needs)
                return load(turn, needs)
            done.append(does)
            if before:
                does()
            standing = load(turn, needs)
            if not before:
                does()
            return standing

        monkeypatch.setattr(SqlTurn, "load", loads)
        return loaded

    return arrange


def reasons(caught):
    return [finding.reason for finding in caught.value.findings]


def sound(bank):
    assert bank.verify(decide_again=True).faults == ()
    positions = [position for position, _ in bank.entries()]
    assert positions == list(range(1, len(positions) + 1))


def test_an_id_that_somebody_else_used_meanwhile_is_a_conflict(banks, meanwhile):
    ours, theirs = banks
    meanwhile(
        lambda: theirs.record_service("bai", "care", 60, on=DAY, id="sheet/1"),
        before=False,
    )

    with pytest.raises(Refused) as caught:
        ours.record_service("ada", "care", 60, on=DAY, id="sheet/1")

    assert reasons(caught) == [Reason.ID_CONFLICT]
    assert ours.balance("bai", "points").free == 1
    sound(ours)


def test_an_id_that_was_voided_meanwhile_is_void(banks, meanwhile):
    ours, theirs = banks
    meanwhile(lambda: theirs.void("sheet/1", on=DAY), before=False)

    with pytest.raises(Refused) as caught:
        ours.post(SERVICE, on=DAY, id="sheet/1")

    assert reasons(caught) == [Reason.ID_VOID]
    sound(ours)


def test_an_account_that_was_opened_meanwhile_is_not_opened_again(banks, meanwhile):
    ours, theirs = banks
    meanwhile(lambda: theirs.open_account("cai", on=DAY), before=False)

    with pytest.raises(Refused) as caught:
        ours.open_account("cai", on=DAY)

    assert reasons(caught) == [Reason.ACCOUNT_EXISTS]
    sound(ours)


def test_a_gift_to_an_account_that_was_opened_meanwhile_arrives(banks, meanwhile):
    ours, theirs = banks
    meanwhile(lambda: theirs.open_account("cai", on=DAY), before=False)

    ours.give("ada", "cai", unit="points", amount=1, on=DAY)

    assert ours.balance("cai", "points").free == 1
    sound(ours)


@pytest.mark.parametrize("before", [True, False])
def test_what_was_reversed_meanwhile_is_not_reversed_again(banks, meanwhile, before):
    ours, theirs = banks
    ours.allocate("pool:street", unit="points", amount=5, on=DAY, id="grant")
    meanwhile(lambda: theirs.reverse("grant", on=DAY), before=before)

    with pytest.raises(Refused) as caught:
        ours.reverse("grant", on=DAY)

    assert reasons(caught) == [Reason.TARGET_UNDONE]
    assert ours.balance("pool:street", "points").free == 0
    sound(ours)


def test_what_a_thread_grew_by_before_it_was_locked_is_locked_too(banks, meanwhile):
    ours, theirs = banks
    ours.open_account("cai", on=DAY)
    ours.give("ada", "bai", unit="points", amount=1, on=DAY, id="gift")
    loaded = meanwhile(
        lambda: theirs.correct(
            "gift",
            Give(payer="ada", payee="cai", unit="points", amount=1),
            on=DAY,
            id="fix",
        ),
        before=True,
    )

    with pytest.raises(Refused) as caught:
        ours.reverse("gift", on=DAY, id="undo")

    assert reasons(caught) == [Reason.TARGET_UNDONE]
    (again,) = [needs for needs in loaded if "undo" in needs.ids]
    assert "cai" in again.accounts
    sound(ours)


@pytest.mark.parametrize(
    "asks",
    [
        pytest.param(lambda bank: bank.post(GIFT, on=DAY), id="gift"),
        pytest.param(lambda bank: bank.reverse("had/0", on=DAY), id="reversal"),
        pytest.param(lambda bank: bank.void("late", on=DAY), id="void"),
        pytest.param(lambda bank: bank.adopt(POOL, on=DAY), id="adoption"),
        pytest.param(
            lambda bank: bank.batch(
                [
                    bank.request(SERVICE, on=DAY, id="first"),
                    bank.request(Reverse(target="first"), on=DAY),
                ]
            )[0],
            id="batch",
        ),
    ],
)
def test_who_came_in_between_moves_what_is_written_on(banks, meanwhile, asks):
    ours, theirs = banks
    meanwhile(lambda: theirs.open_account("cai", on=DAY, id="between"), before=False)

    done = asks(ours)

    (between,) = (place for place, entry in ours.entries() if entry.id == "between")
    assert done.position == between + 1
    sound(ours)


def test_who_came_in_between_moves_nothing_that_was_there_before(banks, meanwhile):
    ours, theirs = banks
    old = ours.post(GIFT, on=DAY, id="old")
    meanwhile(lambda: theirs.open_account("cai", on=DAY, id="between"), before=False)

    ids = ("old", "new", "new", "newer")
    told = ours.batch([ours.request(GIFT, on=DAY, id=id) for id in ids])

    after = old.position + 2
    assert [(each.position, each.replayed) for each in told] == [
        (old.position, True),
        (after, False),
        (after, True),
        (after + 1, False),
    ]
    sound(ours)


def test_what_acts_on_the_last_that_was_there_counts_where_that_stands(
    banks, meanwhile
):
    ours, theirs = banks
    ours.post(GIFT, on=DAY, id="last")
    meanwhile(lambda: theirs.open_account("cai", on=DAY, id="between"), before=False)

    ours.reverse("last", on=DAY)

    sound(ours)


def test_who_came_in_between_makes_no_refusal_untrue(banks, meanwhile):
    ours, theirs = banks
    meanwhile(lambda: theirs.open_account("cai", on=DAY, id="between"), before=False)

    other = ours.request(GIFT, on=DAY, id="new")
    new = ours.request(SERVICE, on=DAY, id="new")
    _, refusal = ours.batch([new, other], atomic=False)

    (later,) = ours.batch([other], atomic=False)
    kept = [entry.findings for _, entry in ours.entries() if entry.findings]
    assert kept == [refusal.findings] * 2
    assert later.findings == refusal.findings
    sound(ours)


def told(banks, **referrers):
    ours, theirs = banks
    ours.post(AdoptPolicy(text=TOLD, holds_from=DAY), on=DAY)
    for member, referrer in referrers.items():
        ours.amend_account(member, {"referrer": referrer}, on=DAY)
    return ours, theirs


def test_who_is_told_otherwise_meanwhile_is_paid(banks, meanwhile):
    ours, theirs = told(banks, ada="bai")
    ours.open_account("cai", on=DAY)
    loaded = meanwhile(
        lambda: theirs.amend_account("ada", {"referrer": "cai"}, on=DAY), before=True
    )

    ours.post(SERVICE, on=DAY, id="new")

    assert ours.balance("cai", "points").free == 1
    assert "cai" in loaded[-1].accounts
    sound(ours)


def test_two_who_are_told_of_each_other_do_not_wait_in_a_circle(banks, server):
    ours, theirs = told(banks, ada="bai", bai="ada")

    def serve(bank, member, times=40):
        for number in range(times):
            bank.record_service(member, "care", 60, on=DAY, id=f"{member}/{number}")

    run_at_once([partial(serve, ours, "ada"), partial(serve, theirs, "bai")])

    engine = create_engine(server.url("near"), poolclass=NullPool)
    with engine.connect() as connection:
        query = "SELECT sum(deadlocks) FROM pg_stat_database"
        assert connection.exec_driver_sql(query).scalar() == 0
    assert ours.balance("bai", "points").free == 80
    sound(ours)


@pytest.mark.parametrize("before", [True, False])
def test_a_policy_adopted_meanwhile_is_the_one_that_decides(banks, meanwhile, before):
    ours, theirs = banks
    double = POOL.replace('{ of = "time" }, ', '{ of = "time" }, { times = 2 }, ')
    meanwhile(lambda: theirs.adopt(double, on=DAY), before=before)

    outcome = ours.post(SERVICE, on=DAY)

    assert outcome.entry.policy == timebank.load_policy(double).hash
    assert ours.balance("ada", "points").free == 3 + 2
    sound(ours)


def test_two_who_adopt_open_the_accounts_that_are_named_once(banks, meanwhile):
    ours, theirs = banks
    more = POOL.replace('["street"]', '["street", "park"]')
    later = date(2024, 3, 2)
    meanwhile(lambda: theirs.adopt(more, on=later), before=True)

    ours.adopt(more, on=DAY)

    assert [a.id for a in ours.accounts() if a.kind == "pool"] == [
        "pool:park",
        "pool:street",
    ]
    sound(ours)


def test_what_is_overtaken_every_time_is_given_up(banks, monkeypatch):
    ours, theirs = banks
    load, tries = SqlTurn.load, []

    def overtaken(turn, needs):
        loaded = load(turn, needs)
        if "contested" in needs.ids:
            tries.append(turn)
            raise Overtaken
        return loaded

    monkeypatch.setattr(SqlTurn, "load", overtaken)
    monkeypatch.setattr("timebank.retries.PAUSE_SECONDS_MAX", 0)

    with pytest.raises(Overtaken):
        ours.post(SERVICE, on=DAY, id="contested")

    assert len(tries) == Overtaken.tries_max
    assert "contested" not in {entry.id for _, entry in theirs.entries()}


# ---------------------------------------------------------------- plans


def known_entries(bank):
    """Return how many entries the server thinks there are: -1 if it has not looked."""
    with linked(bank.store.adapter, write=False) as link:
        size = "SELECT reltuples FROM pg_class WHERE relname = 'timebank_entry'"
        return link.connection.exec_driver_sql(size).scalar()


def grown_to(bank, many):
    already = len([*bank.entries()])
    bank.batch([bank.request(SERVICE, on=DAY) for _ in range(many - already)])


def test_a_journal_that_is_ten_times_as_long_is_looked_at_by_the_server(postgresql_url):
    bank = furnished(timebank.create(postgresql_url, ledger="home", actor="desk"))
    found = []

    for many in (9, 10, 11, 99, 230, 240):
        grown_to(bank, many)
        found.append(known_entries(bank))

    assert found == [-1, 10, 10, 10, 230, 230]
    bank.close()


def test_in_a_transaction_of_a_hosts_the_server_is_not_told_to_look(postgresql_url):
    bank = furnished(timebank.create(postgresql_url, ledger="home", actor="desk"))
    engine = create_engine(postgresql_url)
    with engine.begin() as host:
        grown_to(bank.within(host), 20)
    engine.dispose()

    assert known_entries(bank) == -1
    bank.close()


PLANNED = """
SELECT name FROM pg_prepared_statements
WHERE statement LIKE '%%root IN%%' AND statement LIKE '%%id = ANY%%'
"""


def test_what_accounts_have_is_found_by_account_though_nobody_had_any_yet(
    postgresql_url,
):
    bank = furnished(timebank.create(postgresql_url, ledger="home", actor="desk"))
    opened = [OpenAccount(account=f"m{number}") for number in range(1_000)]
    bank.batch([bank.request(each, on=DAY) for each in opened])
    services = [evolve(SERVICE, provider=each.account) for each in opened]
    bank.batch([bank.request(each, on=DAY) for each in services])

    with linked(bank.store.adapter, write=False) as link:
        asked = (
            "SELECT name FROM pg_prepared_statements WHERE statement LIKE "
            "'%%LEFT OUTER JOIN timebank_balance%%'"
        )
        (name,) = link.connection.exec_driver_sql(asked).scalars()
        ask = f"EXPLAIN (ANALYZE) EXECUTE {name} ('{{m1,m2}}', 1)"
        plan = [*link.connection.exec_driver_sql(ask).scalars()]

    rows = [
        float(many)
        for line in plan
        for many in re.findall(r"rows=([\d.]+) loops", line)
    ]
    assert max(rows) == 2
    bank.close()


def test_what_was_planned_in_new_books_is_planned_anew_once_there_is_more(
    postgresql_url,
):
    bank = furnished(timebank.create(postgresql_url, ledger="home", actor="desk"))
    bank.reverse("had/1", on=DAY)

    def keys():
        """Return by what the threads of an entry are looked up, as it was planned."""
        with linked(bank.store.adapter, write=False) as link:
            (name,) = link.connection.exec_driver_sql(PLANNED).scalars()
            ask = f"EXPLAIN EXECUTE {name} (1, '{{had/1}}', 1000)"
            plan = [*link.connection.exec_driver_sql(ask).scalars()]
        looked_up = [line.partition("Index Cond: ")[2] for line in plan]
        return sorted(cond.count(" AND ") for cond in looked_up if cond)

    assert keys() != [1, 1], "in new books the ledger alone is as good a key"
    grown_to(bank, 2_000)
    assert keys() == [1, 1]
    bank.close()


# ---------------------------------------------------------------- who waits for whom


def waiting(server):
    """Return how many wait for a lock in the database of two desks."""
    ((number,),) = server.run(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = 'near' AND wait_event_type = 'Lock'"
    )
    return number


POOL_ALONE = Needs(accounts=frozenset({"pool:street"}))


@pytest.mark.parametrize(
    ("seen", "column"), [("providers", "provider"), ("histories", "account")]
)
def test_what_is_new_is_looked_through_and_not_all_that_an_account_had(
    far_bank, seen, column
):
    with linked(far_bank.store.adapter, write=True) as link:
        looks = unless_changed(frozenset({seen})).compile(dialect=link.engine.dialect)
        values = dict.fromkeys(("in_ledger", "many", "head", "policy_position"), 1)
        values |= {seen: ["ada"]}
        plan = link.connection.exec_driver_sql(f"EXPLAIN {looks}", values).scalars()

        looked_up = [line for line in plan if "Index Cond" in line]

    assert any("position" in line for line in looked_up)
    assert not [line for line in looked_up if column in line]


def test_what_was_not_seen_is_not_looked_for():
    gift = str(unless_changed(frozenset({"ids"})))

    assert "timebank_entry" in gift
    assert "timebank_posting" not in gift
    assert "timebank_account_state" not in gift


def test_who_waited_for_the_head_sees_what_it_waited_for(server, banks):
    ours, theirs = banks
    mark = entry("sheet/1", VoidId(voided="sheet/2"))
    with ThreadPoolExecutor(1) as others:
        with theirs.store.turn("home") as turn:
            append_to(turn, turn.load(needs_to_append([mark])), [mark], {})
            late = others.submit(ours.post, SERVICE, on=DAY, id="sheet/1")
            wait_until(partial(waiting, server))

        with pytest.raises(Refused) as caught:
            late.result()

    assert reasons(caught) == [Reason.ID_CONFLICT]


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param(lambda u: {"lots": frozenset({("pool:street", u)})}, id="lots"),
        pytest.param(
            lambda u: {"series": frozenset({Series("pool:street", u)})}, id="history"
        ),
    ],
)
def test_who_looks_into_an_account_without_a_balance_waits_for_others_who_do(
    server, banks, reads
):
    ours, theirs = banks

    def read(store, unit):
        with store.turn("home") as turn:
            turn.load(evolve(POOL_ALONE, **reads(unit)))
            yield

    with ThreadPoolExecutor(1) as other:
        for _ in read(ours.store, "points"):
            reading = other.submit(list, read(theirs.store, "hours"))
            wait_until(partial(waiting, server))
        reading.result()


def test_an_account_opened_while_a_turn_waited_is_locked_before_it_moves(
    server, banks, monkeypatch
):
    ours, theirs = banks
    load, given = SqlTurn.load, []

    def loads(turn, needs):
        standing = load(turn, needs)
        if "late" in needs.ids and not given:
            give = partial(theirs.give, "bai", "cai", unit="points", amount=1, on=DAY)
            given.append(others.submit(give))
            wait_until(lambda: given[0].done() or waiting(server))
        return standing

    monkeypatch.setattr(SqlTurn, "load", loads)
    theirs.give("ada", "bai", unit="points", amount=1, on=DAY)
    with ThreadPoolExecutor(2) as others:
        with theirs.store.turn("home") as turn:
            turn.load(Needs(accounts=frozenset({"ada"})))
            gift = evolve(GIFT, payee="cai")
            late = others.submit(ours.post, gift, on=DAY, id="late")
            wait_until(partial(waiting, server))
            # the lock that is waited for was asked when there was no such account
            theirs.open_account("cai", on=DAY)
        late.result()

    assert ours.balance("cai", "points").free == 2
    sound(ours)


def test_whose_lots_are_taken_is_locked_though_it_was_opened_while_a_turn_waited(
    server, banks
):
    ours, theirs = banks
    opened = entry("open", OpenAccount(account="late", kind="pool", mode="append"))
    taking = Needs(accounts={"ada", "late"}, lots={("late", "points")})

    def read():
        with ours.store.turn("home") as turn:
            turn.load(taking)

    with ThreadPoolExecutor(1) as other:
        with theirs.store.turn("home") as turn:
            turn.load(Needs(accounts={"ada"}))
            reading = other.submit(read)
            wait_until(partial(waiting, server))
            append_to(turn, turn.load(needs_to_append([opened])), [opened], {})
        with pytest.raises(Overtaken):
            reading.result()
    read()


@pytest.mark.parametrize(
    "reads",
    [
        Needs(accounts=frozenset({"issuer"}), lots=frozenset({("issuer", "points")})),
        POOL_ALONE,
    ],
    ids=["the issuer", "an account without a balance"],
)
def test_what_everybody_needs_is_not_locked(banks, reads):
    ours, theirs = banks

    with ours.store.turn("home") as one, theirs.store.turn("home") as two:
        one.load(reads)
        two.load(reads)


def test_who_adopts_a_policy_does_not_wait_for_those_who_decide(banks):
    ours, theirs = banks

    # where they shared a lock that he needs alone, he never got it while they were many
    with theirs.store.turn("home") as turn:
        turn.load(Needs(accounts=frozenset({"ada"})))
        ours.adopt(POOL.replace("A race", "Another race"), on=DAY)


def entry(id, operation, *postings):
    return Entry(
        id=EntryId(id),
        operation=operation,
        effective_on=DAY,
        recorded=Recorded(at=datetime(2024, 3, 1, tzinfo=UTC), on=DAY),
        actor="a",
        policy="",
        postings=postings,
    )


SHIFT = RecordService(
    provider="pool:street", service_class="care", minutes=60, starts_at=600
)


@pytest.mark.parametrize(
    ("reads", "then"),
    [
        pytest.param(
            evolve(POOL_ALONE, series=frozenset({Series("pool:street", "points")})),
            entry(
                "then",
                GIFT,
                Posting(account="issuer", unit="points", amount=-1),
                Posting(account="pool:street", unit="points", amount=1),
            ),
            id="history of an account without a lock",
        ),
        pytest.param(
            evolve(POOL_ALONE, shifts=frozenset({("pool:street", DAY)})),
            entry("then", SHIFT),
            id="services of an account without a lock",
        ),
        pytest.param(
            Needs(lot_uses=frozenset({"a lot"})),
            entry(
                "then",
                GIFT,
                Posting(account="bai", unit="points", amount=-1, lot=Lot("a lot")),
                Posting(account="issuer", unit="points", amount=1),
            ),
            id="who used a lot",
        ),
        pytest.param(
            POOL_ALONE,
            entry("then", AmendAccount(account="pool:street", facts={"places": 3})),
            id="an account without a lock",
        ),
        pytest.param(
            Needs(append_accounts=True),
            entry("then", OpenAccount(account="pool:park", kind="pool", mode="append")),
            id="all accounts without a lock",
        ),
    ],
)
def test_what_was_read_without_a_lock_and_changed_is_decided_again(banks, reads, then):
    ours, theirs = banks
    late = entry("late", GIFT)

    def take(store, reads, taken, before=lambda: None):
        with store.turn("home") as turn:
            standing = turn.load(union([reads, needs_to_append([taken])]))
            before()
            append_to(turn, standing, [taken], {})

    with pytest.raises(Overtaken):
        take(ours.store, reads, late, before=lambda: take(theirs.store, Needs(), then))
    take(ours.store, reads, late)

    assert [e.id for _, e in ours.entries()][-2:] == ["then", "late"]


def test_pieces_of_one_standing_follow_each_other_or_are_decided_again(banks):
    ours, theirs = banks
    asked = [
        ours.request(SERVICE, on=DAY, id="done"),
        ours.request(Reverse(target="done"), on=DAY, id="undone"),
    ]

    def piece_by_piece(before=lambda: None):
        now = Recorded(at=datetime.now(UTC), on=ours.today())
        with ours.store.turn("home") as turn:
            session = decided(asked, turn, now, keep_refusals=True, functions={})
            before()
            turn.append(session.taken[:1], {})
            turn.append(session.taken[1:], {})

    with pytest.raises(Overtaken):
        piece_by_piece(before=lambda: theirs.record_service("bai", "care", 60, on=DAY))
    piece_by_piece()

    assert [entry.id for _, entry in ours.entries()][-2:] == ["done", "undone"]
    sound(ours)


def test_a_service_that_was_undone_meanwhile_is_in_nobodys_way(banks, meanwhile):
    ours, theirs = banks
    ours.adopt(POOL.replace('["street"]', '["street"]\nmay = ["service"]'), on=DAY)
    ours.post(SHIFT, on=DAY, id="undone")
    meanwhile(lambda: theirs.reverse("undone", on=DAY), before=False)

    # of an account that nobody locks, and at the same time of day
    assert not ours.post(SHIFT, on=DAY).replayed

    sound(ours)


def test_a_request_that_comes_twice_at_once_has_one_answer(server):
    server.run("DROP DATABASE IF EXISTS near")
    server.run("CREATE DATABASE near")
    came = []

    def interrupted(link, queries):
        if came or len(queries) == 1:
            return in_one_trip(link, queries)
        # where the journal ends is read, and what it holds of the id is not yet
        came.append("twice")
        first = in_one_trip(link, queries[:1])
        bank.void("sheet/1", on=DAY, id="void")
        return [*first, *in_one_trip(link, queries[1:])]

    # refusals that are not kept have no place in the journal, where all is looked at again
    with timebank.create(server.url("near"), ledger="home", actor="a") as bank:
        bank.adopt(POLICY, on=DAY)
        bank.void("sheet/0", on=DAY)  # the policy is known from now on
        bank.store.adapter = evolve(bank.store.adapter, fetch=interrupted)

        assert bank.void("sheet/1", on=DAY, id="void").replayed


# ---------------------------------------------------------------- what the server says


@pytest.mark.parametrize(
    "state", ["08006", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04"]
)
def test_a_server_that_hung_up_is_asked_again(state):
    hung_up = lookup(state)("terminating connection")

    with pytest.raises(StoreUnreachable, match="terminating"), translated():
        raise hung_up


def test_a_pooler_that_loses_prepared_statements_is_named(far_bank):
    for _ in range(8):  # by then the driver prepares them
        far_bank.post(SERVICE, on=DAY)
    with linked(far_bank.store.adapter, write=False) as link:
        driver = link.lent.driver_connection
    driver.pgconn.exec_(b"DEALLOCATE ALL")

    with pytest.raises(StoreDamaged, match="max_prepared_statements"):
        far_bank.post(SERVICE, on=DAY)


# ---------------------------------------------------------------- a server that went


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_whoever_asks_after_a_restart_is_answered(server, banks, mode):
    ours, _ = banks
    before = ours.balance("ada", "points")

    server.restart(mode)
    assert ours.balance("ada", "points") == before
    server.restart(mode)
    assert not ours.post(SERVICE, on=DAY).replayed

    sound(ours)


@pytest.mark.parametrize("begun", ["turn", "reading"])
def test_what_was_learned_of_a_server_is_forgotten_when_it_goes(server, banks, begun):
    ours, _ = banks
    ours.post(SERVICE, on=DAY)
    known = ours.store.adapter.known
    assert known.numbers
    assert known.policies

    def lose():
        with getattr(ours.store, begun)("home") as view:
            view.balance("ada", "points")
            server.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'near' AND pid <> pg_backend_pid()"
            )
            view.balance("ada", "points")

    with pytest.raises(StoreUnreachable):
        lose()

    assert not known.numbers
    assert not known.policies
    assert not ours.post(SERVICE, on=DAY).replayed


def test_what_a_server_says_on_an_idle_connection_does_not_end_it(server, banks):
    ours, theirs = banks
    asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'timebank'"
    theirs.balance("ada", "points")
    before = server.run(asked)

    # a setting that the server tells every client of
    server.run("ALTER SYSTEM SET TimeZone = 'Asia/Shanghai'")
    server.run("SELECT pg_reload_conf()")
    wait_until(lambda: server.run("SHOW TimeZone") == [("Asia/Shanghai",)])
    ours.balance("ada", "points")

    assert server.run(asked) == before


# ---------------------------------------------------------------- many at once


def test_a_ledger_is_made_once_and_each_has_a_number_of_its_own(server):
    server.run("DROP DATABASE IF EXISTS many")
    server.run("CREATE DATABASE many")
    names = [f"ledger-{number % 4}" for number in range(16)]

    def make(name):
        try:
            timebank.create(server.url("many"), ledger=name, actor="a").close()
        except LedgerExists:
            return False
        return True

    made = run_at_once([partial(make, name) for name in names])

    assert sum(made) == 4
    store = open_store(server.url("many"))
    assert store.ledgers() == ("ledger-0", "ledger-1", "ledger-2", "ledger-3")
    store.close()
    rows = server.run("SELECT ledger FROM timebank_ledger ORDER BY 1", database="many")
    assert [number for (number,) in rows] == [1, 2, 3, 4]
