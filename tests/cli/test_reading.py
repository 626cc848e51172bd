"""What the books say, as tables and as JSON that agrees with the bank."""

import re
import shlex
import sys

import pytest

import timebank as library

SERVED = {"points": 120, "hours": 7200}


@pytest.fixture
def books(starred):
    """Return the commands on books with services, an order, and a late record."""
    for command in (
        "order v-1 rice --on 2024-03-01 --id o-1",
        "record v-2 care 1:30 --on 2024-01-20 --id late",
    ):
        assert starred(command).code == 0
    return starred


@pytest.fixture
def bank(books, tmp_path):
    """Return the bank that the commands opened."""
    assert books("verify").code == 0
    url = f"sqlite:///{tmp_path}/timebank.db"
    with library.open(url, ledger="gz", actor="auditor") as bank:
        yield bank


# ---------------------------------------------------------------- balances


def test_a_balance_is_shown_in_every_unit(books):
    done = books("balance v-1")

    assert done.out.splitlines() == [
        "unit     free   held   total",
        "────────────────────────────",
        "hours     120      0     120",
        "points    100     20     120",
    ]


def test_the_json_of_a_balance_agrees_with_the_bank(books, bank):
    shown = books("balance v-1 points --json").json

    found = bank.balance("v-1", "points")
    assert shown == {
        "account": "v-1",
        "as_of": None,
        "effective_on": None,
        "units": {"points": {"scale": 1, "record": False}},
        "balances": {
            "points": {"free": found.free, "held": found.held, "total": found.total}
        },
    }


def test_a_balance_as_of_a_position_is_what_was_believed_then(books):
    shown = books("balance v-1 hours --as-of 7 --json").json

    assert shown["as_of"] == 7
    assert shown["balances"]["hours"]["free"] == 2 * 24 * 60


def test_a_balance_by_a_day_counts_what_was_recorded_late(books):
    def hours(day):
        shown = books("balance v-2 hours --effective-on", day, "--json").json
        return shown["balances"]["hours"]["free"]

    assert (hours("2024-01-19"), hours("2024-01-20")) == (0, 90)


def test_books_without_a_policy_have_no_balances(timebank):
    timebank("init --ledger gz")

    done = timebank("balance v-1")

    assert done.code == 1
    assert "timebank policy adopt" in done.err


# ---------------------------------------------------------------- statements


def test_a_statement_shows_every_movement_and_the_balance_after_it(books):
    done = books("statement v-1 points --after 9")

    assert [line.split() for line in done.out.splitlines()[2:]] == [
        ["10", "2024-02-05", "service", "s-5", "free", "+24", "120", "0"],
        ["11", "2024-03-01", "order", "o-1", "free", "-20", "100", "0"],
        ["11", "2024-03-01", "order", "o-1", "held", "+20", "100", "20"],
    ]


def test_the_json_of_a_statement_agrees_with_the_bank(books, bank):
    shown = books("statement v-1 points --json").json

    assert [
        (e["position"], e["line"], e["entry"], e["amount"], e["free"], e["held"])
        for e in shown["lines"]
    ] == [
        (e.position, e.line, e.entry, e.amount, e.balance.free, e.balance.held)
        for e in bank.statement("v-1", "points")
    ]
    assert shown["units"] == {"points": {"scale": 1, "record": False}}


def test_a_statement_is_read_in_pieces(books):
    first = books("statement v-1 hours --limit 3 --json").json["lines"]
    after = first[-1]["position"]
    rest = books("statement v-1 hours --after", after, "--json").json["lines"]
    whole = books("statement v-1 hours --json").json["lines"]

    assert first + rest == whole


def test_an_account_kept_without_balances_has_a_statement_all_the_same(books):
    lines = books("statement issuer hours --json").json["lines"]

    assert {line["free"] for line in lines} == {None}
    assert sum(line["amount"] for line in lines) == -(7200 + 90)
    assert books("statement issuer hours").code == 0


# ---------------------------------------------------------------- levels


def test_levels_of_all_members_stand_side_by_side(books):
    lines = books("tiers").out.splitlines()

    assert [line.split() for line in (lines[0], *lines[2:])] == [
        ["account", "star", "total", "hours", "flags"],
        ["v-1", "one", "star", "120", "hours"],
        ["v-2", "1:30", "hours"],
    ]


