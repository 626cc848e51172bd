"""
The laws that can be asked of an entry by the standing before it.

Law 7, that all else follows from bodies, is `verify`'s; law 10 is `again`'s.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from attrs import evolve, frozen

from ..balances import NO_BALANCE, Balance
from ..claims import claim_acted_on
from ..decide import judged_on
from ..entries import Entry
from ..errors import PolicyInvalid
from ..model import AccountId, Reason
from ..operations import (
    AdoptPolicy,
    CancelOrder,
    Correct,
    ExpireLot,
    NoteRefusal,
    OpenAccount,
    Reverse,
)
from ..policy.bounds import Bench, settled, surely_settled
from ..policy.case import Case
from ..policy.draft import Draft
from ..policy.files import compiled
from ..standing import Standing
from ..texts import Text


@frozen
class Unchecked:
    """
    What cannot be checked: it hangs on a function of the host's that is not there.

    Args:
        text: What it is, and what is not there.
    """

    text: Text


Told = Text | Unchecked
"""What is wrong, or cannot be checked."""


def broken(entry: Entry, fold: Standing) -> Iterator[Told]:
    """
    Say which laws *entry* breaks, and what cannot be checked of it.

    Args:
        entry: The entry.
        fold: The standing before it.
    """
    before = fold.find(entry.id)
    if before is not None:
        yield Text(
            "law 5: the id {id!r} is taken at {position}",
            "定律 5：编号 {id!r} 已由第 {position} 条使用",
            id=entry.id,
            position=before[0],
        )
    if fold.is_void(entry.id):
        yield Text(
            "law 5: the id {id!r} was void before",
            "定律 5：编号 {id!r} 此前已作废",
            id=entry.id,
        )
    if isinstance(entry.operation, NoteRefusal) and entry.postings:
        yield Text("law 6: a refusal moves credits", "定律 6：退回记录变动了积分")
    if not entry.actor:
        yield Text("law 8: the entry names no actor", "定律 8：记录没有经办人")
    yield from _of_policy(entry, fold)
    yield from _of_target(entry, fold)
    yield from _of_claim(entry, fold)
    if not isinstance(entry.operation, NoteRefusal):
        yield from _accounts(entry, fold)
        yield from _limits(entry, fold)


def _of_policy(entry: Entry, fold: Standing) -> Iterator[Told]:
    if isinstance(entry.operation, AdoptPolicy):
        text = entry.operation.text
        if _hash(text) != entry.policy:
            yield Text(
                "law 8: the policy's text is not that of {policy!r}",
                "定律 8：政策全文与 {policy!r} 不符",
                policy=entry.policy,
            )
        try:
            compiled(text)
        except PolicyInvalid as error:
            yield Text(
                "law 8: the policy cannot be read: {error}",
                "定律 8：政策无法读取：{error}",
                error=error.text,
            )
        return
    adopted = any(each.hash == entry.policy for each in fold.adoptions)
    if not (adopted or _refused_under(entry)):
        yield Text(
            "law 8: the policy {policy!r} was never adopted",
            "定律 8：政策 {policy!r} 从未采纳",
            policy=entry.policy,
        )


def _refused_under(entry: Entry) -> bool:
    """Return whether *entry* notes a refusal under no policy, or of the policy it names."""
    match entry.operation:
        case NoteRefusal(operation=AdoptPolicy(text=text)):
            return entry.policy in {"", _hash(text)}
        case NoteRefusal():
            return not entry.policy
    return False


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of_target(entry: Entry, fold: Standing) -> Iterator[Told]:
    undone = [p for p in entry.postings if p.undoes]
    if entry.target is None:
        if undone:
            yield Text(
                "law 9: legs undo something, and no target is named",
                "定律 9：有冲销的各笔，却没有指明所冲销的记录",
            )
        return
    if fold.find(entry.target) is None:
        yield Text(
            "law 3: the target {target!r} does not stand before it",
            "定律 3：所指的记录 {target!r} 不在其前",
            target=entry.target,
        )
        return
    counts = fold.in_effect(entry)
    if counts is None or not isinstance(counts.operation, Reverse | Correct):
        return
    before = fold.undone_by(counts.operation.target)
    if before is not None:
        yield Text(
            "law 9: {target!r} was undone by {before!r} already",
            "定律 9：{target!r} 已由 {before!r} 冲销",
            target=counts.target,
            before=before,
        )
    target = fold.counted(counts.operation.target)
    if target is None:
        yield Text(
            "law 9: the claim {target!r} never counted, and is undone",
            "定律 9：申报 {target!r} 从未计入，却被冲销",
            target=counts.target,
        )
        return
    negated = Counter(evolve(p, undoes=False, amount=-p.amount) for p in undone)
    if negated != Counter(target.own_postings):
        yield Text(
            "law 9: the legs do not negate those of {target!r}",
            "定律 9：各笔与 {target!r} 的不能相抵",
            target=counts.target,
        )


def _of_claim(entry: Entry, fold: Standing) -> Iterator[Told]:
    claim = claim_acted_on(entry)
    if entry.postings and (entry.waits or (claim and not entry.settles)):
        yield Text(
            "law 6: it moves credits although its claim does not count",
            "定律 6：申报尚未计入，却变动了积分",
        )
    if claim is not None and claim not in fold.claims:
        yield Text(
            "law 9: no claim {claim!r} waits any more, and it acts on it",
            "定律 9：没有等待中的申报 {claim!r}，却有记录对其办理",
            claim=claim,
        )


def _accounts(entry: Entry, fold: Standing) -> Iterator[Told]:
    moved = dict.fromkeys(p.account for p in entry.postings)
    if moved.keys() <= fold.accounts.keys():
        return
    counts = fold.in_effect(entry)
    operation = counts.operation if counts else entry.operation
    opened = operation.account if isinstance(operation, OpenAccount) else None
    for account in moved:
        if account not in fold.accounts and account != opened:
            yield Text(
                "law 4: it moves the account {account!r}, which no entry before it "
                "opened, so that no limit holds it",
                "定律 4：变动了账户 {account!r}，此前没有记录开立该账户，因此不受限额约束",
                account=account,
            )


def _limits(entry: Entry, fold: Standing) -> Iterator[Told]:
    if not entry.postings:
        return
    today = judged_on(entry.operation, entry.effective_on, entry.recorded.on, fold)
    adoption = fold.policy_on(today)
    if adoption is None:
        return
    try:
        policy = compiled(adoption.text)
    except PolicyInvalid:
        return  # told where it was adopted
    changes: dict[tuple[AccountId, str], Balance] = {}
    for posting in entry.postings:
        key = posting.account, posting.unit
        changes[key] = changes.get(key, NO_BALANCE).plus(posting)
    if surely_settled(changes, fold, policy):
        return
    draft = Draft(fold.head + 1, entry.effective_on)
    for leg in fold.legs(entry):
        draft.take(leg)
    case = Case(
        policy=policy,
        standing=fold,
        on="tier",
        day=entry.effective_on,
        roles={},
        fields={},
        facts={},
        draft=draft,
    )
    bench = Bench(
        id=entry.id,
        today=today,
        bounds=policy,
        caps=not isinstance(entry.operation, Reverse | CancelOrder | ExpireLot),
        floors=not isinstance(entry.operation, ExpireLot),
    )
    allowed = {f.code for f in entry.findings if f.reason is Reason.OVERRIDDEN}
    for finding in settled(case, bench):
        if finding.reason is Reason.FUNCTION_NEEDED:
            text = Text(
                "law 4: not checkable without {function}",
                "定律 4：缺少 {function}，无法核验",
                function=finding.wanted,
            )
            yield Unchecked(text)
        elif finding.code not in allowed:
            yield Text(
                "law 4: {account!r} is left with {found} {unit}, "
                "beyond {code} ({wanted})",
                "定律 4：{account!r} 变为 {found} {unit}，超出 {code}（{wanted}）",
                account=finding.account,
                found=finding.found,
                unit=finding.unit,
                code=finding.code,
                wanted=finding.wanted,
            )
