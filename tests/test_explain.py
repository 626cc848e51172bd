"""Every figure is accounted for, by the code that decided it."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings

from timebank import operations as ops
from timebank.errors import UnknownEntry
from timebank.explain.telling import _STEPS, _TESTED, _TEXTS
from timebank.operations import ExpireLot
from timebank.policy.expressions import Verb
from timebank.policy.trace import Stage

from .due.books import books
from .laws.asks import STORIES, tell
from .laws.desk import EPOCH, SECOND, START, new_bank, with_members

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def bank():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "care", 180, on=START - timedelta(days=12), id="first")
    bank.record_service("a", "care", 300, on=START, id="second")
    return bank


def said(explanation):
    return explanation.text.en.splitlines()


def noted(explanation, stage):
    return [each for each in explanation.noted if each.stage is stage]


# ---------------------------------------------------------------- whole stories


@settings(max_examples=25)
@given(STORIES)
def test_every_amount_of_every_entry_is_accounted_for_in_both_languages(story):
    bank = with_members(new_bank(keep_refusals=True), "a", "b")
    bank.open_account("g", kind="group", on=EPOCH, id="open/g")
    tell(story, bank)

    for _, entry in bank.entries():
        explanation = bank.explain(entry.id)

        assert explanation.again, entry
        assert explanation.unaccounted() == {}, entry
        assert explanation.postings == entry.postings
        for line in explanation.lines:
            assert not {"{", "}"} & set(line.en + line.zh)
            assert "None" not in line.en + line.zh
        assert HAN.search(explanation.text.zh)
        assert not HAN.search(explanation.text.en)


def test_every_stage_and_every_step_has_words():
    assert {*_TEXTS, *_TESTED, Stage.STEP} == set(Stage)
    assert set(_STEPS) == {*map(str, Verb), ""}


# ---------------------------------------------------------------- what is told


def test_the_steps_of_an_amount_are_told_in_order(bank):
    bank.record_service("a", "care", 100, on=START - timedelta(days=1), id="third")

    lines = said(bank.explain("third"))

    at = lines.index("rule credits:")
    assert lines[at + 1 : at + 4] == [
        "  1:40 (time)",
        "  rounded down to 0.25: 1.5",
        "  comes to 1:30 credits",
    ]


NIGHTS = """
language = 1
policy = { name = "Nights", source = "made up", status = "example", from = 2023-01-01 }
units.points = {}
accounts.member = {}
classes.sit = {}
calendar.hours = { night = ["22:00", "06:00"] }

[figures]
counted = [{ of = ["time", "hours.night"] }, { round = "down", to = 1 }]
rate = { by = "weekday", sun = 9, else = "figures.weekly" }
weekly = [{ of = "recipients" }, { at_least = 2 }]

[rules.twice]
on = "service"
unit = "points"
amount = [{ of = "figures.counted" }, { times = 2 }]

[rules.plus]
on = "service"
unit = "points"
amount = [{ of = 1 }, { plus = "figures.counted" }, { times = "figures.rate" }]

