"""A connection that is cut anywhere loses nothing that a client was told, and doubles nothing."""

from concurrent.futures import wait

import pytest

from ..postgres import started
from ..proxy import between_commit_and_answer, relay
from .books import amiss, make, open_books, while_trading
from .faults import chapters

SOON = 40
"""A cut comes within so many messages."""


def soon(chance):
    """Cut in a message that comes soon, from either side: before, inside or after it."""
    left, by_client = chance.randint(0, SOON), chance.random() < 0.5

    def cut(seen):
        nonlocal left
        left -= seen.by_client == by_client
        return chance.randint(0, seen.size) if left < 0 else None

    return cut


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
