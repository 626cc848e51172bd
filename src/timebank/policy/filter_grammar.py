"""
How filters are written: a table of labels, each with what it has to say.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ..texts import Text
from .conditions import Comparison
from .filters import TESTED, Filter, LabelTest
from .grammar import read_text
from .hints import as_written, each, unknown_key


def read_filter(table: object, _: object = None) -> Filter:
    """Return the filter that *table* writes: tests of labels."""
    if not isinstance(table, dict) or not table:
        raise TypeError(
            Text(
                'a filter is a table such as {{ class = "care" }}, found {found}',
                '筛选为一个表，如 {{ class = "care" }}，现为 {found}',
                found=as_written(table),
            )
        )
    tests = each((name, partial(_label_test, name, v)) for name, v in table.items())
    return Filter(tuple(tests))


_LABEL_TESTS: Final = (str(Comparison.IS), str(Comparison.IS_NOT))


def _label_test(label: str, wanted: object) -> LabelTest:
    if label not in TESTED:
        raise ValueError(unknown_key(label, TESTED))
    table = wanted if isinstance(wanted, dict) else {"is": wanted}
    if unknown := [key for key in table if key not in _LABEL_TESTS]:
        raise ValueError(unknown_key(unknown[0], _LABEL_TESTS))
    words = {key: _words(value) for key, value in table.items()}
    if not words or not all(words.values()):
        raise ValueError(
            Text(
                "an empty list leaves nothing to compare with",
                "空列表没有可比较的内容",
            )
        )
    return LabelTest(
        label=label, is_=words.get("is", ()), is_not=words.get("is_not", ())
    )


def _words(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(read_text(each) for each in several)
