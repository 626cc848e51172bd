"""
From rows to a standing: the queries behind `Turn.load`.

What they return must equal the fold of the journal for all that was named; a property
test holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any, Final

from attrs import define, field
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Exists,
    FromClause,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from ..balances import NO_BALANCE, Balance
from ..history import Event
from ..model import BALANCE_MAX, AccountId, Bucket, EntryId, Lot, Mode, Position
from ..operations import TAGS, ConfirmStep, Correct, Reverse, SettleClaim
from ..scope import Needs
from ..shifts import MINUTES_A_DAY, near
from ..standing import Standing
from . import tables as t
from .account_states import decode_account
from .codec import decode_entry, decode_labels
from .query import LEDGER, Query, Rows, among, of
from .seen import KEPT, as_kept

LINES: Final = 10**6
"""More legs than any entry has; makes one number of a position and a line."""

_SETTLING: Final = (TAGS[ConfirmStep], TAGS[SettleClaim])

Unlabelled = tuple[AccountId, str, Event, int]
"""History of an account in a unit whose postings have no labels."""

# ---------------------------------------------------------------- statements

# a sum of integers is no integer everywhere
TOTAL: Final = cast(func.sum(t.posting.c.amount), BigInteger)

NOW: Final = of(t.ledger, "policy_position").add_columns(
    # a backup that was put back may have another policy at the same position
    select(t.entry.c.recorded_at)
    .where(
        t.entry.c.ledger == t.ledger.c.ledger,
        t.entry.c.position == t.ledger.c.policy_position,
    )
    .scalar_subquery()
    .label("adopted_at"),
    select(t.head.c.position)
    .where(t.head.c.ledger == t.ledger.c.ledger)
    .scalar_subquery()
    .label("head"),
)
"""Where the last policy stands, and where the journal ends."""
LOCKED: Final = (
    of(t.account_state, "account")
    .where(
        among(t.account_state.c.account),
        or_(
            t.account_state.c.mode == Mode.STRICT.value,
            among(t.account_state.c.account, "besides"),
        ),
    )
    .order_by(t.account_state.c.account)
    .with_for_update(key_share=True)
)
ACCOUNTS: Final = of(t.account_state, *KEPT)
ACCOUNTS_NAMED: Final = ACCOUNTS.where(among(t.account_state.c.account))
HOLDINGS: Final = NOW.add_columns(
    *(t.account_state.c[name] for name in KEPT),
    *(t.balance.c[name] for name in ("unit", "free", "held", "seq")),
).select_from(
    t.ledger.outerjoin(
        t.account_state,
        and_(
            t.account_state.c.ledger == t.ledger.c.ledger,
            among(t.account_state.c.account),
        ),
    ).outerjoin(
        t.balance,
        and_(
            t.balance.c.ledger == t.account_state.c.ledger,
            t.balance.c.account == t.account_state.c.account,
        ),
    )
)
"""
The same as `NOW`, with accounts and their balances: each account as often as it has some,
and once at least.

