"""Whoever reads Chinese finds no English sentence at the desk."""

import re

import pytest

from timebank import programme, programmes
from timebank.cli.app import commands
from timebank.cli.spoken import chosen
from timebank.texts import Language

from ..test_docs_agree import command_names

ENGLISH = re.compile(r"[A-Za-z]+(?: [a-z]+){2,}")
"""Three words in a row, as no id, option, path or word of a policy is."""

TYPED = re.compile(
    r"timebank [\w-]+( [\w-]+)*|sqlite:\S*|postgresql:\S*|psql URL|1 h 30 min"
)
"""What is typed as it stands, in any language."""

POLICIES = "".join(map(programme, programmes()))
"""What policies that ship say themselves, in their own language."""


def english(text):
    """Return the English sentences of *text*."""
    found = ENGLISH.finditer(TYPED.sub("", text))
    return [each[0] for each in found if each[0] not in POLICIES]


@pytest.fixture
def zh(timebank, monkeypatch):
    """Return the same as `timebank`, at a terminal in Chinese."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    return timebank


@pytest.mark.parametrize("command", ["timebank", *command_names(commands(Language.EN))])
def test_the_help_of_a_command_is_chinese(zh, command):
    page = zh(f"{command} --help".removeprefix("timebank ")).out

    assert "用法：" in page
    assert english(page) == []


@pytest.mark.parametrize("command", [*command_names(commands(Language.EN))])
def test_the_help_of_a_command_stays_english_where_that_is_spoken(timebank, command):
    page = timebank(f"{command} --help".removeprefix("timebank ")).out

    assert "Usage: " in page
    assert not re.search(r"[\u4e00-\u9fff]", page)


TOUR = [
    ("init --ledger gz", "已新建：账本 gz"),
    ("account list", ""),
    ("balance v-1", "尚未采纳任何政策"),
    ("policy list", "项目"),
    ("policy check guangzhou", "没有错误"),
    ("policy show guangzhou", "等级体系"),
    ("policy check nowhere", "没有文件 nowhere"),
    ("policy adopt guangzhou --on 2024-01-02 --id p-1", "已登记：p-1（第 1 条）"),
    ("account open v-1 --on 2024-01-02 --id o-1 --name 张三", "已登记"),
    ("account open v-1 --on 2024-01-02 --id o-2", "予以退回：o-2"),
    ("account open 11010519491231002X --on 2024-01-02", "形似身份证号码"),
    ("account list", "个人"),
    ("account show v-1", "个人信息"),
    ("record v-1 care 24:00 --on 2024-01-03 --id s-1", "v-1 +24 小时"),
    ("record v-1 care 24:00 --on 2024-01-03 --id s-1", "此前已登记"),
    ("record v-1 care 1:30", "已登记"),
    ("record v-1 caer 1:30", "予以退回"),
    ("record v-1 care 1.5", "可能是小时，也可能是分钟"),
    ("record v-1 care 1:30 --fact age", "情况写作"),
    ("record v-1 care", "缺少 LENGTH"),
    ("record v-1 care 1:30 --onn 2024-01-03", "没有选项 --onn"),
    ("record v-1 care -- 1:30 --on 2024-01-03", "写在 -- 之后"),
    ("record v-1 care 1:30 --on 2024", "不是日期"),
    ("recrod v-1", "没有命令“recrod”"),
    ("journal --after -1", "不在允许的范围内"),
    ("mark v-1 meeting", "予以退回"),
    ("redeem v-1 rice", "予以退回"),
    ("give v-1 v-2 1 points", "予以退回"),
    ("give v-1 v-2 1 coins", "没有单位 'coins'"),
    ("correct s-1", "请说明应为何"),
    ("correct s-1 --length 23:00", "已登记"),
    ("reverse s-1", "予以退回"),
    ("tier grant v-1 star one", "予以退回"),
    ("balance v-1", "可用"),
    ("statement v-1 hours", "序号"),
    ("statement v-9 hours", "没有账户 'v-9'"),
    ("journal", "内容"),
    ("tiers", "提示"),
    ("tiers v-1", "指标"),
    ("explain s-1", "规则"),
    ("explain nothing", "没有记录"),
    ("redeem v-1 rice --what-if", "不予办理"),
    ("verify --decide", "核验无误"),
    ("account erase v-1", "已删除"),
    ("schema check timebank.db", "表结构第"),
    ("schema upgrade timebank.db", "无须升级"),
    ("schema grants timebank.db app", "只有 PostgreSQL 有角色"),
    ("copy timebank.db other.db --create", "二者相同且无误"),
    ("copy timebank.db timebank.db", "同一数据库"),
    ("import nothing.xlsx --as services", "nothing.xlsx"),
    ("balance v-1 --db elsewhere.db", "没有这个文件"),
    ("balance v-1 --ledger hz", "没有账本 'hz'"),
]


def test_a_day_at_the_desk_is_told_in_chinese(zh):
    for command, said in TOUR:
        done = zh(command)

        assert said in done.out + done.err, command
        assert english(done.out + done.err) == [], command


def test_a_policy_with_mistakes_is_checked_in_chinese(zh, tmp_path):
    wrong = programme("guangzhou").replace('unit = "hours"', 'unit = "hourz"')
    (tmp_path / "wrong.toml").write_text(wrong, "utf-8")

    done = zh("policy check wrong.toml")

    assert "没有单位 'hourz'；是否指 'hours'？" in done.err
    assert english(done.err) == []


def test_a_sheet_is_imported_in_chinese(zh, tmp_path):
    for command, _ in TOUR[:9]:
        zh(command)
    rows = "志愿者编号,日期,服务类别,时长\nv-1,2024-01-03,care,2:00\nv-9,2024-01-03,care,x\n"
    (tmp_path / "rows.csv").write_text(rows, "utf-8")

    done = zh("import rows.csv --as services")

    assert "退回" in done.out
    assert english(done.out + done.err) == []


@pytest.mark.parametrize(
    ("argv", "environment", "language", "rest"),
    [
        (["verify"], {}, "en", ["verify"]),
        (["verify", "--language", "zh"], {}, "zh", ["verify"]),
        (["--lang=zh", "verify"], {"LC_ALL": "C"}, "zh", ["verify"]),
        (["verify"], {"LANG": "zh_CN.UTF-8"}, "zh", ["verify"]),
        (["verify"], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en", ["verify"]),
        (["verify"], {"LC_ALL": "", "LANG": "zh_TW"}, "zh", ["verify"]),
        (
            ["verify"],
            {"LANG": "zh_CN", "TIMEBANK_LANGUAGE": "en"},
            "en",
            ["verify"],
        ),
        (["--", "--lang", "zh"], {}, "en", ["--", "--lang", "zh"]),
    ],
)
def test_the_language_is_chosen(argv, environment, language, rest):
    assert chosen(argv, environment) == (Language(language), rest)


@pytest.mark.parametrize("command", ["verify --lang fr", "verify --lang", "verify"])
def test_a_language_that_there_is_not_is_refused(timebank, monkeypatch, command):
    if command == "verify":
        monkeypatch.setenv("TIMEBANK_LANGUAGE", "fr")

    done = timebank(command)

    assert (done.code, done.out) == (2, "")
    assert "there is: en, zh" in done.err


NAMED = """
language = 1
policy = { name = "街道", source = "test", status = "example", from = 2024-01-01 }
units.points = { text = { en = "merits", zh = "积分" } }
accounts.member = { text = { en = "neighbour", zh = "邻里" } }
classes.help = { counts = "number" }
measures.got = { sum = "points", text = { en = "ever earned", zh = "累计所得" } }
rules.points = { on = "contribution", unit = "points", limits = { day = { at_most = 5 } } }
rules.gift = { on = "gift", unit = "points", requires = { star = "two", got = { min = 9 } }, text = { en = "a present", zh = "馈赠" } }
flags.much = { when = { got = { min = 3 } }, for = "desk", text = { en = "is all well?", zh = "一切可好？" } }
[ladders.star]
text = { en = "stars", zh = "星级" }
levels = [
    { name = "one", text = { en = "One star", zh = "一星" }, needs = { got = { min = 2 } } },
    { name = "two", text = { en = "Two stars", zh = "二星" }, needs = { got = { min = 4 } } },
]
"""


def test_things_are_called_as_the_policy_says_in_each_language(zh, tmp_path):
    (tmp_path / "street.toml").write_text(NAMED, "utf-8")
    for command in (
        "init --ledger gz",
        "policy adopt street.toml --on 2024-01-02",
        "account open v-1 --on 2024-01-02",
    ):
        assert zh(command).code == 0

    recorded = zh("mark v-1 help 3 --on 2024-01-03 --id m-1").out
    refused = zh("mark v-1 help 3 --on 2024-01-03").err
    shown = zh("account show v-1").out

    assert "v-1 +3 积分" in recorded
    assert "限额 5 积分" in refused
    for said in ("邻里", "积分", "累计所得", "星级", "一星"):
        assert said in shown
    assert "说明：v-1：请 desk 处理：一切可好？ [flags.much]" in recorded
    explained = zh("explain m-1").out
    assert "3 积分" in explained
    assert "一切可好？" in explained
    assert "is all well?" in zh("explain m-1 --language en").out
    policy = zh("policy show street.toml").out
    assert "累计所得" in policy
    assert "邻里" in policy
    assert "邻里" in zh("account list").out
    assert "neighbour" in zh("account list --language en").out
    assert "One star" in zh("account show v-1 --language en").out


def test_what_is_asked_is_called_as_the_policy_says(zh, tmp_path):
    (tmp_path / "street.toml").write_text(NAMED, "utf-8")
    for command in (
        "init --ledger gz --keep-refusals",
        "policy adopt street.toml --on 2024-01-02",
        "account open v-1 --on 2024-01-02",
        "account open v-2 --on 2024-01-02",
        "mark v-1 help 3 --on 2024-01-03",
    ):
        assert zh(command).code == 0

    refused = zh("give v-1 v-2 1 points --on 2024-01-04 --id g-1").err
    kept = zh("journal --json").json["entries"][-1]["id"]
    explained = zh(f"explain {kept}").out

    assert "星级 须为 二星，现为 一星 [rules.gift.requires.star]" in refused
    assert "累计所得 至少须为 9 积分，现为 3 积分" in refused
    assert "规则 馈赠 [gift]" in explained
    assert "要求 星级 为 二星：现为 一星：否" in explained
    assert "累计所得 至少为 9 积分" in explained
    assert "stars must be Two stars" in zh("give v-1 v-2 1 points --language en").err
