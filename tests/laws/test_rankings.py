"""Rankings: the best of many, published as an entry and made again by an audit."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from timebank.errors import Refused
from timebank.model import Reason
from timebank.operations import Correct, Place, PublishRanking
from timebank.policy.files import load_policy
from timebank.policy.ranked import placed
from timebank.rehearsal import play_examples

from ..decide.books import HEAD, books, codes, findings

YEAR = date(2024, 12, 31)
NEW_YEAR = date(2025, 1, 1)
POLICY = (
    HEAD
    + """
[units]
deeds = { record = true }
meetings = { record = true }
honours = { record = true }
coins = {}

[accounts]
member = {}
pool = { names = ["common"], coins = { floor = "none" } }

[classes]
deed = { counts = "number" }
meeting = { counts = "number" }

[measures]
value = { sum = "deeds", window = "year" }
attended = { sum = "meetings", window = "year" }

[rules.deeds]
on = "contribution"
class = "deed"
unit = "deeds"

[rules.meetings]
on = "contribution"
class = "meeting"
unit = "meetings"

[rules.honour]
on = "rank"
unit = "honours"
amount = 1
when = { ranking = "best" }

[rules.prize]
on = "rank"
unit = "coins"
amount = { by = "prize", first = 30, other = 10 }
when = { ranking = "best", place = { max = 2 } }

[facts]
prize = { type = ["first", "other"], default = "other" }

