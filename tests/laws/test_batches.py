"""Law 6 on every store: one batch a day leaves what asking one by one leaves in memory."""

from itertools import count, groupby

import pytest
from hypothesis import HealthCheck, given, settings

import timebank

from .asks import STORIES, requests_of
from .desk import EPOCH, EVERYTHING, Calendar

FEW = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MEMBERS = (("a", "member"), ("b", "member"), ("g", "group"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_url")
    return f"sqlite:///{tmp_path / 'books.db'}"


def desk(url, ledger):
    """Books of the whole programme in a ledger of their own."""
    bank = timebank.create(url, ledger=ledger, actor="desk", clock=Calendar())
    bank.adopt(EVERYTHING, on=EPOCH, holds_from=EPOCH, id="policy-1")
    for account, kind in MEMBERS:
        bank.open_account(account, kind=kind, on=EPOCH, id=f"open/{account}")
    return bank


def journal(bank):
    return [entry for _, entry in bank.entries()]


@pytest.mark.slow
def test_law_6_a_batch_on_any_store_equals_asking_one_by_one_in_memory(url):
    number = count()

    @FEW
    @given(STORIES)
    def told_in_batches(story):
        with (
            desk("memory:", "laws") as one_by_one,
            desk(url, f"laws-{next(number)}") as at_once,
        ):
            apart, days = [], []
            for request in requests_of(story, one_by_one):
                days.append((one_by_one.clock.today, request))
                apart += one_by_one.batch([request], atomic=False)
            together = []
            for today, asked in groupby(days, key=lambda each: each[0]):
                at_once.clock.today = today
                together += at_once.batch([r for _, r in asked], atomic=False)

            assert together == apart
            assert journal(at_once) == journal(one_by_one)
            # what is kept beside the journal is right, too
            assert at_once.verify().faults == ()

    told_in_batches()