def test_whoever_reads_chinese_sees_the_policy_s_own_names(books):
    levels = books("tiers --language zh").out
    listed = books("journal --language zh").out

    assert "小时 [hours]" in books("balance v-1 --language zh").out
    assert "星级" in levels
    assert "累计时长" in levels
    assert "一星" in levels
    assert "v-2：关爱服务 1:30" in listed
    assert "v-2 +1 积分" in listed


def test_the_json_of_levels_agrees_with_the_bank(books, bank):
    shown = books("tiers --json").json

    for each in shown["accounts"]:
        view = bank.standing(each["account"])
        assert each["tiers"] == {
            k: v or None for k, v in {"star": None, **view.tiers}.items()
        }
        assert each["flags"] == list(view.flags)
        assert each["measures"]["total"]["amount"] == view.measures["total"] * 60
    assert [each["account"] for each in shown["accounts"]] == ["v-1", "v-2"]


def test_a_count_is_no_amount_and_a_flag_says_whose_it_is(timebank):
    timebank("init --ledger xf")
    timebank("policy adopt xuefu --on 2024-01-02")
    timebank("account open v-1 --on 2024-01-02")

    shown = timebank("tiers v-1 --json").json["accounts"][0]
    table = timebank("tiers v-1").out

    assert shown["measures"]["recent"] == {"count": 0}
    assert shown["flags"] == ["dormant"]
    assert "measure   services within a year     0 times" in table
    assert "flag      dormant volunteer          to be looked at by HR" in table


# ---------------------------------------------------------------- the journal


def test_the_journal_says_what_each_entry_was_about(books):
    lines = books("journal --after 9").out.splitlines()

    assert [" ".join(line.split()) for line in lines[2:]] == [
        "10 2024-02-05 service s-5 desk-1 v-1: care 24:00 v-1 +24 hours, v-1 +24 points",
        "11 2024-03-01 order o-1 desk-1 v-1: 1 rice v-1 -20 points, v-1 +20 points held",
        "12 2024-01-20 service late desk-1 v-2: care 1:30 v-2 +1:30 hours, v-2 +1 points",
    ]


def test_the_json_of_the_journal_agrees_with_the_bank(books, bank):
    shown = books("journal --json").json

    entries = list(bank.entries())
    assert [(e["position"], e["id"]) for e in shown["entries"]] == [
        (position, entry.id) for position, entry in entries
    ]
    assert [
        [(p["account"], p["unit"], p["amount"]) for p in e.get("postings", [])]
        for e in shown["entries"]
    ] == [
        [(p.account, p.unit, p.amount) for p in entry.postings] for _, entry in entries
    ]
    assert shown["units"] == {
        "hours": {"scale": 60, "record": True},
        "points": {"scale": 1, "record": False},
    }


def test_the_journal_is_read_in_pieces(books):
    def ids(*options):
        return [e["id"] for e in books("journal --json", *options).json["entries"]]

    assert ids("--limit", "7") + ids("--after", "7") == ids()


def test_a_journal_that_is_not_the_one_followed_ends_with_5(books):
    head = len(books("journal --json").json["entries"])

    known = books("journal --json --last late --after", head)
    another = books("journal --last elsewhere --after", head)
    beyond = books("journal --after", head + 1)

    assert (known.code, known.json["entries"]) == (0, [])
    assert (another.code, another.out) == (5, "")
    assert "'late' stands there" in another.err
    assert (beyond.code, beyond.out) == (5, "")
    assert f"the journal ends at {head}" in beyond.err


@pytest.mark.parametrize(
    ("options", "said"),
    [("--last late", "--after"), ("--after 3 --last 'a\tb'", "control characters")],
)
def test_the_last_entry_seen_has_an_id_and_a_place(books, options, said):
    done = books("journal", *shlex.split(options))

    assert done.code == 2
    assert said in done.err


def test_every_kind_of_entry_is_listed(books):
    for command in (
        "account open v-3 --on 2024-01-02",
        "fulfil o-1 --id f-1",
        "order v-1 rice --id o-2",
        "cancel o-2",
        "donate v-1 1 points",
        "correct s-1 --length 1:00",
        "reverse s-2 --authority a",
        "void lost",
        "account amend v-1",
        "account close v-3 --cause leaving",
        "policy adopt guangzhou --id p-2",
    ):
        done = books(command)
        assert done.code == 0, done.err

    done = books("journal")

    assert done.code == 0
    assert len(done.out.splitlines()) == 2 + len(
        books("journal --json").json["entries"]
    )


