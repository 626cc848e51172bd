"""
A platform on FastAPI: its row and the entry become true in one transaction.

`play` lets a volunteer serve, redeem and be refused, and shows every answer;
``python examples/platforms.py fastapi`` runs it.  To serve the platform instead, with the
pages that FastAPI makes of it::

    uvicorn --app-dir examples --factory fastapi_platform.app:create_app
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Final, TypeVar

import httpx
from attrs import frozen
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StrictInt
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import timebank
from timebank import Bank, Outcome, Refused
from timebank.errors import (
    BadUrl,
    NoLedger,
    RetryTransaction,
    SchemaUnknown,
    may_begin_again,
)
from timebank.messages import Language, finding_text

LEDGER: Final = "fastapi"
ATTEMPTS_MAX: Final = 5
"""How often a transaction that met another is begun before the client is asked to wait."""
PAUSE_SECONDS_MAX: Final = 0.2

T = TypeVar("T")

# ---------------------------------------------------------------- the platform's tables


class Table(DeclarativeBase):
    """The platform's own tables; timebank's stand beside them."""


class Member(Table):
    """A member, and the day on which they joined."""

    __tablename__ = "fastapi_member"

    id: Mapped[str] = mapped_column(primary_key=True)
    joined_on: Mapped[str]


class Visit(Table):
    """A visit that was paid; its id is the key under which the client reported it."""

    __tablename__ = "fastapi_visit"

    id: Mapped[str] = mapped_column(primary_key=True)
    volunteer: Mapped[str]
    paid_on: Mapped[str]
    note: Mapped[str]


class Pickup(Table):
    """Something that was handed to a member, and the day on which they asked for it."""

    __tablename__ = "fastapi_pickup"

    id: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str]
    item: Mapped[str]
    asked_on: Mapped[str]


# ---------------------------------------------------------------- its database


def open_bank(url: str) -> Bank:
    """Return the books, made and given their policy if this is the first time."""
    try:
        return timebank.open(url, ledger=LEDGER, actor="platform")
    except (BadUrl, NoLedger, SchemaUnknown):
        bank = timebank.create(url, ledger=LEDGER, actor="platform")
        bank.adopt(timebank.programme("guangzhou"), on=date(2025, 1, 2), id="adopt/1")
        return bank


def open_engine(url: str) -> AsyncEngine:
    """Return the platform's own way to the same database."""
    scheme, _, rest = url.partition("://")
    driver = "sqlite+aiosqlite" if scheme == "sqlite" else "postgresql+psycopg"
    engine = create_async_engine(f"{driver}://{rest}")
    if scheme == "sqlite":
        event.listen(engine.sync_engine, "connect", _never_late)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _never_late(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
    # left to itself the driver begins a transaction late, and for a savepoint not at all
    connection.isolation_level = None


def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    # whoever will write waits for its turn here, and not when it is too late to wait
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@frozen
class Platform:
    """
    What a request needs.

    Args:
        bank: The books.
        sessions: Makes sessions on the platform's database, which is that of the books.
    """

    bank: Bank
    sessions: async_sessionmaker[AsyncSession]

    async def transaction(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """
        Do *work* in one transaction, and all of it again where it met another.

        Raises:
            RetryTransaction: If it did so `ATTEMPTS_MAX` times; nothing was recorded.
        """
        attempt = 1
        while True:
            try:
                async with self.sessions.begin() as session:
                    return await work(session)
            except (RetryTransaction, DBAPIError) as error:
                # at the same moment another request may have written the same key
                same_key = isinstance(error, IntegrityError)
                if not (same_key or may_begin_again(error)):
                    raise
                if attempt == ATTEMPTS_MAX:
                    raise RetryTransaction(str(error)) from error
            await asyncio.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311
            attempt += 1


# ---------------------------------------------------------------- requests


class VisitReport(BaseModel):
    """A visit, as the volunteer's app reports it."""

    volunteer: str
    service_class: str = "care"
    minutes: StrictInt
    paid_on: date
    note: str = ""


class Wish(BaseModel):
    """What a member asks for at the counter."""

    member: str
    item: str


Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=80)]


def platform_of(request: Request) -> Platform:
    """Return the platform that serves *request*."""
    platform: Platform = request.app.state.platform
    return platform


Here = Annotated[Platform, Depends(platform_of)]
routes = APIRouter()


@routes.put("/members/{member}")
async def join(member: str, here: Here, response: Response) -> dict[str, Any]:
    """Open a member's account; once, however often it is asked."""

    async def work(session: AsyncSession) -> Outcome:
        row = await session.get(Member, member)
        if row is None:
            row = Member(id=member, joined_on=here.bank.today().isoformat())
            session.add(row)
        # asked again tomorrow, it is still the request of today
        joined_on = date.fromisoformat(row.joined_on)
        await session.flush()
        return await here.bank.within_async(
            session,
            lambda books: books.open_account(member, on=joined_on, id=f"open/{member}"),
        )

    return receipt(await here.transaction(work), response)


