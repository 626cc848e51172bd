"""Three platforms, each with its rows and its entries in the same transactions."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date

import django
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from sqlalchemy import func, select

import timebank

from .conftest import EXAMPLES, load

pytestmark = pytest.mark.slow

if not settings.configured:
    settings.configure(USE_TZ=True)
    django.setup()

MARCH = date(2025, 3, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The database of the platform, and of its books."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'platform.db'}"
    return request.getfixturevalue("postgresql_url")


@contextmanager
def books_of(url, ledger):
    with timebank.open(url, ledger=ledger, actor="test") as bank:
        yield bank
        assert bank.verify(decide_again=True).sound


def ids(bank, prefix):
    return [entry.id for _, entry in bank.entries() if entry.id.startswith(prefix)]


def test_one_command_plays_them_all_and_again_on_the_same_database(url):
    script = [sys.executable, str(EXAMPLES / "platforms.py"), "--url", url]

    once, again = (
        subprocess.run(script, capture_output=True, encoding="utf-8", check=False)
        for _ in range(2)
    )

    assert (once.returncode, once.stderr) == (again.returncode, again.stderr) == (0, "")
    for shown in (once.stdout, again.stdout):
        assert "星级 至少须为 一星" in shown
        assert "the audit finds no fault" in shown
    for ledger in ("fastapi", "session", "django"):
        with books_of(url, ledger) as bank:
            points = bank.balance("gz-001", "points").free
            assert points == (4 if ledger == "django" else 2)


def test_a_platform_that_is_not_there_is_named():
    script = [sys.executable, str(EXAMPLES / "platforms.py"), "flask"]

    done = subprocess.run(script, capture_output=True, encoding="utf-8", check=False)

    assert done.returncode == 2
    assert "no platform flask" in done.stderr


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("platform.db", 2, "--url begins with sqlite:/// or postgresql://"),
        ("sqlite:///nowhere/platform.db", 1, "there is no folder"),
    ],
)
@pytest.mark.parametrize("name", ["fastapi", "session", "django"])
def test_a_database_that_cannot_be_opened_is_told_without_a_traceback(
    tmp_path, name, url, code, said
):
    script = [sys.executable, str(EXAMPLES / "platforms.py"), name, "--url", url]

    done = subprocess.run(
        script, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- FastAPI


@pytest.fixture(scope="session")
def fastapi():
    return load("fastapi_platform/app")


def asked(fastapi, url, *requests):
    """Return the answers to *requests* (method, path, what else), one after the other."""

    async def ask():
        async with fastapi.client_of(fastapi.create_app(url)) as client:
            await client.put("/members/gz-001")
            return [
                await client.request(method, path, **more)
                for method, path, more in requests
            ]

    return asyncio.run(ask())


def visit(key, minutes=170, **headers):
    body = {"volunteer": "gz-001", "minutes": minutes, "paid_on": "2025-03-01"}
    return (
        "POST",
        "/visits",
        {"json": body, "headers": {"Idempotency-Key": key, **headers}},
    )


def pickup(key, **headers):
    body = {"member": "gz-001", "item": "rice"}
    return (
        "POST",
        "/pickups",
        {"json": body, "headers": {"Idempotency-Key": key, **headers}},
    )


def rows(url, table):
    """Return how many rows *table* has."""
    connect = (
        sqlite3.connect(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:")
        else psycopg.connect(url)
    )
    with closing(connect) as connection:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608


def test_the_same_key_again_gets_the_same_answer(fastapi, url):
    first, again = asked(fastapi, url, visit("k"), visit("k"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"entry": "visit/k", "position": 5}
    assert rows(url, "fastapi_visit") == 1


def test_the_same_key_for_something_else_is_a_conflict(fastapi, url):
    first, other = asked(fastapi, url, visit("k"), visit("k", minutes=60))

    assert (first.status_code, other.status_code) == (201, 409)
    assert [f["reason"] for f in other.json()["findings"]] == ["id-conflict"]


def test_asking_again_on_another_day_is_the_same_request(fastapi, url, monkeypatch):
    asked(fastapi, url)
    monkeypatch.setattr(timebank.Bank, "today", lambda _: date(2199, 1, 1))

    (again,) = asked(fastapi, url, ("PUT", "/members/gz-001", {}))

    assert (again.status_code, again.json()["entry"]) == (200, "open/gz-001")


def test_a_refusal_is_shown_in_the_readers_language_and_leaves_no_row(fastapi, url):
    english, chinese = asked(
        fastapi, url, pickup("k"), pickup("k", **{"Accept-Language": "zh-CN,zh;q=0.9"})
    )

    assert english.status_code == chinese.status_code == 409
    assert "must be at least one" in english.json()["findings"][0]["text"]
    assert "至少须为 一星" in chinese.json()["findings"][0]["text"]
    assert rows(url, "fastapi_pickup") == 0


def test_the_same_key_many_times_at_once_has_one_effect(fastapi, url):
    async def at_once():
        async with fastapi.client_of(fastapi.create_app(url)) as client:
            await client.put("/members/gz-001")
            method, path, more = visit("k")
            requests = [client.request(method, path, **more) for _ in range(8)]
            return await asyncio.gather(*requests)

    answers = asyncio.run(at_once())

    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert rows(url, "fastapi_visit") == 1
    with books_of(url, "fastapi") as bank:
        assert ids(bank, "visit/") == ["visit/k"]


def test_whoever_meets_another_once_too_often_is_asked_to_come_again(
    fastapi, url, monkeypatch
):
    def never(*_, **__):
        raise timebank.errors.RetryTransaction("another was first")

    asked(fastapi, url)
    monkeypatch.setattr(timebank.Bank, "record_service", never)
    monkeypatch.setattr(fastapi, "PAUSE_SECONDS_MAX", 0)

    (answer,) = asked(fastapi, url, visit("k"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert rows(url, "fastapi_visit") == 0


# ---------------------------------------------------------------- SQLAlchemy's Session


@pytest.fixture(scope="session")
def session():
    return load("session_platform/app")


@pytest.fixture
def station(session, url):
    """The station's bank and sessions, with shifts that wait to be booked."""
    with session.open_bank(url) as bank:
        engine = session.open_engine(url)
        session.Table.metadata.create_all(engine)
        sessions = session.sessionmaker(engine, expire_on_commit=False)
        bank.open_account("gz-001", on=date(2025, 1, 2), id="open/gz-001")
        with sessions.begin() as db:
            db.add_all([session.served(n, "gz-001", 60) for n in range(1, 6)])
            db.add(session.served(6, "gz-999", 60))
        yield bank, sessions
        engine.dispose()


