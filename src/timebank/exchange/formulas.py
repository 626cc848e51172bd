"""
Cells of an .xlsx file that show no value: formulas nobody has computed, and errors.

Readers of spreadsheets give both as blank, and a blank cell may mean something (one
piece, no recipient).  So they are looked up in the file itself.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.parsers import expat

from attrs import define, field

Unvalued = Mapping[tuple[int, int], str]
"""Row and column, from 0, to the formula's text (``=A1+B1``) or the error's name."""

PIECE: Final = 1 << 20
"""How many bytes of a part are in memory at once."""

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SIGNS: Final = (b"<f", b":f", b't="e"')
"""Without any of these, a sheet has neither a formula nor an error."""


class WorkbookDamaged(Exception):
    """The file's own parts contradict one another; never leaves this package."""


def unvalued_cells(content: bytes, sheet: str) -> Unvalued:
    """
    Return the cells of *sheet* without a value; none where the file is not an .xlsx.

    A formula whose result is the empty text has a value and is not among them.

    Raises:
        WorkbookDamaged: If the file cannot be taken apart.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if not {_WORKBOOK, _RELATIONS} <= set(parts.namelist()):
                return {}
            part = _part_of(parts, sheet)
            if part is None or not _has_signs(_pieces(parts, part)):
                return {}
            scan = _Scan()
            _parse(_pieces(parts, part), scan)
            return scan.unvalued
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError) as error:
        raise WorkbookDamaged(str(error)) from None


def _pieces(parts: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Go through a part, which may be a hundred times what it is in the file."""
    with parts.open(part) as opened:
        while piece := opened.read(PIECE):
            yield piece


def _has_signs(pieces: Iterable[bytes]) -> bool:
    longest, before = max(map(len, _SIGNS)), b""
    for piece in pieces:
        # a sign may be cut in two
        seen = before + piece
        if any(sign in seen for sign in _SIGNS):
            return True
        before = seen[1 - longest :]
    return False


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str | None:
    sheets, targets = _Elements("sheet"), _Elements("Relationship")
    _parse(_pieces(parts, _WORKBOOK), sheets)
    _parse(_pieces(parts, _RELATIONS), targets)
    target_of = {found["Id"]: found["Target"] for found in targets.found}
    for found in sheets.found:
        if found.get("name") == sheet:
            target = target_of.get(found.get("id", ""))
            return target and (target[1:] if target.startswith("/") else f"xl/{target}")
    return None


@define
class _Elements:
    """Collects the attributes of one kind of element."""

    wanted: str
    found: list[dict[str, str]] = field(factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == self.wanted:
            self.found.append({_local(key): text for key, text in attributes.items()})

    def end(self, name: str) -> None:
        """Nothing closes that matters."""

    def text(self, text: str) -> None:
        """No text matters."""


@define
class _Scan:
    """Walks through the cells of a sheet."""

    unvalued: dict[tuple[int, int], str] = field(factory=dict)
    row: int = -1
    column: int = -1
    kind: str = ""
    formula: str | None = None
    value: str = ""
    inside: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "row":
            self.row = int(attributes.get("r", self.row + 2)) - 1
            self.column = -1
        elif name == "c":
            place = attributes.get("r")
            self.column = _column(place) if place else self.column + 1
            self.kind = attributes.get("t", "")
            self.formula, self.value = None, ""
        elif name in {"f", "v"}:
            self.inside = name
            if name == "f":
                self.formula = ""

    def end(self, name: str) -> None:
        name = _local(name)
        if name in {"f", "v"}:
            self.inside = ""
        elif name == "c":
            if self.kind == "e":
                self.unvalued[self.row, self.column] = self.value
            elif self.formula is not None and not self.value and self.kind != "str":
                self.unvalued[self.row, self.column] = f"={self.formula}"

    def text(self, text: str) -> None:
        if self.inside == "v":
            self.value += text
        elif self.inside == "f":
            self.formula = (self.formula or "") + text


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _column(place: str) -> int:
    """The column of ``AB12``, from 0."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _parse(xml: Iterable[bytes], into: _Elements | _Scan) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = into.start
    parser.EndElementHandler = into.end
    parser.CharacterDataHandler = into.text
    parser.EntityDeclHandler = _no_entities
    try:
        for piece in xml:
            parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by position only
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, ValueError) as error:  # a row numbered "x"
        raise WorkbookDamaged(str(error)) from None


def _no_entities(*_: object) -> None:
    raise WorkbookDamaged("it declares entities, which no spreadsheet program writes")
