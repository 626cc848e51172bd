"""
Which module may import what, and where each library is at home.

The tables below and `docs/explanation/architecture.md` state the same facts; these
fail when they stop being true.
"""

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import timebank
from timebank import errors

SOURCE = Path(__file__).parents[1] / "src" / "timebank"
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "architecture.md"

# Imports go down only.  Parts of one layer do not import each other.
LAYERS = (  # lowest first
    {"first_use", "forks", "texts"},
    {"errors", "names"},
    {"model"},
    {"fields", "words"},
    {"operations", "messages"},
    {"entries"},
    {"accounts", "adoptions", "claims", "labels", "orders", "scope", "shifts"},
    {"balances", "history", "legs"},
    {"standing"},
    {"recalling"},
    {"journal", "storage"},
    {"policy"},
    {"decide", "shipped"},
    {"due", "needed"},
    {"rehearsal"},
    {"proof"},
    {"explain", "session", "view"},
    {"later"},
    {"bank_figures", "bank_operations", "gathering", "retries"},
    {"bank"},
    {"bank_opening"},
    {"analysis", "copying", "django", "exchange"},
    {"cli"},
    {"testing"},
    {"__init__"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# What decides sees no clock, no database and no environment: a second limit, on top of
# the layers.
PURE = {
    "model",
    "fields",
    "operations",
    "entries",
    "accounts",
    "adoptions",
    "labels",
    "claims",
    "orders",
    "shifts",
    "scope",
    "balances",
    "history",
    "legs",
    "standing",
    "recalling",
    "journal",
    "policy",
    "decide",
    "due",
}
IMPURE_LIBRARIES = {
    *("os", "pathlib", "time", "random", "secrets", "uuid", "socket"),
    *("subprocess", "sqlite3", "threading", "logging"),
}

# (module, part it imports, how) → why the layers may be broken there, and only there.
EXCEPTIONS = {
    (
        "errors.py",
        "messages",
        "in a function",
    ): "the text of an error is made at the edge",
    (
        "errors.py",
        "model",
        "for types",
    ): "the fields of an error are facts of the model",
    ("errors.py", "entries", "for types"): "a refused batch holds its refusals",
}

# library → the modules that may import it, by pattern, and how if not anyhow
HOMES = {
    "attrs": {"*": "anyhow"},
    "cattrs": {"policy/converter.py": "anyhow"},
    "psycopg": {"storage/postgresql.py": "anyhow", "storage/trips.py": "anyhow"},
    "sqlalchemy": {
        "storage/*": "anyhow",
        "django.py": "anyhow",
        "bank.py": "for types",
    },
    "django": {"django.py": "anyhow"},
    "alembic": {"storage/migrations/versions/*": "anyhow"},
    "hypothesis": {"testing/*": "anyhow"},
    "pytest": {"testing/*": "anyhow"},
    "cyclopts": {"cli/*": "anyhow"},
    "rich": {"cli/*": "anyhow"},
    "python_calamine": {"exchange/*": "anyhow"},
    "xlsxwriter": {"exchange/*": "anyhow"},
    "pyarrow": {"analysis/*": "anyhow"},
}

# What `import timebank` may load: the dependencies of the core, and what they bring.
CORE = {"timebank", "attr", "attrs", "cattrs", "sqlalchemy", "typing_extensions"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Import(NamedTuple):
    """
    One import statement's reach.

    Args:
        target: What is imported: ``policy.rules`` of ours, ``sqlalchemy`` of others.
        ours: Whether it is a part of timebank.
        how: ``at once``, ``in a function`` or ``for types``.
        line: Where it is written.
    """

    target: str
    ours: bool
    how: str
    line: int

    @property
    def part(self):
        return self.target.partition(".")[0]


def part_of(module):
    """Return the part of timebank that *module* (``policy/rules.py``) belongs to."""
    return module.partition("/")[0].removesuffix(".py")


@cache  # three tests ask it of every module
def imports(source, module):
    """Return what the text *source* of *module* imports, wherever it does so."""
    package = ["timebank", *module.split("/")[:-1]]
    return [
        found
        for statement, how in statements(ast.parse(source), "at once")
        for found in reach(statement, package, how)
    ]


def statements(node, how):
    """Yield the import statements in *node*, each with how it takes effect."""
    match node:
        case ast.Import() | ast.ImportFrom():
            yield node, how
        case ast.If(
            test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")
        ):
            for child in node.body:
                yield from statements(child, "for types")
            for child in node.orelse:
                yield from statements(child, how)
        case _:
            if how == "at once" and isinstance(node, FUNCTIONS):
                how = "in a function"
            for child in ast.iter_child_nodes(node):
                yield from statements(child, how)


def reach(statement, package, how):
    """Yield what one import *statement* in *package* brings in."""
    if isinstance(statement, ast.Import):
        paths = [(name.name.split("."), "__init__") for name in statement.names]
    else:
        base = package[: len(package) + 1 - statement.level] if statement.level else []
        base = base + (statement.module.split(".") if statement.module else [])
        paths = [(base, name.name) for name in statement.names]
    for (top, *below), name in paths:
        if top != "timebank":
            yield Import(top, ours=False, how=how, line=statement.lineno)
        elif below:
            yield Import(".".join(below), ours=True, how=how, line=statement.lineno)
        else:  # `from . import x`: a part, or a public name of the package
            part = name if name in LEVEL else "__init__"
            yield Import(part, ours=True, how=how, line=statement.lineno)


def imports_upwards(source, module):
    """Return the imports of *module* that the layers do not allow."""
    own = part_of(module)
    return [
        found
        for found in dict.fromkeys(imports(source, module))
        if found.ours
        and found.part != own
        and LEVEL.get(found.part, len(LAYERS)) >= LEVEL[own]
        and (module, found.part, found.how) not in EXCEPTIONS
    ]


def impure_imports(source, module):
    """Return the imports by which *module* could see more than it is given."""
    return [
        found
        for found in imports(source, module)
        if (found.part == "storage" if found.ours else found.part in IMPURE_LIBRARIES)
    ]


def homeless_imports(source, module):
    """Return the imports of libraries that are not at home in *module*."""
    return [
        found
        for found in dict.fromkeys(imports(source, module))
        if not found.ours
        and found.part not in sys.stdlib_module_names
        and not any(
            fnmatch(module, pattern) and how in {"anyhow", found.how}
            for pattern, how in HOMES.get(found.part, {}).items()
        )
    ]


def text_of(module):
    return (SOURCE / module).read_text("utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_belongs_to_a_layer(module):
    assert part_of(module) in LEVEL


@pytest.mark.parametrize("module", [m for m in MODULES if part_of(m) in LEVEL])
def test_a_module_imports_only_from_the_layers_below_it(module):
    assert imports_upwards(text_of(module), module) == []


@pytest.mark.parametrize("module", [m for m in MODULES if part_of(m) in PURE])
def test_a_module_that_decides_sees_nothing_that_it_is_not_given(module):
    assert impure_imports(text_of(module), module) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_used_only_where_it_is_at_home(module):
    assert homeless_imports(text_of(module), module) == []


def test_messages_know_of_findings_and_of_nothing_that_makes_them():
    found = imports(text_of("messages.py"), "messages.py")

    assert {each.part for each in found if each.ours} <= {
        "model",
        "names",
        "texts",
        "words",
    }


def test_the_page_on_the_architecture_draws_these_layers():
    page = PAGE.read_text("utf-8")
    table = page.partition("## Layers")[2].partition("## ")[0]
    drawn = [
        set(re.findall(r"`(\w+)`", line.split("|")[1]))
        for line in table.splitlines()
        if line.startswith("| `")
    ]
    there = {part_of(module) for module in MODULES}

    assert drawn == [parts & there for parts in reversed(LAYERS) if parts & there]


@pytest.mark.parametrize(("module", "part", "how"), EXCEPTIONS)
def test_an_exception_to_the_layers_is_still_made_use_of(module, part, how):
    found = imports(text_of(module), module)

    assert (part, how) in {(each.part, each.how) for each in found if each.ours}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.py", "from .entries import Entry"),
        ("model.py", "from . import bank"),
        ("model.py", "from . import open"),
        ("model.py", "import timebank"),
        ("model.py", "import timebank.bank as b"),
        ("model.py", "from timebank.bank import Bank"),
        ("journal.py", "from .storage.protocol import Store"),
        ("policy/rules.py", "from ..decide import decide"),
        ("policy/rules.py", "from .. import decide"),
        ("policy/rules.py", "def rule():\n    from ..decide import decide"),
        ("errors.py", "from .messages import finding_text"),
        ("errors.py", "def text():\n    from .model import Finding"),
        ("storage/sql.py", "from ..unheard_of import thing"),
        (
            "model.py",
            "if TYPE_CHECKING:\n    from .entries import Entry",
        ),
        (
            "model.py",
            "if typing.TYPE_CHECKING:\n    pass\nelse:\n    from .entries import Entry",
        ),
    ],
)
def test_an_import_upwards_is_seen_however_it_is_written(module, line):
    assert len(imports_upwards(line, module)) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.py", "from .errors import TimebankError"),
        ("policy/rules.py", "from .windows import Window"),
        ("policy/rules.py", "from . import windows"),
        ("policy/rules.py", "from ..model import Unit"),
        ("errors.py", "if TYPE_CHECKING:\n    from .model import EntryId"),
        ("errors.py", "def text():\n    from .messages import finding_text"),
        ("cli/app.py", "from ..bank import Bank"),
    ],
)
def test_an_import_downwards_is_let_be(module, line):
    assert imports_upwards(line, module) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.py", "import sqlalchemy.orm"),
        ("bank.py", "from sqlalchemy import Connection"),
        ("policy/rules.py", "from cattrs import Converter"),
        ("cli/app.py", "import requests"),
        ("exchange/sheets.py", "def show():\n    import rich"),
    ],
)
def test_a_library_away_from_home_is_seen(module, line):
    assert len(homeless_imports(line, module)) == 1


