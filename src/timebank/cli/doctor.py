"""
Looking whether a database does what the books need of it.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final

from ..storage.urls import open_database
from ..texts import Text, joined
from . import show
from .access import DATABASE, AsJson, DatabaseTyped, url_of
from .endings import ExitCode, Stopped
from .spoken import here, spoken

_NOTE: Final = Text("note    ", "说明  ")


def doctor(
    db: DatabaseTyped = DATABASE,
    *,
    json: AsJson = False,
) -> int:
    """
    Look for what endangers the books in a database, and say what to do.

    It changes nothing. On PostgreSQL give it the URL that the application
    uses: what that role may do is part of it. Ends with 5 if entries could
    be lost or changed; whether they are sound is verify's to say.

    --json prints {healthy, engine, schema, profile, role, symptoms}, each of
    these with sign, grave, fields and text.

    查找数据库中危及账本的情形，并说明如何处理。

    不作任何改动。对 PostgreSQL，请给出应用程序所用的 URL：该角色可做什么也在检查之列。
    如记录可能丢失或被改动，以 5 结束；账本本身是否正确由 verify 判断。

    --json 输出 {healthy, engine, schema, profile, role, symptoms}，后者各含
    sign、grave、fields 和 text。
    """
    from ..storage.doctor import examine  # noqa: PLC0415 - SQLAlchemy takes a second

    with (
        closing(open_database(url_of(db, "--db"))) as database,
        database.reading() as connection,
    ):
        report = examine(connection)
    if json:
        show.document(
            {
                "healthy": report.healthy,
                "engine": report.engine,
                "schema": report.schema,
                "profile": report.profile,
                "role": report.role,
                "symptoms": [
                    {
                        "sign": symptom.sign,
                        "grave": symptom.grave,
                        "fields": dict(symptom.fields),
                        "text": symptom.text(spoken()),
                    }
                    for symptom in report.symptoms
                ],
            }
        )
    else:
        schema = Text(
            "schema {version} ({profile})",
            "表结构第 {version} 版（{profile}）",
            version=report.schema,
            profile=report.profile,
        )
        role = Text("role {role}", "角色 {role}", role=report.role)
        there = [schema] if report.profile else []
        there += [role] if report.role else []
        show.say(joined([report.engine, *there], Text(", ", "，")))
        for symptom in report.symptoms:
            weight = Text("danger  ", "危险  ") if symptom.grave else _NOTE
            show.say(f"{here(weight)}{symptom.text(spoken())}")
        if not report.symptoms:
            show.say(Text("nothing is wrong with it", "未发现问题"))
    if not report.healthy:
        dangers = sum(symptom.grave for symptom in report.symptoms)
        raise Stopped(
            Text("{n} of these endanger the books", "其中 {n} 项危及账本", n=dangers),
            ExitCode.UNSOUND,
        )
    return ExitCode.DONE
