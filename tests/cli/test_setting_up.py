"""Making a ledger, checking and adopting policies, opening accounts."""

import json

import pytest

import timebank as library
from timebank import programme

from .conftest import OPENED, STREET

TWO_MISTAKES = (
    STREET
    + """\
[units]
hours = { scale = 60, recrod = true }

[accounts.member]

[classes.care]
counts = "tyme"

[rules.hours]
on = "service"
unit = "hours"
"""
)
RIGHT = TWO_MISTAKES.replace("recrod", "record").replace("tyme", "time")
EXAMPLE = """
[examples."an hour is an hour"]
do = [{ on = "service", class = "care", time = "1 h" }]
expect = { hours = %s }
"""

# ---------------------------------------------------------------- init


def test_init_makes_a_ledger_in_a_new_file(timebank, tmp_path):
    done = timebank("init --db books.db --ledger liwan")

    assert done.code == 0
    assert "made: ledger liwan in books.db (Asia/Shanghai)" in done.out
    with library.open(
        f"sqlite:///{tmp_path}/books.db", ledger="liwan", actor="x"
    ) as bank:
        assert bank.settings.time_zone == "Asia/Shanghai"
        assert not bank.settings.keep_refusals


def test_a_url_will_do_as_well_as_a_path(timebank):
    assert timebank("init --db sqlite:///a.db --ledger a").code == 0
    assert timebank("journal --db a.db").code == 0


def test_a_path_that_a_url_could_not_hold_is_refused(timebank):
    done = timebank("init --db 'what?.db' --ledger a")

    assert (done.code, done.err) == (
        2,
        "timebank: --db: a file name must not hold a question mark: what?.db\n",
    )


def test_books_that_would_be_gone_at_once_are_not_made(timebank):
    done = timebank("init --db memory: --ledger a")

    assert (done.code, done.out) == (2, "")
    assert "name a file" in done.err


def test_a_ledger_needs_a_name(timebank):
    done = timebank("init")

    assert done.code == 2
    assert "--ledger NAME" in done.err


def test_a_ledger_is_made_once(guangzhou):
    done = guangzhou("init --ledger gz")

    assert done.code == 6
    assert "ledger 'gz' exists already" in done.err


def test_a_time_zone_must_be_known(timebank):
    done = timebank("init --ledger gz --time-zone Asia/Guangzhou")

    assert done.code == 2
    assert "an IANA name is wanted, such as Asia/Shanghai" in done.err


def test_books_whose_time_zone_is_unknown_here_are_told_with_what_to_do(
    timebank, without_zones
):
    timebank("init --ledger gz")
    without_zones()

    done = timebank("account list")

    assert done.code == 2
    assert "pip install tzdata" in done.err


def test_books_are_named_by_the_environment_too(timebank, monkeypatch):
    monkeypatch.setenv("TIMEBANK_DB", "a.db")
    monkeypatch.setenv("TIMEBANK_LEDGER", "liwan")
    monkeypatch.setenv("TIMEBANK_ACTOR", "desk-7")
    timebank("init")

    timebank("policy adopt guangzhou --on", OPENED)

    found = timebank("journal --json").json["entries"]
    assert {entry["actor"] for entry in found} == {"desk-7"}


def test_of_several_ledgers_one_must_be_named(guangzhou):
    guangzhou("init --ledger xg")

    unnamed, named = guangzhou("journal"), guangzhou("journal --ledger xg")

    assert unnamed.code == 2
    assert "several ledgers, name one: --ledger gz|xg" in unnamed.err
    assert named.code == 0


def test_the_actor_is_whoever_is_logged_in_unless_named(guangzhou, monkeypatch):
    monkeypatch.delenv("TIMEBANK_ACTOR")
    monkeypatch.setattr("getpass.getuser", lambda: "wang")
    guangzhou("void lost --id v")
    guangzhou("void lost-too --id w --actor li")

    found = guangzhou("journal --after 5 --json").json["entries"]

    assert [entry["actor"] for entry in found] == ["wang", "li"]


def test_somebody_must_act(guangzhou, monkeypatch):
    def nobody():
        raise OSError("no such user")

    monkeypatch.delenv("TIMEBANK_ACTOR")
    monkeypatch.setattr("getpass.getuser", nobody)

    assert guangzhou("journal").code == 0
    done = guangzhou("void lost")
    assert (done.code, "--actor NAME" in done.err) == (2, True)


