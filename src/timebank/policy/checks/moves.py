"""
The ways of ladders: whether they fit, lead somewhere, and come to rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...texts import Text
from ..conditions import names_in_condition
from ..hints import Mistake
from ..ladders import Keep, Ladder, Move, MoveBy
from ..rules import Policy
from ..tiers import asked_of, automatic_ways, needs_of_level
from .calendar import check_every
from .conditions import check_condition
from .demands import alone, possible
from .values import LEVEL, check_known, check_name, check_stretches


def move_misfits(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the ways of one ladder, and with when it is assessed."""
    place = f"ladders.{name}"
    names = [rung.name for rung in ladder.levels]
    for index, move in enumerate(ladder.moves):
        at = f"{place}.moves.{index}"
        yield from check_name(move.from_, names, f"{at}.from", LEVEL)
        for to in move.to:
            yield from check_name(to, names, f"{at}.to", LEVEL)
        yield from check_condition(move.needs, f"{at}.needs", policy, ["tier"])
        yield from check_every(move.every, f"{at}.every", policy)
        yield from _without_effect(at, move)
    if ladder.every is not None and ladder.moves:
        yield (
            f"{place}.every",
            Text(
                "says nothing beside moves: put `every` on the moves that are assessed",
                "有 moves 时不起作用：请把 every 写在需要评定的变动上",
            ),
        )
    kept = ladder.keep is Keep.FOR_EVER
    if ladder.every is not None and ladder.applied_for and kept:
        yield (
            f"{place}.every",
            Text(
                "says nothing: what is applied for and kept for ever is not assessed",
                "不起作用：经申请取得且永久保留的等级不再评定",
            ),
        )
    if kept and ladder.moves and not ladder.applied_for:
        yield (
            f"{place}.keep",
            Text(
                "says nothing beside moves: a level is left only by one of them",
                "有 moves 时不起作用：只有经其中的变动才会离开一个等级",
            ),
        )
    if ladder.periods:
        asked = {n for c in ladder.conditions() for n in names_in_condition(c)}
        yield from check_known(asked, place, policy)


def _without_effect(at: str, move: Move) -> Iterator[Mistake]:
    if move.every is not None and move.by is MoveBy.DECISION:
        yield (
            f"{at}.every",
            Text(
                'people decide at any time: say by = "automatic"',
                '由人决定的变动随时可行：请写 by = "automatic"',
            ),
        )
    if move.term is None or move.by is MoveBy.DECISION:
        return
    if move.every is None:
        yield (
            f"{at}.term",
            Text(
                "a level that comes and goes with its needs has no term: say `every`",
                "随条件得失的等级没有期限：请写 every",
            ),
        )
    elif move.term.shortest != move.term.longest:
        yield (
            f"{at}.term",
            Text(
                "nobody chooses at an assessment: say one term",
                "评定时无人选择期限：请只写一个期限",
            ),
        )


# ---------------------------------------------------------------- where they lead


def unreachable_moves(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find ways that lead nowhere, that nothing opens, or that chase each other."""
    place = f"ladders.{name}"
    if ladder.start is None:
        yield (
            f"{place}.start",
            Text("is missing: moves begin somewhere", "缺少：变动须有起点"),
        )
        return
    for index, move in enumerate(ladder.moves):
        at = f"{place}.moves.{index}"
        if not set(move.to) - {move.from_} and move.term is None:
            yield f"{at}.to", Text("leads nowhere", "没有去向")
        yield from alone((f"{at}.needs", move.needs), "tier", policy)
        yield from check_stretches(move.suspended, f"{at}.suspended")
    yield from _asking_nothing(name, ladder)
    yield from _never_reached(place, ladder, ladder.start)
    yield from _chasing(name, ladder, policy)


def _never_reached(place: str, ladder: Ladder, start: str) -> Iterator[Mistake]:
    reached = {start}
    while (
        onward := {to for m in ladder.moves if m.from_ in reached for to in m.to}
        - reached
    ):
        reached |= onward
    for rung in ladder.levels:
        if rung.name not in reached:
            yield (
                f"{place}.levels.{rung.name}",
                Text(
                    "is never reached: no move leads there",
                    "无法到达：没有变动通向此处",
                ),
            )


def _asking_nothing(name: str, ladder: Ladder) -> Iterator[Mistake]:
    for level in (rung.name for rung in ladder.levels):
        for index, move, to in automatic_ways(ladder, level):
            asked = [needs for _, needs in asked_of(ladder, name, index, to)]
            if _falls(ladder, move, to) and move.needs is None:
                asked = [needs for _, needs in needs_of_level(ladder, name, level)]
            if not any(asked):
                yield (
                    f"ladders.{name}.moves.{index}",
                    Text(
                        "asks nothing, so it would be taken at once: give it `needs`",
                        "没有任何条件，会立即发生：请写 needs",
                    ),
                )


def _falls(ladder: Ladder, move: Move, to: str) -> bool:
    return ladder.rank(to) < ladder.rank(move.from_)


_Edge = tuple[int, str]
"""An automatic way by its place, and which of its ends."""


def _chasing(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find circles of automatic ways whose needs can all be met at once."""
    told: set[frozenset[_Edge]] = set()
    for rung in ladder.levels:
        for circle in _circles(ladder, [], rung.name, rung.name):
            if frozenset(circle) in told or _comes_to_rest(
                circle, name, ladder, policy
            ):
                continue
            told.add(frozenset(circle))
            yield (
                f"ladders.{name}.moves.{max(index for index, _ in circle)}",
                Text(
                    "can chase {others}: their needs may be met at the same time, and no "
                    "level would be the last",
                    "可能与 {others} 循环往复：各自条件可同时成立，等级无从确定",
                    others=", ".join(
                        f"moves.{index}"
                        for index in sorted({i for i, _ in circle})[:-1]
                    )
                    or "itself",
                ),
            )


def _circles(
    ladder: Ladder, path: list[_Edge], first: str, at: str
) -> Iterator[list[_Edge]]:
    passed = {to for _, to in path}
    for index, _, to in automatic_ways(ladder, at):
        if to == first:
            yield [*path, (index, to)]
        elif to not in passed:
            yield from _circles(ladder, [*path, (index, to)], first, to)


def _comes_to_rest(
    circle: Sequence[_Edge], name: str, ladder: Ladder, policy: Policy
) -> bool:
    """Return whether the needs of a circle of ways exclude each other."""
    moves = [(ladder.moves[index], index, to) for index, to in circle]
    left = {m.from_ for m, _, to in moves if _falls(ladder, m, to) and not m.needs}
    risen = {to for m, _, to in moves if not _falls(ladder, m, to)}
    if left & risen:
        return True  # one goes because the level is not met, the other because it is
    together = [
        part for _, index, to in moves for part in asked_of(ladder, name, index, to)
    ]
    return not possible(together, "tier", policy)
