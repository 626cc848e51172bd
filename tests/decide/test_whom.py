"""Accounts that take part and are no role: told by facts, or named by the policy."""

from datetime import date, timedelta

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.messages import finding_text
from timebank.model import Mode, Reason
from timebank.operations import (
    AdoptPolicy,
    AmendAccount,
    OpenAccount,
    RecordService,
)

from .books import HEAD, TODAY, books, codes, findings, free

CIRCLE = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {}, bags = {} }
classes.care = {}

[facts]
referrer = { type = "account", kept = true }
secretary = { type = "account", kept = true }
guardian = { type = "account", kept = true, default = "pool:youth" }
buyer = "account"

[accounts]
member = { points = { floor = -100 } }
merchant = {}
pool = { names = ["youth", "stock"], bags = { floor = "none" } }

[measures]
served = { sum = "hours" }
given_out = { sum = "bags", side = "out" }
bags_had = { sum = "bags", side = "in" }

[rules.hours]
on = "service"
unit = "hours"

[rules.bonus]
on = "service"
unit = "points"
to = "provider.referrer"
amount = 5
when = { provider.referrer = { known = true } }

[rules.levy]
on = "period"
every = "month"
unit = "points"
from = "member"
to = "member.secretary"
amount = 1
when = { secretary = { known = true } }

[rules.redeem]
on = "redeem"
unit = "points"
from = "payer"
to = "merchant.guardian"
when = { merchant = { known = true } }

[rules.pocket_money]
on = "grant"
unit = "points"
from = "payee.guardian"

[rules.bag]
on = "allocate"
unit = "bags"
from = "pool:stock"
requires = { "pool:stock.given_out" = { below = 50 } }
limits."pool:stock.given_out" = { at_most = 50 }

[items]
film = { price = 7 }
"""
)


def care(who):
    return RecordService(provider=who, service_class="care", minutes=60)


def mistakes_in(text):
    try:
        timebank.load_policy(text)
    except PolicyInvalid as invalid:
        return list(invalid.mistakes)
    return []


@pytest.fixture
def bank():
    bank = books(
        CIRCLE.replace("limits.lifetime = { count = true, at_most = 1 }\n", "")
    )
    bank.open_account("cai", on=TODAY, facts={"referrer": "ada", "guardian": "ben"})
    return bank


def test_a_rule_pays_whom_a_fact_of_a_party_tells(bank):
    bank.record_service("cai", "care", 60, on=TODAY)
    bank.record_service("ben", "care", 60, on=TODAY)

    assert free(bank, "ada", "points") == 5
    assert free(bank, "cai", "points") == 0


def test_a_rule_takes_from_whom_a_fact_tells_and_else_from_its_default(bank):
    bank.grant("cai", unit="points", amount=3, on=TODAY)
    found = findings(lambda: bank.grant("ada", unit="points", amount=1, on=TODAY))

    assert free(bank, "ben", "points") == -3
    assert [(f.code, f.account) for f in found] == [
        ("accounts.pool.points.floor", "pool:youth")
    ]


@pytest.mark.parametrize(("since", "receiver"), [(31, "ben"), (32, "ada")])
def test_a_levy_goes_to_whoever_is_kept_as_its_receiver_on_the_day(
    bank, since, receiver
):
    day = date(2024, 5, 1) + timedelta(days=since - 1)
    bank.open_account("dun", on=date(2024, 5, 1), facts={"secretary": "ada"})
    bank.amend_account("dun", {"secretary": "ben"}, on=day)

    bank.tick()

    got = {who for who in ("ada", "ben") if free(bank, who, "points")}
    assert got == {receiver}


def test_an_order_is_handed_over_to_whom_a_fact_tells(bank):
    bank.open_account("shop", kind="merchant", on=TODAY, facts={"guardian": "ada"})
    order = bank.order("ben", "film", merchant="shop", on=TODAY)

    bank.fulfil(order.entry.id, on=TODAY)

    assert free(bank, "ada", "points") == 7
    assert free(bank, "ben", "points") == -7


def test_who_is_told_is_locked_and_looked_at_with_all_that_limits_it(bank):
    unknown = findings(
        lambda: bank.amend_account("cai", {"referrer": "nobody"}, on=TODAY)
    )
    bank.amend_account("cai", {"referrer": "ada"}, on=TODAY)  # whom the books know
    bank.amend_account("cai", {"referrer": "cai"}, on=TODAY)
    itself = findings(lambda: bank.record_service("cai", "care", 60, on=TODAY))
    bank.amend_account("cai", {"referrer": "ben"}, on=TODAY)
    bank.close_account("ben", cause="leaving", on=TODAY)
    closed = findings(lambda: bank.record_service("cai", "care", 60, on=TODAY))

    assert [(f.code, f.reason) for f in unknown] == [
        ("facts.referrer", Reason.ACCOUNT_UNKNOWN)
    ]
    assert [f.reason for f in closed] == [Reason.ACCOUNT_CLOSED]
    assert itself == ()


@pytest.mark.parametrize("end", ["from", "to"])
def test_a_told_account_that_nobody_opened_is_found_at_either_end(end):
    told = f"""