# ---------------------------------------------------------------- policies


@pytest.mark.parametrize("name", library.programmes())
def test_every_programme_that_ships_passes_its_check(timebank, name):
    done = timebank("policy check", name)

    assert (done.code, done.err) == (0, "")
    assert f"{name}: no mistake; " in done.out
    assert "differs" not in done.out


def test_a_policy_with_two_mistakes_is_answered_with_both(timebank, tmp_path):
    (tmp_path / "a.toml").write_text(TWO_MISTAKES)

    done = timebank("policy check a.toml")

    assert (done.code, done.out) == (1, "")
    assert "timebank: a.toml:\n" in done.err
    assert "units.hours.recrod: unknown key `recrod`; did you mean" in done.err
    assert "classes.care.counts" in done.err


def test_mistakes_come_as_json_too(timebank, tmp_path):
    (tmp_path / "a.toml").write_text(TWO_MISTAKES)

    done = timebank("policy check a.toml --json")

    assert done.code == 1
    assert not done.json["sound"]
    assert len(done.json["mistakes"]) == 2


def test_an_example_that_comes_to_something_else_fails_the_check(timebank, tmp_path):
    (tmp_path / "a.toml").write_text(RIGHT + EXAMPLE % 2)

    done = timebank("policy check a.toml")

    assert done.code == 1
    assert done.out == "differs  an hour is an hour\n"
    assert "1 of 1 examples differ" in done.err
    assert "an hour is an hour: hours: expected 2, found" in done.err


def test_an_example_that_holds_is_named(timebank, tmp_path):
    (tmp_path / "a.toml").write_text(RIGHT + EXAMPLE % 1)

    done = timebank("policy check a.toml")

    assert done.out == (
        "holds    an hour is an hour\na.toml: no mistake; 1 worked example held\n"
    )


def test_a_file_saved_by_notepad_is_read(timebank, tmp_path):
    (tmp_path / "a.toml").write_bytes(RIGHT.replace("\n", "\r\n").encode("utf-8-sig"))

    assert timebank("policy check a.toml").code == 0


def test_a_file_that_is_not_utf_8_says_so(timebank, tmp_path):
    (tmp_path / "a.toml").write_bytes("# 政策\n".encode("gb18030"))

    done = timebank("policy check a.toml")

    assert done.code == 1
    assert "file: is not UTF-8 (byte " in done.err


def test_a_policy_with_mistakes_is_not_adopted(guangzhou, tmp_path):
    (tmp_path / "a.toml").write_text(TWO_MISTAKES)

    done = guangzhou("policy adopt a.toml")

    assert done.code == 1
    assert len(guangzhou("journal --json").json["entries"]) == 5


DISTRICT = """
language = 1
policy = { name = "District", extends = "Guangzhou public-welfare time bank" }
accounts.member.points.cap = 900
"""

STATION = """
language = 1
policy = { name = "Station", extends = "District", remove = ["items.rice"] }
accounts.member.points.cap = 600
examples."full at 1 500; hours go on".expect.points = 600
"""


@pytest.fixture
def station(tmp_path):
    (tmp_path / "d.toml").write_text(DISTRICT)
    (tmp_path / "s.toml").write_text(STATION)


@pytest.mark.usefixtures("station")
def test_what_a_policy_extends_is_found_beside_it_and_among_those_that_ship(timebank):
    shown = timebank("policy show s.toml --json").json

    assert shown["policy"] == "Station"
    assert "ladders" in shown
    assert [line for line in shown["text"].splitlines() if line.startswith("#==")] == [
        "#==== policy: guangzhou ====#",
        "#==== policy: d.toml ====#",
        "#==== policy: s.toml ====#",
    ]


