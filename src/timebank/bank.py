"""
The bank: ask something of a ledger, read what it holds.

This is the shell around pure decisions: with `session`, which draws salts and ids, the
only place that knows the clock, and decides in turns.  A request is looked up by its id, its
needs are loaded under lock, it is decided, and the entry is appended, in one turn, which is
done again where something came in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from . import fields, later
from . import operations as ops
from .bank_figures import Figures
from .bank_operations import Operations
from .entries import Entry, Outcome, Recorded, Refusal, Request, check_new
from .errors import (
    BatchRefused,
    CannotJoin,
    Refused,
    UnknownTimeZone,
)
from .gathering import Gathering
from .model import (
    ISSUER,
    EntryId,
    Mode,
    Position,
)
from .retries import again
from .scope import NO_FUNCTIONS, Functions
from .standing import Standing
from .storage.protocol import Joinable, Reading, Settings, Store
from .texts import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
    from sqlalchemy.orm import Session as HostSession

    from .due import Due, TickReport
    from .explain import Explanation
    from .session import Session

Clock = Callable[[], datetime]
T = TypeVar("T")


def utc_now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


_REQUEST: Final = Text(
    "a request, as bank.request(operation, on=…) makes it",
    "请求，如 bank.request(operation, on=…) 所得",
)


def _requests(given: Iterable[Request]) -> tuple[Request, ...]:
    asked = tuple(given)
    for each in asked:
        if not isinstance(each, Request):
            raise fields.unlike(each, _REQUEST)
    return asked


def zone_named(name: str) -> ZoneInfo:
    """
    Return the time zone *name*.

    Raises:
        UnknownTimeZone: If this machine does not know it.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnknownTimeZone(name) from None


