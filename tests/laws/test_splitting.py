"""A service recorded in two parts gains only where the check of the policy says so."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

import timebank
from timebank.policy.checks.notes import notes
from timebank.policy.files import load_policy

from .desk import Calendar

TODAY = date(2025, 6, 2)
POLICY = """
language = 1
policy = {{ name = "Any", source = "a machine", status = "invented", from = 2025-01-01 }}
units = {{ coins = {{ scale = 60 }} }}
accounts.member = {{}}
classes.help = {{}}
rules.spent = {{ on = "gift", unit = "coins" }}
rules.coins = {{ on = "service", unit = "coins", amount = [{steps}], limits = {{ {limits} }} }}
"""

quarters = st.integers(1, 12).map(lambda n: f'"{n}/4"')
ways = st.sampled_from(["down", "up", "nearest"])
steps = st.one_of(
    st.builds("{{ less = {} }}".format, quarters),
    st.builds("{{ plus = {} }}".format, quarters),
    st.builds("{{ at_least = {} }}".format, quarters),
    st.builds("{{ at_most = {} }}".format, quarters),
    st.builds("{{ times = {} }}".format, st.sampled_from(['"1/2"', "2", '"3/2"'])),
    st.builds("{{ every = {}, gives = {} }}".format, quarters, quarters),
    st.builds('{{ round = "{}", to = {} }}'.format, ways, quarters),
)
amounts = st.lists(steps, max_size=3).map(
    lambda several: ", ".join(
        ['{ of = "time" }', *several, '{ round = "down", to = "1 min" }']
    )
)
limits = st.one_of(
    st.just(""),
    st.builds('day = {{ at_most = {}, excess = "drop" }}'.format, quarters),
)


def paid(policy, *records):
    """Return what somebody has in the end who records services of those minutes."""
    bank = timebank.create("memory:", ledger="any", actor="desk", clock=Calendar(TODAY))
    bank.adopt(policy.text, on=TODAY)
    bank.open_account("ada", on=TODAY)
    for minutes in records:
        bank.record_service("ada", "help", minutes, on=TODAY)
    return bank.balance("ada", "coins").free


@given(amounts, limits, st.integers(1, 240), st.integers(1, 240))
def test_two_records_give_more_than_one_only_where_it_is_noted(
    steps, limits, one, other
):
    policy = load_policy(POLICY.format(steps=steps, limits=limits))

    if "splitting gains" not in notes(policy).get("rules.coins.amount", ""):
        assert paid(policy, one, other) <= paid(policy, one + other)
