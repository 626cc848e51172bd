"""What a store loads is what the journal comes to: the cases that chance seldom finds."""

from datetime import UTC, date, datetime

import pytest
from attrs import evolve

from timebank import operations as ops
from timebank.balances import Balance
from timebank.entries import Entry, Recorded
from timebank.errors import NotCanonical
from timebank.model import (
    START,
    AccountId,
    Bucket,
    EntryId,
    Finding,
    Lot,
    Mode,
    Position,
    Posting,
    Reason,
)
from timebank.scope import Needs, Series
from timebank.storage.codec import encode_entry
from timebank.storage.loading import Loader
from timebank.storage.protocol import Private, Settings
from timebank.testing import append_to, folded, needs_to_append
from timebank.testing.comparing import differences

from .places import EVERYWHERE

DAY = date(2024, 3, 1)
ADA, BAI, FUND = AccountId("ada"), AccountId("bai"), AccountId("fund")


@pytest.fixture(params=EVERYWHERE)
def store(request):
    with request.param() as connect:
        opened = connect()
        opened.create(Settings(name="home"))
        yield opened
        opened.close()


def entry(id, operation, *legs, target=None):
    return Entry(
        id=EntryId(id),
        operation=operation,
        effective_on=DAY,
        recorded=Recorded(at=datetime(2024, 3, 1, tzinfo=UTC), on=DAY),
        actor="desk-1",
        policy="a policy",
        target=target,
        postings=legs,
    )


def leg(account, amount, *, lot=None, bucket=Bucket.FREE, undoes=False):
    return Posting(
        account=account,
        unit="points",
        amount=amount,
        bucket=bucket,
        lot=lot,
        undoes=undoes,
    )


def opening(account, mode=Mode.STRICT):
    return entry(f"open {account}", ops.OpenAccount(account=account, mode=mode))


def gift(id, *legs, target=None):
    operation = ops.Give(payer=ADA, payee=BAI, unit="points", amount=1)
    if target is not None:
        operation = ops.Reverse(target=target)
    return entry(id, operation, *legs, target=target)


def append(store, entries):
    with store.turn("home") as turn:
        append_to(turn, turn.load(needs_to_append(entries)), entries, {})


def loaded(store, needs):
    with store.reading("home") as reading:
        return reading.load(needs)


def test_a_lot_that_was_used_up_and_came_back_is_still_the_older(store):
    old, new = Lot(EntryId("old")), Lot(EntryId("new"))
    journal = [
        opening(ADA),
        opening(BAI),
        gift("old", leg(BAI, -5), leg(ADA, 5, lot=old)),
        gift("new", leg(BAI, -5), leg(ADA, 5, lot=new)),
        gift("spend", leg(ADA, -5, lot=old), leg(BAI, 5)),
        gift(
            "undo",
            leg(ADA, 5, lot=old, undoes=True),
            leg(BAI, -5, undoes=True),
            target=EntryId("spend"),
        ),
    ]
    needs = Needs(lots=frozenset({(ADA, "points")}))

    for each in journal:
        append(store, [each])

    found = loaded(store, needs).lots_of(ADA, "points")
    assert [lot.id for lot, _ in found] == ["old", "new"]
    assert found == folded(journal).lots_of(ADA, "points")


def test_an_order_uses_the_lots_that_it_holds(store):
    lot = Lot(EntryId("old"))
    order = ops.PlaceOrder(payer=ADA, item="rice")
    journal = [
        opening(ADA),
        opening(BAI),
        gift("old", leg(BAI, -5), leg(ADA, 5, lot=lot)),
        entry(
            "order",
            order,
            leg(ADA, -3, lot=lot),
            leg(ADA, 3, lot=lot, bucket=Bucket.HELD),
        ),
    ]
    needs = Needs(lots=frozenset({(ADA, "points")}), lot_uses=frozenset({lot.id}))

    append(store, journal)

    for standing in (loaded(store, needs), folded(journal)):
        assert standing.users_of(lot.id) == ["order"]
        assert standing.lots_of(ADA, "points") == [(lot, Balance(2, 3))]