@pytest.mark.usefixtures("station")
def test_the_values_that_hold_are_shown_with_who_says_them(timebank):
    shown = timebank("policy show s.toml --effective --json").json
    (cap,) = (v for v in shown["values"] if v["place"] == "accounts.member.points.cap")

    assert cap == {
        "place": "accounts.member.points.cap",
        "value": "600",
        "file": "s.toml",
        "instead": [
            {"value": "900", "file": "d.toml"},
            {"value": "1500", "file": "guangzhou"},
        ],
    }
    assert shown["dropped"] == [{"place": "items.rice", "file": "s.toml"}]
    lines = timebank("policy show s.toml --effective").out.splitlines()
    (line,) = (each for each in lines if each.startswith("accounts.member.points.cap"))
    assert line.split()[1:] == [
        "600",
        "s.toml",
        "900",
        "(d.toml),",
        "1500",
        "(guangzhou)",
    ]


@pytest.mark.usefixtures("station")
def test_a_bundle_is_adopted_whole_and_its_books_are_sound(timebank):
    timebank("init --ledger gz")
    assert timebank("policy adopt s.toml --on", OPENED).code == 0
    timebank("account open v-1 --on", OPENED)
    served = timebank("record v-1 care 2:00 --on", OPENED)

    assert served.code == 0
    assert timebank("verify --decide").code == 0
    assert timebank("policy show").out.startswith("Station (pilot, from 2019-08-27)")


@pytest.mark.usefixtures("station")
def test_what_changes_from_what_is_in_force_is_told(guangzhou):
    done = guangzhou("policy diff d.toml")

    assert done.code == 0
    assert done.out == (
        "policy: name District, was Guangzhou public-welfare time bank\n"
        "policy: extends Guangzhou public-welfare time bank, new\n"
        'policy: text is no longer given, was { en = "Guangzhou public-welfare time bank", '
        'zh = "广州公益时间银行" }\n'
        "accounts.member.points: at most 900, was 1500\n"
        "  ! accounts that are outside it on the first day may only move inward\n"
        "! it says to hold from 2019-08-27, no later than the other: adopted so, it "
        "decides what is told or corrected of days gone by; give a later from, or "
        "--holds-from\n"
    )
    told = guangzhou("policy diff d.toml s.toml --json --language zh").json["changes"]
    (cap,) = (c for c in told if c["place"] == "accounts.member.points.cap")
    assert (cap["before"], cap["after"]) == ("900", "600")
    assert cap["text"] == "accounts.member.points：上限 600，原为 900"
    assert guangzhou("policy diff guangzhou").out == "nothing changes\n"


HOSTS = """
from fractions import Fraction

FUNCTIONS = {"half@1": lambda figure: figure / 2}
"""


def test_functions_that_a_policy_uses_are_named_to_every_command(
    timebank, tmp_path, monkeypatch
):
    own = programme("guangzhou").replace(
        '{ of = "time" }', '{ of = "time" }, { use = "half@1" }'
    )
    (tmp_path / "own.toml").write_text(own.partition("[examples")[0])
    (tmp_path / "mill_rules.py").write_text(HOSTS)
    monkeypatch.syspath_prepend(tmp_path)
    there = "--functions mill_rules:FUNCTIONS"
    timebank("init --ledger gz")

    assert "no function half@1" in timebank("policy check own.toml").err
    assert timebank(f"policy check own.toml {there}").code == 0
    assert timebank(f"policy adopt own.toml {there} --on", OPENED).code == 0
    timebank("account open v-1 --on", OPENED)
    assert "[rules.points]" in timebank("record v-1 care 4:00 --on", OPENED).err
    assert timebank(f"record v-1 care 4:00 {there} --on", OPENED).code == 0
    assert timebank("balance v-1 --json").json["balances"]["points"]["free"] == 2

    audit = timebank("verify --decide")
    assert (audit.code, "not checkable without half@1" in audit.out) == (0, True)
    assert timebank(f"verify --decide {there} --json").json["unchecked"] == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere:FUNCTIONS", "No module named 'nowhere'"),
        ("json:FUNCTIONS", "no attribute 'FUNCTIONS'"),
        ("json", "say MODULE:NAME"),
        ("json:dumps", "is no mapping"),
    ],
)
def test_functions_that_are_not_where_they_are_said_to_be_are_told(
    timebank, place, said
):
    done = timebank("policy check guangzhou --functions", place)

    assert done.code == 2
    assert said in done.err


