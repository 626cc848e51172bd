"""
Whether a policy's names and types fit together, found when it is checked and not when used.

What fits and can never happen all the same is `reach`'s; amounts too fine are `grain`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from ..model import AccountKind, clean_id, show
from ..operations import FactValue
from .case import fact_value
from .expressions import Constant, names_in_condition, names_in_formula
from .grain import too_fine
from .hints import Mistake, as_written, by_place, nearest
from .reach import classes_met, unreachable
from .rules import (
    LANGUAGE,
    NO_LIMIT,
    SHAPES,
    Admission,
    Bounds,
    Excess,
    ExcessKind,
    FactRule,
    FactType,
    Keep,
    Ladder,
    Limit,
    Measure,
    MeasureKind,
    Policy,
    Rule,
)
from .values import check_condition, check_formula, check_name
from .windows import KINDS as WINDOWS
from .windows import LIFETIME, is_window

OPERATIONS = tuple(on for on in SHAPES if on != "tier")


def mistakes(policy: Policy) -> Mapping[str, str]:
    """Return every mistake in *policy*, by its place."""
    found = [*misfits(policy), *unreachable(policy), *too_fine(policy)]
    return by_place(found)


def misfits(policy: Policy) -> Iterator[Mistake]:
    """Yield names and types that do not fit together."""
    if policy.language != LANGUAGE:
        yield "language", f"is {policy.language}; this timebank reads {LANGUAGE}"
    yield from _words(policy)
    yield from _units(policy)
    yield from _accounts(policy)
    yield from _facts(policy)
    yield from _measures(policy)
    for name, rule in policy.rules.items():
        yield from _rule(name, rule, policy)
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts == "time" else "contribution"
        yield from check_condition(
            class_.requires, f"classes.{name}.requires", policy, [on]
        )
        for asked in names_in_condition(class_.requires):
            figure = asked.removeprefix("class.")
            if figure != asked and figure not in class_.attributes:
                yield (
                    f"classes.{name}.requires",
                    f"no figure {figure!r} in class {name}",
                )
    for name, item in policy.items.items():
        place = f"items.{name}"
        yield from check_condition(
            item.requires, f"{place}.requires", policy, ["redeem"]
        )
        yield from check_formula(item.price, f"{place}.price", policy, ["redeem"])
        if item.channel == "cash" and policy.policy.status not in (
            "historic",
            "foreign",
        ):
            yield (
                f"{place}.channel",
                "credits are not paid out in cash by a programme in force on the mainland",
            )
    for name, ladder in policy.ladders.items():
        yield from _ladder(name, ladder, policy)
    for name, flag in policy.flags.items():
        yield from check_condition(flag.when, f"flags.{name}.when", policy, ["tier"])


# ---------------------------------------------------------------- names


_NAMED: Final = (
    "units",
    "facts",
    "classes",
    "measures",
    "rules",
    "items",
    "ladders",
    "flags",
)
_VALUES: Final = {"kind", "unit", *(f for s in SHAPES.values() for f in s.fields)}


def _words(policy: Policy) -> Iterator[Mistake]:
    """Find names that could not be asked for, or that mean something else already."""
    for table in _NAMED:
        for name in getattr(policy, table):
            if problem := _unfit(name):
                yield f"{table}.{name}", problem
            elif "." in name:
                yield f"{table}.{name}", "a name holds no dot: dots part places"
            if table in ("facts", "measures", "ladders") and name in _VALUES:
                yield f"{table}.{name}", "is a word of the language: take another name"
    for name in policy.measures:
        if is_window(name):
            yield f"measures.{name}", "is the name of a window: take another name"


def _unfit(name: str) -> str | None:
    try:
        clean = clean_id(name, "a name")
    except ValueError as error:
        return str(error)
    return None if clean == name else "is not in Unicode NFC, as ids are"


def _end(
    word: str | None, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    yield from check_name(
        word, [*roles, *policy.named_accounts()], place, "role or account"
    )


# ---------------------------------------------------------------- tables


def _units(policy: Policy) -> Iterator[Mistake]:
    for name, unit in policy.units.items():
        if not 1 <= unit.scale <= 10**6:
            yield f"units.{name}.scale", f"is 1 to 1 000 000, found {unit.scale}"
        if unit.lots is None:
            continue
        if unit.record:
            yield f"units.{name}.lots", "a record is never spent, so it has no lots"
        expires = unit.lots.expires
        if expires and (expires.after is None) == (expires.end_of is None):
            yield f"units.{name}.lots.expires", "has either `after` or `end_of`"
        for key in ("after", "plus") if expires else ():
            if (stretch := getattr(expires, key)) and not is_window(f"last {stretch}"):
                yield (
                    f"units.{name}.lots.expires.{key}",
                    f"is a time such as '2 years', found {stretch!r}",
                )


def _accounts(policy: Policy) -> Iterator[Mistake]:
    for kind, rule in policy.accounts.items():
        place = f"accounts.{kind}"
        for word in rule.may or ():
            yield from check_name(word, OPERATIONS, f"{place}.may", "operation")
        if rule.names and kind not in (AccountKind.POOL, AccountKind.FUND):
            yield f"{place}.names", "only pools and funds are named by a policy"
        for name in rule.names:
            if problem := _unfit(f"{kind}:{name}"):
                yield f"{place}.names", problem
        yield from _once(rule.names, f"{place}.names")
        if kind is AccountKind.ISSUER and (rule.units or rule.may is not None):
            yield place, "the issuer asks for nothing and has no limits"
        for unit, bounds in rule.units.items():
            yield from _bounds(f"{place}.{unit}", unit, bounds, policy)


def _bounds(place: str, unit: str, bounds: Bounds, policy: Policy) -> Iterator[Mistake]:
    yield from check_name(unit, policy.units, place, "unit")
    yield from _excess(bounds.excess, f"{place}.excess", policy, [])
    for key, formula in (("floor", bounds.floor), ("cap", bounds.cap)):
        if formula is None or formula == NO_LIMIT:
            continue
        asked = list(names_in_formula(formula))
        for name in asked:
            rule = policy.facts.get(name)
            if rule is None or not rule.kept:
                yield f"{place}.{key}", f"{name!r} is no fact kept with the account"
        if set(asked) <= set(policy.facts):
            yield from check_formula(formula, f"{place}.{key}", policy, ["tier"])
    floor = bounds.floor or Constant(Fraction(0))
    if isinstance(floor, Constant):
        if isinstance(bounds.cap, Constant) and floor.number > bounds.cap.number:
            yield f"{place}.floor", f"is above the cap of {show(bounds.cap.number)}"
        if floor.number < 0 and unit in policy.units and policy.units[unit].lots:
            yield (
                f"{place}.floor",
                "credits in lots cannot be spent before they are there",
            )
    if bounds.cap in (None, NO_LIMIT) and bounds.excess != Excess():
        yield f"{place}.excess", "there is no cap to exceed"


def _once(words: Sequence[str], place: str) -> Iterator[Mistake]:
    for word in sorted({word for word in words if words.count(word) > 1}):
        yield place, f"names {word!r} more than once"


def _excess(
    excess: Excess, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    yield from _end(excess.to, f"{place}.to", policy, roles)


def _facts(policy: Policy) -> Iterator[Mistake]:
    for name, rule in policy.facts.items():
        if name in policy.measures or name in policy.ladders:
            yield f"facts.{name}", "is the name of a measure or ladder too"
        if rule.type is FactType.CHOICE and not rule.choices:
            yield f"facts.{name}", "has at least one choice"
        yield from _once(rule.choices, f"facts.{name}")
        if rule.default is not None and not _is_of(rule, rule.default):
            found = as_written(rule.default)
            yield f"facts.{name}.default", f"is not a {rule.type}: {found}"


def _is_of(rule: FactRule, value: FactValue) -> bool:
    try:
        fact_value(rule, value)
    except ValueError:
        return False
    return not isinstance(value, datetime)  # a moment is no day


def _measures(policy: Policy) -> Iterator[Mistake]:
    for name, measure in policy.measures.items():
        place = f"measures.{name}"
        given = [kind for kind in MeasureKind if getattr(measure, kind) is not None]
        if len(given) != 1:
            yield place, f"has one of {', '.join(MeasureKind)}; found {len(given)}"
            continue
        yield from check_name(
            measure.unit, policy.units, f"{place}.{measure.kind}", "unit"
        )
        for unit in measure.broken_by:
            yield from check_name(unit, policy.units, f"{place}.broken_by", "unit")
        streak = measure.kind is MeasureKind.STREAK
        if measure.broken_by and not streak:
            yield f"{place}.broken_by", "only a streak is broken"
        if streak and not measure.broken_by:
            yield f"{place}.broken_by", "is missing: say which units break the streak"
        if streak and measure.unit in measure.broken_by:
            yield f"{place}.broken_by", f"{measure.unit!r} would break its own streak"
        if measure.kind is MeasureKind.BALANCE and measure.window != LIFETIME:
            yield f"{place}.window", "a balance is of now and has no window"
        if name in policy.ladders:
            yield place, "is the name of a ladder too"


def _rule(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    place = f"rules.{name}"
    if not rule.on:
        yield f"{place}.on", f"is at least one of {', '.join(OPERATIONS)}"
    for on in rule.on:
        yield from check_name(on, OPERATIONS, f"{place}.on", "operation")
    yield from _once(rule.on, f"{place}.on")
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    roles = {role for shape in shapes for role in shape.roles}
    yield from check_name(rule.unit, policy.units, f"{place}.unit", "unit")
    for class_ in rule.class_ or ():
        yield from check_name(class_, policy.classes, f"{place}.class", "class")
        if class_ in policy.classes and class_ not in classes_met(rule, policy):
            counts = policy.classes[class_].counts
            on = {"time": "service", "number": "contribution"}[counts]
            yield f"{place}.class", f"{class_!r} counts {counts}: say on = {on!r}"
    yield from _class_figures(name, rule, policy)
    yield from _end(rule.from_, f"{place}.from", policy, roles)
    yield from _end(rule.to, f"{place}.to", policy, roles)
    for shape in shapes:
        if rule.from_ is None and shape.from_ is None:
            yield f"{place}.from", "is missing: say where the credits come from"
        if rule.to is None and shape.to is None:
            yield f"{place}.to", "is missing: say where the credits go"
        if rule.amount is None and shape.amount is None:
            yield f"{place}.amount", "is missing: say how much moves"
        if (from_ := rule.from_ or shape.from_) == (rule.to or shape.to) and from_:
            yield (
                f"{place}.to",
                f"comes from {from_} and goes there: nothing would move",
            )
    if isinstance(rule.amount, Constant) and rule.amount.number < 0:
        yield f"{place}.amount", f"is below nothing: {show(rule.amount.number)}"
    unit = policy.units.get(rule.unit)
    origins = {rule.from_ or shape.from_ for shape in shapes}
    if unit is not None and unit.record and origins - {"issuer"}:
        yield (
            f"{place}.from",
            f"{rule.unit!r} is a record: it comes only from the issuer",
        )
    if "redeem" in rule.on and origins != {"payer"}:
        yield f"{place}.from", "what is redeemed comes from the payer"
    yield from check_condition(rule.when, f"{place}.when", policy, rule.on)
    yield from check_condition(rule.requires, f"{place}.requires", policy, rule.on)
    yield from check_formula(rule.amount, f"{place}.amount", policy, rule.on)
    falls = any((rule.from_ or shape.from_) == shape.subject for shape in shapes)
    for key, limit in rule.limits.items():
        at = f"{place}.limits.{key}"
        yield from _limited_by(key, limit, at, rule, policy, falls=falls)
        yield from _excess(limit.excess, f"{at}.excess", policy, roles)
        yield from check_formula(limit.at_most, f"{at}.at_most", policy, rule.on)
        yield from _without_effect(key, limit, at, rule)


def _without_effect(key: str, limit: Limit, at: str, rule: Rule) -> Iterator[Mistake]:
    """Find a window in which the rule counts nothing, and an excess it cannot divert."""
    if "redeem" in rule.on and limit.excess.kind is ExcessKind.DIVERT:
        yield f"{at}.excess", "an order holds its price whole: nothing is diverted"
    if not is_window(key):
        return
    for on in rule.on:
        if (shape := SHAPES.get(on)) is None:
            continue
        ends = (rule.from_ or shape.from_, rule.to or shape.to)
        if None not in ends and shape.subject not in ends:
            found = f"on {on} the rule moves nothing of the {shape.subject}"
            yield at, f"can never bind: {found}, and so nothing is counted"


def _limited_by(  # noqa: PLR0913 - a limit and where it stands
    key: str, limit: Limit, at: str, rule: Rule, policy: Policy, *, falls: bool
) -> Iterator[Mistake]:
    """Find what is wrong with what a limit looks at: a window, or a measure."""
    most = limit.at_most
    if isinstance(most, Constant) and most.number < 0:
        yield f"{at}.at_most", f"is below nothing: {show(most.number)}"
    if is_window(key):
        return
    measure = policy.measures.get(key)
    if measure is None:
        known = [*policy.measures, *WINDOWS]
        yield at, f"{key!r} is neither a measure nor a window; {nearest(key, known)}"
        return
    if limit.count:
        yield at, "times are counted over a window, not over a measure"
    given = [kind for kind in MeasureKind if getattr(measure, kind) is not None]
    if len(given) != 1:
        return
    if measure.kind in (MeasureKind.COUNT, MeasureKind.DAYS):
        yield at, f"{key!r} counts times; a limit needs a measure that adds amounts"
    elif measure.unit != rule.unit:
        yield at, f"{key!r} measures {measure.unit}, and the rule moves {rule.unit}"
    elif falls:
        yield at, f"{key!r} falls as credits leave: limit what leaves over a window"


def _class_figures(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find figures of a class that not every class of the rule has."""
    parts: list[tuple[str, Iterable[str]]] = [
        ("when", names_in_condition(rule.when)),
        ("requires", names_in_condition(rule.requires)),
        ("amount", names_in_formula(rule.amount)),
    ]
    parts += [
        (f"limits.{key}.at_most", names_in_formula(limit.at_most))
        for key, limit in rule.limits.items()
    ]
    for part, names in parts:
        figures = [n.removeprefix("class.") for n in names if n.startswith("class.")]
        for figure in figures:
            lacking = [
                c
                for c in classes_met(rule, policy)
                if figure not in policy.classes[c].attributes
            ]
            if lacking:
                without = ", ".join(lacking)
                yield f"rules.{name}.{part}", f"no figure {figure!r} in class {without}"


