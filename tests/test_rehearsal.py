"""Worked examples of a policy: what is said when one comes to something else."""

import pytest

import timebank

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
        "the last operation was refused by rules",
        "credits: expected 1, found 0",
    )
