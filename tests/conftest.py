"""What holds for every test: nothing is left out, and nothing depends on the machine's speed."""

import sys
import zoneinfo

import pytest
from hypothesis import settings

# A slow disk is no bug: only tests that measure set a deadline.  `python3 dev.py fast`
# asks for the second profile.
settings.register_profile("full", deadline=None, print_blob=True)
settings.register_profile("fast", settings.get_profile("full"), max_examples=10)
settings.load_profile("full")


@pytest.fixture
def postgresql_url():
    """A superuser's URL of an empty PostgreSQL database, for this test alone."""
    # a run without a test of it starts no server, and needs no driver
    from .postgres import database  # noqa: PLC0415

    with database() as url:
        yield url


@pytest.fixture
def without_zones(monkeypatch):
    """Return what takes all time zones away, as in a small container."""

    def take_away():
        zoneinfo.reset_tzpath(to=())
        zoneinfo.ZoneInfo.clear_cache()
        for name in [name for name in sys.modules if name.startswith("tzdata.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "tzdata", None)

    yield take_away
    zoneinfo.reset_tzpath()


LEFT_OUT = ("skipped", "xfailed", "xpassed")
"""Outcomes that let a run pass without having looked; deselecting by `-k` is no outcome."""


def _left_out(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    # the workers of xdist report to the process that started them, and have no reporter
    stats = reporter.stats if reporter else {}
    return [report.nodeid for outcome in LEFT_OUT for report in stats.get(outcome, ())]


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and _left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    left_out = _left_out(config)
    if left_out:
        terminalreporter.section("left out", red=True)
        for nodeid in left_out:
            terminalreporter.write_line(nodeid)
        terminalreporter.write_line(
            "A test that cannot run fails, and one that does not hold is taken out."
        )
