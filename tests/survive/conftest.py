"""What tests of this folder caused is told at the end of a run, whatever was captured."""

import pytest

from .crowd import crowd
from .faults import SEED

TOLD = "survived"


@pytest.fixture(scope="module")
def people():
    """Return a crowd, to be let loose on books."""
    with crowd() as them:
        yield them


@pytest.fixture
def survived(record_property):
    """
    Return a function that is told what a test caused, as counts by name.

    A test that caused no fault proved nothing, and fails.
    """

    def tell(faults, **more):
        counts = {"faults": faults} | more
        text = ", ".join(f"{count} {name}" for name, count in counts.items())
        record_property(TOLD, text.replace("_", " "))
        print(f"TIMEBANK_SURVIVE_SEED={SEED}: {text}")
        assert faults

    print(f"TIMEBANK_SURVIVE_SEED={SEED}")
    return tell


def pytest_terminal_summary(terminalreporter):
    reports = [r for each in terminalreporter.stats.values() for r in each]
    told = [
        (report.nodeid.partition("survive/")[2], text)
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == TOLD and report.when == "call"
    ]
    if told:
        terminalreporter.section("survived")
        for test, text in told:
            terminalreporter.write_line(f"{test}: {text}")
