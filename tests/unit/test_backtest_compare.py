"""“Which was better?” is answered by a rule, with the reason (spec/bots.md, Backtest)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.backtest_compare import compare, profit_for_risk
from core.domain.backtest_figures import Ended, EquityCurve, figures
from core.domain.book import Book
from core.domain.instrument import FEE_SCHEDULES, Exchange
from core.domain.market import Timeframe

START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(days=3)


def report(name: str, profit: str, fall: str, **changes: object) -> BacktestReport:
    """A backtest with so many percent of profit and of deepest fall."""
    plan = BacktestPlan(name, "BTC/USDT", Timeframe.M5, Decimal(100))
    fees = FEE_SCHEDULES[Exchange.BINANCE]
    money, none = Decimal(100), Decimal(0)
    ended = Ended(money, money, none, none, Book(), 0, START, END, money, money, fees, 0)
    found = replace(
        figures(ended, EquityCurve.of(money, START, 1)),
        net_profit=Decimal(profit),
        net_profit_pct=Decimal(profit),
        max_drawdown_pct=Decimal(fall),
    )
    made = BacktestReport(
        backtest_id=f"id-{name}",
        ran_at=END,
        source="simulated",
        plan=plan,
        first=START,
        last=END,
        bars=9,
        figures=found,
        equity=(),
        trades=(),
        denials_by_gate={},
        head="",
    )
    return replace(made, **changes)


def test_the_one_with_more_profit_for_its_fall_is_better():
    found = compare([report("wild", "20", "40"), report("calm", "6", "3")])
    assert found.better == "id-calm"
    assert found.why == (
        "calm (id-calm) earned most for its risk: +6.00 % with a deepest fall of 3.00 %. "
        "Next is wild (id-wild): +20.00 % with a deepest fall of 40.00 %."
    )


def test_any_profit_beats_any_loss_and_without_profit_the_smaller_loss_is_better():
    assert compare([report("loss", "-1", "1"), report("gain", "0.1", "30")]).better == "id-gain"
    # A loss with a deep fall would look good if it were divided by the fall.
    found = compare([report("deep", "-5", "50"), report("flat", "-1", "1")])
    assert found.better == "id-flat"
    assert found.why.startswith("None made a profit. flat (id-flat) lost least")


def test_hardly_trading_at_all_does_not_beat_everything():
    assert profit_for_risk(report("idle", "0.1", "0.001")) == Decimal("0.1")
    assert compare([report("idle", "0.1", "0.001"), report("good", "5", "4")]).better == "id-good"


def test_equals_are_called_equal():
    found = compare([report("one", "5", "4"), report("two", "5", "4")])
    assert found.better is None
    assert "equally well" in found.why


def test_other_markets_and_periods_are_pointed_out():
    one = report("one", "5", "4")
    elsewhere = compare([one, report("two", "6", "4", source="live:binance")])
    assert elsewhere.why.endswith("They ran on different markets, so that says little.")
    later = compare([one, report("two", "6", "4", first=START + timedelta(days=1))])
    assert later.why.endswith("They cover different periods, so take it with care.")