def _ladder(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    place = f"ladders.{name}"
    names = [rung.name for rung in ladder.levels]
    if not names:
        yield f"{place}.levels", "has at least one level"
    yield from _once(names, f"{place}.levels")
    yield from check_name(ladder.start, names, f"{place}.start", "level")
    for rung in ladder.levels:
        at = f"{place}.levels.{rung.name}.needs"
        yield from check_condition(rung.needs, at, policy, ["tier"])
    for index, move in enumerate(ladder.moves):
        yield from check_name(move.from_, names, f"{place}.moves.{index}.from", "level")
        for to in move.to:
            yield from check_name(to, names, f"{place}.moves.{index}.to", "level")
    if ladder.entry is Admission.APPLY and ladder.keep is not Keep.FOR_EVER:
        yield f"{place}.keep", 'what is applied for is kept: say keep = "for ever"'
    if not ladder.decided and ladder.keep is Keep.FOR_EVER:
        yield from _kept_for_ever(place, ladder, policy)


def _kept_for_ever(place: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """
    Find needs that can stop being met.

    An automatic level is never stored, so it can only be kept for ever where it cannot be
    lost: by what a record came to over a lifetime.
    """
    for rung in ladder.levels:
        for test in rung.needs.tests if rung.needs else ():
            measure = policy.measures.get(test.value)
            if measure is None or not _only_grows(measure, policy):
                yield (
                    f"{place}.levels.{rung.name}.needs.{test.value}",
                    (
                        "can fall again, so an automatic level cannot be kept for ever "
                        "by it; measure a record over its lifetime, or say "
                        'keep = "while met"'
                    ),
                )


def _only_grows(measure: Measure, policy: Policy) -> bool:
    if all(getattr(measure, kind) is None for kind in MeasureKind):
        return True  # told where measures are looked at
    unit = policy.units.get(measure.unit)
    grows = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)
    return (
        unit is not None
        and unit.record
        and measure.kind in grows
        and measure.window.text == "lifetime"
    )
