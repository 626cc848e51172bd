"""
Rankings: shown before they are published, and published.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode
from .helping import Help
from .posting import tell
from .typed import Day

Name = Annotated[str, Parameter(help=Help("The policy's ranking.", "政策中的排名。"))]
On = Annotated[
    Day,
    Parameter(
        help=Help(
            "The day that the values are of: the last of a period.",
            "以哪一天的数值为准：周期的最后一天。",
        )
    ),
]
AsOf = Annotated[
    int | None,
    Parameter(
        help=Help(
            "The last position of the journal that counts; the end by default.",
            "计到账本的第几条；默认到最后一条。",
        )
    ),
]


def show_(
    name: Name,
    /,
    *,
    on: On,
    as_of: AsOf = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what a ranking comes to, and record nothing.

    Once it is published for the day it is that list; with --as-of what it
    came to at that position. --json prints {ranking, on,
    through, published, places: [{place, account, value}]}, where published
    is the id of the entry, or null.

    显示排名结果，不作登记。

    该日的排名已公布的，显示所公布的名单；用 --as-of 时为账本到该条时的结果。--json 输出 {ranking, on, through,
    published, places: [{place, account, value}]}，published 为记录编号或 null。
    """
    with access.reading() as bank:
        listed = bank.published_ranking(name, on=on) if as_of is None else None
        asked = listed.asked if listed else None
        found = (
            asked
            if isinstance(asked, ops.PublishRanking)
            else bank.ranking(name, on=on, as_of=as_of)
        )
    if json:
        show.document(
            {
                "ranking": found.ranking,
                "on": on.isoformat(),
                "through": found.through,
                "published": listed.id if listed else None,
                "places": [
                    {"place": p.place, "account": p.account, "value": p.value}
                    for p in found.places
                ],
            }
        )
        return ExitCode.DONE
    headings = [Text("place", "名次"), Text("account", "账户"), Text("value", "数值")]
    rows = [[str(p.place), p.account, p.value] for p in found.places]
    show.table(headings, rows)
    show.say(
        Text("published: {id}", "已公布：{id}", id=listed.id)
        if listed
        else Text("not published", "未公布")
    )
    return ExitCode.DONE


def publish(
    name: Name,
    /,
    *,
    on: On,
    as_of: AsOf = None,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Publish a ranking: record the list, and what its places bring.

    公布排名：登记名单及各名次所得。
    """
    with access.writing() as bank:
        tell(bank, bank.publish_ranking(name, on=on, as_of=as_of))
        return ExitCode.DONE
