"""
A ledger is made, or opened: from the URL of a database to the bank that keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

from . import fields
from .bank import Bank, Clock, utc_now, zone_named
from .model import LEDGER, clean_id
from .retries import again
from .scope import NO_FUNCTIONS, Functions
from .storage.protocol import TIME_ZONE, Settings, Store
from .storage.urls import open_store


def create(
    url: str,
    *,
    ledger: str,
    actor: str,
    time_zone: str = TIME_ZONE,
    keep_refusals: bool = False,
    clock: Clock = utc_now,
    functions: Functions = NO_FUNCTIONS,
) -> Bank:
    """
    Make an empty ledger and open it.

    Args:
        url: ``memory:``, ``sqlite:///path/to/file.db``, or ``postgresql://HOST/DATABASE``
            as libpq reads it.
        ledger: Its name; one database holds many.
        actor: Who acts through this bank; recorded with every entry.
        time_zone: IANA name; it turns moments into days, for ever.
        keep_refusals: Whether refused requests are kept as entries without postings.
        clock: Returns the moment, aware and in UTC.
        functions: Functions that policies may use, by name and version.

    Raises:
        LedgerExists: If there is one of that name.
        BadUrl: If *url* is no database.
        StoreUnreachable: If its server does not answer; it may later.
        UnknownTimeZone: If this machine does not know *time_zone*.
        ValueError: If nobody can be called *actor*.
    """
    actor = fields.actor(actor)
    settings = Settings(
        name=clean_id(ledger, LEDGER),
        time_zone=zone_named(time_zone).key,
        keep_refusals=keep_refusals,
    )

    def made(store: Store) -> Settings:
        again(store.create)(settings)
        return settings

    store = open_store(url, create=True)
    return _opened(store, made, actor=actor, clock=clock, functions=functions)


def open(
    url: str,
    *,
    ledger: str,
    actor: str,
    clock: Clock = utc_now,
    functions: Functions = NO_FUNCTIONS,
) -> Bank:
    """
    Open a ledger that exists.

    Args:
        url: ``sqlite:///path/to/file.db``, or ``postgresql://HOST/DATABASE`` as libpq
            reads it.
        ledger: Its name.
        actor: Who acts through this bank; recorded with every entry.
        clock: Returns the moment, aware and in UTC.
        functions: Functions that policies may use, by name and version.

    Raises:
        NoLedger: If there is none of that name.
        BadUrl: If *url* is no database.
        StoreUnreachable: If its server does not answer; it may later.
        SchemaUnknown: If another version of timebank wrote the database.
        UnknownTimeZone: If this machine does not know the ledger's.
        ValueError: If nobody can be called *actor*.
    """
    store = open_store(url)
    return _opened(
        store,
        lambda there: there.settings(ledger),
        actor=actor,
        clock=clock,
        functions=functions,
    )


def _opened(
    store: Store,
    settings_in: Callable[[Store], Settings],
    *,
    actor: str,
    clock: Clock,
    functions: Functions,
) -> Bank:
    """Return the bank on *store*, which is closed if none comes of it."""
    try:
        return Bank(
            store=store,
            settings=settings_in(store),
            actor=actor,
            clock=clock,
            functions=functions,
        )
    except BaseException:
        store.close()
        raise
