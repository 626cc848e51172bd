"""
django-hordak, by `Account.transfer_to` within a transaction, as its documentation shows.

It has no limits and keeps no balances: the payer's row is locked and its balance asked of
hordak's own function in the database.  The key becomes the transaction's UUID, which
nothing keeps from being used twice.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import django
from django.conf import settings
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

from ..model import Place
from ..work import DAY, OPENING, POOL, WORDS, Gift, donation, gift, member

CURRENCY: Final = "EUR"


def _set_up(place: Place) -> None:
    if settings.configured:
        return
    where = conninfo_to_dict(place.url)
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "mptt",
            "hordak",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": where["dbname"],
                "HOST": where["host"],
                "PORT": where.get("port", ""),
                "USER": where["user"],
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_CURRENCY=CURRENCY,
        CURRENCIES=(CURRENCY,),
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def _models() -> Any:  # noqa: ANN401 - Django's models exist only once it is set up
    import hordak.models  # noqa: PLC0415

    return hordak.models


def prepare(place: Place) -> None:
    """Make its tables, and the accounts."""
    _set_up(place)
    call_command("migrate", verbosity=0)
    models = _models()
    from moneyed import Money  # noqa: PLC0415

    pool = models.Account.objects.create(name=POOL, code="0", type="AS")
    for number in range(place.members):
        account = models.Account.objects.create(
            name=member(number), code=str(number + 1), type="AS"
        )
        pool.transfer_to(account, Money(OPENING, CURRENCY), date=DAY)


class Books:
    """Django's connection."""

    def __init__(self, place: Place) -> None:
        _set_up(place)
        from django.db import connection, transaction  # noqa: PLC0415
        from moneyed import Money  # noqa: PLC0415

        self.models, self.money = _models(), Money
        self.connection, self.atomic = connection, transaction.atomic
        self.members = place.members
        self.accounts = {each.name: each for each in self.models.Account.objects.all()}

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def give(self, number: int) -> None:
        """One durable transaction of two legs."""
        self._move(gift(number, self.members))

    def donate(self, number: int) -> None:
        """The same, to the pool."""
        self._move(donation(number, self.members))

    def _move(self, one: Gift) -> None:
        payer, payee = self.accounts[one.payer], self.accounts[one.payee]
        amount = self.money(one.amount, CURRENCY)
        with self.atomic():
            # locked in order of id, so that nobody waits for each other
            touched = sorted(each.pk for each in (payer, payee))
            found = self.models.Account.objects.filter(pk__in=touched).order_by("pk")
            rows = {each.pk: each for each in found.select_for_update()}
            held = self.models.Account.objects.with_balances().get(pk=payer.pk)
            if held.balance[CURRENCY] < amount:
                raise ValueError(f"{one.payer} has less")
            rows[payer.pk].transfer_to(
                rows[payee.pk],
                amount,
                date=DAY,
                description=WORDS,
                uuid=uuid5(NAMESPACE_URL, one.key),
            )
