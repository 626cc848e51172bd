"""Canonical JSON, and entries as bodies: the bytes that are kept for ever."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import attrs
import pytest
import rfc8785
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from timebank import operations as ops
from timebank.entries import Entry, Recorded
from timebank.errors import NotCanonical
from timebank.model import (
    AMOUNT_MAX,
    BALANCE_MAX,
    EntryId,
    Finding,
    Lot,
    Posting,
    Reason,
)
from timebank.operations import TAGS
from timebank.storage.codec import (
    canonical,
    commitment,
    decode_entry,
    decode_heading,
    decode_private,
    encode_entry,
    encode_private,
    same_request,
)
from timebank.testing.strategies import (
    entries,
    operations,
    operations_by_class,
    texts,
)

GOLDEN = Path(__file__).parent / "bodies-1.jsonl"
"""
Bodies of format 1, one of each kind of operation and more, kept for ever.

Lines are only ever added.  A change that fails on one of them changes what was recorded.
"""

DAY = date(2024, 3, 1)

# ---------------------------------------------------------------- canonical JSON

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-BALANCE_MAX, BALANCE_MAX) | texts(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_it_writes_what_another_implementation_of_rfc_8785_writes(value):
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(VALUES)
def test_what_it_writes_reads_back_as_the_same(value):
    assert json.loads(canonical(value)) == value


@given(VALUES, VALUES)
def test_no_two_values_have_the_same_bytes(one, other):
    same = repr(one) == repr(other) or sorted_deep(one) == sorted_deep(other)

    assert (canonical(one) == canonical(other)) == same


def sorted_deep(value):
    """Return *value* with nothing left of the order of keys, and its types told."""
    if isinstance(value, dict):
        return "object", sorted((key, sorted_deep(v)) for key, v in value.items())
    if isinstance(value, list):
        return "array", [sorted_deep(v) for v in value]
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("number", [BALANCE_MAX, -BALANCE_MAX, 0])
def test_numbers_up_to_the_bound_are_written(number):
    assert canonical(number) == str(number)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        BALANCE_MAX + 1,
        -BALANCE_MAX - 1,
        10**400,
        "\ud800",
        "a\udfffb",
        {"é": 1},
        {"\ud800": 1},
        {1: 1},
        {None: 1},
        b"bytes",
        {"a", "b"},
        date(2024, 3, 1),
        object(),
    ],
    # by type where a value does not always write itself alike
    ids=lambda v: (
        type(v).__name__ if isinstance(v, set) or type(v) is object else repr(v)
    ),
)
@pytest.mark.parametrize(
    "wrapped", [lambda v: v, lambda v: [v], lambda v: {"key": [{"deep": v}]}]
)
def test_what_lies_outside_the_profile_is_refused_wherever_it_stands(value, wrapped):
    with pytest.raises(NotCanonical):
        canonical(wrapped(value))


def test_a_refusal_says_where():
    with pytest.raises(NotCanonical, match=r"entry\.postings\[1\]\.amount"):
        canonical({"postings": [{"amount": 1}, {"amount": 1.5}]}, "entry")
    with pytest.raises(NotCanonical, match=r"entry\[0\].* at character 2"):
        canonical(["ab\ud800"], "entry")


def test_a_cycle_is_no_value():
    cycle = []
    cycle.append(cycle)

    with pytest.raises((NotCanonical, RecursionError)):
        canonical(cycle)


# ---------------------------------------------------------------- bodies


@given(entries())
def test_an_entry_comes_back_as_it_went(entry):
    body = encode_entry(entry)

    assert decode_entry(body) == entry
    assert encode_entry(decode_entry(body)) == body


@given(entries())
def test_a_heading_says_what_the_entry_says(entry):
    heading = decode_heading(encode_entry(entry))

    assert heading.actor == entry.actor
    assert heading.policy == entry.policy
    assert heading.findings == entry.findings


def clearly(value, key=""):
    """Return *value* as JSON has it, as the format is described: no quicker than that."""
    match value:
        case Recorded():
            raise AssertionError("it stands in the entry itself")
        case date():
            return value.isoformat()
        case _ if key == "facts":
            return [
                [name, {"date": fact.isoformat()} if isinstance(fact, date) else fact]
                for name, fact in value
            ]
        case tuple():
            return [clearly(each) for each in value]
        case _ if attrs.has(type(value)):
            tag = {"type": TAGS[type(value)]} if type(value) in TAGS else {}
            return tag | {
                field.name: clearly(getattr(value, field.name), field.name)
                for field in attrs.fields(type(value))
                if getattr(value, field.name) != field.default
                and field.name != "recorded"
            }
        case _:
            return value


@given(entries())
def test_a_body_is_canonical_and_says_what_the_clear_way_says(entry):
    moment = entry.recorded.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    table = {"recorded_at": moment, "recorded_on": entry.recorded.on.isoformat()}

    body = encode_entry(entry)

    assert body.encode() == rfc8785.dumps(clearly(entry) | table | {"format": 1})


@pytest.mark.parametrize("found", [1.5, -0.5, 1e300, 2**53, -(2**53), "\ud800"])
def test_what_no_body_can_hold_is_never_written(found):
    finding = Finding(code="measures.total", reason=Reason.AT_MOST)
    object.__setattr__(finding, "found", found)  # whatever may have let it through
    entry = evolve(entry_of(ops.VoidId(voided="x")), findings=(finding,))

    with pytest.raises(NotCanonical, match="an entry"):
        encode_entry(entry)


@pytest.mark.parametrize(
    ("of", "name", "value"),
    [
        ("leg", "amount", 1.5),
        ("leg", "amount", True),
        ("leg", "amount", 2**53),
        ("leg", "account", 7),
        ("leg", "rule", None),
        ("leg", "lot", "e"),
        ("entry", "actor", "\ud800"),
        ("entry", "policy", 7),
        ("entry", "target", 7),
        ("entry", "commitment", 7),
        ("entry", "operation", None),
    ],
)
def test_what_no_entry_and_no_leg_says_is_never_written(of, name, value):
    legs = tuple(Posting(account="a", unit="hours", amount=n) for n in (-1, 1))
    entry = evolve(entry_of(ops.VoidId(voided="x")), postings=legs)
    object.__setattr__(entry if of == "entry" else legs[1], name, value)

    with pytest.raises(NotCanonical, match="an entry"):
        encode_entry(entry)


def test_a_moment_is_never_written_where_a_day_is_read():
    entry = entry_of(ops.VoidId(voided="x"))
    moment = Recorded(at=entry.recorded.at, on=entry.recorded.at)

    with pytest.raises(NotCanonical, match="is no date"):
        encode_entry(evolve(entry, recorded=moment))


@pytest.mark.parametrize("words", ["at 1:2.5, 3.5", "[1234567890123456789", '":1e9'])
def test_words_that_look_like_such_a_number_are_words(words):
    entry = entry_of(ops.RecordMark(member="ada", mark="cup", event=words))

    assert decode_entry(encode_entry(entry)) == entry


def test_what_may_be_nothing_is_nothing_by_default_and_so_is_never_written():
    kinds = (*TAGS, ops.Part, ops.Place, Posting, Finding, Lot, Entry)
    fields = [f for kind in kinds for f in attrs.fields(attrs.resolve_types(kind))]

    perhaps = [field for field in fields if type(None) in get_args(field.type)]

    assert perhaps
    assert all(field.default is None for field in perhaps)


def test_there_are_operations_of_every_kind_to_try():
    assert operations_by_class().keys() == TAGS.keys()


@pytest.mark.parametrize("kind", TAGS, ids=TAGS.get)
def test_every_operation_comes_back_as_it_went(kind):
    @given(operations_by_class()[kind])
    def comes_back(operation):
        found = decode_entry(encode_entry(entry_of(operation))).operation

        assert found == operation
        assert type(found) is kind

    comes_back()


def entry_of(operation):
    return Entry(
        id=EntryId("an entry"),
        operation=operation,
        effective_on=DAY,
        recorded=Recorded(at=datetime(2024, 3, 1, 8, 30, 0, 1, UTC), on=DAY),
        actor="desk-1",
        policy="0" * 64,
    )


@given(operations(), operations())
def test_requests_are_the_same_exactly_if_their_operations_are(one, other):
    assert same_request(entry_of(one), one, DAY)
    assert same_request(entry_of(one), other, DAY) == (one == other)


def test_facts_that_python_takes_for_equal_are_told_apart():
    yes, one = (ops.AmendAccount(account="a", facts={"x": v}) for v in (True, 1))

    assert not same_request(entry_of(yes), one, DAY)
    facts = decode_entry(encode_entry(entry_of(yes))).operation.facts
    assert facts == (("x", True),)
    assert type(facts[0][1]) is bool


def test_a_text_that_looks_like_a_date_stays_text():
    text, day = (
        ops.AmendAccount(account="a", facts={"since": v}) for v in ("2024-03-01", DAY)
    )

    assert not same_request(entry_of(text), day, DAY)
    assert decode_entry(encode_entry(entry_of(text))).operation == text


@pytest.mark.parametrize("fact", [1.5, None, [1], datetime(2024, 3, 1, tzinfo=UTC)])
def test_a_fact_of_another_kind_is_refused_at_the_door(fact):
    with pytest.raises(TypeError):
        ops.AmendAccount(account="a", facts={"x": fact})


@pytest.mark.parametrize("number", [AMOUNT_MAX, 1])
def test_amounts_up_to_the_bound_may_be_asked_for(number):
    gift = ops.Give(payer="a", payee="b", unit="points", amount=number)

    assert decode_entry(encode_entry(entry_of(gift))).operation == gift


@pytest.mark.parametrize(
    ("number", "error"),
    [(AMOUNT_MAX + 1, ValueError), (0, ValueError), (-1, ValueError), (1.0, TypeError)],
)
def test_amounts_beyond_the_bound_may_not(number, error):
    with pytest.raises(error):
        ops.Give(payer="a", payee="b", unit="points", amount=number)


BODY = json.loads(encode_entry(entry_of(ops.VoidId(voided="x"))))


def test_a_body_to_spoil_is_a_good_one():
    assert decode_entry(json.dumps(BODY)).id == "an entry"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        json.dumps(BODY | {"format": 2}),
        json.dumps(BODY | {"format": "1"}),
        json.dumps({k: v for k, v in BODY.items() if k != "format"}),
        json.dumps(BODY | {"position": 7}),
        json.dumps(BODY) + "{}",
    ],
)
def test_what_is_no_body_of_this_format_is_refused(body):
    with pytest.raises(NotCanonical):
        decode_entry(body)
    with pytest.raises(NotCanonical):
        decode_heading(body)


@pytest.mark.parametrize("place", ["operation", "posting"])
def test_a_field_that_is_not_known_is_refused(place):
    strange = {"account": "a", "unit": "u", "amount": 1, "colour": "red"}
    body = BODY | (
        {"operation": BODY["operation"] | {"colour": "red"}}
        if place == "operation"
        else {"postings": [strange, strange | {"amount": -1}]}
    )

    with pytest.raises(NotCanonical, match="colour"):
        decode_entry(json.dumps(body))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("operation", []),
        ("operation", ["void", "x"]),
        ("operation", {}),
        ("operation", {"type": []}),
        ("operation", {"type": "no such thing"}),
        ("postings", 7),
        ("postings", [7]),
        ("postings", [{"account": "a"}]),
        ("findings", [[]]),
        ("effective_on", 7),
        ("recorded_at", None),
        ("id", []),
        ("actor", ["desk"]),
        ("policy", {}),
        ("target", []),
        ("commitment", 7),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_in_our_own_words(key, value):
    with pytest.raises(NotCanonical):
        decode_entry(json.dumps(BODY | {key: value}))


@pytest.mark.parametrize("key", sorted(BODY))
def test_a_body_that_lacks_something_is_refused(key):
    with pytest.raises(NotCanonical):
        decode_entry(json.dumps({k: v for k, v in BODY.items() if k != key}))


@pytest.mark.parametrize(
    "change", [{"actor": 7}, {"policy": None}, {"findings": [{}]}, {"findings": 7}]
)
def test_a_heading_of_the_wrong_shape_is_refused(change):
    with pytest.raises(NotCanonical):
        decode_heading(json.dumps(BODY | change))


# ---------------------------------------------------------------- for ever


def golden():
    return [line for line in GOLDEN.read_text("utf-8").split("\n") if line]


@pytest.mark.parametrize("body", golden(), ids=lambda body: json.loads(body)["id"])
def test_a_body_of_format_1_reads_and_writes_as_it_always_did(body):
    assert encode_entry(decode_entry(body)) == body


def test_there_is_a_golden_body_of_every_kind_of_operation():
    kinds = {json.loads(body)["operation"]["type"] for body in golden()}

    assert kinds == set(TAGS.values())


# ---------------------------------------------------------------- private details

DETAILS = st.dictionaries(texts(), texts(), max_size=4)


@given(DETAILS)
def test_private_details_come_back_as_they_went(details):
    assert decode_private(encode_private(details)) == details


@given(DETAILS, DETAILS, st.binary(min_size=32, max_size=32))
def test_a_commitment_fits_its_details_only(details, others, salt):
    fits = commitment(others, salt) == commitment(details, salt)

    assert fits == (others == details)


@given(DETAILS, st.binary(min_size=32, max_size=32))
def test_without_the_salt_a_commitment_says_nothing(details, salt):
    other = bytes([salt[0] ^ 1]) + salt[1:]

    assert commitment(details, salt) != commitment(details, other)
    assert len(commitment(details, salt)) == 64


def test_the_order_of_details_does_not_count():
    details = {"name": "陈小云", "phone": "-"}
    turned = dict(reversed(details.items()))

    assert commitment(details, b"salt") == commitment(turned, b"salt")


def test_an_entry_that_differs_in_anything_has_another_body():
    entry = entry_of(ops.VoidId(voided="x"))
    changes = {
        "id": "another",
        "operation": ops.VoidId(voided="y"),
        "effective_on": date(2024, 3, 2),
        "recorded": evolve(entry.recorded, on=date(2024, 3, 2)),
        "actor": "desk-2",
        "policy": "1" * 64,
        "target": "x",
        "commitment": "2" * 64,
    }

    bodies = {encode_entry(evolve(entry, **{k: v})) for k, v in changes.items()}

    assert len(bodies | {encode_entry(entry)}) == len(changes) + 1


def test_whatever_an_entry_or_a_leg_says_stands_in_the_body():
    leg = {
        "account": "a",
        "unit": "hours",
        "amount": 1,
        "bucket": "held",
        "lot": Lot(EntryId("e"), DAY),
        "rule": "hours",
        "undoes": True,
    }
    other = leg | {"amount": -1}
    entry = evolve(
        entry_of(ops.VoidId(voided="x")),
        target="x",
        postings=(Posting(**leg), Posting(**other)),
        findings=(Finding(code="flags.x", reason=Reason.FLAG),),
        commitment="2" * 64,
    )

    table = json.loads(encode_entry(entry))

    said = {each.name for each in attrs.fields(Entry)} - {"recorded"}
    assert table.keys() == said | {"format", "recorded_at", "recorded_on"}
    assert table["postings"][0].keys() == {f.name for f in attrs.fields(Posting)}


def test_what_is_like_a_default_is_left_out_as_the_default_is():
    legs = [
        Posting(account="a", unit="hours", amount=n, bucket="free") for n in (-1, 1)
    ]
    note = Finding(code="id", reason=Reason.ID_TAKEN, effect="refuses")
    entry = evolve(
        entry_of(ops.VoidId(voided="x")), postings=tuple(legs), findings=(note,)
    )

    table = json.loads(encode_entry(entry))

    assert [leg.keys() for leg in table["postings"]] == [
        {"account", "amount", "unit"}
    ] * 2
    assert table["findings"] == [{"code": "id", "reason": "id-taken"}]


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("operation", "level", {}),
        ("operation", "level", 7),
        ("operation", "unit", None),
        ("operation", "amount", True),
        ("postings", "unit", 5),
        ("postings", "rule", None),
        ("postings", "undoes", "yes"),
        ("postings", "account", ["a"]),
        ("findings", "code", 1),
        ("findings", "wanted", True),
    ],
)
def test_a_value_of_another_kind_than_it_is_kept_as_is_no_body(where, name, value):
    granted = ops.SetTier(account="a", ladder="circle", action="grant", level="B")
    given = ops.Give(payer="a", payee="b", unit="hours", amount=1)
    legs = (
        Posting(account="a", unit="hours", amount=-1),
        Posting(account="b", unit="hours", amount=1),
    )
    entry = Entry(
        id=EntryId("e"),
        operation=granted if name == "level" else given,
        effective_on=DAY,
        recorded=Recorded(at=datetime(2024, 3, 1, tzinfo=UTC), on=DAY),
        actor="desk-1",
        policy="a policy",
        postings=legs,
        findings=(Finding(code="flags.x", reason=Reason.FLAG),),
    )
    table = json.loads(encode_entry(entry))
    place = table[where] if where == "operation" else table[where][0]

    place[name] = value

    with pytest.raises(NotCanonical):
        decode_entry(json.dumps(table))
