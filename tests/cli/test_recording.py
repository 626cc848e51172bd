"""Recording services and marks, and mending them; levels that people decide."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from timebank.cli.typed import minute_of_day, minutes

from .conftest import OPENED, STREET

BADGES = (
    STREET
    + """\
[units]
hours = { scale = 60, record = true }

[accounts.member]

[ladders.badge]
entry = "apply"
keep = "for ever"
levels = [{ name = "one" }]
"""
)
SERVICE = "record v-1 care 2:50 --on 2024-03-05 --id sheet-3/row-41"


@pytest.fixture
def xuefu(timebank):
    """Return the commands on a ledger under Xuefu's policy, with two members."""
    for command in (
        "init --ledger xf",
        f"policy adopt xuefu --on {OPENED}",
        f"account open v-1 --on {OPENED}",
        f"account open v-2 --on {OPENED}",
    ):
        assert timebank(command).code == 0
    return timebank


def balance(timebank, account, unit):
    return timebank("balance", account, unit, "--json").json["balances"][unit]["free"]


# ---------------------------------------------------------------- lengths


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("1:30", 90),
        ("0:05", 5),
        ("1.5 h", 90),
        ("1.5h", 90),
        ("2 h 50 min", 170),
        ("2小时50分", 170),
        ("45 min", 45),
        ("-90", -90),
    ],
)
def test_a_length_is_typed_as_it_is_said(typed, meant):
    assert minutes(typed) == meant


@pytest.mark.parametrize("typed", ["1.5", "3/2", "", "an hour", "1:60", "0.01 h"])
def test_a_length_that_could_mean_several_things_is_none(typed):
    with pytest.raises(ValueError, match=r"could be hours or minutes|no number|whole"):
        minutes(typed)


@pytest.mark.parametrize(
    ("typed", "meant"), [("0:00", 0), ("9:30", 570), ("09:30", 570), ("23:59", 1439)]
)
def test_a_time_of_day_is_a_minute(typed, meant):
    assert minute_of_day(typed) == meant


@pytest.mark.parametrize("typed", ["24:00", "9", "9.30", "-1:00", "9:3"])
def test_what_is_no_time_of_day_is_refused(typed):
    with pytest.raises(ValueError, match="no time of day"):
        minute_of_day(typed)


# ---------------------------------------------------------------- services


def test_a_service_says_its_id_its_place_and_what_it_moved(guangzhou):
    done = guangzhou(SERVICE)

    assert done.code == 0
    assert done.out == (
        "recorded: sheet-3/row-41 (position 6)\n  v-1 +2:50 hours\n  v-1 +2 points\n"
    )


def test_the_same_id_again_records_nothing_and_says_the_same(guangzhou):
    first = guangzhou(SERVICE)

    again = guangzhou(SERVICE)

    assert again.code == 0
    assert again.out == first.out.replace("recorded:", "recorded already:")
    assert balance(guangzhou, "v-1", "hours") == 170


def test_the_same_id_for_something_else_is_a_conflict(guangzhou):
    guangzhou(SERVICE)

    done = guangzhou(SERVICE.replace("2:50", "2:51"))

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("timebank: refused: sheet-3/row-41\n")
    assert done.err.endswith("[id]\n")
    assert balance(guangzhou, "v-1", "hours") == 170


def test_an_id_is_made_and_printed_where_none_is_given(guangzhou):
    done = guangzhou("record v-1 care 60 --on 2024-03-05")

    made = done.out.split()[1]
    assert len(made) == 36
    assert [e["id"] for e in guangzhou("journal --json").json["entries"]][-1] == made


def test_the_day_is_today_in_the_ledgers_time_zone_unless_named(guangzhou):
    before = datetime.now(UTC) + timedelta(hours=8)
    guangzhou("record v-1 care 60 --id s")
    after = datetime.now(UTC) + timedelta(hours=8)

    entry = guangzhou("journal --json").json["entries"][-1]

    assert entry["effective_on"] in {str(before.date()), str(after.date())}


