"""Services whose time of day is known: where each stands, once it is undone or put right."""

import pytest

from timebank import operations as ops
from timebank.entries import Outcome
from timebank.model import Reason

from .books import CARE, TODAY, books


def service(hour):
    return ops.RecordService(
        provider="ada", service_class="care", minutes=60, starts_at=hour * 60
    )


@pytest.mark.parametrize(
    ("mending", "free"),
    [
        (ops.Reverse(target="first"), [9, 15]),
        (ops.Correct(target="first", replacement=service(15)), [9]),
    ],
    ids=["reversed", "corrected"],
)
@pytest.mark.parametrize("together", [True, False], ids=["a batch", "turns"])
def test_a_service_stands_where_it_was_put_last(mending, free, together):
    bank = books(CARE)
    asked = {"first": service(9), "mend": mending}
    asked |= {f"at {hour}": service(hour) for hour in (9, 15)}
    requests = [bank.request(each, on=TODAY, id=id) for id, each in asked.items()]

    batches = [requests] if together else [[each] for each in requests]
    found = [v for batch in batches for v in bank.batch(batch, atomic=False)]

    assert [
        h for h, v in zip((9, 15), found[2:], strict=True) if isinstance(v, Outcome)
    ] == free
    refused = [v for v in found if not isinstance(v, Outcome)]
    assert {f.reason for v in refused for f in v.findings} <= {Reason.OVERLAP}
