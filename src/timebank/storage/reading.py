"""
A reading of the SQL store: one view of one ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any, Final

from attrs import define, field
from sqlalchemy import bindparam

from ..accounts import Account
from ..adoptions import Adoption
from ..balances import Balance
from ..entries import Entry
from ..model import BALANCE_MAX, START, AccountId, EntryId, Position
from ..scope import Needs
from ..standing import Standing
from . import tables as t
from .account_states import decode_account
from .adapter import Adapter
from .codec import decode_entry, decode_private
from .figures import SqlFigures
from .known import Last, Policies
from .links import Link
from .loading import (
    ACCOUNTS,
    ACCOUNTS_NAMED,
    BALANCES,
    BODIES,
    HOLDINGS,
    MANY_POSTINGS,
    NOW,
    PRIVATES,
    PRIVATES_NAMED,
    REPEATED,
    STRAYS,
    Loader,
)
from .protocol import Caches, Line, Private, StoredEntry, StoredPosting
from .query import Query, Rows, Statement, of

# ---------------------------------------------------------------- statements

ADOPTIONS: Final = BODIES.where(
    t.IS_ADOPTION, t.entry.c.position <= bindparam("until")
).order_by(t.entry.c.position)
BODIES_BETWEEN: Final = BODIES.where(
    t.entry.c.position > bindparam("after"), t.entry.c.position <= bindparam("until")
).order_by(t.entry.c.position)
ENTRIES: Final = (
    of(t.entry, *StoredEntry._fields[:-1])
    .where(
        t.entry.c.position > bindparam("after"),
        t.entry.c.position <= bindparam("until"),
    )
    .order_by(t.entry.c.position)
)
POSTINGS: Final = (
    of(t.posting, "position", *StoredPosting._fields)
    .where(
        t.posting.c.position > bindparam("after"),
        t.posting.c.position <= bindparam("until"),
    )
    .order_by(t.posting.c.position, t.posting.c.line)
)
VOIDED: Final = of(t.taken_id, "id", "position")
_made: Final = tuple.__new__
"""Makes a named tuple of what has its length, in half the time that `_make` takes."""
_NO_ROW: Final = (BALANCE_MAX + 1,)
"""What comes after the last posting: one that stands behind every entry."""


# ---------------------------------------------------------------- the reading


@define
class SqlReading:
    """
    One view of one ledger.

    Args:
        link: What it goes through.
        ledger: The ledger's number.
        policies: The policies adopted, as far as they are known.
        adapter: What differs between databases.
    """

    link: Link
    ledger: int
    _policies: Policies
    _adapter: Adapter
    _loader: Loader = field(init=False)

    @_loader.default
    def _over_the_connection(self) -> Loader:
        # by no method of its own: what refers to itself stays until garbage is looked for
        return Loader(partial(self._adapter.fetch, self.link), self.ledger)

    @property
    def head(self) -> Position:
        """The position of the last entry."""
        return _head(self._loader.rows(NOW))

    def adoptions(self) -> Sequence[Adoption]:
        """Return the policies adopted so far."""
        return self._adopted_by(last_adopted(self._loader.rows(NOW)))

    def _adopted_by(self, last: Last) -> tuple[Adoption, ...]:
        """Return the policies up to *last*."""
        found = self._policies.kept.get(last)
        if found is None:
            standing = Standing()
            for position, body in self._loader.rows(ADOPTIONS, until=last[0]):
                standing.apply(decode_entry(body), Position(position))
            found = tuple(standing.adoptions)
            self._policies.keep(last, found)
        return found

    def threads(self, ids: Iterable[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*, as they are now."""
        return self._loader.threads(set(ids))

    def load(self, needs: Needs) -> Standing:
        """Return all that *needs* names."""
        standing, _ = self._loaded(needs)
        return standing

    def past(self, needs: Needs, until: Position) -> Standing:
        """Return what *needs* names of the entries up to *until*."""
        wanted = needs.beside_accounts
        standing = Standing(scope=wanted, head=until)
        Loader(self._loader.fetch, self.ledger, until).fill(standing, wanted)
        return standing

    def _loaded(
        self, needs: Needs, locks: Sequence[Query] = ()
    ) -> tuple[Standing, list[Rows]]:
        """Load all that *needs* names; return the answers to *locks* and `HOLDINGS`, too."""
        standing = Standing(scope=needs)
        # what is found later may be newer than where the journal was seen to end
        first = [*locks, self._loader.query(HOLDINGS, many=needs.accounts)]
        answers = self._loader.fill(standing, needs, first)
        self._loader.holdings(standing, answers[-1])
        standing.adoptions = list(self._adopted_by(last_adopted(answers[-1])))
        return standing, answers

    def entries(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Yield entries after a position."""
        for position, body in self.bodies(after=after, until=until):
            yield position, decode_entry(body)

    def bodies(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, str]]:
        """Yield the bodies after a position."""
        last = BALANCE_MAX if until is None else until
        for position, body in self._stream(BODIES_BETWEEN, after=after, until=last):
            yield Position(position), body

    def _stream(self, statement: Statement, **values: Any) -> Iterator[Any]:  # noqa: ANN401
        query = self._loader.query(statement, **values)
        stream = self._adapter.stream(self.link, query)
        self.link.streams.append(stream)
        # no generator of its own, which would close the cursor when it is let go of: the
        # database may be closed by then
        return iter(stream)

    def accounts(self, ids: Collection[AccountId] | None = None) -> Iterator[Account]:
        """Yield every account, or those of *ids*."""
        rows = (
            self._loader.rows(ACCOUNTS)
            if ids is None
            else self._loader.rows(ACCOUNTS_NAMED, many=frozenset(ids))
        )
        # sorted here: databases differ in what order they take texts to have
        for row in sorted(rows, key=itemgetter(0)):
            yield decode_account(row)

    def balance(
        self,
        account: AccountId,
        unit: str,
        *,
        as_of: Position | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """Return a balance."""
        return SqlFigures(self._loader).balance(
            account, unit, as_of=as_of, effective_on=effective_on
        )

    def statement(
        self,
        account: AccountId,
        unit: str,
        *,
        after: tuple[Position, int],
        limit: int | None,
    ) -> list[Line]:
        """Return postings of *account* in *unit*, paged by key."""
        return SqlFigures(self._loader).statement(
            account, unit, after=after, limit=limit
        )

    def private(self, id: EntryId) -> Private | None:
        """Return the private details of entry *id*."""
        return next((private for _, private in self.privates([id])), None)

    # ------------------------------------------------------------ auditing

    def stored(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[StoredEntry]:
        """Yield entries after a position as they are kept."""
        ends = {"after": after, "until": BALANCE_MAX if until is None else until}
        heads, legs = self._stream(ENTRIES, **ends), self._stream(POSTINGS, **ends)
        leg = next(legs, _NO_ROW)
        for row in heads:
            # by number: by name a column takes as long as all else that is done here
            position, postings = row[0], []
            while leg[0] < position:  # strays
                leg = next(legs, _NO_ROW)
            while leg[0] == position:
                postings.append(_made(StoredPosting, leg[1:]))
                leg = next(legs, _NO_ROW)
            yield _made(StoredEntry, (*row, tuple(postings)))

    def privates(
        self, ids: Collection[EntryId] | None = None
    ) -> Iterator[tuple[EntryId, Private]]:
        """Yield all private details that are left, or those of *ids*."""
        rows = (
            self._stream(PRIVATES)
            if ids is None
            else self._loader.rows(PRIVATES_NAMED, many=frozenset(ids))
        )
        for id, salt, body in rows:
            yield id, Private(salt=bytes(salt), values=decode_private(body))

    def caches(self) -> Caches:
        """Return every cache."""
        taken = self._loader.rows(VOIDED)
        return Caches(
            accounts={account.id: account for account in self.accounts()},
            balances={
                (account, unit): (Balance(free, held), seq)
                for account, unit, free, held, seq in self._loader.rows(BALANCES)
            },
            head=self.head,
            voided={id: Position(position) for id, position in taken},
            policy_position=Position(last_adopted(self._loader.rows(NOW))[0]),
            guards=self._adapter.missing_guards(self.link.connection),
            postings=self._loader.rows(MANY_POSTINGS)[0][0],
            repeated=frozenset(id for (id,) in self._loader.rows(REPEATED)),
        )

    def strays(self) -> Sequence[Position]:
        """Return the positions at which postings are kept and no entry stands."""
        return [Position(each) for (each,) in self._loader.rows(STRAYS)]


def _head(rows: Rows) -> Position:
    """Return where the journal ends, by the answer to `NOW`."""
    return Position(rows[0][2]) if rows else START


def last_adopted(rows: Rows) -> Last:
    """Return which policy was adopted last, by the answer to `NOW`."""
    return (rows[0][0], rows[0][1]) if rows else (START, None)
