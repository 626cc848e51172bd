"""
Policies broken by machine: every shipped programme, in every way that there is.

A *way* takes a programme's tables and yields broken copies of them, each with the place
at which the check must speak.  A new kind of mistake is a new way.
"""

import copy
import json
import tomllib
from datetime import date
from fractions import Fraction

import pytest

import timebank
from timebank.policy.files import load_policy
from timebank.shipped import file_of

from .files import mistakes

WAYS = {}


def way(break_):
    """Take *break_* into the ways that programmes are broken in."""
    WAYS[break_.__name__.replace("_", " ")] = break_
    return break_


# ---------------------------------------------------------------- tables and text


def written(value):
    """Return *value* as TOML on one line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            inner = (f"{json.dumps(k)} = {written(v)}" for k, v in value.items())
            return f"{{ {', '.join(inner)} }}"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def text_of(tables):
    return "\n".join(f"{json.dumps(k)} = {written(v)}" for k, v in tables.items())


def broken(tables, path, value):
    """Return a copy of *tables* with *value* at *path*; taken away where it is None."""
    changed = copy.deepcopy(tables)
    inner = changed
    for key in path[:-1]:
        inner = inner[key] if isinstance(inner, list) else inner.setdefault(key, {})
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


def named(tables, table):
    return tables.get(table, {}).items()


def on(rule):
    return rule["on"] if isinstance(rule["on"], list) else [rule["on"]]


def gates(tables):
    """Yield the path of every condition that may refuse, there or not."""
    for table in ("classes", "rules", "items"):
        for name, _ in named(tables, table):
            yield table, name, "requires"


def at(path):
    return ".".join(map(str, path))


def inside(tables, path):
    for key in path:
        tables = tables.get(key, {})
    return tables


# ---------------------------------------------------------------- names and words


@way
def a_key_is_misspelt(tables):
    for table, rows in (tables | {"examples": {}}).items():
        for name, row in rows.items() if isinstance(rows, dict) else ():
            own = {"weight"} if table == "classes" else set()
            for key in {*row} - own if isinstance(row, dict) else ():
                wrong = {
                    f"{key}{key[-1]}" if k == key else k: v for k, v in row.items()
                }
                yield broken(tables, (table, name), wrong), at((table, name))


@way
def a_unit_is_gone(tables):
    for unit, _ in named(tables, "units"):
        users = [n for n, rule in named(tables, "rules") if rule["unit"] == unit]
        for rule in users:
            yield broken(tables, ("units", unit), None), f"rules.{rule}.unit"


@way
def a_class_is_gone(tables):
    for class_, _ in named(tables, "classes"):
        for name, rule in named(tables, "rules"):
            if class_ in rule.get("class", ()):
                gone = broken(tables, ("classes", class_), None)
                yield gone, f"rules.{name}.class"


@way
def a_pool_is_gone(tables):
    for name, rule in named(tables, "rules"):
        for end in ("from", "to"):
            if str(rule.get(end, "")).startswith("pool:"):
                gone = broken(tables, ("accounts", "pool", "names"), [])
                yield gone, f"rules.{name}.{end}"


@way
def a_number_is_a_float(tables):
    for name, _ in named(tables, "items"):
        yield broken(tables, ("items", name, "price"), 0.5), f"items.{name}.price"


@way
def a_level_is_renamed(tables):
    for name, ladder in named(tables, "ladders"):
        for index, level in enumerate(ladder["levels"]):
            renamed = broken(tables, ("ladders", name, "levels", index, "name"), "?")
            for kind, rows in (("rules", "requires"), ("items", "requires")):
                for user, row in named(tables, kind):
                    if level["name"] in str(row.get(rows, {}).get(name, "")):
                        yield renamed, f"{kind}.{user}.{rows}.{name}"


# ---------------------------------------------------------------- gates


NEVER = {"min": date(2024, 2, 2), "max": date(2024, 2, 1)}


@way
def a_gate_excludes_itself(tables):
    for path in gates(tables):
        yield broken(tables, (*path, "day"), NEVER), f"{at(path)}.day"


@way
def a_gate_excludes_itself_in_every_alternative(tables):
    for path in gates(tables):
        both = [{"day": NEVER}, {"day": {"is": NEVER["min"], "is_not": NEVER["min"]}}]
        yield broken(tables, (*path, "any"), both), f"{at(path)}.any"


@way
def a_gate_denies_what_it_asks(tables):
    for path in gates(tables):
        asks = broken(tables, (*path, "day"), {"min": NEVER["min"]})
        denied = broken(asks, (*path, "not"), {"day": {"min": NEVER["max"]}})
        # where there are alternatives, each of them is excluded as well
        told = "any" if "any" in inside(tables, path) else "not"
        yield denied, f"{at(path)}.{told}"


@way
def a_rule_asks_the_opposite_of_when_it_applies(tables):
    for name, rule in named(tables, "rules"):
        if rule.get("requires"):
            path = ("rules", name, "when")
            yield broken(tables, path, {"not": rule["requires"]}), f"rules.{name}"


@way
def a_gate_asks_for_more_than_a_day(tables):
    for name, rule in named(tables, "rules"):
        if on(rule) == ["service"]:
            path = ("rules", name, "requires", "time")
            yield broken(tables, path, {"min": 25}), at(path)


@way
def a_gate_measures_what_nothing_moves(tables):
    for path in gates(tables):
        ghost = broken(tables, ("units", "ghost"), {"record": True})
        ghost = broken(ghost, ("measures", "ghosts"), {"count": "ghost"})
        role = "provider." if path[0] == "classes" else ""
        value = f"{role}ghosts"
        yield broken(ghost, (*path, value), {"min": 1}), f"{at(path)}.{value}"


@way
def an_automatic_level_is_asked_for_without_its_needs(tables):
    for name, ladder in named(tables, "ladders"):
        if ladder.get("moves") or ladder.get("entry"):
            continue
        for rule, row in named(tables, "rules"):
            if name in row.get("requires", {}):
                needs = {"not": ladder["levels"][0]["needs"]}
                path = ("rules", rule, "requires")
                yield broken(tables, (*path, "any"), [needs]), at(path)


@way
def a_flag_always_holds(tables):
    for name, _ in named(tables, "flags"):
        counted = broken(
            tables, ("measures", "times"), {"count": next(iter(tables["units"]))}
        )
        path = ("flags", name, "when")
        yield broken(counted, path, {"times": {"min": 0}}), at(path)


# ---------------------------------------------------------------- amounts, limits, bounds


@way
def an_amount_is_finer_than_its_unit(tables):
    for name, rule in named(tables, "rules"):
        if "redeem" not in on(rule):
            yield (
                broken(tables, ("rules", name, "amount"), "1/7"),
                f"rules.{name}.amount",
            )


@way
def an_amount_is_below_nothing(tables):
    for name, _ in named(tables, "rules"):
        yield broken(tables, ("rules", name, "amount"), -1), f"rules.{name}.amount"


@way
def bands_fall(tables):
    for name, _ in named(tables, "rules"):
        bands = [{"of": 1}, {"bands": [[2, 1], [1, 2]]}]
        yield broken(tables, ("rules", name, "amount"), bands), f"rules.{name}.amount"


@way
def a_limit_is_kept_by_another(tables):
    for name, rule in named(tables, "rules"):
        if {*on(rule)} <= {"service", "contribution", "gift"}:
            limits = {"day": {"at_most": 1}, "week": {"at_most": 7}}
            place = f"rules.{name}.limits.week"
            yield broken(tables, ("rules", name, "limits"), limits), place


@way
def a_limit_leaves_no_room(tables):
    for name, _ in named(tables, "rules"):
        path = ("rules", name, "limits", "year")
        yield broken(tables, path, {"at_most": 0}), f"{at(path)}.at_most"


@way
def a_floor_is_above_its_cap(tables):
    for kind, rule in named(tables, "accounts"):
        for unit, bounds in rule.items():
            if isinstance(bounds, dict) and isinstance(bounds.get("cap"), int):
                path = ("accounts", kind, unit, "floor")
                yield broken(tables, path, bounds["cap"] + 1), at(path)


@way
def a_cap_is_below_a_price(tables):
    kinds = {kind for kind, _ in named(tables, "accounts")} - {"pool", "fund", "issuer"}
    units = {rule["unit"] for _, rule in named(tables, "rules") if "redeem" in on(rule)}
    for unit in units:
        capped = tables
        for kind in kinds:
            capped = broken(
                capped, ("accounts", kind, unit), {"cap": 1, "excess": "drop"}
            )
        for item, row in named(tables, "items"):
            if not isinstance(row["price"], list) and Fraction(row["price"]) > 1:
                yield capped, f"items.{item}.price"


@way
def an_excess_goes_where_a_cap_refuses_it(tables):
    for kind, rule in named(tables, "accounts"):
        for unit, bounds in rule.items():
            if isinstance(bounds, dict) and "cap" in bounds and kind != "fund":
                path = ("accounts", kind, unit, "excess")
                full = broken(tables, path, {"to": "fund:full"})
                fund = {"names": ["full"], unit: {"cap": 1}}
                yield broken(full, ("accounts", "fund"), fund), f"{at(path)}.to"


@way
def an_excess_goes_nowhere(tables):
    for name, rule in named(tables, "rules"):
        if "redeem" not in on(rule):
            path = ("rules", name, "limits", "year")
            limit = {"at_most": 5, "excess": {"to": "pool:nowhere"}}
            yield broken(tables, path, limit), f"{at(path)}.excess.to"


@way
def what_is_only_a_record_is_spent(tables):
    for name, rule in named(tables, "rules"):
        if tables["units"][rule["unit"]].get("record"):
            path = ("rules", name, "from")
            yield broken(tables, path, "provider"), at(path)


@way
def nothing_lets_an_item_be_redeemed(tables):
    rules = {n: r for n, r in named(tables, "rules") if "redeem" not in on(r)}
    for item, _ in named(tables, "items"):
        yield tables | {"rules": rules}, f"items.{item}"


@way
def nothing_is_for_a_class(tables):
    wider = {row.get("in") for _, row in named(tables, "classes")}
    for class_, row in named(tables, "classes"):
        if class_ in wider:
            continue  # it is told at those that are in it
        served = "contribution" if row.get("counts") == "number" else "service"
        rules = {n: r for n, r in named(tables, "rules") if served not in on(r)}
        yield tables | {"rules": rules}, f"classes.{class_}"


@way
def credits_are_paid_out_in_cash(tables):
    if tables["policy"]["status"] not in ("historic", "foreign"):
        for item, _ in named(tables, "items"):
            path = ("items", item, "channel")
            yield broken(tables, path, "cash"), at(path)


# ---------------------------------------------------------------- ladders


@way
def a_level_asks_less_than_the_one_below(tables):
    for name, ladder in named(tables, "ladders"):
        needs = [level.get("needs") for level in ladder["levels"]]
        for index in range(1, len(needs)):
            if needs[index] and needs[index - 1]:
                path = ("ladders", name, "levels", index)
                swapped = broken(tables, (*path, "needs"), needs[index - 1])
                level = ladder["levels"][index]["name"]
                yield swapped, f"ladders.{name}.levels.{level}.needs"


@way
def a_move_leads_nowhere(tables):
    for name, ladder in named(tables, "ladders"):
        for index, move in enumerate(ladder.get("moves", ())):
            path = ("ladders", name, "moves", index, "to")
            yield broken(tables, path, move["from"]), at(path)
            yield broken(tables, path, ["nowhere"]), at(path)


@way
def a_level_is_never_reached(tables):
    for name, ladder in named(tables, "ladders"):
        levels = [*ladder["levels"], {"name": "beyond"}]
        if ladder.get("moves"):
            path = ("ladders", name, "levels")
            yield broken(tables, path, levels), f"ladders.{name}.levels.beyond"


@way
def a_level_needs_itself(tables):
    for name, ladder in named(tables, "ladders"):
        first = ladder["levels"][0]["name"]
        last = len(ladder["levels"]) - 1
        path = ("ladders", name, "levels", last, "needs")
        yield broken(tables, path, {name: first}), f"ladders.{name}"


# ---------------------------------------------------------------- procedures and time


def ghost(tables, *steps, **more):
    """Return *tables* with a procedure of *steps* before the first operation there is."""
    first = on(next(iter(tables["rules"].values())))[0]
    row = {"on": first, "steps": list(steps), **more}
    return tables | {"procedures": {**tables.get("procedures", {}), "ghost": row}}


OFFICE = {"name": "office", "by": ["office"]}


@way
def a_procedure_never_ends(tables):
    yield ghost(tables, OFFICE | {"then": "office"}), "procedures.ghost"


@way
def a_procedure_goes_where_there_is_nothing(tables):
    late = {"within": "3 days", "else": "nowhere"}
    yield ghost(tables, OFFICE | late), "procedures.ghost.steps.office.else"


@way
def each_of_several_is_one(tables):
    yield ghost(tables, OFFICE | {"need": "each"}), "procedures.ghost"


@way
def working_days_are_counted_and_no_holiday_is_known(tables):
    if not tables.get("calendar", {}).get("holidays"):
        notice = {"name": "notice", "for": "5 working days"}
        yield ghost(tables, notice), "procedures.ghost"


@way
def a_procedure_comes_after_one_that_takes_everything(tables):
    twice = ghost(tables, OFFICE)
    row = twice["procedures"]["ghost"]
    yield broken(twice, ("procedures", "late"), row), "procedures.late"


@way
def a_period_has_no_end(tables):
    for name, rule in named(tables, "rules"):
        if on(rule) == ["service"] and "class" not in rule:
            plain = {"on": "period", "unit": rule["unit"], "amount": 1}
            yield broken(tables, ("rules", name), plain), f"rules.{name}.every"


@way
def what_is_not_redeemed_is_held(tables):
    for name, rule in named(tables, "rules"):
        if "redeem" not in on(rule):
            path = ("rules", name, "hold")
            yield broken(tables, path, "30 days"), at(path)


@way
def shares_are_not_a_whole(tables):
    for name, rule in named(tables, "rules"):
        if "redeem" not in on(rule):
            pools = broken(tables, ("accounts", "pool"), {"names": ["a", "b"]})
            path = ("rules", name, "to")
            halves = {"pool:a": "1/2", "pool:b": "1/3"}
            yield broken(pools, path, halves), at(path)


@way
def a_running_rule_runs_over_nothing(tables):
    for name, rule in named(tables, "rules"):
        if on(rule) == ["service"]:
            path = ("rules", name, "running")
            yield broken(tables, path, "nowhere"), at(path)


@way
def levels_chase_each_other(tables):
    unit = next(iter(tables["units"]))
    counted = broken(tables, ("measures", "times"), {"count": unit})
    met = {"times": {"min": 1}}
    ladder = {
        "start": "low",
        "levels": [{"name": "low"}, {"name": "high"}],
        "moves": [
            {"from": "low", "to": "high", "by": "automatic", "needs": met},
            {"from": "high", "to": "low", "by": "automatic", "needs": met},
        ],
    }
    yield broken(counted, ("ladders", "chase"), ladder), "ladders.chase"


@way
def a_lot_expires_some_day(tables):
    for unit, row in named(tables, "units"):
        if not row.get("record"):
            path = ("units", unit, "lots")
            lots = {"expires": {"after": "some day"}}
            yield broken(tables, path, lots), f"{at(path)}.expires"


# ---------------------------------------------------------------- the tests


PROGRAMMES = {
    name: tables
    for name in timebank.programmes()
    if "extends" not in (tables := tomllib.loads(file_of(name)))["policy"]
}


def broken_in(way):
    """Return every programme as *way* breaks it, with the place that must be told."""
    return [
        (name, changed, place)
        for name, tables in PROGRAMMES.items()
        for changed, place in WAYS[way](tables)
    ]


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programme_that_is_only_written_anew_is_sound(name):
    assert mistakes(text_of(PROGRAMMES[name])) == {}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_programme_can_be_broken_in_one_way_at_least(way):
    assert broken_in(way)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_programme_that_contradicts_itself_is_told_when_it_is_checked(way):
    missed = []
    for name, changed, place in broken_in(way):
        found = mistakes(text_of(changed))
        if not any(f"{told}.".startswith(f"{place}.") for told in found):
            missed.append((name, place, found))

    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMMES)
def test_an_example_that_expects_something_else_does_not_hold(name):
    for example, row in PROGRAMMES[name]["examples"].items():
        wrong = broken(
            PROGRAMMES[name], ("examples", example, "expect"), {"refused": "nothing"}
        )
        played = timebank.play_examples(load_policy(text_of(wrong)))

        assert [p.name for p in played if p.failures] == [example], row
