"""
What the policy calls its classes, items and facts, and what clerks call them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from attrs import field, frozen

from ..policy.rules import FactType, Policy
from ..texts import Language, in_language
from .cells import Cell, shown, without_value
from .headings import heading_key
from .problems import Fault, RowReason

_LIKENESS_MIN: Final = 0.5


def _lookup(named: Mapping[str, str | None]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, text in named.items():
        spellings = (name, text or name, str(in_language(text or name, Language.ZH)))
        for spoken in dict.fromkeys(map(heading_key, spellings)):
            found[spoken] = (*found.get(spoken, ()), name)
    return found


def _kinds(given: Mapping[str, str]) -> Mapping[str, FactType]:
    return {name: FactType(kind) for name, kind in given.items()}


@frozen(kw_only=True)
class Names:
    """
    What the policy calls things, and what people call them.

    Args:
        classes: Name of a class of service or mark → its text, or None; a `Text` may be
            written in either language.
        items: Name of an item → its text, or None.
        facts: Name of a fact, without role → its kind.
    """

    classes: Mapping[str, str | None] = field(factory=dict)
    items: Mapping[str, str | None] = field(factory=dict)
    facts: Mapping[str, FactType] = field(factory=dict, converter=_kinds)
    _class_of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, eq=False)
    _item_of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, eq=False)

    @_class_of.default
    def _classes_by_text(self) -> Mapping[str, tuple[str, ...]]:
        return _lookup(self.classes)

    @_item_of.default
    def _items_by_text(self) -> Mapping[str, tuple[str, ...]]:
        return _lookup(self.items)

    def class_of(self, cell: Cell) -> str | Fault:
        """Return the class that a cell names."""
        return _named(cell, self.classes, self._class_of, RowReason.CLASS_UNKNOWN)

    def item_of(self, cell: Cell) -> str | Fault:
        """Return the item that a cell names."""
        return _named(cell, self.items, self._item_of, RowReason.ITEM_UNKNOWN)


def _named(
    cell: Cell,
    named: Mapping[str, str | None],
    name_of: Mapping[str, tuple[str, ...]],
    unknown: RowReason,
) -> str | Fault:
    if fault := without_value(cell):
        return fault
    if isinstance(cell, str) and cell.strip() in named:
        return cell.strip()
    key = heading_key(cell)
    found = name_of.get(key, ())
    if len(found) == 1:
        return found[0]
    if found:
        return Fault(
            reason=RowReason.NAME_AMBIGUOUS, found=shown(cell), wanted=", ".join(found)
        )
    near = get_close_matches(key, name_of, n=3, cutoff=_LIKENESS_MIN)
    names = [name_of[each][0] for each in near] or list(named)
    wanted = ", ".join(dict.fromkeys(named[name] or name for name in names))
    return Fault(reason=unknown, found=shown(cell), wanted=wanted)


def names_of(policies: Iterable[Policy]) -> Names:
    """
    Return what *policies* call things, and what people call them; later ones prevail.

    A sheet of last year may name what today's policy no longer has: the bank judges each
    row by the policy of its day.
    """
    several = tuple(policies)
    return Names(
        classes={n: each.text for p in several for n, each in p.classes.items()},
        items={n: each.text for p in several for n, each in p.items.items()},
        facts={n: each.type for p in several for n, each in p.facts.items()},
    )
