"""
The units of policies that were adopted, read without the rest of them.

Whoever shows a balance needs a unit's scale and what people call it.  To read the whole
language for it would take longer than everything else that a balance takes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..adoptions import Adoption
from ..model import Unit
from ..texts import as_text
from .bundles import heads, split
from .places import keys_of, without


def units_of(adoptions: Iterable[Adoption]) -> Mapping[str, Unit]:
    """Return every unit of the policies, by name."""
    return {
        name: unit
        for adoption in adoptions
        for name, unit in units_in(adoption.text).items()
    }


@lru_cache(maxsize=512)  # a city has many bodies, each with its policies
def units_in(text: str) -> Mapping[str, Unit]:
    """Return the units of the policy *text*, which was checked when it was adopted."""
    tables: Mapping[str, Any] = {}
    for part in split(text, "policy"):
        own = tomllib.loads(part.text)
        for place in _removed(own):
            if keys := keys_of(tables, place):
                tables = without(tables, keys)
        units = tables.get("units", {})
        said = own.get("units", {})
        # every key that tells a unit holds a value, and a child's stands for its parent's
        laid = {name: {**units.get(name, {}), **said[name]} for name in said}
        tables = {"units": {**units, **laid}}
    return {
        name: Unit(
            name,
            unit.get("scale", 1),
            unit.get("record", False),
            as_text(unit["text"]) if "text" in unit else None,
        )
        for name, unit in tables["units"].items()
    }


def _removed(tables: Mapping[str, Any]) -> list[str]:
    found = heads(tables).get("remove", [])
    return found if isinstance(found, list) else [found]
