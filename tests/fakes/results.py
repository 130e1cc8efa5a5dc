"""One example of every kind of result a tool can give, made of a small account that has bought and sold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import cast

from core.domain.book import Extreme
from core.domain.bot_state import Protection
from core.domain.countdown import Countdown
from core.domain.integrity import Check, CheckResult, Finding
from core.domain.journal import Head
from core.domain.order import ExitReason, Side
from core.domain.performance import Performance
from core.domain.reconciliation import Issue, Reconciliation
from core.domain.trade import Trade
from core.domain.valuation import Mark, Portfolio, value
from core.services.emergency import OpenPosition, StopReport
from core.services.health import Component
from core.services.performance import BotPerformance
from core.services.portfolio import EquityPoint, Position, ProfitPeriod
from core.services.traces import Trace, TraceKind
from core.services.verdict import LedgerVerdict
from tests.builders import BOT, Chain, at, bot_created, executed, funded
from tests.fakes.market_results import bot_change_examples, market_examples
from tests.fakes.order_results import SOURCE, emergency_report, guard_examples, order_examples, order_view
from tools import results as r
from tools.catalog import CATALOG


def bought_and_sold(name: str = "Alpha") -> tuple[Portfolio, Trade]:
    """Two bought, one sold: realized 9.5, unrealized 40.000001, fees 0.3."""
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created(name=name))
    chain.add(executed(Side.BUY, [("0.02", "20000", "0.2")], mark="20000", order_id="in"))
    chain.add(executed(Side.SELL, [("0.01", "20950", "0.1")], mark="20950", ts=at(60), order_id="out"))
    mark = Mark("BTC/USDT", Decimal("24000.0001"), at(61), Decimal("0.5"), SOURCE, stale=False)
    return value(chain.state, {"BTC/USDT": mark}), cast("Trade", chain.trades[0])


def _position(name: str, mark: Mark) -> Position:
    return Position(
        symbol="BTC/USDT",
        bot_id=BOT,
        bot_name=name,
        currency="USDT",
        quantity=Decimal("0.01"),
        avg_price=Decimal(20000),
        cost=Decimal(200),
        mark=mark,
        value=Decimal("240.000001"),
        unrealized_pnl=Decimal("40.000001"),
        unrealized_pct=Decimal("20.0000005"),
        opened_at=at(0),
        lots=1,
    )


def _figures() -> Performance:
    """Of somebody who has not lost yet, on the first day."""
    return Performance(
        trades=1,
        wins=1,
        losses=0,
        win_rate=Decimal(1),
        profit_factor=None,
        expectancy=Decimal("9.2"),
        gross_profit=Decimal("9.2"),
        gross_loss=Decimal(0),
        best_trade=Extreme("out", "BTC/USDT", Decimal("9.2"), Decimal("4.6"), at(60)),
        worst_trade=None,
        avg_holding_secs=Decimal(60),
        return_pct=Decimal("0.492"),
        max_drawdown=Decimal("0.01"),
        max_drawdown_amount=Decimal(100),
        max_drawdown_from=at(0),
        max_drawdown_to=at(30),
        sharpe=None,
        sortino=None,
        days=0,
        exposure=Decimal("0.5"),
    )


def _performance(name: str, currency: str) -> BotPerformance:
    figures = _figures()
    return BotPerformance(
        BOT, name, "running", "BTC/USDT", currency, Decimal(1000), Decimal("49.2"), figures.return_pct, figures
    )


def _countdown(average: Decimal | None) -> Countdown:
    return Countdown(
        equity=Decimal("10049.2"),
        target=Decimal(20000),
        currency="USDT",
        remaining=Decimal("9950.8"),
        progress_pct=Decimal("50.246"),
        reached=False,
        days_measured=3 if average else 0,
        avg_daily_profit_30d=average,
        days_to_target_linear=797 if average else None,
        days_to_target_compound=560 if average else None,
        reason=None if average else "There is no complete day of trading to measure yet.",
    )


def _reconciled() -> Reconciliation:
    return Reconciliation(
        user_id="u",
        seq=4,
        currency="USDT",
        equity_ledger=Decimal("10049.2"),
        equity_projections=Decimal("10049.2"),
        discrepancy=Decimal(0),
        discrepancy_pct=Decimal(0),
        issues=(),
        advice="Nothing to do.",
    )


def _verdict(*, broken: bool = False) -> LedgerVerdict:
    finding = Finding("u", 3, Check.CHAIN, "a" * 64, "b" * 64, "The event was changed.")
    checks = tuple(
        CheckResult(check, ok=False, findings=(finding,))
        if broken and check is Check.CHAIN
        else CheckResult(check, True)
        for check in Check
    )
    return LedgerVerdict("u", 4, Head(4, "c" * 64), checks, None)


def examples(name: str = "Alpha") -> list[r.Result]:
    """Every member of the union `tools.results.Result` at least once; the bot is called `name`."""
    portfolio, trade = bought_and_sold(name)
    figures = portfolio.by_bot[0]
    position = OpenPosition(name, Decimal("0.01"), "BTC")
    report = r.BotReport(
        figures=figures,
        strategy="EMA cross",
        strategy_words="Follows trends.",
        timeframe="1m",
        risk_mode="balanced",
        source=SOURCE,
        status_reason="",
        protection=Protection(Decimal(25000), Decimal(19000)),
        bars_seen=12,
        bars_needed=50,
        why_no_trade=None,
        traces=(Trace(BOT, at(60), TraceKind.SIGNAL, "fast above slow"),),
    )
    period = ProfitPeriod(date(2026, 1, 5), 1, 1, Decimal("609.5"), Decimal("0.3"), Decimal("9.5"), Decimal("9.2"))
    return [
        r.Summary(portfolio, SOURCE, at(61)),
        r.BotList((figures,), SOURCE),
        report,
        replace(report, why_no_trade=f"{name} is warming up: 12 of 50 bars.", traces=()),
        replace(report, orders=(order_view(name),), cooldown_minutes=15),
        r.BotMoved(name, "created", f"Say “start {name}” to let it trade."),
        r.Profits("daily", (period,), "USDT"),
        r.Positions((_position(name, portfolio.marks[0]),), SOURCE, at(61)),
        r.Positions((), SOURCE, at(61)),
        r.Positions((_position(name, portfolio.marks[0]),), SOURCE, at(61), (order_view(name),)),
        r.Ranking("return", (_performance(name, portfolio.currency),), _figures(), "USDT", SOURCE, at(61)),
        r.CountdownReport(_countdown(Decimal("12.5")), own_target=True),
        r.CountdownReport(_countdown(None), own_target=False),
        r.TargetSet(_countdown(Decimal("12.5"))),
        r.Reconciled(_reconciled()),
        r.Reconciled(replace(_reconciled(), issues=(Issue("bots", name, "cash 1", "cash 2"),), advice="Rebuild.")),
        r.Verified(_verdict(), SOURCE),
        r.Verified(_verdict(broken=True), SOURCE),
        r.Exported("trades-2026-01-05.csv", "trades", 1, "text/csv", b"closed_at,bot\n"),
        r.FundsMoved("deposit", 5, Decimal(500), "USDT", {"USDT": Decimal(9500)}),
        r.FundsMoved(
            "convert",
            6,
            Decimal(500),
            "USDT",
            {"USDT": Decimal(9000), "BTC": Decimal("0.024975")},
            "BTC",
            Decimal("0.024975"),
            Decimal("0.00005"),
            Decimal("0.000025"),
        ),
        r.Trades((r.BotTrade(name, replace(trade, exit_reason=ExitReason.TAKE_PROFIT)),)),
        r.Price("BTC/USDT", Decimal(20000), Decimal(20001), Decimal("20000.5"), at(0), SOURCE),
        r.EquityCurve((EquityPoint(at(0), Decimal(10000)), EquityPoint(at(60), Decimal("10009.2"))), "USDT", SOURCE),
        r.Stopped(StopReport(1, already_halted=False, sold=(), open_positions=(position,))),
        r.Stopped(emergency_report(position)),
        r.Resumed(1),
        r.BreakerClosed(name),
        *bot_change_examples(name),
        *market_examples(name),
        *order_examples(name),
        *guard_examples(name),
        r.SystemHealth((Component("store", ok=True, detail="SQLite answers"),)),
        r.HelpText("drawdown", "Drawdown is how far equity has fallen.", ()),
        r.HelpText(None, "", tuple(tool.spec for tool in CATALOG.values())),
    ]
