#!/usr/bin/env python3
"""
What a developer of timebank does, from a fresh clone and with Python 3.11 alone.

The first run makes ``.venv`` beside this file and installs the project into it; later
runs start at once, until ``pyproject.toml`` asks for something else.  Delete ``.venv``
at any time to begin again.

Standard library only.  Everything above `_needs_python` must also parse and run on old
Pythons, which look there for a newer one.
"""

import difflib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHON_MIN = (3, 11)
OTHER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")


def _needs_python() -> None:
    """Go on in a newer Python if this one is too old, or say what to install."""
    if sys.version_info >= PYTHON_MIN:
        return
    for name in OTHER_PYTHONS:
        path = shutil.which(name)
        # a name on PATH may be an empty shim of a version manager: ask it to run
        if path and not subprocess.call(
            [path, "-c", "import venv"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ):
            here = str(Path(__file__).resolve())
            os.execv(path, [path, here, *sys.argv[1:]])  # noqa: S606 - no shell wanted
    sys.exit(
        "dev.py: timebank needs Python {}.{} or newer; this is {}.{}, and none of {} "
        "runs here.\nInstall one (your system's packages, or python.org) and run the "
        "same command again.".format(
            *PYTHON_MIN, *sys.version_info[:2], ", ".join(OTHER_PYTHONS)
        )
    )


_needs_python()

from collections.abc import Iterable, Iterator, Mapping, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from typing import Final, NamedTuple  # noqa: E402

if sys.platform != "win32":
    import fcntl

ROOT: Final = Path(__file__).resolve().parent
VENV: Final = ROOT / ".venv"
STAMP: Final = "timebank-dev.json"


class Command(NamedTuple):
    """
    One thing a developer does.

    Args:
        help: What a newcomer reads about it.
        extras: The extras of pyproject.toml that it needs.
        steps: What the environment's Python runs, each with the caller's arguments.
        in_root: Whether paths among the arguments are the project's, not the caller's.
    """

    help: str
    extras: frozenset[str]
    steps: tuple[tuple[str, ...], ...]
    in_root: bool = True


COMMANDS: Final[Mapping[str, Command]] = {
    "demo": Command(
        "keep a district's month and a community's year on SQLite; --help for more",
        frozenset({"cli"}),
        ((str(ROOT / "examples" / "demo.py"),),),
        in_root=False,
    ),
    "platforms": Command(
        "play a day on FastAPI, SQLAlchemy and Django; --help for more",
        frozenset({"test"}),
        ((str(ROOT / "examples" / "platforms.py"),),),
        in_root=False,
    ),
    "test": Command(
        "all tests; arguments go to pytest: python3 dev.py test -k reversal",
        frozenset({"test"}),
        (("-m", "pytest"),),
    ),
    "fast": Command(
        "the tests without the slow ones, on all processors: for between two edits",
        frozenset({"test"}),
        (
            (
                *("-m", "pytest", "-m", "not slow"),
                *("-n", "auto", "--hypothesis-profile", "fast"),
            ),
        ),
    ),
    "lint": Command(
        "ruff and mypy; arguments are the paths to look at, all by default",
        frozenset({"lint", "test"}),  # mypy reads the types of what the tests import
        (("-m", "ruff", "check"), ("-m", "ruff", "format", "--check"), ("-m", "mypy")),
    ),
    "reference": Command(
        "write the tables of the reference anew, from the classes they tell of",
        frozenset(),
        ((str(ROOT / "docs" / "reference" / "tables.py"),),),
    ),
    "bench": Command(
        "measure timebank beside its peers and the floor; --help for more",
        frozenset({"bench"}),
        (("-m", "benchmarks"),),
    ),
}
EVERYTHING: Final = ("lint", "demo", "test")
USAGE: Final = """\
usage: python3 dev.py COMMAND [ARGUMENTS]

{commands}

The first run sets up .venv, which needs a package index: about half a minute.
"""


class SetupFailed(Exception):
    """The environment could not be made; the text says what to do."""


class Stamp(NamedTuple):
    """
    What ``.venv`` holds, written into it; `finished` only after the last package.

    Args:
        finished: False while something is being installed, or was when it was cut off.
        root: Where the project was: an environment does not survive being moved.
        pyproject: SHA-256 of the ``pyproject.toml`` that was installed.
        extras: The extras that were installed.
    """

    finished: bool
    root: str
    pyproject: str
    extras: frozenset[str]


def wanted_stamp(extras: Iterable[str]) -> Stamp:
    """Return the stamp of a finished environment with *extras*, here and now."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return Stamp(
        finished=True, root=str(ROOT), pyproject=digest, extras=frozenset(extras)
    )


def read_stamp(venv: Path) -> Stamp | None:
    """Return the stamp of *venv*, or None if it has none that can be understood."""
    try:
        kept = json.loads((venv / STAMP).read_text("utf-8"))
        return Stamp(**kept | {"extras": frozenset(kept["extras"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_stamp(venv: Path, stamp: Stamp) -> None:
    """Put *stamp* into *venv*, whole or not at all."""
    draft = venv / (STAMP + ".new")
    kept = stamp._asdict() | {"extras": sorted(stamp.extras)}
    draft.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    draft.replace(venv / STAMP)


def python_of(venv: Path) -> Path:
    """Return the path of the Python in *venv*."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def usable(venv: Path, stamp: Stamp | None) -> bool:
    """Return whether packages can be put into *venv* as it is: whole, here, new enough."""
    if stamp is not None and not (stamp.finished and stamp.root == str(ROOT)):
        return False
    probe = f"import pip, sys; sys.exit(sys.version_info < {PYTHON_MIN})"
    python = python_of(venv)
    return python.exists() and not run([str(python), "-c", probe], quiet=True)


def ready(extras: frozenset[str], venv: Path = VENV) -> Path:
    """
    Return the Python of an environment with *extras*, made or completed if need be.

    Raises:
        SetupFailed: If it could not be made.
    """
    with alone():
        found, wanted = read_stamp(venv), wanted_stamp(extras)
        if (
            found is not None
            and found._replace(extras=extras) == wanted
            and found.extras >= extras
            and python_of(venv).exists()
        ):
            return python_of(venv)

        if usable(venv, found):
            wanted = wanted_stamp(extras | (found.extras if found else frozenset()))
            say(f"bringing .venv up to date ({', '.join(sorted(wanted.extras))}) …")
            write_stamp(venv, wanted._replace(finished=False))
        else:
            again = " again: it was left half-made" if os.path.lexists(venv) else ""
            say(f"making .venv{again}; once, about half a minute …")
            make(venv, wanted._replace(finished=False))
        install(venv, wanted.extras)
        write_stamp(venv, wanted)
        return python_of(venv)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other run is setting up this clone; Windows has no such lock."""
    if sys.platform == "win32":
        yield
    else:
        with Path(__file__).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def make(venv: Path, unfinished: Stamp) -> None:
    """
    Make an empty environment at *venv* in place of whatever is there.

    Raises:
        SetupFailed: If this Python lacks what environments are made of.
    """
    if venv.is_dir() and not venv.is_symlink():
        shutil.rmtree(venv)
    else:
        venv.unlink(missing_ok=True)
    venv.mkdir()
    write_stamp(venv, unfinished)
    if run([sys.executable, "-m", "venv", str(venv)]):
        raise SetupFailed(
            f"{sys.executable} cannot make a virtual environment (its words are above)."
            "\nOn Debian and Ubuntu install python3-venv; elsewhere a full Python."
        )


def install(venv: Path, extras: frozenset[str]) -> None:
    """
    Install the project and *extras* into *venv*, so that edits to it take effect.

    uv is quicker, but reads none of pip's settings: where there are any in the
    environment it is left alone, and where it fails pip is asked.

    Raises:
        SetupFailed: If nothing could fetch the packages.
    """
    python = str(python_of(venv))
    what = ["install", "--quiet", "--editable", f".[{','.join(sorted(extras))}]"]
    uv = shutil.which("uv")
    if uv and not any(name.startswith("PIP_") for name in os.environ):
        if not run([uv, "pip", *what, "--python", python]):
            return
        say("uv could not; asking pip …")
    if run([python, "-m", "pip", *what]):
        raise SetupFailed(
            "the packages that timebank needs could not be installed (pip's words are "
            "above).\nThey come from a package index. Behind a firewall name one that "
            "can be reached, then run the same command again:\n"
            "    PIP_INDEX_URL=https://INDEX/simple python3 dev.py …"
        )


def environment() -> dict[str, str]:
    """Return the caller's environment, with ``.venv`` first and nothing that leaks."""
    clean = {k: v for k, v in os.environ.items() if k not in LEAKING}
    places = [str(python_of(VENV).parent), clean.get("PATH", os.defpath)]
    return {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        **clean,
        "VIRTUAL_ENV": str(VENV),
        "PATH": os.pathsep.join(places),
    }


LEAKING: Final = frozenset(
    {
        *("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"),
        # many images set it; here each of a hundred processes would compile all anew
        "PYTHONDONTWRITEBYTECODE",
    }
)


def run(command: Sequence[str], *, cwd: Path = ROOT, quiet: bool = False) -> int:
    """Run *command* to its end and return its exit status; its output is for people."""
    out = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        check=False,
    ).returncode


