"""
Keep a district's month and a community's year, and tell what came of them.

    python3 dev.py demo [--out DIR] [--language en|zh] [--seed N]

The sheets are drawn from a seed, with the mess that real ones hold.  They are kept under
the rules of two programmes, each in a SQLite ledger of its own; then the books are
verified, and every balance is compared with what `fold.py`, which knows nothing of
timebank, adds up from the same sheets.

To keep sheets of your own, copy ``clerk.py`` with ``guangzhou/`` or ``xuefu/``, and
replace what their `make` writes.

Exit status: 0 if all is in order, 5 if the books are not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import demo_report as report
import fold
from clerk import Desk, audit
from guangzhou import make as district
from guangzhou import month
from timebank.messages import Language
from xuefu import make as community
from xuefu import year

DISTRICT_SEED: Final = 2026
COMMUNITY_SEED: Final = 2016
NOT_IN_ORDER: Final = 5


def show_month(out: Path, seed: int, size: district.Size, language: Language) -> bool:
    """Keep the district's month in *out*, report on it, and return whether all is well."""
    with month.open_books(out) as bank:
        with report.watching(language) as progress:
            progress("making", 0, 1)
            made = district.make(out, seed, size=size)
            progress("making", 1, 1)
            kept = month.keep(Desk(bank, out, language, progress), made)
            sums = fold.fold_guangzhou(out, {*made.closed}, district.TODAY)
            audited = audit(bank, sums.balances, progress)
        page = report.Page(report.stdout(), language, bank)
        report.print_month(page, kept, made, audited)
    return audited.sound


def show_year(out: Path, seed: int, language: Language) -> bool:
    """Keep the community's year in *out*, report on it, and return whether all is well."""
    with year.open_books(out) as bank:
        with report.watching(language) as progress:
            made = community.make(out, seed)
            kept = year.keep(Desk(bank, out, language, progress), made)
            audited = audit(bank, fold.fold_xuefu(out).balances, progress)
        page = report.Page(report.stdout(), language, bank)
        report.print_year(page, kept, audited)
    return audited.sound


def main(argv: Sequence[str] | None = None) -> int:
    """Show both, and return the exit status."""
    asked = arguments().parse_args(argv)
    out, language = asked.out, Language(asked.language)
    size = district.STREET if asked.small else district.DISTRICT
    sound = [
        show_month(out / "guangzhou", asked.seed or DISTRICT_SEED, size, language),
        show_year(out / "xuefu", asked.seed or COMMUNITY_SEED, language),
    ]
    return 0 if all(sound) else NOT_IN_ORDER


def arguments() -> argparse.ArgumentParser:
    """Return what may be asked of the demo."""
    parser = argparse.ArgumentParser(
        prog="demo", description="Keep a district's month and a community's year."
    )
    parser.add_argument(
        *("--out", "-o"),
        type=Path,
        default=Path("out", "demo"),
        metavar="DIR",
        help="where sheets, books and reports go; out/demo by default",
    )
    parser.add_argument(
        "--language",
        choices=[language.value for language in Language],
        default=Language.EN.value,
        help="of the report and of what clerks are told; en by default",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="draws other sheets of the same shape"
    )
    parser.add_argument(
        "--small", action="store_true", help="a tenth of the district, for a quick look"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
