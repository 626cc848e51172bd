"""
A town that lives by a programme: how these stories are told.

The town has a day, and whatever is done there is done on that day.  Amounts are in one of
the unit: hours, points, coins.
"""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import partial

import timebank
from timebank.errors import Refused
from timebank.policy.files import load_policy


class Town:
    """A bank with a calendar, under the programme *name*."""

    def __init__(self, name, url, *, today):
        self.today = today
        self.programme = timebank.programme(name)
        self.bank = timebank.create(url, ledger="town", actor="desk", clock=self._noon)
        self.bank.adopt(self.programme, on=load_policy(self.programme).policy.from_)

    def _noon(self):
        return datetime.combine(self.today, time(12), UTC)

    def __getattr__(self, what):
        """Return what the bank does by that name, done today."""
        return partial(getattr(self.bank, what), on=self.today)

    def it_is(self, year, month, day):
        """Let another day come; nothing happens by itself."""
        coming = date(year, month, day)
        assert coming >= self.today
        self.today = coming

    # ------------------------------------------------------------ people

    def join(self, *who, **fields):
        for each in who:
            self.open_account(each, **fields)

    def confirmed(self, claim, *steps):
        """Confirm a claim step by step, each with who does it and as what."""
        for step, role, actor in steps:
            self.confirm(claim, step, role=role, actor=actor)

    def serve_days(self, who, service_class, days, *, hours=10, **fields):
        """Record full days of service, today's and those before it."""
        for ago in range(days):
            day = self.today - timedelta(days=ago)
            self.record_service(who, service_class, hours * 60, **fields, on=day)

    def pass_time(self):
        """Let what has fallen due be done; return what that was, by kind of operation."""
        report = self.bank.tick()
        assert report.refused == ()
        return [type(outcome.entry.operation).__name__ for outcome in report.done]

    # ------------------------------------------------------------ questions

    def refuses(self, call, *arguments, **fields):
        """Return the codes for which something is refused, which it must be."""
        try:
            call(*arguments, **fields)
        except Refused as error:
            return [finding.code for finding in error.findings if finding.refuses]
        raise AssertionError(f"{call} was not refused")

    def has(self, who, unit):
        parts = self.bank.balance(who, unit).free
        return Fraction(parts, self.bank.unit(unit).scale)

    def held(self, who, unit):
        parts = self.bank.balance(who, unit).held
        return Fraction(parts, self.bank.unit(unit).scale)

    def level(self, who, ladder):
        return self.standing(who).tiers[ladder]

    def eligible(self, who, ladder):
        return self.standing(who).eligible.get(ladder, "")

    def figure(self, who, measure):
        return self.standing(who).measures[measure]

    def flags(self, who):
        return self.standing(who).flags

    def waiting(self):
        """Return the claims that wait, each with the step it is at."""
        return {claim.entry.id: claim.at for claim in self.bank.claims()}

    def is_in_order(self):
        """Everything is worked out and decided again, and comes out as it stands."""
        report = self.bank.verify(decide_again=True)
        assert report.faults == ()
        assert report.sound
        assert self.pass_time() == []


def flagged(outcome):
    """Return the flags that an entry raised."""
    return [f.code for f in outcome.findings if f.code.startswith("flags.")]


def noted(outcome):
    return [finding.code for finding in outcome.findings]
