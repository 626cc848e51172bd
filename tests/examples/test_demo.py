"""
The demo records just what was planted to be recorded, says why it refused the rest, and
an independent fold agrees with every balance.
"""

from __future__ import annotations

import ast
import importlib
import io
import re
import subprocess
import sys
from contextlib import ExitStack
from string import Formatter
from types import SimpleNamespace

import pytest

from timebank.exchange import SERVICES, read_sheet
from timebank.messages import Language, Text
from timebank.operations import PlaceOrder

from .conftest import EXAMPLES

pytestmark = pytest.mark.slow

SEED = 2026
LANGUAGES = tuple(Language)
HAN = re.compile(r"[\u4e00-\u9fff]")
PUBLIC = {"timebank", "timebank.exchange", "timebank.messages", "timebank.operations"}
CAUSES = {
    "repeated": "row-twice",
    "unknown member": "account-unknown",
    "closed member": "account-closed",
    "numeric id": "id-number",
    "identity card": "id-personal",
    "future day": "day-future",
    "unknown class": "class-unknown",
    "zero": "not-positive",
    "negative": "not-positive",
    "fractional": "minutes-fraction",
    "longer than a day": "minutes-too-many",
    "text in a number column": "duration-unreadable",
    "formula without value": "formula-empty",
    "25:00": "clock-unreadable",
    "end before start": "end-before-start",
    "times disagree": "duration-disagrees",
    "overlap": "overlap",
    "recipient not older": "classes.old_for_old.requires.recipient.age",
    "no star": "rules.redeem.requires.star",
    "too few points": "accounts.member.points.floor",
    "unknown item": "item-unknown",
    "id of another order": "record-id-twice",
}
"""What each kind of mess is refused for; nothing else may be found in such a row."""


def unwatched(name, done, rows):
    """Nobody watches the progress of a test."""


@pytest.fixture(scope="session")
def demo():
    """Return the script as a module; what stands beside it is imported as it does."""
    sys.path.insert(0, str(EXAMPLES))
    yield importlib.import_module("demo")
    sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="session")
def clerk(demo):
    return sys.modules[demo.Desk.__module__]


@pytest.fixture(scope="session")
def texts(demo):
    return demo.report.texts


@pytest.fixture(scope="session")
def opened():
    with ExitStack() as stack:
        yield stack


def page(demo, language, bank):
    file = io.StringIO()
    return demo.report.Page(demo.report.console(file), language, bank), file


def in_each_language(demo, bank, show, *facts):
    shown = {}
    for language in LANGUAGES:
        where, file = page(demo, language, bank)
        show(where, *facts)
        shown[language] = file.getvalue()
    return shown


@pytest.fixture(scope="session")
def street(demo, clerk, opened, tmp_path_factory):
    """Return a part of the district's month, kept, audited and reported."""
    out = tmp_path_factory.mktemp("street")
    bank = opened.enter_context(demo.month.open_books(out))
    made = demo.district.make(out, SEED, size=demo.district.STREET)
    desk = clerk.Desk(bank, out, Language.EN, unwatched)
    kept = demo.month.keep(desk, made)
    sums = demo.fold.fold_guangzhou(out, {*made.closed}, demo.district.TODAY)
    audit = clerk.audit(bank, sums.balances, unwatched)
    shown = in_each_language(demo, bank, demo.report.print_month, kept, made, audit)
    return SimpleNamespace(
        bank=bank, made=made, desk=desk, kept=kept, audit=audit, shown=shown
    )


@pytest.fixture(scope="session")
def year(demo, clerk, opened, tmp_path_factory):
    """Return the community's year, kept, audited and reported."""
    out = tmp_path_factory.mktemp("year")
    bank = opened.enter_context(demo.year.open_books(out))
    made = demo.community.make(out, 2016)
    kept = demo.year.keep(clerk.Desk(bank, out, Language.EN, unwatched), made)
    audit = clerk.audit(bank, demo.fold.fold_xuefu(out).balances, unwatched)
    shown = in_each_language(demo, bank, demo.report.print_year, kept, audit)
    return SimpleNamespace(bank=bank, made=made, kept=kept, audit=audit, shown=shown)


def pairs(street):
    """Return each sheet as it was made, with what became of it."""
    made, kept = street.made, street.kept
    return (
        (made.members, kept.members),
        (made.before, kept.before),
        (made.services, kept.march),
        (made.redemptions, kept.orders),
    )


def causes_in(clerk, imported):
    return {
        refused.row.number: {clerk.cause_of(finding) for finding in refused.findings}
        for refused in imported.report.refused
    }


# ---------------------------------------------------------------- the month


def test_every_good_row_is_recorded(street):
    for made, kept in pairs(street):
        assert len(kept.report.recorded) == made.good


def test_every_planted_row_is_refused_for_what_is_wrong_there_and_nothing_else(
    street, clerk
):
    for made, kept in pairs(street):
        repeated = dict.fromkeys(made.planted.get("repeated", ()), "repeated")
        wanted = {
            row: {CAUSES[kind]} for row, kind in {**made.refused, **repeated}.items()
        }

        assert causes_in(clerk, kept) == wanted


