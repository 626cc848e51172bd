"""
There is one way to write a body, and the audit finds every other.

What is tried here leaves books that say the same to whoever reads JSON.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .test_outlines import audited, bank  # noqa: F401 - a fixture
from .test_tampering import audit, behind_the_banks_back, books, master, place  # noqa: F401 - fixtures among them


def instead(old, new):
    def change(body):
        return body.replace(old, new, 1)

    return change


def turned_round(body):
    return json.dumps(
        dict(reversed(json.loads(body).items())),
        ensure_ascii=False,
        separators=(",", ":"),
    )


def notes_turned_round(body):
    table = json.loads(body)
    table["findings"] = [dict(reversed(each.items())) for each in table["findings"]]
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


WAYS = {
    "a blank": ("gift", instead(":", ": ")),
    "a blank before": ("gift", lambda body: " " + body),
    "a blank behind": ("gift", lambda body: body + " "),
    "a blank in a leg": ("gift", instead('"rule":', '"rule": ')),
    "a line end": ("gift", instead(',"format"', ',\n"format"')),
    "a blank in facts": ("errand", instead('["age",', '["age", ')),
    "keys in another order": ("gift", turned_round),
    "fields in another order": (
        "errand",
        instead(
            '"provider":"b","recipient":"a"',
            '"recipient":"a","provider":"b"',
        ),
    ),
    "keys of a leg in another order": (
        "gift",
        instead('"rule":"gift","unit":"credits"', '"unit":"credits","rule":"gift"'),
    ),
    "keys of a finding in another order": (
        "full",
        notes_turned_round,
    ),
    "a key twice": ("gift", instead('{"actor"', '{"actor":"x","actor"')),
    "a field twice": ("gift", instead('"payee"', '"payee":"c","payee"')),
    "a key of a leg twice": ("gift", instead('"amount"', '"amount":7,"amount"')),
    "a letter as an escape": ("gift", instead('"desk', '"\\u0064esk')),
    "a character as an escape": ("gift", instead("帮", "\\u5e2e")),
    "a quotation mark by its number": ("gift", instead('\\"', "\\u0022")),
    "a slash as an escape": ("open/a", instead("open/a", "open\\/a")),
    "a line end by its number": ("policy-1", instead("\\n", "\\u000a")),
    "a member as an escape": ("gift", instead('"payer":"a"', '"payer":"\\u0061"')),
    "a default of a leg": ("gift", instead('"rule"', '"bucket":"free","rule"')),
    "no lot": ("full", instead('"rule"', '"lot":null,"rule"')),
    "undoing nothing": (
        "full",
        instead('"hours","unit"', '"hours","undoes":false,"unit"'),
    ),
    "a default of an operation": ("care", instead('"minutes"', '"facts":[],"minutes"')),
    "nothing of an operation": ("care", instead('"minutes"', '"event":null,"minutes"')),
    "one piece": ("order", instead('"type"', '"quantity":1,"type"')),
    "the usual kind of account": (
        "open/a",
        instead('"type"', '"mode":"strict","type"'),
    ),
    "no findings": ("gift", instead('"format"', '"findings":[],"format"')),
    "a default of a finding": ("full", instead('"effect"', '"account":null,"effect"')),
    "no postings": ("tier", instead('"recorded_at"', '"postings":[],"recorded_at"')),
    "no target": ("gift", lambda body: body[:-1] + ',"target":null}'),
    "no commitment": ("gift", instead('"effective', '"commitment":null,"effective')),
    "a number with a fraction": ("gift", instead('"format":1', '"format":1.0')),
    "a number with an exponent": ("gift", instead('"format":1', '"format":1e0')),
    "yes for one": ("gift", instead('"format":1', '"format":true')),
    "a moment without its parts": ("gift", instead('.000000Z"', 'Z"')),
    "a moment with an offset": ("gift", instead('00Z"', '00+00:00"')),
    "a moment with a blank": ("gift", instead("T", " ")),
}
"""By what is done: to which entry, and how."""


def written_otherwise(bank, id, write):  # noqa: F811 - a fixture elsewhere
    def change(several):
        for index, stored in enumerate(several):
            if stored.id == id:
                several[index] = stored._replace(body=write(stored.body))
                assert several[index].body != stored.body
        return several

    return audited(bank, change)


@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_is_written_otherwise_is_found(bank, way):  # noqa: F811
    quickly, by_values = written_otherwise(bank, *WAYS[way])

    assert quickly == by_values
    (fault,) = quickly.faults
    assert f": law 2: the body of '{WAYS[way][0]}' is not as one is written" in fault


def test_it_is_told_where_and_what_helps_in_both_languages(bank):  # noqa: F811
    report, _ = written_otherwise(bank, "gift", instead('"format":1', '"format":true'))

    (fault,) = report.faults
    assert fault.startswith("position ")
    assert fault.endswith(
        "law 2: the body of 'gift' is not as one is written: from character 54 on it is "
        '\'true,"id":"gift","op\', and would be \'1,"id":"gift","opera\'; take the body '
        "from a copy of the books"
    )
    assert fault.in_("zh").endswith("请从账本的副本取回该正文")
    assert "定律 2：'gift' 的正文不是应有的写法：自第 54 个字符起为" in fault.in_("zh")


def test_what_is_cut_short_or_goes_on_is_told_from_there(bank):  # noqa: F811
    report, _ = written_otherwise(bank, "gift", lambda body: body + "\n")

    (fault,) = report.faults
    assert r"it is '\n', and would be ''" in fault


@pytest.mark.parametrize("id", ["e", "gift", "back", "order", "void", "policy-2"])
@pytest.mark.parametrize(
    ("old", "new"), [('","', '", "'), ('"format":1', '"format":1.0')]
)
def test_it_is_found_in_a_file(books, id, old, new):  # noqa: F811
    with behind_the_banks_back(books) as connection:
        changed = connection.execute(
            "UPDATE timebank_entry SET body = replace(body, ?, ?) WHERE id = ?",
            (old, new, id),
        )
        assert changed.rowcount == 1

    (fault,) = audit(books)

    assert fault.startswith(f"position {place(books, id)}: law 2: the body of '{id}'")


# ---------------------------------------------------------------- any other way


def written(value, chance):
    """Return JSON that says *value*, written as *chance* has it."""

    def blank():
        return chance.choice(["", "", "", "", " ", "\n\t"])

    def between(opening, parts, closing):
        chance.shuffle(parts) if opening == "{" else None
        inner = ",".join(blank() + part + blank() for part in parts)
        return opening + inner + closing

    match value:
        case dict():
            parts = [
                f"{written(key, chance)}{blank()}:{blank()}{written(each, chance)}"
                for key, each in value.items()
            ]
            return between("{", parts, "}")
        case list():
            return between("[", [written(each, chance) for each in value], "]")
        case str():
            return f'"{"".join(character(each, chance) for each in value)}"'
        case _:
            return json.dumps(value)


def character(one, chance):
    plain = json.dumps(one, ensure_ascii=False)[1:-1]
    return plain if chance.random() < 0.95 else f"\\u{ord(one):04X}"


@given(st.integers(0, 40), st.randoms(use_true_random=True))
@settings(deadline=None, max_examples=40)
def test_any_other_way_to_write_it_is_found_by_both(bank, at, chance):  # noqa: F811
    told = []

    def change(several):
        place = at % len(several)
        body = written(json.loads(several[place].body), chance) if not told else told[0]
        told.append(body)
        told.append(body == several[place].body)
        several[place] = several[place]._replace(body=body)
        return several

    quickly, by_values = audited(bank, change)

    assert quickly == by_values
    assert quickly.sound is told[1]
