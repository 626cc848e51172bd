"""
What waits counts in nothing until its steps are done, by as many people as they ask.

The procedures of real programmes first, as their rule books tell them; then what holds
whatever order confirmations, objections and days come in.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import timebank
from timebank import operations as ops
from timebank.balances import Balance
from timebank.entries import Outcome
from timebank.errors import Refused
from timebank.model import Effect, Finding, Reason
from timebank.policy.procedures import Procedure, Span, Step
from timebank.policy.stages import Act, Confirmed, Course, Said
from timebank.proof.verify import verify
from timebank.storage.appending import append_to, needs_to_append

from .desk import EPOCH, Calendar, free, new_bank, refused, with_members

MONDAY = date(2024, 3, 4)
HEAD = """
language = 1
policy = { name = "Procedures", source = "made up", status = "example", from = 2023-01-01 }
units = { hours = { scale = 60, record = true }, credits = { scale = 60, lots = {} } }
accounts = { member = { credits = { floor = 0, cap = 100 } }, group = {} }
calendar.holidays = [2024-03-08, 2025-01-01]
facts.complaint = { type = "yes-no", default = false }
classes = { care = {} }
items = { rice = { price = 2 } }
ladders.star = { entry = "apply", keep = "for ever", levels = [
  { name = "one", needs = { total = { min = 10 } } }] }
measures.total = { sum = "hours" }
rules.hours = { on = "service", unit = "hours", amount = [
  { of = "time" }, { times = { by = "complaint", yes = 0, no = 1 } }] }
rules.credits = { on = "service", unit = "credits", amount = [
  { of = "time" }, { times = { by = "complaint", yes = 0, no = 1 } }] }
rules.gift = { on = "gift", unit = "credits" }
rules.redeem = { on = "redeem", unit = "credits" }
"""

XUEFU = """
[procedures.hours]
on = "service"
apart = ["submitter", "entry", "publication"]
steps = [
  { name = "entry", by = "HR" },
  { name = "publication", by = "HR" },
  { name = "notice", for = "3 days", objection = "entry" },
]
"""
SPIEZ = """
[procedures.trade]
on = "service"
steps = [
  { name = "recipient", by = "recipient", within = "10 days", else = "invoice", then = "accepted", objection = "team" },
  { name = "invoice", by = "recipient", within = "5 days", else = "team", then = "accepted" },
  { name = "team", by = "team" },
]
"""
GUANGDONG = """
[procedures.star]
on = "apply"
steps = [
  { name = "review", by = "county" },
  { name = "notice", for = "5 working days", objection = "review" },
]
"""
DONGTING = """
[procedures.deposit]
on = "service"
apart = ["submitter", "review"]
steps = [{ name = "review", by = "reviewer", need = 2 }]
"""
DONGGUAN = """
[procedures.two]
on = ["service", "redeem", "gift"]
steps = [{ name = "approval", by = ["town centre", "partner"], need = "each" }]
"""
LATE = """
[procedures.late]
on = "service"
when = { days_late = { min = 8 } }
steps = [{ name = "district", by = "district" }]