@pytest.mark.usefixtures("station")
def test_a_policy_is_adopted_for_a_body_and_shown(timebank, tmp_path):
    tree = programme("guangzhou") + "\n[bodies]\nmill = 'city'\n"
    (tmp_path / "mill.toml").write_text(
        tree.replace('"Guangzhou', '"Mill of Guangzhou')
    )
    (tmp_path / "city.toml").write_text(tree)
    timebank("init --ledger gz")
    assert timebank("policy adopt city.toml --on", OPENED).code == 0

    done = timebank("policy adopt mill.toml --body mill --on", OPENED)

    assert done.out.endswith("holds from 2019-08-27 for mill\n")
    assert timebank("policy show --body mill").out.startswith("Mill of Guangzhou")
    assert timebank("policy show --body city").out.startswith("Guangzhou")


@pytest.mark.usefixtures("station")
def test_a_mistake_in_a_bundle_is_told_with_its_file(timebank, tmp_path):
    (tmp_path / "d.toml").write_text(DISTRICT + "rules.points.amunt = 3\n")

    done = timebank("policy check s.toml")

    assert "  d.toml: rules.points.amunt: unknown key" in done.err
    found = timebank("policy check s.toml --json").json["mistakes"]
    assert [m["file"] for m in found] == ["d.toml"]


@pytest.mark.usefixtures("station")
def test_two_files_that_are_one_policy_by_name_are_told(timebank, tmp_path):
    (tmp_path / "copy of d.toml").write_text(DISTRICT)

    done = timebank("policy check s.toml")

    assert done.code == 1
    assert "called 'District': copy of d.toml, d.toml" in done.err


def test_adopting_opens_the_accounts_that_the_policy_names(timebank):
    timebank("init --ledger gz")

    done = timebank("policy adopt guangzhou --on", OPENED, "--id", "p-1")

    assert done.out == (
        "recorded: p-1 (position 1)\n"
        "  Guangzhou public-welfare time bank, holds from 2019-08-27\n"
    )
    found = timebank("account list --json").json["accounts"]
    assert [a["account"] for a in found] == ["issuer", "pool:given-on"]


def test_a_policy_may_hold_from_another_day_than_it_says(guangzhou):
    guangzhou("policy adopt guangzhou --holds-from 2024-06-01")

    found = guangzhou("journal --json --after 5").json["entries"]

    assert found[0]["operation"]["holds_from"] == "2024-06-01"


def test_the_policy_in_force_is_shown(guangzhou):
    done = guangzhou("policy show")

    assert done.out.startswith(
        "Guangzhou public-welfare time bank (pilot, from 2019-08-27)\n"
    )
    for line in ("class       care", "item        rice", "ladder      star"):
        assert line in done.out


def test_the_text_of_a_policy_is_shown_as_it_is(timebank):
    done = timebank("policy show guangzhou --text")

    assert done.out == programme("guangzhou")


def test_the_json_of_a_policy_agrees_with_the_library(timebank):
    shown = timebank("policy show xuefu --json").json
    policy = library.load_policy(programme("xuefu"))

    assert shown["hash"] == policy.hash
    assert shown["text"] == policy.text
    assert shown["units"]["contribution"] == {"scale": 10, "record": True}
    assert shown["classes"]["meeting"] == {
        "counts": "number",
        "text": "taking part in a meeting",
    }
    assert [level["level"] for level in shown["ladders"]["group"]] == ["C", "B", "A"]
    assert list(shown["rules"]) == list(policy.rules)


def test_where_no_policy_holds_it_says_from_when_one_does(guangzhou):
    done = guangzhou("policy show --on 2010-01-01")

    assert done.code == 1
    assert "2010-01-01" in done.err
    assert "2019-08-27" in done.err
    assert done.err.endswith("[policy]\n")


def test_the_programmes_that_ship_are_listed(timebank):
    listed = timebank("policy list --json").json["programmes"]

    assert [each["name"] for each in listed] == list(library.programmes())
    assert "guangzhou" in timebank("policy list").out


# ---------------------------------------------------------------- accounts


def test_a_name_is_kept_apart_from_the_books(guangzhou, tmp_path):
    guangzhou(f"account open v-3 --on {OPENED} --id open/v-3 --name 张三")

    assert "张三" not in guangzhou("journal --json").out
    with library.open(
        f"sqlite:///{tmp_path}/timebank.db", ledger="gz", actor="x"
    ) as bank:
        assert bank.private("open/v-3") == {"name": "张三"}


