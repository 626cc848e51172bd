"""
Accounts as values: which names mean one, and what they are compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ...texts import Text
from ..conditions import Comparison, Operand
from ..expressions import Named
from ..hints import Mistake
from ..rules import FactType, Policy
from ..shapes import ACCOUNT, ROLES, base_of
from ..whom import WORDS, may_name, told, word_in


def is_party(name: str, policy: Policy) -> bool:
    """Return whether *name* is an account: a role, one that is named, or such a fact."""
    fact = policy.facts.get(base_of(name))
    if fact is not None:
        return fact.type is FactType.ACCOUNT
    own = base_of(name) == ACCOUNT or word_in(name, policy) is not None
    return own or name in ROLES or name in policy.named_accounts()


def facts_of(roles: Iterable[str], policy: Policy) -> list[str]:
    """Return the facts of *roles* that tell an account, as they are called."""
    names = [n for n, rule in policy.facts.items() if rule.type is FactType.ACCOUNT]
    return [*names, *(f"{role}.{name}" for role in roles for name in names)]


def is_whose(word: str, policy: Policy, known: Collection[str]) -> bool:
    """
    Return whether *word* is an account: one of *known*, or one that such a one keeps.

    What is not kept comes with the operation, for those who take part in it.
    """
    if not is_party(word, policy):
        return False
    if word in known:
        return True
    if (name := word_in(word, policy)) is not None:
        return _names_somebody(word, name, policy)
    fact = told(word, policy)
    return (
        fact is not None
        and policy.facts[fact[1]].kept
        and bool(fact[0])
        and is_whose(fact[0], policy, known)
    )


def _names_somebody(word: str, name: str, policy: Policy) -> bool:
    """Return whether *word* names an account by the word *name*, for every choice of it."""
    found, fact = may_name(word, policy), policy.facts.get(name.rpartition(".")[2])
    if fact is not None:
        return bool(found) and len(found) == len(fact.choices)
    return bool(found) and name in WORDS


def party_misfits(
    operand: Operand, comparison: Comparison, place: str, policy: Policy
) -> Iterator[Mistake]:
    """Find an account compared with what is none, or otherwise than as the same."""
    if comparison not in (Comparison.IS, Comparison.IS_NOT):
        yield (
            place,
            Text(
                "an account is tested with is or is_not, not {comparison}",
                "账户只能用 is 或 is_not 判断，不能用 {comparison}",
                comparison=comparison,
            ),
        )
    elif not isinstance(operand, Named) or not is_party(operand.name, policy):
        yield (
            place,
            Text(
                "is an account: test it with a role or an account of the policy",
                "为账户：请用角色或政策所列的账户判断",
            ),
        )