[procedures.usual]
on = "service"
when = { complaint = false }
steps = [{ name = "leader", by = ["leader", "organiser"] }]
"""


def books(procedures, *, url="memory:", today=MONDAY, more=""):
    bank = new_bank(url, calendar=Calendar(today), policy=HEAD + more + procedures)
    return with_members(bank, "a", "b", "c")


def served(bank, minutes=120, *, id="s", actor="leader", on=None, **fields):
    return bank.record_service(
        "a", "care", minutes, on=on or bank.today(), id=id, actor=actor, **fields
    )


def at(bank, id="s"):
    """Where a claim that waits is, and until when."""
    (claim,) = [claim for claim in bank.claims() if claim.entry.id == id]
    until = claim.stage.until if claim.stage else None
    return claim.at, until.isoformat() if until else None


def sound(bank):
    with bank.store.reading(bank.ledger) as reading:
        # an audit that forgets each entry at once finds the same
        forgetful = verify(reading, decide_again=True, kept=0)
    assert forgetful == bank.verify(decide_again=True)
    return forgetful.sound


# ---------------------------------------------------------------- programmes


def test_xuefu_who_reports_who_enters_and_who_publishes_differ():
    bank = books(XUEFU)
    served(bank, actor="leader")

    assert refused(bank.confirm, "s", "entry", role="HR", actor="leader") == {
        "procedures.hours.apart"
    }
    bank.confirm("s", "entry", role="HR", actor="chen")
    assert refused(bank.confirm, "s", "publication", role="HR", actor="chen") == {
        "procedures.hours.apart"
    }
    bank.confirm("s", "publication", role="HR", actor="lin")
    assert free(bank, "a", "hours") == 0

    bank.clock.turn(3)
    assert bank.tick().done == ()
    bank.clock.turn(1)
    (settled,) = bank.tick().done
    assert settled.entry.effective_on == MONDAY + timedelta(days=4)
    assert free(bank, "a", "hours") == 120
    assert sound(bank)


def test_xuefu_an_objection_stops_the_publication_and_a_dismissal_begins_it_anew():
    bank = books(XUEFU)
    served(bank)
    bank.confirm("s", "entry", role="HR", actor="chen")
    bank.confirm("s", "publication", role="HR", actor="lin")
    bank.clock.turn(2)

    bank.object_to("s", "notice", actor="a neighbour", private={"why": "not there"})
    bank.clock.turn(9)
    assert bank.tick().done == ()
    assert at(bank) == ("entry", None)

    bank.confirm("s", "entry", role="HR", actor="chen")
    bank.confirm("s", "publication", role="HR", actor="lin")
    assert at(bank) == ("notice", (bank.today() + timedelta(days=3)).isoformat())
    bank.clock.turn(4)
    assert [outcome.entry.target for outcome in bank.tick().done] == ["s"]
    assert free(bank, "a", "hours") == 120


@pytest.mark.parametrize(
    ("day", "step", "until"),
    [
        (0, "recipient", 10),
        (10, "recipient", 10),
        (11, "invoice", 15),
        (15, "invoice", 15),
        (16, "team", None),
        (400, "team", None),
    ],
)
def test_spiez_ten_days_to_accept_then_an_invoice_then_the_team(day, step, until):
    bank = books(SPIEZ)
    served(bank, recipient="b")

    bank.clock.turn(day)

    last = until and (MONDAY + timedelta(days=until)).isoformat()
    assert at(bank) == (step, last)
    role = "team" if step == "team" else "recipient"
    bank.confirm("s", step, role=role, actor="whoever")
    assert free(bank, "a", "credits") == 120
    assert sound(bank)


def test_spiez_whoever_is_late_finds_the_step_past_although_nobody_looked():
    bank = books(SPIEZ)
    served(bank, recipient="b")
    bank.clock.turn(11)

    accept = ops.ConfirmStep(claim="s", step="recipient", role="recipient")

    # an earlier day on the paper does not bring the deadline back
    assert refused(bank.post, accept, on=MONDAY, actor="bo") == {"step"}
    assert refused(bank.post, accept, on=bank.today(), actor="bo") == {"step"}


def test_spiez_a_recipient_who_says_no_leaves_it_to_the_team():
    bank = books(SPIEZ)
    served(bank, recipient="b")

    bank.object_to("s", "recipient", role="recipient", actor="bo")

    assert at(bank) == ("team", None)
    bank.object_to("s", "team", role="team", actor="vera")
    assert bank.claims() == ()
    assert free(bank, "a", "credits") == 0


@pytest.mark.parametrize("say", ["confirm", "object_to"])
def test_a_party_that_speaks_in_person_is_the_account_itself(say):
    bank = books(
        SPIEZ.replace('by = "recipient",', 'by = "recipient", in_person = true,')
    )
    served(bank, recipient="b")
    speak = getattr(bank, say)

    other = refused(speak, "s", "recipient", role="recipient", actor="a")
    speak("s", "recipient", role="recipient", actor="b")

    assert other == {"procedures.trade.steps.recipient.in_person"}
    assert sound(bank)


def test_of_several_in_person_each_may_speak_for_themselves():
    text = SPIEZ.replace('by = "recipient",', 'by = "recipient", in_person = true,')
    several = HEAD.replace('on = "service",', 'on = "service", recipients = 3,')
    bank = with_members(new_bank(policy=several + text), "a", "b", "c")
    served(bank, recipients={"b": 60, "c": 120})

    assert refused(bank.confirm, "s", "recipient", role="recipient", actor="a") == {
        "procedures.trade.steps.recipient.in_person"
    }
    assert bank.confirm("s", "recipient", role="recipient", actor="c").entry.settles


def test_a_party_that_must_confirm_must_be_named():
    bank = books(SPIEZ)

    assert refused(served, bank) == {
        "procedures.trade.steps.recipient.by",
        "procedures.trade.steps.invoice.by",
    }


def earn(bank, hours=10):
    for number in range(hours // 5):
        served(bank, 300, id=f"h{number}", on=MONDAY - timedelta(days=number))


@pytest.mark.parametrize(
    ("published", "open_until"),
    [
        (date(2024, 11, 8), date(2024, 11, 15)),  # a Friday
        (date(2024, 3, 1), date(2024, 3, 11)),  # 8 March is a holiday in it
        (date(2024, 11, 9), date(2024, 11, 15)),  # a Saturday counts as its Friday
    ],
)
def test_guangdong_a_notice_of_five_working_days(published, open_until):
    bank = books(GUANGDONG, today=published)
    for number in range(2):
        served(bank, 300, id=f"h{number}", on=published - timedelta(days=number))
    bank.apply_for("a", "star", "one", on=published, id="s", actor="a")

    bank.confirm("s", "review", role="county", actor="zhang")

    bank.clock.today = open_until
    assert at(bank) == ("notice", open_until.isoformat())
    assert bank.tick().done == ()
    bank.clock.turn(1)
    assert len(bank.tick().done) == 1
    (account,) = [each for each in bank.accounts() if each.id == "a"]
    tier = account.tier("star", bank.today())
    assert (tier.level, tier.since) == ("one", published)
    assert sound(bank)


def test_a_year_whose_holidays_nobody_listed_cannot_be_counted_through():
    bank = books(GUANGDONG, today=date(2025, 12, 30))
    for number in range(2):
        served(bank, 300, id=f"h{number}", on=date(2025, 12, 29 - number))
    bank.apply_for("a", "star", "one", on=bank.today(), id="s")
    codes = refused(bank.confirm, "s", "review", role="county", actor="zhang")
    assert codes == {"procedures.star.steps.review"}

    text = (HEAD + GUANGDONG).replace("2025-01-01", "2025-01-01, 2026-01-01")
    bank.adopt(text, on=bank.today(), holds_from=date(2025, 12, 30))

    # a claim keeps its policy, and learns the holidays that were announced since
    bank.confirm("s", "review", role="county", actor="zhang")
    assert at(bank) == ("notice", "2026-01-07")
    assert sound(bank)


def test_dongting_two_reviewers_and_neither_submitted_it():
    bank = books(DONGTING)
    served(bank, actor="li")
    review = {"step": "review", "role": "reviewer"}

    assert refused(bank.confirm, "s", **review, actor="li") == {
        "procedures.deposit.apart"
    }
    bank.confirm("s", **review, actor="wu")
    assert refused(bank.confirm, "s", **review, actor="wu") == {
        "procedures.deposit.steps.review.need"
    }
    assert free(bank, "a", "credits") == 0
    bank.confirm("s", **review, actor="zhao")
    assert free(bank, "a", "credits") == 120


def test_dongguan_two_approvers_one_of_each_in_any_order():
    bank = books(DONGGUAN)
    served(bank)

    bank.confirm("s", "approval", role="partner", actor="p1")
    bank.confirm("s", "approval", role="partner", actor="p2")
    assert refused(bank.confirm, "s", "approval", role="town centre", actor="p1") == {
        "procedures.two.steps.approval.need"
    }
    assert at(bank) == ("approval", None)
    bank.confirm("s", "approval", role="town centre", actor="t1")

    assert bank.claims() == ()
    assert free(bank, "a", "credits") == 120


@pytest.mark.parametrize(("late", "step"), [(7, "leader"), (8, "district")])
def test_a_late_entry_needs_a_higher_approver(late, step):
    bank = books(LATE)

    served(bank, on=MONDAY - timedelta(days=late))

    assert at(bank) == (step, None)


def test_a_late_entry_needs_its_reason_and_evidence_where_the_policy_says_so():
    policy = HEAD.replace(
        "classes = { care = {} }",
        """facts.reason = { type = ["ill", "no network"] }