[rules.told]
on = "donate"
unit = "points"
{end} = "buyer"
"""
    bank = books(CIRCLE + told + ('to = "pool:youth"' if end == "from" else ""))

    found = findings(
        lambda: bank.donate(
            "ada", unit="points", amount=1, on=TODAY, facts={"buyer": "nobody"}
        )
    )

    assert [(f.code, f.reason, f.account) for f in found] == [
        (f"rules.told.{end}", Reason.ACCOUNT_UNKNOWN, "nobody")
    ]
    assert free(bank, "ada", "points") == 0


def test_a_rule_between_an_account_and_itself_is_refused(bank):
    bank.amend_account("cai", {"guardian": "cai"}, on=TODAY)

    found = findings(lambda: bank.grant("cai", unit="points", amount=1, on=TODAY))

    assert [(f.code, f.reason, f.account) for f in found] == [
        ("rules.pocket_money.to", Reason.SAME_ACCOUNT, "cai")
    ]


def test_who_has_left_can_be_left_out():
    bank = books(
        CIRCLE.replace(
            "{ provider.referrer = { known = true } }",
            '{ provider.referrer = { known = true }, "provider.referrer.closed" = { known = false } }',
        )
    )
    bank.open_account("cai", on=TODAY, facts={"referrer": "ben"})

    bank.close_account("ben", cause="leaving", on=TODAY)
    after = bank.record_service("cai", "care", 60, on=TODAY)
    bank.amend_account("cai", {"referrer": "ada"}, on=TODAY)
    bank.record_service("cai", "care", 60, on=TODAY)

    assert {p.account for p in after.entry.postings} == {"issuer", "cai"}
    assert free(bank, "ada", "points") == 5


def test_in_a_batch_facts_are_those_that_its_own_requests_keep(bank):
    opened = OpenAccount(account="eve", facts={"referrer": "ada"})
    served = care("eve")
    amended = AmendAccount(account="eve", facts={"referrer": "ben"})
    asked = [opened, served, amended, served]

    bank.batch([bank.request(one, on=TODAY, id=f"{i}") for i, one in enumerate(asked)])

    assert (free(bank, "ada", "points"), free(bank, "ben", "points")) == (5, 5)


class Meddled:
    """A reading during whose first load somebody else amends what an account keeps."""

    def __init__(self, reading, meddle):
        self.reading, self.meddle, self.loads = reading, meddle, []

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def load(self, needs):
        self.loads.append(needs.accounts)
        self.meddle()
        self.meddle = lambda: None
        return self.reading.load(needs)


def test_who_was_told_otherwise_before_the_locks_is_loaded_too(bank):
    request = bank.request(care("cai"), on=TODAY, id="new")

    def meddle():
        bank.amend_account("cai", {"referrer": "ben"}, on=TODAY)

    with bank.store.reading(bank.ledger) as reading:
        meddled = Meddled(reading, meddle)
        (granted,) = bank._decided([request], meddled).verdicts

    first, second = meddled.loads
    assert second - first == {"ben"}
    assert {p.account for p in granted.entry.postings} >= {"ben"}


# ---------------------------------------------------------------- common budgets


def test_what_a_named_account_gave_out_in_all_is_limited_for_everybody(bank):
    bank.allocate("ada", unit="bags", amount=30, on=TODAY)
    more = findings(lambda: bank.allocate("ben", unit="bags", amount=21, on=TODAY))
    bank.allocate("cai", unit="bags", amount=20, on=TODAY)
    none = codes(lambda: bank.allocate("ada", unit="bags", amount=1, on=TODAY))

    assert [(f.code, f.wanted, f.found) for f in more] == [
        ("rules.bag.limits.pool:stock.given_out", 50, 51)
    ]
    assert none == [
        "rules.bag.requires.pool:stock.given_out",
        "rules.bag.limits.pool:stock.given_out",
    ]


UNLIMITED = """
units.bags = {}
accounts.member = {}
accounts.pool = { names = ["stock"], bags = { floor = "none" } }
measures.given_out = { sum = "bags", side = "out" }
rules.bag.on = "allocate"
rules.bag.unit = "bags"
rules.bag.from = "pool:stock"
"""


@pytest.mark.parametrize(
    ("asks", "reasons"),
    [
        ("", []),
        ('rules.bag.requires."pool:stock.given_out".max = 9', [Reason.ACCOUNT_MODE]),
    ],
)
def test_an_account_whose_figures_are_asked_keeps_a_balance(asks, reasons):
    bank = timebank.create("memory:", ledger="willow", actor="desk")
    bank.post(
        AdoptPolicy(text=HEAD + UNLIMITED + asks, holds_from=TODAY), on=TODAY, id="p"
    )

    found = findings(
        lambda: bank.open_account("pool:stock", kind="pool", mode=Mode.APPEND, on=TODAY)
    )

    assert [f.reason for f in found] == reasons


BUDGETS = (
    HEAD
    + """