[rules.by]
on = "service"
unit = "points"
amount = "figures.rate"
"""


def test_the_steps_of_what_a_step_is_made_of_are_told_before_it_and_set_in():
    bank = with_members(new_bank(policy=NIGHTS), "m")
    bank.record_service("m", "sit", 150, starts_at=1290, on=START, id="night")

    explanation = bank.explain("night")

    lines = [line for line in said(explanation) if line[0] in " r"]
    figures = [
        "  2.5 + 2 (time, hours.night)",
        "  rounded down to 1: 4",
    ]
    rate = [
        "  0 (recipients)",
        "  at least 2: 2",
    ]
    assert lines == [
        "rule twice:",
        *figures,
        "  times 2: 8",
        "  comes to 8 points",
        "  8 points from issuer to m",
        "rule plus:",
        "  1",
        *("  " + line for line in figures),
        "  plus 4: 5",
        *("  " + line for line in rate),
        "  times 2 (weekday): 10",
        "  comes to 10 points",
        "  10 points from issuer to m",
        "rule by:",
        *("  " + line for line in rate),
        "  by weekday, which is Friday: 2",
        "  comes to 2 points",
        "  2 points from issuer to m",
    ]
    assert "    向下取整到 1：4" in explanation.text.zh.splitlines()


PLAIN = """
language = 1
policy = { name = "Plain", source = "made up", status = "example", from = 2023-01-01 }
units = { points = {}, coins = {} }
accounts.member.points = { floor = -5, cap = 5 }
rules.give = { on = "gift", unit = "points" }
rules.swap = { on = "gift", unit = "coins" }
"""


def test_what_was_looked_at_and_found_in_order_is_told_too():
    bank = with_members(new_bank(policy=PLAIN), "m", "n")
    bank.give("m", "n", unit="points", amount=2, on=START, id="gift")

    explanation = bank.explain("gift")

    assert [
        (each.stage, each.code, dict(each.figures))
        for each in explanation.noted
        if each.stage in (Stage.PASSED_OVER, Stage.CAP, Stage.FLOOR)
    ] == [
        (Stage.PASSED_OVER, "rules.swap", {"rule": "swap"}),
        (
            Stage.CAP,
            "accounts.member.points.cap",
            {"account": "n", "there": 0, "most": 5, "asked": 2, "passed": 2},
        ),
        (
            Stage.FLOOR,
            "accounts.member.points.floor",
            {"account": "m", "least": -5, "left": -2},
        ),
    ]


def test_a_limit_tells_what_was_used_and_what_there_was_room_for(bank):
    bank.record_service("a", "care", 60, on=START, id="third")

    (day, _) = noted(bank.explain("third"), Stage.LIMIT)

    assert dict(day.figures) == {
        "key": "day",
        "used": 240,
        "most": 240,
        "asked": 60,
        "passed": 0,
    }


def test_lots_that_were_taken_are_named(bank):
    bank.donate("a", unit="credits", amount=60, on=START, id="gift")

    lines = said(bank.explain("gift"))

    assert "  1 credits from a to pool:common (of lot first, until 2024-03-31)" in lines
    assert "= a -1 credits" in lines


def test_a_rule_that_does_not_apply_tells_the_value_that_decided(bank):
    bank.order("a", "rice", on=START, id="order")

    lines = said(bank.explain("order"))

    assert "  asks whether item is outing: it is rice: no" in lines
    assert "  so the rule does not apply" in lines


def test_gates_that_were_met_are_told_with_their_figures(bank):
    bank.order("a", "rice", on=START, id="order")

    (star, *_) = noted(bank.explain("order"), Stage.REQUIRES)

    assert (star.code, star.held) == ("rules.redeem.requires.star", True)
    assert star.figures["found"] == "two"


def test_an_order_is_followed_to_its_delivery(bank):
    bank.order("a", "rice", 2, on=START, id="order")
    bank.fulfil("order", 1, on=START, id="handed")
    bank.cancel("order", on=START, id="gone")

    assert said(bank.explain("order"))[-2:] == [
        "followed by handed (position 12): delivery",
        "followed by gone (position 13): cancellation",
    ]
    assert noted(bank.explain("order"), Stage.HOLDS)
    assert noted(bank.explain("handed"), Stage.CAPTURES)
    assert noted(bank.explain("gone"), Stage.RELEASES)
    for id in ("order", "handed", "gone"):
        assert bank.explain(id).unaccounted() == {}


def test_what_was_undone_says_so_and_the_reversal_says_what_it_took_back(bank):
    bank.reverse("second", on=START, id="undo")

    assert "undone since by undo (position 11): a reversal" in said(
        bank.explain("second")
    )
    assert "takes back what second did: a -5 hours" in said(bank.explain("undo"))


def test_a_correction_tells_both_halves(bank):
    mended = ops.RecordService(provider="a", service_class="care", minutes=60)
    bank.correct("second", mended, on=START, id="mended")

    explanation = bank.explain("mended")

    assert noted(explanation, Stage.UNDOES)
    assert noted(explanation, Stage.AMOUNT)
    assert explanation.unaccounted() == {}


def test_the_policy_is_the_one_that_decided(bank):
    bank.clock.today = START + timedelta(days=30)
    bank.adopt(SECOND, on=bank.today(), holds_from=bank.today(), id="policy-2")
    bank.record_service("a", "care", 60, on=START - timedelta(days=3), id="late")

    explanation = bank.explain("late")

    assert explanation.adoption.holds_from == EPOCH
    assert explanation.again


def test_a_level_that_was_granted_tells_its_needs(bank):
    bank.set_tier("a", "badge", "bronze", on=START, id="badge")

    assert noted(bank.explain("badge"), Stage.NEEDS)


def test_a_refusal_that_was_kept_is_explained():
    bank = with_members(new_bank(keep_refusals=True), "a", "b")
    bank.check(ops.PlaceOrder(payer="a", item="rice"), on=START)
    bank.batch(
        [bank.request(ops.PlaceOrder(payer="a", item="rice"), on=START, id="o")],
        atomic=False,
    )
    (*_, (_, kept)) = bank.entries()

    explanation = bank.explain(kept.id)

    assert explanation.refused
    assert explanation.again
    assert any(line.startswith("refused: ") for line in said(explanation))


def test_a_request_that_was_not_made_is_explained_and_not_recorded(bank):
    before = len(list(bank.entries()))

    explanation = bank.explain_request(
        ops.Give(payer="a", payee="b", unit="credits", amount=6000), on=START, id="if"
    )

    assert explanation.refused
    assert explanation.position is None
    assert said(explanation)[0].startswith("if (not recorded): gift")
    assert len(list(bank.entries())) == before


def test_what_is_not_there_cannot_be_explained(bank):
    with pytest.raises(UnknownEntry):
        bank.explain("nowhere")


def test_books_that_decide_otherwise_now_say_so(bank, monkeypatch):
    monkeypatch.setattr("timebank.policy.movement.AMOUNT_MAX", 60)

    explanation = bank.explain("second")

    assert explanation.again is False
    assert "decided again, it would come out otherwise" in said(explanation)[-1]


def test_credits_whose_time_is_over_are_accounted_for(bank):
    bank.clock.today = START + timedelta(days=90)
    (expired, *_) = [
        o for o in bank.tick().done if isinstance(o.entry.operation, ExpireLot)
    ]

    explanation = bank.explain(expired.entry.id)

    assert noted(explanation, Stage.EXPIRES)
    assert explanation.unaccounted() == {}


def test_what_must_not_hold_is_told_to_be_met_where_it_does_not():
    policy = CLAIMED.replace(
        'unit = "points" }\n[',
        'unit = "points", requires = { not = { number = 7 }, '
        "any = [{ number = 3 }, { number = { min = 5 } }], "
        "all = [{ number = { below = 9 } }, { not = { number = 8 } }] } }\n[",
    )
    bank = with_members(new_bank(policy=policy), "a")

    def held(number):
        operation = ops.RecordMark(member="a", mark="help", number=number)
        explanation = bank.explain_request(operation, on=START)
        return [
            (each.code.removeprefix("rules.points.requires."), each.held)
            for each in noted(explanation, Stage.REQUIRES)
        ]

    def codes(*going):
        places = ("all.0.number", "all.1.not", "any", "not")
        return list(zip(places, going, strict=True))

    assert held(3) == codes(True, True, True, True)  # noqa: FBT003
    assert held(4) == codes(True, True, False, True)  # noqa: FBT003
    assert held(7) == codes(True, True, True, False)  # noqa: FBT003
    assert held(9) == codes(False, True, True, True)  # noqa: FBT003


CLAIMED = """
language = 1
policy = { name = "A street", source = "a test", status = "example", from = 2024-01-01 }
units = { points = {} }
accounts.member = { points = { floor = 0 } }
classes.help = { counts = "number" }
rules.points = { on = "contribution", unit = "points" }
[procedures.look]
on = "contribution"
steps = [{ name = "look", by = ["office"] }]
"""


def test_a_claim_tells_what_it_waits_for_and_what_it_moved_in_the_end():
    bank = with_members(new_bank(policy=CLAIMED), "a")
    bank.record_mark("a", "help", 3, on=START, id="claim")

    waiting = bank.explain("claim")

    assert not waiting.moves
    assert waiting.unaccounted() == {}
    assert "this counts once procedure look is through" in said(waiting)

    step = ops.ConfirmStep(claim="claim", step="look", role="office")
    bank.post(step, on=START, id="yes", actor="office-1")
    confirmed = bank.explain("yes")

    assert "= a +3 points" in said(confirmed)
    assert confirmed.again
    assert confirmed.unaccounted() == {}


FRACTIONS = """
language = 1
policy = { name = "Sevenths", source = "made up", status = "pilot", from = 2024-01-01 }
units.points = {}
accounts.member = {}
classes.care = {}

[rules.points]
on = "service"
unit = "points"
requires = { time = { min = "1/6" } }
amount = [{ of = "time" }, { times = "1/7" }, { plus = "11/3" }, { divide = 13 }, { round = "up", to = 1 }]
"""


def test_fractions_are_told_as_people_say_them():
    bank = books(FRACTIONS, members=("a",))
    bank.record_service("a", "care", 100, on=bank.today(), id="s")

    text = bank.explain("s").text

    lines = text.en.splitlines()
    assert "  requires that time is at least 0:10: it is 1:40: yes" in lines
    at = lines.index("  1:40 (time)")
    assert lines[at + 1 : at + 5] == [
        "  times 1/7: 5/21, about 0.238",
        "  plus 3 2/3: 82/21, about 3.905",
        "  divided by 13: 82/273, about 0.300",
        "  rounded up to 1: 1",
    ]
    assert "  加 3 又 2/3：82/21，约 3.905" in text.zh.splitlines()