classes = { care = { requires = { any = [
  { days_late = { max = 7 } }, { evidence = { known = true }, reason = ["ill", "no network"] }] } } }""",
    )
    bank = new_bank(calendar=Calendar(MONDAY), policy=policy + LATE)
    with_members(bank, "a")
    then = MONDAY - timedelta(days=8)

    assert refused(served, bank, on=then) != set()
    served(bank, on=then, evidence="photo-7", facts={"reason": "ill"})

    assert at(bank) == ("district", None)


def test_an_upheld_complaint_zeroes_by_a_correction():
    bank = books(LATE)
    served(bank)
    bank.confirm("s", "leader", role="leader", actor="xu")
    assert free(bank, "a", "hours") == 120

    anew = ops.RecordService(
        provider="a", service_class="care", minutes=120, facts={"complaint": True}
    )
    bank.correct("s", anew, on=MONDAY)

    assert (free(bank, "a", "hours"), free(bank, "a", "credits")) == (0, 0)
    assert sound(bank)


def test_staff_enter_honour_hours_and_the_organiser_confirms_them():
    bank = books(LATE)
    bank.open_account("team", kind="group", on=EPOCH)
    served(bank, organiser="team")

    bank.confirm("s", "leader", role="organiser", actor="who acts for the team")

    assert free(bank, "a", "hours") == 120


# ---------------------------------------------------------------- what a claim is


def test_a_claim_that_would_be_refused_is_refused_now():
    bank = books(DONGGUAN)

    assert refused(bank.redeem, "a", "rice", on=MONDAY) == {"units.credits.lots"}


def test_claims_count_in_nothing_and_are_decided_again_bindingly():
    bank = books(DONGGUAN)
    served(bank, 120)
    both(bank, "s")
    bank.redeem("a", "rice", on=MONDAY, id="one")
    bank.redeem("a", "rice", on=MONDAY, id="two")

    both(bank, "one")
    bank.confirm("two", "approval", role="partner", actor="p")
    with pytest.raises(Refused) as caught:
        bank.confirm("two", "approval", role="town centre", actor="t")

    assert [f.reason for f in caught.value.findings] == [Reason.LOT_SHORT]
    served(bank, 120, id="more")
    both(bank, "more")
    bank.confirm("two", "approval", role="town centre", actor="t")
    assert free(bank, "a", "credits") == 0
    assert sound(bank)


def both(bank, id):
    bank.confirm(id, "approval", role="partner", actor="p")
    return bank.confirm(id, "approval", role="town centre", actor="t")


def test_a_claim_counts_on_its_own_day_under_its_own_policy_and_its_lot_bears_its_id():
    bank = books(DONGGUAN, today=MONDAY)
    served(bank)
    bank.clock.turn(40)
    stricter = (HEAD + DONGGUAN).replace("no = 1 }", "no = 2 }")
    bank.adopt(stricter, on=bank.today(), holds_from=MONDAY)

    settled = both(bank, "s")

    assert settled.entry.policy == bank.entry("s").entry.policy
    assert bank.balance("a", "credits", effective_on=MONDAY).free == 120
    assert {p.lot.id for p in settled.entry.postings if p.lot} == {"s"}
    assert sound(bank)


def test_an_order_that_waits_holds_nothing_and_is_delivered_by_its_own_id():
    bank = books(DONGGUAN)
    served(bank)
    both(bank, "s")
    bank.order("a", "rice", on=MONDAY, id="o")
    assert bank.balance("a", "credits") == Balance(120, 0)
    both(bank, "o")
    assert bank.balance("a", "credits") == Balance(0, 120)

    bank.fulfil("o", on=MONDAY, id="f")
    assert bank.balance("a", "credits") == Balance(0, 0)
    bank.reverse("f", on=MONDAY)
    bank.cancel("o", on=MONDAY)

    assert bank.balance("a", "credits") == Balance(120, 0)
    assert sound(bank)


def test_a_claim_is_reversed_once_by_its_own_id():
    bank = books(DONGGUAN)
    served(bank)
    assert refused(bank.reverse, "s", on=MONDAY) == {"target"}
    settled = both(bank, "s")
    assert refused(bank.reverse, settled.entry.id, on=MONDAY) == {"target"}

    bank.reverse("s", on=MONDAY)

    assert refused(bank.reverse, "s", on=MONDAY) == {"target"}
    assert free(bank, "a", "credits") == 0
    assert sound(bank)


def amended(bank, minutes=60, *, target="s", id="c", actor="leader", **fields):
    """Correct a service of two hours to one of so many minutes."""
    anew = ops.RecordService(
        provider="a", service_class="care", minutes=minutes, **fields
    )
    return bank.correct(target, anew, on=bank.today(), id=id, actor=actor)


@pytest.mark.parametrize("url", ["memory:", "sqlite"])
def test_what_a_correction_would_undo_stands_until_it_is_confirmed(url, tmp_path):
    place = "memory:" if url == "memory:" else f"sqlite:///{tmp_path}/books.db"
    bank = books(DONGGUAN, url=place)
    served(bank)
    both(bank, "s")

    waits = amended(bank)
    assert waits.entry.waits
    assert free(bank, "a", "hours") == 120
    bank.confirm("c", "approval", role="partner", actor="p")
    assert free(bank, "a", "hours") == 120
    bank.confirm("c", "approval", role="town centre", actor="t")

    assert (free(bank, "a", "hours"), free(bank, "a", "credits")) == (60, 60)
    assert bank.claims() == ()
    assert refused(bank.reverse, "s", on=MONDAY) == {"target"}
    bank.reverse("c", on=MONDAY)
    assert free(bank, "a", "hours") == 0
    assert sound(bank)
    bank.close()


def test_a_correction_that_is_declined_or_lapses_leaves_what_stood():
    bank = books(WHATEVER)
    served(bank, actor="desk")
    for actor in ("li", "wu"):
        bank.confirm("s", "review", role="reviewer", actor=actor)
    bank.clock.turn(5)
    bank.tick()

    amended(bank, id="declined")
    bank.clock.turn(5)
    bank.object_to("declined", "board", role="board", actor="chen")
    amended(bank, id="late")
    bank.clock.turn(30)
    (lapsed,) = bank.tick().done

    assert [f.effect for f in lapsed.findings] == [Effect.VOIDS]
    assert bank.claims() == ()
    assert free(bank, "a", "hours") == 120
    bank.reverse("s", on=MONDAY)
    assert free(bank, "a", "hours") == 0
    assert sound(bank)


def test_of_two_corrections_that_wait_one_counts_and_the_other_stays_open():
    bank = books(DONGGUAN)
    served(bank)
    both(bank, "s")
    amended(bank, 60, id="one")
    amended(bank, 90, id="two")
    both(bank, "one")

    bank.confirm("two", "approval", role="partner", actor="p")
    with pytest.raises(Refused) as caught:
        bank.confirm("two", "approval", role="town centre", actor="t")

    assert [(f.reason, f.found) for f in caught.value.findings] == [
        (Reason.TARGET_UNDONE, "one")
    ]
    bank.withdraw("two", actor="leader")
    assert free(bank, "a", "hours") == 60
    assert sound(bank)


def test_what_was_spent_meanwhile_stands_in_the_way_of_a_correction():
    bank = books(DONGGUAN)
    served(bank)
    both(bank, "s")
    amended(bank)
    bank.redeem("a", "rice", on=MONDAY, id="r")
    both(bank, "r")

    bank.confirm("c", "approval", role="partner", actor="p")
    with pytest.raises(Refused) as caught:
        bank.confirm("c", "approval", role="town centre", actor="t")

    assert Reason.TARGET_DEPENDANTS in [f.reason for f in caught.value.findings]
    assert sound(bank)


@pytest.mark.parametrize("place", ["memory", "sqlite", "postgresql"])
def test_a_service_is_in_the_way_of_others_until_its_correction_counts(
    place, tmp_path, request
):
    url = {"memory": lambda *_: "memory:", "sqlite": on_sqlite}.get(
        place, on_postgresql
    )
    bank = books(DONGGUAN, url=url(tmp_path, request))
    request.addfinalizer(bank.close)
    served(bank, id="s", starts_at=540)
    both(bank, "s")
    amended(bank, starts_at=900)

    assert refused(served, bank, id="other", starts_at=540) == {"starts_at"}
    both(bank, "c")
    served(bank, id="other", starts_at=540)
    both(bank, "other")
    assert refused(served, bank, id="third", starts_at=930) == {"starts_at"}

    assert free(bank, "a", "hours") == 180
    assert sound(bank)


def test_an_order_is_corrected_once_that_is_confirmed():
    bank = books(DONGGUAN)
    served(bank)
    both(bank, "s")
    bank.order("a", "rice", on=MONDAY, id="o")
    both(bank, "o")
    bank.correct("o", ops.PlaceOrder(payer="a", item="rice"), on=MONDAY, id="c")

    assert bank.balance("a", "credits") == Balance(0, 120)
    both(bank, "c")

    bank.fulfil("c", on=MONDAY)
    assert bank.balance("a", "credits") == Balance(0, 0)
    assert sound(bank)


DEAR = """
[procedures.dear]
on = "redeem"
when = { price = { min = 4 } }
steps = [{ name = "board", by = "board" }]
"""


@pytest.mark.parametrize(("pieces", "waits"), [(1, False), (2, True)])
def test_whether_an_orders_correction_waits_is_asked_of_its_own_price(pieces, waits):
    bank = books(DEAR)
    served(bank, 300)
    bank.order("a", "rice", on=MONDAY, id="o")

    anew = ops.PlaceOrder(payer="a", item="rice", quantity=pieces)

    assert bank.correct("o", anew, on=MONDAY, id="c").entry.waits is waits


def test_a_correction_meets_the_limits_of_what_it_is_about():
    limited = HEAD.replace(
        'rules.credits = { on = "service",',
        'rules.credits = { limits.day = { at_most = 3, same = "recipient" }, on = "service",',
    )
    bank = new_bank(calendar=Calendar(MONDAY), policy=limited + DONGGUAN)
    with_members(bank, "a", "b", "c")
    served(bank, 120, id="s", recipient="b")
    both(bank, "s")
    served(bank, 120, id="other", recipient="c")
    both(bank, "other")
    amended(bank, 180, recipient="b")

    both(bank, "c")

    assert free(bank, "a", "credits") == 300
    assert sound(bank)


def test_a_correction_that_waits_is_explained_on_both_sides():
    bank = books(DONGGUAN)
    served(bank)
    both(bank, "s")
    amended(bank)
    waiting = bank.explain("c").text
    settled = both(bank, "c").entry.id

    undone = bank.explain("s").text

    assert "this counts once procedure two is through" in waiting.en
    assert "以上须经程序 two 办结后生效" in waiting.in_("zh")
    assert "undone since by c" in undone.en
    assert "此后由 c" in undone.in_("zh")
    assert "takes back what s did" in bank.explain(settled).text.en
    assert not bank.explain(settled).unaccounted()


def test_a_service_that_waits_takes_no_time_of_day():
    bank = books(DONGGUAN)
    served(bank, id="one", starts_at=540)
    served(bank, id="two", starts_at=600)
    both(bank, "one")

    with pytest.raises(Refused) as caught:
        both(bank, "two")

    assert [(f.code, f.found) for f in caught.value.findings] == [("starts_at", "one")]
    bank.reverse("one", on=MONDAY)
    bank.confirm("two", "approval", role="town centre", actor="t")
    assert sound(bank)


def test_a_claim_and_its_confirmations_in_one_batch():
    bank = books(DONGGUAN)
    service = ops.RecordService(
        provider="a", service_class="care", minutes=60, starts_at=540
    )
    asked = [
        bank.request(service, on=MONDAY, id="s", actor="leader"),
        *(
            bank.request(
                ops.ConfirmStep(claim="s", step="approval", role=role),
                on=MONDAY,
                id=role,
                actor=actor,
            )
            for role, actor in (("partner", "p"), ("town centre", "t"))
        ),
        bank.request(
            ops.Give(payer="a", payee="b", unit="credits", amount=60), on=MONDAY, id="g"
        ),
    ]

    bank.batch(asked)

    assert [c.entry.id for c in bank.claims()] == ["g"]
    assert free(bank, "a", "credits") == 60
    assert sound(bank)


def test_a_retry_of_a_confirmation_gets_the_first_outcome():
    bank = books(DONGTING)
    served(bank, actor="li")
    first = bank.confirm("s", "review", role="reviewer", actor="wu", id="yes")

    again = bank.confirm("s", "review", role="reviewer", actor="wu", id="yes")

    assert again.replayed
    assert again.entry == first.entry


@pytest.mark.parametrize("wait", [4, 5, 90])
def test_however_late_a_tick_comes_it_does_the_same_and_once(wait):
    bank = books(XUEFU)
    served(bank)
    bank.confirm("s", "entry", role="HR", actor="chen")
    bank.confirm("s", "publication", role="HR", actor="lin")

    bank.clock.turn(wait)
    (first,) = bank.tick().done

    assert first.entry.id == "due/2024-03-08/claim/s"
    assert first.entry.effective_on == date(2024, 3, 8)
    assert bank.tick().done == ()
    assert refused(bank.settle, "s") == {"claim"}


def test_what_time_accepted_and_the_rules_refuse_stays_open():
    bank = books(XUEFU, more="")
    served(bank)
    bank.confirm("s", "entry", role="HR", actor="chen")
    bank.confirm("s", "publication", role="HR", actor="lin")
    bank.close_account("a", cause="moving", on=bank.today())
    bank.clock.turn(5)

    report = bank.tick()

    assert [r.findings[0].reason for r in report.refused] == [Reason.ACCOUNT_CLOSED]
    assert at(bank) == ("accepted", None)
    bank.withdraw("s", actor="leader")
    assert bank.tick().refused == ()


def test_silence_counts_where_the_policy_says_so():
    silence = """
