"""
SQLite's guards: triggers that abort.

Legs are inserted before their entry, so that the trigger on the entry sees all of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from .. import tables as t

_FACTS: Final = ("entry", "posting", "taken_id")


def _guards() -> dict[str, str]:
    """Return the triggers by name: facts are only ever inserted, whole and in order."""
    guards = {
        f"{t.PREFIX}{table}_{verb.lower()}": (
            f"BEFORE {verb} ON {t.PREFIX}{table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        for table in _FACTS
        for verb in ("UPDATE", "DELETE")
    }
    guards[f"{t.PREFIX}private_update"] = (
        f"BEFORE UPDATE ON {t.PREFIX}private "
        "BEGIN SELECT RAISE(ABORT, 'private details are erased, never changed'); END"
    )
    guards[f"{t.PREFIX}ledger_update"] = (
        f"BEFORE UPDATE OF ledger, name, time_zone, keep_refusals ON {t.PREFIX}ledger "
        "BEGIN SELECT RAISE(ABORT, 'a ledger is set up once'); END"
    )
    guards[f"{t.PREFIX}ledger_delete"] = (
        f"BEFORE DELETE ON {t.PREFIX}ledger "
        "BEGIN SELECT RAISE(ABORT, 'a ledger is for ever'); END"
    )
    # INSERT OR REPLACE would delete what is there without asking the delete triggers of
    # a connection that has not set recursive_triggers
    guards[f"{t.PREFIX}entry_insert"] = (
        f"BEFORE INSERT ON {t.PREFIX}entry BEGIN "
        "SELECT RAISE(ABORT, 'positions follow each other without gaps') "
        f"WHERE NEW.position <> (SELECT COALESCE(MAX(position), 0) + 1 "
        f"FROM {t.PREFIX}entry WHERE ledger = NEW.ledger); "
        "SELECT RAISE(ABORT, 'the id is taken') WHERE EXISTS (SELECT 1 "
        f"FROM {t.PREFIX}entry WHERE ledger = NEW.ledger AND id = NEW.id); "
        "SELECT RAISE(ABORT, 'postings must sum to zero in each unit') WHERE EXISTS "
        f"(SELECT 1 FROM {t.PREFIX}posting WHERE ledger = NEW.ledger "
        "AND position = NEW.position GROUP BY unit HAVING SUM(amount) <> 0); END"
    )
    guards[f"{t.PREFIX}posting_insert"] = (
        f"BEFORE INSERT ON {t.PREFIX}posting BEGIN "
        "SELECT RAISE(ABORT, 'legs come before their entry') WHERE EXISTS (SELECT 1 "
        f"FROM {t.PREFIX}entry WHERE ledger = NEW.ledger AND position = NEW.position); "
        "SELECT RAISE(ABORT, 'the leg is there already') WHERE EXISTS (SELECT 1 "
        f"FROM {t.PREFIX}posting WHERE ledger = NEW.ledger AND position = NEW.position "
        "AND line = NEW.line); END"
    )
    guards[f"{t.PREFIX}ledger_insert"] = (
        f"BEFORE INSERT ON {t.PREFIX}ledger BEGIN "
        "SELECT RAISE(ABORT, 'a ledger is for ever') WHERE EXISTS (SELECT 1 "
        f"FROM {t.PREFIX}ledger WHERE ledger = NEW.ledger OR name = NEW.name); END"
    )
    guards[f"{t.PREFIX}private_insert"] = (
        f"BEFORE INSERT ON {t.PREFIX}private BEGIN "
        "SELECT RAISE(ABORT, 'private details are erased, never changed') "
        f"WHERE EXISTS (SELECT 1 FROM {t.PREFIX}private "
        "WHERE ledger = NEW.ledger AND id = NEW.id); END"
    )
    guards[f"{t.PREFIX}taken_id_insert"] = (
        f"BEFORE INSERT ON {t.PREFIX}taken_id BEGIN "
        "SELECT RAISE(ABORT, 'the id is taken') WHERE EXISTS (SELECT 1 "
        f"FROM {t.PREFIX}taken_id WHERE ledger = NEW.ledger AND id = NEW.id); END"
    )
    return {name: f"CREATE TRIGGER {name} {text}" for name, text in guards.items()}


GUARDS: Final = _guards()


def home(_: Connection) -> str:
    """Return nothing: a file has one schema."""
    return ""


def script(_: str) -> tuple[str, ...]:
    """Return the statements that set the guards up."""
    return tuple(GUARDS.values())


def missing_guards(connection: Connection) -> tuple[str, ...]:
    """Return the names of triggers that are not there, or not as they should be."""
    found = dict(
        tuple(row)
        for row in connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        )
    )
    return tuple(name for name, text in GUARDS.items() if found.get(name) != text)
