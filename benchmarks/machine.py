"""
The machine that figures are measured on: what it is, and how fast its disk keeps a promise.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    "timebank",
    "SQLAlchemy",
    "psycopg",
    "eventsourcing",
    "django-hordak",
    "python-accounting",
    "beancount",
    "duckdb",
    "polars",
    "pyarrow",
)
BLOCK: Final = b"\0" * 4096
ROOT: Final = Path(__file__).resolve().parents[1]


def fsync_us(folder: Path, tries: int = 20) -> float:
    """Return the median of how long 4 KiB take to reach the disk, in microseconds."""
    took = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(tries):
            before = time.perf_counter_ns()
            file.write(BLOCK)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter_ns() - before)
    return statistics.median(took) / 1_000


def described() -> dict[str, str]:
    """Return what the figures hang on, as far as it can be told."""
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "not installed"
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "model": _model(),
        "memory": _memory(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "commit": _commit(),
        **installed,
    }


def _field(file: str, name: str) -> str:
    path = Path(file)
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        found, _, value = line.partition(":")
        if found.strip() == name:
            return value.strip()
    return "unknown"


def _model() -> str:
    return _field("/proc/cpuinfo", "model name")


def _memory() -> str:
    return _field("/proc/meminfo", "MemTotal")


def _commit() -> str:
    asked = ("git", "describe", "--always", "--dirty")
    try:
        done = subprocess.run(  # noqa: S603 - git, asked for a name
            asked, cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
