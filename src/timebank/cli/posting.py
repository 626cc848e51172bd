"""
Asking the bank for one operation, and saying what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..bank import Bank
from ..entries import Outcome
from ..messages import finding_text
from ..operations import Operation
from .access import Access, When
from .endings import ExitCode, understood
from .show import moved, say


def post(
    bank: Bank,
    operation: Operation,
    when: When,
    access: Access,
    *,
    private: Mapping[str, str] | None = None,
) -> ExitCode:
    """Record *operation*, and print the entry's id, its place, and what moved."""
    with understood():
        request = bank.request(
            operation, on=when.on or bank.today(), id=when.id, private=private
        )
    outcome = bank.post(
        operation, on=request.effective_on, id=request.id, private=private
    )
    tell(bank, outcome, access)
    return ExitCode.DONE


def tell(bank: Bank, outcome: Outcome, access: Access) -> None:
    """Print what became of an accepted request."""
    units = bank.units()
    done = "recorded already" if outcome.replayed else "recorded"
    say(f"{done}: {outcome.entry.id} (position {outcome.position})")
    for line in moved(outcome.entry, units):
        say(f"  {line}")
    for finding in outcome.findings:
        say(f"  note: {finding_text(finding, language=access.language, units=units)}")
