"""
Texts: what people read, in every language at once.

A text stands where it is said, English and Simplified Chinese side by side, so that it
cannot be added in one of them only.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Self


class Language(StrEnum):
    """A language that texts exist in."""

    EN = "en"
    ZH = "zh"


class Text(str):
    """
    One text in every language: it reads as English, and knows its Chinese.

    ``Text("no {what} here", "此处没有{what}", what=…)`` fills in both; a field that is a
    text itself is filled in each in its own language.  Without fields nothing is filled in,
    and braces are braces.
    """

    __slots__ = ("zh",)

    zh: str

    def __new__(cls, en: str, zh: str, **fields: object) -> Self:
        """Return the text, its fields filled in where there are any."""
        if fields:
            theirs = {k: in_language(v, Language.ZH) for k, v in fields.items()}
            en, zh = en.format(**fields), zh.format(**theirs)
        text = super().__new__(cls, en)
        text.zh = zh
        return text

    def __reduce__(self) -> tuple[type[Text], tuple[str, str]]:
        """Return what it is made of, so that it can be copied and sent elsewhere."""
        return Text, (str(self), self.zh)

    @property
    def en(self) -> str:
        """The text in English, and nothing else."""
        return str(self)

    def in_(self, language: str) -> str:
        """Return the text in *language*."""
        return self.zh if language == Language.ZH else str(self)


def as_text(written: str | Mapping[str, str]) -> Text:
    """Return *written* as a text: one for every language, or one in each."""
    if isinstance(written, str):
        return Text(written, written)
    return Text(written[Language.EN], written[Language.ZH])


def in_language(said: object, language: str) -> object:
    """Return *said* in *language*, where it is a text; else as it is."""
    return said.in_(language) if isinstance(said, Text) else said


def told(error: BaseException, language: str) -> str:
    """Return what *error* says in *language*, as far as it was said in both."""
    said = error.args[0] if error.args else ""
    return said.in_(language) if isinstance(said, Text) else str(error)


_SYSTEM: Final[Mapping[int, str]] = {
    errno.EACCES: "没有权限",
    errno.EEXIST: "文件已存在",
    errno.EISDIR: "这是一个文件夹",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘空间不足",
    errno.ENOTDIR: "不是文件夹",
    errno.EPERM: "不允许这样做",
    errno.EROFS: "文件系统只读",
}
"""What the operating system says, by its number."""


def of_system(error: OSError) -> Text:
    """Return what the operating system says in *error*."""
    said = error.strerror or str(error)
    return Text(said, _SYSTEM.get(error.errno or 0, said))


def joined(texts: Iterable[str], between: Text) -> Text:
    """Return *texts* one after the other, *between* them what each language has there."""
    several = list(texts)
    zh = (str(in_language(text, Language.ZH)) for text in several)
    return Text(between.join(several), between.zh.join(zh))
