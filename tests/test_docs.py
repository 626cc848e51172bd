"""
Every example in the documentation runs, and shows what it says it does.

README.md and the pages under docs/ run from top to bottom, each in a directory of its own:

* ``pycon`` blocks as doctests, ``python`` blocks as code; a page has one namespace.
* ``console`` blocks whose first command is ``timebank`` as the real command line; what it
  prints, on both streams, must be what is shown.  ``$ echo $?`` shows how it ended.
  ``$ timebank … > NAME`` writes it to a file.
* A block below ``<!-- file: NAME -->`` is written to NAME, for what follows to use.
* ``postgresql://ROLE@db.example.org/DATABASE`` is on a PostgreSQL server that is new for
  the page, and has ``postgres`` of both.  The blocks above may use its programs, too, and
  hand them what a command prints: ``$ timebank … | psql -q URL``.

In what is shown, ``...`` stands for anything.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

LANGUAGES = ("python", "pycon", "console")
NEARLY = re.compile(r"\b(py|py3|python\d?|pycon|doctest|console|shell-session)\b")
FENCE = re.compile(r" *(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
FILE = re.compile(r" *<!-- file: (?P<name>[\w.-]+) -->$")
EXAMPLE = re.compile(r"^ *(>>> |\$ timebank |```python|```pycon)", flags=re.MULTILINE)

ON_SERVER = re.compile(r"postgresql://(?P<role>\w+)@db\.example\.org/(?P<database>\w+)")
PROGRAMS = ("createdb", "pg_dump", "pg_restore", "psql")
FIRST = tuple(f"$ {name} " for name in ("timebank", *PROGRAMS))

DOCTEST_FLAGS = doctest.ELLIPSIS
CONSOLE_FLAGS = doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE
COMMAND_SECONDS_MAX = 120

# What the entry point in pyproject.toml does, with the timebank that is being tested.
COMMAND_LINE = """
import sys
from timebank.cli import main
sys.argv[0] = "timebank"
sys.exit(main())
"""
TERMINAL = {
    "COLUMNS": "88",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PYTHONUTF8": "1",
    "TIMEBANK_ACTOR": "desk-1",
}


@frozen(kw_only=True)
class Block:
    """
    A fenced block of a page.

    Args:
        language: What follows the opening fence.
        text: What is between the fences, without their indentation.
        line: The line of the page on which the text begins, counted from 1.
        file: The name of the file that the block stands for, if it does.
    """

    language: str
    text: str
    line: int
    file: str | None


def blocks(page):
    """
    Yield the fenced blocks of the text *page*, in order.

    Raises:
        ValueError: If a block is never closed, or its language is nearly one of ours.
    """
    lines = enumerate(page.splitlines(), start=1)
    above = ""
    for number, line in lines:
        if opening := FENCE.match(line):
            language = opening["info"].strip()
            if language not in LANGUAGES and NEARLY.search(language):
                raise ValueError(f"line {number}: {language!r} is none of {LANGUAGES}")
            inside = "\n".join(_inside(opening["marks"], number, lines))
            file = FILE.match(above)
            yield Block(
                language=language,
                text=textwrap.dedent(inside) + "\n",
                line=number + 1,
                file=file["name"] if file else None,
            )
        above = line


def _inside(marks, opened, lines):
    """Yield the lines up to the fence that closes *marks*, and take that fence too."""
    for _, line in lines:
        fence = line.strip()
        if fence.startswith(marks) and not fence.strip(marks[0]):
            return
        yield line
    raise ValueError(f"line {opened}: this block is never closed")


def verdicts(page, name):
    """
    Run the examples in the text *page*, in the current directory.

    Yields:
        For every example None, or what is wrong with it and on which line of *name*.
    """
    namespace = {"__name__": "__main__"}
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text, "utf-8")
        elif block.language == "python":
            source = "\n" * (block.line - 1) + block.text  # for the line in a traceback
            exec(compile(source, name, "exec"), namespace)  # noqa: S102 - our own pages
            yield None
        elif block.language == "pycon":
            yield from _pycon(block, name, namespace)
        elif block.language == "console" and block.text.startswith(FIRST):
            yield from _console(block, name)


def _pycon(block, name, namespace):
    test = doctest.DocTestParser().get_doctest(
        block.text, namespace, "the page", name, block.line - 1
    )
    test.globs = namespace  # not the copy that it made: a page is one session
    if not test.examples:
        yield f'File "{name}", line {block.line}: no >>> in this block'
    reports = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=DOCTEST_FLAGS)
    done = runner.run(test, out=reports.append, clear_globs=False)
    yield from (None,) * (done.attempted - done.failed)
    if done.failed:
        yield "".join(reports)


def _console(block, name):
    status = 0
    for command, shown, offset in commands(block.text):
        match shlex.split(command):
            case ["echo", "$?"]:
                printed = f"{status}\n"
            case ["timebank", *arguments, "|", "psql", "-q", url]:
                script = run_timebank(arguments).stdout
                done = run_program("psql", ["-q", url], script)
                status, printed = done.returncode, done.stdout
            case ["timebank", *arguments, ">", file]:
                done = run_timebank(arguments)
                Path(file).write_text(done.stdout, "utf-8")
                status, printed = done.returncode, ""
            case ["timebank", *arguments] if not {*arguments} & {"|", ">", "<", "&&"}:
                done = run_timebank(arguments)
                status, printed = done.returncode, done.stdout
            case [program, *arguments] if program in PROGRAMS:
                done = run_program(program, arguments)
                status, printed = done.returncode, done.stdout
            case _:
                printed = (
                    "only timebank, PostgreSQL's programs and `echo $?` run here\n"
                )
        printed = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        check = doctest.OutputChecker()
        if check.check_output(shown, printed, CONSOLE_FLAGS):
            yield None
        else:
            example = doctest.Example(command, shown)
            wrong = check.output_difference(example, printed, CONSOLE_FLAGS)
            yield f'File "{name}", line {block.line + offset}:\n$ {command}\n{wrong}'


def commands(text):
    r"""Yield (command, what it is shown to print, line) of a session; ``\`` goes on."""
    lines = list(enumerate(text.rstrip().splitlines()))
    while lines:
        offset, line = lines.pop(0)
        command = line.removeprefix("$ ")
        while command.endswith("\\") and lines:
            command = command[:-1] + lines.pop(0)[1].removeprefix("> ").lstrip()
        shown = ""
        while lines and not lines[0][1].startswith("$ "):
            shown += f"{lines.pop(0)[1].rstrip()}\n"
        yield command, shown, offset


def run_timebank(arguments):
    """Run the command line on *arguments*, its two streams in one as a terminal does."""
    return subprocess.run(
        [sys.executable, "-P", "-c", COMMAND_LINE, *arguments],
        env=os.environ | TERMINAL,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=COMMAND_SECONDS_MAX,
        check=False,
    )


def run_program(name, arguments, text=""):
    """Run one of PostgreSQL's programs, which reads *text*, as `run_timebank` runs ours."""
    from .postgres import programs  # noqa: PLC0415 - few pages need one

    return subprocess.run(
        [programs() / name, *arguments],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=COMMAND_SECONDS_MAX,
        check=False,
    )


