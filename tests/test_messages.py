"""Findings become sentences, in English and Chinese."""

import string

import pytest

from timebank.messages import TEXTS, Language, Text, finding_text
from timebank.model import AccountKind, Effect, Finding, Reason, Unit
from timebank.operations import TAGS
from timebank.policy.rules import Counting, FactType
from timebank.policy.shapes import SHAPES
from timebank.policy.windows import CALENDAR
from timebank.words import WORDS, word

from .decide.test_reasons import CASES

UNITS = {"hours": Unit("hours", 60, record=True), "points": Unit("points")}
KNOWN = {"wanted", "found", "what", "account", "code"}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def said(reason, code="rules.gift.limits.month", *, language=Language.EN, **fields):
    finding = Finding(code=code, reason=reason, **fields)
    return finding_text(finding, language=language, units=UNITS)


@pytest.mark.parametrize("reason", Reason, ids=str)
def test_every_reason_has_a_text_in_both_languages(reason):
    assert TEXTS[reason].en.isascii()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in TEXTS[reason].zh)


@pytest.mark.parametrize("reason", Reason, ids=str)
def test_both_languages_tell_the_same_facts(reason):
    assert placeholders(TEXTS[reason].en) == placeholders(TEXTS[reason].zh)
    assert placeholders(TEXTS[reason].en) <= KNOWN


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "expected",
    [pytest.param(way.values[1], id=way.id) for ways in CASES.values() for way in ways],
)
def test_a_finding_can_be_read_aloud(expected, language):
    text = finding_text(expected, language=language, units=UNITS)

    assert text.endswith(f" [{expected.code}]")
    assert not {"{", "}"} & set(text)
    assert "None" not in text
    assert "  " not in text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_text_shows_what_was_found_or_whose_it_is(text, language):
    assert placeholders(text.in_(language)) - {"code"}


@pytest.mark.parametrize(
    "word",
    [
        *TAGS.values(),
        *(on for on in SHAPES if on != "tier"),
        *AccountKind,
        *Counting,
        *(kind for kind in FactType if kind != FactType.CHOICE),
        *CALENDAR,
        "lifetime",
    ],
)
def test_every_word_of_the_language_is_said_in_chinese(word):
    assert not WORDS[str(word)].zh.isascii()


def test_amounts_are_told_in_their_unit():
    short = {"wanted": 6000, "found": 5990, "unit": "hours"}
    code = "rules.redeem.requires.total"

    assert said(Reason.AT_LEAST, code, **short) == (
        "total must be at least 100 hours; it is 99:50 hours "
        "[rules.redeem.requires.total]"
    )
    assert said(Reason.AT_LEAST, code, language="zh", **short) == (
        "total 至少须为 100 hours，现为 99:50 hours [rules.redeem.requires.total]"
    )


def test_without_its_unit_an_amount_is_told_in_parts():
    finding = Finding(code="x", reason=Reason.CAP, wanted=3, found=4, unit="stamps")

    assert "would have 4 stamps; the most it may have is 3 stamps" in finding_text(
        finding
    )


def test_times_have_no_unit():
    assert said(Reason.LIMIT, wanted=1, found=2) == (
        "with this it would be 2 (a month); the limit is 1: ask for less, or later "
        "[rules.gift.limits.month]"
    )


def test_a_window_is_told_as_people_say_it():
    code = "rules.gift.limits.last 30 days"

    assert "(last 30 days)" in said(Reason.LIMIT, code, wanted=1, found=2)
    assert "（最近 30 天）" in said(
        Reason.LIMIT, code, language="zh", wanted=1, found=2
    )


def test_what_is_not_there_is_said_to_be_none():
    code = "items.rice.requires.star"

    assert "it is none" in said(Reason.AT_LEAST, code, wanted="one", found="")
    assert "现为 无" in said(
        Reason.AT_LEAST, code, language="zh", wanted="one", found=""
    )


def test_a_way_without_an_end_is_closed_until_further_notice():
    closed = {"code": "ladders.group.moves", "wanted": "", "found": "B → A"}

    assert "until further notice" in said(Reason.MOVE_SUSPENDED, **closed)
    assert "另行通知" in said(Reason.MOVE_SUSPENDED, language="zh", **closed)