def test_the_bank_may_name_the_type_of_a_connection():
    line = "if TYPE_CHECKING:\n    from sqlalchemy import Connection"

    assert homeless_imports(line, "bank.py") == []


# ------------------------------------------------------------------ the tree of errors


def drawn_tree(drawing):
    """Return name → name of its parent, of the tree drawn in the text *drawing*."""
    parents, path = {}, []
    for indent, name in re.findall(r"^( *)[*·-] (\w+)", drawing, flags=re.MULTILINE):
        path = [(at, above) for at, above in path if at < len(indent)]
        parents[name] = path[-1][1] if path else "Exception"
        path.append((len(indent), name))
    return parents


def test_a_drawing_is_read_by_its_indentation():
    drawing = "* Root  the root\n  - Left\n    · Leaf  far out\n  - Right\n"

    assert drawn_tree(drawing) == {
        "Root": "Exception",
        "Left": "Root",
        "Leaf": "Left",
        "Right": "Root",
    }


def test_the_tree_of_errors_is_the_one_that_is_drawn():
    classes = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and each.__module__ == errors.__name__
    ]

    assert drawn_tree(errors.__doc__) == {
        each.__name__: each.__base__.__name__ for each in classes
    }


# ---------------------------------------------------------------- the package's surface


def loaded_by(statement):
    """Return the packages that a new Python has loaded after *statement*."""
    names = "{name.partition('.')[0] for name in sys.modules}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statement}\nprint(*{names})"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(done.stdout.split())


def test_importing_timebank_loads_nothing_optional():
    loaded = loaded_by("import timebank") - loaded_by("pass")

    assert {
        n
        for n in loaded - sys.stdlib_module_names
        if not n.startswith("_sysconfigdata")
    } <= CORE


def test_the_public_names_are_sorted_and_exist():
    assert list(timebank.__all__) == sorted(timebank.__all__)
    assert [name for name in timebank.__all__ if not hasattr(timebank, name)] == []