def check_page(page, name):
    """Fail if an example of the text *page* is wrong, or if it has some and none ran."""
    found = list(verdicts(page, name))
    wrong = [verdict for verdict in found if verdict]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if not found and EXAMPLE.search(page):
        pytest.fail(f"{name} shows examples, and none of them ran", pytrace=False)


@contextmanager
def on_a_server(page):
    """Yield the text *page*, with a server where it names one."""
    if not ON_SERVER.search(page):
        yield page
        return
    # a run without such a page starts no server, and needs no driver
    from .postgres import started  # noqa: PLC0415

    server = started()
    yield ON_SERVER.sub(lambda at: server.url(at["database"], at["role"]), page)
    server.stop()


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _pages():
    """Return the pages; those that start a Python for every command are slow."""
    return [
        pytest.param(
            page,
            id=page.relative_to(ROOT).as_posix(),
            marks=[pytest.mark.slow] if "$ timebank" in page.read_text("utf-8") else [],
        )
        for page in PAGES
    ]


@pytest.mark.parametrize("page", _pages())
def test_a_page_shows_what_happens(page):
    with on_a_server(page.read_text("utf-8")) as text:
        check_page(text, str(page))


# ------------------------------------------------- that the above would notice

RIGHT = """\
# A page

<!-- file: hours.txt -->
```text
90
```

```python
from pathlib import Path

hours = int(Path("hours.txt").read_text("utf-8"))
```

* In a list, too:

  ```pycon
  >>> hours + 1
  91
  >>> print("one\\ntwo\\nthree")
  one
  ...
  three
  ```

````markdown
```pycon
>>> 1 + 1
3
```
````

```console
$ pip install timebank
```
"""


def test_a_page_that_is_right_passes():
    ran = list(verdicts(RIGHT, "page.md"))

    assert ran == [None, None, None]


def test_a_wrong_output_points_at_its_line():
    wrong = RIGHT.replace("  91", "  92")

    with pytest.raises(
        pytest.fail.Exception, match=r'File "page.md", line 17(.|\n)*91'
    ):
        check_page(wrong, "page.md")


def test_code_that_fails_points_at_its_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\nfine = 1\nfine / 0\n```\n", "utf-8")

    with pytest.raises(ZeroDivisionError) as caught:
        check_page(page.read_text("utf-8"), str(page))

    assert caught.traceback[-1].path == page
    assert caught.traceback[-1].lineno + 1 == 5


@pytest.mark.parametrize(
    "page",
    [
        "```pycon\n>>> 1\n1\n",
        "```pycon\n1\n```\n",
        "```{code-block} pycon\n>>> 1\n1\n```\n",
        "```py\n1\n```\n",
        "Indented:\n\n    >>> 1\n    1\n",
        "```text\n$ timebank verify\n```\n",
        "```console\n$ ls\n$ timebank verify\n```\n",
    ],
    ids=[
        "never closed",
        "no prompt",
        "a directive",
        "another name of the language",
        "no fence",
        "another language",
        "after another command",
    ],
)
def test_a_page_whose_examples_would_not_run_fails(page):
    with pytest.raises((pytest.fail.Exception, ValueError)):
        check_page(page, "page.md")


def test_a_session_is_read_command_by_command():
    text = "$ timebank a \\\n>   'b c'\nshown\n\nshown too\n$ echo $?\n0\n"

    assert list(commands(text)) == [
        ("timebank a 'b c'", "shown\n\nshown too\n", 0),
        ("echo $?", "0\n", 5),
    ]


def test_the_real_command_line_is_run():
    page = "```console\n$ timebank --no-such-option\n...no-such-option...\n$ echo $?\n2\n```\n"

    assert list(verdicts(page, "page.md")) == [None, None]


def test_what_the_command_line_did_not_print_points_at_its_line():
    page = (
        "\n```console\n$ timebank --help\nUsage: ...\n$ timebank --version\n0.0\n```\n"
    )

    with pytest.raises(pytest.fail.Exception, match=r'File "page.md", line 5'):
        check_page(page, "page.md")


def test_a_pipe_is_no_argument():
    page = "```console\n$ timebank --help | head\n```\n"

    with pytest.raises(pytest.fail.Exception, match="only timebank"):
        check_page(page, "page.md")