def test_a_history_holds_its_first_day_and_its_last(store):
    days = [date(2024, 2, day) for day in (26, 27, 28, 29)]
    journal = [opening(ADA), opening(BAI)]
    for day in days:
        given = gift(f"on {day}", leg(BAI, -1), leg(ADA, 1))
        journal.append(evolve(given, effective_on=day))
    needs = Needs(series=frozenset({Series(ADA, "points", days[1], days[2])}))

    append(store, journal)

    events = loaded(store, needs).events(ADA, "points", days[1], days[2])
    assert sorted(event.day for event, _ in events) == days[1:3]


@pytest.mark.parametrize("order", [(ADA, BAI), (BAI, ADA)])
def test_each_account_has_the_history_of_its_own_days(store, order):
    """One query fetches a unit's history of them all, so its days must reach all of theirs."""
    early, late = date(2024, 1, 5), date(2024, 2, 20)
    journal = [opening(ADA), opening(BAI), opening(FUND)]
    for account in (ADA, BAI):
        for day in (early, late):
            given = gift(f"{account} on {day}", leg(FUND, -1), leg(account, 1))
            journal.append(evolve(given, effective_on=day))
    days = dict(zip(order, (early, late), strict=True))
    series = {Series(account, "points", day, day) for account, day in days.items()}

    append(store, journal)

    standing = loaded(store, Needs(series=frozenset(series)))
    for account, day in days.items():
        events = standing.events(account, "points", day, day)
        assert [event.day for event, _ in events] == [day]


def test_a_balance_after_an_entry_has_all_its_legs(store):
    order = ops.PlaceOrder(payer=ADA, item="rice")
    legs = [leg(ADA, -3), leg(ADA, 3, bucket=Bucket.HELD)]
    append(store, [opening(ADA), entry("order", order, *legs)])

    with store.reading("home") as reading:
        assert reading.balance(ADA, "points", as_of=Position(2)) == Balance(-3, 3)


def test_a_balance_is_of_now_or_of_after_an_entry(store):
    """However it is asked for; of an account kept without balances too."""
    append(
        store,
        [
            opening(ADA),
            opening(FUND, Mode.APPEND),
            gift("there", leg(FUND, -7), leg(ADA, 7)),
            gift("back", leg(ADA, -5), leg(FUND, 5)),
        ],
    )
    places = [*map(Position, range(5)), None]

    with store.reading("home") as reading, store.glance("home") as glance:
        for books in (reading, glance):
            found = {
                account: [
                    books.balance(account, "points", as_of=as_of).free
                    for as_of in places
                ]
                for account in (ADA, FUND, BAI)
            }
            assert found == {
                ADA: [0, 0, 0, 7, 2, 2],
                FUND: [0, 0, 0, -7, -2, -2],
                BAI: [0] * 6,
            }


def test_a_statement_goes_by_position_and_then_by_line(store):
    append(
        store,
        [
            opening(ADA),
            opening(BAI),
            gift("last line", leg(BAI, -2), leg(ADA, 2)),
            gift("first line", leg(ADA, -1), leg(BAI, 1)),
        ],
    )

    with store.reading("home") as reading:
        lines = reading.statement(ADA, "points", after=(START, -1), limit=None)
    assert [(line.position, line.line) for line in lines] == [(3, 1), (4, 0)]


def test_lots_that_came_together_keep_their_order(store):
    lots = [Lot(EntryId(name)) for name in ("z", "a", "m")]
    journal = [
        opening(ADA),
        opening(BAI),
        gift("gift", leg(BAI, -3), *(leg(ADA, 1, lot=lot) for lot in lots)),
    ]

    append(store, journal)

    found = loaded(store, Needs(lots=frozenset({(ADA, "points")})))
    assert [lot for lot, _ in found.lots_of(ADA, "points")] == lots


