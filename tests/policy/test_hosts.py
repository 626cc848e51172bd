"""Functions of the host's in formulas: checked, used, lacking, and replayed honestly."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from attrs import evolve

import timebank
from timebank.errors import PolicyInvalid, Refused
from timebank.model import Reason
from timebank.policy.files import compiled, load_policy
from timebank.policy.functions import functions_of

DAY = date(2024, 6, 3)
NOON = datetime(2024, 6, 3, 4, tzinfo=UTC)
POLICY = """
language = 1
units = { points = {} }
accounts.member = {}
facts.age = "number"
facts.night = { type = "yes-no", default = false }
facts.born = { type = "date", default = 1960-01-01 }
classes = { care = {}, visit = {} }
measures.had = { sum = "points", window = "month" }
measures.ever = { balance = "points" }
flags.many = { when = { ever = { min = [{ of = 3 }, { use = "double@1" }] } }, for = "the office" }
policy = { name = "P", source = "made up", status = "pilot", from = 2024-01-01 }

[rules.points]
on = "service"
unit = "points"
class = "care"
amount = [
    { of = "time" },
    { use = "lunar@1", with = { night = "night", born = "born", had = "had", kind = "class", base = 2 } },
    { round = "down", to = 1 },
]

[rules.visit]
on = "service"
unit = "points"
class = "visit"
amount = 1

[rules.gift]
on = "gift"
unit = "points"
when = { not = { ever = { below = [{ of = 0 }, { use = "double@1" }] } } }

[examples."a night counts twice"]
do = [{ on = "service", class = "care", time = "2 h", facts = { night = true } }]
expect = { points = 4 }
"""
SEEN = []


def lunar(figure, *, night, born, had, kind, base):  # noqa: PLR0913 - what it is given
    SEEN.append((figure, night, born, had, kind, base))
    return figure * base if night else figure


def double(figure):
    return figure * 2


FUNCTIONS = {"lunar@1": lunar, "double@1": double}


def mistakes(text, functions):
    invalid = PolicyInvalid("", {})
    try:
        load_policy(text, functions=functions)
    except PolicyInvalid as error:
        invalid = error
    assert [text for text in invalid.mistakes.values() if text.zh == text.en] == []
    return invalid.mistakes


def bank(functions=FUNCTIONS, **settings):
    return timebank.create(
        "memory:",
        ledger="x",
        actor="a",
        clock=lambda: NOON,
        functions=functions,
        **settings,
    )


@pytest.fixture
def books():
    books = bank(keep_refusals=True)
    books.adopt(POLICY, on=DAY)
    books.open_account("m", on=DAY)
    return books


def serve(books, class_="care", **fields):
    return books.record_service("m", class_, 120, on=DAY, **fields)


# ------------------------------------------------------------------ what it is given


def test_a_function_is_given_the_figure_so_far_and_the_values_named(books):
    SEEN.clear()

    serve(books, facts={"night": True})

    assert [(2, True, date(1960, 1, 1), 0, "care", 2)] == SEEN
    assert [type(each) for each in SEEN[0]] == [
        *(Fraction, bool, date, Fraction, str, Fraction)
    ]
    assert books.balance("m", "points").free == 4


def test_what_it_gives_may_be_fine_and_is_rounded_by_the_policy():
    with bank(
        {**FUNCTIONS, "lunar@1": lambda figure, **_: figure * Fraction(3, 4)}
    ) as b:
        b.adopt(POLICY, on=DAY)
        b.open_account("m", on=DAY)

        serve(b)

        assert b.balance("m", "points").free == 1


@pytest.mark.parametrize("given", [1.5, True, "2", None])
def test_anything_but_an_exact_number_is_a_fault_of_the_function(given):
    with bank({**FUNCTIONS, "lunar@1": lambda _, **__: given}) as b:
        b.adopt(POLICY, on=DAY)
        b.open_account("m", on=DAY)

        with pytest.raises(TypeError, match="lunar@1 must give a whole number"):
            serve(b)


def test_examples_are_played_with_the_functions():
    policy = load_policy(POLICY, functions=FUNCTIONS)

    (played,) = timebank.play_examples(policy, functions=FUNCTIONS)
    (without,) = timebank.play_examples(policy)

    assert played.failures == ()
    assert "was refused: " in without.failures[0]
    assert "[rules.points" in without.failures[0]


def test_a_flag_may_use_a_function(books):
    serve(books, facts={"night": True})

    outcome = serve(books, facts={"night": True})

    assert [f.code for f in outcome.findings] == ["flags.many"]


# ------------------------------------------------------------------ what is checked


def test_a_function_that_is_not_there_is_told_where_it_is_used():
    found = mistakes(POLICY, {"lunar@2": lunar, "double@1": double})

    assert list(found) == ["rules.points.amount"]
    assert (
        "no function lunar@1; did you mean `lunar@2`?" in found["rules.points.amount"]
    )


def test_a_function_that_takes_something_else_is_told():
    found = mistakes(
        POLICY, {**FUNCTIONS, "lunar@1": lambda figure, night: figure * night}
    )

    assert "takes (figure, night), found night, born" in found["rules.points.amount"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"lunar@1"', '"lunar"', "by its name and version"),
        ('"lunar@1"', '"lunar@0"', "by its name and version"),
        ('"lunar@1"', "3", "text in quotes"),
        ("with = {", "given = {", "a step use has use, with"),
        ('night = "night"', 'night = "nigt"', "no value 'nigt'"),
        ('had = "had"', "had = [{ times = 2 }]", "begins with"),
        (
            'with = { night = "night", born = "born", had = "had", kind = "class", base = 2 }',
            "with = 3",
            "as a table",
        ),
    ],
)
def test_a_use_that_is_written_wrong_is_told(old, new, said):
    found = mistakes(POLICY.replace(old, new), FUNCTIONS)

    assert any(said in text for text in found.values())


def test_the_functions_of_a_policy_are_known_without_them():
    assert functions_of(compiled(POLICY)) == {"lunar@1", "double@1"}


def test_a_policy_whose_functions_are_not_there_is_not_adopted():
    with bank({}) as b, pytest.raises(PolicyInvalid):
        b.adopt(POLICY, on=DAY)


# ------------------------------------------------------------------ where they are lacking


def test_books_whose_functions_are_not_there_open_and_refuse_only_what_needs_them(
    books,
):
    serve(books)
    bare = evolve(books, functions={})

    with pytest.raises(Refused) as caught:
        serve(bare)

    (finding,) = caught.value.findings
    assert (finding.code, finding.reason, finding.wanted) == (
        "rules.points",
        Reason.FUNCTION_NEEDED,
        "lunar@1",
    )
    assert serve(bare, "visit")
    assert bare.standing("m").balances["points"].free == 3
    assert bare.policy.policy.name == "P"


def test_a_condition_that_needs_a_function_is_refused_for_want_of_it(books):
    books.open_account("n", on=DAY)
    serve(books)

    with pytest.raises(Refused) as caught:
        evolve(books, functions={}).give("m", "n", unit="points", amount=1, on=DAY)

    (finding,) = caught.value.findings
    assert (finding.reason, finding.wanted) == (Reason.FUNCTION_NEEDED, "double@1")
    assert books.give("m", "n", unit="points", amount=1, on=DAY)


def test_what_cannot_be_decided_again_is_told_by_name_and_is_no_fault(books):
    serve(books)
    serve(books, "visit")

    report = evolve(books, functions={}).verify(decide_again=True)

    assert report.sound
    (left,) = report.unchecked
    assert left == "position 4: law 10: not checkable without double@1, lunar@1"
    assert books.verify(decide_again=True).unchecked == ()


def test_a_function_that_was_changed_under_its_version_is_found_out(books):
    serve(books)

    other = {**FUNCTIONS, "lunar@1": lambda figure, **_: figure + 5}
    report = evolve(books, functions=other).verify(decide_again=True)

    assert "law 10: decided again, it moves" in report.faults[0]


def test_a_refusal_for_want_of_a_function_is_not_held_against_books_that_have_it(books):
    with pytest.raises(Refused):
        serve(evolve(books, functions={}))

    report = books.verify(decide_again=True)

    assert report.sound
    assert report.unchecked == ("position 4: law 10: not checkable without lunar@1",)


BY_TIME = (
    POLICY
    + """
