"""
Write the tables of the reference anew: of the policy language, and of the export.

Run as ``python3 dev.py reference``.  A table stands between a mark such as
``<!-- keys of Rule -->`` and the next blank line; what is around it is written by hand.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from timebank.analysis import TABLES
from timebank.analysis.columns import Table
from timebank.policy.keys import keys_of, tables
from timebank.policy.shapes import SHAPES
from timebank.rehearsal.reading import FORMS, THE_CLAIM, THE_LAST, Form

PAGES: Final = ("policy.md", "export.md")
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
    """Return every mark that one of the pages must have."""
    return list(_makers())


def _makers() -> Mapping[str, Callable[[], str]]:
    def keys(cls: type[Any]) -> Callable[[], str]:
        return lambda: _table(_keys(cls))

    def columns(table: Table) -> Callable[[], str]:
        return lambda: _table(_columns(table))

    return {
        **{f"keys of {cls.__name__}": keys(cls) for cls in tables()},
        "what operations give": lambda: _table(_operations()),
        "what examples do": lambda: _table(_examples()),
        **{f"columns of {table.name}": columns(table) for table in TABLES},
    }


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *rest = (f"| {' | '.join(row)} |\n".replace("  |", " |") for row in rows)
    columns = head.count("|") - 1
    return "".join([head, f"{'|---' * columns}|\n", *rest])


def _keys(cls: type[Any]) -> Iterator[tuple[str, ...]]:
    yield "key", "default", "what it is"
    for key in keys_of(cls):
        yield f"`{key.name}`", key.default or MISSING, key.text


def _columns(table: Table) -> Iterator[tuple[str, ...]]:
    yield "column", "type", "may say nothing", "what it says"
    for column in table.columns:
        optional = "yes" if column.optional else ""
        yield f"`{column.name}`", f"`{column.type.value}`", optional, column.text


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
    for name in PAGES:
        page = Path(__file__).with_name(name)
        page.write_text(page_with_tables(page.read_text("utf-8")), "utf-8")
