"""
The language that a command speaks: chosen once, and used by all that it prints.

It is a property of whoever sits at the terminal, as the terminal's width is; so it is
kept beside the command and not handed through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ..texts import Language, Text, in_language
from .endings import Stopped

OPTIONS: Final = ("--language", "--lang")
VARIABLE: Final = "TIMEBANK_LANGUAGE"
LOCALES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What says which language a terminal's user reads, the first that is set."""

_SPOKEN: Final[ContextVar[Language]] = ContextVar("spoken", default=Language.EN)


def spoken() -> Language:
    """Return the language of this command."""
    return _SPOKEN.get()


def here(said: str) -> str:
    """Return *said* in the language of this command, where it is a text; else as it is."""
    return str(in_language(said, spoken()))


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Have what is said within be said in *language*."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def chosen(
    argv: Sequence[str], environment: Mapping[str, str]
) -> tuple[Language, list[str]]:
    """
    Return the language that was asked for, and what else was typed.

    ``--language zh`` may stand anywhere; without it the variable decides, and without
    that the terminal's own language.

    Raises:
        Stopped: If there is no such language.
    """
    language = _of_environment(environment)
    rest: list[str] = []
    typed = iter(argv)
    for word in typed:
        if word == "--":
            return language, [*rest, word, *typed]
        option, equals, value = word.partition("=")
        if option in OPTIONS:
            language = _known(value if equals else next(typed, ""), option)
        else:
            rest.append(word)
    return language, rest


def _of_environment(environment: Mapping[str, str]) -> Language:
    if named := environment.get(VARIABLE):
        return _known(named, VARIABLE)
    locale = next((environment[n] for n in LOCALES if environment.get(n)), "")
    return Language.ZH if locale.lower().startswith("zh") else Language.EN


def _known(value: str, option: str) -> Language:
    if value in set(Language):
        return Language(value)
    raise Stopped(
        Text(
            "{option}: there is no language {value!r}; there is: {known}",
            "{option}：没有语言 {value!r}；现有：{known}",
            option=option,
            value=value,
            known=", ".join(Language),
        )
    )
