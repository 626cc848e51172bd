"""What accounts keep while the policies that have it kept come and go."""

from datetime import date
from enum import StrEnum

import pytest

from timebank.model import Reason
from timebank.operations import ConfirmStep, RecordService

from .books import HEAD, TODAY, books, codes, findings, free

KEEPING = (
    HEAD
    + """
units = { hours = { scale = 60 } }
classes.care = {}
facts.band = { type = ["adult", "elder"], kept = true, default = "adult" }
facts.marked = { type = "number", kept = true, default = 0 }

[accounts.member]
hours = { cap = { by = "band", adult = 10, elder = 20 } }

[rules.hours]
on = "service"
unit = "hours"
requires = { band = ["adult", "elder"] }

[rules.gift]
on = "gift"
unit = "hours"
requires = { marked = 0 }

[flags.old]
when = { band = "elder" }
for = "the office"
text = "visit them"
"""
)
RENAMED = KEEPING.replace("elder", "senior")
RETYPED = KEEPING.replace('"number", kept = true, default = 0', '"yes-no", kept = true')
RETYPED = RETYPED.replace("marked = 0", "marked = true")
REFERRED = (
    HEAD
    + """
units = { hours = { scale = 60 } }
accounts.member = {}
classes.care = {}
facts.referrer = { type = "account", kept = true }
measures.served = { sum = "hours", window = "month" }
rules.hours = { on = "service", unit = "hours" }

[procedures.joining]
on = "open"
when = { sponsor = { known = true } }
steps = [{ name = "board", by = "board" }]

[rules.bonus]
on = "service"
unit = "hours"
to = "provider.referrer"
amount = 1
when = { "provider.referrer.served" = { max = 5 } }
"""
)


def test_what_is_kept_and_the_policy_no_longer_has_is_not_known():
    bank = books(KEEPING, members=["ben"])
    bank.open_account("ada", on=date(2020, 1, 1), facts={"band": "elder"})
    bank.adopt(RENAMED, on=TODAY, holds_from=TODAY)

    def serve(who="ada"):
        return bank.record_service(who, "care", 60, on=TODAY)

    assert {(f.code, f.reason) for f in findings(serve)} == {
        ("rules.hours.requires.band", Reason.FACT_NEEDED),
        ("accounts.member.hours", Reason.FACT_NEEDED),
    }
    assert codes(lambda: serve("ben")) == []
    assert bank.standing("ada").flags == ()
    bank.amend_account("ada", {"band": "senior"}, on=TODAY)
    assert codes(serve) == []
    assert bank.standing("ada").flags == ("old",)


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    memory = request.param == "memory"
    return "memory:" if memory else f"sqlite:///{tmp_path}/books.db"


def test_a_mark_that_was_1_and_is_true_is_written(url):
    bank = books(KEEPING, url=url)
    bank.record_service("ada", "care", 60, on=TODAY)
    bank.amend_account("ada", {"marked": 1}, on=TODAY)
    bank.adopt(RETYPED, on=TODAY, holds_from=TODAY)
    bank.amend_account("ada", {"marked": True}, on=TODAY)

    bank.give("ada", "ben", unit="hours", amount=60, on=TODAY)

    assert bank.standing("ada").account.facts_on(TODAY) == (("marked", True),)
    assert type(bank.standing("ada").account.facts[0].value) is bool
    assert bank.verify(decide_again=True).faults == ()


class Band(StrEnum):
    """A word as a host may have it."""

    ELDER = "elder"


def test_a_word_of_the_hosts_is_kept_as_a_word(url):
    bank = books(KEEPING, url=url)
    bank.amend_account("ada", {"band": Band.ELDER}, on=TODAY)

    assert bank.standing("ada").flags == ("old",)
    assert bank.verify(decide_again=True).faults == ()


def test_what_a_claim_will_have_kept_counts_for_the_rest_of_its_batch():
    bank = books(REFERRED)
    kept, sponsor = {"referrer": "ben"}, "ada"
    bank.open_account("cai", on=TODAY, facts=kept, sponsor=sponsor, id="cai")
    confirm = ConfirmStep(claim="cai", step="board", role="board")
    serve = RecordService(provider="cai", service_class="care", minutes=60)

    bank.batch([bank.request(each, on=TODAY) for each in (confirm, serve)])

    assert free(bank, "ben", "hours") == 60