def perform(name: str, arguments: Sequence[str]) -> int:
    """Do one command and return 0, or the status of the first step that failed."""
    command = COMMANDS[name]
    python = ready(command.extras)
    statuses = [
        subprocess.run(
            [str(python), *step, *arguments],
            cwd=ROOT if command.in_root else None,
            env=environment(),
            check=False,
        ).returncode
        for step in command.steps
    ]
    return next((status for status in statuses if status), 0)


def check() -> int:
    """Do everything that continuous integration does; stop at the first failure."""
    ready(frozenset().union(*(COMMANDS[name].extras for name in EVERYTHING)))
    with tempfile.TemporaryDirectory(prefix="timebank-demo-") as out:
        for name in EVERYTHING:
            say(name)
            status = perform(name, ["--out", out] if name == "demo" else [])
            if status:
                return status
    return 0


def usage() -> str:
    """Return what a newcomer should know."""
    texts = {name: command.help for name, command in COMMANDS.items()}
    texts["check"] = f"{', '.join(EVERYTHING)}: what must pass before a change goes in"
    commands = "\n".join(f"  {name:9} {text}" for name, text in texts.items())
    return USAGE.format(commands=commands)


def say(text: str) -> None:
    """Tell the developer what is going on, apart from what the commands print."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def main(argv: Sequence[str]) -> int:
    """Do what *argv* asks and return the exit status: 2 if it asks for nothing known."""
    name, *arguments = argv or ["help"]
    if name in {"help", "-h", "--help"}:
        print(usage(), end="")
        return 0
    try:
        if name in COMMANDS:
            return perform(name, arguments)
        if name == "check" and not arguments:
            return check()
    except SetupFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    near = difflib.get_close_matches(name, [*COMMANDS, "check"], n=1)
    hint = f"; did you mean {near[0]}?" if near and near[0] != name else ""
    say(f"no command {' '.join(argv)!r}{hint}\n\n{usage()}")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
