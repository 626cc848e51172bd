"""
Whether the values that formulas ask exist, and are of the type asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from ...model import ISSUER, AccountKind, clean_id, show
from ...texts import Text
from ..expressions import (
    Constant,
    Elapsed,
    Formula,
    Lookup,
    Named,
    Step,
    Steps,
    Verb,
)
from ..hints import NOTHING, Mistake, text_of
from ..rules import FactType, Policy
from ..shapes import (
    DATES,
    DAY_TYPES,
    DAYS_OF_MONTH,
    OF_ACCOUNT,
    SHAPES,
    WEEKDAYS,
    WORDS,
    base_of,
)
from ..whom import word_in
from ..windows import is_window
from .parties import facts_of, is_party, is_whose

OPERATIONS: Final = tuple(on for on in SHAPES if on != "tier")
"""What a rule may be on: all but setting a level, which only asks ladders."""

CHOICE: Final = Text("choice", "选项")
CLASS: Final = Text("class", "类别")
END: Final = Text("role or account", "角色或账户")
LABEL: Final = Text("label", "标签")
LADDER: Final = Text("ladder", "等级体系")
LEVEL: Final = Text("level", "等级")
MEASURE: Final = Text("measure", "指标")
OPERATION: Final = Text("operation", "业务")
STEP: Final = Text("step", "步骤")
UNIT: Final = Text("unit", "单位")
"""What a name may name, for `check_name`."""
_A_NAME: Final = Text("a name", "名称")


def check_name(
    name: str | None, known: Iterable[str], place: str, what: Text
) -> Iterator[Mistake]:
    """Find *name* unknown, and say which it may have been meant to be."""
    names = list(known)
    if name is None or name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = (
        Text("did you mean {near!r}?", "是否指 {near!r}？", near=near[0])
        if near
        else Text("there is: {names}", "现有：{names}", names=", ".join(names))
    )
    text = Text(
        "no {what} {name!r}; {hint}",
        "没有{what} {name!r}；{hint}",
        what=what,
        name=name,
        hint=hint,
    )
    yield place, text


def below_nothing(figure: Constant) -> Text:
    """Say that *figure*, which can only be 0 or more, is less."""
    found = show(figure.number)
    return Text("is below nothing: {found}", "小于零：{found}", found=found)


def no_figure(figure: str, classes: Iterable[str]) -> Text:
    """Say that *classes* have no *figure* of their own."""
    return Text(
        "no figure {figure!r} in class {classes}",
        "类别 {classes} 没有数值 {figure!r}",
        figure=figure,
        classes=", ".join(classes),
    )


def unfit(name: str) -> Text | None:
    """Return what makes *name* no name, or *None*."""
    try:
        clean = clean_id(name, _A_NAME)
    except ValueError as error:
        return text_of(error)
    if clean == name:
        return None
    return Text(
        "is not in Unicode NFC, as ids are", "不是 Unicode NFC 形式，而编号须是"
    )


def check_end(
    word: str | None, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    """Find an end of a movement that is no role, no account the policy names, no fact."""
    known = [*roles, *policy.named_accounts(), *facts_of(roles, policy)]
    if word is None or not is_whose(word, policy, known):
        yield from check_name(word, known, place, END)


def check_once(words: Sequence[str], place: str) -> Iterator[Mistake]:
    """Find words that stand twice where once is enough."""
    for word in sorted({word for word in words if words.count(word) > 1}):
        yield (
            place,
            Text("names {word!r} more than once", "重复列出 {word!r}", word=word),
        )


def check_stretch(stretch: str | None, place: str) -> Iterator[Mistake]:
    """Find a length of time that is none."""
    if stretch is not None and not is_window(f"last {stretch}"):
        yield (
            place,
            Text(
                "is a time such as '2 years', found {found!r}",
                "应为时长，如 '2 years'，现为 {found!r}",
                found=stretch,
            ),
        )


def check_stretches(
    stretches: Iterable[tuple[date, date | None]], place: str
) -> Iterator[Mistake]:
    """Find a stretch of days that ends before it begins."""
    for first, until in stretches:
        if until is not None and until < first:
            yield (
                place,
                Text("ends before {first}", "结束早于开始（{first}）", first=first),
            )


def _known_values(policy: Policy, on: str) -> list[str]:
    """
    Return every value that rules on the operation may ask.

    Ladders and flags are asked of whoever is concerned, so they name no role.
    """
    shape = SHAPES[on]
    roles = () if on == "tier" else shape.roles
    bases = [*OF_ACCOUNT, *policy.facts, *policy.measures, *policy.ladders]
    figures = {f for rule in policy.classes.values() for f in rule.attributes}
    return [
        *shape.fields,
        *bases,
        *roles,
        *policy.named_accounts(),
        *(f"{role}.{base}" for role in roles for base in bases),
        *(f"class.{figure}" for figure in figures if "class" in shape.fields),
        *(f"hours.{h}" for h in policy.calendar.hours if "time" in shape.fields),
    ]


def _is_value(name: str, on: str, known: Sequence[str], policy: Policy) -> bool:
    """
    Return whether *name* is among *known*, or a figure of an account that these lead to.

    Of accounts that take no part only what they keep is known.  The issuer has nothing but
    what all others have, and who is asked about alone leads to nobody.
    """
    if name in known:
        return True
    known = known if on != "tier" else list(policy.named_accounts())
    if (by := word_in(name, policy)) is not None:
        return by in known and is_whose(name, policy, known)
    whose, _, base = name.rpartition(".")
    fact = policy.facts.get(base)
    kept = [*OF_ACCOUNT, *policy.measures, *policy.ladders]
    told = base in kept or (fact is not None and fact.kept)
    if (by := word_in(whose, policy)) is not None and by not in known:
        return False
    return told and whose != ISSUER and is_whose(whose, policy, known)


def check_value(
    name: str, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    """Find a value that one of the operations *ons* has not."""
    if name == "day_type" and not policy.calendar.holidays:
        yield (
            place,
            Text(
                "asks for working days, and the calendar lists no holidays: add them "
                "under calendar.holidays",
                "判断工作日，而日历未列假日：请在 calendar.holidays 中补充",
            ),
        )
    if name.startswith("figures."):
        yield (
            place,
            Text(
                "{name!r} stands where a formula does, and is one of {known}: it is "
                "compared with, and not tested or looked up itself",
                "{name!r} 只能用作公式，现有 {known}：可与之比较，不能用它来判断或查表",
                name=name,
                known=", ".join(policy.figures) or NOTHING,
            ),
        )
        return
    for on in ons:
        if on in SHAPES and not _is_value(
            name, on, known := _known_values(policy, on), policy
        ):
            near = difflib.get_close_matches(name, known, n=1)
            hint = (
                Text("; did you mean {n!r}?", "；是否指 {n!r}？", n=near[0])
                if near
                else ""
            )
            text = (
                Text(
                    "an account by itself has no value {name!r}{hint}",
                    "账户本身没有值 {name!r}{hint}",
                    name=name,
                    hint=hint,
                )
                if on == "tier"
                else Text(
                    "{on} has no value {name!r}{hint}",
                    "{on} 没有值 {name!r}{hint}",
                    on=on,
                    name=name,
                    hint=hint,
                )
            )
            yield place, text


def check_formula(
    formula: Formula | None, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    """Find what *formula* asks and nobody can answer with a number."""
    match formula:
        case Named():
            yield from check_value(formula.name, place, policy, ons)
            yield from _numeric(formula.name, place, policy)
        case Elapsed():
            for name in (formula.since, formula.until):
                yield from check_value(name, place, policy, ons)
                if not is_date(name, policy):
                    yield (
                        place,
                        Text("{name!r} is no day", "{name!r} 不是日期", name=name),
                    )
        case Lookup():
            yield from check_value(formula.by, place, policy, ons)
            yield from _choices(formula, place, policy)
            for chosen in (*formula.choices.values(), formula.otherwise):
                yield from check_formula(chosen, place, policy, ons)
        case Steps():
            for step in formula.steps:
                yield from _step(step, place, policy, ons)
        case _:
            return


def _choices(formula: Lookup, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find choices of a look-up that there are not, or that have no figure."""
    base = base_of(formula.by)
    known = words_of(base, policy)
    fact = policy.facts.get(base)
    if is_yes_no(base, policy):
        known = ["yes", "no"]
    party = is_party(formula.by, policy)
    if party:
        known = list(policy.named_accounts())
    if known is None:
        return
    for choice in formula.choices:
        yield from check_name(choice, known, place, CHOICE)
    lacking = [word for word in known if word not in formula.choices]
    if (
        (fact is not None or base == "day_type")
        and not party
        and lacking
        and formula.otherwise is None
    ):
        yield (
            place,
            Text(
                "has no figure for {lacking}, and no else",
                "缺少 {lacking} 的数值，也没有 else",
                lacking=", ".join(lacking),
            ),
        )