def test_a_refusal_lists_every_reason(guangzhou):
    day = (datetime.now(UTC) + timedelta(days=3)).date()

    done = guangzhou(f"record v-3 cares 60 --on {day} --id s-1")

    assert (done.code, done.out) == (1, "")
    head, *reasons = done.err.splitlines()
    assert head == "timebank: refused: s-1"
    assert [reason.rpartition(" ")[2] for reason in reasons] == [
        "[effective_on]",
        "[provider]",
        "[classes]",
    ]


def test_reasons_are_given_in_chinese_too(guangzhou):
    done = guangzhou("record v-3 care 60 --language zh")

    assert re.search(r"[一-鿿].* v-3.*\[provider\]\n$", done.err)


def test_a_note_of_the_rules_is_told(guangzhou, tmp_path):
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(62)]
    rows = [f"{day},v-1,care,24" for day in days]
    (tmp_path / "a.csv").write_text("\n".join(["日期,志愿者编号,类别,时长", *rows]))
    assert guangzhou("import a.csv --as services").code == 0

    done = guangzhou("record v-1 care 24:00 --on 2023-06-01 --id s")

    assert done.code == 0
    note = done.out.splitlines()[-1]
    assert note.startswith("  note: 12 points")
    assert note.endswith("[accounts.member.points.cap]")


def test_a_service_that_overlaps_is_refused(guangzhou):
    guangzhou(f"{SERVICE} --starts 9:00")

    done = guangzhou("record v-1 care 60 --on 2024-03-05 --starts 11:30")

    assert done.code == 1
    assert "sheet-3/row-41" in done.err
    assert done.err.endswith("[starts_at]\n")


def test_facts_are_recorded_as_the_kind_the_policy_says(guangzhou):
    older = "--recipient v-2 --fact provider.age=66 --fact recipient.age=80"
    guangzhou(f"record v-1 old_for_old 60 --on 2024-03-05 {older}")

    operation = guangzhou("journal --json").json["entries"][-1]["operation"]

    assert operation["facts"] == [["provider.age", 66], ["recipient.age", 80]]


# ---------------------------------------------------------------- marks


def test_a_mark_counts_one_unless_a_number_is_given(xuefu):
    one = xuefu("mark v-1 meeting --on 2024-03-05 --id m-1")
    two = xuefu("mark v-1 shift 2 --on 2024-03-06 --id m-2")

    assert "v-1 +1 meetings attended" in one.out
    assert "v-1 +2 points of contribution" in two.out


def test_what_counts_time_is_no_mark(xuefu):
    done = xuefu("mark v-1 environment --on 2024-03-05")

    assert done.code == 1
    assert "[classes.environment" in done.err


# ---------------------------------------------------------------- mending


def test_a_reversal_takes_everything_back_once(guangzhou):
    guangzhou(SERVICE)

    done = guangzhou("reverse sheet-3/row-41 --on 2024-03-06 --id r-1")
    again = guangzhou("reverse sheet-3/row-41 --on 2024-03-06 --id r-2")

    assert "v-1 -2:50 hours" in done.out
    assert balance(guangzhou, "v-1", "points") == 0
    assert again.code == 1
    assert "r-1" in again.err
    assert again.err.endswith("[target]\n")


def test_a_reversal_below_the_limit_needs_authority(starred):
    starred("redeem v-1 rice 6 --id o-1")

    alone = starred("reverse s-1 --id r-1")
    allowed = starred("reverse s-1 --id r-1 --authority the-station")

    assert alone.code == 1
    assert allowed.code == 0
    assert "\n  note: " in allowed.out


def test_a_correction_changes_what_is_named_and_nothing_else(guangzhou):
    guangzhou(f"{SERVICE} --starts 9:00 --event spring")

    done = guangzhou("correct sheet-3/row-41 --length 3:00 --id c-1")

    assert done.out == (
        "recorded: c-1 (position 7)\n  v-1 +0:10 hours\n  v-1 +1 points\n"
    )
    entry = guangzhou("journal --json").json["entries"][-1]
    assert entry["effective_on"] == "2024-03-05"
    assert entry["operation"]["replacement"] == {
        "type": "service",
        "provider": "v-1",
        "service_class": "care",
        "minutes": 180,
        "starts_at": 540,
        "event": "spring",
    }


OLD = "record v-1 old_for_old 2:00 --on 2024-03-05 --id s-1"


