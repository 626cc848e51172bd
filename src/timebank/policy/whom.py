"""
Whom a word of the policy means: a role, an account that it names, or one that a fact tells.

``provider.referrer`` is whoever is kept as the referrer of the provider.  Such words can
be told before anything is loaded, from what is kept with the accounts that come before
the dot, so that everybody who takes part is locked in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from ..model import AccountId
from ..operations import FactValue
from .rules import FactType, Policy
from .shapes import OWN

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


@frozen(kw_only=True)
class Whom:
    """
    Whom words can mean, as far as that is known before anything is loaded.

    Args:
        policy: The rules.
        subject: The role whose facts bare names are.
        roles: Who is who.
        facts: What the host vouches for.
        kept: What accounts keep.
    """

    policy: Policy
    subject: str
    roles: Mapping[str, AccountId]
    facts: Mapping[str, FactValue] = field(factory=dict)
    kept: Kept = NOBODY

    def accounts(self, word: str) -> frozenset[AccountId]:
        """Return the accounts that *word* can mean; none where it means nobody."""
        word = word or self.subject
        if word in self.roles:
            return frozenset({self.roles[word]})
        if word in self.policy.named_accounts():
            return frozenset({AccountId(word)})
        fact = told(word, self.policy)
        if fact is None:
            return frozenset()
        given = self._given(*fact) | {self.policy.facts[fact[1]].default}
        return frozenset(AccountId(each) for each in given if isinstance(each, str))

    def _given(self, whose: str, name: str) -> set[FactValue | None]:
        if self.policy.facts[name].kept:
            return {
                value
                for account in self.accounts(whose)
                for known, value in self.kept.get(account, ())
                if known == name
            }
        own = self.facts.get(name) if whose in ("", self.subject) else None
        return {self.facts.get(f"{whose or self.subject}.{name}"), own}

    def asked(self, word: str) -> frozenset[AccountId]:
        """Return the accounts whose facts say whom *word* means."""
        fact = None if word in self.policy.named_accounts() else told(word, self.policy)
        if fact is None:
            return frozenset()
        kept = self.policy.facts[fact[1]].kept
        return self.asked(fact[0]) | (self.accounts(fact[0]) if kept else frozenset())
