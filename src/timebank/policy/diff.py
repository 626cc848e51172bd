"""
What changes from one policy to another: data first, and then in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from ..model import AccountKind
from ..texts import Text
from ..words import WORDS
from .expressions import Constant, Formula
from .files import compiled, merged
from .hints import in_full
from .nested import parts_of
from .rules import NO_LIMIT, Edge, Policy, Rule
from .units import UnitRule
from .windows import is_window


class How(StrEnum):
    """What became of what stands at a place."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    MOVED = "moved"


@frozen(kw_only=True)
class Change:
    """
    One thing that changes.

    Args:
        place: Where.
        how: What became of it.
        before: What the file said, as it is written; *None* where it said nothing.
        after: What it says now.
        text: What changes, in words.
        warnings: What somebody should know before the policy is adopted.
    """

    place: str
    how: How
    before: str | None
    after: str | None
    text: Text
    warnings: tuple[Text, ...] = ()


Path = tuple[str, ...]


def changes(before: str, after: str) -> tuple[Change, ...]:
    """
    Return what changes from the policy *before* to *after*, in the order of the file.

    Two ways of writing the same are no change, nor is a default that is written out.

    Args:
        before: The text of a policy, or a bundle.
        after: That of another.

    Raises:
        PolicyInvalid: If one of them cannot be read.
    """
    old, new = compiled(before), compiled(after)
    tables = merged(before).tables, merged(after).tables
    found = []
    for path, how in _differing((), old, new):
        one, other = (_written(table, path) for table in tables)
        change = Change(
            place=".".join(path),
            how=how,
            before=one,
            after=other,
            text=_told(path, how, one, other),
            warnings=tuple(_warnings(path, how, old, new)),
        )
        found.append(change)
    return tuple(found)


def gone_by(before: str, after: str) -> Text | None:
    """Return what to beware of where *after* says no later day to hold from than *before*."""
    old, new = compiled(before), compiled(after)
    if old.hash == new.hash or new.policy.from_ > old.policy.from_:
        return None
    return Text(
        "it says to hold from {day}, no later than the other: adopted so, it decides what "
        "is told or corrected of days gone by; give a later from, or --holds-from",
        "其 from 为 {day}，不晚于另一政策：照此采纳，补登或更正以往事项也将依新政策；"
        "请写明较晚的 from，或采纳时用 --holds-from",
        day=new.policy.from_,
    )


def _written(tables: Mapping[str, Any], path: Path) -> str | None:
    found: Any = tables
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return in_full(found)


_ORDERED: Final = ("rules", "limits")
"""Tables that are taken in the order of the file."""


def _differing(path: Path, one: object, other: object) -> Iterator[tuple[Path, How]]:
    mine, theirs = parts_of(one), parts_of(other)
    if mine is None or theirs is None:
        if one != other:
            yield path, _how(one, other)
        return
    for key in dict.fromkeys([*mine, *theirs]):
        yield from _differing((*path, str(key)), mine.get(key), theirs.get(key))
    kept = [key for key in mine if key in theirs]
    if path and path[-1] in _ORDERED and kept != [k for k in theirs if k in mine]:
        yield path, How.MOVED


_NOTHING: Final = (None, ())
"""What stands where nothing is said."""


def _how(one: object, other: object) -> How:
    if one in _NOTHING:
        return How.ADDED
    return How.DROPPED if other in _NOTHING else How.CHANGED


# ---------------------------------------------------------------- in words

_WHOLE: Final = ("policy", "calendar", "bodies", "language")
"""Tables that are one thing, and not many by name."""

_DEFAULT: Final = Text("as by default", "默认值")


def _told(path: Path, how: How, before: str | None, after: str | None) -> Text:
    depth = 1 if path[0] in _WHOLE else 3 if path[0] == "accounts" else 2
    rest = ".".join(path[depth:])
    said = _said(
        path,
        how,
        key=Text(f"{rest} " if rest else "", f"{rest} " if rest else ""),
        window=_window(path),
        before=_DEFAULT if before is None else before.strip('"'),
        after=_DEFAULT if after is None else after.strip('"'),
    )
    thing = ".".join(path[:depth])
    return Text("{thing}: {said}", "{thing}：{said}", thing=thing, said=said)


def _window(path: Path) -> str:
    key = path[-2] if len(path) > 1 else ""
    return WORDS.get(key, key)


def _said(path: Path, how: How, **fields: str) -> Text:  # noqa: PLR0911 - a sentence each
    match how, path:
        case How.MOVED, _:
            return Text("is taken in another order", "先后次序有变")
        case How.ADDED, _:
            return Text("{key}{after}, new", "新增 {key}{after}", **fields)
        case How.DROPPED, _ if fields["key"]:
            return Text(
                "{key}is no longer given, was {before}",
                "不再写明 {key}，原为 {before}",
                **fields,
            )
        case How.DROPPED, _:
            return Text("no more, was {before}", "取消，原为 {before}", **fields)
        case _, ("rules", _, "limits", _, "at_most"):
            return Text(
                "at most {after} {window}, was {before}",
                "{window}最多 {after}，原为 {before}",
                **fields,
            )
        case _, ("accounts", _, _, "cap"):
            return Text(
                "at most {after}, was {before}",
                "上限 {after}，原为 {before}",
                **fields,
            )
        case _, ("accounts", _, _, "floor"):
            return Text(
                "not below {after}, was {before}",
                "下限 {after}，原为 {before}",
                **fields,
            )
        case _:
            return Text(
                "{key}{after}, was {before}", "{key}{after}，原为 {before}", **fields
            )


