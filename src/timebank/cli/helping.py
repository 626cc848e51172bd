"""
What ``--help`` says, and what is said of a command that was not understood.

A command's docstring has its English first and then the same in Chinese; an option's help
is a `Help`, both side by side.  What cyclopts adds of its own is here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, get_args

from attrs import evolve
from cyclopts import exceptions

from ..texts import Language, Text, joined
from .spoken import here, spoken

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_HAN: Final = re.compile(r"[\u4e00-\u9fff]")


class Help(Text):
    """What an option is for; the page of help, which trims it, gets the language spoken."""

    __slots__ = ()

    def rstrip(self, chars: str | None = None, /) -> str:
        """Return the text as it is spoken here, without blanks at its end."""
        return here(self).rstrip(chars)


def help_of(command: Callable[..., object]) -> str:
    """Return the half of *command*'s docstring that is in the language spoken here."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    chinese = next(
        (n for n, text in enumerate(paragraphs) if _HAN.match(text)), len(paragraphs)
    )
    half = paragraphs[chinese:] if spoken() is Language.ZH else paragraphs[:chinese]
    return "\n\n".join(half)


# ---------------------------------------------------------------- the page of help

_ITS_OWN: Final = {
    str(text): text
    for text in (
        Text("Display this message and exit.", "显示本说明后结束。"),
        Text("Display application version.", "显示版本号。"),
        Text("Commands", "命令"),
        Text("Arguments", "按次序填写"),
        Text("Parameters", "选项"),
        Text("Books", "账本"),
        Text("Recording", "登记"),
    )
}
_USAGE: Final = (
    ("[OPTIONS]", "[选项]"),
    ("[ARGS]", "[其他参数]"),
    ("COMMAND", "命令"),
)


class Chinese:
    """The page of help as cyclopts makes it, its own words in Chinese."""

    show_metavar = True

    def render_usage(
        self, console: Console, options: ConsoleOptions, usage: object
    ) -> None:
        """Print how the command is typed."""
        from rich.text import Text as RichText  # noqa: PLC0415 - slow to import

        del options
        words = str(usage)
        for en, zh in _USAGE:
            words = words.replace(en, zh)
        console.print(RichText(f"用法：{words}", style="bold"))

    def __call__(
        self, console: Console, options: ConsoleOptions, panel: HelpPanel
    ) -> None:
        """Print one panel, and say in Chinese what an option may be and must be."""
        from cyclopts.help import DefaultFormatter  # noqa: PLC0415 - slow to import

        entries = [_in_chinese(entry) for entry in panel.entries]
        title = _own(str(panel.title))
        translated = panel.copy(title=title, entries=entries)
        DefaultFormatter()(console, options, translated)


def _own(words: str) -> str:
    return here(_ITS_OWN.get(words, words))


def _in_chinese(entry: HelpEntry) -> HelpEntry:
    from cyclopts.help import InlineText  # noqa: PLC0415 - slow to import
    from rich.text import Text as RichText  # noqa: PLC0415

    said = entry.description
    if isinstance(said, InlineText):
        said = said.primary_renderable
    more = [
        f"[可选：{'、'.join(entry.choices)}]" if entry.choices else "",
        f"[环境变量：{'、'.join(entry.env_var)}]" if entry.env_var else "",
        "[必填]" if entry.required else "",
    ]
    words = " ".join(filter(None, [_own(str(said or "")), *more]))
    plain = evolve(entry, choices=None, env_var=None, required=False)
    return evolve(plain, description=InlineText(RichText(words)))


# ---------------------------------------------------------------- not understood


def misunderstood(error: exceptions.CycloptsError) -> Text:
    """Return what is said of a command that cannot be understood."""
    error.verbose = False
    command = " ".join(["timebank", *(error.command_chain or ())])
    what = _after_dashes(error) or Text(_in_english(error), _what(error))
    again = Text("Try: {c} --help", "请看：{c} --help", c=command)
    return joined([what, again], Text("\n", "\n"))


def _in_english(error: exceptions.CycloptsError) -> str:
    """Return what *error* is about, as cyclopts says it where a reader can act on that."""
    if isinstance(error, exceptions.UnusedCliTokensError):
        return f"more was typed than is taken: {' '.join(error.unused_tokens or ())}"
    return str(error)


def _after_dashes(error: exceptions.CycloptsError) -> Text | None:
    """Return what is said where an option stands after ``--``, and so is none."""
    if not isinstance(error, exceptions.UnknownOptionError):
        return None
    option = error.token.keyword or error.token.value
    if not any(option in each.names for each in error.argument_collection):
        return None
    return Text(
        "{option} stands after --, where nothing is an option: write it before",
        "{option} 写在 -- 之后，不作选项：请写在 -- 之前",
        option=option,
    )


def _what(error: exceptions.CycloptsError) -> str:
    """Return in Chinese what *error* is about."""
    if isinstance(error, exceptions.CoercionError):
        return f"{_name(error)}：{_unreadable(error)}"
    token = getattr(error, "token", None)
    option = str(getattr(token, "keyword", None) or getattr(token, "value", ""))
    unused = error.unused_tokens or [""]
    said: Mapping[type[exceptions.CycloptsError], str] = {
        exceptions.UnknownOptionError: f"没有选项 {option}",
        exceptions.UnknownCommandError: f"没有命令“{unused[0]}”",
        exceptions.UnusedCliTokensError: f"多余的内容：{' '.join(unused)}",
        exceptions.RepeatArgumentError: f"{option} 重复了",
        exceptions.MissingArgumentError: f"缺少 {_name(error)}",
        exceptions.ValidationError: f"{_name(error)} 不在允许的范围内：{_typed(error)}",
    }
    return said.get(type(error), f"无法理解：{error}")


def _name(error: exceptions.CycloptsError) -> str:
    if error.argument is None:
        return "所填内容"
    name = error.argument.name
    return name if name.startswith("-") else name.upper()


def _typed(error: exceptions.CycloptsError) -> str:
    tokens = error.argument.tokens if error.argument else ()
    return " ".join(token.value for token in tokens)


def _unreadable(error: exceptions.CoercionError) -> str:
    cause = error.__cause__
    if cause is not None and cause.args and isinstance(cause.args[0], Text):
        return cause.args[0].zh
    if isinstance(error.msg, Text):
        return error.msg.zh
    choices = _choices(error.target_type)
    among = f"；可选：{'、'.join(choices)}" if choices else ""
    return f"“{_typed(error)}”无法识别{among}"


def _choices(kind: type | None) -> tuple[str, ...]:
    members = getattr(kind, "__members__", None)
    found = members.values() if members is not None else get_args(kind)
    return tuple(each for each in found if isinstance(each, str))
