"""Examples of what the tools that change bots, chart prices and run backtests give back."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from core.domain.backtest import BacktestFigures, BacktestPlan, BacktestReport, BacktestTrade, EquityPoint
from core.domain.market import Bar, Timeframe
from core.domain.order import Side
from core.services.bot_changes import BotOutcome
from tests.builders import at
from tests.fakes.order_results import SOURCE
from tools import results as r

_FIGURES = BacktestFigures(
    final_equity=Decimal("1042.5"),
    net_profit=Decimal("42.5"),
    net_profit_pct=Decimal("4.25"),
    realized_pnl=Decimal("45.5"),
    unrealized_pnl=Decimal(0),
    fees=Decimal("3.0"),
    cagr_pct=Decimal("65.9"),
    max_drawdown_pct=Decimal("1.75"),
    sharpe=Decimal("1.84"),
    sortino=None,
    profit_factor=Decimal("2.4"),
    expectancy=Decimal("21.25"),
    win_rate_pct=Decimal(50),
    trades=2,
    wins=1,
    fills=4,
    denials=3,
    average_holding_secs=Decimal(5400),
    exposure_pct=Decimal("12.5"),
    buy_and_hold_pct=Decimal("-2.1"),
)


def backtest_report(backtest_id: str = "1a2b3c4d", strategy: str = "ema_cross") -> BacktestReport:
    """Two trades over two hours, one of them won."""
    won = BacktestTrade(
        entry_time=at(300),
        exit_time=at(3600),
        entry_price=Decimal(20000),
        exit_price=Decimal(20400),
        quantity=Decimal("0.02"),
        fees=Decimal("0.808"),
        net_pnl=Decimal("7.192"),
        return_pct=Decimal("1.798"),
        exit_reason="take_profit",
    )
    lost = replace(won, exit_time=at(7200), exit_price=Decimal(19900), net_pnl=Decimal("-2.798"), exit_reason="signal")
    plan = BacktestPlan(
        strategy=strategy,
        symbol="BTC/USDT",
        timeframe=Timeframe.M5,
        capital=Decimal(1000),
        start=at(0),
        end=at(7200),
        parameters={"fast": 9, "slow": 21},
    )
    curve = (
        EquityPoint(at(0), Decimal(1000), Decimal(0)),
        EquityPoint(at(3600), Decimal("1045.3"), Decimal(0)),
        EquityPoint(at(7200), Decimal("1042.5"), Decimal("0.2679")),
    )
    return BacktestReport(
        backtest_id=backtest_id,
        ran_at=at(7200),
        source=SOURCE,
        plan=plan,
        first=at(0),
        last=at(7200),
        bars=24,
        figures=_FIGURES,
        equity=curve,
        trades=(won, lost),
        denials_by_gate={"fee_coverage": 3},
        stopped_by=None,
        head="d" * 64,
    )


def _chart(name: str) -> r.PriceChart:
    low, high = Decimal(19950), Decimal(20210)
    closes = (Decimal(20000), Decimal(20020), Decimal(20200))
    bars = tuple(
        Bar("BTC/USDT", Timeframe.M5, at(300 * number), opened, high, low, closed, Decimal(3))
        for number, (opened, closed) in enumerate(pairwise(closes))
    )
    marks = (
        r.FillMark(at(60), Side.BUY, Decimal(20001), Decimal("0.02"), name),
        r.FillMark(at(540), Side.SELL, Decimal(20200), Decimal("0.02"), name),
    )
    return r.PriceChart("BTC/USDT", "5m", bars, marks, 0, SOURCE, at(600))


def bot_change_examples(name: str) -> list[r.Result]:
    """Of a bot called `name` that was changed, funded, paused and resumed."""
    changes = (r.Change("Bars", "1m", "5m"), r.Change("fast (bars in the fast average)", "9", "8"))
    halted = BotOutcome(name, "paused", f"{name} holds a position opened on live:binance.")
    return [
        r.BotEdited(name, "paused", (r.Change("Name", "Beta", name),)),
        r.BotEdited(name, "paused", changes),
        r.CapitalMoved(name, Decimal(500), "USDT", Decimal(1500), Decimal(1490), Decimal(8500)),
        r.CapitalMoved(name, Decimal(-200), "USDT", Decimal(800), Decimal(790), Decimal(9200)),
        r.BotsMoved("paused", (), "No bot runs, so there is nothing to pause."),
        r.BotsMoved("paused", (BotOutcome(name, "paused"),), "No bot makes new entries."),
        r.BotsMoved("resumed", (BotOutcome("Beta", "running"), halted), "1 of 2 run again; fills appear here."),
    ]


def market_examples(name: str) -> list[r.Result]:
    """Candles, a backtest, one that traded nothing, and comparisons with and without a winner."""
    good, other = backtest_report(), backtest_report("5e6f7a8b", "grid")
    nothing = replace(
        _FIGURES,
        final_equity=Decimal(1000),
        net_profit=Decimal(0),
        net_profit_pct=Decimal(0),
        realized_pnl=Decimal(0),
        fees=Decimal(0),
        cagr_pct=None,
        max_drawdown_pct=Decimal(0),
        sharpe=None,
        profit_factor=None,
        expectancy=None,
        win_rate_pct=None,
        trades=0,
        wins=0,
        fills=0,
        average_holding_secs=None,
        exposure_pct=Decimal(0),
    )
    idle = replace(good, figures=nothing, trades=(), equity=(), stopped_by="drawdown")
    chart = _chart(name)
    return [
        chart,
        replace(chart, marks=(), left_off=12),
        r.Backtested(good),
        r.Backtested(idle),
        r.BacktestsCompared((good, other), good.backtest_id, "It made more for the drawdown it took."),
        r.BacktestsCompared((good, other), None, "They cover different stretches, so neither can be called better."),
    ]
