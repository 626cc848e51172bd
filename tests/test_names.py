"""Words of a policy are told as the policy calls them, keys stay in the code."""

import pytest

from timebank.messages import finding_text
from timebank.model import Finding, Reason
from timebank.names import (
    ROLES,
    called_and_typed,
    place_called,
    since_called,
    value_called,
    values_called,
    word_called,
)
from timebank.policy import shapes
from timebank.policy.shapes import DAY_NAMES, DAY_TYPES
from timebank.texts import Text

NAMES = {
    "accounts.member": Text("neighbour", "邻里"),
    "classes.care": Text("care at home", "居家照料"),
    "facts.age": Text("years of age", "年龄"),
    "flags.look": Text("is all well?", "一切可好？"),
    "items.rice": Text("a bag of rice", "大米"),
    "ladders.star": Text("stars", "星级"),
    "ladders.star.levels.one": Text("One star", "一星"),
    "ladders.star.levels.two": Text("Two stars", "二星"),
    "measures.total": Text("ever earned", "累计所得"),
    "procedures.week": Text("the weekly look", "每周核对"),
    "procedures.week.steps.desk": Text("the desk", "服务台"),
}


def said(code, reason, language, **figures):
    finding = Finding(code=code, reason=reason, **figures)
    return finding_text(finding, language=language, names=NAMES)


@pytest.mark.parametrize(
    ("code", "reason", "figures", "en", "zh"),
    [
        (
            "rules.redeem.requires.star",
            Reason.AT_LEAST,
            {"wanted": "two", "found": "one"},
            "stars must be at least Two stars; it is One star",
            "星级 至少须为 二星，现为 一星",
        ),
        (
            "rules.gift.requires.payee.star",
            Reason.ONE_OF,
            {"wanted": "one, two", "found": ""},
            "stars of the payee must be One star or Two stars; it is none",
            "受方的星级 须为 一星 或 二星，现为 无",
        ),
        (
            "items.rice.requires.kind",
            Reason.ONE_OF,
            {"wanted": "member", "found": "family"},
            "kind must be neighbour; it is family",
            "kind 须为 邻里，现为 家庭",
        ),
        (
            "rules.care.requires.class",
            Reason.NONE_OF,
            {"wanted": "care", "found": "care"},
            "class must not be care at home",
            "class 不得为 居家照料",
        ),
        (
            "rules.care.amount",
            Reason.FACT_NEEDED,
            {"wanted": "age"},
            "years of age (age) must be known here",
            "需要提供 年龄（age）",
        ),
        (
            "facts.age",
            Reason.FACT_WRONG,
            {"wanted": "number", "found": "old"},
            "years of age cannot be old; it is: number",
            "年龄 不能是“old”；应为：数字",
        ),
        (
            "rules.care.requires",
            Reason.ANY_OF,
            {"wanted": "age, star"},
            "none is: years of age, stars",
            "现均不符合：年龄、星级",
        ),
        (
            "rules.care.limits.total",
            Reason.LIMIT,
            {"wanted": 3, "found": 4},
            "it would be 4 (ever earned)",
            "将达 4（累计所得）",
        ),
        (
            "rules.care.limits.since star",
            Reason.LIMIT,
            {"wanted": 3, "found": 4},
            "(since stars)",
            "（自取得星级现有等级起）",
        ),
        (
            "classes.care.counts",
            Reason.COUNTS_OTHERWISE,
            {"wanted": "time"},
            "care at home is counted by time",
            "“居家照料”按时长计",
        ),
        (
            "ladders.star.moves",
            Reason.MOVE_CLOSED,
            {"wanted": "one, three", "found": "two → one"},
            "no way Two stars → One star; from there it goes to: One star, three",
            "二星 → 一星；由此可至：一星, three",
        ),
        (
            "ladders.star",
            Reason.TIER_AUTOMATIC,
            {"found": "star"},
            "levels of stars come by themselves",
            "星级 的等级依记录自动产生",
        ),
        (
            "procedures.week.steps.desk",
            Reason.AWAITED,
            {"wanted": "station", "found": "2024-05-01"},
            "waits for station to confirm the desk",
            "待 station 确认（服务台）",
        ),
        (
            "accounts",
            Reason.ACCOUNT_KIND,
            {"wanted": "member, group", "found": "pool"},
            "kind pool; it has: neighbour (member), group",
            "没有“公共池（pool）”类账户；可开立：邻里（member）、团队（group）",
        ),
        (
            "flags.look",
            Reason.FLAG,
            {"wanted": "desk", "found": "is all well?"},
            "by desk: is all well?",
            "请 desk 处理：一切可好？",
        ),
        (
            "flags.look",
            Reason.FLAG,
            {"wanted": "desk", "found": "what was asked then"},
            "what was asked then",
            "what was asked then",
        ),
        (
            "classes",
            Reason.NOT_IN_POLICY,
            {"wanted": "care", "found": "caer"},
            "no caer here; it has: care [",
            "没有“caer”；可用的有：care [",
        ),
        (
            "ladders.star.levels",
            Reason.NOT_IN_POLICY,
            {"wanted": "one, two", "found": "three"},
            "no three here; it has: one, two [",
            "没有“three”；可用的有：one, two [",
        ),
    ],
    ids=str,
)
def test_a_finding_is_told_in_the_policys_names(code, reason, figures, en, zh):
    for language, expected in (("en", en), ("zh", zh)):
        text = said(code, reason, language, **figures)
        assert expected in text
        assert text.endswith(f" [{code}]")


