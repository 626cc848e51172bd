"""
What is imported to start: nothing that is not needed.

By the modules that a new interpreter has loaded, which do not vary with the machine.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import timebank
from timebank import later

SOURCE = Path(timebank.__file__).parent


def loaded(code, *arguments):
    """Return the modules that a new Python has loaded after *code*."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def under(modules, *names):
    """Return those of *modules* that are one of *names*, or below it."""
    return {
        module
        for module in modules
        for name in names
        if module == name or module.startswith(f"{name}.")
    }


def imported_for_types(module):
    """Return by module the names that *module* of ours imports for types only."""
    tree = ast.parse((SOURCE / f"{module}.py").read_text("utf-8"))
    (only,) = (each for each in tree.body if isinstance(each, ast.If))
    return {
        name.name: f"timebank.{statement.module}"
        for statement in only.body
        for name in statement.names
    }


def test_importing_timebank_imports_nothing_else():
    assert under(loaded("import timebank"), "timebank", "attr", "cattrs") == {
        "timebank",
        "timebank.first_use",
    }


@pytest.mark.parametrize("module", ["__init__", "later"])
def test_a_name_is_imported_from_where_it_is_imported_for_types(module):
    handing = timebank if module == "__init__" else later
    homes = imported_for_types(module)

    assert sorted(homes) == sorted(handing.__all__)
    for name, home in homes.items():
        assert getattr(handing, name) is getattr(sys.modules[home], name)


def test_a_name_that_is_not_there_is_said_as_python_says_it():
    with pytest.raises(
        AttributeError, match=r"^module 'timebank' has no attribute 'x'$"
    ):
        timebank.x  # noqa: B018 - it is asked for


def test_all_public_names_are_shown_before_they_are_asked_for():
    assert set(timebank.__all__) <= set(dir(timebank))


def test_the_programmes_are_a_function_whatever_is_imported():
    code = "import timebank.shipped, timebank\nassert timebank.programmes()"

    assert loaded(code)
