"""
What a child says laid over what its parents say: one set of tables, and who said what.

Tables of the language merge key by key, down to values.  A value is replaced whole: a
number, a text, a list, a formula, an excess, a fact, one test of a condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from ..texts import Text
from .bundles import heads
from .hints import Mistake, nearest
from .nested import flattened, table_at
from .places import at, differing, keys_of, without
from .rules import Policy

_OWN: Final = ("extends", "locks", "remove")
"""Keys by which a file speaks of itself; they are not handed on."""

_CALLED: Final = "text"
"""What people call a file is its own too; but a value, with the file that says it."""


@frozen
class Said:
    """One value, and the file that says it."""

    value: Any
    file: str


@define
class Merged:
    """
    The tables of several files, each laid over those before it.

    Args:
        tables: What all of them come to.
        said: By place, every value said of it; the last one holds.
        begun: By place, the file that began a table.
        dropped: By place, the file that dropped what was there.
        locks: By place, the file that locked it.
        mistakes: What does not go together, each with its file.
        alone: Whether there is only one file, which need not be named.
    """

    tables: dict[str, Any] = field(factory=dict)
    said: dict[str, list[Said]] = field(factory=dict)
    begun: dict[str, str] = field(factory=dict)
    dropped: dict[str, str] = field(factory=dict)
    locks: dict[str, str] = field(factory=dict)
    mistakes: list[tuple[str, Mistake]] = field(factory=list)
    alone: bool = False

    def file_of(self, place: str) -> str | None:
        """Return the file that says what stands at *place*, or began its table."""
        while place:
            if place in self.said:
                return self.said[place][-1].file
            if place in self.begun:
                return self.begun[place]
            place = place.rpartition(".")[0]
        return None

    def add(self, file: str, tables: Mapping[str, Any]) -> None:
        """Lay *tables*, those of *file*, over all that is there."""
        head = dict(heads(tables))
        own: dict[str, Any] = {key: head.pop(key) for key in _OWN if key in head}
        for key in (*_OWN, _CALLED):
            heads(self.tables).pop(key, None)
        self._forget(f"policy.{_CALLED}")
        before = {path: at(self.tables, path) for path in self.locks}
        for _ in self._places(file, own, "extends"):
            pass
        for path in self._places(file, own, "remove"):
            self._drop(file, path)
        said = {**tables, "policy": head} if head else tables
        self.tables = self._over(Policy, self.tables, said, file)
        for path, there in before.items():
            self._hold_locked(file, path, there)
        for path in self._places(file, own, "locks"):
            self._lock(file, path)
        if head:
            self.tables["policy"] = {**self.tables["policy"], **own}
            self.tables["policy"] |= {"locks": list(self.locks)} if self.locks else {}

    def _places(self, file: str, own: Mapping[str, Any], key: str) -> Iterator[str]:
        found = own.get(key, [])
        for place in found if isinstance(found, list) else [found]:
            if isinstance(place, str):
                yield place
            else:
                why = Text(
                    "holds places in quotes, such as {sample}",
                    "须为加引号的位置，例如 {sample}",
                    sample='"rules.gift.amount"',
                )
                self.mistakes.append((file, (f"policy.{key}", why)))

    # ------------------------------------------------------------ laying over

    def _over(
        self,
        kind: Any,  # noqa: ANN401 - a class of the language, or a mapping of them
        below: Mapping[str, Any],
        own: Mapping[str, Any],
        file: str,
        place: str = "",
    ) -> dict[str, Any]:
        merged = dict(below)
        for key, value in flattened(kind, own).items():
            here = f"{place}.{key}" if place else key
            inner, there = table_at(kind, key), below.get(key)
            if inner is not None and isinstance(value, dict):
                if not isinstance(there, dict):
                    self._forget(here)
                    self.begun[here] = file
                    there = {}
                merged[key] = self._over(inner, there, value, file, here)
                continue
            self.said.setdefault(here, []).append(Said(value, file))
            merged[key] = value
        return merged

    def _forget(self, place: str) -> None:
        """Forget what was said of *place* and of all below it."""
        for kept in (self.said, self.begun):
            for each in [p for p in kept if p == place or p.startswith(f"{place}.")]:
                del kept[each]

    # ------------------------------------------------------------ dropping and locking

    def _drop(self, file: str, path: str) -> None:
        keys = keys_of(self.tables, path)
        if not keys:
            self.mistakes.append((file, ("policy.remove", self._unknown(path))))
            return
        self.tables = without(self.tables, keys)
        self._forget(path)
        self.dropped[path] = file

    def _lock(self, file: str, path: str) -> None:
        tables = [a.name for a in attrs.fields(Policy)]
        if path in tables or keys_of(self.tables, path):
            self.locks.setdefault(path, file)
        else:
            self.mistakes.append((file, ("policy.locks", self._unknown(path))))

    def _unknown(self, path: str) -> Text:
        return Text(
            "there is nothing at {path!r}; {hint}",
            "{path!r} 处没有任何内容；{hint}",
            path=path,
            hint=nearest(path, [*self.said, *self.begun]),
        )

    def _hold_locked(self, file: str, path: str, before: object) -> None:
        for place in differing(path, before, at(self.tables, path)):
            why = Text(
                "is locked by {locker}: what extends it leaves {path} as it is",
                "已由 {locker} 锁定：引用它的政策不得更改 {path}",
                locker=self.locks[path],
                path=path,
            )
            self.mistakes.append((file, (place, why)))
