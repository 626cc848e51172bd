"""
A turn of the SQL store: a reading that locks what it loads, and adds to the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, field
from sqlalchemy import bindparam, delete

from ..adoptions import Adoption
from ..errors import Overtaken
from ..model import EntryId, Position
from ..scope import Needs
from ..standing import Standing, Taken
from . import tables as t
from .loading import LOCKED
from .protocol import Private
from .query import LEDGER, Places, Query
from .reading import SqlReading, last_adopted
from .seen import Seen, locked_besides, seen, take_head, take_head_again, to_lock
from .writing import written

ERASE: Final = (
    delete(t.private)
    .where(t.private.c.ledger == LEDGER, t.private.c.id == bindparam("erased"))
    .returning(t.private.c.id)
)


@define
class SqlTurn(SqlReading):
    """One transaction on one ledger."""

    _seen: Seen | None = field(default=None, init=False)
    _last: int | None = field(default=None, init=False)

    # ------------------------------------------------------------ reading

    def adoptions(self) -> Sequence[Adoption]:
        """Return the policies adopted, as far as they are known: `load` knows better."""
        known = self._policies.latest
        return super().adoptions() if known is None else known

    def load(self, needs: Needs) -> Standing:
        """
        Return all that *needs* names, locked until the turn ends.

        Raises:
            Overtaken: If an account was opened while the turn waited for its locks.
        """
        if self._adapter.alone:
            standing, _ = self._loaded(needs)
        else:
            besides = locked_besides(needs)
            lock = self._loader.query(LOCKED, many=needs.accounts, besides=besides)
            standing, (locked, found) = self._loaded(needs, [lock])
            # who waited for a lock saw what was there before; what is read next is newer
            if to_lock(standing, needs.accounts - {id for (id,) in locked}, besides):
                raise Overtaken
            position, _ = last_adopted(found)
            self._seen = seen(standing, needs, position, self._loader.unlocked)
        self._last = standing.head
        return standing

    # ------------------------------------------------------------ writing

    def append(
        self,
        several: Sequence[Taken],
        privates: Mapping[EntryId, Private],
        *,
        last: bool = False,
    ) -> Position:
        """
        Add entries, all in one round trip, and the commit if they are the *last*.

        Raises:
            Overtaken: If something that was read without a lock has changed meanwhile, or
                what was appended before does not stand where it was thought to.
        """
        if not several:
            # what was loaded knows the head; who loaded nothing has to ask for it
            return Position(1 + (self.head if self._last is None else self._last))
        many, before = len(several), several[0].position - 1
        if self._last not in (None, before):
            # others came in between, and what acts on what was appended says where that
            # was thought to come to stand
            raise Overtaken
        places = Places(ledger=self.ledger, before=before, many=many)
        moved, added = written(several, privates, self._adapter.insert, places)
        # on PostgreSQL when nothing else is left to wait for
        taken = (
            take_head(self.ledger, many)
            if self._seen is None
            else take_head_again(self.ledger, many, self._seen)
        )
        first, in_the_end = [*moved, *taken], list[Query]()
        if last:
            if len(str(places.last)) > len(str(before)):
                in_the_end += self._adapter.grown
            in_the_end += self._adapter.commit
        answers = self._loader.fetch([*first, *added, *in_the_end])
        ((head,),) = answers[len(first) - 1]
        self._last = head
        # from here on nobody else records anything until the turn ends
        self._seen = None
        return Position(head - many + 1)

    def erase(self, id: EntryId) -> bool:
        """Delete the private details of entry *id*."""
        return bool(self._loader.rows(ERASE, erased=id))
