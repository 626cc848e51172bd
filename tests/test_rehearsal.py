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
