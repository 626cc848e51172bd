"""What a tick did is explained: which day came, and what it brought."""

from datetime import date

import pytest

from .books import HEAD, START, books

TOLD = (
    HEAD
    + """
units = { coins = { text = { en = "coins", zh = "币" } }, deeds = { record = true } }
accounts = { member = {} }
classes.help = { counts = "number" }
measures.had = { sum = "coins", window = "to date" }
measures.lately = { sum = "deeds", window = "month" }
rules.coins = { on = "contribution", unit = "coins" }
rules.deeds = { on = "contribution", unit = "deeds" }
rules.gift = { on = "period", every = "month", at = "start", unit = "coins", amount = 1 }

[rules.levy]
on = "period"
every = "year"
unit = "coins"
from = "member"
to = "issuer"
short = "take"
amount = [{ of = "had" }, { times = "1/20" }, { times = "share" }, { round = "down", to = 1 }]

[ladders.activity]
every = "month"
text = { en = "activity", zh = "活跃度" }
levels = [{ name = "idle", text = { en = "idle", zh = "不活跃" }, needs = { lately = { max = 0 } } }]

[procedures.list]
on = "contribution"
steps = [{ name = "notice", for = "5 days", text = { en = "the notice", zh = "公示" } }]
"""
)


@pytest.fixture(scope="module")
def lived():
    bank = books(TOLD)
    bank.record_mark("ada", "help", 300, on=START, id="m")
    bank.clock.day = date(2025, 1, 1)
    bank.tick()
    return bank


@pytest.mark.parametrize(
    ("id", "english", "chinese"),
    [
        (
            "due/2024-03-01/period/gift/ada",
            "the period from 2024-03-01 to 2024-03-31 has begun",
            "周期 2024-03-01 至 2024-03-31 已开始",
        ),
        (
            "due/2024-12-31/period/levy/ada",
            "the period from 2024-01-01 to 2024-12-31 is over, of which 5/6 counts",
            "周期 2024-01-01 至 2024-12-31 已结束，其中计 5/6",
        ),
        (
            "due/2024-04-30/ladder/activity/ada",
            "activity was assessed as of 2024-04-30: from none to idle",
            "按 2024-04-30 评定 活跃度 [activity]：由 无 至 不活跃",
        ),
        (
            "due/2024-04-30/ladder/activity",
            "activity was assessed as of 2024-04-30, and whoever was to move has moved",
            "活跃度 [activity] 已按 2024-04-30 评定，应变动者均已变动",
        ),
        (
            "due/2024-03-07/claim/m",
            "time has decided: step the notice of list ended with 2024-03-06, and the claim counts",
            "时间已定：list 的步骤 公示 至 2024-03-06 届满，申报计入",
        ),
    ],
)
def test_what_a_day_brought_is_told(lived, id, english, chinese):
    told = lived.explain(id)

    assert english in [line.en for line in told.lines]
    assert chinese in [line.zh for line in told.lines]
    assert told.again
    assert told.unaccounted() == {}


def test_the_levy_of_a_year_is_told_step_by_step(lived):
    lines = [line.en for line in lived.explain("due/2024-12-31/period/levy/ada").lines]

    assert "  times 5/6 (the part of the period): 12 11/12" in lines
    assert "= ada -12 coins" in lines


def test_a_claim_that_time_made_void_is_told():
    lapses = TOLD.replace(
        'for = "5 days"',
        'by = "board", within = "5 days", else = "void"',
    )
    bank = books(lapses)
    bank.record_mark("ada", "help", 3, on=START, id="m")
    bank.clock.day = date(2024, 3, 20)
    bank.tick()

    text = bank.explain("due/2024-03-07/claim/m").text

    assert "ended with 2024-03-06, and the claim is void" in text.en
    assert "至 2024-03-06 届满，申报作废" in text.zh
