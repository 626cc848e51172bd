"""
Claims: what waits, and saying yes or no to it.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from ..names import Names, called_and_typed
from ..policy.claims import Claim
from ..texts import Text
from . import show
from .about import about
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, AsJson, When
from .endings import ExitCode, understood
from .helping import Help
from .posting import post
from .show import Json
from .typed import Day

ClaimId = Annotated[
    str,
    Parameter(
        name="CLAIM", help=Help("The id of what was submitted.", "申报的记录编号。")
    ),
]
StepName = Annotated[
    str,
    Parameter(
        name="STEP",
        help=Help(
            "The step it is at, as claim list shows it.",
            "它所在的步骤，见 claim list。",
        ),
    ),
]
_ROLE = Help(
    "What you act as: a role of the policy, or recipient, organiser and the like for "
    "whose account you act.",
    "以何身份办理：政策中的角色，或 recipient、organiser 等（代表该账户）。",
)


def confirm(
    claim: ClaimId,
    step: StepName,
    /,
    *,
    role: Annotated[str, Parameter(name="--as", help=_ROLE)],
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Confirm a step of a claim; the last one lets it count.

    For example: timebank claim confirm sheet-3/row-41 review --as reviewer

    确认申报的一个步骤；最后一步确认后即计入。

    例如：timebank claim confirm sheet-3/row-41 review --as reviewer
    """
    with access.writing() as bank:
        with understood():
            operation = ops.ConfirmStep(claim=claim, step=step, role=role)
        return post(bank, operation, when)


def object_(
    claim: ClaimId,
    step: StepName,
    /,
    *,
    role: Annotated[str | None, Parameter(name="--as", help=_ROLE)] = None,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Say no to a claim: decline to confirm it, or object to its notice.

    对申报提出异议：不予确认，或对公示提出异议。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.ObjectToStep(claim=claim, step=step, role=role)
        return post(bank, operation, when)


def withdraw(
    claim: ClaimId,
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Take back a claim that you submitted and that still waits.

    撤回由本人提交、仍在等待的申报。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.WithdrawClaim(claim=claim)
        return post(bank, operation, when)


def settle(
    claim: ClaimId,
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Let one claim count, or not, on which time has decided; tick does all.

    办结一项期限已定结果的申报；tick 会办结全部。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.SettleClaim(claim=claim)
        return post(bank, operation, when)


def list_(
    *,
    on: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "The day by which time has run; today by default.",
                "截至哪一天；默认为今天。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    List the claims that wait: the step each is at, for whom, and until when.

    --json prints {on, claims: [{id, position, operation, effective_on, actor,
    procedure, step, awaits, until}]}; a step that working days make unknown is null.

    列出等待中的申报：所在步骤、由谁办理、期限。

    --json 输出 {on, claims: [{id, position, operation, effective_on, actor,
    procedure, step, awaits, until}]}；因工作日无法确定的步骤为 null。
    """
    with access.reading() as bank:
        day = on or bank.today()
        found, names = bank.claims(on=day), bank.names()
    if json:
        several: list[Json] = [_json(claim) for claim in found]
        show.document({"on": day.isoformat(), "claims": several})
        return ExitCode.DONE
    show.table(
        [
            Text("claim", "申报"),
            Text("what", "内容"),
            Text("day", "日期"),
            Text("step", "步骤"),
            Text("for", "由谁"),
            Text("until", "期限"),
        ],
        [_row(claim, names) for claim in found],
    )
    return ExitCode.DONE


def _row(claim: Claim, names: Names) -> list[str]:
    step = claim.step
    at = str(claim.at or claim.lacks)
    return [
        claim.entry.id,
        about(claim.entry.operation, names),
        claim.entry.effective_on.isoformat(),
        called_and_typed(step.text, step.name) if step else at,
        ", ".join(step.by) if step else "",
        _until(claim) or "",
    ]


def _until(claim: Claim) -> str | None:
    last = claim.stage.until if claim.stage else None
    return last.isoformat() if last else None


def _json(claim: Claim) -> Json:
    return {
        "id": claim.entry.id,
        "position": claim.position,
        "operation": ops.TAGS[type(claim.entry.operation)],
        "effective_on": claim.entry.effective_on.isoformat(),
        "actor": claim.entry.actor,
        "procedure": claim.name,
        "step": claim.at,
        "awaits": list(claim.step.by) if claim.step else [],
        "until": _until(claim),
    }
