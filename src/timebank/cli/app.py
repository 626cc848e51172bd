"""
The tree of commands.

Only light modules are imported here: what is slow to import (SQLAlchemy, rich's tables,
spreadsheets) is imported by the command that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from attrs import frozen
from cyclopts import App, Group, Parameter

from ..texts import Language, Text
from . import (
    accounts,
    books,
    claims,
    comparing,
    copying,
    doctor,
    explaining,
    exporting,
    giving,
    importing,
    levels,
    mending,
    policies,
    policy_showing,
    rankings,
    recording,
    sharing,
    ticking,
)
from . import schema as schemas
from .helping import Chinese, help_of
from .spoken import here, speaking

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

SETTING_UP: Final = Text("Setting up", "设置")
RECORDING: Final = Text("Recording", "登记")
REDEEMING: Final = Text("Giving and redeeming", "赠予与兑换")
MENDING: Final = Text("Mending", "更正")
READING: Final = Text("Reading", "查阅")


@frozen
class Several:
    """Commands below one word, and what they are for."""

    help: Text
    commands: Mapping[str, Callable[..., object]]


Command = Callable[..., object] | Several

TREE: Final[Mapping[Text, Mapping[str, Command]]] = {
    SETTING_UP: {
        "init": books.init,
        "copy": copying.copy,
        "schema": Several(
            Text(
                "Make and mind the tables, and say who may use them.",
                "建立和维护数据表，并说明谁可使用。",
            ),
            {
                "create": schemas.create,
                "check": schemas.check,
                "upgrade": schemas.upgrade,
                "grants": schemas.grants,
            },
        ),
        "policy": Several(
            Text(
                "Check, show, list, compare and adopt policies.",
                "检查、显示、列出、比较和采纳政策。",
            ),
            {
                "check": policies.check,
                "show": policy_showing.show_,
                "list": policies.list_,
                "diff": comparing.diff,
                "adopt": policies.adopt,
                "schema": policies.schema,
            },
        ),
        "account": Several(
            Text(
                "Open, amend, close, show and list accounts; erase names.",
                "开立、变更、注销、显示和列出账户；删除姓名。",
            ),
            {
                "open": accounts.open_,
                "show": accounts.show_,
                "list": accounts.list_,
                "amend": accounts.amend,
                "close": accounts.close,
                "erase": accounts.erase,
            },
        ),
    },
    RECORDING: {
        "record": recording.service,
        "mark": recording.mark,
        "tick": ticking.tick,
        "import": importing.import_,
        "ranking": Several(
            Text("Show and publish rankings.", "显示和公布排名。"),
            {"show": rankings.show_, "publish": rankings.publish},
        ),
        "claim": Several(
            Text(
                "List what waits; confirm it, object to it, withdraw and settle it.",
                "列出等待中的申报；确认、提出异议、撤回、办结。",
            ),
            {
                "list": claims.list_,
                "confirm": claims.confirm,
                "object": claims.object_,
                "withdraw": claims.withdraw,
                "settle": claims.settle,
            },
        ),
        "tier": Several(
            Text(
                "Apply for levels; grant, suspend and withdraw them.",
                "申请等级；授予、暂停和取消等级。",
            ),
            {
                "apply": levels.apply_for_tier,
                "grant": levels.grant_tier,
                "suspend": levels.suspend_tier,
                "withdraw": levels.withdraw_tier,
            },
        ),
    },
    REDEEMING: {
        "order": giving.order,
        "fulfil": giving.fulfil,
        "cancel": giving.cancel,
        "redeem": giving.redeem,
        "give": giving.give,
        "donate": giving.donate,
        "grant": giving.grant,
        "allocate": giving.allocate,
        "share-out": sharing.share_out,
    },
    MENDING: {
        "reverse": mending.reverse,
        "correct": mending.correct,
        "void": mending.void,
    },
    READING: {
        "balance": books.balance,
        "statement": books.statement,
        "tiers": books.tiers,
        "journal": books.journal,
        "explain": explaining.explain,
        "export": exporting.export,
        "verify": books.verify,
        "doctor": doctor.doctor,
    },
}
"""Every command, by the group in which the page of help shows it."""


def _version() -> str:
    try:
        return version("timebank")
    except PackageNotFoundError:
        return here(
            Text(
                "unknown: timebank runs from a folder and is not installed",
                "未知：timebank 从文件夹运行，并未安装",
            )
        )


@cache
def commands(language: Language) -> App:
    """Return the tree of commands, its help in *language*."""
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
                _add(app, name, command, group)
    return app


def _add(app: App, name: str, command: Command, group: Group | None = None) -> None:
    if not isinstance(command, Several):
        app.command(command, name=name, group=group, help=help_of(command))
        return
    several = App(
        name=name, group=group, help=here(command.help), help_format="plaintext"
    )
    for inner, each in command.commands.items():
        _add(several, inner, each)
    app.command(several)