[procedures.silent]
on = "service"
steps = [{ name = "recipient", by = "recipient", within = "2 days", else = "accepted" }]
"""
    bank = books(silence)
    served(bank, recipient="b")
    bank.clock.turn(3)

    bank.tick()

    assert free(bank, "a", "credits") == 120


@pytest.mark.parametrize("url", ["memory:", "sqlite"])
def test_an_account_that_is_opened_and_closed_by_a_committee(url, tmp_path, request):
    committee = """
[procedures.joining]
on = ["open", "close", "tier"]
when = { kind = "group" }
steps = [{ name = "interview", by = "team", need = 2 }]
"""
    place = "memory:" if url == "memory:" else f"sqlite:///{tmp_path}/books.db"
    bank = books(committee, url=place)
    request.addfinalizer(bank.close)

    bank.open_account("g", kind="group", on=MONDAY, id="join")
    assert [account.id for account in bank.accounts() if account.id == "g"] == []
    bank.confirm("join", "interview", role="team", actor="x")
    bank.confirm("join", "interview", role="team", actor="y")
    bank.close_account("g", cause="leaving", on=MONDAY, id="leave")
    bank.confirm("leave", "interview", role="team", actor="x")
    (open_,) = [account for account in bank.accounts() if account.id == "g"]
    assert open_.closed_on is None
    bank.confirm("leave", "interview", role="team", actor="y")

    (closed,) = [account for account in bank.accounts() if account.id == "g"]
    assert closed.closed_on == MONDAY
    assert sound(bank)


def test_a_claim_meets_the_limits_of_its_own_day_with_what_counts_by_then():
    limited = HEAD.replace(
        'rules.credits = { on = "service",',
        'rules.credits = { limits.day = { at_most = 3, excess = "drop" }, on = "service",',
    )
    bank = new_bank(calendar=Calendar(MONDAY), policy=limited + DONGGUAN)
    with_members(bank, "a")
    for id in ("one", "two", "three"):
        served(bank, 120, id=id)

    for id in ("three", "two", "one"):
        bank.clock.turn(2)
        both(bank, id)

    assert free(bank, "a", "hours") == 360
    assert free(bank, "a", "credits") == 180
    assert sound(bank)


RECENT = """
measures.recent = { count = "hours", window = "last 1 month" }
flags.busy = { when = { recent = { min = 2 } }, for = "team" }
"""


def test_a_claim_raises_the_flags_of_its_own_day(tmp_path):
    bank = books(DONGGUAN, more=RECENT, url=f"sqlite:///{tmp_path}/b.db")
    for id in ("one", "two"):
        served(bank, 120, id=id)
    bank.clock.turn(90)
    both(bank, "one")

    settled = both(bank, "two")

    assert [f.code for f in settled.findings if f.code == "flags.busy"]
    assert sound(bank)
    bank.close()


@pytest.mark.parametrize(
    ("forge", "law"),
    [
        (lambda settled: settled, "law 9: no claim 's' waits any more"),
        (
            lambda settled: evolve(
                settled,
                findings=(
                    Finding(code="x", reason=Reason.AWAITED, effect=Effect.WAITS),
                ),
            ),
            "law 6: it moves credits although its claim does not count",
        ),
    ],
)
def test_the_audit_finds_what_moves_for_a_claim_and_may_not(forge, law):
    bank = books(DONGGUAN)
    served(bank)
    settled = both(bank, "s").entry
    forged = evolve(forge(settled), id="again")

    with bank.store.turn(bank.ledger) as turn:
        standing = turn.load(needs_to_append([forged], turn.threads({"s"})))
        append_to(turn, standing, [forged], {})

    assert any(law in fault for fault in bank.verify().faults)


# ---------------------------------------------------------------- whatever comes

WHATEVER = """
[procedures.whatever]
on = "service"
apart = ["submitter", "review", "board"]
steps = [
  { name = "review", by = ["reviewer", "leader"], need = 2, within = "4 days", else = "board" },
  { name = "notice", for = "3 days", then = "accepted", objection = "board" },
  { name = "board", by = "board", within = "6 days", else = "void", then = "notice" },
]
"""
PEOPLE = st.sampled_from(["desk", "li", "wu", "zhao", "chen"])
SAID = st.one_of(
    st.tuples(
        st.just("confirm"),
        st.sampled_from(["review", "review", "board", "notice"]),
        st.sampled_from(["reviewer", "reviewer", "leader", "board"]),
        PEOPLE,
    ),
    st.tuples(
        st.just("object"), st.sampled_from(["review", "notice", "board"]), PEOPLE
    ),
    st.tuples(st.just("wait"), st.integers(1, 6)),
    st.tuples(st.just("tick")),
    st.tuples(st.just("withdraw"), PEOPLE),
    st.tuples(st.just("reverse")),
)
STORY = st.lists(SAID, min_size=3, max_size=16)


def told(bank, story, claim="s"):
    """Tell *story* of *claim*; return the entries that came of it."""
    for number, (what, *details) in enumerate(story):
        id, today = f"n{number}", bank.today()
        match what:
            case "confirm":
                step, role, actor = details
                operation = ops.ConfirmStep(claim=claim, step=step, role=role)
            case "object":
                step, actor = details
                operation = ops.ObjectToStep(
                    claim=claim,
                    step=step,
                    role={"notice": None, "board": "board"}.get(step, "reviewer"),
                )
            case "withdraw":
                (actor,) = details
                operation = ops.WithdrawClaim(claim=claim)
            case "reverse":
                actor, operation = "desk", ops.Reverse(target="s")
            case "wait":
                bank.clock.turn(details[0])
                continue
            case _:
                bank.tick()
                continue
        request = bank.request(operation, on=today, id=id, actor=actor)
        bank.batch([request], atomic=False)
    return [entry for _, entry in bank.entries() if entry.target == claim]


@settings(max_examples=150)
@given(STORY)
def test_a_claim_settles_at_most_once_and_never_by_fewer_people_than_asked(story):
    bank = books(WHATEVER)
    served(bank, actor="desk")

    said = told(bank, story)

    settled = [entry for entry in said if entry.settles]
    assert len(settled) <= 1
    undone = any(isinstance(entry.operation, ops.Reverse) for entry in said)
    assert free(bank, "a", "credits") == (120 if settled and not undone else 0)
    if settled:
        before = said[: said.index(settled[0])]
        assert isinstance(settled[0].operation, ops.SettleClaim)  # a notice is last
        confirmed = [e for e in before if isinstance(e.operation, ops.ConfirmStep)]
        reviewers = {e.actor for e in confirmed if e.operation.step == "review"}
        board = {e.actor for e in confirmed if e.operation.step == "board"}
        assert len(reviewers) >= 2 or board
        assert not (reviewers | board) & {"desk"}
        assert not reviewers & board
        last = max(e.recorded.on for e in confirmed)
        assert settled[0].recorded.on > last + timedelta(days=3)
    assert sound(bank)


@settings(max_examples=60)
@given(STORY)
def test_ticking_every_day_or_once_at_the_end_comes_to_the_same(story):
    # what time has decided can be withdrawn until a tick has recorded it
    quiet = [one for one in story if one[0] not in ("tick", "reverse", "withdraw")]
    daily = []
    for one in quiet:
        days = one[1] if one[0] == "wait" else 0
        daily += [("wait", 1), ("tick",)] * days if days else [one]
    banks = books(WHATEVER), books(WHATEVER)

    for bank, way in zip(banks, (quiet, daily), strict=True):
        served(bank, actor="desk")
        told(bank, way)
        bank.clock.turn(10)
        bank.tick()

    assert free(banks[0], "a", "credits") == free(banks[1], "a", "credits")
    ends = [[(c.entry.id, c.at) for c in bank.claims()] for bank in banks]
    assert ends[0] == ends[1]


@settings(max_examples=60)
@given(STORY)
def test_what_a_correction_would_undo_stands_whatever_is_said_of_it(story):
    bank = books(WHATEVER)
    served(bank)
    bank.confirm("s", "review", role="reviewer", actor="li")
    bank.confirm("s", "review", role="leader", actor="wu")
    bank.clock.turn(4)
    bank.tick()
    amended(bank, actor="desk")
    assert (bank.balance("a", "hours").free, at(bank, "c")[0]) == (120, "review")

    said = told(bank, story, claim="c")

    settled = any(entry.settles for entry in said)
    undone = any(
        isinstance(entry.operation, ops.Reverse) for _, entry in bank.entries()
    )
    assert not (settled and undone)
    assert free(bank, "a", "hours") == (0 if undone else 60 if settled else 120)
    assert sound(bank)


DAYS = st.integers(0, 12)


@given(
    st.lists(st.tuples(st.sampled_from("yn"), PEOPLE, DAYS), max_size=6),
    st.integers(0, 60),
)
def test_a_stage_only_moves_on_as_days_pass(acts, day):
    steps = (
        Step(name="one", by=("x",), need=2, within=Span(3), else_="two"),
        Step(name="two", for_=Span(2), objection="one"),
    )
    course = Course(
        Procedure(on=("service",), steps=steps),
        lambda span, start: start + timedelta(days=span.count),
    )
    stage, now = course.begin(MONDAY), MONDAY
    for what, who, later in acts:
        now += timedelta(days=later)
        stage = course.on_day(stage, now)
        if stage.ended:
            break
        act = Act.CONFIRM if what == "y" and stage.at == "one" else Act.OBJECT
        stage = course.take(stage, Said(act, Confirmed(stage.at, who, "x"), now))

    seen = course.on_day(stage, now + timedelta(days=day))

    assert seen == course.on_day(course.on_day(stage, now), now + timedelta(days=day))
    assert seen.since >= stage.since
    assert seen.until is None or seen.until >= now + timedelta(days=day)


def test_what_is_said_counts_on_the_day_the_bank_learns_of_it():
    bank = books(XUEFU)
    served(bank)
    bank.confirm("s", "entry", role="HR", actor="chen")
    bank.clock.turn(2)

    said = bank.confirm("s", "publication", role="HR", actor="lin", on=MONDAY)

    last = (MONDAY + timedelta(days=5)).isoformat()
    assert [finding.found for finding in said.findings] == [last]
    assert at(bank) == ("notice", last)


def test_one_person_is_one_however_often_they_speak():
    step = Step(name="one", by=("x", "y"), need=2)
    course = Course(Procedure(on=("service",), steps=(step,)), lambda _, start: start)
    stage = course.begin(MONDAY)

    for role in ("x", "y", "x"):
        said = Said(Act.CONFIRM, Confirmed("one", "li", role), MONDAY)
        stage = course.take(stage, said)

    assert stage.at == "one"
    assert course.take(
        stage, Said(Act.CONFIRM, Confirmed("one", "wu", "x"), MONDAY)
    ).ended


def test_what_time_brings_about_by_itself_is_not_put_off():
    board = """
