"""The commands, run in this process on real files."""

import json
import shlex
import shutil
from hashlib import sha256

import pytest
from attrs import frozen

from timebank.cli import main

OPENED = "2024-01-02"
STREET = """\
language = 1

[policy]
name = "A street's own"
source = "its notice board"
status = "pilot"
from = 2024-01-01

"""
"""How the policy of a street begins."""


@frozen(kw_only=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def timebank(tmp_path, monkeypatch, capsys):
    """
    Return a function that runs one command in an empty folder.

    The command is given as it would be typed, and arguments that need no quotes after it.
    """
    monkeypatch.chdir(tmp_path)
    for name in ("DB", "LEDGER", "LANGUAGE"):
        monkeypatch.delenv(f"TIMEBANK_{name}", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TIMEBANK_ACTOR", "desk-1")

    def run(command, *more):
        capsys.readouterr()
        code = main([*shlex.split(command), *map(str, more)])
        printed = capsys.readouterr()
        return Ended(code=code, out=printed.out, err=printed.err)

    return run


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Return a folder for books that many tests begin with: they are made once."""
    return tmp_path_factory.mktemp("kept")


def _begun(timebank, folder, kept, commands):
    """Run *commands* in *folder*, or put there what they have left another time."""
    if kept.exists():
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        return timebank
    for command in commands:
        done = timebank(command)
        assert done.code == 0, (command, done.err)
    shutil.copytree(folder, kept)
    return timebank


@pytest.fixture
def keeping(timebank, tmp_path, kept):
    """
    Return a function that begins a ledger, and returns the commands.

    It is given the text of the policy, which is adopted on the day *on*, and what is done
    before the test begins.
    """

    def begun(policy, *commands, on=OPENED):
        (tmp_path / "street.toml").write_text(policy, "utf-8")
        adoption = f"policy adopt street.toml --on {on} --id adopt"
        done = ("init --ledger street", adoption, *commands)
        name = sha256(repr((policy, done)).encode()).hexdigest()
        return _begun(timebank, tmp_path, kept / name, done)

    return begun


@pytest.fixture
def guangzhou(timebank, tmp_path, kept):
    """Return the same, where a ledger under Guangzhou's policy has two members."""
    commands = (
        "init --ledger gz",
        f"policy adopt guangzhou --on {OPENED} --id p-1",
        f"account open v-1 --on {OPENED} --id open/v-1",
        f"account open v-2 --on {OPENED} --id open/v-2",
    )
    return _begun(timebank, tmp_path, kept / "guangzhou", commands)


@pytest.fixture
def starred(guangzhou, tmp_path, kept):
    """Return the same, where v-1 has served 120 hours and has the star."""
    served = (
        f"record v-1 care 24:00 --on 2024-02-0{day} --id s-{day}" for day in range(1, 6)
    )
    return _begun(guangzhou, tmp_path, kept / "starred", served)
