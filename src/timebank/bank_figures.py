"""
What a bank can be asked about its books: accounts, balances, entries, policies, proofs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from . import fields, later
from . import operations as ops
from .accounts import Account
from .adoptions import Adoption
from .balances import NO_BALANCE, Balance
from .claims import claim_acted_on
from .entries import Entry, Outcome
from .errors import (
    JournalForked,
    Refused,
    StoreDamaged,
    UnknownAccount,
    UnknownEntry,
    UnknownUnit,
)
from .messages import finding_told
from .model import (
    ACCOUNT_ID,
    BALANCE_MAX,
    START,
    UNIT,
    AccountId,
    EntryId,
    Finding,
    Position,
    Reason,
    Unit,
    clean_id,
)
from .policy.counted import units_of
from .scope import Functions, Needs
from .standing import Standing
from .storage.protocol import Line, Reading, Settings, Store
from .texts import Text

if TYPE_CHECKING:
    from .explain import Explanation
    from .policy.claims import Claim
    from .policy.rules import Policy
    from .proof.verify import Report
    from .view import View


class Figures(ABC):
    """What the books of one ledger say; nothing here writes."""

    __slots__ = ()

    store: Store
    settings: Settings
    functions: Functions

    @property
    def ledger(self) -> str:
        """The ledger's name."""
        return self.settings.name

    @abstractmethod
    def today(self) -> date:
        """Return today in the ledger's time zone."""

    def accounts(self) -> tuple[Account, ...]:
        """Return every account, in order of id."""
        with self.store.reading(self.ledger) as reading:
            return tuple(reading.accounts())

    def balance(
        self,
        account: str,
        unit: str,
        *,
        as_of: int | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """
        Return what *account* has in *unit*, in parts.

        Args:
            account: Whose.
            unit: In what.
            as_of: What was believed after this position.
            effective_on: What counts by the end of this day, as known now (or as of
                *as_of*).

        Raises:
            UnknownAccount: If there is no such account.
            UnknownUnit: If there is no such unit.
            ValueError: If *account* or *unit* could be none, as ids are refused.
            TypeError: If *effective_on* is no date, or *as_of* no whole number.
        """
        if effective_on is not None and type(effective_on) is not date:
            raise TypeError(
                Text(
                    "effective_on must be a date, found {found!r}",
                    "effective_on 须为日期，现为 {found!r}",
                    found=effective_on,
                )
            )
        id, unit = _account(account), _unit_named(unit)
        last = None if as_of is None else _position(as_of)
        with self.store.glance(self.ledger) as books:
            found = books.balance(id, unit, as_of=last, effective_on=effective_on)
        if found != NO_BALANCE:
            return found
        with self.store.reading(self.ledger) as reading:
            _make_sure(reading, id, unit)
            return reading.balance(id, unit, as_of=last, effective_on=effective_on)

    def statement(
        self,
        account: str,
        unit: str,
        *,
        after: tuple[int, int] = (START, -1),
        limit: int | None = None,
    ) -> list[Line]:
        """
        Return the postings of *account* in *unit*, oldest first, with running balances.

        Args:
            account: Whose.
            unit: In what.
            after: The (position, line) of the last line already seen.
            limit: At most so many lines.

        Raises:
            UnknownAccount: If there is no such account.
            UnknownUnit: If there is no such unit.
            ValueError: If *limit* is negative, or as from `balance`.
        """
        if limit is not None and limit < 0:
            raise ValueError(
                Text(
                    "limit must be 0 or more, found {limit}",
                    "limit 须为 0 或以上，现为 {limit}",
                    limit=limit,
                )
            )
        id, unit = _account(account), _unit_named(unit)
        last = _line(after)
        most = None if limit is None else min(limit, BALANCE_MAX)
        with self.store.glance(self.ledger) as books:
            found = books.statement(id, unit, after=last, limit=most)
        if found:
            return found
        with self.store.reading(self.ledger) as reading:
            _make_sure(reading, id, unit)
            return reading.statement(id, unit, after=last, limit=most)

    def standing(self, account: str, *, on: date | None = None) -> View:
        """
        Return all that the books say of *account* on a day (today by default).

        Balances are those of now, whatever the day; levels, facts and the windows of
        measures are those of that day.

        Raises:
            UnknownAccount: If there is no such account.
        """
        day = on or self.today()
        policy, id = self.policy_on(day), _account(account)
        with self.store.reading(self.ledger) as reading:
            standing = reading.load(later.everything_about(id, day, policy))
        standing.functions = self.functions
        if standing.account(id) is None:
            raise UnknownAccount(id)
        return later.view(id, day, policy, standing)

    def entries(
        self, *, after: int = START, last: str | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """
        Yield entries after a position, oldest first.

        A consumer that remembers the last position it saw misses none and sees none
        twice.  One that remembers the id too learns if the books were replaced by an
        older copy of theirs.

        Args:
            after: The last position already seen.
            last: The id of the entry that stood there.

        Raises:
            JournalForked: If the journal ends before *after*, or another entry than
                *last* stands there.
            ValueError: If there is a *last*, and *after* is before the first entry.
        """
        position = _position(after)
        seen = None if last is None else fields.entry(last)
        if seen is not None and position == START:
            raise ValueError(
                Text(
                    "no entry stands at position {start}, found last={last!r}",
                    "第 {start} 条之处没有记录，而 last={last!r}",
                    start=START,
                    last=last,
                )
            )
        with self.store.reading(self.ledger) as reading:
            _follows(reading, position, seen)
            yield from reading.entries(after=position)

    def entry(self, id: str) -> Outcome:
        """
        Return entry *id* and where it stands.

        Raises:
            UnknownEntry: If there is none.
        """
        wanted = fields.entry(id)
        with self.store.reading(self.ledger) as reading:
            found = reading.load(Needs(ids={wanted})).find(wanted)
        if found is None:
            raise UnknownEntry(wanted)
        position, entry = found
        return Outcome(entry=entry, position=position, replayed=True)

    def private(self, id: str) -> Mapping[str, str] | None:
        """Return the private details of entry *id*; *None* if there are none or no more."""
        with self.store.reading(self.ledger) as reading:
            found = reading.private(fields.entry(id))
        return found.values if found else None

    def claims(self, *, on: date | None = None) -> tuple[Claim, ...]:
        """
        Return the claims that wait, each with what it awaits and until when.

        It reads the whole journal.

        Args:
            on: The day by which time has run; today by default.
        """
        books = Standing()
        with self.store.reading(self.ledger) as reading:
            books.adoptions += reading.adoptions()
            for position, entry in reading.entries():
                if entry.waits or claim_acted_on(entry) is not None:
                    books.take_thread(entry, position)
        return tuple(later.open_claims(books, on or self.today()))

    def ranking(
        self, name: str, *, on: date, as_of: int | None = None
    ) -> ops.PublishRanking:
        """
        Return the list that ranking *name* of the policy comes to, and record nothing.

        Args:
            name: The policy's ranking.
            on: The day that the values are of: the last of a period.
            as_of: The last position of the journal that counts; the end by default.

        Raises:
            Refused: If the policy of that day has no such ranking.
        """
        policy = self.policy_on(on)
        if name not in policy.rankings:
            known = ", ".join(policy.rankings)
            finding = Finding(
                code="rankings", reason=Reason.NOT_IN_POLICY, wanted=known, found=name
            )
            raise self._refused(later.ranking_ids(name, on)[0], (finding,))
        books = self._folded(as_of)
        return ops.PublishRanking(
            ranking=name,
            through=books.head,
            places=later.ranked(name, on, policy, books),
        )

    def published_ranking(self, name: str, *, on: date) -> Entry | None:
        """
        Return the entry that published ranking *name* of the day *on*, as it counts.

        *None* where none did, where it waits, or was reversed; of a list that was corrected
        it is the correction.
        """
        return later.published(name, self._folded(), on)

    def _folded(self, as_of: int | None = None) -> Standing:
        books = Standing(functions=self.functions)
        for position, entry in self.entries():
            if as_of is not None and position > as_of:
                break
            books.apply(entry, position)
        return books

    def explain(self, id: str) -> Explanation:
        """
        Return why entry *id* is as it is: decided again, with all that was looked at.

        It reads the whole journal once.

        Raises:
            UnknownEntry: If there is none.
        """
        with self.store.reading(self.ledger) as reading:
            return later.explain(reading.entries(), fields.entry(id))

    def verify(self, *, decide_again: bool = False) -> Report:
        """
        Recompute everything from the journal and compare (laws 1 to 9).

        Args:
            decide_again: Also decide every operation again under the policy its entry
                names (law 10).

        Returns:
            What was read and every fault found, in order of position.
        """
        with self.store.reading(self.ledger) as reading:
            return later.verify(
                reading, decide_again=decide_again, functions=self.functions
            )

    def policy_on(self, day: date, body: str | None = None) -> Policy:
        """
        Return the policy that holds on *day*.

        Args:
            day: Which day.
            body: For what is done for this body; for the whole ledger by default.

        Raises:
            Refused: If none does.
        """
        policies = self._standing_of_policies()
        adoption = later.in_force(policies.adoptions, day, body)
        if adoption is None:
            first = min((a.holds_from for a in policies.adoptions), default=None)
            finding = Finding(
                code="policy",
                reason=Reason.POLICY_NONE,
                wanted=first.isoformat() if first else None,
                found=day.isoformat(),
            )
            raise Refused(EntryId("policy"), (finding,))
        return later.compiled(adoption.text)

    @property
    def policy(self) -> Policy:
        """The policy that holds today."""
        return self.policy_on(self.today())

    def policies(self) -> tuple[Policy, ...]:
        """Return the rules of every policy adopted so far, in order."""
        return tuple(later.compiled(adoption.text) for adoption in self.adoptions())

    def adoptions(self) -> tuple[Adoption, ...]:
        """Return every policy adopted so far, in order."""
        return tuple(self._standing_of_policies().adoptions)

    def _standing_of_policies(self) -> Standing:
        with self.store.reading(self.ledger) as reading:
            return Standing(adoptions=list(reading.adoptions()))

    def units(self) -> Mapping[str, Unit]:
        """Return every unit of the ledger; each is the same under all its policies."""
        return units_of(self.adoptions())

    def unit(self, name: str) -> Unit:
        """
        Return the unit *name*.

        Raises:
            UnknownUnit: If no policy of the ledger has it.
        """
        return _unit(name, self.adoptions())

    def names(self) -> Mapping[str, Text]:
        """
        Return what the ledger's policies call their things, by place; later ones prevail.

        ``names["measures.total"].in_("zh")``; what has no text is not there.
        """
        return _names(self.adoptions())

    def told(self, findings: Iterable[Finding]) -> tuple[Text, ...]:
        """
        Return what *findings* say in words, in the units and names of this ledger.

        Each with its code, and in every language: ``text.in_("zh")``.
        """
        adoptions = self.adoptions()
        units, names = units_of(adoptions), _names(adoptions)
        return tuple(finding_told(f, units=units, names=names) for f in findings)

    def _refused(self, id: EntryId, findings: tuple[Finding, ...]) -> Refused:
        """Return the refusal, in the units and names of this ledger."""
        adoptions = self.adoptions()
        return Refused(id, findings, units_of(adoptions), _names(adoptions))


def _account(text: str) -> AccountId:
    return AccountId(clean_id(text, ACCOUNT_ID))


def _unit_named(name: str) -> str:
    """Return *name* as policies write it; what none can is asked of no database."""
    return clean_id(name, UNIT)


def _position(number: int) -> Position:
    """Return *number* as a position; one beyond all that can be stands for the last."""
    if type(number) is not int:
        raise TypeError(
            Text(
                "a position is a whole number, found {number!r}",
                "位置须为整数，现为 {number!r}",
                number=number,
            )
        )
    if number < START:
        raise ValueError(
            Text(
                "positions begin at 1, found {number}",
                "位置从 1 开始，现为 {number}",
                number=number,
            )
        )
    return Position(min(number, BALANCE_MAX))


def _line(after: tuple[int, int]) -> tuple[Position, int]:
    match after:
        case (position, int(line)):
            return _position(position), min(line, BALANCE_MAX)
        case _:
            wanted = Text(
                "the (position, line) of the last line seen",
                "上次所见末行的 (position, line)",
            )
            raise fields.unlike(after, wanted)


def _follows(reading: Reading, after: Position, last: EntryId | None) -> None:
    """Make sure that a consumer who saw *last* at *after* goes on in the same journal."""
    head = reading.head
    if after > head:
        raise JournalForked(after, last, None, head)
    if last is None:
        return
    there = reading.entries(after=Position(after - 1), until=after)
    found = next((entry.id for _, entry in there), None)
    if found is None:
        raise StoreDamaged.missing(after)
    if found != last:
        raise JournalForked(after, last, found, head)


def _names(adoptions: Iterable[Adoption]) -> Mapping[str, Text]:
    return later.names_of(later.compiled(adoption.text) for adoption in adoptions)


def _unit(name: str, adoptions: Iterable[Adoption]) -> Unit:
    units = units_of(adoptions)
    if name not in units:
        raise UnknownUnit(name, tuple(units))
    return units[name]


def _make_sure(reading: Reading, account: AccountId, unit: str) -> None:
    """Make sure that there is such an account, and such a unit."""
    if not any(reading.accounts({account})):
        raise UnknownAccount(account)
    _unit(unit, reading.adoptions())
