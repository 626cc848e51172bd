"""
A platform on Django, in one module: confirming a visit credits the volunteer for it.

`play` confirms some visits and shows every answer; ``python examples/platforms.py django``
sets Django up and runs it.  A site has these in modules of their own, and migrations
instead of `make_tables`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import date
from functools import cache, wraps
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST

import timebank
from timebank import Bank, Outcome, Refused
from timebank.django import within
from timebank.errors import (
    BadUrl,
    NoLedger,
    RetryTransaction,
    SchemaUnknown,
    may_begin_again,
)
from timebank.messages import Language, finding_text

LEDGER: Final = "django"
ATTEMPTS_MAX: Final = 5
"""How often a request that met another is done before the client is asked to wait."""
PAUSE_SECONDS_MAX: Final = 0.2

# ---------------------------------------------------------------- models


class Visit(models.Model):  # type: ignore[misc]  # Django has no types
    """A visit that somebody promised, and by and by paid."""

    volunteer = models.CharField(max_length=100)
    minutes = models.IntegerField()
    paid_on = models.DateField()
    confirmed = models.BooleanField(default=False)

    class Meta:
        """It belongs to no application of a site."""

        app_label = "django_platform"

    def __str__(self) -> str:
        return f"{self.minutes} minutes by {self.volunteer} on {self.paid_on}"


def make_tables() -> None:
    """Make the platform's table if it is not there."""
    if Visit._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001
        with connection.schema_editor() as editor:
            editor.create_model(Visit)


# ---------------------------------------------------------------- the books


@cache
def bank() -> Bank:
    """Return the books, one bank for the process; made if this is the first time."""
    url = settings.TIMEBANK_URL
    try:
        return timebank.open(url, ledger=LEDGER, actor="platform")
    except (BadUrl, NoLedger, SchemaUnknown):
        made = timebank.create(url, ledger=LEDGER, actor="platform")
        made.adopt(timebank.programme("guangzhou"), on=date(2025, 1, 2), id="adopt/1")
        return made


def credit(books: Bank, visit: Visit) -> Outcome:
    """Credit the volunteer of *visit*; its id says which visit it was."""
    return books.record_service(
        visit.volunteer,
        "care",
        visit.minutes,
        on=visit.paid_on,
        id=f"visit/{visit.pk}",
    )


# ---------------------------------------------------------------- views

View = Callable[..., JsonResponse]


def answered(view: View) -> View:
    """
    Do *view* again where it met another, and say what the books say where they refuse.

    Nothing around it may have begun a transaction, as ``ATOMIC_REQUESTS`` would: only
    the whole of one can be begun again.
    """

    @wraps(view)
    def answer(request: HttpRequest, **arguments: object) -> JsonResponse:
        attempt = 1
        while True:
            try:
                return view(request, **arguments)
            except Refused as error:
                return JsonResponse({"findings": texts(request, error)}, status=409)
            except (RetryTransaction, OperationalError) as error:
                if not may_begin_again(error):
                    raise
                if attempt == ATTEMPTS_MAX:
                    later = {"Retry-After": "1"}
                    return JsonResponse(
                        {"detail": str(error)}, status=503, headers=later
                    )
            time.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311 - no secret
            attempt += 1

    return answer


def texts(request: HttpRequest, error: Refused) -> list[str]:
    """Return why it was refused, in the language of *request*."""
    chinese = request.headers.get("Accept-Language", "").lower().startswith("zh")
    language = Language.ZH if chinese else Language.EN
    return [
        finding_text(finding, language=language, units=error.units, names=error.names)
        for finding in error.findings
    ]


@answered
def confirm(request: HttpRequest, number: int) -> JsonResponse:  # noqa: ARG001 - Django's
    """Confirm one visit, and credit the volunteer for it."""
    with transaction.atomic():
        visit = Visit.objects.select_for_update().get(pk=number)
        visit.confirmed = True
        visit.save()
        # the books come last: from there to the commit nobody else writes in them
        outcome = credit(within(bank()), visit)
        if not outcome.replayed:
            transaction.on_commit(lambda: thanked.append(visit.volunteer))
    return JsonResponse({"position": outcome.position, "again": outcome.replayed})


@answered
def confirm_all(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's
    """Confirm every visit that can be; one that is refused is left as it was."""
    confirmed, refused = [], []
    with transaction.atomic():
        waiting = Visit.objects.select_for_update().filter(confirmed=False)
        for visit in waiting.order_by("pk"):
            try:
                with transaction.atomic():  # a savepoint
                    visit.confirmed = True
                    visit.save()
                    credit(within(bank()), visit)
                confirmed.append(visit.pk)
            except Refused:
                refused.append(visit.pk)
    return JsonResponse({"confirmed": confirmed, "refused": refused})


thanked: Final[list[str]] = []
"""Whom a message of thanks was sent to: stands for the mail that a site would send."""

urlpatterns = [
    path("visits/confirm", require_POST(confirm_all)),
    path("visits/<int:number>/confirm", require_POST(confirm)),
]


# ---------------------------------------------------------------- a day


def play() -> None:
    """Confirm some visits, and show what was answered."""
    bank().open_account("gz-001", on=date(2025, 1, 2), id="open/gz-001")
    day = date(2025, 3, 1)
    for number, volunteer in enumerate(("gz-001", "gz-999", "gz-001"), start=1):
        visit = {"volunteer": volunteer, "minutes": 170, "paid_on": day}
        Visit.objects.get_or_create(pk=number, defaults=visit)
    client = Client()
    for where, language in (
        ("/visits/1/confirm", "en"),
        ("/visits/1/confirm", "en"),  # the answer to the first was lost
        ("/visits/2/confirm", "en"),
        ("/visits/2/confirm", "zh-CN"),
        ("/visits/confirm", "en"),
    ):
        answer = client.post(where, headers={"Accept-Language": language})
        shown = json.dumps(answer.json(), ensure_ascii=False)
        print(f"POST {where} → {answer.status_code}\n    {shown}")
    print(f"thanked: {', '.join(thanked)}")
    print(f"gz-001 has {bank().balance('gz-001', 'points').free} points")
