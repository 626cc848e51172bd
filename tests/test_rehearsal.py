"""Worked examples of a policy: what is said when one comes to something else."""

import tomllib

import pytest

import timebank
from timebank.operations import (
    TAGS,
    AdoptPolicy,
    Assess,
    EndAssessment,
    NoteRefusal,
    PublishRanking,
    VoidId,
)
from timebank.rehearsal.reading import FORMS

POLICY = """
language = 1
policy = {{ name = "Rounded", source = "here", status = "invented", from = 2025-01-01 }}
units = {{ credits = {{ scale = 4 }}, hours = {{ scale = 60, record = true }} }}
accounts.member = {{}}
classes.help = {{}}
measures.total = {{ sum = "hours" }}

[rules.hours]
on = "service"
unit = "hours"

[rules.credits]
on = "service"
unit = "credits"
amount = [{{ of = "time" }}, {{ round = "down", to = "1/4" }}]

[flags.many]
when = {{ total = {{ min = 1 }} }}
for = "the board"

[examples.one]
do = [{{ on = "service", class = "help", time = "52 min" }}]
expect = {{ {expect} }}
"""


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("credits = 1", "credits: expected 1, found 0.75"),
        ('hours = "0:50"', "hours: expected '0:50', found 13/15"),
        ('"flags.many" = true', "flags.many: expected true, found false"),
        ('refused = "rules"', "refused: expected 'rules', found ''"),
    ],
)
def test_a_failure_is_told_as_the_file_would_write_it(expect, said):
    policy = timebank.load_policy(POLICY.format(expect=expect))

    (played,) = timebank.play_examples(policy)

    assert played.failures == (said,)


SERVICE = '{ on = "service", class = "help", time = "52 min" }'
HIGH = '{ on = "gift", payee = "n", unit = "credits", asked = 5 }'


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("time = '0.509'", "time is whole minutes, found '0.509'"),
        ("tmie = 1", "service has no field 'tmie'; did you mean 'time'?"),
        ("recipient = 'n'", "service lacks the field 'time'"),
        ("time = 1, repeat = 1001", "repeat is a whole number, 1 to 1000, found 1001"),
        ("time = 1, repeat = '2'", "repeat is a whole number, 1 to 1000, found '2'"),
        ("time = 1, repeat = true", "repeat is a whole number, 1 to 1000, found true"),
        ("time = 1, step = '1 fortnight'", "step is a number of days"),
        ("time = 1, repeat = 99, step = '9999 weeks'", "out of range"),
        ("time = 1, day = 7", "day is a day such as 2024-01-31, found 7"),
        ("time = 1, recipient = 7", "an account is text, found 7"),
        ("time = 1, facts = 7", "facts is a table, found 7"),
    ],
)
def test_an_operation_that_cannot_be_read_is_a_failure_in_plain_words(do, said):
    text = POLICY.format(expect="").replace('time = "52 min"', do)

    (played,) = timebank.play_examples(timebank.load_policy(text))

    (failure,) = played.failures
    assert failure.startswith("cannot be played: ")
    assert said in failure


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ('{ on = "servise" }', "cannot do 'servise'; did you mean `service`?"),
        ('{ class = "help" }', "cannot do None"),
        (
            HIGH.replace("credits", "credit"),
            "no unit 'credit'; did you mean 'credits'?",
        ),
    ],
)
def test_what_an_example_cannot_do_is_told(do, said):
    text = POLICY.format(expect="").replace(SERVICE, do)

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert said in played.failures[0]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ('"flags.mony" = true', "flags.mony: the policy has no flag 'mony'"),
        ('"eligible.star" = "x"', "eligible.star: the policy has no ladder 'star'"),
        ("totl = 1", "totl: the policy has no value 'totl'; did you mean 'total'?"),
        ('credits = "many"', "credits: 'many' is no number"),
    ],
)
def test_an_expectation_that_the_policy_cannot_answer_is_a_failure(expect, said):
    policy = timebank.load_policy(POLICY.format(expect=expect))

    (played,) = timebank.play_examples(policy)

    assert played.failures[0].startswith(said)


