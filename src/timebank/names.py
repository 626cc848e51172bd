"""
Names: words of a policy as the people it is for call them.

Here alone a word of a policy becomes a name: a value that is asked for, what such a value
can be, a thing at a place.  What the policies give no text stays the word it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .texts import Text, joined

Names = Mapping[str, Text]
"""
Texts by place, as `timebank.Bank.names` gives them: ``measures.total``,
``ladders.star.levels.one``, ``procedures.week.steps.desk``.
"""

NONE: Final[Names] = {}
"""No names at all."""

ROLES: Final[Names] = {
    "beneficiary": Text("beneficiary", "受益人"),
    "heir": Text("heir", "继承人"),
    "member": Text("member", "个人"),
    "merchant": Text("merchant", "商户"),
    "organiser": Text("organiser", "组织方"),
    "payee": Text("payee", "受方"),
    "payer": Text("payer", "付方"),
    "provider": Text("provider", "服务者"),
    "recipient": Text("recipient", "服务对象"),
    "sponsor": Text("sponsor", "出资方"),
}
"""Who is who in an operation."""

_VALUES: Final = ("facts", "measures", "ladders")
"""Tables whose things are values by their own name."""

_WORDS: Final[Mapping[str, str]] = {
    "class": "classes",
    "item": "items",
    "kind": "accounts",
    "ladder": "ladders",
    "rule": "rules",
    "unit": "units",
}
"""Values that are a word of the policy → the table it is of."""

_DAYS: Final[Names] = {
    "mon": Text("Monday", "周一"),
    "tue": Text("Tuesday", "周二"),
    "wed": Text("Wednesday", "周三"),
    "thu": Text("Thursday", "周四"),
    "fri": Text("Friday", "周五"),
    "sat": Text("Saturday", "周六"),
    "sun": Text("Sunday", "周日"),
}
_NTH: Final[Names] = {
    "1st": Text("the first", "第一个"),
    "2nd": Text("the second", "第二个"),
    "3rd": Text("the third", "第三个"),
    "4th": Text("the fourth", "第四个"),
    "5th": Text("the fifth", "第五个"),
    "last": Text("the last", "最后一个"),
}
_DAY_TYPES: Final[Names] = {
    "workday": Text("a workday", "工作日"),
    "weekend": Text("a weekend", "周末"),
    "holiday": Text("a holiday", "节假日"),
}

_BETWEEN: Final = Text(", ", "、")


def called_and_typed(called: Text | None, key: str) -> Text:
    """Return what people call something, and its *key* where that is another word."""
    each = (called.en, called.zh) if called else (key, key)
    return Text(*(said if said == key else f"{said} [{key}]" for said in each))


def place_called(place: str, names: Names) -> Text:
    """Return *place*, and what people call the thing that it is of."""
    of = place
    while of and of not in names:
        of = of.rpartition(".")[0]
    if not of:
        return Text(place, place)
    return Text("{of} [{place}]", "{of} [{place}]", of=names[of], place=place)


def value_called(value: str, names: Names) -> Text | None:
    """Return what people call the *value* that a condition asks: ``payee.star``, ``total``."""
    role, _, name = value.rpartition(".")
    found = (names.get(f"{table}.{name}") for table in _VALUES)
    called = next(filter(None, found), None)
    if called is None or not role:
        return called
    if role in ("class", "hours"):
        return None  # a figure of the file's own, which has no text
    if role in ROLES:
        return Text(
            "{name} of the {role}", "{role}的{name}", name=called, role=ROLES[role]
        )
    whose = value_called(role, names) or role
    return Text("{name} of {whose}", "{whose}的{name}", name=called, whose=whose)


def values_called(values: str, names: Names) -> Text:
    """Return what people call several *values*, one after the other."""
    each = (value_called(value, names) or value for value in values.split(", "))
    return joined(each, _BETWEEN)


def word_called(word: str, value: str, names: Names) -> Text | None:
    """Return what people call the *word* that a *value* is: a level, a class, an item."""
    _, _, name = value.rpartition(".")
    if name == "weekday":
        return _day_called(word)
    if name == "day_type":
        return _DAY_TYPES.get(word)
    level = names.get(f"ladders.{name}.levels.{word}")
    return level or (names.get(f"{_WORDS[name]}.{word}") if name in _WORDS else None)


def _day_called(word: str) -> Text | None:
    """Return what people call the day ``wed``, or ``2nd wed`` of its month."""
    nth, _, day = word.rpartition(" ")
    called = _DAYS.get(day)
    if called is None or nth not in _NTH:
        return called
    return Text("{nth} {day}", "{nth}{day}", nth=_NTH[nth], day=called)


def since_called(key: str, names: Names) -> Text | None:
    """Return what people call the *key* of a limit that is a measure, or since a level."""
    if not key.startswith("since "):
        return value_called(key, names)
    called = names.get(f"ladders.{key.removeprefix('since ')}")
    return called and Text("since {ladder}", "自取得{ladder}现有等级起", ladder=called)
