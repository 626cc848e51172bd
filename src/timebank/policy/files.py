"""
Policy files: TOML in, a `Policy` out, or every mistake with its place.

What a table may hold is told by the classes in `rules`; here is only how it is written.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import attrs
from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from ..errors import PolicyInvalid
from ..model import exact
from . import rules
from .check import mistakes
from .expressions import (
    Comparison,
    Condition,
    Constant,
    Direction,
    Formula,
    Lookup,
    Named,
    Operand,
    Step,
    Steps,
    Test,
    Verb,
)
from .windows import Window, window


def load_policy(text: str, *, name: str = "policy") -> rules.Policy:
    """
    Read a policy.

    Args:
        text: The whole file.
        name: What to call it in an error.

    Raises:
        PolicyInvalid: With every mistake, each with its place.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(name, {"file": f"is not TOML: {error}"}) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        policy = _converter.structure(
            _arranged(tables) | {"hash": digest, "text": text}, rules.Policy
        )
    except BaseValidationError as error:
        raise PolicyInvalid(name, dict(_places(error, ()))) from None
    if found := mistakes(policy):
        raise PolicyInvalid(name, found)
    return policy


@lru_cache(maxsize=64)
def compiled(text: str) -> rules.Policy:
    """Return the policy of *text*, which has been checked before; read once."""
    return load_policy(text)


# ---------------------------------------------------------------- scalars, strictly


