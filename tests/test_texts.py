"""A text is there in both languages, wherever it is written."""

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest

import timebank
from timebank.texts import Text, in_language, joined, told

SOURCE = Path(timebank.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")
FIELD = re.compile(r"(?<!\{)\{(\w+)(?:[!:][^{}]*)?\}(?!\})")
SAID_TO_PEOPLE = [
    *(
        "policy/checks/*.py",
        "policy/files.py",
        "policy/converter.py",
        "policy/grammar.py",
        "policy/hints.py",
        "policy/written.py",
    ),
    *("policy/windows.py", "rehearsal/*.py", "model.py", "operations.py"),
    *("bank.py", "django.py", "storage/hosts.py"),
]
"""Modules whose errors people read: each is said in both languages."""


def written(tree, name="Text"):
    """Yield the calls by which *tree* writes texts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
            yield node


def languages(call):
    """Return the English and the Chinese of *call*, where both stand in the source."""
    named = {k.arg: k.value for k in call.keywords}
    both = [*call.args, *(named[k] for k in ("en", "zh") if k in named)]
    return [b.value for b in both if isinstance(b, ast.Constant)]


TEXTS = [
    (f"{path.relative_to(SOURCE)}:{call.lineno}", call)
    for path in sorted(SOURCE.rglob("*.py"))
    for call in written(ast.parse(path.read_text("utf-8")))
    if len(languages(call)) == 2
]
"""Where each text is written, and the call that writes it."""


def test_a_text_is_written_in_english_and_in_chinese():
    def fits(en, zh):
        english = len(HAN.findall(en)) <= len(en) / 10  # a sample such as 150分钟
        wordless = not re.search(r"\w\w", FIELD.sub("", en))
        return english and (wordless or HAN.search(zh))

    assert [place for place, call in TEXTS if not fits(*languages(call))] == []


def test_both_languages_of_a_text_have_the_same_fields():
    def fits(call):
        en, zh = (set(FIELD.findall(each)) for each in languages(call))
        given = {k.arg for k in call.keywords if k.arg not in {None, "en", "zh"}}
        return en == zh and given in (en, set())

    assert [place for place, call in TEXTS if not fits(call)] == []


def test_there_are_texts_to_look_at():
    assert len(TEXTS) > 200


@pytest.mark.parametrize(
    "path",
    [path for pattern in SAID_TO_PEOPLE for path in sorted(SOURCE.glob(pattern))],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_what_people_read_is_no_plain_string(path):
    tree = ast.parse(path.read_text("utf-8"))
    plain = [
        call.lineno
        for kind in ("ValueError", "TypeError", "CannotJoin")
        for call in written(tree, kind)
        for said in call.args
        if isinstance(said, ast.JoinedStr | ast.Constant)
    ]

    assert plain == []


def test_a_text_reads_as_english_and_knows_its_chinese():
    text = Text("no {what} {name!r}", "没有{what} {name!r}", what=UNIT, name="hourz")

    assert text == "no unit 'hourz'"
    assert text.in_("zh") == "没有单位 'hourz'"
    assert text.in_("fr") == text.en == "no unit 'hourz'"


def test_a_text_without_fields_keeps_its_braces():
    assert Text("write { of = … }", "请写 { of = … }").zh == "请写 { of = … }"


def test_a_text_survives_being_copied_and_sent():
    text = Text("yes", "是")

    for other in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):  # noqa: S301
        assert (other, other.zh) == ("yes", "是")


def test_texts_are_joined_in_each_language():
    text = joined([UNIT, "hours"], Text(", ", "、"))

    assert (text.en, text.zh) == ("unit, hours", "单位、hours")


def test_what_was_said_in_one_language_is_told_in_it():
    assert in_language("hours", "zh") == "hours"
    assert told(ValueError(UNIT), "zh") == "单位"
    assert told(ValueError("a unit"), "zh") == "a unit"
    assert told(KeyError(), "zh") == ""


UNIT = Text("unit", "单位")