def test_a_flag_whose_fact_nobody_gave_is_a_failure():
    text = POLICY.format(expect='"flags.many" = true').replace(
        "[flags.many]\nwhen = { total = { min = 1 } }",
        '[facts]\nage = "number"\n\n[flags.many]\nwhen = { age = { min = 1 } }',
    )

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == ("flags.many: cannot be told: age is not known",)


def test_a_refusal_that_was_not_expected_is_told_first():
    text = POLICY.format(expect="credits = 1").replace(SERVICE, HIGH)

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == (
        (
            "the last operation was refused: the policy has no rule for this (gift), "
            "so it does not allow it [rules]"
        ),
        "credits: expected 1, found 0",
    )


# ---------------------------------------------------------------- every operation

TOWN = """
language = 1
policy = { name = "Town", source = "here", status = "invented", from = 2024-01-01 }
facts = { guardian = { type = "yes-no", kept = true, default = false } }
classes = { help = {}, meeting = { counts = "number" } }
measures = { met = { count = "meetings" }, left = { balance = "points" } }

[units]
hours = { scale = 60, record = true }
points = { scale = 4 }
coupons = { lots = {} }
meetings = { record = true }

[accounts]
member = { points = { floor = -2, cap = 20, excess = "drop" } }
pool = { names = ["common"] }

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = 1 }]

[rules.meetings]
on = "contribution"
unit = "meetings"

[rules.welcome]
on = "open"
unit = "points"
amount = 5

[rules.redeem]
on = "redeem"
unit = "points"

[rules.gift]
on = "gift"
unit = "points"
requires = { guardian = false }

[rules.coupons]
on = "gift"
unit = "coupons"

[rules.donate]
on = "donate"
unit = "points"
to = "pool:common"

[rules.allocate]
on = "allocate"
unit = "points"
from = "pool:common"

[rules.grant]
on = "grant"
unit = "points"

[rules.leave]
on = "close"
unit = "points"
to = "pool:common"
amount = "left"

[items.rice]
price = 4

[ladders.group]
start = "C"
levels = [{ name = "C" }, { name = "B" }, { name = "A" }]
moves = [{ from = "C", to = "B" }, { from = "B", to = "A" }]

[ladders.star]
levels = [{ name = "one", needs = { met = { min = 2 } } }]

[procedures.late]
on = "contribution"
when = { days_late = { min = 8 } }
steps = [{ name = "office", by = ["office"] }]

[flags.rich]
when = { left = { min = 12 } }
for = "the office"

[examples.one]
"""


def failures(example):
    (played,) = timebank.play_examples(timebank.load_policy(TOWN + example))
    return played.failures


