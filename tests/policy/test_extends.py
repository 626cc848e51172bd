"""A policy that extends others: what holds, who says it, and what is wrong in which file."""

import attrs
import pytest

from timebank import play_examples
from timebank.errors import PolicyInvalid
from timebank.policy.bundles import bundled, split
from timebank.policy.conditions import Condition
from timebank.policy.files import compiled, load_policy, merged
from timebank.policy.keys import known_keys, tables
from timebank.policy.ladders import Move, Rung
from timebank.policy.nested import table_at
from timebank.policy.procedures import Step
from timebank.policy.rules import FactRule, Policy

CITY = """
language = 1
units = { points = {} }
accounts.member = { points = { cap = 1500, excess = "drop" } }
facts = { age = "number", area = "number" }
classes = { care = {}, class = {} }

[policy]
name = "City"
source = "made up"
status = "pilot"
from = 2020-01-01
silent = ["rounding"]
locks = ["accounts", "rules.points.requires.provider.age"]

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = 1 }]
requires = { provider.age = { min = 18 } }
limits = { day = { at_most = 4, excess = "drop" }, month = { at_most = 40 } }

[examples."2 h"]
do = [{ on = "service", class = "care", time = "2 h", facts = { age = 30 } }]
expect = { points = 2 }
"""

DISTRICT = """
language = 1
policy = { name = "District", from = 2021-01-01, extends = "City" }
rules.points.limits.day.at_most = 2
classes.digging = {}
"""

STATION = """
language = 1
policy = { name = "Station", extends = "district.toml", remove = ["rules.points.limits.month", "classes.class"] }
rules.points.limits.day.at_most = 1
examples."2 h" = { expect = { points = 1 } }
"""

FILES = {"city.toml": CITY, "district.toml": DISTRICT, "station.toml": STATION}
CALLED = {"City": "city.toml", "District": "district.toml", "Station": "station.toml"}


def finder(files):
    """Return what finds a file of *files*, or a policy by its name."""

    def find(name):
        file = CALLED.get(name, name)
        return (file, files[file]) if file in files else None

    return find


def bundle(child, **others):
    files = FILES | {f"{name}.toml": text for name, text in others.items()}
    return bundled(child, name="child.toml", find=finder(files))


def mistakes(child, **others):
    """Return what is wrong with *child*, as (place, file) → text."""
    invalid = PolicyInvalid("", {})
    try:
        load_policy(bundle(child, **others))
    except PolicyInvalid as error:
        invalid = error
    assert [text for text in invalid.mistakes.values() if text.zh == text.en] == []
    return {
        (place, invalid.files.get(place)): text
        for place, text in invalid.mistakes.items()
    }


# ------------------------------------------------------------------ what holds


def test_a_policy_that_extends_nothing_is_its_own_bundle():
    assert bundle(CITY) == CITY
    assert [part.text for part in split(CITY, "city.toml")] == [CITY]


def test_parents_stand_before_the_child_and_the_text_can_be_read_again():
    text = bundle(STATION)

    assert [part.name for part in split(text, "x")] == [
        "city.toml",
        "district.toml",
        "child.toml",
    ]
    assert bundled(text, name="x", find=lambda _: None) == text
    assert compiled(text).text == text


def test_a_child_says_what_differs_and_inherits_the_rest():
    policy = load_policy(bundle(STATION))

    assert policy.policy.name == "Station"
    assert policy.policy.source == "made up"
    assert policy.policy.from_.isoformat() == "2021-01-01"
    assert list(policy.rules["points"].limits) == ["day"]
    assert [set(policy.classes), set(policy.units)] == [{"care", "digging"}, {"points"}]
    assert [p.failures for p in play_examples(policy)] == [()]


def test_what_a_file_says_of_itself_is_not_handed_on_but_locks_are():
    own = "language = 1\npolicy = { name = 'Own', extends = 'Station' }"

    head = load_policy(bundle(own)).policy

    assert (head.extends, head.remove) == (("Station",), ())
    assert head.locks == ("accounts", "rules.points.requires.provider.age")


@pytest.mark.parametrize(
    ("own", "called"),
    [("", "Own"), (", text = { en = 'Ours', zh = '本区' }", "本区")],
)
def test_what_people_call_a_policy_is_not_handed_on(own, called):
    city = CITY.replace('name = "City"', 'name = "City"\ntext = "The city"')
    child = f"language = 1\npolicy = {{ name = 'Own', extends = 'City'{own} }}"

    text = bundled(child, name="child.toml", find=finder({"city.toml": city}))

    assert compiled(text).policy.called.zh == called
    assert ("policy.text" in merged(text).said) is bool(own)


