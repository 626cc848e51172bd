"""Procedures: how they are written, and what is wrong with one is found when it is checked."""

import pytest

import timebank
from timebank.policy.procedures import Span, span

from .files import mistakes

HEAD = """
language = 1
policy = { name = "Procedures", source = "made up", status = "example", from = 2023-01-01 }
units = { hours = { scale = 60 } }
accounts = { member = {} }
classes = { care = {} }
items = { rice = { price = 2 } }
rules.hours = { on = "service", unit = "hours" }
rules.redeem = { on = "redeem", unit = "hours" }
"""
LISTED = "calendar.holidays = [2024-01-01]\n"
TEAMS = "accounts.group = {}\n"


def found(procedures, more=""):
    """Return what is wrong with *procedures*, by place."""
    head = (
        HEAD.replace("accounts = {", "accounts = { group = {},")
        if more == TEAMS
        else HEAD
    )
    return mistakes(head + (LISTED if more == LISTED else "") + procedures)


def steps(*several, on='"service"', more=""):
    return f"[procedures.p]\non = {on}\n{more}\nsteps = [{', '.join(several)}]\n"


ONE = '{ name = "one", by = "leader" }'
TWO = '{ name = "two", by = "board" }'


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 day", Span(1)),
        ("10 days", Span(10)),
        ("5 working days", Span(5, working=True)),
        ("1 working day", Span(1, working=True)),
        ("0 days", None),
        ("five days", None),
        ("2 weeks", None),
        ("working days", None),
    ],
)
def test_a_span_is_days_or_working_days(text, meant):
    assert span(text) == meant


@pytest.mark.parametrize("text", ["1 day", "10 days", "5 working days"])
def test_a_span_is_written_as_it_is_read(text):
    assert str(span(text)) == text


@pytest.mark.parametrize(
    "sound",
    [
        steps(ONE),
        steps(ONE, TWO, more='apart = ["submitter", "one", "two"]'),
        steps('{ name = "one", by = ["leader", "recipient"], need = "each" }'),
        steps(
            '{ name = "one", by = "recipient", within = "3 days", else = "two" }', TWO
        ),
        steps(ONE, '{ name = "wall", for = "10 days", objection = "one" }'),
        steps(
            ONE,
            on='["service", "redeem"]',
            more="when = { day = { within = ['01-01', '06-30'] } }",
        ),
    ],
)
def test_a_procedure_that_can_be_gone_through_is_sound(sound):
    assert found(sound) == {}


CASES = [
    (steps(ONE, on='"servise"'), "procedures.p.on", "'service'?"),
    (steps(), "procedures.p.steps", "at least one step"),
    (steps(ONE, ONE), "procedures.p.steps", "more than once"),
    (
        steps('{ name = "void", by = "leader" }'),
        "procedures.p.steps.void",
        "mean something",
    ),
    (steps('{ name = "a.b", by = "x" }'), "procedures.p.steps.a.b", "dots part places"),
    (steps('{ name = "one" }'), "procedures.p.steps.one", "either `by`"),
    (
        steps('{ name = "one", by = "x", for = "2 days" }'),
        "procedures.p.steps.one",
        "either `by`",
    ),
    (
        steps('{ name = "one", by = "leader", then = "too" }', TWO),
        "procedures.p.steps.one.then",
        "'two'?",
    ),
    (
        steps('{ name = "one", by = "leader", objection = "nowhere" }'),
        "procedures.p.steps.one.objection",
        "no step 'nowhere'",
    ),
    (
        steps('{ name = "one", by = "leader", within = "2 days" }'),
        "procedures.p.steps.one.else",
        "go together",
    ),
    (
        steps('{ name = "one", by = "leader", else = "void" }'),
        "procedures.p.steps.one.within",
        "go together",
    ),
    (
        steps('{ name = "one", by = "x", within = "2 weeks", else = "void" }'),
        "procedures.p.steps.0.within",
        "days or working days",
    ),
    (
        steps('{ name = "one", by = "leader", need = "all" }'),
        "procedures.p.steps.0.need",
        '"each"',
    ),
    (
        steps('{ name = "one", by = "leader", need = "each" }'),
        "procedures.p.steps.one.need",
        "several roles",
    ),
    (
        steps('{ name = "one", by = "leader", need = 0 }'),
        "procedures.p.steps.one.need",
        "1 or more",
    ),
    (
        steps('{ name = "one", by = "recipient", need = 2 }'),
        "procedures.p.steps.one.need",
        "only one person can be recipient",
    ),
    (
        steps('{ name = "one", for = "2 days", need = 2 }'),
        "procedures.p.steps.one.need",
        "nobody confirms a notice",
    ),
    (
        steps('{ name = "one", for = "2 days", within = "1 day", else = "void" }'),
        "procedures.p.steps.one.within",
        "ends by itself",
    ),
    (
        steps('{ name = "one", by = ["recipient", "leader"] }', on='"redeem"'),
        "procedures.p.steps.one.by",
        "redeem has no recipient",
    ),
    (
        steps('{ name = "one", for = "5 working days" }'),
        "procedures.p.steps.one.for",
        "lists no holidays",
    ),
    (
        steps(ONE, more='apart = ["submitter", "won"]'),
        "procedures.p.apart",
        "'one'?",
    ),
    (steps(ONE, more='apart = ["one"]'), "procedures.p.apart", "two or more"),
    (
        steps(ONE, '{ name = "wall", for = "2 days" }', more='apart = ["one", "wall"]'),
        "procedures.p.apart",
        "no step 'wall'",
    ),
    (
        steps(
            '{ name = "one", by = "recipient" }',
            '{ name = "two", by = "recipient" }',
            more='apart = ["one", "two"]',
        ),
        "procedures.p.apart",
        "only one person can be recipient",
    ),
    (
        steps('{ name = "one", by = "leader", then = "accepted" }', TWO),
        "procedures.p.steps.two",
        "never reached",
    ),
    (
        steps('{ name = "one", by = "leader", then = "void" }'),
        "procedures.p.steps.one",
        "anything counts",
    ),
    (
        steps(
            '{ name = "one", by = "leader", objection = "two" }',
            '{ name = "two", by = "board", then = "two", objection = "two" }',
        ),
        "procedures.p.steps.two",
        "leads to no end",
    ),
    (
        steps(
            '{ name = "wall", for = "2 days", then = "one" }',
            '{ name = "one", by = "leader", within = "1 day", else = "wall", then = "accepted" }',
        ),
        "procedures.p.steps.wall",
        "as time passes",
    ),
    (
        steps(ONE) + steps(ONE).replace("procedures.p", "procedures.q"),
        "procedures.q",
        "p comes first",
    ),
    (
        steps(ONE, more="when = { time = { min = 3, max = 2 } }"),
        "procedures.p.when.time",
        "can never hold",
    ),
    (
        steps(ONE, more='when = { clas = "care" }'),
        "procedures.p.when.clas",
        "'class'?",
    ),
]