In one statement, which takes the client 10 µs less than two.  Where
none of the accounts is there, one row says so with nothing.
"""
ACCOUNTS_APPEND: Final = ACCOUNTS.where(t.account_state.c.mode == Mode.APPEND.value)
BALANCES: Final = of(t.balance, "account", "unit", "free", "held", "seq")
BODIES: Final = of(t.entry, "position", "body")
PRIVATES: Final = of(t.private, "id", "salt", "body")
PRIVATES_NAMED: Final = PRIVATES.where(among(t.private.c.id))
UNTIL: Final[BindParameter[Any]] = bindparam("until")
"""The last position that is looked at: beyond all of them, or where the books once stood."""


def _is_past(table: FromClause) -> ColumnElement[bool]:
    """
    Say that a row of *table* stands no later than that.

    Of a sum, which no index has: asked of the column, SQLite looks through all positions
    up to there, which are the whole ledger, instead of by what else is asked.
    """
    return table.c.position + literal_column("0") <= UNTIL


def _known(named: Callable[[Any], Any]) -> CompoundSelect[Any]:
    return union_all(
        of(t.entry, "id", "position", "body").where(
            named(t.entry.c.id), _is_past(t.entry)
        ),
        of(t.taken_id, "id")
        .add_columns(null(), null())
        .where(named(t.taken_id.c.id), _is_past(t.taken_id)),
    )


KNOWN: Final = _known(among)
"""Entries by id, and ids that were taken without one."""
# for any number of keys PostgreSQL makes a new plan every time, which takes it 80 µs
KNOWN_ONE: Final = _known(lambda id: id == bindparam("one"))
"""The same for one id."""
# in no order: asked for one, SQLite reads the whole ledger in it
THREADS: Final = BODIES.where(
    t.entry.c.root.in_(of(t.entry, "root").where(among(t.entry.c.id))),
    _is_past(t.entry),
)
THREADS_AT: Final = BODIES.where(
    t.entry.c.root.in_(of(t.entry, "root").where(among(t.entry.c.position))),
    _is_past(t.entry),
)
HISTORY: Final = (
    select(
        t.posting.c.account,
        t.posting.c.day,
        t.posting.c.origin,
        t.posting.c.rule,
        t.posting.c.labels,
        TOTAL.label("amount"),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        among(t.posting.c.account),
        t.posting.c.unit == bindparam("of_unit"),
        t.posting.c.day >= bindparam("first"),
        t.posting.c.day <= bindparam("last"),
        _is_past(t.posting),
        t.posting.c.bucket == Bucket.FREE.value,
    )
    .group_by(
        t.posting.c.account,
        t.posting.c.day,
        t.posting.c.origin,
        t.posting.c.rule,
        t.posting.c.labels,
    )
    .having(func.sum(t.posting.c.amount) != 0)
)
LOTS: Final = (
    select(
        t.posting.c.account,
        t.posting.c.lot,
        t.posting.c.lot_expires_on,
        t.posting.c.bucket,
        TOTAL.label("amount"),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        among(t.posting.c.account),
        t.posting.c.unit == bindparam("of_unit"),
        # told in two conditions, or that it is not null, SQLite looks through every leg or
        # every lot of the ledger, and not the account's
        func.coalesce(case((_is_past(t.posting), t.posting.c.lot)), "") != "",
    )
    .group_by(
        t.posting.c.account,
        t.posting.c.lot,
        t.posting.c.lot_expires_on,
        t.posting.c.bucket,
    )
    # as they first came: an entry that brought several brought them in order
    .order_by(func.min(t.posting.c.position * LINES + t.posting.c.line))
)
LOT_USES: Final = (
    select(
        t.posting.c.lot,
        t.entry.c.id,
        t.posting.c.account,
        TOTAL.label("amount"),
    )
    .join(
        t.entry,
        and_(
            t.entry.c.ledger == t.posting.c.ledger,
            t.entry.c.position == t.posting.c.origin,
        ),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        among(t.posting.c.lot),
        _is_past(t.posting),
        t.posting.c.bucket == Bucket.FREE.value,
    )
    .group_by(t.posting.c.lot, t.entry.c.id, t.posting.c.account)
    .having(func.sum(t.posting.c.amount) != 0)
)
_undo = t.entry.alias("undo")
# a claim's service is kept with the entry that settled it, and counts as the claim's
_service = case(
    (or_(*(t.entry.c.kind == kind for kind in _SETTLING)), t.entry.c.target),
    else_=t.entry.c.id,
).label("service")


def _acted_on(by: type[Reverse | Correct]) -> Exists:
    return exists(
        select(_undo.c.position).where(
            _undo.c.ledger == t.entry.c.ledger,
            _undo.c.target == _service,
            _undo.c.kind == TAGS[by],
            _is_past(_undo),
        )
    )


SHIFTS: Final = (
    of(t.entry, "provider", "starts", "ends")
    # a correction may wait, which its own row does not say
    .add_columns(_service, _acted_on(Correct).label("corrected"))
    .where(
        among(t.entry.c.provider),
        t.entry.c.starts >= bindparam("first"),
        t.entry.c.starts <= bindparam("last"),
        _is_past(t.entry),
        ~_acted_on(Reverse),
    )
)
REPEATED: Final = of(t.entry, "id").group_by(t.entry.c.id).having(func.count() > 1)
"""Ids that several entries have, which no key lets happen where it still stands."""
MANY_POSTINGS: Final = select(func.count()).where(t.posting.c.ledger == LEDGER)
"""How many postings are kept; to look for strays takes ten times as long."""
STRAYS: Final = (
    of(t.posting, "position")
    .where(
        ~exists(
            select(t.entry.c.position).where(
                t.entry.c.ledger == t.posting.c.ledger,
                t.entry.c.position == t.posting.c.position,
            )
        )
    )
    .distinct()
    .order_by(t.posting.c.position)
)


def _in_order(rows: Rows) -> Rows:
    return sorted(rows, key=itemgetter(0))


# ---------------------------------------------------------------- the loader

Ask = tuple[Query, Callable[[Rows], None]]
"""A question, and what takes its answer in."""


@define
class Loader:
    """
    Reads one ledger through one transaction.

    Args:
        fetch: Asks several questions at once.
        ledger: The ledger's number.
        until: The last position that it looks at; accounts and balances are those of now.
        unlocked: What was found of accounts that keep no balance, by `as_kept`.
    """

    fetch: Callable[[Sequence[Query]], list[Rows]]
    ledger: int
    until: int = BALANCE_MAX
    unlocked: dict[AccountId, str] = field(factory=dict, init=False)

    def query(self, statement: Any, **values: Any) -> Query:  # noqa: ANN401
        """Return *statement* for this ledger."""
        return Query(
            statement, {"in_ledger": self.ledger, "until": self.until, **values}
        )

    def rows(self, statement: Any, **values: Any) -> Rows:  # noqa: ANN401
        """Return the rows of *statement* for this ledger."""
        return self.fetch([self.query(statement, **values)])[0]

    def threads(self, ids: set[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*."""
        standing = Standing(scope=Needs(threads=ids))
        if ids:
            self._take_all([self._threads(standing, ids)])
        return standing

    def fill(
        self, standing: Standing, needs: Needs, first: Sequence[Query] = ()
    ) -> list[Rows]:
        """
        Load into *standing* all that *needs* names, but for `holdings`.

        Args:
            standing: An empty one, scoped to *needs*.
            needs: What to load.
            first: What is asked before anything else.

        Returns:
            The answers to *first*.
        """
        unlabelled: list[Unlabelled] = []
        corrected: set[EntryId] = set()
        asks: list[Ask] = []
        if needs.append_accounts:
            asks.append(self._append_accounts(standing))
        if needs.threads:
            asks.append(self._threads(standing, needs.threads))
        if standing.spans:
            asks.extend(self._history(standing, unlabelled))
        if needs.lots:
            asks.extend(self._lots(standing, needs))
        if needs.lot_uses:
            asks.append(self._lot_uses(standing, needs.lot_uses))
        if needs.shifts:
            asks.append(self._shifts(standing, needs, corrected))
        if needs.ids:
            # last: who sees what an entry did sees the entry, and knows it for its own
            asks.append(self._ids(standing, needs.ids))
        answers = self._take_all(asks, first)
        # lots that are known only now
        if late := standing.lots_named() - needs.lot_uses:
            self._take_all([self._lot_uses(standing, late)])
        if unlabelled:
            self._label(standing, unlabelled)
        if corrected:
            self._drop_undone(standing, corrected)
        return answers

    def _take_all(self, asks: Sequence[Ask], first: Sequence[Query] = ()) -> list[Rows]:
        """Ask everything in one round trip; return the answers to *first*."""
        if not (asks or first):
            return []
        answers = self.fetch([*first, *[query for query, _ in asks]])
        for (_, take), rows in zip(asks, answers[len(first) :], strict=True):
            take(rows)
        return answers[: len(first)]

    def holdings(self, standing: Standing, rows: Rows) -> None:
        """Take in the answer to `HOLDINGS`."""
        for _, _, head, *account, unit, free, held, seq in rows:
            standing.head = Position(head)
            if account[0] is not None:
                self._take_account(standing, account)
            if unit is not None:
                of = standing.balances.setdefault(account[0], {})
                of[unit] = Balance(free, held), seq

    def _append_accounts(self, standing: Standing) -> Ask:
        def take(rows: Rows) -> None:
            for row in rows:
                self._take_account(standing, row)

        return self.query(ACCOUNTS_APPEND), take

    def _take_account(self, standing: Standing, row: Sequence[Any]) -> None:
        if row[0] not in standing.accounts:
            account = decode_account(row)
            standing.accounts[account.id] = account
            if account.mode is Mode.APPEND:
                self.unlocked[account.id] = as_kept(row)

    def _ids(self, standing: Standing, ids: AbstractSet[EntryId]) -> Ask:
        def take(rows: Rows) -> None:
            for id, position, body in rows:
                if body is None:
                    standing.voided.add(id)
                else:
                    standing.known[id] = Position(position), decode_entry(body)

        if len(ids) == 1:
            (one,) = ids
            return self.query(KNOWN_ONE, one=one), take
        return self.query(KNOWN, many=ids), take

    def _threads(self, standing: Standing, ids: AbstractSet[EntryId]) -> Ask:
        def take(rows: Rows) -> None:
            for position, body in _in_order(rows):
                standing.take_thread(decode_entry(body), Position(position))

        return self.query(THREADS, many=ids), take

    def _history(
        self, standing: Standing, unlabelled: list[Unlabelled]
    ) -> Iterator[Ask]:
        spans: dict[str, tuple[date, date]] = {}
        accounts: dict[str, set[str]] = {}
        for (account, unit), (first, last) in standing.spans.items():
            low, high = spans.get(unit, (first, last))
            spans[unit] = min(low, first), max(high, last)
            accounts.setdefault(unit, set()).add(account)
        for unit, (first, last) in spans.items():
            query = self.query(
                HISTORY,
                many=accounts[unit],
                of_unit=unit,
                first=first.isoformat(),
                last=last.isoformat(),
            )
            yield query, partial(self._take_history, standing, unlabelled, unit)

    def _take_history(
        self, standing: Standing, unlabelled: list[Unlabelled], unit: str, rows: Rows
    ) -> None:
        for account, day, origin, rule, labels, amount in rows:
            event = Event(
                date.fromisoformat(day), origin, rule, decode_labels(labels or "{}")
            )
            low, high = standing.spans[account, unit]
            if not low <= event.day <= high:
                continue
            if labels is None:
                unlabelled.append((account, unit, event, amount))
            else:
                standing.count((account, unit), event, amount)

    def _label(self, standing: Standing, unlabelled: Sequence[Unlabelled]) -> None:
        """
        Take in history whose postings have no labels: they are from before version 3.

        Their entries are read again, which say what the columns do not.
        """
        places = {event.position for _, _, event, _ in unlabelled}
        old = Standing()
        for position, body in _in_order(self.rows(THREADS_AT, many=places)):
            old.take_thread(decode_entry(body), Position(position))
        entries = [entry for place, entry in old.known.values() if place in places]
        moved = {p.account for entry in entries for p in entry.postings}
        for row in self.rows(ACCOUNTS_NAMED, many=moved):
            old.accounts[row[0]] = decode_account(row)
        labels = {
            (leg.at, p.account, p.unit, p.rule): leg.labels
            for entry in entries
            for leg in old.legs(entry)
            if leg.labels is not None and not (p := leg.posting).undoes
        }
        for account, unit, event, amount in unlabelled:
            found = labels.get(
                (Position(event.position), account, unit, event.rule), ()
            )
            standing.count((account, unit), event._replace(labels=found), amount)

    def _lots(self, standing: Standing, needs: Needs) -> Iterator[Ask]:
        by_unit: dict[str, set[str]] = {}
        for account, unit in needs.lots:
            by_unit.setdefault(unit, set()).add(account)
        for unit, accounts in by_unit.items():
            query = self.query(LOTS, many=accounts, of_unit=unit)
            yield query, partial(self._take_lots, standing, unit)

    def _take_lots(self, standing: Standing, unit: str, rows: Rows) -> None:
        for account, lot_id, expires, bucket, amount in rows:
            lot = Lot(lot_id, date.fromisoformat(expires) if expires else None)
            lots = standing.lots.setdefault((account, unit), {})
            held = lots.get(lot, NO_BALANCE)
            lots[lot] = (
                Balance(amount, held.held)
                if bucket == Bucket.FREE.value
                else Balance(held.free, amount)
            )

    def _lot_uses(self, standing: Standing, lots: AbstractSet[EntryId]) -> Ask:
        def take(rows: Rows) -> None:
            for lot_id, origin, account, amount in rows:
                uses = standing.lot_uses.setdefault(lot_id, {})
                uses[origin, account] = amount

        return self.query(LOT_USES, many=lots), take

    def _shifts(self, standing: Standing, needs: Needs, corrected: set[EntryId]) -> Ask:
        def take(rows: Rows) -> None:
            for provider, starts, ends, id, is_corrected in rows:
                if any(
                    near((starts, ends), day)
                    for who, day in needs.shifts
                    if who == provider
                ):
                    standing.shifts.setdefault(provider, {})[id] = starts, ends
                    corrected.update([id] if is_corrected else [])

        days = {day for _, day in needs.shifts}
        query = self.query(
            SHIFTS,
            many={provider for provider, _ in needs.shifts},
            first=(min(days).toordinal() - 1) * MINUTES_A_DAY,
            last=(max(days).toordinal() + 2) * MINUTES_A_DAY,
        )
        return query, take

    def _drop_undone(self, standing: Standing, services: set[EntryId]) -> None:
        """Drop the services that a correction has undone, and does not wait to."""
        threads = self.threads(services)
        for of_provider in standing.shifts.values():
            for id in services & of_provider.keys():
                if threads.undone_by(id) is not None:
                    del of_provider[id]
