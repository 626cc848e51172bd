"""
Whom a word of the policy means: a role, an account that it names, or one that a fact tells.

``pool:{body}`` is the account that it names for the operation's ``body``: ``pool:east``.
``provider.referrer`` is whoever is kept as the referrer of the provider.  Such words can
be told before anything is loaded, from what is kept with the accounts that come before
the dot, so that everybody who takes part is locked in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import define

from ..model import AccountId
from ..operations import FactValue
from .asking import Asking
from .expressions import Value, names_of
from .rules import FactType, Policy
from .shapes import LABELS, OWN

Kept = Mapping[AccountId, frozenset[tuple[str, FactValue]]]
"""
Facts that accounts keep, or will keep by what a batch asks before: several of one name
where that is not yet settled.
"""

NOBODY: Final[Kept] = {}
"""Nothing known of anybody."""


def told(word: str, policy: Policy) -> tuple[str, str] | None:
    """Return whose fact *word* is and its name, where it is one that tells an account."""
    whose, _, name = word.rpartition(".")
    fact = None if whose in OWN else policy.facts.get(name)
    return (whose, name) if fact and fact.type is FactType.ACCOUNT else None


_BY_WORD: Final = re.compile(r"[^{}]*\{([^{}]+)\}[^{}.]*")

WORDS: Final = (*LABELS, "class", "item")
"""Words of the operation by which an account may be named, beside choices of facts."""


def word_in(word: str, policy: Policy) -> str | None:
    """Return the value by which *word* names an account: ``body`` for ``pool:{body}``."""
    found = _BY_WORD.fullmatch(word)
    return found[1] if found and word not in policy.named_accounts() else None


def is_told(word: str, policy: Policy) -> bool:
    """Return whether only a fact, or a word of the operation, tells whom *word* means."""
    if word in policy.named_accounts():
        return False
    return word_in(word, policy) is not None or told(word, policy) is not None


def named_by(word: str, value: Value, policy: Policy) -> AccountId | None:
    """
    Return the account that *word* names where its value is *value*, if there is one.

    A class names by the wider ones that it is in too, and a body by those above it.
    """
    name = word_in(word, policy)
    words = policy.chain(str(value)) if name == "body" else ()
    several = (word.replace(f"{{{name}}}", str(w)) for w in words or names_of(value))
    named = (each for each in several if each in policy.named_accounts())
    return next((AccountId(each) for each in named), None)


def may_name(word: str, policy: Policy) -> frozenset[AccountId]:
    """Return every account that *word* can name; none where it names by no word."""
    name = word_in(word, policy)
    if name is None:
        return frozenset()
    before, _, after = word.partition(f"{{{name}}}")
    fact = policy.facts.get(name.rpartition(".")[2])
    return frozenset(
        AccountId(each)
        for each in policy.named_accounts()
        if each.startswith(before)
        and each.endswith(after)
        and (choice := each[len(before) : len(each) - len(after)])
        and (fact is None or choice in fact.choices)
    )


@define
class Whom:
    """
    Whom words can mean, as far as that is known before anything is loaded.

    Args:
        policy: The rules.
        ask: What is asked.
        kept: What accounts keep.
    """

    policy: Policy
    ask: Asking
    kept: Kept

    def accounts(self, word: str) -> frozenset[AccountId]:
        """Return the accounts that *word* can mean; none where it means nobody."""
        word = word or self.ask.shape.subject
        if word in self.ask.roles:
            return frozenset({self.ask.roles[word]})
        if word in self.policy.named_accounts():
            return frozenset({AccountId(word)})
        if (name := word_in(word, self.policy)) is not None:
            several = (named_by(word, value, self.policy) for value in self._said(name))
            return frozenset(filter(None, several))
        fact = told(word, self.policy)
        given = self._given(*fact) if fact else ()
        return frozenset(AccountId(each) for each in given if isinstance(each, str))

    def _said(self, name: str) -> Iterator[Value]:
        """Yield what the word *name* can be: the operation's own, or choices of a fact."""
        if name in self.ask.fields:
            yield self.ask.fields[name]
            return
        whose, _, base = name.rpartition(".")
        given = self._given(whose, base) if base in self.policy.facts else ()
        yield from (str(each) for each in given if each is not None)

    def _given(self, whose: str, name: str) -> set[FactValue | None]:
        """Return all that the fact *name* of somebody can be, its default among it."""
        rule = self.policy.facts[name]
        if rule.kept:
            return {
                rule.default,
                *(
                    value
                    for account in self.accounts(whose)
                    for known, value in self.kept.get(account, ())
                    if known == name
                ),
            }
        facts, subject = self.ask.facts, self.ask.shape.subject
        own = facts.get(name) if whose in ("", subject) else None
        return {rule.default, facts.get(f"{whose or subject}.{name}"), own}

    def asked(self, word: str) -> frozenset[AccountId]:
        """Return the accounts whose facts say whom *word* means."""
        if word in self.policy.named_accounts():
            return frozenset()
        name = word_in(word, self.policy)
        whose, _, base = (name or word).rpartition(".")
        fact = (whose, base) if name else told(word, self.policy)
        if fact is None or base not in self.policy.facts:
            return frozenset()
        kept = self.policy.facts[base].kept
        return self.asked(fact[0]) | (self.accounts(fact[0]) if kept else frozenset())