def test_without_names_keys_are_told():
    finding = Finding(
        code="rules.redeem.requires.star", reason=Reason.AT_LEAST, wanted="two"
    )

    assert finding_text(finding).startswith("star must be at least two")


def test_every_role_is_said_in_chinese():
    assert ROLES.keys() == shapes.ROLES
    assert not any(role.zh.isascii() for role in ROLES.values())


@pytest.mark.parametrize("value", ["class.total", "hours.total", "kind", "payee.kind"])
def test_a_value_of_another_sort_has_no_name(value):
    assert value_called(value, NAMES) is None
    assert values_called(value, NAMES) == value


def test_a_word_is_named_by_the_value_it_is_of():
    assert word_called("one", "payee.star", NAMES).zh == "一星"
    assert word_called("rice", "item", NAMES).zh == "大米"
    assert word_called("one", "item", NAMES) is None
    assert word_called("rice", "star", NAMES) is None


def test_days_are_called_in_both_languages():
    def called(word, value):
        found = word_called(word, value, NAMES)
        return str(found), found.zh

    assert called("wed", "weekday") == ("Wednesday", "周三")
    assert called("2nd wed", "weekday") == ("the second Wednesday", "第二个周三")
    assert called("last fri", "weekday") == ("the last Friday", "最后一个周五")
    assert called("holiday", "day_type") == ("a holiday", "节假日")
    assert word_called("sun", "weather", NAMES) is None
    for names in DAY_NAMES:
        assert all(called(name, "weekday")[1] != name for name in names)
    assert all(called(word, "day_type")[1] != word for word in DAY_TYPES)


def test_a_window_has_no_name():
    assert since_called("month", NAMES) is None
    assert since_called("since badge", NAMES) is None


def test_what_has_to_be_typed_stands_beside_what_it_is_called():
    told = called_and_typed(Text("desk", "服务台"), "desk")

    assert (told.en, told.zh) == ("desk", "服务台 [desk]")
    assert called_and_typed(None, "desk").zh == "desk"


@pytest.mark.parametrize(
    ("place", "zh"),
    [
        ("ladders.star.levels.one", "一星 [ladders.star.levels.one]"),
        ("ladders.star.levels.six", "星级 [ladders.star.levels.six]"),
        ("rules.care.amount", "rules.care.amount"),
    ],
)
def test_a_place_is_told_with_the_nearest_thing_that_has_a_name(place, zh):
    assert place_called(place, NAMES).zh == zh
