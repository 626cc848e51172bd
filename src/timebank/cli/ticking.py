"""
Letting time pass: recording what has fallen due.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..entries import Entry, Refusal
from ..errors import Refused
from ..operations import TAGS
from . import show
from .access import DEFAULT_ACCESS, Access
from .endings import ExitCode, Stopped, refused
from .show import Json
from .typed import Day


def tick(
    *,
    until: Annotated[
        Day | None, Parameter(help="The last day that counts; today by default.")
    ] = None,
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record what has fallen due: orders whose term is over, and the like.

    Run it daily, late or twice: nothing is done a second time. What the rules
    refuse stays due; the rest is recorded, and the command ends with 1.

    --json prints {until, done: [{id, position, operation, on}], refused: [{id,
    operation, on, reasons}]}.
    """
    with access.writing() as bank:
        if until is not None and until > (today := bank.today()):
            raise Stopped(f"--until {until} is yet to come; today is {today}")
        report = bank.tick(until)
        units = bank.units()
    if json:
        show.document(
            {
                "until": report.until.isoformat(),
                "done": [
                    {
                        "id": outcome.entry.id,
                        "position": outcome.position,
                        **_asked(outcome.entry),
                    }
                    for outcome in report.done
                ],
                "refused": [
                    {
                        "id": refusal.id,
                        **_asked(refusal),
                        "reasons": [f.reason for f in refusal.findings if f.refuses],
                    }
                    for refusal in report.refused
                ],
            }
        )
    else:
        show.say(f"until {report.until}: {len(report.done)} done")
        for outcome in report.done:
            show.say(f"  {outcome.entry.id} (position {outcome.position})")
            for line in show.moved(outcome.entry, units):
                show.say(f"    {line}")
        for refusal in report.refused:
            error = Refused(refusal.id, refusal.findings, units)
            show.say(str(refused(error, access.language)))
    return ExitCode.REFUSED if report.refused else ExitCode.DONE


def _asked(said: Entry | Refusal) -> dict[str, Json]:
    tag = TAGS[type(said.operation)]
    return {"operation": tag, "on": said.effective_on.isoformat()}
