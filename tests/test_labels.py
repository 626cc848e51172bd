"""Labels: what a movement was about, and that every way to them gives the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank import operations as ops
from timebank.labels import ROLES, WORDS, labelled, of_cancelling, said
from timebank.model import ISSUER, AccountKind, Bucket, Posting
from timebank.policy.asking import asking
from timebank.policy.files import compiled
from timebank.policy.shapes import LABELS
from timebank.scope import Needs, Series
from timebank.standing import Standing
from timebank.storage.codec import canonical, decode_labels, encode_labels
from timebank.testing.strategies import texts

from .laws.desk import EVERYTHING, START, new_bank, with_members

KINDS = {
    "a": AccountKind.MEMBER,
    "b": AccountKind.MEMBER,
    "m": AccountKind.MERCHANT,
    "pool:common": AccountKind.POOL,
}
ASKED = [
    ops.RecordService(
        provider="a",
        service_class="care",
        minutes=60,
        recipient="b",
        organiser="g",
        sponsor="s",
        event="e",
        body="street",
        evidence="photo",
    ),
    ops.RecordMark(member="a", mark="absence", organiser="g", event="e"),
    ops.Give(payer="a", payee="b", unit="credits", amount=1, purpose="school"),
    ops.Donate(payer="a", unit="credits", amount=1, body="street"),
    ops.Allocate(payee="b", unit="credits", amount=1),
    ops.Grant(payee="b", unit="credits", amount=1),
    ops.PlaceOrder(payer="a", item="rice", beneficiary="b", merchant="m"),
    ops.OpenAccount(account="a", sponsor="b"),
    ops.CloseAccount(account="a", cause="death", heir="b"),
    ops.SetTier(account="a", ladder="circle", level="A"),
    ops.Apply(account="a", ladder="badge", level="bronze"),
    ops.ShareOut(
        unit="credits",
        applicants=[ops.Part(account="b", amount=2)],
        purpose="school",
        body="street",
    ),
    ops.EndPeriod(account="a", rule="r"),
]


def leg(account, amount, **more):
    return Posting(account=account, unit="credits", amount=amount, rule="r", **more)


# ---------------------------------------------------------------- what is said


def test_every_operation_that_rules_can_ask_has_its_word():
    policy = compiled(EVERYTHING)

    # a ranking asks no rule; what it gives says that it does
    words = {**WORDS}
    assert words.pop(ops.PublishRanking) == "rank"
    # and a cancellation is asked with the order that it is of
    assert words.pop(ops.CancelOrder) == "cancel"
    assert {type(each): asking(each, policy).on for each in ASKED} == words


@pytest.mark.parametrize("operation", ASKED, ids=lambda each: type(each).__name__)
def test_labels_are_what_a_policy_calls_the_operation_by(operation):
    ask = asking(operation, compiled(EVERYTHING))
    words = {
        key: value
        for key, value in ask.fields.items()
        if key in ("class", "item", *LABELS)
    }

    assert dict(said(operation)) == {"on": ask.on, **ask.roles, **words}
    assert set(ask.roles) <= set(ROLES.values())


def test_what_a_cancellation_costs_says_what_the_order_was():
    order = ops.PlaceOrder(payer="a", item="rice", merchant="m")

    assert dict(of_cancelling(order)) == {**dict(said(order)), "on": "cancel"}


def test_a_service_for_several_says_all_of_them():
    service = ops.RecordService(
        provider="a", service_class="care", minutes=60, recipients={"b": 60, "c": 30}
    )

    assert said(service) == (
        ("class", "care"),
        ("on", "service"),
        ("provider", "a"),
        ("recipient", "b"),
        ("recipient", "c"),
    )


def test_a_mark_for_several_says_all_of_them():
    mark = ops.RecordMark(
        member="a", mark="meals", number=3, recipients={"b": 1, "c": 2}
    )

    assert said(mark) == (
        ("class", "meals"),
        ("on", "contribution"),
        ("provider", "a"),
        ("recipient", "b"),
        ("recipient", "c"),
    )


def test_what_moves_nothing_says_nothing():
    assert said(ops.Reverse(target="e")) == ()


# ---------------------------------------------------------------- legs


def test_a_leg_names_everybody_but_its_own_account_and_the_kinds_across():
    about = said(ASKED[2])

    found = labelled([leg("a", -1), leg("b", 1)], about, KINDS.get)

    assert found == [
        (
            ("on", "gift"),
            ("other", "member"),
            ("payee", "b"),
            ("purpose", "school"),
        ),
        (
            ("on", "gift"),
            ("other", "member"),
            ("payer", "a"),
            ("purpose", "school"),
        ),
    ]


def test_an_event_that_is_called_like_an_account_is_no_role():
    about = said(ops.RecordMark(member="a", mark="absence", event="a"))

    (found,) = labelled([leg("a", 1)], about, KINDS.get)

    assert ("event", "a") in found
    assert ("provider", "a") not in found


def test_several_kinds_across_are_all_named():
    legs = [leg("a", -3), leg("b", 1), leg("m", 1), leg("pool:common", 1)]

    first, *_ = labelled(legs, (), KINDS.get)

    assert first == (("other", "member"), ("other", "merchant"), ("other", "pool"))
    assert decode_labels(encode_labels(first)) == first
    assert encode_labels(first) == '{"other":["member","merchant","pool"]}'


def test_who_stands_across_goes_by_rule_and_unit():
    legs = [
        leg("a", -1),
        leg("m", 1),
        Posting(account="a", unit="credits", amount=1, rule="other"),
        Posting(account="a", unit="hours", amount=1, rule="r"),
        Posting(account=ISSUER, unit="hours", amount=-1, rule="r"),
    ]

    kinds = labelled(legs, (), KINDS.get)

    assert kinds[:4] == [
        (("other", "merchant"),),
        (("other", "member"),),
        (),
        (("other", "issuer"),),
    ]


def test_the_issuer_and_what_is_held_have_none():
    legs = [leg(ISSUER, -1), leg("a", 1, bucket=Bucket.HELD)]

    assert labelled(legs, said(ASKED[0]), KINDS.get) == [None, None]


# ---------------------------------------------------------------- in books


@pytest.fixture
def bank():
    return with_members(new_bank(), "a", "b")


def history(bank, account, unit):
    needs = Needs(series=frozenset({Series(account, unit)}))
    with bank.store.reading(bank.ledger) as reading:
        return dict(reading.load(needs).events(account, unit, None, None))


def test_a_standing_says_of_each_operation_what_that_says():
    alike = ops.Give(payer="a", payee="b", unit="credits", amount=1)
    other = ops.Give(payer="a", payee="b", unit="credits", amount=1, purpose="school")
    standing = Standing()

    for asked in [alike, other, other, alike, *ASKED, alike]:
        assert standing.said(asked) == said(asked)


def test_what_is_undone_leaves_no_label_behind(bank):
    bank.record_service("a", "care", 180, on=START, id="e", event="fair")
    assert [dict(e.labels)["event"] for e in history(bank, "a", "hours")] == ["fair"]

    bank.reverse("e", on=START)

    assert history(bank, "a", "hours") == {}


def test_a_delivery_is_about_its_order_and_a_cancelled_one_about_nothing(bank):
    bank.record_service("a", "care", 240, on=START, id="e")
    bank.order("a", "rice", on=START, id="order")
    (event,) = (e for e in history(bank, "a", "credits") if e.rule == "redeem")
    assert dict(event.labels)["item"] == "rice"

    bank.cancel("order", on=START)

    assert all(dict(e.labels)["on"] == "service" for e in history(bank, "a", "credits"))


def test_an_account_does_not_stand_across_from_itself():
    legs = [leg("a", -2, bucket=Bucket.HELD), leg("a", 2)]

    assert labelled(legs, (), KINDS.get) == [None, ()]


@given(
    st.lists(
        st.tuples(st.sampled_from(["event", "other", "payee", "recipient"]), texts())
    )
)
def test_labels_are_kept_as_canonical_json(pairs):
    labels = tuple(sorted(pairs))
    table = {}
    for name, value in labels:
        table.setdefault(name, []).append(value)

    kept = {name: each if len(each) > 1 else each[0] for name, each in table.items()}

    assert encode_labels(labels) == canonical(kept)
    assert decode_labels(encode_labels(labels)) == labels