def test_a_parent_may_be_a_bundle_whose_parts_are_there_already():
    whole = bundled(DISTRICT, name="district.toml", find=finder(FILES))
    own = "language = 1\npolicy = { name = 'Own', extends = ['City', 'District'] }"

    text = bundle(own, district=whole)

    assert [part.name for part in split(text, "x")] == [
        "city.toml",
        "district.toml",
        "child.toml",
    ]
    assert load_policy(text).rules["points"].limits["day"].at_most.number == 2


def test_the_hash_is_of_the_whole_text():
    changed_city = CITY.replace("cap = 1500", "cap = 1501")

    assert (
        load_policy(bundle(DISTRICT)).hash
        != load_policy(bundle(DISTRICT, city=changed_city)).hash
    )


@pytest.mark.parametrize(
    ("own", "place", "value"),
    [
        # tables merge
        ("rules.points.text = 'earned'", "rules.points.unit", "points"),
        ("rules.points.limits.week.at_most = 9", "rules.points.limits.day.at_most", 4),
        (
            "rules.points.requires = { area = 3 }",
            "rules.points.requires.provider.age",
            {"min": 18},
        ),
        # values are replaced whole
        ("policy.silent = ['floors']", "policy.silent", ["floors"]),
        ("rules.points.amount = 2", "rules.points.amount", 2),
        (
            "rules.points.amount = { of = 'time' }",
            "rules.points.amount",
            {"of": "time"},
        ),
        (
            "rules.points.requires = { 'provider.area' = { max = 9 } }",
            "rules.points.requires.provider.area",
            {"max": 9},
        ),
        (
            "rules.points.limits.day.excess = { to = 'issuer' }",
            "rules.points.limits.day.excess",
            {"to": "issuer"},
        ),
        ("facts.age = { type = 'number', default = 3 }", "facts.area", "number"),
    ],
)
def test_tables_merge_and_values_are_replaced_whole(own, place, value):
    child = f"language = 1\npolicy.name = 'Child'\npolicy.extends = 'City'\n{own}"

    assert merged(bundle(child)).said[place][-1].value == value


def test_every_table_of_the_language_merges_that_stands_in_no_list():
    kinds, merging = [Policy], set()
    while kinds:
        kind = kinds.pop()
        merging.add(kind)
        words = ["NAME"] if kind not in tables() else [*known_keys(kind), "NAME"]
        inner = [table_at(kind, word) for word in words]
        kinds += [each for each in inner if each is not None and each not in merging]

    in_lists = {Move, Rung, Step}
    assert {k for k in merging if attrs.has(k)} - {Condition} == (
        set(tables()) - in_lists - {FactRule}
    )


def test_it_is_told_who_says_what_and_instead_of_whom():
    said = merged(bundle(STATION)).said["rules.points.limits.day.at_most"]

    assert [(each.value, each.file) for each in said] == [
        (4, "city.toml"),
        (2, "district.toml"),
        (1, "child.toml"),
    ]
    assert merged(bundle(STATION)).dropped == {
        "rules.points.limits.month": "child.toml",
        "classes.class": "child.toml",
    }


def test_one_may_extend_several_and_the_later_lies_over_the_earlier():
    calendar = (
        "language = 1\npolicy.name = 'Days'\nrules.points.limits.day.at_most = 3\n"
    )
    child = "language = 1\npolicy = { name = 'Child', extends = ['City', 'days.toml', 'District'] }"
    layers = merged(bundle(child, days=calendar))

    assert [s.file for s in layers.said["rules.points.limits.day.at_most"]] == [
        "city.toml",
        "days.toml",
        "district.toml",
    ]


def test_what_was_dropped_can_be_said_anew():
    child = """
    language = 1
    policy = { name = "Child", extends = "City", remove = ["rules.points.limits"] }
    rules.points = { limits.year.at_most = 9, on = "service", unit = "points", amount = 1 }
    """

    rule = load_policy(bundle(child)).rules["points"]

    assert list(rule.limits) == ["year"]


# ------------------------------------------------------------------ what is wrong


