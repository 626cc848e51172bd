"""
Looking at a SQLite file: the library, the file, and who may write it.
"""

from __future__ import annotations

import getpass
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from .. import schema
from .. import tables as t
from .symptoms import Report, Sign, Symptom, grave, note

# The WAL-reset bug: 3.7.0 to 3.51.2, with backports (https://sqlite.org/wal.html#walresetbug).
# The other faults on https://sqlite.org/howtocorrupt.html#bugs_in_sqlite were mended before
# 3.37, without which there are no STRICT tables and no books.
_MENDED: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))

_ON_ANOTHER_MACHINE: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre"),
        *("9p", "drvfs", "virtiofs", "vboxsf", "ncpfs", "davfs", "gpfs", "ocfs2"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs"),
    }
)
_FULL: Final = 2
_NAMES: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


def examine(connection: Connection) -> Report:
    """Return what is wrong with a SQLite file."""
    there = schema.found(connection)
    file = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
    return Report(
        engine=f"SQLite {sqlite3.sqlite_version}",
        schema=there.version if there else None,
        profile=there.profile if there else None,
        role=None,
        symptoms=(
            *_of_library(sqlite3.sqlite_version_info),
            *of_schema(there, connection),
            *_of_connection(connection),
            # a host's database in memory has none
            *(_of_file(Path(file), Path("/proc/self/mountinfo")) if file else ()),
        ),
    )


def of_schema(there: schema.Found | None, connection: Connection) -> Iterator[Symptom]:
    """Yield what is wrong with the tables' version and their guards."""
    if there is None:
        yield grave(Sign.SCHEMA_NONE)
    elif there.version < t.SCHEMA:
        yield grave(Sign.SCHEMA_OLD, found=there.version, wanted=t.SCHEMA)
    elif there.version > t.SCHEMA:
        yield grave(Sign.SCHEMA_NEW, found=there.version, wanted=t.SCHEMA)
    else:
        if parts := schema.missing_parts(connection):
            yield grave(Sign.SCHEMA_TORN, names=", ".join(parts))
        if there.profile is schema.Profile.PLAIN:
            yield note(Sign.GUARDS_NONE)
        if missing := schema.missing_guards(connection):
            yield grave(Sign.GUARDS_MISSING, names=", ".join(missing))


def _of_library(version: tuple[int, ...]) -> Iterator[Symptom]:
    newest, *backports = _MENDED
    mended = version >= newest or any(
        version[:2] == each[:2] and version >= each for each in backports
    )
    if not mended:
        # a note only: distributions mend it without changing the version, and those who
        # write through timebank take turns
        yield note(
            Sign.LIBRARY_FAULTY,
            found=".".join(map(str, version[:3])),
            wanted=", ".join(".".join(map(str, each)) for each in _MENDED),
        )


def _of_connection(connection: Connection) -> Iterator[Symptom]:
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode != "wal":
        yield note(Sign.JOURNAL_MODE, found=mode)
    synchronous = int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0)
    if synchronous < _FULL:
        yield grave(Sign.SYNCHRONOUS, found=_NAMES[synchronous])
    detail = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if detail != "ok":
        yield grave(Sign.FILE_DAMAGED, detail=" ".join(str(detail).split()))


def _of_file(path: Path, mounts: Path) -> Iterator[Symptom]:
    beside = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", "-turn"))
    for each in (path, path.parent, *(found for found in beside if found.exists())):
        if not os.access(each, os.W_OK):
            yield grave(Sign.FILE_LOCKED_AWAY, path=each, who=_who())
    state = path.stat()
    if state.st_mode & stat.S_IWOTH:
        yield grave(Sign.FILE_OPEN_TO_ALL, path=path)
    if state.st_nlink > 1:
        yield grave(Sign.FILE_LINKED, path=path, count=state.st_nlink)
    if mounts.exists():
        kind = _file_system(path.resolve(), mounts.read_text("utf-8", "replace"))
        if kind in _ON_ANOTHER_MACHINE:
            yield grave(Sign.FILE_SHARED, path=path, kind=kind)


def _file_system(path: Path, mounts: str) -> str:
    """Return the kind of file system that *path* is on, as Linux lists its *mounts*."""
    found = {}
    for line in filter(None, mounts.splitlines()):
        before, _, after = line.partition(" - ")
        # spaces and the like are written as octal numbers
        place = (
            before.split(" ")[4].encode("latin-1", "replace").decode("unicode_escape")
        )
        # later lines hide earlier ones at the same place
        found[Path(place)] = after.partition(" ")[0]
    nearest = next((each for each in (path, *path.parents) if each in found), None)
    return found.get(nearest, "") if nearest else ""


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "this user"
