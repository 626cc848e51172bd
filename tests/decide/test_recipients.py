"""Several who are served at once: a class with paying pupils, a workshop."""

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.model import Reason
from timebank.operations import Part, RecordMark, RecordService
from timebank.policy.shapes import SHAPES

from .books import HEAD, TODAY, books, codes, findings, free

LESSONS = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, credits = { scale = 60 }, stamps = {}, served = { scale = 60, record = true } }
facts = { age = { type = "number", default = 40 }, home = { type = ["east", "west"], kept = true, default = "east" } }
calendar.hours = { night = ["20:00", "06:00"] }
measures.lessons = { sum = "served", window = "year" }
measures.taught = { sum = "credits", side = "in", where = { on = "service" }, same = "recipient" }

[accounts]
member = { credits = { floor = -3, cap = 8 } }
pool = { names = ["east", "west"], stamps = { floor = "none" } }

[classes]
lesson = {}
walk = { requires = { recipient.age = { min = 60 } } }
solo = {}

[rules.hours]
on = "service"
class = ["lesson", "walk"]
unit = "hours"
recipients = 3

[rules.fee]
on = "service"
class = "lesson"
unit = "credits"
from = "recipient"
recipients = 3
requires = { recipient.age = { min = 10 } }

[rules.benefit]
on = "service"
class = "walk"
unit = "served"
to = "recipient"
recipients = 3
limits."recipient.lessons" = { at_most = 2 }

[rules.old]
on = "service"
class = "walk"
unit = "stamps"
from = "pool:{recipient.home}"
amount = { by = "recipient.home", east = 1, west = 2 }
recipients = 3

[rules.thanks]
on = "service"
class = "lesson"
unit = "stamps"
recipients = 3
amount = [{ of = "recipient.age" }, { divide = 10 }, { round = "down", to = 1 }]
when = { recipients = { min = 2 }, recipient.age = { min = 20 } }

