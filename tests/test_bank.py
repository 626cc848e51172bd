"""What the bank does around a decision: batches, adoptions, arguments."""

import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime
from functools import partial

import pytest

import timebank
from timebank.balances import Balance
from timebank.errors import UnknownAccount, UnknownTimeZone, UnknownUnit
from timebank.model import Reason
from timebank.operations import (
    AdoptPolicy,
    Donate,
    FulfilOrder,
    NoteRefusal,
    PlaceOrder,
    RecordService,
    Reverse,
)
from timebank.policy import files
from timebank.session import new_id

from .storage.places import URLS

NOON = datetime(2024, 7, 10, 4, tzinfo=UTC)
MAY, JUNE = date(2024, 5, 2), date(2024, 6, 3)
YESTERDAY, JULY = date(2024, 7, 9), date(2024, 7, 10)  # when it is NOON

POLICY = """
language = 1
[policy]
name = "P"
source = "-"
status = "in force"
from = 2020-01-01
[units]
hours = { scale = 60, lots = {} }
[accounts.member]
hours = { floor = 0 }
[accounts.pool]
names = ["p"]
hours = { floor = "none" }
[facts]
age = "number"
[classes]
care = {}
[measures]
busy_month = { sum = "hours", window = "month" }
[rules.hours]
on = "service"
unit = "hours"
[rules.redeem]
on = "redeem"
unit = "hours"
[rules.give_on]
on = "donate"
unit = "hours"
to = "pool:p"
[rules.allocate]
on = "allocate"
unit = "hours"
from = "pool:p"
[rules.grant]
on = "grant"
unit = "hours"
limits = { month = { at_most = 2, excess = "drop" } }
[items]
rice = { price = 1 }
[ladders.badge]
entry = "apply"
keep = "for ever"
levels = [{ name = "one", needs = { age = { min = 60 } } }]
[flags.busy]
when = { busy_month = { min = 5 } }
for = "HR"
"""


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "postgresql",
        # between two edits one PostgreSQL is enough
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in URLS
            if name != "postgresql"
        ),
    ]
)
def empty(request, tmp_path):
    here = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'b.db'}"}
    place = URLS.get(request.param) or partial(nullcontext, here.get(request.param))
    with (
        place() as url,
        timebank.create(url, ledger="x", actor="a", clock=lambda: NOON) as bank,
    ):
        yield bank


@pytest.fixture
def bank(empty):
    empty.adopt(POLICY, on=MAY, id="adopt")
    empty.open_account("m", on=MAY, id="open/m")
    return empty


def serve(bank, id, on=MAY, minutes=180):
    operation = RecordService(provider="m", service_class="care", minutes=minutes)
    return bank.request(operation, on=on, id=id)


# ---------------------------------------------------------------- what is known again


def test_who_asks_again_is_known_by_private_details(bank):
    asked = {"on": MAY, "id": "open/n", "private": {"name": "陈梅\n"}}
    bank.open_account("n", **asked)

    assert bank.open_account("n", **asked).replayed
    bank.verify().raise_if_faulty()


def test_books_in_memory_do_not_show_what_is_in_them():
    with closing(timebank.create("memory:", ledger="l", actor="desk-1")) as bank:
        bank.adopt(POLICY, on=MAY)
        bank.open_account("ada", on=MAY, private={"name": "Ada"})

        assert "ada" not in repr(bank).lower()


def test_without_a_policy_the_refusal_says_that_none_is_adopted():
    with closing(timebank.create("memory:", ledger="l", actor="desk-1")) as bank:
        with pytest.raises(timebank.Refused) as caught:
            bank.open_account("ada", on=MAY)

        assert "(first day of the first: none is adopted yet)" in str(caught.value)


def test_a_programme_that_does_not_ship_is_told_with_the_nearest_that_does():
    with pytest.raises(KeyError, match="did you mean `guangzhou`"):
        timebank.programme("guangzhuo")


@pytest.mark.parametrize(
    ("unit", "kind"), [(5, TypeError), (None, TypeError), ("h\0", ValueError)]
)
@pytest.mark.parametrize("keep_refusals", [False, True])
def test_what_no_unit_can_be_called_is_no_operation(unit, kind, keep_refusals):
    made = timebank.create(
        "memory:", ledger="l", actor="desk-1", keep_refusals=keep_refusals
    )
    with closing(made) as bank, pytest.raises(kind, match="unit must"):
        bank.give("ada", "ben", unit=unit, amount=1, on=MAY)


def test_an_id_that_was_taken_before_stays_taken(bank):
    bank.void("late", on=MAY)

    (refusal,) = bank.batch([serve(bank, "late")], atomic=False)

    assert [finding.reason for finding in refusal.findings] == [Reason.ID_VOID]


# ---------------------------------------------------------------- batches


