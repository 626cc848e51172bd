"""
What requests need, loaded once for all of them.

What they need follows from policies, from threads, and from what accounts keep of one
another, which is all read before anything is locked: meanwhile somebody else may have
adopted a policy, acted on a target, or amended an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from . import operations as ops
from .accounts import Account
from .adoptions import Adoption, policy_on
from .entries import Entry, Recorded, Request
from .model import START, AccountId, EntryId
from .policy.bodies import body_of, in_force
from .policy.needs import needs_of, target_of
from .policy.whom import NOBODY
from .scope import Needs, union
from .standing import Standing
from .storage.protocol import Reading

KeptFacts = frozenset[tuple[str, ops.FactValue]]
"""What an account keeps, or kept on some day: which of it counts, the day decides."""

_NO_THREADS: Final = Standing()
"""What is known beforehand where nothing that is asked acts on an entry."""


def loaded(
    reading: Reading, requests: Sequence[Request], recorded: Recorded
) -> Standing:
    """Return all that *requests* need; more is loaded where it grew before it was locked."""
    today = recorded.on
    to_come = [r.operation for r in requests if type(r.operation) is ops.AdoptPolicy]
    targets = {
        target
        for request in requests
        if (target := target_of(request.operation)) is not None
    }
    adopted = list(reading.adoptions())
    threads = reading.threads(targets) if targets else _NO_THREADS
    kept: dict[AccountId, KeptFacts] = {}
    needs = Needs(threads=set(targets))
    while True:
        planned = _with_planned(threads, requests, recorded) if targets else threads
        # what is to be kept counts of those who are asked, and at first nobody is
        also_kept = _also_kept(kept, requests, planned) if kept else NOBODY
        for request in requests:
            thread = _thread(request, planned) if targets else ()
            needs_of(
                request.id,
                request.operation,
                request.effective_on,
                _texts(request, thread, adopted, to_come, today),
                thread,
                today=today,
                kept=also_kept,
                among=needs,
            )
        if unknown := needs.asked.difference(kept):
            known = {a.id: a for a in reading.accounts(unknown)}
            kept |= {id: _kept(known.get(id)) for id in unknown}
            continue
        standing = reading.load(needs)
        told = {id: _kept(standing.account(id)) for id in needs.asked}
        if (standing.adoptions, told) == (adopted, kept) and (
            not targets or _acted(standing, targets) == _acted(threads, targets)
        ):
            return standing
        adopted, kept = standing.adoptions, told
        threads = reading.threads(targets) if targets else _NO_THREADS
        needs = union([needs])


def _texts(
    request: Request,
    thread: Sequence[Entry],
    adopted: Sequence[Adoption],
    to_come: Sequence[ops.AdoptPolicy],
    today: date,
) -> set[str]:
    """
    Return the policies that may decide *request*.

    Those in force on its day and today, those that the batch itself adopts by then, and
    for what acts on an entry the one that entry was decided under.
    """
    operation = request.operation
    days = {request.effective_on, today}
    body = body_of(ops.asked_of(operation))
    texts = {held.text for day in days if (held := policy_on(adopted, day))}
    if body is not None:
        texts |= {a.text for day in days if (a := in_force(adopted, day, body))}
    opens = type(operation) is ops.OpenAccount
    if opens or thread or (to_come and body is not None):
        # the entry that it acts on, or the tree of bodies, may be another's
        texts.update(adoption.text for adoption in adopted)
    if to_come:
        last = max(days)
        texts.update(a.text for a in to_come if opens or a.holds_from <= last)
    return texts


def _kept(account: Account | None) -> KeptFacts:
    return (
        frozenset((f.name, f.value) for f in account.facts) if account else frozenset()
    )


def _also_kept(
    kept: Mapping[AccountId, KeptFacts],
    requests: Iterable[Request],
    threads: Standing,
) -> Mapping[AccountId, KeptFacts]:
    """Return *kept* with what accounts will keep if *requests* are granted."""
    also = dict(kept)
    for request in requests:
        asked = request.operation
        if isinstance(asked, ops.OnClaim) and asked.claim in threads.known:
            # which may come to count
            asked = threads.known[asked.claim][1].operation
        match asked:
            case ops.OpenAccount() | ops.AmendAccount() as operation:
                before = also.get(operation.account, frozenset())
                also[operation.account] = before | set(operation.facts)
            case _:
                pass
    return also


def _acted(standing: Standing, targets: Iterable[EntryId]) -> set[EntryId]:
    """Return the entries of the threads of *targets*, as far as they are recorded."""
    return {entry.id for target in targets for _, entry in standing.thread(target)}


def _thread(request: Request, threads: Standing) -> Sequence[Entry]:
    """Return the entries of the thread that *request* acts on, as far as it is known."""
    target = target_of(request.operation)
    if target not in threads.roots:
        return ()
    return [e for _, e in threads.thread(target) if e.id != request.id]


def _with_planned(
    threads: Standing, requests: Sequence[Request], recorded: Recorded
) -> Standing:
    """
    Return *threads* as far as they can be known beforehand, with the entries to come.

    A request may act on an entry that one before it in the batch will make.
    """
    planned = Standing(
        known=dict(threads.known),
        roots=dict(threads.roots),
        threads={root: list(members) for root, members in threads.threads.items()},
    )
    for request in requests:
        if request.id not in planned.known:
            planned.take_thread(_planned(request, recorded), START)
    return planned


def _planned(request: Request, recorded: Recorded) -> Entry:
    return Entry(
        id=request.id,
        operation=request.operation,
        effective_on=request.effective_on,
        recorded=recorded,
        actor=request.actor,
        policy="",
        target=target_of(request.operation),
    )