def test_accounts_are_listed_by_kind(guangzhou):
    guangzhou("account open t-1 --kind group --on", OPENED)

    listed = guangzhou("account list --kind group --json").json

    assert listed == {
        "accounts": [
            {
                "account": "t-1",
                "kind": "group",
                "mode": "strict",
                "opened_on": OPENED,
                "closed_on": None,
                "facts": {},
            }
        ]
    }


def test_a_closed_account_is_shown_as_closed(guangzhou):
    guangzhou("account close v-2 --cause leaving --on 2024-03-01")

    assert "closed                  2024-03-01" in guangzhou("account show v-2").out


def test_facts_that_the_policy_keeps_are_amended(timebank, tmp_path):
    (tmp_path / "a.toml").write_text(
        RIGHT
        + '[facts]\nborn = { type = "date", kept = true }\n'
        + 'partner = { type = "yes-no", kept = true }\n'
        + 'needs = { type = ["much", "little"], kept = true }\n'
    )
    timebank("init --ledger a")
    timebank("policy adopt a.toml --on", OPENED)
    opened = f"account open v-1 --on {OPENED} --fact born=1950-05-01 --fact needs=much"
    timebank(opened)

    done = timebank(f"account amend v-1 --on {OPENED} --fact partner=yes")

    assert done.code == 0
    found = timebank("account show v-1 --json").json
    assert found["facts"] == {"born": "1950-05-01", "needs": "much", "partner": True}
    wrong = timebank("account amend v-1 --fact born=May")
    assert "born is a day such as 2026-03-05; found 'May'" in wrong.err
    wrong = timebank("account amend v-1 --fact partner=perhaps")
    assert "partner is yes or no; found 'perhaps'" in wrong.err
    twice = timebank("account amend v-1 --fact needs=much --fact needs=little")
    assert "the fact needs is given twice" in twice.err


def test_the_json_of_an_account_agrees_with_the_bank(starred, tmp_path):
    shown = starred("account show v-1 --json").json

    with library.open(
        f"sqlite:///{tmp_path}/timebank.db", ledger="gz", actor="x"
    ) as bank:
        view = bank.standing("v-1")
    assert shown["tiers"] == {"star": "one"} == dict(view.tiers)
    assert shown["balances"] == {
        unit: {"free": b.free, "held": b.held, "total": b.total}
        for unit, b in view.balances.items()
    }
    assert shown["measures"]["total"] == {"unit": "hours", "amount": 7200}
    assert json.dumps(shown["units"]["hours"]) == '{"scale": 60, "record": true}'


@pytest.mark.parametrize(
    ("switch", "noted"),
    [
        ("", True),
        ("--holds-from 2024-02-01", True),
        ("--holds-from 2999-01-01", False),
    ],
)
def test_an_adoption_for_days_gone_by_says_so(guangzhou, tmp_path, switch, noted):
    later = programme("guangzhou").replace("cap = 1500", "cap = 1400")
    (tmp_path / "later.toml").write_text(later)

    done = guangzhou("policy adopt later.toml --on 2024-02-01", *switch.split())

    assert done.code == 0
    assert ("adopt the one before again" in done.out) is noted


def test_an_adoption_says_from_which_day_the_policy_holds_as_it_was_adopted(timebank):
    timebank("init --ledger gz")

    done = timebank("policy adopt guangzhou --on 2024-01-02 --holds-from 2024-03-01")

    assert done.out.endswith("time bank, holds from 2024-03-01\n")


@pytest.mark.parametrize(
    "command",
    [
        "account open v-1",
        "account show v-1",
        "policy show",
        "record v-1 care 1:00",
        "give v-1 v-2 1 hours",
        "balance v-1",
        "statement v-1 hours",
        "tiers",
    ],
)
def test_before_any_policy_every_command_says_to_adopt_one(timebank, command):
    timebank("init --ledger gz")

    done = timebank(command)

    assert done.code == 1
    assert done.err == (
        "timebank: no policy has been adopted yet: timebank policy adopt FILE, "
        "or the name of a programme that ships\n"
    )


