"""Floors, caps, limits and excess that leave no room, or have no effect."""

import pytest

from .files import changed, mistakes

MEMBER = 'points = { floor = 0, cap = 1500, excess = "drop" }'
LIMITS = 'limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }'
POOL = 'points = { floor = "none" }'


def bounds(floor, cap):
    return [
        (MEMBER, f"points = {{ floor = {floor}, cap = {cap} }}"),
        ("price = 20", "price = 0"),
    ]


BY = "by = 'agreed_once'"
KEPT = ("rate = {", 'agreed_once = { type = "yes-no", kept = true }\nrate = {')


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        (bounds(3, 2), "accounts.member.points.floor", "above the cap of 2"),
        (
            [*bounds(f"{{ {BY}, yes = 1, no = 3 }}", 2), KEPT],
            "accounts.member.points.floor",
            "above the cap of 2 (no)",
        ),
        (
            [*bounds(3, f"{{ {BY}, yes = 4, no = 2 }}"), KEPT],
            "accounts.member.points.floor",
            "above the cap of 2 (no)",
        ),
        (
            [
                *bounds(
                    f"{{ {BY}, yes = 1, no = 5 }}", f"{{ {BY}, yes = 9, else = 4 }}"
                ),
                KEPT,
            ],
            "accounts.member.points.floor",
            "above the cap of 4 (no)",
        ),
        (
            [
                (MEMBER, MEMBER.replace('"drop"', '{ to = "pool:common" }')),
                (POOL, "points = { cap = 9 }"),
            ],
            "accounts.member.points.excess.to",
            "pool:common has a cap of its own in points",
        ),
        (
            [
                (
                    LIMITS,
                    'limits.day = { at_most = 4, excess = { to = "pool:common" } }',
                ),
                (POOL, "points = { cap = 9 }"),
            ],
            "rules.points.limits.day.excess.to",
            "pool:common has a cap of its own in points",
        ),
        (
            [(LIMITS, 'limits.day = { at_most = 4, excess = { to = "provider" } }')],
            "rules.points.limits.day.excess.to",
            "where the rest goes too",
        ),
        (
            [(LIMITS, "limits.day = { at_most = 0 }")],
            "rules.points.limits.day.at_most",
            "leaves no room",
        ),
    ],
)
def test_what_leaves_no_room_is_told(changes, place, said):
    assert said in mistakes(changed(*changes))[place]


@pytest.mark.parametrize(
    "changes",
    [
        bounds(2, 2),
        bounds('"none"', 2),
        [*bounds(f"{{ {BY}, yes = 1, no = 2 }}", 2), KEPT],
        [*bounds(2, f"{{ {BY}, yes = 4, no = 2 }}"), KEPT],
        [
            *bounds(f"{{ {BY}, yes = 1, no = 5 }}", f"{{ {BY}, yes = 1, no = 5 }}"),
            KEPT,
        ],
        [(MEMBER, MEMBER.replace('"drop"', '{ to = "pool:common" }'))],
        [
            (MEMBER, MEMBER.replace('"drop"', '{ to = "pool:common" }')),
            (POOL, f"{POOL}\ncoins = {{ cap = 9 }}"),
        ],
        [(LIMITS, 'limits.day = { at_most = 4, excess = { to = "recipient" } }')],
        [(LIMITS, "limits.day = { at_most = 1 }")],
    ],
)
def test_what_leaves_some_room_is_let_be(changes):
    assert mistakes(changed(*changes)) == {}


def test_a_limit_on_a_balance_that_every_cap_keeps_below_never_binds():
    def limited(most):
        return mistakes(
            changed(
                (LIMITS, f"limits = {{ had = {{ at_most = {most} }} }}"),
                ('may = ["donate"]', 'may = ["donate"]\npoints = { cap = 99 }'),
                (POOL, "points = { cap = 9 }"),
            )
        )

    assert "never above 1500" in limited(1500)["rules.points.limits.had"]
    assert limited(1499) == {}