units.points = {}
flags.bare = { for = "office", when = { account = "pool:east", there = { max = 3 } } }
measures.there = { balance = "points" }

[accounts]
member = {}

[accounts.pool]
names = ["east", "west", "over"]
may = ["donate", "allocate", "grant"]

[accounts.pool.points]
floor = { by = "account", "pool:east" = -10, else = 0 }
cap = { by = "account", "pool:west" = 5, else = "none" }
excess = { to = "pool:over" }

[rules.give]
on = "donate"
unit = "points"
to = "pool:west"
requires = { account = { is_not = "pool:over" } }

[rules.grant]
on = "grant"
unit = "points"
"""
)


def test_accounts_of_one_kind_may_differ_by_which_they_are():
    bank = books(BUDGETS)
    for pool in ("pool:east", "pool:west", "pool:over"):
        bank.grant(pool, unit="points", amount=4, on=TODAY)

    def give(pool, amount):
        return lambda: bank.donate(pool, unit="points", amount=amount, on=TODAY)

    beyond = findings(give("pool:east", 15))
    up_to = findings(give("pool:east", 14))
    barred = codes(give("pool:over", 1))

    assert [(f.code, f.wanted) for f in beyond if f.refuses] == [
        ("accounts.pool.points.floor", -10)
    ]
    assert [(f.code, f.account) for f in up_to] == [
        ("accounts.pool.points.cap", "pool:over"),
        ("flags.bare", "pool:east"),
    ]
    assert barred[0] == "rules.give.requires.account"
    assert (free(bank, "pool:west", "points"), free(bank, "pool:over", "points")) == (
        5,
        17,
    )


def test_a_choice_of_accounts_is_one_of_those_that_the_policy_names():
    found = mistakes_in(BUDGETS.replace('"pool:east" = -10', '"pool:eats" = -10'))

    assert found == ["accounts.pool.points.floor"]


# ---------------------------------------------------------------- named by a word

DISTRICTS = (
    HEAD
    + """
units.points = {}
classes = { bathing = { in = "care" }, care = {}, visit = { counts = "number" } }
facts.home = { type = ["east", "west"], kept = true }
measures.paid = { sum = "points", side = "out" }

[accounts]
member = {}
pool = { names = ["east", "west", "for-care"], points = { floor = -100 } }

[rules.service]
on = "service"
unit = "points"
from = "pool:{body}"
limits."pool:{body}.paid" = { at_most = 5 }

[rules.visit]
on = "contribution"
unit = "points"
from = "pool:{home}"
requires = { "pool:{home}.paid" = { max = 3 } }

[rules.gift]
on = "gift"
unit = "points"
to = { payee = "1/2", "pool:{payee.home}" = "1/2" }

