"""
What the documentation says in tables is what the code says.

A key, a layer or a field that is added in one place only fails here.
"""

import re
import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest

import timebank
from timebank.cli.app import commands
from timebank.cli.endings import ExitCode
from timebank.entries import Entry
from timebank.exchange import LAYOUTS
from timebank.model import Finding, Posting, Reason
from timebank.operations import TAGS
from timebank.policy import shapes
from timebank.policy.conditions import Comparison
from timebank.policy.expressions import Verb
from timebank.policy.keys import keys_of, tables
from timebank.policy.windows import is_window
from timebank.texts import Language

DOCS = Path(__file__).parents[1] / "docs"


def section(page, heading):
    """Return what is below *heading*, up to the next heading, in docs/*page*."""
    text = (DOCS / page).read_text("utf-8")
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)",
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    assert found, f"{page} has no heading {heading!r}"
    return found[1]


def rows(text):
    """Return the rows of the tables in *text*, without their headings, as cells."""
    lines = [line.strip() for line in text.splitlines()]
    table = [line for line in lines if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    rules_at = [n for n, row in enumerate(cells) if set("".join(row)) <= {"-", ":"}]
    heads = {n - 1 for n in rules_at} | set(rules_at)
    return [row for n, row in enumerate(cells) if n not in heads]


def code(cell):
    """Return the words in backticks that *cell* holds."""
    return re.findall(r"`([^`]+)`", cell)


# ------------------------------------------------------------------ the policy language

POLICY = "reference/policy.md"

TABLES = SimpleNamespace(**runpy.run_path(str(DOCS / "reference" / "tables.py")))


@pytest.mark.parametrize("name", TABLES.PAGES)
def test_the_tables_of_the_reference_are_those_of_the_classes(name):
    page = (DOCS / "reference" / name).read_text("utf-8")

    assert TABLES.page_with_tables(page) == page, "run python3 dev.py reference"


def test_every_table_stands_in_the_reference_once():
    pages = [(DOCS / "reference" / name).read_text("utf-8") for name in TABLES.PAGES]

    assert sorted(re.findall(r"<!-- (.*) -->", "".join(pages))) == sorted(
        TABLES.marks()
    )


@pytest.mark.parametrize("cls", [*tables()], ids=lambda cls: cls.__name__)
def test_every_key_of_a_table_is_described(cls):
    assert [key.name for key in keys_of(cls) if not key.text] == []


def test_a_table_whose_class_has_changed_is_written_anew():
    page = (DOCS / POLICY).read_text("utf-8")
    stale = page.replace("| `sum` |", "| `summe` |")

    assert stale != page
    assert TABLES.page_with_tables(stale) == page


def test_the_reference_lists_the_steps_of_a_formula():
    listed = [
        re.findall(r"\w+", code(row[0])[0])[0]
        for row in rows(section(POLICY, "Formulas"))
    ]

    assert listed == list(Verb)


def test_the_reference_lists_the_tests_of_a_condition():
    listed = [code(row[0])[0] for row in rows(section(POLICY, "Conditions"))]

    assert listed == list(Comparison)


def test_the_reference_names_windows_that_there_are():
    words = [w for row in rows(section(POLICY, "Windows")) for w in code(row[0])]
    units = [w for w in words if w in {"weeks", "months", "years"}]
    named = [w.replace("N", "2") for w in words if w not in units]

    assert all(is_window(w) for w in [*named, *(f"last 2 {u}" for u in units)])


def test_the_reference_names_every_value_that_an_operation_has():
    named = set(code(section(POLICY, "Values")))

    assert {f for shape in shapes.SHAPES.values() for f in shape.fields} <= named


# ------------------------------------------------------------------ bodies, format 1

BODY = "reference/body-format-1.md"


def fields(heading):
    """Return field → default of the table below *heading*."""
    return {code(row[0])[0]: row[1] for row in rows(section(BODY, heading))}


def test_the_page_on_bodies_lists_the_fields_of_an_entry():
    own = {a.name for a in attrs.fields(Entry)} - {"recorded"}

    assert set(fields("Fields")) == own | {"format", "recorded_at", "recorded_on"}


@pytest.mark.parametrize(
    ("heading", "kind"), [("Postings", Posting), ("Findings", Finding)]
)
def test_the_page_on_bodies_lists_the_fields_of_what_an_entry_holds(heading, kind):
    listed = fields(heading)
    needed = {a.name for a in attrs.fields(kind) if a.default is attrs.NOTHING}

    assert set(listed) == {a.name for a in attrs.fields(kind)}
    assert {name for name, default in listed.items() if default == "–"} == needed


def test_the_page_on_bodies_lists_every_operation_with_its_fields():
    listed = {
        code(row[0])[0]: code(row[1]) for row in rows(section(BODY, "Operations"))
    }

    assert listed == {
        tag: [a.name for a in attrs.fields(kind)] for kind, tag in TAGS.items()
    }


# ------------------------------------------------------------------ the command line

COMMANDS = "reference/command-line.md"


def command_names(app, prefix="timebank"):
    """Yield the commands of *app* that do something, as they are typed."""
    for name in app:
        if name.startswith("-"):
            continue
        typed = f"{prefix} {name}"
        if list(command_names(app[name], typed)):
            yield from command_names(app[name], typed)
        else:
            yield typed


def test_the_page_on_the_command_line_lists_every_command():
    listed = [code(row[0])[0] for row in rows(section(COMMANDS, "Commands"))]

    assert sorted(listed) == sorted(command_names(commands(Language.EN)))


@cache
def arguments(typed):
    """Return what the command that is *typed* so takes."""
    app = commands(Language.EN)
    for word in typed.split()[1:]:
        app = app[word]
    return app.assemble_argument_collection()


def options(typed):
    """Return the options of the command that is *typed* so."""
    return {name for each in arguments(typed) for name in each.names}


def test_help_says_what_holds_where_an_option_is_left_out():
    silent = [
        (typed, argument.name)
        for typed in command_names(commands(Language.EN))
        for argument in arguments(typed)
        if argument.field_info.default
        and isinstance(argument.field_info.default, str | int)
        and "by default" not in str(argument.parameter.help)
    ]

    assert silent == []


def test_the_page_on_the_command_line_says_which_lack_what_the_others_take():
    said = section(COMMANDS, "What a recording command takes")
    shared = {code(row[0])[0] for row in rows(said)}
    found = {
        typed.removeprefix("timebank "): shared - options(typed)
        for typed in command_names(commands(Language.EN))
    }

    partly = {typed for typed, lacks in found.items() if lacks and "--id" not in lacks}
    assert partly == {"policy adopt"}
    for typed in ("ranking publish", "tick", "import"):
        assert {"--id", "--what-if"} <= found[typed]
        assert f"`{typed}`" in said


def test_the_page_on_the_command_line_lists_every_exit_code():
    table = rows(section(COMMANDS, "How a command ends"))

    assert [(int(row[0]), row[1].replace(" ", "_").upper()) for row in table] == [
        (each.value, each.name) for each in ExitCode
    ]


# ------------------------------------------------------------------ spreadsheets

SHEETS = "how-to/import-a-spreadsheet.md"


def columns(heading):
    """Return (Chinese, English, whether it must be there) of the table below *heading*."""
    return {
        (row[0], code(row[1])[0], row[2].startswith("must be there"))
        for row in rows(section(SHEETS, heading))
    }


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_the_page_on_spreadsheets_lists_the_columns_of_a_sheet(layout):
    listed = columns(f"`{layout.name}`") | columns("In all of them")

    assert listed == {(c.text, c.name, c.required) for c in layout.columns}


# ------------------------------------------------------------------ links

ROOT = DOCS.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]