def replacement(timebank):
    return timebank("journal --json").json["entries"][-1]["operation"]["replacement"]


def test_a_fact_that_was_told_wrongly_is_corrected_and_others_stay(guangzhou):
    guangzhou(f"{OLD} --fact recipient.age=80 --fact provider.age=61")

    done = guangzhou("correct s-1 --fact recipient.age=81")

    assert done.code == 0
    assert replacement(guangzhou)["facts"] == [
        ["provider.age", 61],
        ["recipient.age", 81],
    ]


def test_whom_it_was_for_is_corrected(guangzhou):
    guangzhou(SERVICE)

    guangzhou("correct sheet-3/row-41 --recipient v-2 --id c-1")

    assert replacement(guangzhou)["recipient"] == "v-2"


HELPED = """
language = 1
policy = { name = "Helped", source = "made up", status = "example", from = 2024-01-01 }
units.points = {}
accounts.member = {}
facts.ill = { type = "yes-no", default = false }
classes = { help = {}, meal = { counts = "number" } }
rules.help = { on = "service", unit = "points", amount = [{ of = "time" }, { round = "down", to = 1 }], recipients = 5 }
rules.meal = { on = "contribution", unit = "points", recipients = 5 }
"""


@pytest.mark.parametrize(
    ("recorded", "corrected", "parts"),
    [
        (
            "record v-1 help 2:00 --recipient a --recipient b=1:00 --fact a:ill=yes",
            "--recipient a=1:30 --recipient c --fact c:ill=yes",
            [("a", 90, [["ill", True]]), ("c", 120, [["ill", True]])],
        ),
        (
            "record v-1 help 2:00 --recipient a --recipient b=1:00 --fact a:ill=yes",
            "--fact b:ill=yes",
            [("a", 120, [["ill", True]]), ("b", 60, [["ill", True]])],
        ),
        (
            "mark v-1 meal 3 --recipient a=1 --recipient b=2",
            "--recipient b=1 --recipient c=2",
            [("b", 1, None), ("c", 2, None)],
        ),
    ],
)
def test_several_are_corrected_with_what_is_told_of_each(
    keeping, recorded, corrected, parts
):
    timebank = keeping(
        HELPED,
        *(f"account open {account} --on {OPENED}" for account in ("v-1", *"abc")),
        f"{recorded} --on 2024-03-05 --id s-1",
    )

    done = timebank(f"correct s-1 {corrected}")

    assert done.code == 0, done.err
    assert [
        (part["account"], part["amount"], part.get("facts"))
        for part in replacement(timebank)["recipients"]
    ] == parts


def test_a_service_counted_for_the_wrong_member_and_day_is_put_right(guangzhou):
    guangzhou(SERVICE)

    guangzhou("correct sheet-3/row-41 --member v-2 --on 2024-03-06")

    assert balance(guangzhou, "v-1", "hours") == 0
    assert balance(guangzhou, "v-2", "hours") == 170
    entry = guangzhou("journal --json").json["entries"][-1]
    assert entry["effective_on"] == "2024-03-06"


def test_a_mark_and_an_amount_are_corrected_too(xuefu):
    xuefu("mark v-1 shift 2 --on 2024-03-06 --id m-1")

    xuefu("correct m-1 --number 3 --class suggestion")

    assert balance(xuefu, "v-1", "contribution") == 30


def test_a_donation_is_corrected(starred):
    starred("donate v-1 20 points --id d-1")

    done = starred("correct d-1 --amount 15")

    assert "v-1 +5 points\n  pool:given-on -5 points" in done.out


def test_the_same_correction_again_records_nothing(guangzhou):
    guangzhou(SERVICE)
    guangzhou("correct sheet-3/row-41 --length 3:00 --id c-1")

    again = guangzhou("correct sheet-3/row-41 --length 3:00 --id c-1")

    assert (again.code, again.out.splitlines()[0]) == (
        0,
        "recorded already: c-1 (position 7)",
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("correct s-1", "say what it should have been"),
        ("correct s-1 --number 3", "is of kind service and has no --number; it has: "),
        ("correct open/v-1 --number 3", "reverse it (timebank reverse open/v-1)"),
    ],
)
def test_what_cannot_be_corrected_says_what_to_do(starred, command, said):
    done = starred(command)

    assert done.code == 2
    assert said in done.err


