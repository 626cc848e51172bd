"""
A file that is gone through more than once: looked through first, and then acted upon.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from attrs import field, frozen

from ..errors import SheetUnreadable
from ..texts import Text, of_system


@frozen(kw_only=True)
class File:
    """
    A file as it was when somebody first looked.

    Args:
        path: Where it is.
        state: Its size, and when it was changed.
        content: All of it, where it can be read only once, as a pipe can.
    """

    path: str
    state: tuple[int, int]
    content: bytes | None = field(default=None, repr=False)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """
        Open it from its beginning.

        Raises:
            SheetUnreadable: If it cannot be, or is another than it was.
        """
        if self.content is not None:
            yield io.BytesIO(self.content)
            return
        with _understood(self.path):
            file = open(self.path, "rb")  # noqa: PTH123, SIM115 - who reads it has errors of its own
        with file:
            if _state(file) != self.state:
                raise SheetUnreadable(
                    self.path,
                    Text(
                        "it was changed while it was read; import it again",
                        "读取期间文件被改动；请重新导入",
                    ),
                )
            yield file


def look_at(path: str) -> File:
    """
    Return the file at *path* as it is now.

    Raises:
        SheetUnreadable: If it cannot be opened.
    """
    with _understood(path), open(path, "rb") as file:  # noqa: PTH123 - as the caller wrote it
        once = not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        content = file.read() if once else None
        return File(path=path, state=_state(file), content=content)


def _state(file: BinaryIO) -> tuple[int, int]:
    about = os.fstat(file.fileno())
    return about.st_size, about.st_mtime_ns


@contextmanager
def _understood(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SheetUnreadable(path, of_system(error)) from None
