"""
Procedures: whether their steps fit, can be done and come to an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ...model import AccountKind
from ...texts import Text
from ..hints import Mistake
from ..procedures import ACCEPTED, EACH, ENDS, SUBMITTER, Procedure, Step
from ..rules import NAMED, Policy
from ..shapes import ROLES, SHAPES
from .conditions import check_condition
from .demands import alone
from .values import OPERATION, STEP, check_name, check_once, unfit

_AWAITED: Final = tuple(on for on in SHAPES if on != "cancel")
"""What may wait for its procedure; what an order holds is given back at once."""


def procedures(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the procedures."""
    for name, procedure in policy.procedures.items():
        place = f"procedures.{name}"
        yield from check_once(procedure.on, f"{place}.on")
        for on in procedure.on:
            yield from check_name(on, _AWAITED, f"{place}.on", OPERATION)
        yield from check_condition(
            procedure.when, f"{place}.when", policy, procedure.on
        )
        if not procedure.steps:
            yield f"{place}.steps", Text("has at least one step", "至少须有一个步骤")
            continue
        yield from _names(place, procedure)
        for step in procedure.steps:
            yield from _step(f"{place}.steps.{step.name}", step, procedure, policy)
        yield from _apart(place, procedure, policy)


def _names(place: str, procedure: Procedure) -> Iterator[Mistake]:
    names = [step.name for step in procedure.steps]
    yield from check_once(names, f"{place}.steps")
    for name in names:
        at = f"{place}.steps.{name}"
        if problem := unfit(name):
            yield at, problem
        elif "." in name or name in (*ENDS, SUBMITTER):
            yield (
                at,
                Text(
                    "is no name for a step: {ends} and {submitter} mean something "
                    "already, and dots part places",
                    "不能作步骤名：{ends} 和 {submitter} 另有含义，句点用于分隔位置",
                    ends=", ".join(ENDS),
                    submitter=SUBMITTER,
                ),
            )
    for step in procedure.steps:
        for key, leads in _ways(step):
            at = f"{place}.steps.{step.name}.{key}"
            yield from check_name(leads, [*names, *ENDS], at, STEP)


def _ways(step: Step) -> Iterator[tuple[str, str | None]]:
    yield "then", step.then
    yield "else", step.else_
    yield "objection", step.objection


# ---------------------------------------------------------------- one step


def _step(
    place: str, step: Step, procedure: Procedure, policy: Policy
) -> Iterator[Mistake]:
    if bool(step.by) == (step.for_ is not None):
        yield (
            place,
            Text(
                "has either `by`, who confirm it, or `for`, how long a notice runs",
                "须写 `by`（由谁确认）或 `for`（公示多久），二者择一",
            ),
        )
        return
    yield from check_once(step.by, f"{place}.by")
    yield from _need(place, step, policy)
    if (step.within is None) != (step.else_ is None):
        yield (
            f"{place}.{'within' if step.within is None else 'else'}",
            Text(
                "`within` and `else` go together: how long they have, and where it "
                "goes then",
                "`within` 与 `else` 须成对：限期多久，逾期转到哪里",
            ),
        )
    if step.for_ is not None and step.within is not None:
        yield (
            f"{place}.within",
            Text(
                "a notice ends by itself: leave it out", "公示到期自行结束：请删去此项"
            ),
        )
    yield from _roles(place, step, procedure)
    if step.in_person and ROLES.isdisjoint(step.by):
        yield (
            f"{place}.in_person",
            Text(
                "is for parties of the operation, such as recipient: by names none",
                "用于业务的当事方（如 recipient），而 by 未列出任何当事方",
            ),
        )
    span = step.lasts
    if span is not None and span.working and not policy.calendar.holidays:
        yield (
            f"{place}.{'for' if step.for_ else 'within'}",
            Text(
                "counts working days, and the calendar lists no holidays: add them "
                "as calendar.holidays, or count days",
                "按工作日计，而日历中没有假日：请写入 calendar.holidays，或改按自然日计",
            ),
        )


def _need(place: str, step: Step, policy: Policy) -> Iterator[Mistake]:
    at = f"{place}.need"
    if step.for_ is not None and step.need != 1:
        yield (
            at,
            Text("nobody confirms a notice: leave it out", "公示无须确认：请删去此项"),
        )
    elif step.need == EACH and len(step.by) == 1:
        yield (
            at,
            Text(
                "`each` is for several roles, and this step has one",
                "`each` 用于多个角色，而此步骤只有一个",
            ),
        )
    elif step.need != EACH and step.need < 1:
        yield at, Text("is 1 or more", "须为 1 或更多")
    elif step.need != EACH and step.need > 1 and _one_person(step.by, policy):
        yield (
            at,
            Text(
                "only one person can be {by}, and {need} are needed",
                "{by} 只有一人，而此处需要 {need} 人",
                by=step.by[0],
                need=step.need,
            ),
        )


