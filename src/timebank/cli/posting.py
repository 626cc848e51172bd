"""
Asking the bank for one operation, and saying what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..bank import Bank
from ..entries import Outcome
from ..operations import Operation
from ..texts import Text
from .access import When
from .endings import ExitCode, understood
from .explaining import tell as explained
from .show import moved, say


def post(
    bank: Bank,
    operation: Operation,
    when: When,
    *,
    private: Mapping[str, str] | None = None,
) -> ExitCode:
    """
    Record *operation*, and print the entry's id, its place, and what moved.

    Asked what would be, print that with the reasons, and record nothing.
    """
    with understood():
        request = bank.request(
            operation, on=when.on or bank.today(), id=when.id, private=private
        )
    if when.what_if:
        told = bank.explain_request(operation, on=request.effective_on, id=request.id)
        explained(told)
        return ExitCode.REFUSED if told.refused else ExitCode.DONE
    outcome = bank.post(
        operation, on=request.effective_on, id=request.id, private=private
    )
    tell(bank, outcome)
    return ExitCode.DONE


def tell(bank: Bank, outcome: Outcome) -> None:
    """Print what became of an accepted request."""
    done = (
        Text("recorded already", "此前已登记")
        if outcome.replayed
        else Text("recorded", "已登记")
    )
    say(
        Text(
            "{done}: {id} (position {position})",
            "{done}：{id}（第 {position} 条）",
            done=done,
            id=outcome.entry.id,
            position=outcome.position,
        )
    )
    for line in moved(outcome.entry, bank.units()):
        say(Text("  {line}", "  {line}", line=line))
    for text in bank.told(outcome.findings):
        say(Text("  note: {text}", "  说明：{text}", text=text))
