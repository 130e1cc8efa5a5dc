"""Replayed live and as a backtest, the same bars give the same fills (spec/bots.md, Backtest; ADR 10)."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.integrity import Audit
from core.domain.market import Timeframe
from core.domain.rules import TradingRules
from core.domain.strategies import catalog
from tests.integration.backtest_twin import FIRST, WARM, Lived, backtested, live, market, plan_of

#: Limits that let a strategy trade on, under the same names in both worlds.
WIDE = {
    "max_trades_per_bot_daily": 10_000,
    "max_trades_per_user_daily": 10_000,
    "max_consecutive_losses": 10_000,
}
WIDE_RULES = TradingRules(**WIDE, max_drawdown=Decimal("0.95"), max_daily_loss=Decimal("0.95"))
WIDE_SETTINGS = WIDE | {"max_drawdown_percent": Decimal("0.95"), "max_daily_loss_percent": Decimal("0.95")}
START = FIRST + Timeframe.M1.span * WARM


def same(one: Lived, other: Lived) -> Counter[str]:
    """Hold the two side by side; gives how many events of each kind there were."""
    for left, right in zip(one.traded, other.traded, strict=False):
        assert left == right
    assert len(one.traded) == len(other.traded)
    return Counter(kind for kind, _, _ in one.traded)


@pytest.mark.parametrize("strategy", sorted(catalog.STRATEGIES))
async def test_a_replay_and_a_backtest_of_the_same_bars_give_the_same_orders(strategy: str):
    bars, plan = market(1, 1_800), plan_of(strategy, start=START)
    replayed, backtest = await live(bars, plan, **WIDE_SETTINGS), await backtested(bars, plan, WIDE_RULES)
    kinds = same(replayed, backtest)
    assert kinds["OrderExecuted"] > 2, kinds
    assert kinds["Marked"] > 0, kinds


@pytest.mark.parametrize("strategy", sorted(catalog.STRATEGIES))
async def test_bars_finer_than_the_strategys_own_decide_when_stops_are_met(strategy: str):
    bars, plan = market(2, 3_000), plan_of(strategy, Timeframe.M5, start=START, risk_mode="safe")
    replayed, backtest = await live(bars, plan, **WIDE_SETTINGS), await backtested(bars, plan, WIDE_RULES)
    same(replayed, backtest)


async def test_a_tripped_breaker_ends_a_backtest_where_it_ends_the_replay():
    bars, plan = market(3, 2_500), plan_of("ema_cross", start=START, parameters={"fast": 2, "slow": 4})
    replayed, backtest = await live(bars, plan), await backtested(bars, plan)
    kinds = same(replayed, backtest)
    assert kinds["BreakerTripped"] == 2  # its own, and its owner's
    assert backtest.report is not None
    assert backtest.report.stopped_by is not None


async def test_a_breaker_that_trips_on_a_mark_leaves_the_position_to_its_stop_in_both():
    bars, plan = market(4, 2_500), plan_of("dca", start=START, risk_mode="aggressive")
    replayed = await live(bars, plan, max_daily_loss_percent=Decimal("0.005"))
    backtest = await backtested(bars, plan, TradingRules(max_daily_loss=Decimal("0.005")))
    assert same(replayed, backtest)["BreakerTripped"] >= 1


async def test_larger_bars_are_marked_hour_by_hour_in_both():
    bars = market(5, 900, timeframe=Timeframe.H4, gaps=False)
    plan = plan_of("ema_cross", Timeframe.H4, start=FIRST + Timeframe.H4.span * WARM)
    replayed, backtest = await live(bars, plan, **WIDE_SETTINGS), await backtested(bars, plan, WIDE_RULES)
    assert same(replayed, backtest)["Marked"] > 50


@pytest.mark.parametrize("strategy", sorted(catalog.STRATEGIES))
async def test_what_comes_later_changes_nothing_that_came_before(strategy: str):
    bars, plan = market(6, 1_500), plan_of(strategy, start=START)
    whole = await backtested(bars, plan, WIDE_RULES)
    cut = len(bars) * 2 // 3
    shifted = [replace(b, **{n: getattr(b, n) * 2 for n in ("open", "high", "low", "close")}) for b in bars[cut:]]
    for other in (bars[:cut], [*bars[:cut], *shifted]):
        until = other[cut - 1].open_time
        told = await backtested(other, plan, WIDE_RULES)
        before = [e.hash for e in whole.events if e.ts < until]
        assert before == [e.hash for e in told.events if e.ts < until]
        assert len(before) > 5


@pytest.mark.parametrize("strategy", sorted(catalog.STRATEGIES))
async def test_the_ledger_of_a_backtest_passes_every_check(strategy: str):
    lived = await backtested(market(7, 1_200), plan_of(strategy, start=START), WIDE_RULES)
    assert lived.documents
    audit = Audit("backtest")
    audit.feed_all(lived.documents)
    result = audit.finish()
    assert result.ok, [check for check in result.checks if check.ok is False]


async def test_the_same_backtest_has_the_same_ledger_every_time():
    bars, plan = market(8, 900), plan_of("grid", start=START)
    heads = {(await backtested(bars, plan)).report.head for _ in range(3)}
    assert len(heads) == 1
