"""
Text with commas, semicolons or tabs, as rows of cells.

However long it is, no more of it is in memory than a row and a buffer.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import frozen

from ..errors import SheetUnreadable
from ..texts import Text, joined
from .cells import Cell
from .files import File

BUFFER: Final = 1 << 20
"""How many bytes are decoded at once, to see whether they are text."""

HEAD: Final = 1 << 16
"""How many characters tell how the text is written."""

SAVE_AS: Final = Text(
    "open it in Excel or WPS and save it as .xlsx",
    "请用 Excel 或 WPS 打开并另存为 .xlsx",
)

_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WEB_PAGE: Final = re.compile(
    r"\s*<(?:!doctype|html|\?xml|table|meta|head)", re.IGNORECASE
)
_FORCED_TEXT: Final = re.compile(r'="([^"=]*)"')
_DELIMITERS: Final = ("\t", ",", ";")
_LINES_SNIFFED: Final = 20


@frozen(kw_only=True)
class Delimited:
    """
    A text, and how it is written.

    Args:
        file: The file.
        encoding: Of its text.
        mark: How many bytes at its beginning say which encoding it is.
        delimiter: What stands between two cells.
    """

    file: File
    encoding: str
    mark: int
    delimiter: str

    def rows(self) -> Iterator[list[Cell]]:
        """
        Go through its rows.

        Raises:
            SheetUnreadable: If quotes are not closed, or the file is another by now.
        """
        with self.file.opened() as file:
            file.seek(self.mark)
            text = io.TextIOWrapper(file, self.encoding, newline="")
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                for row in reader:
                    yield [_unforced(c) if '="' in c else c for c in row]
            except csv.Error as error:
                why = Text(
                    "line {n}: {e}", "第 {n} 行：{e}", n=reader.line_num, e=error
                )
                raise SheetUnreadable(self.file.path, why) from None


def delimited(file: File) -> Delimited:
    """
    Return how the text in *file* is written, having decoded all of it.

    Raises:
        SheetUnreadable: If it is no text, or a web page.
    """
    with file.opened() as opened:
        start = opened.read(max(len(mark) for mark, _ in _BYTE_ORDER_MARKS))
    marked = [each for each in _BYTE_ORDER_MARKS if start.startswith(each[0])]
    mark = len(marked[0][0]) if marked else 0
    encodings = [each for _, each in marked[:1]] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            head = _looked_through(file, encoding, mark)
        except _Undecodable as error:
            at = error.at
        else:
            return Delimited(
                file=file, encoding=encoding, mark=mark, delimiter=_delimiter(head)
            )
    raise SheetUnreadable(
        file.path,
        Text(
            "it is no spreadsheet, and no text in {encodings} (byte {at}); {save}",
            "不是电子表格，也不是 {encodings} 编码的文本（第 {at} 字节）；{save}",
            encodings=joined(encodings, Text(" or ", " 或 ")),
            at=at,
            save=SAVE_AS,
        ),
    )


class _Undecodable(Exception):
    """A byte that is not of the encoding; never leaves this module."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


def _looked_through(file: File, encoding: str, mark: int) -> str:
    """Decode all of *file*, and return how it begins."""
    head, other = "", False
    with file.opened() as opened:
        opened.seek(mark)
        for piece in _decoded(opened, encoding):
            if len(head) < HEAD:
                head += piece
            other = other or _NOT_TEXT.search(piece) is not None
    if _WEB_PAGE.match(head):
        raise SheetUnreadable(
            file.path,
            Text(
                "it is a web page, whatever its name; {save}",
                "不论文件名如何，这是一个网页；{save}",
                save=SAVE_AS,
            ),
        )
    if other:
        raise SheetUnreadable(
            file.path,
            Text("it is no spreadsheet; {save}", "不是电子表格；{save}", save=SAVE_AS),
        )
    return head


def _decoded(opened: BinaryIO, encoding: str) -> Iterator[str]:
    decoder, done = codecs.getincrementaldecoder(encoding)(), 0
    while True:
        piece = opened.read(BUFFER)
        # what the piece before ended with, in the middle of a character
        begun = len(decoder.getstate()[0])
        try:
            yield decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise _Undecodable(done - begun + error.start) from None
        if not piece:
            return
        done += len(piece)


def _delimiter(text: str) -> str:
    """The delimiter that the first lines hold most of, outside quotes; a tab, if tied."""
    head = "\n".join(text.splitlines()[:_LINES_SNIFFED])
    counts = Counter(re.sub(r'"[^"]*"', "", head))
    return max(_DELIMITERS, key=lambda delimiter: counts[delimiter])


def _unforced(field: str) -> str:
    """A field written ``="007"``, by which other programs keep a spreadsheet's hands off."""
    forced = _FORCED_TEXT.fullmatch(field.strip())
    return forced[1] if forced else field