def states(session, sessions):
    with sessions() as db:
        found = db.execute(
            select(session.Shift.state, func.count()).group_by(session.Shift.state)
        )
        return dict(tuple(row) for row in found)


def test_what_is_refused_holds_up_no_other_shift(session, station):
    bank, sessions = station

    session.in_transaction(sessions, lambda db: session.book(db, bank))

    assert states(session, sessions) == {"booked": 5, "refused": 1}
    assert bank.balance("gz-001", "hours").free == 300


def test_a_run_that_dies_before_its_commit_booked_nothing(session, station):
    bank, sessions = station

    def die(db):
        session.book(db, bank)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.in_transaction(sessions, die)

    assert states(session, sessions) == {"served": 6}
    assert ids(bank, "shift/") == []


def test_two_runs_at_once_book_every_shift_once(session, station):
    bank, sessions = station
    together = threading.Barrier(2)

    def run(_):
        together.wait()
        return session.in_transaction(sessions, lambda db: session.book(db, bank))

    with ThreadPoolExecutor(2) as threads:
        booked = [len(shifts) for shifts in threads.map(run, range(2))]

    assert sorted(booked) == [0, 6]
    assert ids(bank, "shift/") == [f"shift/{n}" for n in range(1, 6)]
    assert bank.verify().sound


