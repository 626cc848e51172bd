"""
What people type as facts, and what it means: each is of the kind that a policy says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final

from cyclopts import Parameter

from ..bank import Bank
from ..operations import FactValue
from ..policy.files import compiled
from ..policy.rules import FactRule, FactType
from ..texts import Text
from .helping import Help
from .typed import WHOLE

_YES: Final = frozenset({"yes", "true", "是"})
_NO: Final = frozenset({"no", "false", "否"})

FactsTyped = Annotated[
    tuple[str, ...],
    Parameter(
        name="--fact",
        metavar="NAME=VALUE",
        help=Help(
            "What a rule asks, as NAME=VALUE: provider.age=67, since=2020-05-01, "
            "partner=yes. May be repeated.",
            "规则所需的情况，写作 名称=值：provider.age=67、since=2020-05-01、partner=是。可重复使用。",
        ),
    ),
]


def facts(bank: Bank, typed: Sequence[str]) -> Mapping[str, FactValue]:
    """
    Read facts, each as the kind that a policy of the ledger says it is.

    Raises:
        ValueError: If one is not of its kind, is no ``NAME=VALUE``, or comes twice.
    """
    if not typed:
        return {}
    rules: dict[str, FactRule] = {}
    for adoption in bank.adoptions():
        rules |= compiled(adoption.text).facts
    found: dict[str, FactValue] = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(
                Text(
                    "a fact is NAME=VALUE, such as provider.age=67; found {text!r}",
                    "情况写作 名称=值，如 provider.age=67；现为 {text!r}",
                    text=text,
                )
            )
        if name in found:
            raise ValueError(
                Text(
                    "the fact {name} is given twice", "情况 {name} 重复给出", name=name
                )
            )
        rule = rules.get(name) or rules.get(name.rpartition(".")[2])
        found[name] = _fact(name, value, rule)
    return found


def _fact(name: str, value: str, rule: FactRule | None) -> FactValue:
    whole = WHOLE.fullmatch(value)
    match rule.type if rule else None:
        case FactType.NUMBER:
            if not whole:
                raise ValueError(
                    Text(
                        "{name} is a whole number; found {value!r}",
                        "{name} 须为整数；现为 {value!r}",
                        name=name,
                        value=value,
                    )
                )
            return int(value)
        case FactType.YES_NO:
            if value.casefold() not in _YES | _NO:
                raise ValueError(
                    Text(
                        "{name} is yes or no; found {value!r}",
                        "{name} 须为是或否；现为 {value!r}",
                        name=name,
                        value=value,
                    )
                )
            return value.casefold() in _YES
        case FactType.DATE:
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise ValueError(
                    Text(
                        "{name} is a day such as 2026-03-05; found {value!r}",
                        "{name} 须为日期，如 2026-03-05；现为 {value!r}",
                        name=name,
                        value=value,
                    )
                ) from None
        case FactType.CHOICE | FactType.ACCOUNT:
            return value
        case None:
            return int(value) if whole else value
