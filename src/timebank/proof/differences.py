"""
How an entry differs from what its body makes of it, and from what is decided again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..entries import Entry, Refusal, same_findings
from ..model import Effect, EntryId, Posting
from ..storage.protocol import StoredEntry
from ..texts import Text, joined

SHOWN: Final = 20
"""How many characters are shown of what stands in a body, and of what should."""


def differences(stored: StoredEntry, expected: StoredEntry) -> Iterator[Text]:
    """Say how what is *stored* of an entry differs from what its body makes."""
    for name in StoredEntry._fields:
        found, wanted = getattr(stored, name), getattr(expected, name)
        if found != wanted and name != "postings":
            yield Text(
                "{name} is kept as {found!r}, is {wanted!r}",
                "{name} 记为 {found!r}，应为 {wanted!r}",
                name=name,
                found=found,
                wanted=wanted,
            )
    if len(stored.postings) != len(expected.postings):
        yield Text(
            "{kept} postings are kept, {made} are made",
            "记有 {kept} 笔，应有 {made} 笔",
            kept=len(stored.postings),
            made=len(expected.postings),
        )
        return
    for kept, made in zip(stored.postings, expected.postings, strict=True):
        if kept.labels is None:
            # from before there were any: whoever asks reads the entry, as here
            made = made._replace(labels=None)  # noqa: PLW2901 - the same without
        if kept != made:
            yield Text(
                "posting {line} is kept as {kept}, is {made}",
                "第 {line} 笔记为 {kept}，应为 {made}",
                line=made.line,
                kept=kept,
                made=made,
            )


def otherwise_written(id: EntryId, kept: str, written: str) -> Text:
    """Say from where on the body of *id* is *kept* otherwise than it is *written*."""
    pairs = enumerate(zip(kept, written, strict=False))
    at = next((n for n, (one, other) in pairs if one != other), len(written))
    return Text(
        "law 2: the body of {id!r} is not as one is written: from character {at} on it "
        "is {found!r}, and would be {wanted!r}; take the body from a copy of the books",
        "定律 2：{id!r} 的正文不是应有的写法：自第 {at} 个字符起为 {found!r}，应为 {wanted!r}；"
        "请从账本的副本取回该正文",
        id=id,
        at=at + 1,
        found=kept[at : at + SHOWN],
        wanted=written[at : at + SHOWN],
    )


def disagreement(
    entry: Entry, verdict: Entry | Refusal, *, refused: bool
) -> Text | None:
    """Say how *verdict*, decided again, differs from what *entry* keeps."""
    if isinstance(verdict, Entry) and not refused:
        if verdict == entry:
            return None
        return Text(
            "law 10: decided again, {changes}",
            "定律 10：重新判定时，{changes}",
            changes=_changes(entry, verdict),
        )
    if isinstance(verdict, Entry):
        return Text(
            "law 10: decided again, it would be accepted", "定律 10：重新判定时会被接受"
        )
    if refused and same_findings(verdict.findings, entry.findings):
        return None
    codes = (f.code for f in verdict.findings if f.effect is Effect.REFUSES)
    return Text(
        "law 10: decided again, it is refused by {codes}",
        "定律 10：重新判定时被 {codes} 拒绝",
        codes=", ".join(codes),
    )


def _changes(entry: Entry, verdict: Entry) -> Text:
    def legs(postings: tuple[Posting, ...]) -> Text:
        each = (
            Text(
                "{account} {amount:+} parts of {unit}",
                "{account} {amount:+} 份 {unit}",
                account=p.account,
                amount=p.amount,
                unit=p.unit,
            )
            for p in postings
        )
        return joined(each, Text(", ", "、"))

    if entry.postings == verdict.postings:
        return Text(
            "the legs are the same and the findings or the policy are not",
            "各笔相同，而判定结果或政策不同",
        )
    return Text(
        "it moves {new} and not {old}",
        "变动为 {new}，而非 {old}",
        new=legs(verdict.postings),
        old=legs(entry.postings),
    )