def test_the_total_below_the_sheet_is_passed_over(street):
    skipped = [row.number for row in street.kept.march.report.skipped]

    assert skipped == [*street.made.services.planted["total"]]


def test_the_books_keep_every_law_and_the_fold_agrees_on_every_balance(street):
    audit = street.audit

    assert audit.faults == ()
    assert audit.differing == ()
    assert audit.balances == len(street.bank.accounts()) * len(street.bank.units())
    assert audit.entries == sum(1 for _ in street.bank.entries())


def test_a_second_import_adds_nothing(street):
    before = list(street.bank.entries())

    again = street.desk.bring(street.made.services.path, SERVICES)

    assert again.report.recorded == ()
    assert len(again.report.known) == street.made.services.good
    assert list(street.bank.entries()) == before


def test_the_orders_imported_again_are_known_although_some_were_fetched_since(street):
    again = street.kept.orders_again.report

    assert again.recorded == ()
    assert again.known == street.kept.orders.report.recorded


def test_most_orders_are_handed_over_at_once_and_the_rest_later_that_day(street):
    orders = [
        entry.operation.delivered
        for _, entry in street.bank.entries()
        if isinstance(entry.operation, PlaceOrder)
    ]

    assert orders.count(False) == len(street.kept.waited) > 0
    assert orders.count(True) > 3 * orders.count(False)
    for account in street.bank.accounts():
        assert street.bank.balance(account.id, "points").held == 0


def test_the_arranged_members_stand_where_the_readme_says(street):
    def stands(who):
        view = street.bank.standing(who)
        points = street.bank.balance(who, "points").total
        return points, view.tiers["star"]

    for who in ("gz-00001", "gz-00002", "gz-00003"):
        assert stands(who) == (1_500, "one")
    assert stands("gz-00007") == (0, "one")
    assert stands("gz-00008") == (99, "")
    assert street.bank.standing("gz-00009").account.closed_on is not None


def test_the_refused_rows_go_back_as_a_workbook(street):
    for kept in (street.kept.march, street.kept.orders):
        headings, *rows = read_sheet(kept.refused_to).lines

        assert [row.cells[-2] for row in rows] == [
            refused.row.number for refused in kept.report.refused
        ]
        assert all(row.cells[-1] for row in rows)
        assert headings.cells[-1] == "Why it was refused"


def test_the_workbook_of_orders_gives_the_reasons_that_the_report_gives(street):
    orders = street.kept.orders
    _, *rows = read_sheet(orders.refused_to).lines

    assert [row.cells[-1].splitlines() for row in rows] == [
        list(dict.fromkeys(street.desk.text(found) for found in refused.findings))
        for refused in orders.report.refused
    ]
    assert street.kept.orders_again.refused_to is None


def test_what_the_rules_noted_goes_into_a_list(street):
    lines = street.kept.march.remarks_to.read_text("utf-8-sig").splitlines()

    assert len(lines) == len(street.kept.march.report.noted) > 0
    assert all("points were not credited" in line for line in lines)


# ---------------------------------------------------------------- the year


def test_the_year_is_recorded_but_for_three_moves(year):
    made, kept = year.made, year.kept

    for sheet, imported in (
        (made.members, kept.members),
        (made.tiers, kept.tiers),
        (made.services, kept.services),
        (made.marks, kept.marks),
    ):
        assert len(imported.report.recorded) == sheet.good
        assert [r.row.number for r in imported.report.refused] == [*sheet.refused]


def test_the_moves_are_refused_because_those_ways_are_closed(year, clerk):
    assert clerk.by_cause(year.kept.tiers.report) == {"ladders.group.moves": 3}


def test_a_way_closed_until_further_notice_is_said_to_have_no_last_day(year):
    in_english, in_chinese = (year.shown[language] for language in LANGUAGES)

    assert (
        "group B → group A is closed for the time being, until further notice"
        in in_english
    )
    assert "活跃志愿者 → 核心志愿者 暂停办理，直至 另行通知" in in_chinese


def test_everybody_is_in_the_group_that_was_wanted(year):
    groups = {view.account.id: view.tiers["group"] for view in year.kept.standings}

    assert groups == year.made.levels


def test_the_flag_is_raised_with_the_third_meeting_missed_and_goes_when_one_is_attended(
    year, demo
):
    meetings = [day.isoformat() for day in demo.community.meetings()]
    flagged = [(day, finding.account) for day, finding in year.kept.flagged]

    assert flagged == [
        (meetings[4], "xf-011"),
        (meetings[11], "xf-004"),
        (meetings[11], "xf-007"),
    ]
    assert {who for _, who in flagged} == year.made.once_flagged
    assert {*year.kept.with_flag("missed_meetings")} == year.made.flagged


def test_the_dormant_are_those_who_did_not_serve_all_year(year):
    assert {*year.kept.with_flag("dormant")} == year.made.dormant


