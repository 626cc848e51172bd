"""
Write the tables of ``policy.md`` anew, from the classes of the language.

Run as ``python3 dev.py reference``.  A table stands between a mark such as
``<!-- keys of Rule -->`` and the next blank line; what is around it is written by hand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from timebank.policy.keys import keys_of, tables
from timebank.policy.shapes import SHAPES
from timebank.rehearsal.reading import FORMS, THE_CLAIM, THE_LAST, Form

PAGE: Final = Path(__file__).with_name("policy.md")
MISSING: Final = "must be given"

_MARK: Final = re.compile(r"(?<=<!-- )(?P<name>[^>]+)(?P<rest> -->\n)(?:\|.*\n)*")


def page_with_tables(page: str) -> str:
    """
    Return *page* with every table as the classes tell it now.

    Raises:
        KeyError: If a mark names nothing there is.
    """
    makers = _makers()
    return _MARK.sub(
        lambda mark: f"{mark['name']}{mark['rest']}{makers[mark['name']]()}", page
    )


def marks() -> list[str]:
    """Return every mark that the page must have."""
    return list(_makers())


def _makers() -> Mapping[str, Callable[[], str]]:
    def keys(cls: type[Any]) -> Callable[[], str]:
        return lambda: _table(_keys(cls))

    return {
        **{f"keys of {cls.__name__}": keys(cls) for cls in tables()},
        "what operations give": lambda: _table(_operations()),
        "what examples do": lambda: _table(_examples()),
    }


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *rest = (f"| {' | '.join(row)} |\n".replace("  |", " |") for row in rows)
    columns = head.count("|") - 1
    return "".join([head, f"{'|---' * columns}|\n", *rest])


def _keys(cls: type[Any]) -> Iterator[tuple[str, ...]]:
    yield "key", "default", "what it is"
    for key in keys_of(cls):
        yield f"`{key.name}`", key.default or MISSING, key.text


def _operations() -> Iterator[tuple[str, ...]]:
    yield "`on`", "subject", "amount", "from", "to", "further roles"
    for on, shape in SHAPES.items():
        if on == "tier":
            continue  # no rule is on it
        ends = {shape.subject, shape.from_, shape.to}
        yield (
            f"`{on}`",
            shape.subject,
            f"`{shape.amount}`" if shape.amount else MISSING,
            shape.from_ or MISSING,
            shape.to or MISSING,
            ", ".join(role for role in shape.roles if role not in ends),
        )


def _examples() -> Iterator[tuple[str, ...]]:
    yield "`on`", "fields", "where they are left out"
    for on, form in FORMS.items():
        yield (
            f"`{on}`",
            ", ".join(f"`{word}`" for word in form.fields if word != "facts"),
            ", ".join(_filled(form)),
        )


def _filled(form: Form) -> Iterator[str]:
    for name, value in form.filled.items():
        word = form.renamed.get(name, name)
        yield f"`{word}` is {_SHOWN.get(value, f'`{value}`')}"


_SHOWN: Final = {THE_LAST: "the entry before it", THE_CLAIM: "the claim before it"}


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text("utf-8")), "utf-8")