def _roles(place: str, step: Step, procedure: Procedure) -> Iterator[Mistake]:
    """Find parties that the operation does not have."""
    for role in step.by:
        for on in procedure.on:
            if role in ROLES and on in SHAPES and role not in SHAPES[on].roles:
                yield (
                    f"{place}.by",
                    Text(
                        "{on} has no {role}; it has: {roles}",
                        "{on} 没有 {role}；它有：{roles}",
                        on=on,
                        role=role,
                        roles=", ".join(SHAPES[on].roles),
                    ),
                )


def _one_person(by: Iterable[str], policy: Policy) -> bool:
    """
    Return whether one person alone can act as *by*.

    Who acts for a member's account is that member; others can be anybody's.
    """
    roles = set(by)
    kinds = set(policy.accounts) - set(NAMED)
    return len(roles) == 1 and roles <= ROLES and kinds <= {AccountKind.MEMBER}


def _apart(place: str, procedure: Procedure, policy: Policy) -> Iterator[Mistake]:
    at = f"{place}.apart"
    yield from check_once(procedure.apart, at)
    confirmed = {step.name: step for step in procedure.steps if step.by}
    for name in procedure.apart:
        yield from check_name(name, [*confirmed, SUBMITTER], at, STEP)
    if len(procedure.apart) == 1:
        yield (
            at,
            Text(
                "names two or more whose people must differ",
                "须列出两个以上由不同人办理的步骤",
            ),
        )
    named = [confirmed[name] for name in procedure.apart if name in confirmed]
    for index, step in enumerate(named):
        for other in named[:index]:
            if other.by == step.by and _one_person(step.by, policy):
                yield (
                    at,
                    Text(
                        "{one} and {other} want different people, and only one person "
                        "can be {by}",
                        "{one} 与 {other} 须由不同人办理，而 {by} 只有一人",
                        one=other.name,
                        other=step.name,
                        by=step.by[0],
                    ),
                )


# ---------------------------------------------------------------- what can never happen


def unreachable_steps(policy: Policy) -> Iterator[Mistake]:
    """Find procedures that are never used or never end, and steps that never begin."""
    earlier: list[tuple[str, Procedure]] = []
    for name, procedure in policy.procedures.items():
        place = f"procedures.{name}"
        for on in procedure.on:
            if on in SHAPES:
                yield from alone((f"{place}.when", procedure.when), on, policy)
            for before, other in earlier:
                if on in other.on and other.when in (None, procedure.when):
                    yield (
                        place,
                        Text(
                            "is never used for {on}: {before} comes first and holds "
                            "whenever it would",
                            "从不用于 {on}：在前的 {before} 总是先适用",
                            on=on,
                            before=before,
                        ),
                    )
                    break
        if _fits(procedure):
            yield from _ends(place, procedure)
        earlier.append((name, procedure))


def _fits(procedure: Procedure) -> bool:
    """Return whether every step leads somewhere, so that ways can be followed."""
    names = {step.name for step in procedure.steps}
    return bool(names) and all(
        leads is None or leads in (*names, *ENDS)
        for step in procedure.steps
        for _, leads in _ways(step)
    )


def _ends(place: str, procedure: Procedure) -> Iterator[Mistake]:
    done = {step.name: procedure.after(step) for step in procedure.steps}
    ways = {
        step.name: {done[step.name], step.objection, step.else_ or done[step.name]}
        for step in procedure.steps
    }
    first = procedure.steps[0].name
    reached = _reached(first, ways)
    for step in procedure.steps:
        at = f"{place}.steps.{step.name}"
        if step.name not in reached:
            yield (
                at,
                Text(
                    "is never reached: no other step leads to it",
                    "永远到不了：没有其他步骤通向它",
                ),
            )
        elif ACCEPTED not in _reached(step.name, ways) and step.name == first:
            yield (
                at,
                Text(
                    "never leads to an end at which anything counts",
                    "走不到任何计入的终点",
                ),
            )
        elif not set(ENDS) & _reached(step.name, ways):
            yield at, Text("leads to no end", "走不到终点")
    alone_in_time = {
        step.name: {done[step.name] if step.for_ else str(step.else_)}
        for step in procedure.steps
        if step.lasts
    }
    for name in alone_in_time:
        if name in _reached(name, alone_in_time, start=False):
            yield (
                f"{place}.steps.{name}",
                Text(
                    "comes back to itself as time passes, and nobody can end it",
                    "随时间推移回到自身，无人可使其结束",
                ),
            )


def _reached(name: str, ways: dict[str, set[str]], *, start: bool = True) -> set[str]:
    """Return what can be reached from *name*, itself among it if it is the *start*."""
    reached: set[str] = {name} if start else set()
    ahead = {name}
    while ahead:
        onward = {to for step in ahead for to in ways.get(step, ())}
        ahead = onward - reached
        reached |= onward
    return reached
