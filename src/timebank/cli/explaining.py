"""
Explaining: why an entry is as it is, and what would come of a request.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..explain import Explanation
from ..model import Finding, Posting
from ..policy.trace import Noted
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode
from .helping import Help
from .show import Json
from .spoken import here


def explain(
    entry: Annotated[str, Parameter(help=Help("The id of the entry.", "记录编号。"))],
    /,
    *,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Say why an entry is as it is: the policy, each rule in order, every figure.

    A refusal that was kept is explained too. It reads the whole journal once.

    --json prints {id, position, refused, policy, on, recorded_on, actor, again,
    units, noted: [{stage, code, unit, held, figures}], postings, findings,
    later: [{position, id, undoes}], text}, in parts.

    说明一条记录为何如此：所依据的政策、逐条规则、每个数字。

    保留的退回记录也可说明。本命令通读账本一次。

    --json 输出 {id, position, refused, policy, on, recorded_on, actor, again,
    units, noted: [{stage, code, unit, held, figures}], postings, findings,
    later: [{position, id, undoes}], text}，以最小份计。
    """
    with access.reading() as bank:
        told = bank.explain(entry)
    if json:
        show.document(explanation_json(told))
    else:
        tell(told)
    return ExitCode.DONE


def tell(told: Explanation) -> None:
    """Print an explanation, line by line."""
    for line in told.lines:
        show.say(line)


def explanation_json(told: Explanation) -> dict[str, Json]:
    """Return an explanation as a document."""
    return {
        "id": told.id,
        "position": told.position,
        "refused": told.refused,
        "policy": told.adoption.hash if told.adoption else None,
        "on": told.request.effective_on.isoformat(),
        "recorded_on": told.recorded.on.isoformat(),
        "actor": told.request.actor,
        "again": told.again,
        "units": show.units_json(told.units),
        "noted": [_noted_json(noted) for noted in told.noted],
        "postings": [_posting_json(posting) for posting in told.postings],
        "findings": [_finding_json(finding) for finding in told.findings],
        "later": [
            {"position": each.position, "id": each.id, "undoes": each.undoes}
            for each in told.later
        ],
        "text": [here(line) for line in told.lines],
    }


def _posting_json(posting: Posting) -> dict[str, Json]:
    return {
        "account": posting.account,
        "unit": posting.unit,
        "amount": posting.amount,
        "bucket": posting.bucket.value,
        "lot": posting.lot.id if posting.lot else None,
        "rule": posting.rule,
        "undoes": posting.undoes,
    }


def _finding_json(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code,
        "reason": finding.reason.value,
        "refuses": finding.refuses,
        "wanted": finding.wanted,
        "found": finding.found,
        "unit": finding.unit,
        "account": finding.account,
    }


def _noted_json(noted: Noted) -> dict[str, Json]:
    return {
        "stage": noted.stage.value,
        "code": noted.code,
        "unit": noted.unit,
        "held": noted.held,
        "figures": dict(noted.figures),
    }