def words_of(base: str, policy: Policy) -> list[str] | None:
    """Return the words that a value may be; *None* where it is no word or any."""
    fact = policy.facts.get(base)
    if fact is not None:
        return list(fact.choices) if fact.type is FactType.CHOICE else None
    if base in policy.ladders:
        return [rung.name for rung in policy.ladders[base].levels]
    channels = {item.channel for item in policy.items.values() if item.channel}
    return {
        "class": list(policy.classes),
        "kind": [str(kind) for kind in AccountKind],
        "item": list(policy.items),
        "ladder": list(policy.ladders),
        "ranking": list(policy.rankings),
        "channel": sorted(channels),
        "weekday": [*WEEKDAYS, *DAYS_OF_MONTH],
        "day_type": list(DAY_TYPES),
    }.get(base)


def _step(
    step: Step, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    starts = [start for start, _ in step.bands]
    if step.verb is Verb.BANDS and starts != sorted(set(starts)):
        yield place, Text("bands rise from one to the next", "各档须逐级上升")
    for operand in (*step.operands, step.gives):
        yield from check_formula(operand, place, policy, ons)
    for given in step.given.values():
        if isinstance(given, Named):  # of any type: a function may take words and days
            yield from check_value(given.name, place, policy, ons)
        else:
            yield from check_formula(given, place, policy, ons)


def _numeric(name: str, place: str, policy: Policy) -> Iterator[Mistake]:
    base = base_of(name)
    rule = policy.facts.get(base)
    worded = not rule and (base in (*WORDS, *DATES) or words_of(base, policy))
    if worded or is_party(name, policy) or (rule and rule.type != FactType.NUMBER):
        yield place, Text("{name!r} is not a number", "{name!r} 不是数字", name=name)


def is_yes_no(base: str, policy: Policy) -> bool:
    """Return whether the value *base* is yes or no."""
    fact = policy.facts.get(base)
    return fact is not None and fact.type is FactType.YES_NO


def is_date(name: str, policy: Policy) -> bool:
    """Return whether the value *name*, of whichever role, is a day."""
    base = base_of(name)
    fact = policy.facts.get(base)
    return base in DATES if fact is None else fact.type is FactType.DATE


def check_known(asked: Iterable[str], place: str, policy: Policy) -> Iterator[Mistake]:
    """Find facts that nobody gives when a period ends."""
    for name in sorted({*asked} & policy.facts.keys()):
        rule = policy.facts[name]
        if not rule.kept and rule.default is None:
            yield (
                place,
                Text(
                    "is told at the end of a period, and {name!r} comes with "
                    "operations: keep it with the account, or give it a default",
                    "在周期末判定，而 {name!r} 随业务提供：请改为账户保存的情况，或给出缺省值",
                    name=name,
                ),
            )