PLAYED = """\
[examples."open an account"]
do = [{ on = "open", account = "n" }]
expect = { n.points = 5 }

[examples."close an account"]
do = [{ on = "close" }]
given = { points = 3 }
expect = { points = 0, "pool:common.points" = 3 }

[examples."keep a fact with an account"]
given = { guardian = true }
do = [{ on = "gift", payee = "n", unit = "points", asked = 1 }]
expect = { refused = "rules.gift.requires.guardian" }

[examples."amend a kept fact"]
given = { guardian = true }
do = [{ on = "amend", facts = { guardian = false } },
  { on = "gift", payee = "n", unit = "points", asked = 1 }]
expect = { guardian = false, n.points = 1, points = -1 }

[examples."count deeds"]
do = [{ on = "contribution", class = "meeting", number = 2 }]
expect = { meetings = 2, met = 1, star = "" }

[examples."confirm a step of what waits"]
do = [{ on = "contribution", class = "meeting", recorded = 2024-06-11 },
  { on = "confirm", step = "office", role = "office", day = 2024-06-12 }]
expect = { stage = "accepted", meetings = 1 }

[examples."count a deed twice"]
do = [{ on = "contribution", class = "meeting", repeat = 2 }]
expect = { star = "one", "eligible.star" = "one" }

[examples."order"]
given = { points = 9 }
do = [{ on = "order", item = "rice", quantity = 2 }]
expect = { points = 9, "points.free" = 1, "points.held" = 8 }

[examples."fulfil an order by and by"]
given = { points = 9 }
do = [{ on = "order", item = "rice", quantity = 2, id = "o" },
  { on = "fulfil", order = "o", quantity = 1 },
  { on = "fulfil", order = "o" }]
expect = { points = 1, "points.held" = 0 }

[examples."cancel an order"]
given = { points = 9 }
do = [{ on = "order", item = "rice" },
  { on = "cancel" }]
expect = { points = 9, "points.held" = 0 }

[examples."redeem"]
given = { points = 9 }
do = [{ on = "redeem", item = "rice" }]
expect = { points = 5 }

[examples."donate and allocate"]
given = { points = 3 }
do = [{ on = "donate", unit = "points", asked = 2 },
  { on = "allocate", payee = "n", unit = "points", asked = 1 }]
expect = { points = 1, n.points = 1, "pool:common.points" = 1 }

[examples."grant"]
do = [{ on = "grant", unit = "points", asked = "0.25", actor = "board" }]
expect = { points = "1/4" }

[examples."say what the issuer owes"]
given = { points = 4 }
do = [{ on = "grant", unit = "points", payee = "n", asked = 2 },
  { on = "order", item = "rice", payer = "m" },
  { on = "donate", unit = "points", payer = "n", asked = 1 }]
expect = { "issuer.points" = -6, "issuer.points.held" = 0 }

[examples."reverse"]
do = [{ on = "service", class = "help", time = "90 min" },
  { on = "reverse" }]
expect = { hours = 0, points = 0 }

[examples."correct"]
do = [{ on = "service", class = "help", time = "3 h", id = "a" },
  { on = "correct", target = "a", replacement = { on = "service", class = "help", time = "2 h" } }]
expect = { hours = 2, points = 2 }

[examples."grant a level"]
do = [{ on = "tier", ladder = "group", level = "B" }]
expect = { group = "B" }

[examples."be given a level"]
given = { group = "B" }
do = [{ on = "tier", ladder = "group", level = "A" }]
expect = { group = "A", refused = "" }

[examples."be given lots"]
given = { coupons = 3 }
do = [{ on = "gift", payee = "n", unit = "coupons", asked = 2 }]
expect = { coupons = 1, n.coupons = 2 }

[examples."overlap by time of day"]
do = [{ on = "service", class = "help", time = "2 h", starts_at = 09:00:00 },
  { on = "service", class = "help", time = "1 h", starts_at = 10:30:00 }]
expect = { refused = "starts_at", hours = 2 }

[examples."record late"]
do = [{ on = "service", class = "help", time = "1 h", day = 2024-05-01, recorded = 2024-06-01 }]
expect = { hours = 1 }

[examples."not be recorded before it happened"]
do = [{ on = "service", class = "help", time = "1 h", day = 2024-05-02, recorded = 2024-05-01 }]
expect = { refused = "effective_on" }
"""


@pytest.mark.parametrize("example", tomllib.loads(PLAYED)["examples"])
def test_an_example_can(example):
    policy = timebank.load_policy(TOWN.removesuffix("[examples.one]\n") + PLAYED)

    played = {each.name: each.failures for each in timebank.play_examples(policy)}

    assert played[example] == ()


def test_an_example_can_do_every_operation_but_those_on_ids_policies_and_periods():
    done = {form.kind for form in FORMS.values()}

    assert set(TAGS) - done == {
        *(AdoptPolicy, VoidId, NoteRefusal),
        *(Assess, EndAssessment),  # letting time pass does them
        PublishRanking,  # made from what has been done
    }


