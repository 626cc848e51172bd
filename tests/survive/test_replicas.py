"""What a replica shows is what the books once were: late perhaps, never anything else."""

from collections import Counter
from concurrent.futures import wait

import pytest

from timebank import JournalForked
from timebank.errors import StoreReadOnly

from ..postgres import named_in, started, wait_until
from ..writers import patiently
from .books import DAY, amiss, make, open_books, while_trading
from .faults import chapters


@pytest.fixture(scope="module")
def primary():
    server = started()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def replicas(primary):
    both = [primary.standby(), primary.standby()]
    yield both
    for each in both:
        each.stop()


def name_of(url):
    return url.rpartition("/")[2].partition("?")[0]


def view(url):
    """Return the entries of one view of the books, after holding its sums against them."""
    with open_books(url) as bank, bank.store.reading(bank.ledger) as reading:
        caches = reading.caches()
        entries = list(reading.entries())
    balances = Counter()
    for _, entry in entries:
        for posting in entry.postings:
            balances[posting.account] += posting.amount
    kept = {account: has.free for (account, _), (has, _) in caches.balances.items()}
    assert kept == {account: balances[account] for account in kept}
    assert [position for position, _ in entries] == list(range(1, caches.head + 1))
    return [entry.id for _, entry in entries]


def catch_up(primary, replica):
    """Wait until *replica* shows all that *primary* has now."""
    ((now,),) = primary.run("SELECT pg_current_wal_flush_lsn()::text")
    reached = "SELECT 1 WHERE pg_last_wal_replay_lsn() >= %s::pg_lsn"
    wait_until(lambda: replica.run(reached, now))


@pytest.mark.slow
def test_a_replica_shows_a_moment_of_the_books(primary, replicas, survived):
    late = looks = 0
    for chance, seconds in chapters(share=0.5):
        url, seed, views = primary.new_database(), chance.random(), []
        make(url)
        for replica in replicas:
            catch_up(primary, replica)

        def look(trading, chance=chance, url=url, views=views):
            nonlocal late
            # of two replicas one stands still: who asks both sees time go back and forth
            still = chance.choice(replicas)
            still.run("SELECT pg_wal_replay_pause()")
            wait([trading], timeout=chance.uniform(0, 0.3))
            for each in (primary, *replicas, primary):
                there = named_in(each.url(), database=name_of(url))
                views.append(patiently(lambda: view(there)))  # noqa: B023 - called at once
            late += len(views[-2]) < len(views[-4]) or len(views[-3]) < len(views[-4])
            still.run("SELECT pg_wal_replay_resume()")

        told = while_trading(url, seconds, seed, look)

        whole = view(url)
        assert all(each == whole[: len(each)] for each in views)
        with open_books(url) as bank:
            assert amiss(bank, told, seed) == {}
        looks += len(views)
    survived(late, looks=looks)


@pytest.fixture
def books(primary, replicas):
    """The books on the primary, and on a replica that has them."""
    url = primary.new_database()
    make(url)
    catch_up(primary, replicas[0])
    return url, named_in(replicas[0].url(), database=name_of(url))


@pytest.mark.slow
def test_a_replica_takes_no_entries(books):
    _, replica = books

    with open_books(replica) as bank, pytest.raises(StoreReadOnly) as caught:
        bank.record_service("ada", "care", 60, on=DAY)

    assert not caught.value.retryable
    assert view(replica) == view(books[0])


@pytest.mark.slow
def test_a_consumer_that_a_late_replica_cannot_serve_is_told_so(
    primary, replicas, books
):
    url, replica = books
    replicas[0].run("SELECT pg_wal_replay_pause()")
    with open_books(url) as bank:
        seen = bank.record_service("ada", "care", 60, on=DAY, id="seen")

    with open_books(replica) as bank:
        with pytest.raises(
            JournalForked, match="a replica may merely be late"
        ) as caught:
            list(bank.entries(after=seen.position, last="seen"))
        replicas[0].run("SELECT pg_wal_replay_resume()")
        catch_up(primary, replicas[0])
        after = list(bank.entries(after=seen.position, last="seen"))

    assert caught.value.found is None
    assert after == []