@pytest.mark.parametrize(("procedures", "place", "said"), CASES)
def test_what_is_wrong_with_a_procedure_is_told_at_its_place(procedures, place, said):
    assert said in found(procedures)[place]


def test_only_a_party_confirms_in_person():
    party = '{ name = "one", by = ["leader", "recipient"], in_person = true }'
    nobody = '{ name = "one", by = "leader", in_person = true }'

    assert found(steps(party)) == {}
    assert (
        "such as recipient" in found(steps(nobody))["procedures.p.steps.one.in_person"]
    )


def test_several_can_act_for_a_team_and_so_be_two():
    two = steps('{ name = "one", by = "organiser", need = 2 }')

    assert "procedures.p.steps.one.need" in found(two)
    assert found(two, TEAMS) == {}


def test_working_days_can_be_counted_with_a_calendar():
    assert found(steps('{ name = "one", for = "5 working days" }'), LISTED) == {}


def test_the_same_condition_twice_is_overlap_and_another_is_not():
    first = steps(ONE, more="when = { time = { min = 3 } }")
    same = first.replace("procedures.p", "procedures.q")
    other = same.replace("min = 3", "min = 2")

    assert "p comes first" in found(first + same)["procedures.q"]
    assert found(first + other) == {}


# ---------------------------------------------------------------- worked examples

PLAYED = """
[procedures.p]
on = "service"
apart = ["submitter", "two"]
steps = [
  { name = "two", by = "reviewer", need = 2 },
  { name = "wall", for = "5 days", objection = "two" },
]

[examples."the same reviewer twice"]
do = [
  { on = "service", class = "care", time = 1 },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
]
expect = { refused = "procedures.p.steps.two.need", stage = "two", hours = 0 }

[examples."published, and a day too early"]
day = 2024-03-06
do = [
  { on = "service", class = "care", time = 1, day = 2024-03-01 },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
  { on = "confirm", step = "two", role = "reviewer", actor = "wu" },
]
expect = { stage = "wall", hours = 0 }

[examples."published, objected to, and reviewed again"]
do = [
  { on = "service", class = "care", time = 1, day = 2024-03-01, id = "walk" },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
  { on = "confirm", step = "two", role = "reviewer", actor = "wu" },
  { on = "object", step = "wall", actor = "a neighbour", day = 2024-03-04 },
]
expect = { stage = "two", noted = "procedures.p.steps.two" }

[examples."time passes"]
do = [
  { on = "service", class = "care", time = 1, day = 2024-03-01, id = "walk" },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
  { on = "confirm", claim = "walk", step = "two", role = "reviewer", actor = "wu" },
  { on = "tick", day = 2024-03-07 },
]
expect = { stage = "accepted", hours = 1 }

[examples."undone by the claim's own id"]
do = [
  { on = "service", class = "care", time = 1, day = 2024-03-01 },
  { on = "confirm", step = "two", role = "reviewer", actor = "li" },
  { on = "confirm", step = "two", role = "reviewer", actor = "wu" },
  { on = "tick", day = 2024-03-07 },
  { on = "reverse" },
]
expect = { hours = 0, refused = "" }

[examples.withdrawn]
do = [
  { on = "service", class = "care", time = 1 },
  { on = "withdraw" },
]
expect = { stage = "void" }
"""


def test_examples_confirm_object_withdraw_and_let_time_pass():
    policy = timebank.load_policy(HEAD + PLAYED)

    assert [p for p in timebank.play_examples(policy) if p.failures] == []


def test_an_example_without_a_claim_is_at_no_stage():
    nothing = HEAD + "[examples.x]\nexpect = { stage = 'two' }\n"

    (played,) = timebank.play_examples(timebank.load_policy(nothing))

    assert "at no stage" in played.failures[0]