@define
class Bank(Operations, Figures):
    """
    The books of one ledger.

    Every operation that somebody asks for has a method, in `Operations`; `post` asks for
    one as a value, `batch` for many, and `tick` for what has fallen due.  What the books
    say is in `Figures`.
    """

    store: Store
    settings: Settings
    actor: str = field(converter=fields.actor)
    clock: Clock = utc_now
    functions: Functions = field(default=NO_FUNCTIONS, repr=False)
    _zone: ZoneInfo = field(init=False)
    _gathering: Gathering[Request, Outcome | Refusal] = field(
        factory=Gathering, init=False, eq=False, repr=False
    )

    @_zone.default
    def _time_zone(self) -> ZoneInfo:
        return zone_named(self.settings.time_zone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def within(self, host: Connection | HostSession) -> Bank:
        """
        Return the same bank inside a transaction that the host began, in the same database.

        A platform's row and its entry then become true together, or not at all.  The bank
        never commits, rolls back or retries there.  A refusal leaves the transaction as it
        was, and so does any other error of ours: what the call did by then is undone.
        From the first posting to the host's commit nobody else can write in this ledger,
        so hosts post last, and in one batch.

        Args:
            host: A SQLAlchemy connection or session on the database of the books.

        Raises:
            CannotJoin: Here or from any operation, if the books are in memory, or *host*
                has no transaction that they can be kept in; the text says what to do.
            RetryTransaction: From any operation, if the host has to begin again.
        """
        if not isinstance(self.store, Joinable):
            raise CannotJoin(
                Text(
                    "{store} has no database transactions",
                    "{store} 没有数据库事务",
                    store=type(self.store).__name__,
                ),
                Text("open the books in a database", "请在数据库中打开账本"),
            )
        return evolve(self, store=self.store.within(host))

    async def within_async(
        self, host: AsyncConnection | AsyncSession, work: Callable[[Bank], T]
    ) -> T:
        """
        Do *work* with the same bank inside a transaction that an asynchronous host began.

        It is `within`, and *work* is written as for it; the event loop goes on whenever
        the database is waited for.  ``await bank.within_async(session, lambda books:
        books.record_service(…))``

        Args:
            host: An asynchronous SQLAlchemy connection or session on the database of the
                books.
            work: Is given the bank, and must not keep it.

        Returns:
            What *work* returns.

        Raises:
            CannotJoin: As from `within`.
            RetryTransaction: As from `within`.
        """
        if not hasattr(host, "run_sync"):
            raise CannotJoin(
                Text(
                    "{host} is no asynchronous SQLAlchemy connection or session",
                    "{host} 不是异步的 SQLAlchemy 连接或会话",
                    host=type(host).__name__,
                ),
                Text("use within() for one that is not", "非异步的请用 within()"),
            )

        def inside(joined: Connection | HostSession) -> T:
            return work(self.within(joined))

        return await host.run_sync(inside)

    def today(self) -> date:
        """Return today in the ledger's time zone."""
        return self._now().on

    def _now(self) -> Recorded:
        told = self.clock()
        if told.tzinfo is None:
            # Python would take it for the time of wherever this machine is set up
            raise ValueError(
                Text(
                    "the clock must tell the time zone too, as datetime.now(UTC) does; "
                    "found {told}",
                    "时钟须带时区，如 datetime.now(UTC)；现为 {told}",
                    told=told,
                )
            )
        at = told.astimezone(UTC)
        return Recorded(at=at, on=at.astimezone(self._zone).date())

    # ------------------------------------------------------------ asking

    def request(
        self,
        operation: ops.Operation,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Request:
        """
        Return *operation* as a request of this bank's, for `batch` and `rehearse`.

        Raises:
            TypeError: If it is no operation, or a note of a refusal, which only the bank
                makes.
            ValueError: If the id, an account to be opened, or who asks, holds what cannot
                be seen, or a fact is told twice.
        """
        ops.check_operation(operation)
        if isinstance(operation, ops.NoteRefusal):
            raise TypeError(
                Text(
                    "the bank notes refusals by itself; nobody asks for it",
                    "退回记录由系统自行登记，不能提出此项请求",
                )
            )
        request = Request(
            id=later.new_id(self.clock()) if id is None else EntryId(id),
            operation=operation,
            effective_on=on,
            actor=self.actor if actor is None else actor,
            private=private or {},
        )
        check_new(request)
        return request

    def post(
        self,
        operation: ops.Operation,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """
        Ask for *operation* and record it.

        Raises:
            Refused: With every finding; nothing moved.
        """
        request = self.request(operation, on=on, id=id, actor=actor, private=private)
        verdict = self._alone(request)
        if isinstance(verdict, Refusal):
            raise self._refused(verdict.id, verdict.findings)
        return verdict

    def tick(
        self, until: date | None = None, *, actor: str | None = None
    ) -> TickReport:
        """
        Record what has fallen due by a day: time passes only by entries.

        It reads the journal once and asks for each thing on its own, in batches, under an
        id that follows from the books.  Run late, twice, or by two at once, it changes
        nothing that is done; broken off, the next run goes on.  What the rules refuse
        stays due, is in the report, and is not kept in the journal.

        Args:
            until: The last day that counts; today by default.
            actor: Who lets time pass, where that is not the bank's own.

        Raises:
            ValueError: If *until* is still to come.
        """
        today = self.today()
        until = today if until is None else until
        if type(until) is not date:
            raise fields.unlike(until, Text("a date", "日期"))
        if until > today:
            raise ValueError(
                Text(
                    "{until} is yet to come; today is {today}",
                    "日期 {until} 尚未到来；今天是 {today}",
                    until=until,
                    today=today,
                )
            )

        books = Standing(functions=self.functions)

        def read(books: Standing) -> Iterator[Entry]:
            with self.store.reading(self.ledger) as reading:
                for position, entry in reading.entries(after=Position(books.head)):
                    books.apply(entry, position)
                    yield entry

        def ask(due: Sequence[Due]) -> tuple[Outcome | Refusal, ...]:
            # past what is looked at of what people ask: of old accounts it may not be so
            requests = [
                Request(
                    id=each.id,
                    operation=each.operation,
                    effective_on=each.on,
                    actor=self.actor if actor is None else actor,
                )
                for each in due
            ]
            return self._ask(requests, keep_refusals=False)

        return later.let_time_pass(until, books=books, ask=ask, read=read)

    def batch(
        self, requests: Iterable[Request], *, atomic: bool = True
    ) -> tuple[Outcome | Refusal, ...]:
        """
        Decide many requests in one turn, each on what those before it left.

        Args:
            requests: In order.
            atomic: All or nothing; else each on its own.

        Returns:
            An outcome or, unless *atomic*, a refusal for each request, in order.

        Raises:
            BatchRefused: If *atomic* and any was refused; nothing was recorded, refusals
                neither.
        """
        asked = _requests(requests)
        if len(asked) == 1 and not atomic:
            return (self._alone(*asked),)
        return self._ask(asked, atomic=atomic)

    def _alone(self, request: Request) -> Outcome | Refusal:
        """Decide one request that stands on its own, with what others ask meanwhile."""
        if self.store.shares_turns:
            return self._gathering.ask(request, self._ask)
        return self._ask((request,))[0]

    @again
    def _ask(
        self,
        asked: Sequence[Request],
        *,
        atomic: bool = False,
        keep_refusals: bool | None = None,
    ) -> tuple[Outcome | Refusal, ...]:
        with self.store.turn(self.ledger) as turn:
            session = self._decided(asked, turn, keep_refusals=keep_refusals)
            if atomic and session.refusals:
                raise BatchRefused(session.refusals, session.units(), session.names())
            first = turn.append(session.taken, session.privates, last=True)
            return session.verdicts_from(first)

    def rehearse(self, requests: Iterable[Request]) -> tuple[Outcome | Refusal, ...]:
        """
        Decide many requests, each on what those before it would leave, recording nothing.

        Positions in the outcomes are those the entries would have had.
        """
        asked = _requests(requests)
        with self.store.reading(self.ledger) as reading:
            return tuple(self._decided(asked, reading).verdicts)

    def check(
        self,
        operation: ops.Operation,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome | Refusal:
        """Return what `post` would, recording nothing."""
        return self.rehearse([self.request(operation, on=on, id=id, actor=actor)])[0]

    def _decided(
        self,
        requests: Sequence[Request],
        reading: Reading,
        *,
        keep_refusals: bool | None = None,
    ) -> Session:
        return later.decided(
            requests,
            reading,
            self._now(),
            keep_refusals=self.settings.keep_refusals
            if keep_refusals is None
            else keep_refusals,
            functions=self.functions,
        )

    # ------------------------------------------------------------ policies and rankings

    def adopt(
        self,
        text: str,
        *,
        on: date,
        holds_from: date | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """
        Put a policy in force, and open the accounts it names that are not open yet.

        Args:
            text: The policy file.
            on: The day it was adopted.
            holds_from: The first day it holds; the policy's own by default.  Where that is
                before *on*, and another held, a finding notes it.
            body: The body it is the policy of; the whole ledger by default.
            id: The adoption's.
            actor: Who adopts it.

        Raises:
            PolicyInvalid: With every mistake and its place.
            Refused: If it would change a unit, or limit an account kept without balances.
        """
        policy = later.load_policy(text, functions=self.functions)
        adoption = ops.AdoptPolicy(
            text=text, holds_from=holds_from or policy.policy.from_, body=body
        )
        request = self.request(adoption, on=on, id=id, actor=actor)
        named = policy.named_accounts()
        while True:
            known = named.keys() & {account.id for account in self.accounts()}
            openings = [
                ops.OpenAccount(
                    account=account,
                    kind=kind,
                    mode=Mode.APPEND if account == ISSUER else Mode.STRICT,
                )
                for account, kind in named.items()
                if account not in known
            ]
            requests = [
                self.request(opening, on=on, id=f"open/{opening.account}", actor=actor)
                for opening in openings
            ]
            try:
                outcome = self.batch([request, *requests])[0]
                break
            except BatchRefused as error:
                # somebody else may have opened one of them meanwhile
                if known == named.keys() & {account.id for account in self.accounts()}:
                    first = error.refusals[0]
                    raise Refused(
                        first.id, first.findings, error.units, error.names
                    ) from None
        assert isinstance(outcome, Outcome), "an atomic batch returns only outcomes"  # noqa: S101
        return outcome

    def publish_ranking(
        self,
        name: str,
        *,
        on: date,
        as_of: int | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """
        Publish what `ranking` returns; a ranking of one day is published once.

        Where a procedure stands before it, it is a claim until that is gone through; one
        that was objected to is void, and another list can be published.
        """
        operation = self.ranking(name, on=on, as_of=as_of)
        with self.store.reading(self.ledger) as reading:
            threads = reading.threads(later.ranking_ids(name, on))
        return self.post(
            operation, on=on, id=later.ranking_id(threads, name, on), actor=actor
        )

    def explain_request(
        self,
        operation: ops.Operation,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Explanation:
        """Return what `post` would do and why, recording nothing; it reads the journal."""
        request = self.request(operation, on=on, id=id, actor=actor)
        with self.store.reading(self.ledger) as reading:
            return later.explain_request(reading.entries(), request, self._now())

    def erase(self, id: str) -> bool:
        """
        Erase the private details of entry *id*, with their salt, for ever.

        The entry and its commitment stay as they are.

        Returns:
            Whether there were any.
        """
        wanted, erased = fields.entry(id), False

        @again
        def once() -> bool:
            nonlocal erased
            with self.store.turn(self.ledger) as turn:
                # again, because the answer was lost, it finds them gone already
                erased = turn.erase(wanted) or erased
            return erased

        return once()