[procedures.levels]
on = "tier"
steps = [{ name = "board", by = "board" }]
"""
    policy = HEAD.replace("lots = {}", 'lots = { expires = { after = "1 month" } }')
    bank = new_bank(calendar=Calendar(MONDAY), policy=policy + board)
    with_members(bank, "a")
    served(bank)
    bank.clock.turn(60)

    bank.tick()

    assert free(bank, "a", "credits") == 0
    assert bank.claims() == ()


def test_the_first_procedure_that_holds_for_any_who_pay_is_taken():
    shared = """
[procedures.poor]
on = "redeem"
when = { payer.poor = true }
steps = [{ name = "board", by = "board" }]
"""
    policy = HEAD.replace(
        "facts.complaint",
        'facts.poor = { type = "yes-no", default = false }\nfacts.complaint',
    ).replace(
        'rules.redeem = { on = "redeem",', 'rules.redeem = { on = "redeem", payers = 2,'
    )
    bank = new_bank(calendar=Calendar(MONDAY), policy=policy + shared)
    with_members(bank, "a", "b")
    for member in "ab":
        bank.record_service(member, "care", 60, on=MONDAY)

    bank.post(
        ops.PlaceOrder(
            payer="a",
            item="rice",
            payers=(
                ops.Part(account="a", amount=60),
                ops.Part(account="b", amount=60, facts={"poor": True}),
            ),
        ),
        on=MONDAY,
        id="o",
    )

    assert [claim.entry.id for claim in bank.claims()] == ["o"]
    bank.confirm("o", "board", role="board")
    assert bank.balance("b", "credits") == Balance(0, 60)
    assert sound(bank)


# ---------------------------------------------------------------- on databases


def on_sqlite(tmp_path, _):
    return f"sqlite:///{tmp_path}/books.db"


def on_postgresql(_, request):
    return request.getfixturevalue("postgresql_url")


@pytest.mark.parametrize("place", [on_sqlite, on_postgresql])
def test_claims_are_kept_in_databases_as_in_memory(place, tmp_path, request):
    bank = books(DONGGUAN, url=place(tmp_path, request))
    request.addfinalizer(bank.close)
    served(bank, id="one", starts_at=540)
    served(bank, id="two", starts_at=600)
    both(bank, "one")
    assert refused(both, bank, "two") == {"starts_at"}
    bank.reverse("one", on=MONDAY)
    bank.confirm("two", "approval", role="town centre", actor="t")
    bank.order("a", "rice", on=MONDAY, id="o")
    both(bank, "o")
    bank.fulfil("o", on=MONDAY)

    assert bank.balance("a", "credits") == Balance(0, 0)
    assert free(bank, "a", "hours") == 120
    assert sound(bank)


@pytest.mark.parametrize("place", [on_sqlite, on_postgresql])
def test_of_many_who_confirm_at_once_one_settles(place, tmp_path, request):
    url = place(tmp_path, request)
    bank = books(DONGTING, url=url)
    request.addfinalizer(bank.close)
    served(bank, actor="li")

    def confirm(number):
        own = timebank.open(url, ledger="laws", actor="desk", clock=bank.clock)
        with own:
            asked = own.request(
                ops.ConfirmStep(claim="s", step="review", role="reviewer"),
                on=MONDAY,
                actor=f"reviewer {number}",
            )
            return own.batch([asked], atomic=False)[0]

    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(confirm, range(6)))

    accepted = [v.entry for v in verdicts if isinstance(v, Outcome)]
    assert [entry.settles for entry in accepted].count(True) == 1
    assert len(accepted) == 2
    assert free(bank, "a", "credits") == 120
    assert sound(bank)
