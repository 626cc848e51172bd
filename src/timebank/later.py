"""
What a bank does beyond keeping its books, imported when it is first asked for.

To open books and read a balance takes no rules, no audit and nothing that explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .due import let_time_pass
    from .explain import explain, explain_request
    from .policy.bodies import in_force
    from .policy.claims import open_claims
    from .policy.files import compiled, load_policy
    from .policy.names import names_of
    from .policy.needs import everything_about
    from .policy.ranked import published, ranked, ranking_id, ranking_ids
    from .proof.verify import verify
    from .session import decided, new_id
    from .view import view
else:
    from .first_use import at_first_use

    __getattr__ = at_first_use(
        __name__,
        {
            "due": ("let_time_pass",),
            "explain": ("explain", "explain_request"),
            "policy.bodies": ("in_force",),
            "policy.claims": ("open_claims",),
            "policy.files": ("compiled", "load_policy"),
            "policy.names": ("names_of",),
            "policy.needs": ("everything_about",),
            "policy.ranked": ("published", "ranked", "ranking_id", "ranking_ids"),
            "proof.verify": ("verify",),
            "session": ("decided", "new_id"),
            "view": ("view",),
        },
    )

__all__ = [
    "compiled",
    "decided",
    "everything_about",
    "explain",
    "explain_request",
    "in_force",
    "let_time_pass",
    "load_policy",
    "names_of",
    "new_id",
    "open_claims",
    "published",
    "ranked",
    "ranking_id",
    "ranking_ids",
    "verify",
    "view",
]