TWO_WRONG = (
    'do = [{ on = "redeem", item = "rice", facts = { age = 3 } }]\nexpect = { %s }'
)
BOTH = "['accounts.member.points.cap', 'flags.rich']"
FULL = (
    'given = { points = 11 }\ndo = [{ on = "service", class = "help", time = "10 h" }]\n'
    "expect = { points = 20, %s }"
)


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (FULL % 'noted = ["flags.rich", "accounts.member.points.cap"]', ()),
        (FULL % 'noted = "accounts.member.points.cap"', ()),
        (FULL % "refused = []", ()),
        (
            FULL % 'noted = ["flags.rich"]',
            (f"noted: expected ['flags.rich'], found {BOTH}",),
        ),
        (
            TWO_WRONG % "refused = []",
            ("refused: expected [], found ['facts.age']",),
        ),
        (FULL % '"n.flags.rich" = false', ()),
        (FULL % '"flags.rich" = true', ()),
    ],
)
def test_one_code_is_the_first_and_a_list_is_all_of_them(example, said):
    assert failures(example) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('star = "one"', "ladder 'star' is told by its needs and not given"),
        ('group = "D"', "the policy has no level 'D'; there is: C, B, A"),
        ("pionts = 1", "the policy has no unit 'pionts'; did you mean 'points'?"),
    ],
)
def test_what_cannot_be_given_is_told(given, said):
    assert failures(f"given = {{ {given} }}\nexpect = {{}}") == (
        f"cannot be played: {said}",
    )


def test_an_operation_on_the_entry_before_it_needs_one():
    said = failures('do = [{ on = "cancel" }]\nexpect = {}')

    assert said == (
        "cannot be played: cancel acts on the entry before it, and there is none",
    )


GIFT = '{ on = "gift", payee = "n", unit = "points", asked = 9 }'


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("expect = { points = 1 }", "points：预期 1，现为 0"),
        ("expect = { pionts = 1 }", "政策没有值 'pionts'；是否指 'points'？"),
        ('do = [{ on = "gfit" }]\nexpect = {}', "无法演算：示例不能办理 'gfit'"),
        (
            f"do = [{GIFT}]\nexpect = {{ points = 0, refused = [] }}",
            "refused：预期 []，现为 ['accounts.member.points.floor']",
        ),
    ],
)
def test_what_does_not_come_out_is_told_in_chinese_too(example, said):
    assert any(said in each.zh for each in failures(example))


def test_an_id_is_taken_once():
    said = failures(
        'do = [{ on = "contribution", class = "meeting", id = "a", repeat = 2 }]\n'
        "expect = {}"
    )

    assert said == ("cannot be played: the id 'a' is taken by an operation before",)


def test_an_example_says_cash_in_whole_money():
    text = (
        POLICY.format(expect="credits = -1")
        + """
[rules.meal]
on = "redeem"
unit = "credits"

[accounts.group]
[items.meal]
price = 1
requires = { cash = { min = "2.50" } }
"""
    )
    text = text.replace("accounts.member = {}", "accounts.member.credits.floor = -5")
    text = text.replace(SERVICE, '{ on = "redeem", item = "meal", cash = "2.50" }')

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == ()


@pytest.mark.parametrize(
    ("expires", "day", "left"),
    [
        ('{ after = "1 year" }', "2025-05-09", 10),
        ('{ after = "1 year" }', "2025-05-10", 0),
        ('{ end_of = "year" }', "2024-12-31", 10),
        ('{ end_of = "year" }', "2025-01-01", 0),
    ],
)
def test_what_is_given_expires_as_what_was_made_on_the_day_accounts_opened(
    expires, day, left
):
    text = f"""
language = 1
policy = {{ name = "Ends", source = "here", status = "invented", from = 2024-01-01 }}
units.points = {{ lots = {{ expires = {expires} }} }}
accounts.member = {{}}

[examples.one]
opened = 2024-05-10
given = {{ points = 10 }}
do = [{{ on = "tick", day = {day} }}]
expect = {{ points = {left} }}
"""

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == ()