# ---------------------------------------------------------------- warnings


def _warnings(path: Path, how: How, old: Policy, new: Policy) -> Iterator[Text]:
    match path:
        case ("rules", name) if how is How.DROPPED:
            yield from _renamed(name, old, new)
        case ("rules", name, "at" | "every") if "period" in new.rules[name].on:
            yield Text(
                "the first turn after the change is for what the rule has not done yet, "
                "by its part of a period",
                "变更后首次执行只涉及尚未执行的时段，按其占一期的比例计",
            )
        case ("units", name, *_):
            yield from _refused(name, old.units.get(name), new.units.get(name))
        case ("accounts", kind, unit, *bound) if unit in old.units:
            bounds = bound or ["cap", "floor"]
            yield from _tightened(AccountKind(kind), unit, bounds, old, new)
        case ("ladders", name, *inner) if inner in ([], ["levels"]):
            yield from _no_more(name, old, new)


def _refused(
    name: str, before: UnitRule | None, after: UnitRule | None
) -> Iterator[Text]:
    if before is None:
        return
    if after is None or before.kept != after.kept:
        yield Text(
            "a ledger that has the unit {name} refuses the policy",
            "已使用单位 {name} 的账本将拒绝采纳此政策",
            name=name,
        )


def _renamed(name: str, old: Policy, new: Policy) -> Iterator[Text]:
    """Find a rule that moves the same under a new name, and begins from nothing."""
    before = old.rules[name]
    for other, rule in new.rules.items():
        if other in old.rules or not _alike(before, rule):
            continue
        if any(is_window(key) for key in (*before.limits, *rule.limits)):
            yield Text(
                "it seems to be called {other} now; limits by window count by the name of "
                "a rule, and what {name} moved will not count for it",
                "似已改名为 {other}；按期限额以规则名计数，{name} 已发生的数额将不再计入",
                other=other,
                name=name,
            )
        if "period" in before.on and "period" in rule.on:
            yield _restarted(name, before, other, rule)


def _restarted(name: str, before: Rule, other: str, rule: Rule) -> Text:
    """Say that a rule on periods that has another name knows nothing of what was done."""
    if (before.every, before.at or Edge.END) != (rule.every, rule.at or Edge.END):
        return Text(
            "it seems to be called {other} now, and to act at other times; what was done "
            "goes by the name of a rule, so days that {name} did are done again, or some "
            "are left out: keep the name",
            "似已改名为 {other}，且执行时间不同；是否已执行以规则名认定，"
            "{name} 已执行的时段会重复执行，或有时段遗漏：请保留原名",
            other=other,
            name=name,
        )
    return Text(
        "it seems to be called {other} now; what was done goes by the name of a rule: "
        "where the policy holds for days gone by, {other} does again what {name} did",
        "似已改名为 {other}；是否已执行以规则名认定：若政策适用于以往日期，"
        "{other} 会重复执行 {name} 已做过的事项",
        other=other,
        name=name,
    )


def _alike(one: Rule, other: Rule) -> bool:
    return one.unit == other.unit and bool(set(one.on) & set(other.on))


def _tightened(
    kind: AccountKind, unit: str, bounds: list[str], old: Policy, new: Policy
) -> Iterator[Text]:
    """Find bounds that accounts may stand outside of from the first day."""
    before, after = old.bounds(kind, unit), new.bounds(kind, unit)
    if ("cap" in bounds and _stricter(before.cap, after.cap, 1)) or (
        "floor" in bounds and _stricter(before.floor, after.floor, -1)
    ):
        yield Text(
            "accounts that are outside it on the first day may only move inward",
            "生效之日已超出的账户，只能向限额以内变动",
        )


def _stricter(before: Formula | None, after: Formula | None, sign: int) -> bool:
    """Return whether a bound may be stricter; what hangs on facts may be."""
    if after in (None, NO_LIMIT) or before == after:
        return False
    if isinstance(before, Constant) and isinstance(after, Constant):
        return Fraction(sign) * after.number < Fraction(sign) * before.number
    return True


def _no_more(name: str, old: Policy, new: Policy) -> Iterator[Text]:
    """Find levels that people may have been given, and that are gone."""
    before, after = old.ladders.get(name), new.ladders.get(name)
    if before is None or not before.decided:
        return
    kept = {rung.name for rung in after.levels} if after else set()
    gone = [rung.name for rung in before.levels if rung.name not in kept]
    if gone:
        yield Text(
            "members may hold {gone}, which is no more",
            "可能有成员持有已取消的等级 {gone}",
            gone=", ".join(gone),
        )