def test_refusals_that_are_kept_are_listed(timebank):
    timebank("init --ledger gz --keep-refusals")
    timebank("policy adopt guangzhou --on 2024-01-02")
    timebank("record v-9 care 60 --on 2024-01-03 --id s-1")

    done = timebank("journal --after 3")

    assert "refusal" in done.out
    assert "s-1: v-9: care 1:00" in done.out


# ---------------------------------------------------------------- the audit


def test_an_audit_says_how_much_it_read(books):
    done = books("verify --decide")

    assert done.out == "sound: 12 entries, 26 postings, 12 decided again\n"


def test_the_json_of_an_audit_agrees_with_the_bank(books, bank):
    shown = books("verify --decide --json").json

    report = bank.verify(decide_again=True)
    assert shown == {
        "sound": True,
        "entries": report.entries,
        "postings": report.postings,
        "decided_again": report.decided_again,
        "unchecked": [],
        "faults": [],
    }


# ---------------------------------------------------------------- how it looks


@pytest.mark.parametrize(
    "command",
    [
        "balance v-1",
        "statement v-1 hours",
        "tiers",
        "tiers v-1",
        "journal",
        "account list",
        "account show v-1",
        "policy show",
        "policy list",
    ],
)
def test_without_a_terminal_tables_are_plain_and_never_folded(
    books, command, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "20")
    narrow = books(command).out
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("FORCE_COLOR", "1")
    wide = books(command).out

    assert narrow == wide
    assert "\x1b" not in wide
    assert [line for line in wide.splitlines() if line != line.rstrip()] == []


def test_a_terminal_gets_tables_that_fit_it(books, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")

    shown = re.sub(r"\x1b\[[0-9;]*m", "", books("journal --after 10").out)

    assert max(map(len, shown.splitlines())) <= 40
    assert len(shown.splitlines()) > 4


def test_chinese_characters_take_two_cells(guangzhou):
    guangzhou("account open 张三 --on 2024-01-02")

    lines = guangzhou("account list").out.splitlines()

    assert lines[-1] == "张三            member   2024-01-02"


def test_what_looks_like_markup_is_printed_as_it_is(guangzhou):
    guangzhou("account open '[red]v-3[/red] :star:' --on 2024-01-02")

    assert "[red]v-3[/red] :star:" in guangzhou("account list").out


@pytest.mark.parametrize(
    "command",
    [
        "balance v-1",
        "statement v-1 hours",
        "tiers",
        "journal",
        "verify",
        "account list",
        "account show v-1",
        "policy show",
        "policy check guangzhou",
        "policy list",
    ],
)
def test_json_is_one_document_without_floats_and_nothing_else(books, command):
    done = books(command, "--json")

    assert (done.code, done.err) == (0, "")
    assert isinstance(done.json, dict)
    assert list(_floats(done.json)) == []


def _floats(value):
    match value:
        case dict():
            for inner in value.values():
                yield from _floats(inner)
        case list():
            for inner in value:
                yield from _floats(inner)
        case float():
            yield value


# ---------------------------------------------------------------- explaining


def test_an_entry_is_explained(starred):
    done = starred("explain s-1")

    assert done.code == 0
    first, second, *_ = done.out.splitlines()
    assert first.startswith("s-1 (position 6): service, counts for 2024-02-01, ")
    assert second.startswith("decided by Guangzhou")
    assert "= v-1 +24 hours" in done.out


def test_an_explanation_is_a_document_too(starred):
    told = starred("explain s-1 --json").json

    assert (told["id"], told["again"], told["refused"]) == ("s-1", True, False)
    assert {each["stage"] for each in told["noted"]} >= {"rule", "amount", "moves"}
    assert told["text"][0].startswith("s-1 (position 6)")


def test_what_is_not_there_cannot_be_explained(guangzhou):
    done = guangzhou("explain nothing")

    assert done.code == 2
    assert "no entry 'nothing'" in done.err


def test_what_would_come_of_a_request_is_told_and_not_recorded(guangzhou):
    before = guangzhou("journal").out

    granted = guangzhou("record v-1 care 1:30 --what-if")
    refused = guangzhou("redeem v-1 rice --what-if")

    assert (granted.code, refused.code) == (0, 1)
    assert "(not recorded): service" in granted.out
    assert "refused: " in refused.out
    assert guangzhou("journal").out == before


def test_what_a_correction_would_do_is_told_and_not_done(starred):
    done = starred("correct s-1 --length 23:00 --on 2024-02-09 --what-if")

    assert "takes back what s-1 did: v-1 -24 hours" in done.out
    assert "moved from" not in done.out
    assert "not recorded" in done.out