def test_the_years_books_are_right(year):
    assert year.audit.sound
    assert year.audit.balances == len(year.bank.accounts()) * len(year.bank.units())


def test_hours_are_reported_by_one_entered_by_another_and_published_by_a_third(year):
    acts = [entry.actor for _, entry in year.bank.entries()]
    services = len(year.kept.services.report.recorded)

    assert acts.count("leader-1") == services
    assert acts.count("hr-2") == services
    assert year.bank.claims() == ()


def test_the_commended_are_those_who_contributed_most(year):
    values = [
        year.bank.balance(place.account, "contribution").total
        for place in year.kept.commended
    ]

    assert values == sorted(values, reverse=True)
    assert min(values) > 0


# ---------------------------------------------------------------- the report


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_names_every_refused_row_of_the_month(street, language):
    numbered = re.findall(r"^\s+(\d+)  \S", street.shown[language], re.MULTILINE)

    for refused in street.kept.march.report.refused:
        assert str(refused.row.number) in numbered


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_ends_with_books_that_are_right(street, year, texts, language):
    for kept in (street, year):
        agrees = texts.FOLD_AGREES.in_(language).format(balances=kept.audit.balances)

        assert agrees in kept.shown[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_elsewhere_than_in_a_terminal_the_report_is_plain(street, year, language):
    for kept in (street, year):
        shown = kept.shown[language]

        assert "\x1b" not in shown
        assert not re.search("[\u2500-\u257f]", shown)


def test_a_long_list_is_cut_and_says_where_the_rest_is(street, demo):
    more = len(street.kept.orders.report.refused) - demo.report.LIST_MAX

    assert (
        f"… and {more} more; all of them are in {street.kept.orders.refused_to.name}"
        in street.shown[Language.EN]
    )


def all_texts(texts):
    for name, value in vars(texts).items():
        if isinstance(value, Text):
            yield name, value
        elif name.isupper() and isinstance(value, dict):
            yield from ((f"{name}[{key}]", text) for key, text in value.items())


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_text_is_there_in_both_languages_with_the_same_fields(texts):
    found = dict(all_texts(texts))

    assert len(found) > 50
    for name, text in found.items():
        assert HAN.search(text.zh), name
        assert text.en, name
        assert not HAN.search(text.en), name
        assert fields(text.en) == fields(text.zh), name


def test_every_cause_and_every_kind_has_a_name(street, clerk, texts):
    found = {
        cause for _, kept in pairs(street) for cause in clerk.by_cause(kept.report)
    }
    lines = street.bank.statement("gz-00007", "points")

    assert found == {*CAUSES.values()} == {*texts.CAUSES}
    assert {line.kind for line in lines} <= {*texts.KINDS}


def test_a_balance_that_differs_from_the_fold_is_shown_with_both_figures(
    demo, clerk, year
):
    sums = demo.fold.fold_xuefu(year.made.members.path.parent).balances
    minutes = sums["xf-004"]["hours"]
    sums["xf-004"]["hours"] += 1

    audit = clerk.audit(year.bank, sums, unwatched)
    where, file = page(demo, Language.EN, year.bank)
    demo.report.print_books(where, audit)

    assert not audit.sound
    assert f"xf-004 hours: {minutes}, {minutes + 1}" in file.getvalue()
    assert "agrees" not in file.getvalue()


@pytest.mark.parametrize(
    ("month", "year", "status"), [(True, True, 0), (False, True, 5), (True, False, 5)]
)
def test_the_demo_fails_if_either_part_is_not_in_order(
    demo, monkeypatch, month, year, status
):
    monkeypatch.setattr(demo, "show_month", lambda *_: month)
    monkeypatch.setattr(demo, "show_year", lambda *_: year)

    assert demo.main([]) == status


# ---------------------------------------------------------------- the script


def run(*arguments, cwd):
    script = [sys.executable, str(EXAMPLES / "demo.py"), *arguments]
    return subprocess.run(
        script, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_script_says_how_it_is_called(tmp_path):
    shown = run("--help", cwd=tmp_path)

    assert shown.returncode == 0
    assert {"--out", "--language", "--seed"} <= {*re.findall(r"--\w+", shown.stdout)}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_report_over_the_books_of_an_earlier_run(tmp_path):
    once = run("--small", "--seed", "7", "--language", "zh", cwd=tmp_path)
    again = run("--small", "--seed", "7", "--language", "zh", cwd=tmp_path)

    assert (once.returncode, once.stderr) == (0, "")
    assert again.stdout == once.stdout
    assert (tmp_path / "out" / "demo" / "guangzhou" / "books.db").exists()


@pytest.mark.parametrize(
    "file",
    ["clerk.py", "demo.py", "demo_report.py", "guangzhou/month.py", "xuefu/year.py"],
)
def test_the_demo_uses_nothing_of_timebank_but_what_everybody_may(file):
    tree = ast.parse((EXAMPLES / file).read_text("utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.split(".")[0] == "timebank"
    }

    assert imported <= PUBLIC
