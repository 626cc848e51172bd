"""
A disk that is full takes nothing half, loses nothing it took, and goes on when there is room.

The disk is a small one in memory where this machine lets us mount it, which takes root.
Where it does not, and once more everywhere, no file may grow beyond a limit: the system then
refuses a write in the same place, though it says so in other words.
"""

import subprocess
from concurrent.futures import wait
from contextlib import contextmanager, suppress

import pytest
from attrs import evolve

from timebank.operations import RecordService

from ..postgres import NOBODY, new_folder, started
from ..writers import nursery
from .books import DAY, amiss, make, open_books, trading
from .faults import chapters

DISK_MB = 64
BLOCK = bytes(1 << 16)
BLOCKS_MAX = 2300
"""A file's most blocks of 512 bytes: more than a megabyte, which files of the log have."""

SMALL = {"min_wal_size": "2MB", "max_wal_size": "8MB"}

FILLING = 1800
"""Entries after which some file is as long as it may become."""


def mounted(folder):
    """Put *folder* on a small disk, and return whether we may."""
    options = f"size={DISK_MB}m,mode=700,uid={NOBODY},gid={NOBODY}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    with suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


@contextmanager
def full(folder, but=0):
    """Fill the disk that *folder* is on, all *but* so many bytes, and make room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(BLOCK) == len(BLOCK):
            pass
    with ballast.open("r+b") as file:
        file.truncate(max(0, ballast.stat().st_size - but))
    try:
        yield
    finally:
        ballast.unlink()


def fills_up(folder, chance, restart=lambda: None):
    """Return what fills the disk again and again, and makes room again."""

    def cause(trading):
        wait([trading], timeout=chance.uniform(0.1, 0.4))
        with full(folder, but=chance.choice((0, 0, 20_000, 200_000))):
            wait([trading], timeout=chance.uniform(0.2, 0.8))
        restart()

    return cause


# Each yields the URL of empty books, what to cause while traders trade, and what to tell
# them.


@contextmanager
def sqlite_on_a_full_disk(chance):
    folder = new_folder()
    if not mounted(folder):
        with sqlite_with_limited_files(chance) as place:
            yield place
        return
    try:
        yield f"sqlite:///{folder}/books.db", fills_up(folder, chance), {}
    finally:
        unmount(folder)


@contextmanager
def sqlite_with_limited_files(chance):
    more = {"bytes_more": chance.randint(10_000, 100_000)}
    yield f"sqlite:///{new_folder()}/books.db", lambda trading: wait([trading]), more


@contextmanager
def postgresql_on_a_full_disk(chance):
    disks = []
    server = started(disk=lambda data: disks.append(mounted(data)), **SMALL)
    if not disks[0]:
        server.stop()
        with postgresql_with_limited_files(chance) as place:
            yield place
        return

    def restart():
        # it gives up where there is no room for its log
        if not server.runs:
            server.restart("immediate")

    data = server.folder / "data"
    try:
        yield server.new_database(), fills_up(data, chance, restart), {}
    finally:
        server.stop()
        unmount(data)


@contextmanager
def postgresql_with_limited_files(chance):
    server = started(disk=lambda _: None, **SMALL)
    limited = evolve(server, blocks_max=BLOCKS_MAX)

    def cause(trading):
        for each in (limited, server):
            server.stop()
            each.start()
            wait([trading], timeout=chance.uniform(0.5, 1.0))

    yield server.new_database(), cause, {}
    server.stop()


def unmount(folder):
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        sqlite_on_a_full_disk,
        sqlite_with_limited_files,
        postgresql_on_a_full_disk,
        postgresql_with_limited_files,
    ],
    ids=lambda place: place.__name__,
)
def test_where_there_is_no_room_nothing_is_taken_half(place, survived):
    turns = told_full = 0
    for chance, seconds in chapters(share=0.25):
        seed = chance.random()
        with place(chance) as (url, cause, more), nursery() as writers:
            make(url)
            with open_books(url) as bank:
                service = RecordService(
                    provider="ada", service_class="care", minutes=60
                )
                bank.batch([bank.request(service, on=DAY) for _ in range(FILLING)])
            told = trading(writers, url, seconds, seed, cause, **more)
            with open_books(url) as bank:
                assert amiss(bank, told, seed) == {}
        turns += len(told)
        told_full += writers.full
    survived(told_full, told_turns=turns)