[measures.twice]
formula = [{ of = "ever" }, { use = "double@1" }]

[rules.yearly]
on = "period"
every = "month"
unit = "points"
amount = "twice"

[ladders.star]
every = "month"
levels = [{ name = "one", needs = { twice = { min = 6 } } }]

[rankings.best]
every = "month"
value = "twice"
"""
)


def passed():
    bank = timebank.create(
        "memory:",
        ledger="b",
        actor="desk",
        clock=lambda: datetime(2024, 7, 2, 4, tzinfo=UTC),
        functions=FUNCTIONS,
    )
    bank.adopt(BY_TIME, on=DAY)
    bank.open_account("m", on=DAY)
    bank.record_service("m", "care", 180, on=DAY)
    return bank


def test_what_a_period_brings_waits_for_the_function_that_it_needs():
    bank = passed()

    lacking = evolve(bank, functions={}).tick()
    done = bank.tick()

    reasons = {f.reason for refusal in lacking.refused for f in refusal.findings}
    assert (lacking.done, reasons) == ((), {Reason.FUNCTION_NEEDED})
    assert len(done.done) == 3
    assert done.refused == ()
    assert bank.standing("m").tiers["star"] == "one"
    assert bank.balance("m", "points").free == 9


def test_what_is_told_of_an_account_leaves_out_what_needs_a_function():
    bank = passed()

    told = evolve(bank, functions={}).standing("m")

    assert told.measures["ever"] == 3
    assert "twice" not in told.measures
    assert told.flags == ()
    assert bank.standing("m").measures["twice"] == 6


def test_a_ranking_is_not_published_where_its_function_is_not_there():
    bank, day = passed(), date(2024, 6, 30)
    bare = evolve(bank, functions={})

    with pytest.raises(Refused) as caught:
        bare.publish_ranking("best", on=day)

    assert {f.reason for f in caught.value.findings} == {Reason.FUNCTION_NEEDED}
    assert bank.publish_ranking("best", on=day)