[rules.class]
on = "service"
class = "care"
unit = "points"
to = "pool:for-{class}"
amount = 1
"""
)


@pytest.fixture
def districts():
    bank = books(DISTRICTS, members=())
    for member, home in (("ada", "east"), ("ben", "west")):
        bank.open_account(member, on=TODAY, facts={"home": home})
    return bank


def paid(bank):
    pools = ("pool:east", "pool:west", "pool:for-care")
    return [free(bank, pool, "points") for pool in pools]


def test_an_account_is_named_by_a_word_of_the_operation(districts):
    def serve(class_="care", hours=3, **said):
        return districts.record_service("ada", class_, hours * 60, on=TODAY, **said)

    serve(body="east")
    serve("bathing", hours=2, body="west")  # care is the wider class
    more = codes(lambda: serve(body="east"))
    other = codes(lambda: serve(body="north"))
    unsaid = [(f.code, f.wanted) for f in findings(serve)]

    assert paid(districts) == [-3, -2, 2]
    assert more == ["rules.service.limits.pool:{body}.paid"]
    assert other == ["rules.service.from"]
    assert unsaid == [("rules.service.from", "body")]


def test_a_word_that_names_no_account_says_which_there_are(districts):
    (found,) = findings(
        lambda: districts.record_service("ada", "care", 60, on=TODAY, body="north")
    )

    assert (found.reason, found.found) == (Reason.ACCOUNT_NAME, "pool:north")
    assert "pool:east" in found.wanted
    assert finding_text(found).startswith(
        "pool:north is not an account that the policy names; it names: "
    )
    assert finding_text(found, language="zh").startswith("政策没有列出账户 pool:north")


def test_a_body_names_by_those_above_it_nearest_first():
    tree = 'bodies = { north = "west", mill = "north", west = "city", quay = "west" }'
    bank = books(DISTRICTS.replace("classes =", f"{tree}\nclasses =", 1))

    for body in ("mill", "quay", "west"):
        bank.record_service("ada", "care", 60, on=TODAY, body=body)
    above = codes(lambda: bank.record_service("ada", "care", 60, on=TODAY, body="city"))

    assert free(bank, "pool:west", "points") == -3
    assert above == ["rules.service.from"]
    assert bank.verify(decide_again=True).faults == ()


def test_an_account_is_named_by_a_choice_that_somebody_keeps(districts):
    districts.record_mark("ada", "visit", number=4, on=TODAY)
    districts.give("ada", "ben", unit="points", amount=2, on=TODAY)
    more = codes(lambda: districts.record_mark("ada", "visit", on=TODAY))
    districts.amend_account("ada", {"home": "west"}, on=TODAY)
    districts.record_mark("ada", "visit", on=TODAY)

    assert paid(districts) == [-4, 0, 0]
    assert more == ["rules.visit.requires.pool:{home}.paid"]
    assert districts.verify(decide_again=True).faults == ()


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ('from = "pool:{body}"', 'from = "pool:{bodi}"', ["rules.service.from"]),
        ('from = "pool:{body}"', 'from = "fund:{body}"', ["rules.service.from"]),
        ('from = "pool:{body}"', 'from = "pool:{time}"', ["rules.service.from"]),
        ('from = "pool:{home}"', 'from = "pool:{purpose}"', ["rules.visit.from"]),
        ('["east", "west"], kept', '["east", "west", "north"], kept', None),
        (
            'limits."pool:{body}.paid"',
            'limits."pool:{purpose}.paid"',
            ["rules.service.limits.pool:{purpose}.paid"],
        ),
        (
            "",
            '\nflags.low = { for = "office", when = { "pool:{home}.paid" = 3 } }',
            None,
        ),
        ("", "", []),
    ],
)
def test_a_word_that_names_nobody_is_a_mistake(old, new, places):
    found = mistakes_in(DISTRICTS.replace(old, new) if old else DISTRICTS + new)

    assert bool(found) == (places != [])
    assert set(places or []) <= set(found)


# ---------------------------------------------------------------- what a file may not say


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('provider.referrer"\na', 'provider.buyer.referrer"\na', ""),
        ('provider.referrer"\na', 'provider.referer"\na', "rules.bonus.to"),
        ('provider.referrer"\na', 'payee.referrer"\na', "rules.bonus.to"),
        ('provider.referrer"\na', 'provider.referrer.buyer"\na', "rules.bonus.to"),
        ('from = "payee.guardian', 'from = "payee.kind', "rules.pocket_money.from"),
        (
            '"pool:stock.given_out" = { below',
            '"issuer.given_out" = { below',
            "rules.bag.requires.issuer.given_out",
        ),
        (
            'limits."pool:stock.given_out"',
            'limits."pool:youth.given_out"',
            "rules.bag.limits.pool:youth.given_out",
        ),
        (
            'limits."pool:stock.given_out"',
            'limits."pool:stock.bags_had"',
            "rules.bag.limits.pool:stock.bags_had",
        ),
    ],
)
def test_words_that_lead_to_nobody_are_mistakes(old, new, place):
    assert old in CIRCLE

    found = mistakes_in(CIRCLE.replace(old, new))

    assert found == ([place] if place else [])


# ---------------------------------------------------------------- in examples


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("fund:spare", "no kind of account 'fund'; there is: member, merchant, pool"),
        ("group:g", "no kind of account 'group'; there is: member, merchant, pool"),
        ("pool:spare", "no account 'pool:spare'; did you mean 'pool:stock'?"),
        ("merchant:shop", None),
    ],
)
def test_an_example_opens_only_accounts_that_there_can_be(account, says):
    example = (
        f"""[examples.one]\ngiven = {{ "{account}.points" = 1 }}\nexpect.points = 0"""
    )
    policy = timebank.load_policy(CIRCLE + example)

    (played,) = timebank.play_examples(policy)

    assert [says in f for f in played.failures] == ([True] if says else [])
