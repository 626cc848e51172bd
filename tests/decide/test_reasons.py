"""Every reason there is for a refusal or a note, provoked."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from timebank.model import Effect, Finding, Reason
from timebank.operations import (
    AdoptPolicy,
    Assess,
    EndAssessment,
    EndPeriod,
    ExpireLot,
    Give,
    OpenAccount,
    Place,
    PublishRanking,
    RecordMark,
    RecordService,
)

from .books import EVERYTHING, TODAY, books, findings

REFUSES, NOTES = Effect.REFUSES, Effect.NOTES
YESTERDAY = TODAY - timedelta(days=1)
CASES = {}


def case(reason, code, **fields):
    """Register a way to provoke *reason*, and the finding that must come of it."""

    def register(act):
        finding = Finding(code=code, reason=reason, **fields)
        CASES.setdefault(reason, []).append(pytest.param(act, finding, id=act.__name__))
        return act

    return register


def rich(bank, member="ada", points=90):
    """Give *member* points that nobody counts."""
    bank.grant(member, unit="points", amount=points, on=TODAY, id=f"rich-{member}")


def served(bank, hours, member="ada"):
    for number in range(hours // 10):
        bank.record_service(
            member,
            "summer",
            600,
            on=date(2023, 6, 1) + timedelta(days=number),
            id=f"served-{number}",
        )


# ---------------------------------------------------------------- ids, days, policies


@case(Reason.ID_CONFLICT, "id", wanted="row-1")
def an_id_used_for_another_request(bank):
    assert bank.record_service("ada", "care", 60, on=TODAY, id="row-1").position == 6
    return bank.record_service("ada", "care", 61, on=TODAY, id="row-1")


@case(Reason.ID_VOID, "id", wanted="row-1")
def an_id_made_void_before(bank):
    bank.void("row-1", on=TODAY)
    return bank.record_service("ada", "care", 60, on=TODAY, id="row-1")


@case(Reason.ID_TAKEN, "voided", found="row-1")
def voiding_an_id_that_is_used(bank):
    bank.record_service("ada", "care", 60, on=TODAY, id="row-1")
    return bank.void("row-1", on=TODAY)


@case(Reason.ID_TAKEN, "voided", found="row-1")
def voiding_an_id_twice(bank):
    bank.void("row-1", on=TODAY)
    return bank.void("row-1", on=TODAY)


@case(Reason.DAY_FUTURE, "effective_on", wanted="2024-06-03", found="2024-06-04")
def a_day_to_come(bank):
    return bank.record_service("ada", "care", 60, on=TODAY + timedelta(days=1))


@case(Reason.DAY_FUTURE, "effective_on", wanted="2024-06-03", found="9999-12-31")
def the_last_day_there_is(bank):
    return bank.record_mark("ada", "voucher", on=date.max)


@case(Reason.POLICY_NONE, "policy", wanted="2020-01-01", found="2019-12-31")
def a_day_before_the_first_policy(bank):
    return bank.record_service("ada", "care", 60, on=date(2019, 12, 31))


@case(Reason.POLICY_UNIT_CHANGED, "units.points", wanted="1", found="2")
def a_unit_kept_in_other_parts(bank):
    return bank.adopt(
        EVERYTHING.replace("points = {}", "points = { scale = 2 }"), on=TODAY
    )


@case(Reason.POLICY_UNIT_DROPPED, "units.spare", wanted="spare")
def a_unit_left_out(bank):
    bank.adopt(EVERYTHING.replace("points = {}", "points = {}\nspare = {}"), on=TODAY)
    return bank.adopt(EVERYTHING, on=TODAY)


@case(Reason.POLICY_OF_LEDGER, "units.more", wanted="Willow Lane", found="mill")
def a_unit_that_one_body_alone_would_have(bank):
    whole = EVERYTHING.replace("[units]", '[bodies]\nmill = "lane"\n[units]')
    bank.adopt(whole, on=TODAY)
    own = whole.replace("points = {}", "points = {}\nmore = {}")
    return bank.adopt(own, on=TODAY, body="mill")


@case(
    Reason.POLICY_GONE_BY,
    "policy.from",
    effect=NOTES,
    wanted=TODAY.isoformat(),
    found=YESTERDAY.isoformat(),
)
def a_policy_for_a_day_that_had_another(bank):
    return bank.adopt(EVERYTHING, on=TODAY, holds_from=YESTERDAY)


@case(Reason.POLICY_LIMITS_APPEND, "accounts.pool.points", account="pool:spare")
def a_limit_on_an_account_without_balances(bank):
    pools = EVERYTHING.replace('["common"]', '["common", "spare"]')
    adoption = AdoptPolicy(text=pools, holds_from=date(2020, 1, 1))
    spare = OpenAccount(account="pool:spare", kind="pool", mode="append")
    bank.batch([bank.request(one, on=TODAY) for one in (adoption, spare)])
    limited = pools.replace('points = { floor = "none" }', "points = { floor = 0 }")
    return bank.adopt(limited, on=TODAY)


# ---------------------------------------------------------------- accounts


@case(Reason.ACCOUNT_UNKNOWN, "provider", account="eve")
def somebody_unknown(bank):
    return bank.record_service("eve", "care", 60, on=TODAY)


@case(Reason.ACCOUNT_CLOSED, "provider", found="2024-06-02", account="ada")
def somebody_who_left(bank):
    bank.close_account("ada", cause="moving", on=YESTERDAY)
    return bank.record_service("ada", "care", 60, on=TODAY)


@case(Reason.ACCOUNT_EXISTS, "account", found="2020-01-01", account="ada")
def opening_an_account_twice(bank):
    return bank.open_account("ada", on=TODAY)


@case(
    Reason.ACCOUNT_NOT_EMPTY,
    "accounts.member.points",
    found=90,
    unit="points",
    account="ada",
)
def leaving_with_points(bank):
    rich(bank)
    return bank.close_account("ada", cause="moving", on=TODAY)


@case(
    Reason.ACCOUNT_OWES,
    "accounts.member.coins",
    found=4,
    unit="coins",
    account="ada",
)
def leaving_in_debt(bank):
    bank.record_service("ben", "exchange", 60, recipient="ada", on=TODAY)
    return bank.close_account("ada", cause="moving", on=TODAY)


@case(
    Reason.ACCOUNT_KIND,
    "accounts.family",
    wanted="member, group, merchant, pool",
    found="family",
    account="lees",
)
def a_kind_the_policy_has_not(bank):
    return bank.open_account("lees", kind="family", on=TODAY)


@case(
    Reason.ACCOUNT_NAME,
    "accounts.pool.names",
    wanted="pool:common",
    found="pool:mine",
    account="pool:mine",
)
def a_pool_the_policy_does_not_name(bank):
    return bank.open_account("pool:mine", kind="pool", on=TODAY)


@case(Reason.ACCOUNT_MODE, "accounts.member", found="member", account="eve")
def a_member_without_balances(bank):
    return bank.open_account("eve", mode="append", on=TODAY)


@case(Reason.SAME_ACCOUNT, "recipient", account="ada")
def serving_oneself(bank):
    return bank.record_service("ada", "care", 60, recipient="ada", on=TODAY)


@case(
    Reason.MAY_NOT, "accounts.group.may", wanted="donate", found="redeem", account="t"
)
def a_group_that_redeems(bank):
    bank.open_account("t", kind="group", on=TODAY)
    return bank.redeem("t", "rice", on=TODAY)


@case(Reason.MAY_NOT, "accounts.group.may", wanted="donate", found="apply", account="t")
def a_group_that_applies(bank):
    bank.open_account("t", kind="group", on=TODAY)
    return bank.apply_for("t", "title", "helper", on=TODAY)


@case(
    Reason.MAY_NOT, "accounts.issuer.names", wanted="", found="close", account="issuer"
)
def closing_the_issuer(bank):
    return bank.close_account("issuer", cause="leaving", on=TODAY)


# ---------------------------------------------------------------- what the policy has


@case(Reason.NOTHING_MOVES, "rules", wanted="donate")
def donating_what_no_rule_is_concerned_with(bank):
    text = EVERYTHING.replace(
        "[rules.give_on]", '[rules.give_on]\nwhen = { purpose = "relief" }'
    )
    bank.adopt(text, on=TODAY)
    return bank.donate("ada", unit="points", amount=1, purpose="flowers", on=TODAY)


@case(Reason.NO_RULE, "rules", wanted="gift")
def giving_a_unit_that_is_not_given(bank):
    return bank.give("ada", "ben", unit="coins", amount=1, on=TODAY)


@case(
    Reason.NOT_IN_POLICY,
    "items",
    wanted="rice, honour, either, vouched, never",
    found="gold",
)
def an_item_the_policy_has_not(bank):
    return bank.redeem("ada", "gold", on=TODAY)


@case(Reason.COUNTS_OTHERWISE, "classes.deed.counts", wanted="number")
def a_mark_recorded_as_a_service(bank):
    return bank.record_service("ada", "deed", 60, on=TODAY)


@case(Reason.COUNTS_OTHERWISE, "classes.care.counts", wanted="time")
def a_service_recorded_as_a_mark(bank):
    return bank.record_mark("ada", "care", on=TODAY)


@case(Reason.FACT_NEEDED, "classes.night.requires.provider.age", wanted="age")
def an_age_not_given(bank):
    return bank.record_service("ada", "night", 60, on=TODAY)


@case(Reason.FUNCTION_NEEDED, "rules.bonus", wanted="half@1")
def a_function_that_is_not_there(bank):
    text = EVERYTHING.replace('{ plus = "factor" }', '{ use = "half@1" }')
    able = evolve(bank, functions={"half@1": lambda figure: figure / 2})
    able.adopt(text, on=TODAY)
    return bank.record_mark("ada", "bonus", on=TODAY)


@case(Reason.FACT_NEEDED, "items.either.requires.any", wanted="relation")
def an_alternative_not_known(bank):
    rich(bank)
    return bank.redeem("ada", "either", on=TODAY)


@case(Reason.FACT_NEEDED, "items.never.requires.not", wanted="relation")
def an_exception_not_known(bank):
    rich(bank)
    return bank.redeem("ada", "never", on=TODAY)


@case(Reason.FACT_NEEDED, "rules.bonus", wanted="factor")
def a_factor_not_given(bank):
    return bank.record_mark("ada", "bonus", on=TODAY)


@case(Reason.FACT_NEEDED, "rules.exchange.from", wanted="recipient")
def a_role_not_named(bank):
    return bank.record_service("ada", "exchange", 60, on=TODAY)


@case(Reason.FACT_WRONG, "facts.sex", wanted="f, m", found="female")
def a_choice_there_is_not(bank):
    return bank.record_service("ada", "care", 60, on=TODAY, facts={"sex": "female"})


@case(Reason.FACT_WRONG, "facts.age", wanted="number", found="True")
def yes_where_a_number_is_asked(bank):
    return bank.record_service("ada", "care", 60, on=TODAY, facts={"age": True})


@case(
    Reason.NOT_IN_POLICY,
    "facts.height",
    wanted="age, sex, relation, agreed, factor",
    found="height",
)
def a_fact_nobody_asks_for(bank):
    return bank.record_service("ada", "care", 60, on=TODAY, facts={"height": 180})


# ---------------------------------------------------------------- conditions


@case(
    Reason.AT_LEAST,
    "items.honour.requires.star",
    wanted="one",
    found="",
)
def a_level_not_reached(bank):
    rich(bank)
    return bank.redeem("ada", "honour", on=TODAY)


@case(
    Reason.AT_LEAST,
    "ladders.title.levels.elder.needs.served",
    wanted=1200,
    found=600,
    unit="hours",
)
def a_measure_not_reached(bank):
    served(bank, 10)
    return bank.set_tier("ada", "title", "elder", on=TODAY)


@case(Reason.AT_MOST, "classes.night.requires.provider.age", wanted=70, found=71)
def somebody_too_old(bank):
    return bank.record_service("ada", "night", 60, on=TODAY, facts={"age": 71})


@case(Reason.ABOVE, "classes.night.requires.provider.age", wanted=17, found=17)
def somebody_too_young(bank):
    return bank.record_service("ada", "night", 60, on=TODAY, facts={"provider.age": 17})


@case(Reason.BELOW, "classes.old.requires.recipient.age", wanted=120, found=120)
def an_age_nobody_has(bank):
    return bank.record_service(
        "ada", "old", 60, recipient="ben", on=TODAY, facts={"recipient.age": 120}
    )


@case(
    Reason.ONE_OF,
    "rules.gift.requires.relation",
    wanted="self, spouse, child",
    found="other",
)
def a_gift_to_a_stranger(bank):
    rich(bank)
    return bank.give(
        "ada", "ben", unit="points", amount=1, on=TODAY, facts={"relation": "other"}
    )


@case(
    Reason.NONE_OF,
    "rules.gift.requires.payee.kind",
    wanted="group",
    found="group",
)
def a_gift_to_a_group(bank):
    rich(bank)
    bank.open_account("t", kind="group", on=TODAY)
    return bank.give(
        "ada", "t", unit="points", amount=1, on=TODAY, facts={"relation": "child"}
    )


@case(
    Reason.WITHIN,
    "classes.summer.requires.day",
    wanted="06-01, 08-31",
    found="2024-05-31",
)
def a_day_out_of_season(bank):
    return bank.record_service("ada", "summer", 60, on=date(2024, 5, 31))


@case(Reason.GIVEN, "items.vouched.requires.beneficiary", wanted="given")
def a_role_that_must_be_named(bank):
    rich(bank)
    return bank.redeem("ada", "vouched", on=TODAY)


@case(Reason.ANY_OF, "items.either.requires.any", wanted="relation / agreed")
def none_of_the_alternatives(bank):
    rich(bank)
    return bank.redeem("ada", "either", on=TODAY, facts={"relation": "spouse"})


@case(Reason.NOT, "items.never.requires.not", wanted="relation, agreed")
def the_exception(bank):
    rich(bank)
    return bank.redeem("ada", "never", on=TODAY, facts={"relation": "other"})


# ---------------------------------------------------------------- amounts and limits


@case(Reason.GRAIN, "rules.exchange.amount", wanted="1/4", found="13/15")
def minutes_finer_than_the_unit(bank):
    return bank.record_service("ada", "exchange", 52, recipient="ben", on=TODAY)


@case(Reason.NEGATIVE, "rules.bonus.amount", found="-2", unit="points")
def an_amount_below_nothing(bank):
    return bank.record_mark("ada", "bonus", on=TODAY, facts={"factor": -3})


@case(Reason.LIMIT, "rules.gift.limits.week", wanted=5, found=6, unit="points")
def more_gifts_than_a_week_allows(bank):
    rich(bank)
    kin = {"relation": "spouse"}
    bank.give("ada", "ben", unit="points", amount=5, on=TODAY, facts=kin)
    return bank.give("ada", "ben", unit="points", amount=1, on=TODAY, facts=kin)


@case(Reason.LIMIT, "rules.welcome.limits.lifetime", wanted=1, found=2)
def a_welcome_twice(bank):
    bank.record_mark("ada", "welcome", on=TODAY)
    return bank.record_mark("ada", "welcome", on=TODAY)


@case(
    Reason.CAP,
    "accounts.member.points.cap",
    wanted=100,
    found=101,
    unit="points",
    account="ada",
)
def more_than_an_account_may_have(bank):
    rich(bank)
    return bank.grant("ada", unit="points", amount=11, on=TODAY)


@case(
    Reason.FLOOR,
    "accounts.member.points.floor",
    wanted=0,
    found=-20,
    unit="points",
    account="ada",
)
def spending_what_is_not_there(bank):
    return bank.redeem("ada", "rice", on=TODAY)


@case(
    Reason.LOT_SHORT,
    "units.vouchers.lots",
    wanted=2,
    found=0,
    unit="vouchers",
    account="ada",
)
def spending_what_has_expired(bank):
    bank.record_mark("ada", "voucher", 3, on=date(2023, 6, 3))
    return bank.give("ada", "ben", unit="vouchers", amount=2, on=TODAY)


@case(Reason.BOUND, "rules.voucher.amount", found="1000000000000001", unit="vouchers")
def an_amount_beyond_the_books(bank):
    many = EVERYTHING.replace(
        'unit = "vouchers"\n\n[rules.absence]',
        'unit = "vouchers"\namount = [{ of = "number" }, { plus = 1 }]\n\n[rules.absence]',
    )
    assert many != EVERYTHING
    bank.adopt(many, on=TODAY)
    return bank.record_mark("ada", "voucher", 10**15, on=TODAY)


@case(
    Reason.BOUND,
    "amount",
    found="10000000000000000",
    unit="vouchers",
    account="ada",
)
def a_balance_beyond_the_books(bank):
    for number in range(9):
        bank.record_mark("ada", "voucher", 10**15, on=TODAY, id=f"much-{number}")
    return bank.record_mark("ada", "voucher", 10**15, on=TODAY)


@case(
    Reason.DROPPED,
    "rules.points.limits.day",
    effect=NOTES,
    wanted=4,
    found=1,
    unit="points",
)
def more_than_a_day_counts(bank):
    return bank.record_service("ada", "care", 300, on=TODAY)


@case(
    Reason.DIVERTED,
    "rules.deed.limits.month",
    effect=NOTES,
    wanted=50,
    found=10,
    unit="points",
    account="pool:common",
)
def more_than_a_month_counts(bank):
    return bank.record_mark("ada", "deed", 60, on=TODAY)


@case(
    Reason.SHORT,
    "rules.hand_out.amount",
    effect=NOTES,
    wanted=5,
    found=3,
    unit="vouchers",
    account="ben",
)
def more_applied_for_than_there_is(bank):
    bank.record_mark("ada", "voucher", 5, on=TODAY)
    bank.give("ada", "pool:common", unit="vouchers", amount=5, on=TODAY)
    return bank.share_out("vouchers", {"ada": 2, "ben": 5}, on=TODAY)


@case(Reason.OVERLAP, "starts_at", found="morning", account="ada")
def two_places_at_once(bank):
    bank.record_service("ada", "care", 90, starts_at=540, on=TODAY, id="morning")
    return bank.record_service("ada", "care", 60, starts_at=629, on=TODAY)


# ---------------------------------------------------------------- mending


@case(Reason.TARGET_UNKNOWN, "target", found="row-9")
def undoing_what_is_not_there(bank):
    return bank.reverse("row-9", on=TODAY)


@case(Reason.TARGET_UNKNOWN, "order", found="row-9")
def fulfilling_what_is_not_there(bank):
    return bank.fulfil("row-9", on=TODAY)


@case(Reason.TARGET_KIND, "target", wanted="opened", found="open-account")
def undoing_an_opening(bank):
    bank.open_account("eve", on=TODAY, id="opened")
    return bank.reverse("opened", on=TODAY)


@case(Reason.TARGET_UNDONE, "target", wanted="row-1", found="undo-1")
def undoing_twice(bank):
    bank.record_service("ada", "care", 60, on=TODAY, id="row-1")
    bank.reverse("row-1", on=TODAY, id="undo-1")
    return bank.reverse("row-1", on=TODAY)


@case(Reason.TARGET_DEPENDANTS, "target", wanted="order-1", found="ful-1")
def undoing_an_order_that_was_fulfilled(bank):
    rich(bank)
    bank.order("ada", "rice", on=TODAY, id="order-1")
    bank.fulfil("order-1", on=TODAY, id="ful-1")
    return bank.reverse("order-1", on=TODAY)


@case(Reason.TARGET_DEPENDANTS, "target", wanted="made", found="gift-1")
def undoing_a_lot_that_was_used(bank):
    bank.record_mark("ada", "voucher", 3, on=YESTERDAY, id="made")
    bank.record_mark("ada", "voucher", 3, on=TODAY)
    bank.give("ada", "ben", unit="vouchers", amount=2, on=TODAY, id="gift-1")
    return bank.reverse("made", on=TODAY)


@case(Reason.CORRECTION_KIND, "replacement", wanted="service", found="gift")
def correcting_to_another_kind(bank):
    bank.record_service("ada", "care", 60, on=TODAY, id="row-1")
    gift = Give(payer="ada", payee="ben", unit="points", amount=1)
    return bank.correct("row-1", gift, on=TODAY)


@case(Reason.ORDER_CLOSED, "order", wanted="order-1", found="cancelled")
def fulfilling_a_cancelled_order(bank):
    rich(bank)
    bank.order("ada", "rice", on=TODAY, id="order-1")
    bank.cancel("order-1", on=TODAY, id="cancelled")
    return bank.fulfil("order-1", on=TODAY)


@case(Reason.ORDER_CLOSED, "order", wanted="order-1", found="fulfilled")
def cancelling_a_fulfilled_order(bank):
    rich(bank)
    bank.order("ada", "rice", on=TODAY, id="order-1")
    bank.fulfil("order-1", on=TODAY)
    return bank.cancel("order-1", on=TODAY)


@case(Reason.ORDER_REMAINS, "quantity", wanted=1, found=2)
def fulfilling_more_than_is_left(bank):
    rich(bank)
    bank.order("ada", "rice", 3, on=TODAY, id="order-1")
    bank.fulfil("order-1", 2, on=TODAY)
    return bank.fulfil("order-1", 2, on=TODAY)


@case(Reason.ID_DUE, "id", wanted="due/2023-12-31/period/yearly/ada", found="row-1")
def ending_a_period_under_an_id_of_ones_own(bank):
    asked = EndPeriod(account="ada", rule="yearly")
    return bank.post(asked, on=date(2023, 12, 31), id="row-1")


@case(
    Reason.NOT_DUE,
    "rules.yearly.every",
    wanted="2024-12-31",
    found="2024-06-03",
    account="ada",
)
def ending_a_period_before_its_last_day(bank):
    asked = EndPeriod(account="ada", rule="yearly")
    return bank.post(asked, on=TODAY, id="due/2024-12-31/period/yearly/ada")


@case(Reason.LOT_EMPTY, "units.vouchers.lots", found="row-1", account="ada")
def expiring_what_is_not_there(bank):
    asked = ExpireLot(account="ada", unit="vouchers", lot="row-1")
    return bank.post(asked, on=TODAY)


@case(Reason.ORDER_LAPSED, "rules.redeem.hold", wanted="2024-07-03", found="2024-07-04")
def fulfilling_an_order_whose_term_is_over(bank):
    rich(bank)
    bank.order("ada", "rice", on=TODAY, id="order-1")
    bank.clock.day = date(2024, 7, 4)
    return bank.fulfil("order-1", on=date(2024, 7, 3))


@case(
    Reason.ORDER_LAPSED,
    "rules.redeem.hold",
    effect=NOTES,
    wanted="2024-07-03",
    found="2024-07-04",
)
def cancelling_an_order_whose_term_is_over(bank):
    rich(bank)
    bank.order("ada", "rice", on=TODAY, id="order-1")
    bank.clock.day = date(2024, 7, 4)
    return bank.cancel("order-1", on=date(2024, 7, 4))


@case(
    Reason.OVERRIDDEN,
    "accounts.member.points.floor",
    effect=NOTES,
    wanted=0,
    found=-20,
    unit="points",
    account="ada",
)
def undoing_what_was_spent_by_authority(bank):
    bank.grant("ada", unit="points", amount=20, on=TODAY, id="granted")
    bank.redeem("ada", "rice", on=TODAY)
    return bank.reverse("granted", authority="the board", on=TODAY)


# ---------------------------------------------------------------- tiers and flags


@case(Reason.MOVE_CLOSED, "ladders.group.moves", wanted="B", found="C → A")
def a_move_there_is_not(bank):
    return bank.set_tier("ada", "group", "A", on=TODAY)


@case(
    Reason.MOVE_SUSPENDED,
    "ladders.group.moves",
    wanted="2024-12-31",
    found="B → A",
)
def a_move_that_is_suspended(bank):
    bank.set_tier("ada", "group", "B", on=TODAY)
    return bank.set_tier("ada", "group", "A", on=TODAY)


@case(Reason.TIER_HELD, "ladders.group", found="B", account="ada")
def a_level_held_already(bank):
    bank.set_tier("ada", "group", "B", on=TODAY)
    return bank.set_tier("ada", "group", "B", on=TODAY)


@case(Reason.TIER_NOT_HELD, "ladders.title", wanted="title", account="ada")
def suspending_no_level(bank):
    return bank.set_tier("ada", "title", action="suspend", on=TODAY)


@case(Reason.TIER_AUTOMATIC, "ladders.star", found="star")
def granting_what_comes_by_itself(bank):
    return bank.set_tier("ada", "star", "one", on=TODAY)


@case(
    Reason.TERM,
    "ladders.conduct.moves",
    wanted="2025-06-02 – 2027-06-02",
    found="2027-06-03",
    account="ada",
)
def a_bar_that_is_too_long(bank):
    last = date(2027, 6, 3)
    return bank.set_tier("ada", "conduct", "barred", until=last, on=TODAY)


@case(Reason.TERM, "ladders.card", found="2027-06-03", account="ada")
def a_term_that_the_policy_has_not(bank):
    served(bank, 10)
    return bank.apply_for("ada", "card", "red", until=date(2027, 6, 3), on=TODAY)


MAY = date(2024, 5, 31)


def steady(bank):
    """Ask for the move that an assessment of May may lead to."""
    move = Assess(account="ada", ladder="grade", level="steady")
    return bank.post(move, on=MAY, id="due/2024-05-31/ladder/grade/ada")


@case(
    Reason.MET,
    "ladders.grade.levels.steady.needs.served",
    effect=NOTES,
    wanted=600,
    found=600,
    unit="hours",
    account="ada",
)
def an_assessment_whose_needs_are_met(bank):
    served(bank, 10)
    return steady(bank)


@case(Reason.NOT_ASSESSED, "ladders.grade", wanted="", found="steady", account="ada")
def an_assessment_whose_needs_are_not_met(bank):
    return steady(bank)


@case(
    Reason.NO_PERIOD_END,
    "ladders.grade.every",
    wanted="month",
    found="2024-06-03",
)
def an_assessment_in_the_middle_of_a_month(bank):
    return bank.post(EndAssessment(ladder="grade"), on=TODAY)


@case(
    Reason.RANKED_OTHERWISE,
    "rankings.best.value",
    wanted="1. ada (10)",
    found="1. ada (11)",
    account="ada",
)
def a_ranking_that_says_more_than_the_books(bank):
    served(bank, 10)
    best = PublishRanking(
        ranking="best", through=1, places=[Place(account="ada", value="11", place=1)]
    )
    return bank.post(best, on=TODAY, id="due/2024-06-03/ranking/best")


@case(Reason.TIER_NO_APPLICATION, "ladders.group.entry", found="group")
def applying_for_what_people_grant(bank):
    return bank.apply_for("ada", "group", "B", on=TODAY)


@case(Reason.TIER_SUSPENDED, "ladders.card", found="red", account="ada")
def applying_for_what_is_suspended(bank):
    served(bank, 10)
    bank.apply_for("ada", "card", "red", on=TODAY)
    bank.set_tier("ada", "card", action="suspend", on=TODAY)
    return bank.apply_for("ada", "card", "red", on=TODAY)


@case(
    Reason.AT_LEAST,
    "ladders.card.levels.gold.needs.served",
    wanted=1200,
    found=600,
    unit="hours",
)
def applying_for_more_than_is_met(bank):
    served(bank, 10)
    return bank.apply_for("ada", "card", "gold", on=TODAY)


@case(Reason.TIER_HELD, "ladders.card", found="gold", account="ada")
def applying_for_less_than_is_held(bank):
    served(bank, 20)
    bank.apply_for("ada", "card", "gold", on=TODAY)
    return bank.apply_for("ada", "card", "red", on=TODAY)


@case(
    Reason.FLAG,
    "flags.many",
    effect=NOTES,
    wanted="the office",
    found="say thank you",
    account="ada",
)
def fifty_hours(bank):
    served(bank, 40)
    return bank.record_service("ada", "summer", 600, on=TODAY)


# ---------------------------------------------------------------- claims

REVIEW = "procedures.watched.steps.review"
NOTICE = "procedures.watched.steps.notice"


def claim(bank, id="c", actor="desk"):
    return bank.record_mark(
        "ada", "deed", body="the ward", on=TODAY, id=id, actor=actor
    )


def review(bank, actor="li", role="reviewer", id=None):
    return bank.confirm("c", "review", role=role, actor=actor, id=id)


def reviewed(bank):
    claim(bank)
    review(bank, "li")
    return review(bank, "wu", id="second")


@case(Reason.AWAITED, REVIEW, effect=Effect.WAITS, wanted="reviewer, leader")
def something_that_two_must_review(bank):
    return claim(bank)


@case(Reason.PUBLISHED, NOTICE, effect=Effect.WAITS, found="2024-06-13")
def something_reviewed_by_two(bank):
    return reviewed(bank)


@case(
    Reason.CLAIM_VOID, REVIEW, effect=Effect.VOIDS, wanted="2024-06-03", found="review"
)
def a_reviewer_who_says_no(bank):
    claim(bank)
    return bank.object_to("c", "review", role="leader", actor="li")


@case(
    Reason.CLAIM_VOID,
    "claim",
    effect=Effect.VOIDS,
    wanted="2024-06-03",
    found="submitter",
)
def a_claim_withdrawn(bank):
    claim(bank)
    return bank.withdraw("c", actor="desk")


@case(Reason.CLAIM_UNKNOWN, "claim", found="row-1")
def confirming_what_is_no_claim(bank):
    bank.record_service("ada", "care", 60, on=TODAY, id="row-1")
    return bank.confirm("row-1", "review", role="reviewer")


@case(Reason.CLAIM_UNKNOWN, "claim", found="nothing")
def withdrawing_nothing(bank):
    return bank.withdraw("nothing")


@case(Reason.CLAIM_ENDED, "claim", wanted="c", found="gone")
def confirming_what_was_withdrawn(bank):
    claim(bank)
    bank.withdraw("c", actor="desk", id="gone")
    return review(bank)


@case(Reason.AWAITED, REVIEW, wanted="reviewer, leader")
def settling_what_others_have_to_confirm(bank):
    claim(bank)
    return bank.settle("c")


@case(Reason.CLAIM_IDLE, "target", found="c")
def reversing_what_waits(bank):
    claim(bank)
    return bank.reverse("c", on=TODAY)


@case(Reason.CLAIM_IDLE, "order", found="o")
def delivering_what_waits(bank):
    rich(bank)
    bank.order("ada", "rice", body="the ward", on=TODAY, id="o")
    return bank.fulfil("o", on=TODAY)


@case(Reason.STEP_PAST, "step", wanted="notice", found="review")
def confirming_a_step_that_is_over(bank):
    reviewed(bank)
    return review(bank, "zhao")


@case(Reason.STEP_ROLE, f"{REVIEW}.by", wanted="reviewer, leader", found="board")
def confirming_as_somebody_else(bank):
    claim(bank)
    return review(bank, role="board")


@case(Reason.STEP_ROLE, f"{NOTICE}.by", wanted="", found="board")
def confirming_a_notice(bank):
    reviewed(bank)
    return bank.confirm("c", "notice", role="board", actor="zhao")


@case(Reason.STEP_TWICE, f"{REVIEW}.need", found="li")
def one_person_under_two_roles(bank):
    claim(bank)
    review(bank, "li", "reviewer")
    return review(bank, "li", "leader")


@case(Reason.APART, "procedures.watched.apart", wanted="submitter", found="desk")
def reviewing_what_one_submitted(bank):
    claim(bank)
    return review(bank, "desk")


@case(Reason.SUBMITTER, "claim", wanted="desk", found="li")
def withdrawing_for_somebody_else(bank):
    claim(bank)
    return bank.withdraw("c", actor="li")


@case(Reason.AWAITED, REVIEW, effect=Effect.WAITS, wanted="reviewer, leader")
def correcting_to_what_two_must_review(bank):
    bank.record_mark("ada", "deed", on=TODAY, id="deed")
    instead = RecordMark(member="ada", mark="deed", body="the ward")
    return bank.correct("deed", instead, on=TODAY)


@case(Reason.TARGET_CLAIM, "target", wanted="yes", found="o")
def reversing_a_confirmation(bank):
    rich(bank)
    bank.order("ada", "rice", body="the ward", on=TODAY, id="o")
    bank.confirm("o", "committee", role="board", actor="li", id="yes")
    return bank.reverse("yes", on=TODAY)


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize(
    ("act", "expected"), [one for ways in CASES.values() for one in ways]
)
def test_a_request_is_answered_with(act, expected):
    bank = books()

    found = findings(lambda: act(bank))

    assert found == (expected,)
    assert bank.verify(decide_again=True).faults == ()


@pytest.mark.parametrize("reason", Reason, ids=str)
def test_no_reason_is_dead(reason):
    assert reason in CASES


def test_a_refusal_moves_nothing_and_leaves_its_id_free():
    bank = books()
    service = RecordService(provider="eve", service_class="care", minutes=60)
    before = list(bank.entries())

    bank.check(service, on=TODAY, id="row-1")
    refused = bank.batch([bank.request(service, on=TODAY, id="row-1")], atomic=False)

    assert list(bank.entries()) == before
    bank.open_account("eve", on=TODAY)
    assert bank.post(service, on=TODAY, id="row-1").position == len(before) + 2
    assert [finding.reason for finding in refused[0].findings] == [
        Reason.ACCOUNT_UNKNOWN
    ]
