"""
The bank: open a ledger, ask something of it, read what it holds.

This is the shell around pure decisions: with `session`, which draws salts and ids, the
only place that knows the clock, begins turns and tries them again.  A request is looked up
by its id, its needs are loaded under lock, it is decided, and the entry is appended, in one
turn.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from . import operations as ops
from .accounts import Account
from .claims import claim_acted_on
from .due import Due, TickReport, let_time_pass
from .entries import Entry, Outcome, Recorded, Refusal, Request
from .errors import (
    BatchRefused,
    CannotJoin,
    JournalForked,
    Refused,
    StorageError,
    StoreDamaged,
    TimebankError,
    UnknownAccount,
    UnknownEntry,
    UnknownUnit,
)
from .explain import Explanation, explain, explain_request
from .model import (
    ACCOUNT_ID,
    ACTOR,
    BALANCE_MAX,
    ENTRY_ID,
    ISSUER,
    LEDGER,
    START,
    AccountId,
    AccountKind,
    EntryId,
    Finding,
    Mode,
    Position,
    Reason,
    Unit,
    clean_id,
)
from .policy.bodies import in_force
from .policy.claims import Claim, open_claims
from .policy.files import compiled, load_policy
from .policy.names import names_of
from .policy.needs import everything_about
from .policy.ranked import ranked, ranking_id, ranking_ids
from .policy.rules import Policy
from .proof.verify import Report, verify
from .scope import NO_FUNCTIONS, Functions, Needs
from .session import Session, new_id, units_of
from .standing import Adoption, Balance, Standing
from .storage.protocol import Joinable, Line, Reading, Settings, Store, Turn
from .storage.urls import open_store
from .texts import Text
from .view import View, view

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
    from sqlalchemy.orm import Session as HostSession

Clock = Callable[[], datetime]
PAUSE_SECONDS_MIN: Final = 0.01
"""The longest pause before the second try; it doubles from try to try."""
PAUSE_SECONDS_MAX: Final = 0.2
"""The longest pause between two tries."""

T = TypeVar("T")


def utc_now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def _actor(text: str) -> str:
    return clean_id(text, ACTOR)


def again(work: Callable[[], T]) -> T:
    """
    Do *work*, and all of it again where something came in between.

    Raises:
        StorageError: If it did, as often as its `tries_max`.
    """
    attempt = 1
    while True:
        try:
            return work()
        except StorageError as error:
            if attempt >= error.tries_max:
                raise
        # those who were turned away together do not come back together
        longest = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN * 2 ** (attempt - 1))
        time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret
        attempt += 1


def in_turn(store: Store, ledger: str, work: Callable[[Turn], T]) -> T:
    """Do *work* in a turn, and all of it `again` where something came in between."""

    def once() -> T:
        with store.turn(ledger) as turn:
            return work(turn)

    return again(once)


def create(
    url: str,
    *,
    ledger: str,
    actor: str,
    time_zone: str = "Asia/Shanghai",
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
        ZoneInfoNotFoundError: If *time_zone* is unknown here.
    """
    settings = Settings(
        name=clean_id(ledger, LEDGER),
        time_zone=ZoneInfo(time_zone).key,
        keep_refusals=keep_refusals,
    )
    store = open_store(url, create=True)
    try:
        again(lambda: store.create(settings))
    except TimebankError:
        store.close()
        raise
    return Bank(
        store=store,
        settings=settings,
        actor=actor,
        clock=clock,
        functions=functions,
    )


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
    """
    store = open_store(url)
    try:
        settings = store.settings(ledger)
    except TimebankError:
        store.close()
        raise
    return Bank(
        store=store,
        settings=settings,
        actor=actor,
        clock=clock,
        functions=functions,
    )


@define
class Bank:
    """
    The books of one ledger.

    Every operation that somebody asks for has a method here (what falls due is asked for
    by `tick`); it takes its fields as arguments, and the same
    three beside them: ``on``, the day the fact counts for; ``id``, chosen by the caller
    from business facts so that a retry is safe (one is made where it is left out); and
    ``actor``, where that is not the bank's own.  It returns an `Outcome`, or raises
    `Refused` with every finding.  `post` does the same for an operation as a value.
    """

    store: Store
    settings: Settings
    actor: str = field(converter=_actor)
    clock: Clock = utc_now
    functions: Functions = field(default=NO_FUNCTIONS, repr=False)
    _zone: ZoneInfo = field(init=False)

    @_zone.default
    def _time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.time_zone)

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

    @property
    def ledger(self) -> str:
        """The ledger's name."""
        return self.settings.name

    def today(self) -> date:
        """Return today in the ledger's time zone."""
        return self._now().on

    def _now(self) -> Recorded:
        at = self.clock().astimezone(UTC)
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
            TypeError: If it is a note of a refusal, which only the bank makes.
        """
        if isinstance(operation, ops.NoteRefusal):
            raise TypeError(
                Text(
                    "the bank notes refusals by itself; nobody asks for it",
                    "退回记录由系统自行登记，不能提出此项请求",
                )
            )
        return Request(
            id=new_id(self.clock()) if id is None else EntryId(id),
            operation=operation,
            effective_on=on,
            actor=self.actor if actor is None else actor,
            private=private or {},
        )

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
        (verdict,) = self.batch([request], atomic=False)
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
            requests = [
                self.request(each.operation, on=each.on, id=each.id, actor=actor)
                for each in due
            ]
            return self._ask(requests, atomic=False, keep_refusals=False)

        return let_time_pass(until, books=books, ask=ask, read=read)

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
        return self._ask(
            tuple(requests), atomic=atomic, keep_refusals=self.settings.keep_refusals
        )

    def _ask(
        self, asked: Sequence[Request], *, atomic: bool, keep_refusals: bool
    ) -> tuple[Outcome | Refusal, ...]:
        def decide_and_append(turn: Turn) -> tuple[Outcome | Refusal, ...]:
            session = self._session(turn, asked, keep_refusals=keep_refusals)
            if atomic and session.refusals:
                raise BatchRefused(session.refusals, session.units(), session.names())
            first = turn.append(session.entries, session.privates)
            return session.outcomes(first)

        return self._in_turn(decide_and_append)

    def _in_turn(self, work: Callable[[Turn], T]) -> T:
        return in_turn(self.store, self.ledger, work)

    def rehearse(self, requests: Iterable[Request]) -> tuple[Outcome | Refusal, ...]:
        """
        Decide many requests, each on what those before it would leave, recording nothing.

        Positions in the outcomes are those the entries would have had.
        """
        with self.store.reading(self.ledger) as reading:
            session = self._session(reading, requests)
            return session.outcomes(Position(reading.head + 1))

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

    def _session(
        self,
        reading: Reading,
        requests: Iterable[Request],
        *,
        keep_refusals: bool | None = None,
    ) -> Session:
        kept = self.settings.keep_refusals if keep_refusals is None else keep_refusals
        session = Session(
            reading=reading,
            recorded=self._now(),
            keep_refusals=kept,
            functions=self.functions,
        )
        session.decide_all(tuple(requests))
        return session

    # ------------------------------------------------------------ policy and accounts

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
            holds_from: The first day it holds; the policy's own by default.
            body: The body it is the policy of; the whole ledger by default.
            id: The adoption's.
            actor: Who adopts it.

        Raises:
            PolicyInvalid: With every mistake and its place.
            Refused: If it would change a unit, or limit an account kept without balances.
        """
        policy = load_policy(text, functions=self.functions)
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
        adoption = in_force(policies, day, body)
        if adoption is None:
            first = min((a.holds_from for a in policies.adoptions), default=None)
            finding = Finding(
                code="policy",
                reason=Reason.POLICY_NONE,
                wanted=first.isoformat() if first else None,
                found=day.isoformat(),
            )
            raise Refused(EntryId("policy"), (finding,))
        return compiled(adoption.text)

    def adoptions(self) -> tuple[Adoption, ...]:
        """Return every policy adopted so far, in order."""
        return tuple(self._standing_of_policies().adoptions)

    def _standing_of_policies(self) -> Standing:
        with self.store.reading(self.ledger) as reading:
            return Standing(adoptions=list(reading.adoptions()))

    def policies(self) -> tuple[Policy, ...]:
        """Return the rules of every policy adopted so far, in order."""
        return tuple(compiled(adoption.text) for adoption in self.adoptions())

    @property
    def policy(self) -> Policy:
        """The policy that holds today."""
        return self.policy_on(self.today())

    def units(self) -> Mapping[str, Unit]:
        """Return every unit of the ledger; each is the same under all its policies."""
        return units_of(self.adoptions())

    def names(self) -> Mapping[str, Text]:
        """
        Return what the ledger's policies call their things, by place; later ones prevail.

        ``names["measures.total"].in_("zh")``; what has no text is not there.
        """
        return names_of(compiled(adoption.text) for adoption in self.adoptions())

    def _refused(self, id: EntryId, findings: tuple[Finding, ...]) -> Refused:
        """Return the refusal, in the units and names of this ledger."""
        adoptions = self.adoptions()
        names = names_of(compiled(adoption.text) for adoption in adoptions)
        return Refused(id, findings, units_of(adoptions), names)

    def unit(self, name: str) -> Unit:
        """
        Return the unit *name*.

        Raises:
            UnknownUnit: If no policy of the ledger has it.
        """
        return _unit(name, self.adoptions())

    def open_account(
        self,
        account: str,
        *,
        on: date,
        kind: str = AccountKind.MEMBER,
        mode: str = Mode.STRICT,
        facts: Mapping[str, ops.FactValue] | None = None,
        sponsor: str | None = None,
        private: Mapping[str, str] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Open an account; *private* holds what may have to be erased, such as a name."""
        operation = ops.OpenAccount(
            account=account,
            kind=kind,
            mode=mode,
            facts=facts or {},
            sponsor=sponsor,
        )
        return self.post(operation, on=on, id=id, actor=actor, private=private)

    def amend_account(
        self,
        account: str,
        facts: Mapping[str, ops.FactValue],
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Change facts that the policy keeps with an account."""
        operation = ops.AmendAccount(account=account, facts=facts)
        return self.post(operation, on=on, id=id, actor=actor)

    def close_account(
        self,
        account: str,
        *,
        on: date,
        cause: str,
        facts: Mapping[str, ops.FactValue] | None = None,
        heir: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Close an account for ever; what it has must have gone somewhere."""
        operation = ops.CloseAccount(
            account=account, cause=cause, facts=facts or {}, heir=heir
        )
        return self.post(operation, on=on, id=id, actor=actor)

    # ------------------------------------------------------------ earning and giving

    def record_service(
        self,
        provider: str,
        service_class: str,
        minutes: int,
        *,
        on: date,
        recipient: str | None = None,
        organiser: str | None = None,
        starts_at: int | None = None,
        event: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        sponsor: str | None = None,
        body: str | None = None,
        evidence: str | None = None,
        private: Mapping[str, str] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Record that *provider* served for *minutes*; see `RecordService`."""
        operation = ops.RecordService(
            provider=provider,
            service_class=service_class,
            minutes=minutes,
            recipient=recipient,
            organiser=organiser,
            starts_at=starts_at,
            event=event,
            facts=facts or {},
            sponsor=sponsor,
            body=body,
            evidence=evidence,
        )
        return self.post(operation, on=on, id=id, actor=actor, private=private)

    def record_mark(
        self,
        member: str,
        mark: str,
        number: int = 1,
        *,
        on: date,
        organiser: str | None = None,
        event: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        recipient: str | None = None,
        sponsor: str | None = None,
        body: str | None = None,
        evidence: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Record something counted that is not time; see `RecordMark`."""
        operation = ops.RecordMark(
            member=member,
            mark=mark,
            number=number,
            organiser=organiser,
            event=event,
            facts=facts or {},
            recipient=recipient,
            sponsor=sponsor,
            body=body,
            evidence=evidence,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def give(
        self,
        payer: str,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Give *amount* parts to another account."""
        operation = ops.Give(
            payer=payer,
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def donate(
        self,
        payer: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Give *amount* parts to the pool that the policy names."""
        operation = ops.Donate(
            payer=payer,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def allocate(
        self,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand *amount* parts from the policy's pool to *payee*."""
        operation = ops.Allocate(
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def share_out(
        self,
        unit: str,
        applicants: Mapping[str, int] | Iterable[ops.Part],
        *,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand out from the policy's pool to *applicants*, as far as it goes."""
        operation = ops.ShareOut(
            unit=unit,
            applicants=applicants,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def grant(
        self,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand *amount* parts from the policy's fund to *payee*."""
        operation = ops.Grant(
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    # ------------------------------------------------------------ redeeming

    def order(
        self,
        payer: str,
        item: str,
        quantity: int = 1,
        *,
        on: date,
        beneficiary: str | None = None,
        merchant: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        cash: int | None = None,
        body: str | None = None,
        payers: Mapping[str, int] | Iterable[ops.Part] = (),
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Set the price of *quantity* of *item* aside, until fulfilled or cancelled."""
        operation = ops.PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            merchant=merchant,
            facts=facts or {},
            cash=cash,
            body=body,
            payers=payers,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def redeem(
        self,
        payer: str,
        item: str,
        quantity: int = 1,
        *,
        on: date,
        beneficiary: str | None = None,
        merchant: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        cash: int | None = None,
        body: str | None = None,
        payers: Mapping[str, int] | Iterable[ops.Part] = (),
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Order and hand over in one step."""
        operation = ops.PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            merchant=merchant,
            delivered=True,
            facts=facts or {},
            cash=cash,
            body=body,
            payers=payers,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def fulfil(
        self,
        order: str,
        quantity: int | None = None,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Take what is held for *quantity* pieces of *order*; for all that are left."""
        operation = ops.FulfilOrder(order=order, quantity=quantity)
        return self.post(operation, on=on, id=id, actor=actor)

    def cancel(
        self, order: str, *, on: date, id: str | None = None, actor: str | None = None
    ) -> Outcome:
        """Give back what *order* still holds."""
        return self.post(ops.CancelOrder(order=order), on=on, id=id, actor=actor)

    # ------------------------------------------------------------ mending and tiers

    def reverse(
        self,
        target: str,
        *,
        on: date,
        authority: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Undo entry *target*; *authority* names who allowed it against a limit."""
        operation = ops.Reverse(target=target, authority=authority)
        return self.post(operation, on=on, id=id, actor=actor)

    def correct(
        self,
        target: str,
        replacement: ops.Movable,
        *,
        on: date,
        authority: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Undo entry *target* and put *replacement* in its place, on the day *on*."""
        operation = ops.Correct(
            target=target, replacement=replacement, authority=authority
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def void(
        self, voided: str, *, on: date, id: str | None = None, actor: str | None = None
    ) -> Outcome:
        """Take the id *voided* before its entry arrives, so that it is refused."""
        return self.post(ops.VoidId(voided=voided), on=on, id=id, actor=actor)

    def set_tier(
        self,
        account: str,
        ladder: str,
        level: str | None = None,
        *,
        on: date,
        action: str = ops.TierAction.GRANT,
        until: date | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """
        Grant *level* of *ladder*, or suspend or withdraw the one held.

        Where the policy gives the level a term, *until* is the last day on which it holds.
        """
        operation = ops.SetTier(
            account=account,
            ladder=ladder,
            action=action,
            level=level,
            until=until,
            facts=facts or {},
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def apply_for(
        self,
        account: str,
        ladder: str,
        level: str,
        *,
        on: date,
        until: date | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Apply for *level* of *ladder* in the name of *account*."""
        operation = ops.Apply(
            account=account,
            ladder=ladder,
            level=level,
            until=until,
            facts=facts or {},
        )
        return self.post(operation, on=on, id=id, actor=actor)

    # ------------------------------------------------------------ claims

    def confirm(
        self,
        claim: str,
        step: str,
        *,
        role: str,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """
        Confirm *step* of a claim, acting as *role*; the last one lets the claim count.

        It counts on the day the bank learns of it, whatever the day *on* (today by
        default).  Who acts is *actor*, and the host vouches that they are what *role* says.
        """
        operation = ops.ConfirmStep(claim=claim, step=step, role=role)
        return self.post(
            operation, on=on or self.today(), id=id, actor=actor, private=private
        )

    def object_to(
        self,
        claim: str,
        step: str,
        *,
        role: str | None = None,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Say no to a claim at *step*; the reason is for *private*, see `confirm`."""
        operation = ops.ObjectToStep(claim=claim, step=step, role=role)
        return self.post(
            operation, on=on or self.today(), id=id, actor=actor, private=private
        )

    def withdraw(
        self,
        claim: str,
        *,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Take back a claim of one's own that waits."""
        operation = ops.WithdrawClaim(claim=claim)
        return self.post(operation, on=on or self.today(), id=id, actor=actor)

    def settle(
        self,
        claim: str,
        *,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Let one claim count, or not, on which time has decided; `tick` does all."""
        operation = ops.SettleClaim(claim=claim)
        return self.post(operation, on=on or self.today(), id=id, actor=actor)

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
        return tuple(open_claims(books, on or self.today()))

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
            raise self._refused(ranking_ids(name, on)[0], (finding,))
        books = Standing(functions=self.functions)
        for position, entry in self.entries():
            if as_of is not None and position > as_of:
                break
            books.apply(entry, position)
        return ops.PublishRanking(
            ranking=name,
            through=books.head,
            places=ranked(name, on, policy, books),
        )

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
            threads = reading.threads(ranking_ids(name, on))
        return self.post(
            operation, on=on, id=ranking_id(threads, name, on), actor=actor
        )

    # ------------------------------------------------------------ reading

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
        with self.store.reading(self.ledger) as reading:
            _known(reading, _account(account))
            _unit(unit, reading.adoptions())
            return reading.balance(
                _account(account),
                unit,
                as_of=None if as_of is None else _position(as_of),
                effective_on=effective_on,
            )

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
            ValueError: If *limit* is negative.
        """
        if limit is not None and limit < 0:
            raise ValueError(
                Text(
                    "limit must be 0 or more, found {limit}",
                    "limit 须为 0 或以上，现为 {limit}",
                    limit=limit,
                )
            )
        with self.store.reading(self.ledger) as reading:
            _known(reading, _account(account))
            _unit(unit, reading.adoptions())
            last = _position(after[0]), min(after[1], BALANCE_MAX)
            most = None if limit is None else min(limit, BALANCE_MAX)
            return reading.statement(_account(account), unit, after=last, limit=most)

    def standing(self, account: str, *, on: date | None = None) -> View:
        """
        Return all that the books say of *account* on a day (today by default).

        Balances and levels granted are those of now, whatever the day; windows of
        measures are those around it.

        Raises:
            UnknownAccount: If there is no such account.
        """
        day = on or self.today()
        policy, id = self.policy_on(day), _account(account)
        with self.store.reading(self.ledger) as reading:
            standing = reading.load(everything_about(id, day, policy))
        standing.functions = self.functions
        if standing.account(id) is None:
            raise UnknownAccount(id)
        return view(id, day, policy, standing)

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
        seen = None if last is None else _entry(last)
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
        wanted = _entry(id)
        with self.store.reading(self.ledger) as reading:
            found = reading.load(Needs(ids=frozenset({wanted}))).find(wanted)
        if found is None:
            raise UnknownEntry(wanted)
        position, entry = found
        return Outcome(entry=entry, position=position, replayed=True)

    def explain(self, id: str) -> Explanation:
        """
        Return why entry *id* is as it is: decided again, with all that was looked at.

        It reads the whole journal once.

        Raises:
            UnknownEntry: If there is none.
        """
        with self.store.reading(self.ledger) as reading:
            return explain(reading.entries(), _entry(id))

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
            return explain_request(reading.entries(), request, self._now())

    def private(self, id: str) -> Mapping[str, str] | None:
        """Return the private details of entry *id*; *None* if there are none or no more."""
        with self.store.reading(self.ledger) as reading:
            found = reading.private(_entry(id))
        return found.values if found else None

    def erase(self, id: str) -> bool:
        """
        Erase the private details of entry *id*, with their salt, for ever.

        The entry and its commitment stay as they are.

        Returns:
            Whether there were any.
        """
        wanted, erased = _entry(id), False

        def erase(turn: Turn) -> bool:
            # asked again, because the answer was lost, it finds them gone already
            nonlocal erased
            erased = turn.erase(wanted) or erased
            return erased

        return self._in_turn(erase)

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
            return verify(reading, decide_again=decide_again, functions=self.functions)


def _account(text: str) -> AccountId:
    return AccountId(clean_id(text, ACCOUNT_ID))


def _entry(text: str) -> EntryId:
    return EntryId(clean_id(text, ENTRY_ID))


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


def _unit(name: str, adoptions: Iterable[Adoption]) -> Unit:
    units = units_of(adoptions)
    if name not in units:
        raise UnknownUnit(name, tuple(units))
    return units[name]


def _known(reading: Reading, account: AccountId) -> None:
    standing = reading.load(Needs(accounts=frozenset({account})))
    if standing.account(account) is None:
        raise UnknownAccount(account)
