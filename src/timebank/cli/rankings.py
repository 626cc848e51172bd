"""
Rankings: shown before they are published, and published.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, Access
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
    json: Annotated[
        bool, Parameter(help=Help("Print one JSON document.", "输出一个 JSON 文档。"))
    ] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what a ranking comes to, and record nothing.

    --json prints {ranking, on, through, places: [{place, account, value}]}.

    显示排名结果，不作登记。

    --json 输出 {ranking, on, through, places: [{place, account, value}]}。
    """
    with access.reading() as bank:
        found = bank.ranking(name, on=on, as_of=as_of)
    if json:
        show.document(
            {
                "ranking": found.ranking,
                "on": on.isoformat(),
                "through": found.through,
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