def test_a_name_is_shown_until_it_is_erased(guangzhou):
    guangzhou(f"account open v-3 --name 王芳 --on {OPENED}")

    named = guangzhou("account show v-3 --json").json["private"]
    shown = guangzhou("account show v-3").out
    erased = guangzhou("account erase v-3")

    assert named == {"name": "王芳"}
    assert ["private", "name", "王芳"] in [line.split() for line in shown.splitlines()]
    assert (erased.code, erased.out) == (0, "erased: the private details of v-3\n")
    assert guangzhou("account show v-3 --json").json["private"] == {}
    assert "王芳" not in guangzhou("account show v-3").out
    assert guangzhou("verify").code == 0
    assert guangzhou("account erase v-3").out == (
        "v-3 has no private details, or no more\n"
    )


def test_nothing_is_erased_of_an_account_that_is_not_there(guangzhou):
    done = guangzhou("account erase v-9")

    assert done.code == 2
    assert "v-9" in done.err


EVERYTHING_NAMED = """
language = 1
policy = { name = "Lane", source = "-", status = "pilot", from = 2024-01-01 }
units.points = {}
classes.care = {}
accounts.member = {}
figures.double = [{ of = "time" }, { times = 2 }, { round = "down", to = 1 }]
measures.got = { sum = "points", window = "year" }
rankings.best = { value = "got", every = "year" }
rules.points = { on = "service", unit = "points", amount = "figures.double" }
rules.prize = { on = "rank", unit = "points", amount = 1 }
procedures.heard = { on = "service", steps = [{ name = "asked", by = "desk" }] }
"""


def test_procedures_rankings_and_figures_of_a_policy_are_shown(timebank, tmp_path):
    (tmp_path / "own.toml").write_text(EVERYTHING_NAMED)

    lines = timebank("policy show own.toml").out.splitlines()

    told = {line.split()[0]: line for line in lines if line}
    assert "heard" in told["procedure"]
    assert "asked" in told["procedure"]
    assert "best" in told["ranking"]
    assert "{ times = 2 }" in told["figure"]
    shown = timebank("policy show own.toml --json").json
    assert shown["procedures"] == {"heard": {"on": ["service"], "text": None}}
    assert (shown["rankings"], shown["figures"]) == (["best"], ["double"])


def test_what_a_policy_names_is_shown_with_what_it_is(timebank, tmp_path):
    (tmp_path / "own.toml").write_text(
        EVERYTHING_NAMED
        + 'facts.age = "number"\nitems.tea = { price = 2, text = "Tea" }\n'
        + 'rules.pay = { on = "redeem", unit = "points", limits.day = { at_most = 3 } }\n'
    )

    lines = timebank("policy show own.toml").out.splitlines()
    shown = [" ".join(line.split()) for line in lines]

    for what, name, says in (
        ("measure", "got", '{ sum = "points", window = "year" }'),
        ("fact", "age", '"number"'),
        ("item", "tea", "Tea ({ price = 2 })"),
        ("rule", "points", '{ on = "service", unit = "points" }'),
        ("rule", "pay", '{ on = "redeem", unit = "points" }'),
    ):
        assert f"{what} {name} {says}" in shown


def test_what_changes_of_examples_is_counted_and_not_told(timebank, tmp_path):
    own = EVERYTHING_NAMED + (
        'examples.one = { do = [{ on = "service", class = "care", time = 1 }], '
        "expect = { points = 0 } }\n"
    )
    (tmp_path / "old.toml").write_text(own)
    changed = own.replace("time = 1", "time = 2")
    more = "examples.two.expect.points = 0\nexamples.three.expect.points = 0\n"
    (tmp_path / "new.toml").write_text(changed + more)

    told = timebank("policy diff old.toml new.toml").out
    chinese = timebank("policy diff old.toml new.toml --language zh").out
    data = timebank("policy diff old.toml new.toml --json").json

    assert told.splitlines()[0] == "examples: 2 new, 1 changed"
    assert chinese.splitlines()[0] == "示例：新增 2、变更 1"
    assert len(data["changes"]) == 3


def test_a_policy_without_procedures_shows_none(timebank):
    lines = timebank("policy show guangzhou").out.splitlines()

    assert not {"procedure", "ranking"} & {line.split()[0] for line in lines if line}