def test_a_batch_may_undo_what_it_has_just_recorded(bank):
    undo = bank.request(Reverse(target="s"), on=JUNE, id="r")

    bank.batch([serve(bank, "s"), undo])

    assert bank.balance("m", "hours").total == 0
    assert bank.verify(decide_again=True).sound


def test_a_batch_may_fulfil_an_order_of_its_own_in_another_month(bank):
    order = bank.request(PlaceOrder(payer="m", item="rice"), on=MAY, id="o")
    fulfil = bank.request(FulfilOrder(order="o"), on=JUNE, id="f")

    bank.batch([serve(bank, "s"), order, fulfil])

    assert bank.balance("m", "hours").total == 120
    assert bank.verify(decide_again=True).sound


@pytest.mark.parametrize("change", ["at_most = 1", "at_most = 3"])
def test_a_batch_may_adopt_a_policy_between_other_things(bank, change):
    text = POLICY.replace("at_most = 2", change)
    adopt = bank.request(AdoptPolicy(text=text, holds_from=MAY), on=JUNE, id="v2")

    bank.batch([serve(bank, "s"), adopt, serve(bank, "t", on=JUNE)])

    assert bank.balance("m", "hours").total == 360
    assert bank.verify(decide_again=True).sound


def test_a_refused_adoption_does_not_hinder_the_rest_of_its_batch(bank):
    text = POLICY.replace("scale = 60", "scale = 30")
    adopt = bank.request(AdoptPolicy(text=text, holds_from=MAY), on=JUNE, id="v2")

    refused, served = bank.batch([adopt, serve(bank, "s")], atomic=False)

    assert [f.reason for f in refused.findings] == [Reason.POLICY_UNIT_CHANGED]
    assert served.position == 5


# ---------------------------------------------------------------- adoptions


def test_a_policy_can_be_adopted_before_it_holds(empty):
    empty.adopt(POLICY, on=JUNE, holds_from=date(2025, 1, 1), id="adopt")

    assert [account.id for account in empty.accounts()] == ["issuer", "pool:p"]
    with pytest.raises(timebank.Refused) as refused:
        empty.open_account("m", on=JUNE)
    assert [f.reason for f in refused.value.findings] == [Reason.POLICY_NONE]


@pytest.mark.parametrize(
    ("on", "holds_from", "noted"),
    [
        (JUNE, MAY, True),
        (JUNE, JUNE, True),  # told in July: until now June went by the other
        (JULY, YESTERDAY, True),
        (JULY, JULY, False),
        (JUNE, JULY, False),
    ],
)
def test_a_policy_for_days_that_had_another_is_noted(bank, on, holds_from, noted):
    text = POLICY.replace("at_most = 2", "at_most = 3")

    outcome = bank.adopt(text, on=on, holds_from=holds_from, id="v2")

    told = [(f.reason, f.wanted, f.found) for f in outcome.findings]
    gone_by = (Reason.POLICY_GONE_BY, JULY.isoformat(), holds_from.isoformat())
    assert told == ([gone_by] if noted else [])


def test_a_policy_that_another_of_tomorrow_follows_takes_no_days_from_it(empty):
    later = POLICY.replace("at_most = 2", "at_most = 3")
    empty.adopt(later, on=JULY, holds_from=JULY, id="of-today")

    assert empty.adopt(POLICY, on=JULY, holds_from=MAY, id="before").findings == ()


def test_a_first_policy_may_hold_for_days_gone_by_without_a_note(empty):
    assert empty.adopt(POLICY, on=JUNE, id="adopt").findings == ()


def test_next_years_policy_may_name_a_new_pool(bank):
    text = POLICY.replace('["p"]', '["p", "q"]')

    bank.adopt(text, on=JUNE, holds_from=date(2025, 1, 1), id="next")

    assert "pool:q" in [account.id for account in bank.accounts()]
    assert bank.verify(decide_again=True).sound


def test_nothing_moves_an_account_that_was_never_opened(empty):
    empty.post(AdoptPolicy(text=POLICY, holds_from=MAY), on=MAY, id="adopt")
    empty.open_account("m", on=MAY)

    with pytest.raises(timebank.Refused) as refused:
        empty.allocate("m", unit="hours", amount=60, on=JUNE)

    (finding, *_) = refused.value.findings
    assert (finding.reason, finding.account) == (Reason.ACCOUNT_UNKNOWN, "pool:p")


def test_a_limit_binds_an_account_kept_without_a_balance_too(empty):
    empty.post(AdoptPolicy(text=POLICY, holds_from=MAY), on=MAY, id="adopt")
    empty.open_account("issuer", kind="issuer", mode="append", on=MAY)
    empty.open_account("pool:p", kind="pool", mode="append", on=MAY)

    empty.grant("pool:p", unit="hours", amount=90, on=JUNE)
    empty.grant("pool:p", unit="hours", amount=90, on=JUNE)

    assert empty.balance("pool:p", "hours").free == 120
    assert empty.verify(decide_again=True).sound


