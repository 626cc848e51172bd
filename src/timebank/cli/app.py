"""
The tree of commands.

Only light modules are imported here: what is slow to import (SQLAlchemy, rich's tables,
spreadsheets) is imported by the command that needs it.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from cyclopts import App, Group, Parameter

from . import (
    accounts,
    books,
    copying,
    doctor,
    giving,
    importing,
    levels,
    policies,
    recording,
    ticking,
)
from . import schema as schemas

HELP: Final = """\
The books of a time bank (时间银行): an append-only, double-entry ledger.

A command ends with 0 when it is done; with 1 when the rules refused it and
nothing was recorded; 2, it was not understood; 3, an optional package is
missing; 4, a file has bad rows; 5, the books do not verify, or are in danger;
6, the database or a file cannot be used."""

SETTING_UP: Final = Group.create_ordered("Setting up")
RECORDING: Final = Group.create_ordered("Recording")
REDEEMING: Final = Group.create_ordered("Giving and redeeming")
MENDING: Final = Group.create_ordered("Mending")
READING: Final = Group.create_ordered("Reading")


def _version() -> str:
    try:
        return version("timebank")
    except PackageNotFoundError:
        return "unknown: timebank runs from a folder and is not installed"


def _commands(name: str, group: Group, help: str) -> App:
    return App(name=name, group=group, help=help, help_format="plaintext")


app: Final = App(
    name="timebank",
    help=HELP,
    help_format="plaintext",
    version=_version,
    default_parameter=Parameter(negative="", show_default=False),
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
)

account: Final = _commands(
    "account", SETTING_UP, "Open, amend, close, show and list accounts; erase names."
)
account.command(accounts.open_, name="open")
account.command(accounts.show_, name="show")
account.command(accounts.list_, name="list")
account.command(accounts.amend, name="amend")
account.command(accounts.close, name="close")
account.command(accounts.erase, name="erase")

policy: Final = _commands("policy", SETTING_UP, "Check, show, list and adopt policies.")
policy.command(policies.check, name="check")
policy.command(policies.show_, name="show")
policy.command(policies.list_, name="list")
policy.command(policies.adopt, name="adopt")

schema: Final = _commands(
    "schema", SETTING_UP, "Make and mind the tables, and say who may use them."
)
schema.command(schemas.create, name="create")
schema.command(schemas.check, name="check")
schema.command(schemas.upgrade, name="upgrade")
schema.command(schemas.grants, name="grants")

tier: Final = _commands(
    "tier", RECORDING, "Apply for levels; grant, suspend and withdraw them."
)
tier.command(levels.apply_for_tier, name="apply")
tier.command(levels.grant_tier, name="grant")
tier.command(levels.suspend_tier, name="suspend")
tier.command(levels.withdraw_tier, name="withdraw")

app.command(books.init, name="init", group=SETTING_UP)
app.command(copying.copy, name="copy", group=SETTING_UP)
app.command(schema)
app.command(policy)
app.command(account)
app.command(recording.service, name="record", group=RECORDING)
app.command(recording.mark, name="mark", group=RECORDING)
app.command(ticking.tick, name="tick", group=RECORDING)
app.command(importing.import_, name="import", group=RECORDING)
app.command(giving.order, name="order", group=REDEEMING)
app.command(giving.fulfil, name="fulfil", group=REDEEMING)
app.command(giving.cancel, name="cancel", group=REDEEMING)
app.command(giving.redeem, name="redeem", group=REDEEMING)
app.command(giving.give, name="give", group=REDEEMING)
app.command(giving.donate, name="donate", group=REDEEMING)
app.command(giving.grant, name="grant", group=REDEEMING)
app.command(giving.allocate, name="allocate", group=REDEEMING)
app.command(recording.reverse, name="reverse", group=MENDING)
app.command(recording.correct, name="correct", group=MENDING)
app.command(recording.void, name="void", group=MENDING)
app.command(tier)
app.command(books.balance, name="balance", group=READING)
app.command(books.statement, name="statement", group=READING)
app.command(books.tiers, name="tiers", group=READING)
app.command(books.journal, name="journal", group=READING)
app.command(books.verify, name="verify", group=READING)
app.command(doctor.doctor, name="doctor", group=READING)
