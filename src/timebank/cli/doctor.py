"""
Looking whether a database does what the books need of it.
"""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

from cyclopts import Parameter

from ..storage.urls import open_database
from . import show
from .access import Language, url_of
from .endings import ExitCode, Stopped
from .schema import UrlTyped


def doctor(
    url: UrlTyped,
    /,
    *,
    language: Annotated[
        Language,
        Parameter(env_var="TIMEBANK_LANGUAGE", help="The language of what it says."),
    ] = "en",
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
) -> int:
    """
    Look for what endangers the books in a database, and say what to do.

    It changes nothing. On PostgreSQL give it the URL that the application
    uses: what that role may do is part of it. Ends with 5 if entries could
    be lost or changed; whether they are sound is verify's to say.

    --json prints {healthy, engine, schema, profile, role, symptoms}, each of
    these with sign, grave, fields and text.
    """
    from ..storage.doctor import examine  # noqa: PLC0415 - SQLAlchemy takes a second

    with (
        closing(open_database(url_of(url, "URL"))) as database,
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
                        "text": symptom.text(language),
                    }
                    for symptom in report.symptoms
                ],
            }
        )
    else:
        schema = f"schema {report.schema} ({report.profile})"
        there = [schema] if report.profile else []
        role = [f"role {report.role}"] if report.role else []
        show.say(", ".join([report.engine, *there, *role]))
        for symptom in report.symptoms:
            weight = "danger" if symptom.grave else "note"
            show.say(f"{weight:<8}{symptom.text(language)}")
        if not report.symptoms:
            show.say("nothing is wrong with it")
    if not report.healthy:
        dangers = sum(symptom.grave for symptom in report.symptoms)
        raise Stopped(f"{dangers} of these endanger the books", ExitCode.UNSOUND)
    return ExitCode.DONE
