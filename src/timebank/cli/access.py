"""
The options that commands share: which books, who acts, what day, which id.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Final

from attrs import frozen
from cyclopts import Group, Parameter

from ..bank import Bank
from ..errors import Refused, UnknownUnit
from ..model import ACTOR, Reason, clean_id
from ..storage.urls import open_store
from ..texts import Text
from .causes import refused
from .endings import ExitCode, Stopped, understood
from .functions import FunctionsTyped, functions_at
from .helping import Help
from .typed import Day, OwnId

BOOKS: Final = Group("Books", sort_key=10)
RECORDING: Final = Group("Recording", sort_key=5)
NO_POLICY: Final = Text(
    "no policy has been adopted yet: timebank policy adopt FILE, "
    "or the name of a programme that ships",
    "尚未采纳任何政策：请运行 timebank policy adopt 文件（或随附项目的名称）",
)


DATABASE: Final = "timebank.db"
DatabaseTyped = Annotated[
    str,
    Parameter(
        env_var="TIMEBANK_DB",
        group=BOOKS,
        help=Help(
            "The database: a file, or a URL such as postgresql://app@host/books; "
            "{default} by default.",
            "数据库：文件，或 URL，如 postgresql://app@host/books；默认为 {default}。",
            default=DATABASE,
        ),
    ),
]
LedgerTyped = Annotated[
    str | None,
    Parameter(
        env_var="TIMEBANK_LEDGER",
        group=BOOKS,
        help=Help(
            "The ledger; may be left out where the database has only one.",
            "账本；数据库中只有一个账本时可省略。",
        ),
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class Access:
    """
    Which books, and who acts.

    Args:
        db: A file, or the URL of a database.
        ledger: Its ledger; may be left out where there is only one.
        actor: Who acts; the login name by default.
        functions: Where the functions are that policies use.
    """

    db: DatabaseTyped = DATABASE
    ledger: LedgerTyped = None
    actor: Annotated[
        str | None,
        Parameter(
            env_var="TIMEBANK_ACTOR",
            group=BOOKS,
            help=Help(
                "Who acts, recorded with every entry; your login name by default.",
                "经办人，随每条记录保存；默认为登录名。",
            ),
        ),
    ] = None

    functions: FunctionsTyped = None

    @property
    def url(self) -> str:
        """The URL of the database; a plain path is a SQLite file."""
        return url_of(self.db, "--db")

    def who(self) -> str:
        """
        Return who acts.

        Raises:
            Stopped: If nobody was named and nobody is logged in, or the name is none.
        """
        if self.actor:
            with understood():
                return clean_id(self.actor, ACTOR)
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            raise Stopped(
                Text(
                    "say who acts: --actor NAME, or TIMEBANK_ACTOR",
                    "请说明经办人：--actor 姓名，或 TIMEBANK_ACTOR",
                )
            ) from None

    @contextmanager
    def reading(self) -> Iterator[Bank]:
        """Open the ledger to read it; a refusal becomes the end of the command."""
        with self._open(self.actor or "nobody") as bank:
            yield bank

    @contextmanager
    def writing(self) -> Iterator[Bank]:
        """Open the ledger to record something; a refusal becomes the end of the command."""
        with self._open(self.who()) as bank:
            yield bank

    @contextmanager
    def _open(self, actor: str) -> Iterator[Bank]:
        with closing(open_store(self.url)) as store:
            name = self.ledger or only(store.ledgers(), self.db)
            bank = Bank(
                store=store,
                settings=store.settings(name),
                actor=actor,
                functions=functions_at(self.functions),
            )
            try:
                yield bank
            except (Refused, UnknownUnit) as error:
                if _for_want_of_a_policy(error, bank):
                    raise Stopped(NO_POLICY, ExitCode.REFUSED) from error
                if isinstance(error, Refused):
                    raise refused(error) from error
                raise


def _for_want_of_a_policy(error: Refused | UnknownUnit, bank: Bank) -> bool:
    if isinstance(error, Refused) and not any(
        finding.reason is Reason.POLICY_NONE for finding in error.findings
    ):
        return False
    return not bank.adoptions()


def url_of(db: str, option: str) -> str:
    """
    Return the URL of the database *db*, which was typed as *option*.

    Raises:
        Stopped: If it would end with the command, or cannot be written as a URL.
    """
    if db == "memory:":
        raise Stopped(
            Text(
                "{option}: books in memory would end with this command: name a file",
                "{option}：内存中的账本会随本命令结束而消失：请指明文件",
                option=option,
            )
        )
    if ":" in db and not Path(db).exists():
        return db
    if "?" in db:
        raise Stopped(
            Text(
                "{option}: a file name must not hold a question mark: {db}",
                "{option}：文件名不得含问号：{db}",
                option=option,
                db=db,
            )
        )
    return f"sqlite:///{db}"


def only(ledgers: tuple[str, ...], db: str) -> str:
    """
    Return the one ledger that *db* has.

    Raises:
        Stopped: If it has none, or several.
    """
    match ledgers:
        case [ledger]:
            return ledger
        case []:
            raise Stopped(
                Text(
                    "{db} has no ledger yet; make one: timebank init --ledger NAME",
                    "{db} 中尚无账本；请新建：timebank init --ledger 名称",
                    db=db,
                )
            )
        case _:
            raise Stopped(
                Text(
                    "{db} has several ledgers, name one: --ledger {names}",
                    "{db} 中有多个账本，请指明：--ledger {names}",
                    db=db,
                    names="|".join(ledgers),
                )
            )


IdTyped = Annotated[
    OwnId | None,
    Parameter(
        group=RECORDING,
        help=Help(
            "The entry's id, from your own papers (sheet-3/row-41): the same id "
            "again never records twice. One is made and printed where it is left out.",
            "记录编号，取自您自己的台账（如 sheet-3/row-41）：同一编号不会重复登记。省略时自动生成并显示。",
        ),
    ),
]

OnTyped = Annotated[
    Day | None,
    Parameter(
        group=RECORDING,
        help=Help(
            "The day the fact counts for, such as 2026-03-05; today by default.",
            "事情计入的日期，如 2026-03-05；默认为今天。",
        ),
    ),
]

WhatIf = Annotated[
    bool,
    Parameter(
        group=RECORDING,
        help=Help(
            "Say what would come of it and why, and record nothing.",
            "只说明结果及原因，不作登记。",
        ),
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class When:
    """
    What every recording command takes: the day, and the id.

    Args:
        on: The day the fact counts for.
        id: The entry's; one is made where it is left out.
        what_if: Whether only to say what would come of it, and why.
    """

    on: OnTyped = None
    id: IdTyped = None
    what_if: WhatIf = False


AsJson = Annotated[
    bool, Parameter(help=Help("Print one JSON document.", "输出一个 JSON 文档。"))
]

DEFAULT_ACCESS: Final = Access()
DEFAULT_WHEN: Final = When()
