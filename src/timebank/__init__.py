"""
The books of a time bank (时间银行): an append-only, double-entry ledger of service credits.

    bank = timebank.create("sqlite:///books.db", ledger="liwan", actor="desk-1")
    bank.adopt(timebank.programme("guangzhou"), on=date(2025, 1, 2))
    bank.open_account("gz-001", on=date(2025, 1, 2))
    bank.record_service("gz-001", "care", 170, on=date(2025, 3, 1), id="sheet/2")
    bank.balance("gz-001", "points")

`create` makes a ledger and `open` opens one.  Both return a `Bank`, which has a method for
each operation and for each question.  What the rules forbid raises `Refused`, with every
finding; all that is raised on purpose is a `TimebankError` (`timebank.errors` draws the
tree), or a `TypeError` or `ValueError` for what no books could hold.

`docs/tutorial/first-hour.md` is where to begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .balances import Balance
    from .bank import Bank
    from .bank_opening import create, open  # noqa: A004 - the word the field uses
    from .due import TickReport
    from .entries import Entry, Outcome, Refusal, Request
    from .errors import (
        BatchRefused,
        JournalForked,
        PolicyInvalid,
        Refused,
        TimebankError,
    )
    from .model import Finding, Posting, Reason, Unit
    from .policy.bundles import bundled
    from .policy.diff import Change, changes
    from .policy.files import load_policy
    from .proof.verify import Report
    from .rehearsal import play_examples
    from .shipped import programme, programmes
    from .storage.protocol import Line
    from .view import View
else:
    from .first_use import at_first_use

    __getattr__ = at_first_use(
        __name__,
        {
            "bank": ("Bank",),
            "bank_opening": ("create", "open"),
            "due": ("TickReport",),
            "entries": ("Entry", "Outcome", "Refusal", "Request"),
            "errors": (
                *("BatchRefused", "JournalForked", "PolicyInvalid"),
                *("Refused", "TimebankError"),
            ),
            "model": ("Finding", "Posting", "Reason", "Unit"),
            "policy.bundles": ("bundled",),
            "policy.diff": ("Change", "changes"),
            "policy.files": ("load_policy",),
            "proof.verify": ("Report",),
            "rehearsal": ("play_examples",),
            "shipped": ("programme", "programmes"),
            "standing": ("Balance",),
            "storage.protocol": ("Line",),
            "view": ("View",),
        },
    )

__all__ = [
    "Balance",
    "Bank",
    "BatchRefused",
    "Change",
    "Entry",
    "Finding",
    "JournalForked",
    "Line",
    "Outcome",
    "PolicyInvalid",
    "Posting",
    "Reason",
    "Refusal",
    "Refused",
    "Report",
    "Request",
    "TickReport",
    "TimebankError",
    "Unit",
    "View",
    "bundled",
    "changes",
    "create",
    "load_policy",
    "open",
    "play_examples",
    "programme",
    "programmes",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
