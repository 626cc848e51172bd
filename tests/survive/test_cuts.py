"""A connection that is cut anywhere loses nothing that a client was told, and doubles nothing."""

from concurrent.futures import wait

import pytest

from ..postgres import started
from ..proxy import between_commit_and_answer, relay
from .books import DAY, amiss, make, open_books, while_trading
from .faults import chapters

SOON = 40
"""A cut comes within so many messages."""


def in_message(number, *, by_client, passing):
    """
    Cut in one of the messages to come.

    Args:
        number: The how manieth of its sender's from now on, from 0.
        by_client: Whether the client sends it.
        passing: Returns, of a message's size, how many bytes of it still pass.
    """
    left = number

    def cut(seen):
        nonlocal left
        left -= seen.by_client == by_client
        return passing(seen.size) if left < 0 else None

    return cut


def soon(chance):
    """Cut in a message that comes soon, from either side: before, inside or after it."""
    number, by_client = chance.randint(0, SOON), chance.random() < 0.5
    return in_message(
        number, by_client=by_client, passing=lambda size: chance.randint(0, size)
    )


@pytest.fixture(scope="module")
def server():
    server = started()
    yield server
    server.stop()


@pytest.mark.slow
def test_connections_cut_anywhere_lose_and_double_nothing(server, survived):
    cuts = unheard = turns = 0
    for chance, seconds in chapters():
        url, seed = server.new_database(), chance.random()
        make(url)

        with relay(server) as relayed:

            def cut(trading, chance=chance, relayed=relayed):
                nonlocal unheard
                before, heard = relayed.cuts, chance.random() < 0.6
                relayed.cut(soon(chance) if heard else between_commit_and_answer())
                wait([trading], timeout=chance.uniform(0.01, 0.2))
                unheard += not heard and relayed.cuts > before

            behind = relayed.url(url.rpartition("/")[2].partition("?")[0])
            told = while_trading(behind, seconds, seed, cut)
            cuts += relayed.cuts
        with open_books(url) as bank:
            assert amiss(bank, told, seed) == {}
        turns += len(told)
    assert unheard
    survived(cuts, between_commit_and_answer=unheard, told_turns=turns)


@pytest.fixture
def behind(server):
    """A relay, and a bank whose connection through it stands."""
    url = server.new_database()
    make(url)
    with relay(server) as relayed:
        through = relayed.url(url.rpartition("/")[2].partition("?")[0])
        with open_books(through) as bank:
            bank.balance("ada", "points")
            yield relayed, bank


@pytest.mark.slow
@pytest.mark.parametrize(
    "passing",
    [lambda size: size // 2, lambda size: size],
    ids=["inside", "after"],
)
@pytest.mark.parametrize("by_client", [True, False], ids=["asked", "answered"])
def test_a_posting_is_cut_at_each_of_its_messages(behind, by_client, passing):
    relayed, bank = behind
    told, before = {}, -1

    while relayed.cuts > before:
        before, id = relayed.cuts, f"cut/{relayed.cuts}"
        relayed.cut(in_message(before, by_client=by_client, passing=passing))
        outcome = bank.record_service("ada", "care", 60, on=DAY, id=id)
        relayed.cut(None)
        told[id] = outcome.position

    print(f"cut at {relayed.cuts} places")
    assert relayed.cuts > 1
    assert told == {e.id: p for p, e in bank.entries() if e.id.startswith("cut")}
    assert bank.balance("ada", "points").free == len(told)
    assert amiss(bank, [], 0) == {}


@pytest.mark.slow
def test_who_did_not_hear_of_a_commit_is_told_of_it_when_asking_again(behind):
    relayed, bank = behind
    relayed.cut(between_commit_and_answer())

    outcome = bank.record_service("ada", "care", 60, on=DAY, id="unheard")

    assert relayed.cuts == 1
    assert outcome.replayed
    assert [e.id for _, e in bank.entries()].count("unheard") == 1
