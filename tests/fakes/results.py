"""One example of every kind of result a tool can give, made of a small account that has bought and sold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import cast

from core.domain.bot_state import Protection
from core.domain.order import ExitReason, Side
from core.domain.trade import Trade
from core.domain.valuation import Mark, Portfolio, value
from core.services.emergency import OpenPosition, StopReport
from core.services.health import Component
from core.services.portfolio import EquityPoint, ProfitPeriod
from core.services.traces import Trace, TraceKind
from tests.builders import BOT, Chain, at, bot_created, executed, funded
from tools import results as r
from tools.catalog import CATALOG

SOURCE = "replay:script"


def bought_and_sold(name: str = "Alpha") -> tuple[Portfolio, Trade]:
    """Two bought, one sold: realized 9.5, unrealized 40.000001, fees 0.3."""
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created(name=name))
    chain.add(executed(Side.BUY, [("0.02", "20000", "0.2")], mark="20000", order_id="in"))
    chain.add(executed(Side.SELL, [("0.01", "20950", "0.1")], mark="20950", ts=at(60), order_id="out"))
    mark = Mark("BTC/USDT", Decimal("24000.0001"), at(61), Decimal("0.5"), SOURCE, stale=False)
    return value(chain.state, {"BTC/USDT": mark}), cast("Trade", chain.trades[0])


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
        r.BotMoved(name, "created", f"Say “start {name}” to let it trade."),
        r.Profits("daily", (period,), "USDT"),
        r.Trades((r.BotTrade(name, replace(trade, exit_reason=ExitReason.TAKE_PROFIT)),)),
        r.Price("BTC/USDT", Decimal(20000), Decimal(20001), Decimal("20000.5"), at(0), SOURCE),
        r.EquityCurve((EquityPoint(at(0), Decimal(10000)), EquityPoint(at(60), Decimal("10009.2"))), "USDT", SOURCE),
        r.Stopped(StopReport(1, already_halted=False, sold=(), open_positions=(position,))),
        r.Resumed(1),
        r.BreakerClosed(name),
        r.SystemHealth((Component("store", ok=True, detail="SQLite answers"),)),
        r.HelpText("drawdown", "Drawdown is how far equity has fallen.", ()),
        r.HelpText(None, "", tuple(tool.spec for tool in CATALOG.values())),
    ]
