"""
The commands as cyclopts takes them, with their help.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cyclopts import App, Group, Parameter

from ..texts import Language, Text
from .helping import Chinese, help_of
from .spoken import here, speaking
from .tree import TREE, Command, Several

HELP: Final = Text(
    """\
The books of a time bank (时间银行): an append-only, double-entry ledger.

A command ends with 0 when it is done; with 1 when the rules refused it and
nothing was recorded; 2, it was not understood; 3, an optional package is
missing; 4, a file has bad rows; 5, the books do not verify, or are in danger;
6, the database or a file cannot be used.

Every command takes --language zh, and speaks Chinese where the terminal does.""",
    """\
时间银行的账本：只增不改的复式账。

命令完成时以 0 结束；规则不允许、未作登记时以 1 结束；命令无法理解为 2；
缺少可选的软件包为 3；文件中有不合格的行为 4；账本核验不符或有危险为 5；
数据库或文件无法使用为 6。

每个命令都可用 --language en；终端的语言为中文时显示中文。""",
)


def _version() -> str:
    from importlib.metadata import (  # noqa: PLC0415 - slow to import
        PackageNotFoundError,
        version,
    )

    try:
        return version("timebank")
    except PackageNotFoundError:
        return here(
            Text(
                "unknown: timebank runs from a folder and is not installed",
                "未知：timebank 从文件夹运行，并未安装",
            )
        )


def commands(language: Language, typed: Collection[str] = ()) -> App:
    """
    Return the tree of commands, its help in *language*.

    Args:
        language: What is spoken.
        typed: The words that were typed.  A command that is none of them is there with its
            place only, and with what it is for.
    """
    with speaking(language):
        app = App(
            name="timebank",
            help=here(HELP),
            help_format="plaintext",
            help_formatter=Chinese() if language is Language.ZH else None,
            version=_version,
            default_parameter=Parameter(negative="", show_default=False),
            result_action="return_value",
            exit_on_error=False,
            print_error=False,
            suppress_keyboard_interrupt=False,
        )
        for title, below in TREE.items():
            group = Group.create_ordered(here(title))
            for name, command in below.items():
                _add(app, name, command, typed, group)
    return app


def _add(
    app: App,
    name: str,
    command: Command | Several,
    typed: Collection[str],
    group: Group | None = None,
) -> None:
    if isinstance(command, Several):
        several = App(
            name=name, group=group, help=here(command.help), help_format="plaintext"
        )
        for inner, each in command.commands.items():
            _add(several, inner, each, typed)
        app.command(several)
    elif name in typed:
        function = command.function()
        app.command(function, name=name, group=group, help=help_of(function))
    else:
        app.command(command.path, name=name, group=group, help=here(command.help))
