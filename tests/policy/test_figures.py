"""Formulas by name stand, once they are read, wherever they are named."""

import pytest

import timebank
from timebank.policy.files import load_policy

from .files import SOUND, changed, mistakes

AMOUNT = 'amount = [{ of = "time" }, { times = { by = "provider.sex", f = 2, m = 1 } }, { round = "down", to = 1 }]'


def figured(figures, *changes):
    return changed(
        ("[rules.hours]", f"[figures]\n{figures}\n\n[rules.hours]"), *changes
    )


def test_a_figure_is_the_formula_that_it_names():
    steps = AMOUNT.removeprefix("amount = ")
    named = figured(
        'rate = { by = "provider.sex", f = 2, m = 1 }\n'
        'worth = [{ of = "time" }, { times = "figures.rate" }, { round = "down", to = 1 }]',
        (AMOUNT, 'amount = "figures.worth"'),
    )
    plain = load_policy(SOUND)

    assert steps in SOUND
    assert load_policy(named).rules["points"] == plain.rules["points"]


def test_figures_stand_in_steps_conditions_limits_prices_bounds_and_measures():
    text = figured(
        'most = [{ of = "age" }, { plus = 1 }]\nhalf = "1/2"\nlots = 900\nfew = 40\n'
        'both = { of = ["total", "had"] }',
        ("cap = 1500", 'cap = "figures.lots"'),
        ("at_most = 40", 'at_most = "figures.few"'),
        (
            'requires = { star = { min = "one" } }',
            """requires = { any = [{ quantity = { max = "figures.most" } }, \
{ not = { age = { max = [{ of = 2 }, { times = "figures.half" }] } } }] }""",
        ),
        (
            'had = { balance = "points" }',
            'had = { balance = "points" }\nsum = { formula = "figures.both" }',
        ),
    )

    assert "figures." not in str(
        [(r.when, r.requires, r.limits) for r in load_policy(text).rules.values()]
    )
    assert mistakes(text) == {}


@pytest.mark.parametrize(
    ("figures", "amount", "place", "said"),
    [
        ("a = 1", "1", "figures.a", "no formula uses it"),
        ('a = "figures.a"', '"figures.a"', "figures.a", "needs itself"),
        (
            'a = [{ of = "figures.b" }]\nb = [{ of = 1 }, { plus = "figures.a" }]',
            '"figures.a"',
            "figures.b",
            "needs itself",
        ),
        ('a = "figures.c"', '"figures.a"', "figures.a", "not known here"),
        ("a = 1", '[{ of = "figures.a" }, { plus = "figures.c" }]', "rules.points.amount", "one of a"),
        ("a = 1", '{ by = "figures.a", else = "figures.a", one = 2 }', "rules.points.amount", "stands where"),
        ('a = "1/3"', '"figures.a"', "rules.points.amount", "as fine as 1/3"),
        ('a = "quantity"', '"figures.a"', "rules.points.amount", "no value 'quantity'"),
        ('"a.b" = 1', '"figures.a.b"', "figures.a.b", "holds no dot"),
        ("a = []", '"figures.a"', "figures.a", "begins with"),
    ],
)  # fmt: skip
def test_what_is_no_figure_is_told(figures, amount, place, said):
    text = figured(figures, (AMOUNT, f"amount = {amount}"))
    found = mistakes(text)

    assert said in found[place]
    assert found[place].in_("zh") != str(found[place])


def test_a_figure_is_compared_with_and_not_tested():
    text = figured(
        "a = 1",
        (AMOUNT, 'amount = "figures.a"'),
        ('requires = { star = { min = "one" } }', 'requires = { "figures.a" = 1 }'),
    )

    assert "compared with" in mistakes(text)["rules.redeem.requires.figures.a"]


def test_two_rules_go_by_one_figure_and_what_it_does_is_told():
    text = """
language = 1
policy = { name = "Two", source = "made up", status = "example", from = 2024-01-01 }
units = { hours = { scale = 2, record = true }, score = { scale = 2 } }
accounts.member = {}
classes.lecture = {}
figures.counted = [{ of = "time" }, { times = "1/2" }, { round = "down", to = "1/2" }]
rules.hours = { on = "service", unit = "hours", amount = "figures.counted" }
rules.score = { on = "service", unit = "score", amount = [{ of = "figures.counted" }, { times = 2 }] }
[examples."three hours and a half"]
do = [{ on = "service", class = "lecture", time = "3.5" }]
expect = { hours = "1.5", score = 3 }
"""
    policy = timebank.load_policy(text)

    assert [played.failures for played in timebank.play_examples(policy)] == [()]
    before = text.replace('times = "1/2"', "times = 1")
    told = [str(each) for each in timebank.changes(before, text)]
    assert any("figures.counted" in line for line in told)


def chain(count):
    """Return *count* figures, each made of the one before."""
    first, *others = (f"f{n}" for n in range(count))
    lines = [f"{first} = 1"]
    lines += [
        f'{name} = [{{ of = "figures.f{n}" }}, {{ plus = 1 }}]'
        for n, name in enumerate(others)
    ]
    return "\n".join(["[figures]", *lines, "", "[items.rice]"])


@pytest.mark.parametrize("count", [8, 9, 150])
def test_figures_are_made_of_figures_at_most_eight_deep(count):
    price = f'price = "figures.f{count - 1}"'

    found = mistakes(changed(("[items.rice]", chain(count)), ("price = 20", price)))

    assert list(found) == (["figures.f8"] if count > 8 else [])
    assert all("more than 8 deep" in text for text in found.values())
