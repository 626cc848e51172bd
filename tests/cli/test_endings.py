"""How commands end: one exit code for each kind of end, and one clear message."""

import os
import sqlite3
import subprocess
import sys

import pytest

from timebank import errors
from timebank.cli import main
from timebank.cli.causes import CODES, ending, refused
from timebank.model import Effect, Finding, Reason

SLOW = ("sqlalchemy", "xlsxwriter", "python_calamine", "rich.progress")
NEEDLESS = (*SLOW, "timebank.storage.sqlite", "timebank.exchange")


def all_errors(of=errors.TimebankError):
    for each in of.__subclasses__():
        yield each
        yield from all_errors(each)


def new_python(statement, **environment):
    return subprocess.run(
        [sys.executable, "-c", statement],
        env=os.environ | {"TIMEBANK_ACTOR": "desk-1"} | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# ---------------------------------------------------------------- the codes


def test_0_is_done(timebank):
    done = timebank("init --ledger gz")

    assert (done.code, done.err) == (0, "")


def test_1_is_refused_by_the_rules(guangzhou):
    done = guangzhou("record v-3 care 90")

    assert (done.code, done.out) == (1, "")
    assert "v-3" in done.err
    assert done.err.endswith("[provider]\n")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("recrod v-1 care 90", 'Unknown command "recrod". Did you mean "record"?'),
        ("record v-1 care", "LENGTH requires an argument"),
        ("record v-1 care 90 --onn 2024-01-01", "--onn. Did you mean --on?"),
        ("record v-1 care -- 90 --on 2024-01-01", "--on stands after --"),
        ("balance v-1 hours points", "more was typed than is taken: points"),
        ("record v-1 care 90 --on 1.3.2024", "'1.3.2024' is no day"),
        ("record v-1 care 1.5", "could be hours or minutes: write 90, 1:30"),
        ("record v-1 care 0", "minutes must be 1 or more, found 0"),
        ("record v-1 care -1:30", "minutes must be 1 or more, found -90"),
        ("record v-1 care soon", "'soon' is no number such as"),
        ("record v-1 care 0.01h", "not a whole number of minutes"),
        ("record v-1 care 25:00", "record each day by itself"),
        ("record v-1 care 90 --starts 25:00", "no time of day such as 9:30"),
        ("record v-1 care 90 --fact age", "a fact is NAME=VALUE"),
        ("record v-1 care 90 --fact age=old", "age is a whole number; found 'old'"),
        ("account open 13800138000", "shaped like a mobile number"),
        ("account open 11010519491231002X", "shaped like an identity-card number"),
        ("give v-1 v-2 1.5 points", "finer than 1/1"),
        ("give v-1 v-2 1000000000000001 points", "1000000000000001"),
        ("give v-1 v-2 20 point", "no unit 'point' in this ledger; there is: hours"),
        ("journal --after 99999999999999999999", "Must be <= 9007199254740991"),
        ("journal --limit 99999999999999999999", "Must be <= 9007199254740991"),
        ("balance v-1 --as-of -1", "Must be >= 0"),
        ("balance \udc80", "'\\udc80' is no text in the encoding of this terminal"),
        ("balance v-3", "the ledger has no account 'v-3'"),
        ("correct nowhere --length 90", "the journal has no entry 'nowhere'"),
        ("policy check nowhere.toml", "that name ships; there is: beijing, changning"),
        ("policy check guangzhuo", "that name ships; did you mean `guangzhou`?"),
        ("policy check .", ". is a folder: name a file in it"),
        ("void x --id 'with-a\ttab'", "id must not hold control characters"),
        ("void x --actor 'with-a\ttab'", "actor must not hold control characters"),
    ],
)
def test_2_is_not_understood(guangzhou, command, said):
    done = guangzhou(command)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("timebank: ")
    assert said in done.err


@pytest.mark.parametrize("package", ["cyclopts", "rich"])
def test_3_is_an_extra_missing_and_names_the_pip_command(package):
    done = new_python(
        f"import sys; sys.modules[{package!r}] = None; "
        "from timebank.cli import main; sys.exit(main(['--help']))"
    )

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (
        f"timebank: {package} is missing; run: pip install 'timebank[cli]'\n"
    )