def test_todays_cap_goes_by_todays_facts(empty):
    capped = POLICY.replace(
        "hours = { floor = 0 }", 'hours = { floor = 0, cap = "ceiling" }'
    )
    facts = 'age = "number"\nceiling = {{ type = "number", kept = true, default = {} }}'
    old, new = (capped.replace('age = "number"', facts.format(n)) for n in (10, 5))
    empty.adopt(old, on=MAY, holds_from=date(2020, 1, 1), id="old")
    empty.adopt(new, on=MAY, holds_from=date(2024, 7, 1), id="new")
    empty.open_account("m", on=MAY)

    with pytest.raises(timebank.Refused) as refused:
        empty.record_service("m", "care", 480, on=MAY)

    assert [f.code for f in refused.value.findings] == ["accounts.member.hours.cap"]


# ---------------------------------------------------------------- arguments


def test_an_id_is_the_same_however_it_is_composed(bank):
    bank.open_account("Jose\u0301", on=MAY, id="e\u0301", private={"name": "J"})

    assert bank.balance("Jos\u00e9", "hours").total == 0
    assert bank.balance("Jose\u0301", "hours").total == 0
    assert bank.entry("e\u0301").position == bank.entry("\u00e9").position
    assert bank.erase("e\u0301")
    assert bank.private("\u00e9") is None


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda b: b.balance("m", "hours", effective_on="2024-05-01"), TypeError),
        (lambda b: b.balance("m", "hours", as_of=3.0), TypeError),
        (lambda b: b.balance("m", "hours", as_of=-1), ValueError),
        (lambda b: list(b.entries(after="1")), TypeError),
        (lambda b: b.erase("\ud800"), ValueError),
        (lambda b: b.balance("m", "hour"), timebank.TimebankError),
        (lambda b: b.balance("m", "hours\0"), ValueError),
        (lambda b: b.balance("m", "\ud800", as_of=1), ValueError),
        (lambda b: b.statement("m", "\ud800"), ValueError),
        (
            lambda b: b.post(
                NoteRefusal(refused="x", operation=Reverse(target="y")), on=MAY
            ),
            TypeError,
        ),
    ],
    ids=range(10),
)
def test_what_cannot_be_asked_is_told_on_every_store(bank, ask, error):
    with pytest.raises(error):
        ask(bank)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda b: b.balance("m", "hour"), UnknownUnit),
        (lambda b: b.balance("nobody", "hours"), UnknownAccount),
        (lambda b: b.balance("nobody", "hours", as_of=1), UnknownAccount),
        (lambda b: b.balance("nobody", "hours", effective_on=MAY), UnknownAccount),
        (lambda b: b.statement("m", "hour"), UnknownUnit),
        (lambda b: b.statement("nobody", "hours"), UnknownAccount),
    ],
    ids=range(6),
)
def test_whoever_is_not_there_has_no_figures(bank, ask, error):
    with pytest.raises(error):
        ask(bank)


def test_a_member_whom_nothing_has_moved_has_figures(bank):
    assert bank.balance("m", "hours") == Balance()
    assert bank.balance("m", "hours", as_of=0) == Balance()
    assert bank.statement("m", "hours") == []


def test_a_position_beyond_the_journal_is_its_end(bank):
    bank.batch([serve(bank, "s")])

    assert bank.balance("m", "hours", as_of=2**70).total == 180


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"actor": ""}, ValueError),
        ({"time_zone": "Asia/Shangai"}, UnknownTimeZone),
    ],
)
def test_nothing_is_made_for_a_bank_that_cannot_be(tmp_path, words, error):
    url = f"sqlite:///{tmp_path / 'books.db'}"

    with pytest.raises(error):
        timebank.create(url, **{"ledger": "x", "actor": "a"} | words)

    assert list(tmp_path.iterdir()) == []


def test_a_time_zone_that_is_unknown_here_is_told_with_what_to_do(
    tmp_path, without_zones
):
    url = f"sqlite:///{tmp_path / 'books.db'}"
    timebank.create(url, ledger="x", actor="a").close()
    without_zones()

    with pytest.raises(UnknownTimeZone, match="pip install tzdata"):
        timebank.open(url, ledger="x", actor="a")


@pytest.mark.parametrize("words", [{"actor": ""}, {"ledger": ""}])
def test_a_bank_has_a_ledger_and_an_actor(words):
    with pytest.raises(ValueError, match="must not be empty"):
        timebank.create("memory:", **{"ledger": "x", "actor": "a"} | words)


def test_a_level_that_goes_by_a_fact_is_left_out_of_a_view(bank):
    assert bank.standing("m").eligible == {}


