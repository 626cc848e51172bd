"""
Play a day on each of three platforms that keep their books with timebank.

``fastapi`` joins an asynchronous session, ``session`` SQLAlchemy's own, ``django`` what
``atomic()`` began.  Each writes its own rows and our entries in the same transactions, on
the database that ``--url`` names, or in a file that is deleted afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from timebank import TimebankError


def play_fastapi(url: str) -> None:
    """Play the day on FastAPI."""
    from fastapi_platform import app  # noqa: PLC0415 - each needs other libraries

    asyncio.run(app.play(url))


def play_session(url: str) -> None:
    """Play the night on SQLAlchemy."""
    from session_platform import app  # noqa: PLC0415

    app.play(url)


def play_django(url: str) -> None:
    """Set Django up, as the settings of a site would, and play the day on it."""
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    settings.configure(
        DATABASES={"default": django_database(url)},
        ROOT_URLCONF="django_platform.app",
        ALLOWED_HOSTS=["testserver"],
        TIMEBANK_URL=url,
        USE_TZ=True,
    )
    django.setup()
    from django_platform import app  # noqa: PLC0415 - models want settings

    app.bank()
    app.make_tables()
    app.play()
    connections.close_all()
    app.bank().close()


def django_database(url: str) -> dict[str, Any]:
    """Return *url* as Django's settings want a database."""
    if url.startswith("sqlite:///"):
        # whoever will write waits for its turn at the beginning of the transaction
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - not on SQLite

    options = conninfo_to_dict(url)
    name = options.pop("dbname")
    engine = "django.db.backends.postgresql"
    return {"ENGINE": engine, "NAME": name, "OPTIONS": options}


SCHEMES: Final = ("sqlite:///", "postgresql://")
PLATFORMS: Final[Mapping[str, Callable[[str], None]]] = {
    "fastapi": play_fastapi,
    "session": play_session,
    "django": play_django,
}


def main(argv: Sequence[str]) -> int:
    """Play on the platforms that *argv* names, all by default."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument(
        "platforms", nargs="*", metavar="PLATFORM", help=f"of {', '.join(PLATFORMS)}"
    )
    parser.add_argument("--url", help="sqlite:///path/to/file.db, or postgresql://…")
    asked = parser.parse_args(argv)
    if unknown := {*asked.platforms} - {*PLATFORMS}:
        parser.error(f"no platform {', '.join(sorted(unknown))}")
    if asked.url and not asked.url.startswith(SCHEMES):
        parser.error(f"--url begins with {' or '.join(SCHEMES)}")
    with TemporaryDirectory(prefix="timebank-") as folder:
        url = asked.url or f"sqlite:///{Path(folder, 'platforms.db')}"
        for name in asked.platforms or PLATFORMS:
            print(f"── {name}")
            try:
                PLATFORMS[name](url)
            except TimebankError as error:
                sys.exit(f"platforms.py: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