[rules.alone]
on = "service"
class = "solo"
unit = "hours"
"""
)


@pytest.fixture
def bank():
    return books(LESSONS, members=("tina", "ada", "ben", "cai", "dun"))


def have(bank, *accounts, unit="credits"):
    return [free(bank, account, unit) for account in accounts]


def teach(bank, minutes=60, class_="lesson", **recipients):
    return bank.record_service(
        "tina", class_, minutes, on=TODAY, recipients=recipients, id=None
    )


def of_age(**ages):
    return [Part(account=who, amount=60, facts={"age": n}) for who, n in ages.items()]


def test_each_pays_for_their_own_time_and_the_hours_count_once(bank):
    teach(bank, 60, ada=60, ben=30)

    assert have(bank, "tina", "ada", "ben") == [90, -60, -30]
    assert have(bank, "tina", unit="hours") == [60]


def test_a_floor_is_asked_of_each_and_says_whose(bank):
    teach(bank, 180, ada=180)

    found = findings(lambda: teach(bank, 60, ada=60, ben=60))

    assert [(f.reason, f.account) for f in found] == [(Reason.FLOOR, "ada")]
    assert have(bank, "tina", "ada", "ben") == [180, -180, 0]


def test_the_cap_of_who_teaches_holds_for_all_together(bank):
    teach(bank, 180, ada=180, ben=180)

    found = findings(lambda: teach(bank, 121, cai=61, dun=60))

    assert {(f.reason, f.account) for f in found} == {(Reason.CAP, "tina")}
    teach(bank, 120, cai=60, dun=60)


def test_what_a_rule_requires_holds_for_each(bank):
    young = [*of_age(ada=10), *of_age(ben=9)]

    (finding,) = findings(
        lambda: bank.record_service("tina", "lesson", 60, on=TODAY, recipients=young)
    )

    assert (finding.code, finding.account) == (
        "rules.fee.requires.recipient.age",
        "ben",
    )


def test_what_a_class_requires_holds_for_each(bank):
    mixed = of_age(ada=60, ben=59)

    (finding,) = findings(
        lambda: bank.record_service("tina", "walk", 60, on=TODAY, recipients=mixed)
    )

    assert finding.account == "ben"


def test_an_explanation_says_of_whom_a_class_requires_what(bank):
    old = of_age(ada=60, ben=61)
    bank.record_service("tina", "walk", 60, on=TODAY, recipients=old, id="walk")

    lines = bank.explain("walk").text.en.splitlines()

    of = lines.index("  of ben:")
    assert lines.index("  of ada:") == of - 2
    assert lines[of + 1].endswith("at least 60: it is 61: yes")


@pytest.mark.parametrize(
    ("ages", "stamps"),
    [
        ({"ada": 80, "ben": 20}, 2),
        ({"ben": 20, "ada": 80}, 2),
        ({"ada": 80, "ben": 19}, 0),
    ],
)
def test_what_moves_once_is_the_least_that_it_is_for_any(bank, ages, stamps):
    bank.record_service("tina", "lesson", 60, on=TODAY, recipients=of_age(**ages))

    assert have(bank, "tina", unit="stamps") == [stamps]


def test_a_rule_that_goes_by_what_a_recipient_keeps_moves_for_each(bank):
    bank.amend_account("ben", on=TODAY, facts={"home": "west"})

    bank.record_service("tina", "walk", 60, on=TODAY, recipients=of_age(ada=70, ben=70))

    assert have(bank, "tina", "pool:east", "pool:west", unit="stamps") == [3, -1, -2]


def test_a_limit_of_a_recipient_counts_for_that_one(bank):
    walk = of_age(ada=70, ben=70)
    bank.record_service("tina", "walk", 60, on=TODAY, recipients=walk)
    bank.record_service("tina", "walk", 60, on=TODAY, recipients=of_age(ada=70))

    found = findings(
        lambda: bank.record_service("tina", "walk", 60, on=TODAY, recipients=walk)
    )

    assert [(f.code, f.account) for f in found] == [
        ("rules.benefit.limits.recipient.lessons", "ada")
    ]


def test_no_more_are_served_than_the_rule_says(bank):
    four = {"ada": 60, "ben": 60, "cai": 60, "dun": 60}

    found = findings(lambda: teach(bank, **four))

    assert {(f.code, f.wanted, f.found) for f in found} == {
        ("rules.hours.recipients", 3, 4),
        ("rules.fee.recipients", 3, 4),
        ("rules.thanks.recipients", 3, 4),
    }
    assert codes(lambda: teach(bank, class_="solo", ada=60, ben=60)) == [
        "rules.alone.recipients"
    ]


def test_nobody_serves_themselves_among_others(bank):
    (finding,) = findings(lambda: teach(bank, ada=60, tina=60))

    assert (finding.code, finding.account) == ("recipient", "tina")


def test_one_of_several_that_is_unknown_is_said(bank):
    (finding,) = findings(lambda: teach(bank, ada=60, eve=60))

    assert (finding.reason, finding.account) == (Reason.ACCOUNT_UNKNOWN, "eve")


def test_what_was_done_for_the_same_person_is_found_among_others(bank):
    policy = LESSONS.replace(
        "requires = { recipient.age = { min = 10 } }", "limits.taught = { at_most = 2 }"
    )
    bank = books(policy, members=("tina", "ada", "ben", "cai"))
    teach(bank, ada=60, ben=60)

    # of several it is what was done for any of them
    assert set(codes(lambda: teach(bank, ada=60, cai=1))) == {"rules.fee.limits.taught"}
    assert codes(lambda: teach(bank, ben=60)) == ["rules.fee.limits.taught"]
    teach(bank, cai=60)


def test_it_is_reversed_and_corrected_as_a_whole(bank):
    bank.record_service(
        "tina", "lesson", 60, on=TODAY, recipients={"ada": 60, "ben": 60}, id="l"
    )
    bank.correct(
        "l",
        RecordService(
            provider="tina",
            service_class="lesson",
            minutes=60,
            recipients={"ada": 60, "cai": 30},
        ),
        on=TODAY,
        id="better",
    )
    assert have(bank, "tina", "ada", "ben", "cai") == [90, -60, 0, -30]

    bank.reverse("better", on=TODAY)

    assert have(bank, "tina", "ada", "ben", "cai") == [0, 0, 0, 0]
    assert bank.verify(decide_again=True).faults == ()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"recipients": {"ada": 61}}, "60"),
        ({"recipients": {"ada": 60}, "recipient": "ben"}, "recipient"),
        ({"recipients": {"ada": 0}}, "amount"),
    ],
)
def test_recipients_that_cannot_be_are_refused_before_anything_is_asked(more, word):
    with pytest.raises(ValueError, match=word):
        RecordService(provider="tina", service_class="lesson", minutes=60, **more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("recipients = 3\nrequires", "recipients = 0\nrequires"),
        ('on = "service"\nclass = "solo"', 'on = "gift"\nrecipients = 2'),
    ],
)
def test_a_number_of_recipients_that_means_nothing_is_a_mistake(old, new):
    with pytest.raises(PolicyInvalid, match=r"rules\.(fee|alone)\.recipients"):
        timebank.load_policy(LESSONS.replace(old, new))


def test_a_rule_that_diverts_to_a_recipient_moves_for_each():
    more = 'limits.day = { at_most = 1, excess = { to = "recipient" } }\n'
    rule = timebank.load_policy(LESSONS + more).rules["alone"]

    assert rule.is_for_each(SHAPES["service"])
    assert (
        not timebank.load_policy(LESSONS).rules["alone"].is_for_each(SHAPES["service"])
    )


def test_of_who_was_not_there_all_the_time_nobody_knows_when_they_came():
    text = LESSONS.replace(
        'from = "recipient"\n', 'from = "recipient"\namount = "hours.night"\n'
    )
    bank = books(text, members=("tina", "ada", "ben"))

    def evening(minutes):
        return bank.record_service(
            "tina",
            "lesson",
            60,
            on=TODAY,
            starts_at=20 * 60,
            recipients={"ada": 60, "ben": minutes},
        )

    (finding,) = findings(lambda: evening(59))
    assert (finding.code, finding.account, finding.wanted) == (
        "rules.fee",
        "ben",
        "starts_at",
    )
    evening(60)
    assert have(bank, "tina", "ada", "ben") == [120, -60, -60]


MEALS = (
    HEAD
    + """
