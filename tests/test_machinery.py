"""The project's own tools: what a run of the tests may leave out, and `dev.py`."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from venv import EnvBuilder

import pytest

ROOT = Path(__file__).parents[1]


def run_pytest(tmp_path, test):
    """Run *test*, the text of a module, under this suite's conftest; return the ended process."""
    conftest = ROOT / "tests" / "conftest.py"
    (tmp_path / "conftest.py").write_text(conftest.read_text("utf-8"), "utf-8")
    (tmp_path / "test_sample.py").write_text(test, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        # the conftest needs none, and half of such a run goes into importing them
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_run_in_which_every_test_ran_passes(tmp_path):
    done = run_pytest(tmp_path, "def test_it(): pass")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "test",
    [
        "import pytest\ndef test_it(): pytest.skip('later')\ndef test_other(): pass",
        "import pytest\npytest.importorskip('no_such_module')",
        "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False",
        "import pytest\n@pytest.mark.xfail\ndef test_it(): pass",
        "def helper(): pass",
    ],
    ids=["skipped", "module skipped", "xfailed", "xpassed", "no tests"],
)
def test_a_run_that_left_something_out_fails(tmp_path, test):
    done = run_pytest(tmp_path, test)

    assert done.returncode != 0, done.stdout


def test_the_closing_line_of_pytest_comes_last(tmp_path):
    done = run_pytest(tmp_path, "import pytest\ndef test_it(): pytest.skip('later')")

    assert "1 skipped" in done.stdout.rstrip().splitlines()[-1]


@pytest.fixture
def dev():
    """The functions of dev.py."""
    return runpy.run_path(str(ROOT / "dev.py"))


def environment_at(dev, venv, **changed):
    """Make an environment at *venv* with a pip of no use, stamped as *changed* says."""
    EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(venv)
    (packages,) = venv.glob("[Ll]ib/**/site-packages")
    (packages / "pip.py").touch()
    stamp = dev["wanted_stamp"](frozenset({"cli", "test"}))._replace(**changed)
    dev["write_stamp"](venv, stamp)
    return stamp


def test_a_finished_environment_is_used_as_it_is(dev, tmp_path):
    environment_at(dev, tmp_path / "venv")

    python = dev["ready"](frozenset({"test"}), tmp_path / "venv")

    assert python == dev["python_of"](tmp_path / "venv")


def test_a_stamp_reads_as_it_was_written(dev, tmp_path):
    stamp = environment_at(dev, tmp_path)

    assert dev["read_stamp"](tmp_path) == stamp


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"extras": 3}', '{"extras": [], "more": 1}']
)
def test_a_stamp_that_was_cut_off_is_no_stamp(dev, tmp_path, text):
    (tmp_path / dev["STAMP"]).write_text(text, "utf-8")

    assert dev["read_stamp"](tmp_path) is None


def test_an_environment_is_completed_when_only_the_project_changed(dev, tmp_path):
    stamp = environment_at(dev, tmp_path, pyproject="of another day")

    assert dev["usable"](tmp_path, stamp)


@pytest.mark.parametrize(
    "changed",
    [{"finished": False}, {"root": "/where/the/project/was/before"}],
    ids=["half-made", "moved"],
)
def test_an_environment_is_made_again_when_it_is(dev, tmp_path, changed):
    stamp = environment_at(dev, tmp_path, **changed)

    assert not dev["usable"](tmp_path, stamp)


def test_an_environment_is_made_again_when_its_python_is_gone(dev, tmp_path):
    stamp = environment_at(dev, tmp_path)
    dev["python_of"](tmp_path).unlink()

    assert not dev["usable"](tmp_path, stamp)


def test_the_callers_settings_of_python_change_nothing(dev, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somebody/elses")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert not dev["environment"]().keys() & dev["LEAKING"]


def run_dev(*arguments):
    """Run dev.py with *arguments* and return the ended process."""
    return subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
        check=False,
    )


def test_a_newcomer_who_asks_for_nothing_is_told_what_there_is():
    done = run_dev()

    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in ("demo", "test", "check"))


def test_a_misspelt_command_is_a_usage_error_with_a_suggestion():
    done = run_dev("tset")

    assert done.returncode == 2
    assert "did you mean test?" in done.stderr