def _text(value: Any, _: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise TypeError(f"text in quotes is wanted, found {value!r}")
    return value


def _whole(value: Any, _: Any) -> int:  # noqa: ANN401
    if type(value) is not int:
        raise TypeError(f"a whole number is wanted, found {value!r}")
    return value


def _yes_no(value: Any, _: Any) -> bool:  # noqa: ANN401
    if type(value) is not bool:
        raise TypeError(f"true or false is wanted, found {value!r}")
    return value


def _day(value: Any, _: Any) -> date:  # noqa: ANN401
    if type(value) is date:
        return value
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise TypeError(f"a day such as 2019-08-27 is wanted, found {value!r}")


def _day_or_open(value: Any, _: Any) -> date | None:  # noqa: ANN401
    return None if value in ("", None) else _day(value, date)


def _fraction(value: Any, _: Any) -> Fraction:  # noqa: ANN401
    return exact(value)


def _window(value: Any, _: Any) -> Window:  # noqa: ANN401
    return window(_text(value, str))


def _one_or_more(value: Any, _: Any) -> tuple[str, ...]:  # noqa: ANN401
    several = value if isinstance(value, list) else [value]
    return tuple(_text(v, str) for v in several)


def _fact_value(value: Any, _: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        raise TypeError(f"floats are refused, found {value!r}")
    return value


# ---------------------------------------------------------------- formulas, conditions

_NUMBER_LIKE: Final = re.compile(r"[-\d]")


def _formula(value: Any, _: Any = None) -> Formula:  # noqa: ANN401
    if isinstance(value, str) and not _NUMBER_LIKE.match(value):
        return Named(value)
    if isinstance(value, list):
        return _steps(value)
    if isinstance(value, dict):
        return _lookup(value) if "by" in value else _steps([value])
    return Constant(exact(value))


def _lookup(table: Mapping[str, Any]) -> Lookup:
    choices = {k: _formula(v) for k, v in table.items() if k not in ("by", "else")}
    if not choices:
        raise ValueError("a look-up needs a figure for at least one choice")
    otherwise = _formula(table["else"]) if "else" in table else None
    return Lookup(_text(table["by"], str), choices, otherwise)


def _steps(steps: list[Any]) -> Steps:
    read = tuple(_step(step) for step in steps)
    if not read or read[0].verb is not Verb.OF:
        raise ValueError('a formula begins with { of = … }, such as [{ of = "time" }]')
    return Steps(read)


_WITH: Final[Mapping[Verb, str]] = {Verb.EVERY: "gives", Verb.ROUND: "to"}


def _step(table: Any) -> Step:  # noqa: ANN401
    if not isinstance(table, dict):
        raise TypeError(f"a step is a table such as {{ times = 2 }}, found {table!r}")
    verbs = [verb for verb in Verb if verb in table]
    if len(verbs) != 1:
        raise ValueError(
            f"a step has one of {', '.join(Verb)}; found {', '.join(table) or 'nothing'}"
        )
    verb = verbs[0]
    expected = {str(verb), _WITH.get(verb, str(verb))}
    if set(table) != expected:
        raise ValueError(
            f"a step {verb} has {', '.join(sorted(expected))}; found {', '.join(table)}"
        )
    value = table[verb]
    match verb:
        case Verb.OF:
            several = value if isinstance(value, list) else [value]
            return Step(verb=verb, operands=tuple(_formula(v) for v in several))
        case Verb.EVERY:
            return Step(
                verb=verb, operands=(_formula(value),), gives=_formula(table["gives"])
            )
        case Verb.BANDS:
            bands = tuple((exact(start), exact(gives)) for start, gives in value)
            return Step(verb=verb, bands=bands)
        case Verb.ROUND:
            to = exact(table["to"])
            if to <= 0:
                raise ValueError(f"rounding is to more than 0, found {table['to']!r}")
            return Step(verb=verb, operands=(Constant(to),), direction=Direction(value))
        case _:
            return Step(verb=verb, operands=(_formula(value),))


def _condition(table: Any, _: Any = None) -> Condition:  # noqa: ANN401
    if not isinstance(table, dict):
        raise TypeError(
            f"a condition is a table such as {{ star = {{ min = 1 }} }}, found {table!r}"
        )
    flat = dict(_flattened(table))
    alternatives = flat.pop("any", [])
    negated = flat.pop("not", [])
    if not isinstance(alternatives, list):
        raise TypeError("`any` holds a list of conditions")
    return Condition(
        tests=tuple(_test(name, wanted) for name, wanted in flat.items()),
        any=tuple(_condition(one) for one in alternatives),
        negated=tuple(
            _condition(one)
            for one in (negated if isinstance(negated, list) else [negated])
        ),
    )


def _flattened(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Undo TOML's nesting of ``provider.age = …`` into tables within tables."""
    for name, wanted in table.items():
        if name in rules.ROLES and isinstance(wanted, dict):
            for inner, test in wanted.items():
                yield f"{name}.{inner}", test
        else:
            yield name, wanted


def _test(name: str, wanted: Any) -> Test:  # noqa: ANN401
    if not isinstance(wanted, dict):
        return Test(name, ((Comparison.IS, _operands(wanted)),))
    known = set(Comparison)
    if unknown := [key for key in wanted if key not in known]:
        raise ValueError(f"{name}: {_unknown(unknown[0], sorted(known))}")
    comparisons = []
    for key, value in wanted.items():
        comparison = Comparison(key)
        operands = (
            _yearly(value) if comparison is Comparison.WITHIN else _operands(value)
        )
        comparisons.append((comparison, operands))
    return Test(name, tuple(comparisons))


def _operands(value: Any) -> tuple[Operand, ...]:  # noqa: ANN401
    several = value if isinstance(value, list) else [value]
    return tuple(v if isinstance(v, bool | date) else _formula(v) for v in several)


_DAY_OF_YEAR: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def _yearly(value: Any) -> tuple[Operand, ...]:  # noqa: ANN401
    days = value if isinstance(value, list) else []
    if [bool(_DAY_OF_YEAR.fullmatch(str(d))) for d in days] != [True, True]:
        raise ValueError(
            f'within wants two days of the year, ["04-01", "05-31"], found {value!r}'
        )
    return tuple(Named(d) for d in days)


def _excess(value: Any, _: Any) -> rules.Excess:  # noqa: ANN401
    if isinstance(value, dict):
        if set(value) != {"to"}:
            raise ValueError(
                f'a diverted excess is {{ to = "pool:…" }}, found {value!r}'
            )
        return rules.Excess(rules.ExcessKind.DIVERT, _text(value["to"], str))
    if value in ("refuse", "drop"):
        return rules.Excess(rules.ExcessKind(value))
    raise ValueError(
        f'excess is "refuse", "drop" or {{ to = "pool:…" }}, found {value!r}'
    )


def _fact_rule(value: Any, _: Any) -> rules.FactRule:  # noqa: ANN401
    if isinstance(value, dict):
        kind = _fact_rule(value.get("type"), None)
        extra = {k: v for k, v in value.items() if k != "type"}
        if unknown := [k for k in extra if k not in ("default", "kept")]:
            raise ValueError(_unknown(unknown[0], ["type", "default", "kept"]))
        default = _fact_value(extra.get("default"), None)
        return attrs.evolve(
            kind, default=default, kept=_yes_no(extra.get("kept", False), bool)
        )
    if isinstance(value, list):
        choices = tuple(_text(v, str) for v in value)
        return rules.FactRule(type=rules.FactType.CHOICE, choices=choices)
    if value in ("number", "yes-no", "date"):
        return rules.FactRule(type=rules.FactType(value))
    raise ValueError(
        f'a fact is "number", "yes-no", "date" or a list of choices, found {value!r}'
    )


def _class_rule(value: Any, _: Any) -> rules.ClassRule:  # noqa: ANN401
    if not isinstance(value, dict):
        raise TypeError(f"a class is a table, found {value!r}")
    known = {a.name for a in attrs.fields(rules.ClassRule)} - {"attributes"}
    own = {k: v for k, v in value.items() if k not in known}
    table = {k: v for k, v in value.items() if k in known} | {"attributes": own}
    read: rules.ClassRule = _structured_class(table, rules.ClassRule)
    return read


# ---------------------------------------------------------------- the converter

_converter = Converter(forbid_extra_keys=True, detailed_validation=True)


def _structurer(cls: type[Any]) -> Callable[..., Any]:
    renamed: dict[str, Any] = {
        a.name: override(rename=a.name.rstrip("_"))
        for a in attrs.fields(cls)
        if a.name.endswith("_")
    }
    return make_dict_structure_fn(
        cls,
        _converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **renamed,
    )


def _table(cls: type[Any]) -> Callable[[Any, Any], Any]:
    structure = _structurer(cls)

    def read(value: Any, kind: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            raise TypeError(f"a table is wanted, found {value!r}")
        return structure(value, kind)

    return read


_converter.register_structure_hook_factory(attrs.has, _table)
for kind, hook in (
    (bool, _yes_no),
    (date, _day),
    (Fraction, _fraction),
    (Window, _window),
    (Condition, _condition),
    (rules.Excess, _excess),
    (rules.FactRule, _fact_rule),
    (rules.ClassRule, _class_rule),
):
    _converter.register_structure_hook(kind, hook)
# by identity, so that enumerations, which are strings too, keep their own hook
_converter.register_structure_hook_func(lambda t: t is str, _text)
_converter.register_structure_hook_func(lambda t: t is int, _whole)
_converter.register_structure_hook_func(
    lambda t: t in (Formula, Formula | None), _formula
)
_converter.register_structure_hook_func(lambda t: t == (date | None), _day_or_open)
_converter.register_structure_hook_func(lambda t: t == tuple[str, ...], _one_or_more)
_structured_class = _table(rules.ClassRule)


def _arranged(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Put the bounds of a kind, which stand beside its other keys, into a table ``units``."""
    accounts = tables.get("accounts")
    if not isinstance(accounts, dict):
        return dict(tables)
    own = {"may", "names"}
    arranged = {
        kind: {k: v for k, v in table.items() if k in own}
        | {"units": {k: v for k, v in table.items() if k not in own}}
        if isinstance(table, dict)
        else table
        for kind, table in accounts.items()
    }
    return {**tables, "accounts": arranged}


# ---------------------------------------------------------------- mistakes and places


def _places(error: BaseException, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            yield from _places(inner, (*place, str(note.name).rstrip("_")))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, IterableValidationError):
        indexed, without = error.group_exceptions()
        for inner, index in indexed:
            yield from _places(inner, (*place, str(index.index)))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [a.name.rstrip("_") for a in attrs.fields(error.cl)]
        for key in sorted(error.extra_fields):
            yield _dotted((*place, key)), _unknown(key, known)
    else:
        yield _dotted(place), _plain(error)


def _dotted(place: tuple[str, ...]) -> str:
    """Return the place as the file has it, without the tables that `_arranged` put in."""
    match place:
        case ("accounts", kind, "units", *rest):
            place = ("accounts", kind, *rest)
        case ("classes", name, "attributes", *rest):
            place = ("classes", name, *rest)
    return ".".join(place) or "file"


def _plain(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"`{error.args[0]}` is missing"
    return str(error)


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there is: {', '.join(known)}"
    return f"unknown key `{key}`; {hint}"