@pytest.mark.parametrize("do", ['on = "period", rule = "base"', 'on = "tick"'])
def test_an_example_of_a_start_is_of_the_day_on_which_it_falls_due(do):
    text = f"""
language = 1
policy = {{ name = "Starts", source = "here", status = "invented", from = 2024-01-01 }}
units.points = {{ lots = {{ expires = {{ end_of = "month" }} }} }}
accounts.member = {{}}
items.ride = {{ price = 1 }}
rules.redeem = {{ on = "redeem", unit = "points" }}

[rules.base]
on = "period"
every = "month"
at = "start"
unit = "points"
amount = 10

[examples.one]
opened = 2024-05-01
do = [
    {{ day = 2024-05-01, {do} }},
    {{ on = "redeem", item = "ride", quantity = 3, day = 2024-05-31 }},
]
expect = {{ points = 7, refused = "" }}
"""

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == ()


# ---------------------------------------------------------------- claims, and refusals

WAITING = """
language = 1
policy = { name = "Waiting", source = "here", status = "invented", from = 2024-01-01 }
units.coins = {}
accounts.member = {}
classes.help = { requires = { time = { max = 5 } } }
rules.coins = { on = "service", unit = "coins", amount = [{ of = "time" }, { round = "down", to = 1 }] }
rules.gift = { on = "gift", unit = "coins" }
rules.month = { on = "period", every = "month", unit = "coins", from = "issuer", to = "member", amount = 10 }
procedures.service = { on = "service", when = { time = { min = 2 } }, steps = [{ name = "seen", by = "office" }] }

[examples.one]
opened = 2024-06-01
"""
LONG = '{ on = "service", class = "help", time = 2, day = 2024-06-30 }'
SHORT = '{ on = "service", class = "help", time = 1, day = 2024-06-30 }'
BEYOND = '{ on = "service", class = "help", time = 6, day = 2024-06-30 }'
JULY = '{ on = "tick", day = 2024-07-01 }'
SEEN = '{ on = "confirm", step = "seen", role = "office", actor = "x" }'


def waiting(do, expect):
    text = f"{WAITING}do = [{', '.join(do)}]\nexpect = {expect}\n"
    (played,) = timebank.play_examples(timebank.load_policy(text))
    return played.failures


@pytest.mark.parametrize("between", [[], [JULY], [SHORT], [JULY, SHORT]])
def test_the_claim_before_is_meant_whatever_was_done_in_between(between):
    had = 10 * (JULY in between) + (SHORT in between)

    assert waiting([LONG, *between], f'{{ stage = "seen", coins = {had} }}') == ()
    done = f'{{ stage = "accepted", coins = {had + 2}, refused = "" }}'
    assert waiting([LONG, *between, SEEN], done) == ()


def test_where_nothing_ever_waited_there_is_no_stage():
    (said,) = waiting([SHORT, JULY], '{ stage = "seen" }')

    assert "at no stage" in said


def test_of_several_claims_the_one_spoken_of_last_is_meant():
    first, second = (LONG.replace("{", f'{{ id = "{id}",', 1) for id in "ab")
    seen = SEEN.replace("{", '{ claim = "a",', 1)

    assert waiting([first, second], '{ stage = "seen" }') == ()
    assert waiting([first, second, seen], '{ stage = "accepted" }') == ()


def test_every_refusal_is_told_with_its_place_where_an_example_differs():
    long = "operation 1 was refused: time may be at most 5; it is 6"

    first, *others = waiting([BEYOND, SHORT], "{ coins = 7 }")

    assert first.startswith(long)
    assert first.in_("zh").startswith("第 1 项业务被拒绝：")
    assert others == ["coins: expected 7, found 1"]


def test_refusals_are_told_once_for_what_is_repeated_and_not_where_one_is_expected():
    again = BEYOND.replace("{", "{ repeat = 3,", 1)
    code = "classes.help.requires.time"

    told = waiting([again, SHORT, BEYOND], f'{{ coins = 2, refused = "{code}" }}')

    assert [text.partition(":")[0] for text in told] == [
        "operation 1 was refused",
        "coins",
    ]
    assert waiting([BEYOND, SHORT], "{ coins = 1 }") == ()
