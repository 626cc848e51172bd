"""
What is imported to start: nothing that is not needed.

By the modules that a new interpreter has loaded, which do not vary with the machine.
"""

import ast
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import timebank
from timebank import later
from timebank.cli.app import commands
from timebank.cli.helping import help_of
from timebank.cli.spoken import speaking
from timebank.cli.tree import TREE, Several
from timebank.texts import Language

SOURCE = Path(timebank.__file__).parent
DAY = date(2024, 1, 2)


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


# ---------------------------------------------------------------- the command line

COMMAND = "from timebank.cli import main; main(sys.argv[1:])"

DECIDING = (
    *("policy.files", "policy.rules", "policy.checks", "policy.converter", "decide"),
    *(
        "due",
        "rehearsal",
        "explain",
        "proof",
        "session",
        "view",
        "exchange",
        "analysis",
    ),
)
"""Parts that no reading of a balance needs."""

SEVERAL = [
    command
    for below in TREE.values()
    for each in below.values()
    for command in (each.commands.values() if isinstance(each, Several) else [each])
]


def ours(modules, *parts):
    """Return those of *modules* that are in *parts* of timebank."""
    return under(modules, *(f"timebank.{part}" for part in parts))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_imports_no_command_no_books_and_no_database(language):
    modules = loaded(COMMAND, "--help", "--language", language)

    assert under(modules, "sqlalchemy", "cattrs", "sqlite3") == set()
    assert under(modules, "timebank") == {
        *("timebank", "timebank.first_use", "timebank.texts"),
        *(f"timebank.cli{each}" for each in ("", ".app", ".endings", ".helping")),
        *(f"timebank.cli.{each}" for each in ("spoken", "tree")),
    }


def test_the_help_of_one_command_imports_that_one():
    modules = loaded(COMMAND, "balance", "--help")

    assert ours(modules, *DECIDING) == set()
    assert ours(modules, "cli.balances")
    assert not ours(modules, "cli.books")


def test_a_balance_imports_no_rules_and_nothing_that_decides(tmp_path):
    books = str(tmp_path / "books.db")
    with timebank.create(f"sqlite:///{books}", ledger="main", actor="a") as bank:
        bank.adopt(timebank.programme("longgang"), on=DAY)
        bank.open_account("v-1", on=DAY)

    modules = loaded(COMMAND, "balance", "v-1", "--db", books)

    assert under(modules, "timebank.storage.sqlite")
    assert ours(modules, *DECIDING, "storage.memory", "storage.postgresql") == set()
    assert under(modules, "rich.table", "sqlalchemy.dialects.postgresql") == set()


def test_nothing_is_looked_through_for_garbage_at_the_end():
    # what is registered first is called last
    code = (
        "import atexit, gc\n"
        "atexit.register(lambda: print(gc.get_freeze_count(), len(gc.get_objects())))\n"
        "from timebank.cli import main; main(['--version'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    frozen, left = map(int, done.stdout.splitlines()[-1].split())

    assert frozen > 10_000
    assert left < 100


@pytest.mark.parametrize("command", SEVERAL, ids=lambda command: command.at)
@pytest.mark.parametrize("language", Language)
def test_a_command_says_first_what_the_tree_says_it_is_for(command, language):
    with speaking(language):
        first = help_of(command.function()).partition("\n\n")[0]

    assert first == command.help.in_(language)


def test_the_page_of_a_command_says_more_than_the_list_of_them(capsys):
    commands(Language.EN, ["balance"])(["balance", "--help"])

    assert "--json prints" in capsys.readouterr().out