def test_an_account_kept_without_balances_has_none_in_the_fold_either(store):
    journal = [
        opening(ADA),
        opening(FUND, Mode.APPEND),
        gift("gift", leg(FUND, -7), leg(ADA, 7)),
    ]
    needs = Needs(accounts=frozenset({ADA, FUND}), append_accounts=True)

    append(store, journal)

    assert differences(loaded(store, needs), folded(journal), needs) == []
    assert folded(journal).balances_of(FUND) == {}


def test_an_account_kept_without_balances_can_still_be_added_up(store):
    append(
        store,
        [
            opening(ADA),
            opening(FUND, Mode.APPEND),
            gift("gift", leg(FUND, -7), leg(ADA, 7)),
        ],
    )

    with store.reading("home") as reading:
        assert reading.balance(FUND, "points").free == -7


def test_more_is_loaded_at_once_than_a_query_takes_parameters(store):
    names = [AccountId(f"member-{number}") for number in range(1_201)]
    journal = [opening(name) for name in names]
    journal += [gift(f"to {n}", leg(ADA, -1), leg(n, 1)) for n in names[:600]]
    needs = Needs(
        accounts=frozenset(names),
        ids=frozenset(each.id for each in journal),
        threads=frozenset(each.id for each in journal[::2]),
    )

    append(store, [opening(ADA), *journal])

    assert (
        differences(loaded(store, needs), folded([opening(ADA), *journal]), needs) == []
    )


def test_what_happens_in_one_ledger_is_not_seen_in_another(store):
    store.create(Settings(name="abroad"))
    append(store, [opening(ADA), opening(BAI), gift("g", leg(ADA, -1), leg(BAI, 1))])
    needs = Needs(accounts=frozenset({ADA}), ids=frozenset({EntryId("g")}))

    with store.reading("abroad") as reading:
        standing = reading.load(needs)

        assert reading.head == 0
        assert standing.account(ADA) is None
        assert standing.find(EntryId("g")) is None
        assert reading.balance(ADA, "points").free == 0


def test_an_id_that_was_taken_before_its_entry_is_loaded_as_void(store):
    needs = Needs(ids=frozenset({EntryId("late"), EntryId("never heard of")}))

    append(store, [entry("void", ops.VoidId(voided="late"))])

    standing = loaded(store, needs)
    assert standing.is_void(EntryId("late"))
    assert not standing.is_void(EntryId("never heard of"))


def test_details_erased_in_one_ledger_stay_in_another(store):
    store.create(Settings(name="abroad"))
    details = Private(salt=b"salt", values={"name": "Ada"})
    opens = opening(ADA)
    for ledger in ("home", "abroad"):
        with store.turn(ledger) as turn:
            standing = turn.load(needs_to_append([opens]))
            append_to(turn, standing, [opens], {opens.id: details})

    with store.turn("home") as turn:
        assert turn.erase(opens.id)

    with store.reading("home") as home, store.reading("abroad") as abroad:
        assert home.private(opens.id) is None
        assert abroad.private(opens.id) == details


def test_an_entry_without_a_body_is_refused_by_every_store(store):
    beyond = Finding(code="cap", reason=Reason.CAP, wanted=2**53)

    with pytest.raises(NotCanonical):
        append(store, [opening(ADA), evolve(opening(BAI), findings=(beyond,))])

    with store.reading("home") as reading:
        assert reading.head == 0


def test_a_thread_is_taken_in_as_it_stands_in_whatever_order_it_comes():
    order = ops.PlaceOrder(payer="ada", item="rice", quantity=3)
    places = {
        "order": entry("order", order),
        "first": entry(
            "first", ops.FulfilOrder(order="order", quantity=1), target="order"
        ),
        "rest": entry("rest", ops.FulfilOrder(order="order"), target="order"),
    }
    rows = [
        (position, encode_entry(each))
        for position, each in enumerate(places.values(), start=1)
    ]
    loader = Loader(lambda queries: [rows[::-1] for _ in queries], 1)

    thread = loader.threads(frozenset({EntryId("order")})).thread(EntryId("order"))

    assert [each.id for _, each in thread] == list(places)
