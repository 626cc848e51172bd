"""What threads of a bank know of its policies."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from timebank.storage.known import Policies


@pytest.fixture
def restless():
    """Have threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_policies_are_looked_at_while_another_thread_adds_to_them():
    policies = Policies()

    def adopt():
        for number in range(100_000):
            policies.keep((number, None), ())

    def look():
        return [policies.latest for _ in range(200_000)]

    with ThreadPoolExecutor(2) as threads:
        adopting, looking = threads.submit(adopt), threads.submit(look)
        adopting.result()
        found = looking.result()

    assert set(found) <= {None, ()}