def child(*lines, head=""):
    return "\n".join(
        [
            "language = 1",
            f"policy = {{ name = 'Child', extends = 'City'{head} }}",
            *lines,
        ]
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (child("accounts.member.points.cap = 3"), "accounts.member.points.cap"),
        (child("accounts.group = {}"), "accounts.group"),
        (child(head=", remove = ['accounts.member.points']"), "accounts.member.points"),
        (child(head=", remove = ['accounts']"), "accounts"),
        (
            child("rules.points.requires.provider.age = { min = 16 }"),
            "rules.points.requires.provider.age.min",
        ),
        (
            child(head=", remove = ['rules.points']"),
            "rules.points.requires.provider.age",
        ),
        (child("accounts.member = 3"), "accounts.member"),
    ],
)
def test_what_is_locked_is_not_changed_by_any_way(text, place):
    found = mistakes(text)

    assert "locked by city.toml" in found[place, "child.toml"]


def test_a_lock_holds_for_grandchildren_too():
    found = mistakes(
        "language = 1\npolicy = { name = 'S', extends = 'District' }\n"
        "accounts.member.points.cap = 3\n"
    )

    assert [key for key, text in found.items() if "locked by city.toml" in text] == [
        ("accounts.member.points.cap", "child.toml")
    ]


def test_saying_again_what_is_locked_changes_nothing():
    assert mistakes(child("accounts.member.points.cap = 1500")) == {}


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (child(head=", remove = ['rules.point']"), "policy.remove", "`rules.points`"),
        (child(head=", locks = ['rules.point']"), "policy.locks", "`rules.points`"),
        (child(head=", locks = [3]"), "policy.locks", "places in quotes"),
        (child().replace("language = 1", ""), "language", "every file"),
        (child().replace("name = 'Child',", ""), "policy.name", "missing"),
        (child().replace("'Child'", "'City'"), "policy.name", "another policy"),
        (child("rules.points.amunt = 3"), "rules.points.amunt", "`amount`"),
        (child("rules.more = { on = 'gift' }"), "rules.more.unit", "`unit` is missing"),
        (child("items.rice = {}"), "items.rice.price", "`price` is missing"),
        (child("rules.points.unit = 'point'"), "rules.points.unit", "'points'"),
        (child("classes.care.weight = 0.5"), "classes.care.weight", "floats"),
    ],
)
def test_a_mistake_of_the_child_is_told_with_its_file(text, place, said):
    assert said in mistakes(text)[place, "child.toml"]


def test_a_mistake_of_a_parent_is_told_with_its_file():
    broken = CITY.replace("of = 'time'", "of = 'tme'").replace('"time"', '"tme"')

    found = mistakes(DISTRICT, city=broken)

    assert {file for _, file in found} == {"city.toml"}


def test_a_parent_that_is_no_toml_is_told_by_its_name():
    text = bundle(DISTRICT).replace('name = "City"', "name = City")

    with pytest.raises(PolicyInvalid) as caught:
        load_policy(text)

    assert "  city.toml: file: is not TOML" in str(caught.value)


def test_the_error_names_the_file_before_the_place():
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(bundle(child("rules.points.amunt = 3")), name="mine")

    assert "  child.toml: rules.points.amunt: unknown key" in str(caught.value)


def test_a_parent_that_is_not_found_is_told_with_who_wants_it():
    with pytest.raises(PolicyInvalid) as caught:
        bundle(STATION.replace("district.toml", "distrikt"))

    assert "there is no policy 'distrikt'" in str(caught.value)
    assert caught.value.files == {"policy.extends": "child.toml"}


def test_a_circle_is_told_with_the_way_round():
    city = CITY.replace('name = "City"', 'name = "City"\nextends = "District"')

    with pytest.raises(
        PolicyInvalid, match=r"child\.toml → district\.toml → city\.toml → d"
    ):
        bundle(STATION, city=city)


def test_a_policy_that_extends_is_not_read_without_its_parents():
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(DISTRICT)

    assert "'City' does not stand before it" in caught.value.mistakes["policy.extends"]


def test_a_part_that_nobody_extends_does_not_slip_in():
    stray = "#==== policy: stray.toml ====#\n" + DISTRICT.replace("City", "city.toml")
    text = bundle(child()).replace("#==== policy: child", f"{stray}#==== policy: child")

    with pytest.raises(PolicyInvalid) as caught:
        load_policy(text)

    assert caught.value.files == {"policy.name": "stray.toml"}


def test_nothing_stands_before_the_first_part():
    with pytest.raises(PolicyInvalid, match="before the first part"):
        load_policy("units = {}\n" + bundle(DISTRICT))


def test_what_extends_nothing_has_nothing_to_drop():
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(CITY.replace("locks =", "remove = ['items']\nlocks ="))

    assert "there is nothing at 'items'" in caught.value.mistakes["policy.remove"]
    assert caught.value.files == {}