def links(page):
    """Yield (file, anchor) of every link in *page* that stays in the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page):
    """Return what the headings of *page* can be linked to by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page):
    dead = [
        (str(path), anchor)
        for path, anchor in links(page)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]

    assert dead == []


def test_every_page_can_be_reached_from_the_readme():
    reached, ahead = set(), {ROOT / "README.md"}
    while ahead:
        page = ahead.pop()
        page = page / "README.md" if page.is_dir() else page
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            ahead |= {path for path, _ in links(page)}

    assert set(PAGES) - reached == set()


# ------------------------------------------------------------------ reasons


def test_the_page_on_reasons_lists_every_reason_once():
    page = (DOCS / "reference/reasons.md").read_text("utf-8")

    assert sorted(code(row[0])[0] for row in rows(page)) == sorted(Reason)


# ------------------------------------------------------------------ the tests


def test_every_test_that_the_documentation_names_is_there():
    root = DOCS.parent
    pages = [root / "README.md", *sorted(DOCS.rglob("*.md"))]
    named = {word for page in pages for word in code(page.read_text("utf-8"))}
    files = {word for word in named if re.fullmatch(r"tests/[\w/]+(\.py)?", word)}
    tests = {word for word in named if re.fullmatch(r"(test|race)_\w+", word)}
    written = "\n".join(
        path.read_text("utf-8")
        for folder in (root / "tests", root / "src" / "timebank" / "testing")
        for path in folder.rglob("*.py")
    )

    assert {file for file in files if not (root / file).exists()} == set()
    assert {test for test in tests if f"def {test}(" not in written} == set()
    assert len(files) > 10


def test_decisions_are_listed_by_number_and_none_is_left_out():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^\| \[\d{4}\]\((.+?)\)", (folder / "README.md").read_text(), re.MULTILINE
    )

    assert listed == sorted(page.name for page in folder.glob("0*.md"))


# ---------------------------------------------------------------- the glossary

NOT_TOLD = {
    *("精度", "对账单", "登记时间", "批量", "收方", "状况", "透支额度"),
    *("宿主函数", "宿主系统", "账务准则", "差错", "一次写入"),
}
"""Words of the documentation, which nothing that people are told has need of."""


def test_the_glossary_calls_things_what_people_are_told():
    source = Path(timebank.__file__).parent
    told = "".join(path.read_text("utf-8") for path in source.rglob("*.py"))
    page = (DOCS / "reference/glossary.md").read_text("utf-8")
    words = re.findall(r"^\| \*\*.+?\*\* \| (.+?) \|", page, flags=re.MULTILINE)

    chinese = {word for several in words for word in several.split("、")}

    assert {word for word in chinese if word not in told} == NOT_TOLD