@routes.post("/visits")
async def visit(
    report: VisitReport, key: Key, here: Here, response: Response
) -> dict[str, Any]:
    """Keep a visit, and credit the volunteer for it."""

    def credit(books: Bank) -> Outcome:
        return books.record_service(
            report.volunteer,
            report.service_class,
            report.minutes,
            on=report.paid_on,
            id=f"visit/{key}",
        )

    async def work(session: AsyncSession) -> Outcome:
        if await session.get(Visit, key) is None:
            day = report.paid_on.isoformat()
            session.add(
                Visit(id=key, volunteer=report.volunteer, paid_on=day, note=report.note)
            )
        # the books come last: from there to the commit nobody else writes in them
        await session.flush()
        return await here.bank.within_async(session, credit)

    return receipt(await here.transaction(work), response)


@routes.post("/pickups")
async def pick_up(
    wish: Wish, key: Key, here: Here, response: Response
) -> dict[str, Any]:
    """Hand something out, and take its price."""

    async def work(session: AsyncSession) -> Outcome:
        row = await session.get(Pickup, key)
        if row is None:
            day = here.bank.today().isoformat()
            row = Pickup(id=key, member=wish.member, item=wish.item, asked_on=day)
            session.add(row)
        asked_on = date.fromisoformat(row.asked_on)
        await session.flush()
        return await here.bank.within_async(
            session,
            lambda books: books.redeem(
                wish.member, wish.item, on=asked_on, id=f"pickup/{key}"
            ),
        )

    return receipt(await here.transaction(work), response)


@routes.get("/members/{member}")
def balances(member: str, here: Here) -> dict[str, int]:
    """Return what a member may use, in parts of each unit; FastAPI runs it in a thread."""
    return {unit: here.bank.balance(member, unit).free for unit in here.bank.units()}


def receipt(outcome: Outcome, response: Response) -> dict[str, Any]:
    """Return what a client keeps; 201 for what is new, 200 for what was there."""
    response.status_code = 200 if outcome.replayed else 201
    return {"entry": outcome.entry.id, "position": outcome.position}


# ---------------------------------------------------------------- answers that say no


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Say which rules forbade it, in the client's language."""
    assert isinstance(error, Refused)  # noqa: S101 - it is registered for these
    chinese = request.headers.get("Accept-Language", "").lower().startswith("zh")
    language = Language.ZH if chinese else Language.EN
    findings = [
        {
            "code": finding.code,
            "reason": finding.reason,
            "text": finding_text(
                finding, language=language, units=error.units, names=error.names
            ),
        }
        for finding in error.findings
    ]
    return JSONResponse({"findings": findings}, status_code=409)


async def too_busy(_: Request, error: Exception) -> JSONResponse:
    """Ask the client to come again with the same key."""
    return JSONResponse(
        {"detail": str(error)}, status_code=503, headers={"Retry-After": "1"}
    )


# ---------------------------------------------------------------- the application


def create_app(url: str = "sqlite:///fastapi_platform.db") -> FastAPI:
    """Return the platform on the database at *url*."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        bank = open_bank(url)
        engine = open_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        app.state.platform = Platform(bank, async_sessionmaker(engine))
        try:
            yield
        finally:
            await engine.dispose()
            bank.close()

    app = FastAPI(title="A platform with a time bank", lifespan=lifespan)
    app.include_router(routes)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RetryTransaction, too_busy)
    return app


# ---------------------------------------------------------------- a day on it


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that speaks to *app* without a network."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://platform"
        ) as client,
    ):
        yield client


async def play(url: str) -> None:
    """Let a volunteer serve, redeem and be refused, and show what was answered."""
    async with client_of(create_app(url)) as client:

        async def ask(method: str, path: str, **more: Any) -> None:  # noqa: ANN401
            answer = await client.request(method, path, **more)
            print(f"{method} {path} → {answer.status_code}\n    {answer.text}")

        report = {"volunteer": "gz-001", "minutes": 170, "paid_on": "2025-03-01"}
        await ask("PUT", "/members/gz-001")
        for _ in range(2):  # the answer to the first was lost
            headers = {"Idempotency-Key": "app-7/1"}
            await ask("POST", "/visits", json=report, headers=headers)
        await ask("GET", "/members/gz-001")
        for language in ("en", "zh-CN"):
            headers = {"Idempotency-Key": "counter/1", "Accept-Language": language}
            wish = {"member": "gz-001", "item": "rice"}
            await ask("POST", "/pickups", json=wish, headers=headers)
