"""
The tables in a database: making them, bringing them up to date, and who may use them.

What ``--sql`` prints is for somebody else to run, who has the rights to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..storage.urls import POSTGRESQL, kind_of, open_database, open_store
from ..texts import Text
from . import show
from .access import url_of
from .endings import ExitCode, Stopped, understood
from .helping import Help

if TYPE_CHECKING:
    from ..storage.schema import Found

UrlTyped = Annotated[
    str,
    Parameter(
        name="URL",
        help=Help(
            "The database: a file, or a URL such as postgresql://app@host/books.",
            "数据库：文件，或 URL，如 postgresql://app@host/books。",
        ),
    ),
]
Sql = Annotated[
    bool,
    Parameter(
        help=Help(
            "Print the statements instead of running them.", "只输出语句，不执行。"
        )
    ),
]
Home = Annotated[
    str | None,
    Parameter(
        name="--schema",
        help=Help(
            "The schema of PostgreSQL, with --sql; public by default.",
            "PostgreSQL 的模式，与 --sql 同用；默认为 public。",
        ),
    ),
]


def create(
    url: UrlTyped,
    /,
    *,
    profile: Annotated[
        Literal["guarded", "plain"],
        Parameter(
            help=Help(
                "plain makes tables without triggers, for engines that have none; "
                "guarded by default.",
                "plain：建不带触发器的数据表，供没有触发器的数据库使用；默认为 guarded。",
            )
        ),
    ] = "guarded",
    sql: Sql = False,
    schema: Home = None,
) -> int:
    """
    Make the tables of timebank, with their guards, where there are none.

    The role of the URL will own them: let the application use another, see
    timebank schema grants. With --sql nothing is connected to. Tables that
    are there stay as they are; ends with 5 where parts of them are gone.

    在没有数据表处建立 timebank 的数据表及其防护。

    数据表归 URL 中的角色所有：请让应用程序使用另一角色，见 timebank schema grants。
    用 --sql 时不连接数据库。已有的数据表保持原样；如其有缺失，以 5 结束。
    """
    from ..storage import schema as tables  # noqa: PLC0415 - SQLAlchemy takes a second
    from ..storage.guards.postgresql import quoted  # noqa: PLC0415

    place, chosen = url_of(url, "URL"), tables.Profile(profile)
    if sql:
        kind = kind_of(place, chosen)
        with understood():
            name = "public" if schema is None else schema
            home = quoted(name) if kind == "postgresql" else ""
        _print(kind, tables.script(kind, home=home, profile=chosen), home)
        return ExitCode.DONE
    if schema is not None:
        raise Stopped(
            Text(
                "--schema goes with --sql; otherwise the URL says where the tables come "
                "to live: ...?options=-csearch_path%3DSCHEMA",
                "--schema 须与 --sql 同用；否则由 URL 说明数据表建在何处："
                "...?options=-csearch_path%3DSCHEMA",
            )
        )
    open_store(place, create=True, profile=chosen).close()
    with closing(open_database(place)) as database, database.reading() as connection:
        there, gone = tables.check(connection), tables.missing(connection)
    if there.profile is not chosen:
        raise Stopped(
            Text(
                "there are tables already, and they are {profile}: nothing was changed",
                "已有数据表，为 {profile}：未作改动",
                profile=there.profile,
            )
        )
    _tell(there, gone)
    return ExitCode.DONE


def check(url: UrlTyped, /) -> int:
    """
    Say which version the tables have, and whether they and their guards are whole.

    Ends with 6 where the tables are of another version or there are none,
    and with 5 where columns, constraints, indexes or guards are gone.

    说明数据表的版本，以及数据表和防护是否完整。

    版本不同或没有数据表时，以 6 结束；缺少列、约束、索引或防护时，以 5 结束。
    """
    from ..storage import schema  # noqa: PLC0415 - SQLAlchemy takes a second

    database = open_database(url_of(url, "URL"))
    with closing(database), database.reading() as connection:
        there, gone = schema.check(connection), schema.missing(connection)
    _tell(there, gone)
    return ExitCode.DONE


def upgrade(url: UrlTyped, /, *, sql: Sql = False) -> int:
    """
    Bring the tables of an older timebank up to date; no fact is rewritten.

    Make a backup first. Tables that are up to date stay as they are.

    将旧版 timebank 的数据表升级；不改写任何事实。

    请先备份。已是最新的数据表保持原样。
    """
    from ..storage import schema  # noqa: PLC0415 - SQLAlchemy takes a second

    place = url_of(url, "URL")
    database = open_database(place)
    with closing(database), database.reading() as connection:
        before = schema.some(schema.found(connection))
        statements = schema.migration(database.kind, before.version)
    if sql:
        _print(database.kind, statements)
        return ExitCode.DONE
    if statements:
        with closing(database), database.writing() as connection:
            after = schema.upgrade(connection)
        show.say(
            Text(
                "brought up to date: schema {before} to {after}",
                "已升级：表结构由第 {before} 版至第 {after} 版",
                before=before.version,
                after=after.version,
            )
        )
    else:
        show.say(
            Text(
                "nothing to do: schema {version}",
                "无须升级：表结构第 {version} 版",
                version=before.version,
            )
        )
    return ExitCode.DONE


def grants(
    url: UrlTyped,
    role: Annotated[
        str, Parameter(name="ROLE", help=Help("A role that exists.", "已有的角色。"))
    ],
    /,
    *,
    read_only: Annotated[
        bool,
        Parameter(
            help=Help(
                "Only what an analyst needs: all but private details.",
                "只给分析人员所需的权限：除个人信息外均可读。",
            )
        ),
    ] = False,
) -> int:
    """
    Print the statements that give a role of PostgreSQL exactly its rights.

    With these it records, and can change no fact. Run them as the owner of
    the tables: timebank schema grants URL app | psql URL

    输出授予 PostgreSQL 角色恰当权限的语句。

    有此权限即可登记，而不能改动任何事实。请以数据表所有者的身份运行：
    timebank schema grants URL app | psql URL
    """
    from ..storage import rights, schema  # noqa: PLC0415 - SQLAlchemy takes a second
    from ..storage.guards.postgresql import quoted, where  # noqa: PLC0415

    place = url_of(url, "URL")
    if not place.startswith(POSTGRESQL):
        raise Stopped(
            Text(
                "URL: only PostgreSQL has roles; a file has rights of its own",
                "URL：只有 PostgreSQL 有角色；文件有其自身的权限",
            )
        )
    database = open_database(place)
    with closing(database), database.reading() as connection:
        schema.check(connection)
        home = where(connection)
    with understood():
        statements = rights.grants(
            role, home=quoted(home or "public"), read_only=read_only
        )
    _print(database.kind, statements)
    return ExitCode.DONE


def _tell(there: Found, gone: Sequence[str]) -> None:
    show.say(
        Text(
            "schema {version} ({profile})",
            "表结构第 {version} 版（{profile}）",
            version=there.version,
            profile=there.profile,
        )
    )
    if gone:
        raise Stopped(
            Text(
                "gone or altered: {gone}; timebank doctor says what to do",
                "缺失或被改动：{gone}；请运行 timebank doctor 查看如何处理",
                gone=", ".join(gone),
            ),
            ExitCode.UNSOUND,
        )


def _print(kind: str, statements: Iterable[str], home: str = "") -> None:
    """Print *statements* as a script that does all or nothing."""
    if kind == "sqlite":
        show.say("BEGIN IMMEDIATE;")
    else:
        show.say("BEGIN;")
        if home:
            show.say(f"SET LOCAL search_path = {home};")
    for statement in statements:
        show.say(f"{statement};")
    show.say("COMMIT;")