def test_3_is_also_that_workbooks_cannot_be_read(guangzhou, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")

    done = guangzhou("import a.xlsx --as services")

    assert done.code == 3
    assert "pip install 'timebank[excel]'" in done.err


def test_4_is_a_file_that_is_no_spreadsheet(guangzhou, tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 and so on")

    done = guangzhou("import a.xlsx --as services")

    assert (done.code, done.out) == (4, "")
    assert "a.xlsx" in done.err


def test_4_is_a_spreadsheet_that_is_not_there(guangzhou):
    done = guangzhou("import nowhere.xlsx --as services")

    assert done.code == 4
    assert "nowhere.xlsx: No such file" in done.err


def test_5_is_books_that_do_not_verify(starred):
    assert starred("verify --decide").code == 0
    _change("UPDATE timebank_balance SET free = free + 1 WHERE account = 'v-1'")

    done = starred("verify")

    assert (done.code, done.out) == (5, "")
    assert "law 7: balance ('v-1', 'points')" in done.err


def test_6_is_a_database_that_is_not_there(timebank):
    done = timebank("balance v-1 --db nowhere.db")

    assert done.code == 6
    assert "there is no such file; `timebank init` makes one" in done.err


def test_6_is_a_file_that_is_no_database(timebank, tmp_path):
    (tmp_path / "timebank.db").write_bytes(b"something else entirely " * 100)

    read, made = timebank("journal"), timebank("init --ledger gz")

    assert (read.code, made.code) == (6, 6)
    assert (
        f"{tmp_path / 'timebank.db'}: file is not a database; name another" in read.err
    )


def test_6_is_a_folder(timebank, tmp_path):
    (tmp_path / "books").mkdir()

    read, made = (
        timebank(f"{command} --db books") for command in ("journal", "init --ledger gz")
    )

    assert (read.code, made.code) == (6, 6)
    assert "it is a folder: name a file in it" in read.err


def test_6_is_a_database_from_a_newer_version(guangzhou):
    _change("UPDATE timebank_schema SET version = 99")

    done = guangzhou("journal")

    assert done.code == 6
    assert "the database has schema 99" in done.err
    assert "install a newer timebank" in done.err


def test_6_is_a_database_of_a_kind_that_nobody_knows(timebank):
    done = timebank("journal --db oracle://books")

    assert done.code == 6
    assert "use sqlite:///path/to/file.db or postgresql://" in done.err


def test_6_is_a_ledger_that_is_not_in_the_database(guangzhou):
    done = guangzhou("journal --ledger xg")

    assert done.code == 6
    assert "no ledger 'xg' here; there is: gz" in done.err


def test_6_is_also_that_there_is_no_room_for_what_is_printed():
    end = ending(OSError(28, "No space left on device"))

    assert end.code == 6
    assert str(end.text) == "what is to be written: No space left on device"


def test_6_is_a_file_that_cannot_be_written(guangzhou, tmp_path):
    (tmp_path / "a.csv").write_text(
        "日期,志愿者编号,类别,时长\n2024-03-05,v-9,care,1\n"
    )

    done = guangzhou("import a.csv --as services --refused no/a.xlsx")

    assert done.code == 6
    assert "no/a.xlsx cannot be written: there is no folder no" in done.err


def test_every_error_has_a_code():
    leaves = {each for each in all_errors() if not each.__subclasses__()}

    assert {each for each in leaves if not issubclass(each, tuple(CODES))} == set()


# ---------------------------------------------------------------- messages


def test_a_bug_is_not_dressed_up_as_a_message(guangzhou, monkeypatch):
    monkeypatch.setattr("timebank.bank.Bank.verify", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        guangzhou("verify")


def test_what_a_terminal_cannot_show_is_no_failure():
    done = new_python(
        "import sys; from timebank.cli import main; "
        "sys.exit(main(['policy', 'show', 'guangzhou', '--text']))",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u5173\\u7231\\u670d\\u52a1" in done.stdout


@pytest.mark.usefixtures("guangzhou")
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path):
    statement = "import sys; from timebank.cli import main; sys.exit(main(['journal']))"
    with subprocess.Popen(
        [sys.executable, "-c", statement],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


def test_ctrl_c_says_that_what_was_recorded_stays(guangzhou, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("timebank.bank.Bank.verify", interrupt)

    done = guangzhou("verify")

    assert (done.code, done.err) == (
        130,
        "timebank: interrupted; what was recorded stays\n",
    )


# ---------------------------------------------------------------- help


@pytest.mark.parametrize(
    "command",
    [
        "",
        "--help",
        "account",
        "policy --help",
        "record --help",
        "import --help",
        "tier grant --help",
    ],
)
def test_help_is_printed_and_is_no_failure(timebank, command):
    done = timebank(command)

    assert (done.code, done.err) == (0, "")
    assert "Usage: timebank" in done.out


def test_help_loads_nothing_that_it_does_not_need():
    done = new_python(
        "import sys; from timebank.cli import main; main(['--help']); "
        f"print([m for m in {NEEDLESS!r} if m in sys.modules], file=sys.stderr)"
    )

    assert done.stderr == "[]\n"


@pytest.mark.usefixtures("guangzhou")
def test_a_json_document_needs_no_tables(tmp_path):
    statement = (
        "import sys; from timebank.cli import main; "
        f"main(['journal', '--db', {str(tmp_path / 'timebank.db')!r}, '--json']); "
        "print('rich' in sys.modules, file=sys.stderr)"
    )

    assert new_python(statement).stderr == "False\n"


@pytest.mark.usefixtures("timebank")
def test_the_command_line_is_what_the_process_was_given(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["timebank", "policy", "list", "--json"])

    assert main() == 0
    assert '"guangzhou"' in capsys.readouterr().out


def _change(statement):
    """Change the database behind timebank's back, its guards taken away."""
    with sqlite3.connect("timebank.db") as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


def test_a_refusal_gives_its_reasons_and_no_note_of_what_did_not_happen():
    reason = Finding(code="provider", reason=Reason.ACCOUNT_UNKNOWN, account="v-9")
    note = Finding(
        code="accounts.member.points.cap",
        reason=Reason.POLICY_NONE,
        effect=Effect.NOTES,
    )

    stopped = refused(errors.Refused("e-1", (note, reason), {}))

    assert str(stopped).splitlines() == [
        "refused: e-1",
        "  there is no account v-9: open it first, or check the number [provider]",
    ]
