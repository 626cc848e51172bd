"""
Where policies come from: files, the programmes that ship, and what either extends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..errors import PolicyInvalid
from ..policy.bundles import SUFFIX, Part, bundled, names
from ..policy.hints import nearest
from ..shipped import programme, programmes, shipped
from ..texts import Text
from .endings import Stopped


def text_of(name: str) -> str:
    """
    Return the policy file *name*, or the programme of that name that ships.

    What it extends stands before it: files of the same folder, called by the name of
    their policy or their own, and programmes that ship.

    Raises:
        Stopped: If it is neither.
        PolicyInvalid: If it is not UTF-8, or what it extends is not there.
        OSError: If it cannot be read.
    """
    path = Path(name)
    if path.is_file():
        return bundled(_read(path), name=path.name, find=partial(_beside, path.parent))
    if name in programmes():
        return programme(name)
    if path.is_dir():
        raise Stopped(
            Text(
                "{name} is a folder: name a file in it",
                "{name} 是文件夹：请指明其中的文件",
                name=name,
            )
        )
    raise Stopped(
        Text(
            "there is no file {name}, and no programme of that name ships; {hint}",
            "没有文件 {name}，随附的项目中也没有该名称；{hint}",
            name=name,
            hint=nearest(name, programmes()),
        )
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = Text(
            "is not UTF-8 (byte {byte}): save it as UTF-8",
            "不是 UTF-8（第 {byte} 字节）：请以 UTF-8 保存",
            byte=error.start,
        )
        raise PolicyInvalid(str(path), {"file": why}) from None


def _beside(folder: Path, name: str) -> tuple[str, str] | None:
    """Return the file of *folder* that *name* means, or the programme that ships."""
    for path in (folder / name, folder / f"{name}{SUFFIX}"):
        if path.suffix == SUFFIX and path.parent == folder and path.is_file():
            return path.name, _read(path)
    called = [part for part in _policies(folder) if names(part)[0] == name]
    if len(called) > 1:
        why = Text(
            "several files beside it are policies called {name!r}: {files}",
            "同一目录下有多个文件的政策名为 {name!r}：{files}",
            name=name,
            files=", ".join(part.name for part in called),
        )
        raise PolicyInvalid(str(folder), {"policy.extends": why})
    return (called[0].name, called[0].text) if called else shipped(name)


def _policies(folder: Path) -> Iterator[Part]:
    """Yield what can be read; a file that cannot is told when it is asked for by name."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(PolicyInvalid):
            yield Part(path.name, _read(path))