[rankings.best]
value = "value"
every = "year"
among = { value = { above = 0 } }
take = 2
ties = %s
"""
)
DONE = {"ada": (9, 1), "ben": (7, 2), "cai": (7, 3), "dan": (7, 3), "eve": (3, 9)}


def year(ties='"all"', text=POLICY, **settings):
    """Return books in which five have done something in 2024, and it is over."""
    bank = books(text % ties, members=[*DONE, "fay"], **settings)
    for member, (deeds, meetings) in DONE.items():
        day = date(2024, 5, 1)
        bank.record_mark(member, "deed", deeds, on=day, id=f"d/{member}")
        bank.record_mark(member, "meeting", meetings, on=day, id=f"m/{member}")
    bank.clock.day = NEW_YEAR
    return bank


def listed(places):
    return [(p.place, p.account, p.value) for p in places]


# ---------------------------------------------------------------- ties and quotas


@pytest.mark.parametrize(
    ("ties", "taken"),
    [
        ('"all"', [(1, "ada", "9"), (2, "ben", "7"), (2, "cai", "7"), (2, "dan", "7")]),
        ('"none"', [(1, "ada", "9")]),
        ('["attended"]', [(1, "ada", "9"), (2, "cai", "7"), (2, "dan", "7")]),
    ],
)
def test_who_ties_across_the_line_is_taken_or_not_as_the_policy_says(ties, taken):
    bank = year(ties)

    found = bank.ranking("best", on=YEAR)

    assert listed(found.places) == taken


@pytest.mark.parametrize(
    ("take", "taken"),
    [
        ("take = 1", 1),
        ("take = 5", 5),
        ('take = "1/5"', 1),
        ('take = "0.39"', 1),
        ("", 5),
    ],
)
def test_how_many_are_taken_is_a_number_or_a_share_of_those_ranked(take, taken):
    bank = year('"all"', POLICY.replace("take = 2", take))

    found = bank.ranking("best", on=YEAR)

    assert len(found.places) == taken


def test_who_is_not_among_them_is_not_ranked():
    bank = year(text=POLICY.replace("take = 2", ""))

    found = bank.ranking("best", on=YEAR)

    assert "fay" not in {p.account for p in found.places}


keys = st.dictionaries(
    st.sampled_from([*"abcdefgh"]),
    st.tuples(st.integers(0, 3).map(Fraction), st.integers(0, 1).map(Fraction)),
)


@given(keys)
def test_a_place_is_one_more_than_those_who_are_better(ranked):
    for place in placed(ranked.items()):
        better = [k for k in ranked.values() if k > ranked[place.account]]
        assert place.place == len(better) + 1


@given(keys, st.permutations([*"abcdefgh"]))
def test_the_order_in_which_accounts_were_opened_tells_nothing(ranked, order):
    shuffled = {account: ranked[account] for account in order if account in ranked}

    assert [*placed(shuffled.items())] == [*placed(ranked.items())]


# ---------------------------------------------------------------- publishing


def test_a_published_ranking_brings_what_rules_say():
    bank = year()

    outcome = bank.publish_ranking("best", on=YEAR)

    assert outcome.entry.id == "due/2024-12-31/ranking/best"
    honours = {m: bank.balance(m, "honours").free for m in DONE}
    coins = {m: bank.balance(m, "coins").free for m in DONE}
    assert honours == {"ada": 1, "ben": 1, "cai": 1, "dan": 1, "eve": 0}
    assert coins == {"ada": 10, "ben": 10, "cai": 10, "dan": 10, "eve": 0}
    assert bank.verify(decide_again=True).faults == ()


def refused(bank, *, id="due/2024-12-31/ranking/best", on=YEAR, **changes):
    asked = evolve(bank.ranking("best", on=YEAR), **changes)
    return codes(lambda: bank.post(asked, on=on, id=id))


def test_a_list_that_is_not_what_the_books_say_is_refused():
    bank = year()
    places = bank.ranking("best", on=YEAR).places
    first, second, *rest = places
    swapped = [second, first, *rest]
    more = [evolve(first, value="90"), second, *rest]
    twice = [first, first, second, *rest]
    outside = [*places, Place(account="fay", value="0", place=5)]
    too_many = [*places, Place(account="eve", value="3", place=5)]

    assert refused(bank, places=swapped) == ["rankings.best.value"]
    assert refused(bank, places=more) == ["rankings.best.value"]
    assert refused(bank, places=twice) == ["rankings.best.value"]
    assert refused(bank, places=outside) == ["rankings.best.among.value"]
    assert refused(bank, places=too_many) == ["rankings.best.take"]
    assert refused(bank, places=[evolve(first, account="zoe")]) == ["rankings.best"]
    assert refused(bank, through=10**6) == ["through"]
    assert refused(bank, id="mine") == ["id"]
    assert refused(bank, ranking="worst") == ["rankings"]


def test_a_ranking_is_of_the_end_of_a_period_that_is_over():
    bank = year()
    early = refused(bank, on=date(2024, 6, 1), id="due/2024-06-01/ranking/best")
    bank.clock.day = YEAR

    assert early[0] == "rankings.best.every"
    assert refused(bank) == ["rankings.best.every"]


def test_a_ranking_is_published_once():
    bank = year()
    bank.publish_ranking("best", on=YEAR)

    found = findings(lambda: bank.publish_ranking("best", on=YEAR))

    assert [f.reason for f in found] == [Reason.ID_CONFLICT]


def test_what_changed_since_a_list_was_made_is_noticed():
    bank = year()
    made = bank.ranking("best", on=YEAR)
    bank.reverse("d/ada", on=NEW_YEAR)

    assert codes(
        lambda: bank.post(made, on=YEAR, id="due/2024-12-31/ranking/best")
    ) == ["rankings.best.among.value"]


def test_a_list_as_of_a_position_sees_nothing_later():
    bank = year()
    through = bank.ranking("best", on=YEAR).through
    bank.record_mark("eve", "deed", 50, on=YEAR)

    then = bank.ranking("best", on=YEAR, as_of=through)

    assert [p.account for p in then.places] == ["ada", "ben", "cai", "dan"]


def test_an_audit_misses_whoever_was_left_out():
    bank = year('["attended"]')
    whole = bank.ranking("best", on=YEAR)
    short = evolve(whole, places=whole.places[:2])

    bank.post(short, on=YEAR, id="due/2024-12-31/ranking/best")

    faults = bank.verify(decide_again=True).faults
    assert bank.verify().faults == ()
    assert len(faults) == 1
    assert "missing or other: dan" in faults[0]


def test_a_list_that_was_wrong_is_corrected_with_what_it_brought():
    bank = year()
    bank.publish_ranking("best", on=YEAR)
    bank.reverse("d/ada", on=NEW_YEAR)
    again = bank.ranking("best", on=YEAR)

    bank.correct("due/2024-12-31/ranking/best", again, on=YEAR)

    assert bank.published_ranking("best", on=YEAR).asked == again
    assert bank.balance("ada", "honours").free == 0
    assert bank.balance("eve", "honours").free == 0
    assert bank.balance("ben", "honours").free == 1
    assert bank.verify(decide_again=True).faults == ()


def test_a_correction_is_of_the_same_ranking_and_day():
    bank = year()
    bank.publish_ranking("best", on=YEAR)
    other = PublishRanking(ranking="best", through=1, places=[])

    verdict = bank.check(
        Correct(target="due/2024-12-31/ranking/best", replacement=other),
        on=YEAR - timedelta(days=366),
    )

    assert verdict.findings[0].code == "replacement"


def test_a_ranking_that_the_policy_has_not_is_told():
    with pytest.raises(Refused, match="no worst here"):
        year().ranking("worst", on=YEAR)


# ---------------------------------------------------------------- in the file

EXAMPLE = """
[examples."the best two, and who ties"]
given = { deeds = 1, "n.deeds" = 1 }
opened = "2024-02-01"
do = [
  { on = "contribution", class = "deed", number = 3, day = "2024-05-01" },
  { on = "contribution", class = "deed", number = 5, provider = "n", day = "2024-05-01" },
  { on = "rank", ranking = "best", day = "2024-12-31" },
]
expect = { honours = 1, "n.coins" = 10, "rankings.best" = ["n", "m"], refused = "" }
"""


def test_what_is_expected_of_a_ranking_is_the_list_that_was_published():
    later = '{ on = "contribution", class = "deed", number = 30, day = "2024-12-31" }'
    example = EXAMPLE.replace("\n]\nexpect", f"\n  {later},\n]\nexpect")

    policy = load_policy(POLICY % '"all"' + example)

    assert [played.failures for played in play_examples(policy)] == [()]


def test_the_list_that_was_published_is_told_as_it_counts():
    bank = on_the_wall()
    waiting = bank.published_ranking("best", on=YEAR)
    plain = year()
    plain.publish_ranking("best", on=YEAR)
    listed = plain.published_ranking("best", on=YEAR)
    other_day = plain.published_ranking("best", on=NEW_YEAR)
    plain.reverse(LIST, on=NEW_YEAR)

    assert (waiting, other_day) == (None, None)
    assert listed.id == LIST
    assert plain.published_ranking("best", on=YEAR) is None


def test_an_example_can_publish_a_ranking():
    policy = load_policy(POLICY % '"all"' + EXAMPLE)

    assert [played.failures for played in play_examples(policy)] == [()]


# ---------------------------------------------------------------- a notice before it

NOTICE = """
[procedures.notice]
on = "rank"
when = { ranking = "best" }
apart = ["submitter", "review"]
steps = [
  { name = "review", by = "board" },
  { name = "list", for = "5 days" },
]
"""
LIST = "due/2024-12-31/ranking/best"


def on_the_wall(url="memory:"):
    """Return books in which the list of 2024 is published for objections."""
    bank = year(text=POLICY + NOTICE, url=url)
    bank.publish_ranking("best", on=YEAR)
    bank.confirm(LIST, "review", role="board", actor="vera")
    return bank


@pytest.mark.parametrize("url", ["memory:", "sqlite"])
def test_a_list_brings_nothing_until_its_notice_is_over(url, tmp_path):
    bank = on_the_wall("memory:" if url == "memory:" else f"sqlite:///{tmp_path}/b.db")
    bank.clock.day = NEW_YEAR + timedelta(days=5)
    assert bank.tick().done == ()
    assert bank.balance("ada", "honours").free == 0

    bank.clock.day += timedelta(days=1)
    bank.tick()

    assert [bank.balance(m, "honours").free for m in DONE] == [1, 1, 1, 1, 0]
    assert bank.claims() == ()
    assert bank.verify(decide_again=True).faults == ()
    bank.close()


def test_what_is_told_late_does_not_change_a_list_that_hangs():
    bank = on_the_wall()
    bank.record_mark("eve", "deed", 50, on=YEAR)
    bank.clock.day = NEW_YEAR + timedelta(days=6)

    report = bank.tick()

    assert report.refused == ()
    assert [bank.balance(m, "honours").free for m in ("ada", "eve")] == [1, 0]
    assert bank.verify(decide_again=True).faults == ()


def test_a_list_that_was_objected_to_is_void_and_another_takes_its_place():
    bank = on_the_wall()
    bank.record_mark("eve", "deed", 50, on=YEAR)
    bank.object_to(LIST, "list", actor="eve")

    again = bank.publish_ranking("best", on=YEAR)
    bank.confirm(again.entry.id, "review", role="board", actor="vera")
    bank.clock.day = NEW_YEAR + timedelta(days=6)
    bank.tick()

    assert again.entry.id == f"{LIST}/2"
    assert [bank.balance(m, "honours").free for m in ("eve", "ada", "ben")] == [1, 1, 0]
    assert refused(bank, id=f"{LIST}/3") == ["id"]
    assert bank.verify(decide_again=True).faults == ()


def test_another_list_waits_for_the_one_that_hangs():
    bank = on_the_wall()

    assert refused(bank, id=f"{LIST}/2") == ["id"]
    assert refused(bank, id=f"{LIST}/10") == ["id"]


def test_a_list_is_not_reviewed_by_who_submitted_it():
    bank = year(text=POLICY + NOTICE)
    bank.publish_ranking("best", on=YEAR, actor="vera")

    assert codes(lambda: bank.confirm(LIST, "review", role="board", actor="vera")) == [
        "procedures.notice.apart"
    ]


def test_a_list_of_another_ranking_counts_at_once():
    other = NOTICE.replace('ranking = "best"', 'ranking = { is_not = "best" }')
    bank = year(text=POLICY + other + "[rankings.other]\nvalue = 'value'\n")

    assert not bank.publish_ranking("best", on=YEAR).entry.waits


def test_a_correction_of_a_list_waits_as_well():
    bank = on_the_wall()
    bank.clock.day = NEW_YEAR + timedelta(days=6)
    bank.tick()
    bank.reverse("d/ada", on=NEW_YEAR)
    bank.correct(LIST, bank.ranking("best", on=YEAR), on=YEAR, id="c")
    bank.confirm("c", "review", role="board", actor="vera")
    assert bank.balance("ada", "honours").free == 1

    bank.clock.day += timedelta(days=6)
    bank.tick()

    assert bank.balance("ada", "honours").free == 0
    assert bank.verify(decide_again=True).faults == ()
