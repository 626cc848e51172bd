"""
Law 10: what was decided is decided again, under the policy that an entry names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..decide import decide
from ..entries import Entry, Request
from ..model import Position, Reason
from ..operations import NoteRefusal, PublishRanking
from ..policy.files import compiled
from ..policy.functions import functions_of
from ..policy.hints import text_of
from ..policy.ranked import ranked
from ..recalling import Memory
from ..standing import Standing
from ..storage.protocol import Reading
from ..texts import Text
from .differences import disagreement
from .laws import Told, Unchecked

NOT_DECIDED: Final = Text("law 10: cannot be decided again", "定律 10：无法重新判定")


def asked_again(entry: Entry) -> Request | Text | None:
    """Return what *entry* answered, or why it cannot be asked; *None* if nothing was decided."""
    operation, refused = entry.operation, isinstance(entry.operation, NoteRefusal)
    if refused and any(f.code == "id" for f in entry.findings):
        return None
    try:
        return Request(
            id=operation.refused if isinstance(operation, NoteRefusal) else entry.id,
            operation=(
                operation.operation if isinstance(operation, NoteRefusal) else operation
            ),
            effective_on=entry.effective_on,
            actor=entry.actor,
        )
    except ValueError as error:  # such as an actor that nobody could be
        return Text(
            "{told}: {error}",
            "{told}：{error}",
            told=NOT_DECIDED,
            error=text_of(error),
        )


def decided_again(entry: Entry, request: Request, fold: Standing) -> Iterator[Told]:
    """Decide *request* again, which *entry* answered, and say how that differs."""
    verdict = decide(request, fold, entry.recorded, commitment=entry.commitment)
    refused = isinstance(entry.operation, NoteRefusal)
    text = disagreement(entry, verdict, refused=refused)
    if text is None:
        return
    lacking = _lacking(entry, fold)
    if not lacking:
        yield text
        return
    yield Unchecked(
        Text(
            "law 10: not checkable without {functions}",
            "定律 10：缺少 {functions}，无法核验",
            functions=", ".join(lacking),
        )
    )


def ranked_again(entry: Entry, fold: Standing, reading: Reading) -> Iterator[Told]:
    """Make a ranking anew from all the books, as of the position it was made at."""
    asked = entry.asked
    if not isinstance(asked, PublishRanking) or _lacking(entry, fold):
        return  # what lacks is told where it was decided again
    memory = Memory(reading.past)
    books = memory.begin()
    books.functions = fold.functions
    for position, each in reading.entries(until=Position(asked.through)):
        memory.take(books, each, position)
    policy = compiled(fold.adopted(entry.policy).text)
    whole = ranked(asked.ranking, entry.effective_on, policy, books)
    missing = [place.account for place in whole if place not in asked.places]
    if whole != asked.places:
        yield Text(
            "law 10: made again as of position {n}, the ranking has {whole} "
            "places and not {found}; missing or other: {missing}",
            "定律 10：依第 {n} 条时的账目重新排名，应有 {whole} 名而非 {found} 名；"
            "缺少或不同者：{missing}",
            n=asked.through,
            whole=len(whole),
            found=len(asked.places),
            missing=", ".join(missing),
        )


def _lacking(entry: Entry, fold: Standing) -> list[str]:
    """Return the functions that *entry* may hang on, and did or does without."""
    used = {str(f.wanted) for f in entry.findings if f.reason is Reason.FUNCTION_NEEDED}
    today = fold.policy_on(entry.recorded.on)
    for adoption in fold.adoptions:
        if adoption.hash == entry.policy or adoption is today:
            used |= functions_of(compiled(adoption.text)) - fold.functions.keys()
    return sorted(used)
