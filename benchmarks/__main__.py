"""
The command line: ``python3 dev.py bench``, or ``python -m benchmarks`` in the project's folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

from attrs import evolve

from . import machine, page, report
from .questions import ALL, BY_HAND, NAMES, asks, question
from .results import Results, load
from .runner import Runner, Settings

QUICK = {"rounds": 2, "seconds": 0.1, "share": 0.02}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description="Measure timebank beside its peers and beside the floor.",
        epilog=f"questions: {', '.join(NAMES)}; by name only: {', '.join(BY_HAND)}",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="questions; all by default"
    )
    parser.add_argument("--rounds", type=int, help="how many rounds (7)")
    parser.add_argument("--seconds", type=float, help="of each subject in a round (1)")
    parser.add_argument(
        "--share", type=float, help="of the size that books and imports have (1)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="see that everything runs; no figures to keep",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="SUBJECT",
        default=[],
        help="measure this one alone; may be said again",
    )
    parser.add_argument("--pgledger", metavar="PATH", help="a clone of pgledger")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument(
        "--folder", type=Path, help="where books are kept: on the disk to be measured"
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("OLD", "NEW"),
        help="two files of results",
    )
    parser.add_argument(
        "--page",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="write results into the page and plots",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Do what *argv* asks; return 0, or 2 if it asks for nothing known."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.compare:
        print("\n".join(report.compared(*map(load, given.compare))))
        return 0
    if given.page:
        for results in map(load, given.page):
            page.write(results)
            # an extra that nothing else here needs
            import_module("benchmarks.plots").draw(results, page.PLOTS)
        return 0
    names = given.names or NAMES
    if strange := [name for name in names if name not in ALL]:
        parser.error(f"no question {', '.join(strange)}; there is: {', '.join(ALL)}")
    chosen = {
        name: value
        for name in ("rounds", "seconds", "share")
        if (value := getattr(given, name)) is not None
    }
    settings = Settings(
        **{**(QUICK if given.quick else {}), **chosen},
        only=tuple(given.only),
        given={"pgledger": given.pgledger} if given.pgledger else {},
    )
    _run(names, settings, under=given.folder, kept_in=given.json)
    return 0


def _run(
    names: Sequence[str],
    settings: Settings,
    *,
    under: Path | None,
    kept_in: Path | None,
) -> None:
    """Ask the questions; what was answered is kept at once, whatever comes after it."""
    folder = Path(mkdtemp(prefix="timebank-bench-", dir=under))
    # a server that root starts is somebody else's, and has to come through
    folder.chmod(0o755)
    results = Results(
        machine=machine.described(),
        settings={
            "rounds": str(settings.rounds),
            "seconds": f"{settings.seconds:g}",
            "share": f"{settings.share:g}",
        },
    )
    try:
        runner = Runner(folder, settings, say=_say)
        for name in names:
            _say(name)
            answer = runner.ask(question(name))
            print("\n".join(("", asks(name), "", *report.text(answer))), flush=True)
            results = evolve(results, answers=(*results.answers, answer))
            if kept_in:
                results.save(kept_in)
    finally:
        shutil.rmtree(folder)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