def test_a_void_id_refuses_the_late_entry(guangzhou):
    assert guangzhou("void sheet-3/row-41 --id v").code == 0

    done = guangzhou(SERVICE)

    assert done.code == 1
    assert done.err.endswith("[id]\n")


# ---------------------------------------------------------------- levels


def test_a_level_is_granted_suspended_and_withdrawn(keeping):
    timebank = keeping(BADGES, f"account open v-1 --on {OPENED}")

    def level():
        shown = timebank("tiers v-1 --json").json["accounts"][0]
        return shown["tiers"]["badge"], shown["eligible"]["badge"]

    levels = [level()]
    for command in (
        "tier grant v-1 badge one --on 2024-03-01",
        "tier suspend v-1 badge --on 2024-04-01",
        "tier grant v-1 badge one --on 2024-05-01",
        "tier withdraw v-1 badge --on 2024-06-01",
    ):
        done = timebank(command)
        assert done.code == 0, done.err
        levels.append(level())

    assert levels == [
        (None, "one"),
        ("one", "one"),
        (None, "one"),
        ("one", "one"),
        (None, "one"),
    ]


def test_a_level_that_no_way_leads_to_is_refused(xuefu):
    xuefu("tier grant v-1 group B --on 2024-03-01")

    done = xuefu("tier grant v-1 group A --on 2024-04-01")

    assert done.code == 1
    assert done.err.endswith("[ladders.group.moves]\n")


@pytest.mark.parametrize("typed", ["1.5", "0.6", "0x1", "1_0", "1e1", "１"])
@pytest.mark.parametrize(
    "command",
    [
        "redeem v-1 rice {}",
        "order v-1 rice {}",
        "fulfil q-1 {}",
        "mark v-1 idea {}",
        "correct s-1 --number {}",
        "journal --limit {}",
        "journal --after {}",
        "balance v-1 --as-of {}",
    ],
)
def test_a_whole_number_is_never_rounded_or_guessed(guangzhou, command, typed):
    done = guangzhou(command.format(typed))

    assert done.code == 2
    assert f"'{typed}' is no whole number: write it in digits, such as 12" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "record v-1 care 1:00 --id {}",
        "record v-1 care 1:00 --event {}",
        "account close v-1 --cause {}",
        "void {}",
    ],
)
@pytest.mark.parametrize("number", ["11010519491231002X", "138-0013-8000"])
def test_a_persons_number_never_enters_the_books_as_an_id(guangzhou, command, number):
    done = guangzhou(command.format(number))

    assert done.code == 2
    assert "shaped like an identity-card or mobile number" in done.err
    assert "use a number of your own" in done.err
    assert number not in done.err


def test_a_day_that_is_none_is_answered_with_an_example(guangzhou):
    done = guangzhou("record v-1 care 1:00 --on 31/8/2026")

    assert done.code == 2
    assert "'31/8/2026' is no day: write year, month and day, such as 2026-08-31" in (
        done.err
    )


def test_a_correction_says_when_the_day_moves(guangzhou):
    guangzhou(SERVICE)

    moved = guangzhou("correct sheet-3/row-41 --on 2024-03-06 --id c-1")

    assert moved.out.endswith("  moved from 2024-03-05 to 2024-03-06\n")


def test_a_correction_that_keeps_the_day_does_not_speak_of_it(guangzhou):
    guangzhou(SERVICE)

    kept = guangzhou("correct sheet-3/row-41 --length 3:00 --id c-1")
    said = " ".join(guangzhou("correct --help").out.replace("│", "").split())

    assert "moved" not in kept.out
    assert "the day of the entry by default" in said
    assert "today by default" not in said


def test_the_last_day_of_a_level_is_what_was_typed(timebank):
    timebank("init --ledger gd")
    timebank(f"policy adopt guangdong-stars --on {OPENED}")
    timebank(f"account open v-1 --on {OPENED}")

    done = timebank(
        "tier grant v-1 good_standing barred --until 2025-03-31 --on 2024-04-01"
    )

    assert done.code == 0
    assert (
        "barred from applying (until 2025-03-31)"
        in timebank("tiers v-1 --on 2024-05-01").out
    )