# ---------------------------------------------------------------- following the journal


def test_whoever_has_seen_everything_is_told_of_nothing(bank):
    (outcome,) = bank.batch([serve(bank, "s")])

    assert list(bank.entries(after=outcome.position, last="s")) == []


def test_whoever_kept_the_last_id_goes_on_behind_it(bank):
    first, second = bank.batch([serve(bank, "s-1"), serve(bank, "s-2")])

    followed = list(bank.entries(after=first.position, last="s-1"))

    assert followed == [(second.position, second.entry)]


def test_books_that_end_before_what_was_seen_are_older_and_say_so(bank):
    head = bank.batch([serve(bank, "s")])[0].position

    for last in (None, "s-2"):
        with pytest.raises(timebank.JournalForked) as caught:
            next(bank.entries(after=head + 1, last=last))

        assert (caught.value.after, caught.value.last) == (head + 1, last)
        assert (caught.value.found, caught.value.head) == (None, head)
        assert "from position 0" in str(caught.value)


def test_another_entry_where_the_last_one_stood_is_told(bank):
    head = bank.batch([serve(bank, "s-1"), serve(bank, "s-2")])[1].position

    with pytest.raises(timebank.JournalForked) as caught:
        next(bank.entries(after=head - 1, last="s-2"))

    assert (caught.value.found, caught.value.head) == ("s-1", head)
    assert "'s-2'" in str(caught.value)
    assert "'s-1' stands there" in str(caught.value)


def test_nothing_stood_before_the_first_entry(bank):
    with pytest.raises(ValueError, match="no entry stands at position 0"):
        next(bank.entries(last="s"))


def test_books_restored_from_an_older_copy_are_noticed_once_they_went_on(tmp_path):
    with timebank.create(
        f"sqlite:///{tmp_path / 'b.db'}", ledger="x", actor="a", clock=lambda: NOON
    ) as bank:
        bank.adopt(POLICY, on=MAY)
        bank.open_account("m", on=MAY)
        with (
            closing(sqlite3.connect(tmp_path / "b.db")) as books,
            closing(sqlite3.connect(tmp_path / "backup.db")) as backup,
        ):
            books.backup(backup)
        bank.batch([serve(bank, "lost")])
        *_, (position, entry) = bank.entries()

    with timebank.open(
        f"sqlite:///{tmp_path / 'backup.db'}", ledger="x", actor="a", clock=lambda: NOON
    ) as restored:
        restored.batch([serve(restored, "another"), serve(restored, "more")])

        assert [e.id for _, e in restored.entries(after=position)] == ["more"]
        with pytest.raises(timebank.JournalForked, match="'another' stands there"):
            next(restored.entries(after=position, last=entry.id))


# ---------------------------------------------------------------- policies grow stricter


def test_books_open_under_a_policy_that_today_would_not_be_adopted(bank, monkeypatch):
    files.compiled.cache_clear()
    monkeypatch.setattr(files, "mistakes", lambda _: {"rules.hours": "not any more"})

    assert bank.batch([serve(bank, "s")])[0].entry.id == "s"
    assert bank.verify(decide_again=True).sound
    with pytest.raises(timebank.PolicyInvalid):
        bank.adopt(POLICY + "\n# again\n", on=JUNE)
    with pytest.raises(timebank.PolicyInvalid):
        bank.post(AdoptPolicy(text=POLICY + "\n# again\n", holds_from=MAY), on=JUNE)


def test_an_audit_tells_of_an_adoption_that_cannot_be_read(tmp_path):
    url = f"sqlite:///{tmp_path / 'b.db'}"
    with timebank.create(url, ledger="x", actor="a", clock=lambda: NOON) as bank:
        bank.adopt(POLICY, on=MAY, id="adopt")
    with closing(sqlite3.connect(tmp_path / "b.db")) as raw, raw:
        raw.execute("DROP TRIGGER timebank_entry_update")
        raw.execute("UPDATE timebank_entry SET body = '{}' WHERE position = 1")

    with timebank.open(url, ledger="x", actor="auditor") as bank:
        faults = bank.verify().faults

    assert faults[0].startswith("position 1: the body cannot be read")


def test_a_batch_may_take_back_what_it_gave_from_an_older_lot(bank):
    bank.batch([serve(bank, "s")])
    give = bank.request(Donate(payer="m", unit="hours", amount=60), on=JUNE, id="d")
    undo = bank.request(Reverse(target="d"), on=JUNE, id="r")

    bank.batch([give, undo])

    assert bank.balance("m", "hours").total == 180
    assert bank.verify(decide_again=True).sound


def test_an_id_can_be_made_by_a_clock_that_was_never_set():
    first, second = (new_id(datetime(1969, 12, 31, tzinfo=UTC)) for _ in range(2))

    assert first != second
    assert first.startswith("00000000-0000-7")