def test_a_run_that_meets_another_begins_again(session, station):
    bank, sessions = station
    attempts = []

    def work(db):
        attempts.append(len(session.book(db, bank)))
        if len(attempts) < 3:
            raise timebank.errors.RetryTransaction("another was first")

    session.in_transaction(sessions, work)

    assert attempts == [6, 6, 6]
    assert ids(bank, "shift/") == [f"shift/{n}" for n in range(1, 6)]


# ---------------------------------------------------------------- Django


@pytest.fixture(scope="session")
def django_app():
    # once for all tests: Django takes a model's class only once
    return load("django_platform/app")


@pytest.fixture
def site(url, django_app):
    """The platform on Django, and a client of it."""
    platforms, app = load("platforms"), django_app
    databases = {"default": platforms.django_database(url)}
    before = connections.settings["default"]
    connections.settings["default"] = connections.configure_settings(databases)[
        "default"
    ]
    # what Django has kept for this thread goes; asking makes it, if there is nothing
    connections["default"].close()
    del connections["default"]
    app.bank.cache_clear()
    app.thanked.clear()
    with override_settings(
        TIMEBANK_URL=url, ROOT_URLCONF=app.__name__, ALLOWED_HOSTS=["testserver"]
    ):
        app.make_tables()
        app.bank().open_account("gz-001", on=date(2025, 1, 2), id="open/gz-001")
        for number, volunteer in ((1, "gz-001"), (2, "gz-999"), (3, "gz-001")):
            app.Visit(number, volunteer, 170, MARCH).save(force_insert=True)
        yield app, Client()
        app.bank().close()
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = before


def confirmed(app):
    return [*app.Visit.objects.filter(confirmed=True).values_list("pk", flat=True)]


def test_a_visit_that_was_confirmed_is_credited_once(site):
    app, client = site

    first, again = (client.post("/visits/1/confirm") for _ in range(2))

    assert first.json() == {"position": 5, "again": False}
    assert again.json() == {"position": 5, "again": True}
    assert confirmed(app) == [1]
    assert app.thanked == ["gz-001"]
    assert app.bank().verify().sound


def test_a_visit_that_is_refused_stays_unconfirmed_and_nobody_is_thanked(site):
    app, client = site

    answer = client.post("/visits/2/confirm", headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 409
    assert answer.json()["findings"][0].startswith("没有账户 gz-999")
    assert (confirmed(app), app.thanked) == ([], [])


def test_of_many_visits_only_those_that_are_refused_stay_unconfirmed(site):
    app, client = site

    answer = client.post("/visits/confirm")

    assert answer.json() == {"confirmed": [1, 3], "refused": [2]}
    assert confirmed(app) == [1, 3]
    assert ids(app.bank(), "visit/") == ["visit/1", "visit/3"]
    assert app.bank().verify().sound


def test_a_request_that_meets_another_is_done_again_and_then_put_off(site, monkeypatch):
    app, client = site
    met = []

    def meet(*_):
        met.append(1)
        raise timebank.errors.RetryTransaction("another was first")

    monkeypatch.setattr(app, "PAUSE_SECONDS_MAX", 0)
    monkeypatch.setattr(app, "credit", meet)

    answer = client.post("/visits/1/confirm")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert len(met) == app.ATTEMPTS_MAX
    assert confirmed(app) == []


# ---------------------------------------------------------------- what is quoted


def test_the_page_on_embedding_quotes_the_example():
    page = (EXAMPLES.parent / "docs" / "how-to" / "embed.md").read_text("utf-8")
    quoted = re.search(
        r"<!-- file: examples\.\S+ -->\n```python\n(.*?)```", page, re.DOTALL
    )

    assert quoted[1] in (EXAMPLES / "django_platform" / "app.py").read_text("utf-8")