units = { deeds = { record = true }, meals = { record = true }, thanks = {} }
accounts = { member = { meals = { cap = 9 } } }
classes.meals = { counts = "number" }
rules.deeds = { on = "contribution", unit = "deeds", recipients = 9 }
rules.meals = { on = "contribution", unit = "meals", to = "recipient", recipients = 9 }
rules.round = { on = "contribution", unit = "thanks", amount = "recipients", recipients = 9 }
"""
)


def test_a_mark_for_several_gives_each_their_number_and_counts_once():
    bank = books(MEALS, members=("tina", "ada", "ben"))

    bank.record_mark("tina", "meals", 5, on=TODAY, recipients={"ada": 3, "ben": 2})

    assert [free(bank, "tina", unit) for unit in ("deeds", "thanks", "meals")] == [
        *(5, 2, 0)
    ]
    assert have(bank, "ada", "ben", unit="meals") == [3, 2]
    assert bank.verify(decide_again=True).faults == ()


def test_of_several_for_whom_a_mark_is_each_has_the_bounds_of_their_own():
    bank = books(MEALS, members=("tina", "ada", "ben"))
    bank.record_mark("tina", "meals", 8, on=TODAY, recipients={"ada": 8})

    (finding,) = findings(
        lambda: bank.record_mark(
            "tina", "meals", 2, on=TODAY, recipients={"ada": 2, "ben": 2}
        )
    )

    assert (finding.code, finding.account) == ("accounts.member.meals.cap", "ada")


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"recipients": {"ada": 3}}, "3: there were 2"),
        ({"recipients": {"ada": 2}, "recipient": "ben"}, "leave out recipient"),
    ],
)
def test_those_a_mark_is_for_have_no_more_than_there_was(more, word):
    with pytest.raises(ValueError, match=word):
        RecordMark(member="tina", mark="meals", number=2, **more)


PLAYED = """
[examples."each has what was theirs"]
do = [{ on = "contribution", class = "meals", number = 5, recipients = { a = 3, b = { amount = 2 } } }]
expect = { deeds = 5, a.meals = 3, b.meals = 2 }

[examples."each has all of it"]
do = [{ on = "contribution", class = "meals", recipients = ["a", "b"] }]
expect = { deeds = 1, a.meals = 1, b.meals = 1, thanks = 2 }
"""


def test_examples_name_those_whom_a_mark_is_for():
    played = timebank.play_examples(timebank.load_policy(MEALS + PLAYED))

    assert [each.failures for each in played] == [(), ()]
