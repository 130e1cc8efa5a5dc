"""How long it takes to a target at the pace so far, and why not where there is no pace (spec/api.md, countdown)."""

import pytest

from core.domain.countdown import Pace, countdown
from tests.builders import dec


def _pace(days: int, profit: str, growth: str) -> Pace:
    return Pace(days, dec(profit), dec(growth))


def test_the_linear_way_divides_what_is_missing_by_the_average_day():
    found = countdown(dec(10_000), dec(20_000), "USDT", _pace(30, "3000", "1.2"))
    assert (found.remaining, found.progress_pct, found.reached) == (10_000, 50, False)
    assert (found.avg_daily_profit_30d, found.days_to_target_linear) == (100, 100)


def test_the_compound_way_grows_what_is_there():
    # Doubling every ten days: from 1,000 to 16,000 takes forty.
    found = countdown(dec(1000), dec(16_000), "USDT", _pace(10, "500", "2"))
    assert found.days_to_target_compound == 40
    assert found.reason is None


@pytest.mark.parametrize("pace", [_pace(5, "-10", "0.99"), _pace(5, "0", "1")])
def test_without_growth_there_are_no_days_but_a_reason(pace: Pace):
    found = countdown(dec(100), dec(200), "USDT", pace)
    assert (found.days_to_target_linear, found.days_to_target_compound) == (None, None)
    assert found.reason == "Nothing was earned on balance in the last 5 days."


def test_without_a_complete_day_there_is_nothing_to_measure():
    found = countdown(dec(100), dec(200), "USDT", None)
    assert (found.avg_daily_profit_30d, found.days_measured) == (None, 0)
    assert found.reason == "There is no complete day of trading to measure yet."


def test_a_target_that_is_reached_takes_no_days():
    found = countdown(dec(250), dec(200), "USDT", _pace(3, "-5", "0.9"))
    assert (found.reached, found.remaining, found.progress_pct) == (True, 0, 100)
    assert (found.days_to_target_linear, found.days_to_target_compound, found.reason) == (0, 0, None)


def test_one_way_may_lead_there_when_the_other_does_not():
    found = countdown(dec(100), dec(200), "USDT", _pace(4, "8", "0.99"))
    assert (found.days_to_target_linear, found.days_to_target_compound) == (50, None)
    assert found.reason is not None


def test_a_date_beyond_all_planning_is_none():
    found = countdown(dec(1), dec(1_000_000), "USDT", _pace(30, "0.00000001", "1.000000000001"))
    assert (found.days_to_target_linear, found.days_to_target_compound) == (None, None)
    assert found.reason == "At the pace so far it takes more than 1,000,000 days."