@pytest.mark.parametrize(
    ("reason", "fields", "chinese"),
    [
        (
            Reason.MAY_NOT,
            {"wanted": "service, donate", "found": "redeem", "account": "t-01"},
            "账户 t-01 不可办理“兑换”；该类账户可办理：服务、捐赠",
        ),
        (Reason.ACCOUNT_MODE, {"found": "member", "account": "v-1"}, "“个人”类账户"),
        (Reason.FACT_WRONG, {"wanted": "yes-no", "found": "3"}, "应为：是或否"),
        (Reason.NO_RULE, {"wanted": "gift"}, "（赠予）"),
        (Reason.COUNTS_OTHERWISE, {"wanted": "number"}, "按次数计"),
        (Reason.TARGET_KIND, {"wanted": "e-1", "found": "open-account"}, "e-1（开户）"),
        (Reason.ORDER_CLOSED, {"wanted": "o-1", "found": "fulfilled"}, "已全部交付"),
        (Reason.ONE_OF, {"wanted": "yes", "found": "no"}, "须为 是，现为 否"),
    ],
    ids=str,
)
def test_words_of_the_language_are_said_in_chinese(reason, fields, chinese):
    assert chinese in said(reason, "classes.deed.counts", language="zh", **fields)


def test_an_unknown_language_is_answered_in_english():
    assert said(Reason.ID_VOID, language="fr", wanted="row-1").startswith(
        "the id row-1"
    )


def test_notes_and_refusals_are_told_in_the_same_words():
    refusal = Finding(code="x.cap", reason=Reason.CAP, wanted=1, found=2)
    note = Finding(
        code="x.cap", reason=Reason.CAP, wanted=1, found=2, effect=Effect.NOTES
    )

    assert finding_text(refusal) == finding_text(note)


def test_a_text_is_chosen_by_language():
    assert [Text("yes", "是").in_(language) for language in Language] == ["yes", "是"]


@pytest.mark.parametrize(
    ("wanted", "found", "told"),
    [
        ("4", "11/3", "time must be at least 4; it is 3:40"),
        ("7.5", "23/60", "time must be at least 7:30; it is 0:23"),
        ("8", "2", "time must be at least 8; it is 2"),
        ("1/7", "0", "time must be at least 1/7; it is 0"),
        ("usual", "0.5", "time must be at least usual; it is 0:30"),
    ],
)
def test_lengths_of_time_are_told_as_they_are_typed(wanted, found, told):
    code = "rules.points.requires.time"
    finding = Finding(code=code, reason=Reason.AT_LEAST, wanted=wanted, found=found)

    assert finding_text(finding, language="en").startswith(told)


@pytest.mark.parametrize(
    ("found", "told", "zh"),
    [
        ("4", "it is 4", "现为 4"),
        ("2/3", "it is 2/3", "现为 2/3"),
        ("151/3", "it is 50 1/3", "现为 50 又 1/3"),
        ("-11/3", "it is -3 2/3", "现为 -3 又 2/3"),
        ("37/12", "it is 3 1/12", "现为 3 又 1/12"),
        ("173/271", "it is 173/271, about 0.638", "现为 173/271，约 0.638"),
        ("1730/13", "it is 1730/13, about 133.077", "现为 1730/13，约 133.077"),
    ],
)
def test_other_fractions_are_told_as_people_say_them(found, told, zh):
    code = "rules.points.requires.turnover"
    finding = Finding(code=code, reason=Reason.AT_LEAST, wanted="60", found=found)

    assert f"{told} [" in finding_text(finding, language="en")
    assert f"{zh} [" in finding_text(finding, language="zh")


def test_what_looks_like_a_fraction_and_is_a_name_stays_it():
    finding = Finding(
        code="id", reason=Reason.ID_CONFLICT, wanted="11/3", found=5, account="7/2"
    )

    assert "11/3" in finding_text(finding, language="en")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("given", "merchant must be given here: add it"),
        ("not given", "merchant must be left out here: take it away"),
    ],
)
def test_what_must_be_there_is_told_apart_from_what_must_not(wanted, told):
    code = "rules.points.requires.merchant"
    finding = Finding(code=code, reason=Reason.GIVEN, wanted=wanted)

    assert finding_text(finding, language="en").startswith(told)


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("2 weeks", "每 2 周"),
        ("last 3 months", "最近 3 个月"),
        ("since star", "自取得 star 现有等级起"),
        ("of somebody's own", "of somebody's own"),
    ],
)
def test_a_stretch_of_time_is_told_in_both_languages(said, chinese):
    assert (word(said).en, word(said).zh) == (said, chinese)
