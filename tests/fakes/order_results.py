"""Examples of what the tools for orders, limits, breakers and halts give back (see tests/fakes/results.py)."""

from dataclasses import replace
from decimal import Decimal

from core.domain.events import Metric
from core.domain.order import CostBreakdown, Side
from core.domain.order_status import OrderStatus
from core.services.emergency import OpenPosition, StopReport
from core.services.global_stop import GlobalResumeReport, GlobalStopReport
from core.services.guard_reports import (
    BreakerChange,
    BreakerEvent,
    BreakerMeasure,
    BreakerReport,
    BreakerScope,
    BurstUsage,
    CooldownUsage,
    DailyUsage,
    Limit,
    LimitSource,
    LimitsReport,
    QuarantinedBot,
    UsageReport,
    WorkingUsage,
)
from core.services.order_result import OrderResult
from core.services.system_modes import TradingMode
from core.services.traces import Trace, TraceKind
from tests.builders import BOT, at
from tools import results as r

SOURCE = "replay:script"
COST = CostBreakdown(*(Decimal(bps) for bps in ("10", "10", "1", "10", "5", "10")))


def order_view(name: str = "Alpha") -> r.OrderView:
    """A buy that works: a third filled, the rest reserved."""
    return r.OrderView(
        order_id="o1",
        client_order_id="c1",
        bot_id=BOT,
        bot=name,
        symbol="BTC/USDT",
        side=Side.BUY,
        status=OrderStatus.PARTIALLY_FILLED,
        quantity=Decimal("0.03"),
        filled_qty=Decimal("0.01"),
        limit_price=Decimal(19000),
        reserved=Decimal("380.38"),
        time=at(60),
        expires_at=at(3660),
    )


def order_answers(name: str = "Alpha") -> list[r.OrderAnswer]:
    """An order that filled, one that waits, one that was denied, and one that found nobody."""
    filled = OrderResult(
        success=True,
        client_order_id="c1",
        status=OrderStatus.FILLED,
        timestamp=at(60),
        order_id="o1",
        bot_id=BOT,
        symbol="BTC/USDT",
        quantity=Decimal("0.01"),
        filled_qty=Decimal("0.01"),
        avg_px=Decimal("20001.5"),
        fee=Decimal("0.200015"),
        slippage_bps=Decimal("0.75"),
        take_profit=Decimal(20400),
        stop_loss=Decimal(19700),
        gates_passed=("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker"),
        cost_bps=COST,
    )
    waits = replace(filled, status=OrderStatus.ACCEPTED, limit_price=Decimal(19000), filled_qty=Decimal(0), avg_px=None)
    denied = OrderResult(
        success=False,
        client_order_id="c1",
        status=OrderStatus.DENIED,
        timestamp=at(60),
        bot_id=BOT,
        symbol="BTC/USDT",
        quantity=Decimal("0.01"),
        gates_passed=("idempotency", "fee_coverage"),
        gate_failed="trade_limiter",
        rejection_reason=f"{name} made 50 of 50 orders today; clears at 00:00Z in 11 h 59 min.",
        code="daily_limit",
        limit="50",
        value="50",
        clears_at=at(12 * 3600),
        cost_bps=COST,
    )
    nobody = replace(filled, success=False, status=OrderStatus.CANCELED, filled_qty=Decimal(0), avg_px=None)
    return [
        r.OrderAnswer(filled, name, Side.BUY, "BTC/USDT", True, SOURCE),
        r.OrderAnswer(replace(waits, cached=True), name, Side.BUY, "BTC/USDT", True, SOURCE),
        r.OrderAnswer(denied, name, Side.BUY, "BTC/USDT", False, SOURCE),
        r.OrderAnswer(nobody, name, Side.BUY, "BTC/USDT", True, SOURCE),
    ]


def _explained(name: str) -> r.Explained:
    order = order_answers(name)[0].order
    return r.Explained(
        bot=name,
        status="running",
        status_reason="",
        traces=(
            Trace(BOT, at(62), TraceKind.DENIAL, f"{name} holds 0.01 BTC already.", "trade_limiter"),
            Trace(BOT, at(60), TraceKind.SIGNAL, "fast above slow"),
            Trace(BOT, at(50), TraceKind.ERROR, "the strategy failed"),
        ),
        last_order=r.LastOrder(
            order_id="o1",
            side=Side.BUY,
            symbol="BTC/USDT",
            status=OrderStatus.FILLED,
            reason="fast above slow",
            ts=at(60),
            quantity=Decimal("0.01"),
            filled_qty=Decimal("0.01"),
            limit_price=None,
            avg_px=order.avg_px,
            fee=order.fee,
            slippage_bps=order.slippage_bps,
            take_profit=Decimal(20400),
            stop_loss=None,
            gates_passed=order.gates_passed,
            cost=COST,
            required_bps=COST.required_bps,
        ),
        why_no_trade=None,
        source=SOURCE,
        now=at(63),
    )


def _usage(name: str) -> UsageReport:
    midnight = at(12 * 3600)
    return UsageReport(
        now=at(60),
        user=DailyUsage(None, None, 9, 1, 10, midnight),
        bots=(DailyUsage(BOT, name, 1, 1, 50, midnight),),
        bursts=(BurstUsage("binance", 10, 10, 10, at(65)),),
        cooldowns=(CooldownUsage(BOT, name, 15, at(0), at(900)), CooldownUsage(BOT, name, 5, None, None)),
        working=(WorkingUsage(BOT, name, "BTC/USDT", 1, 1),),
    )


def _breakers(name: str, tripped: Metric | None) -> r.BreakersShown:
    measures = (
        BreakerMeasure(Metric.DRAWDOWN, Decimal("0.2"), Decimal("0.2"), True),
        BreakerMeasure(Metric.CONSECUTIVE_LOSSES, Decimal(1), Decimal(5), False),
    )
    scopes = BreakerScope(None, None, False, None, measures), BreakerScope(BOT, name, bool(tripped), tripped, measures)
    trip = BreakerEvent(
        7, at(60), BreakerChange.TRIPPED, BOT, name, Metric.DRAWDOWN, Decimal("0.21"), Decimal("0.2"), {"peak": "1.2"}
    )
    reset = BreakerEvent(5, at(30), BreakerChange.RESET, None, None, actor="ann@example.com", reason="looked at it")
    kept = QuarantinedBot(BOT, name, False, Metric.DRAWDOWN, Decimal("0.21"), Decimal("0.2"), at(60))
    return r.BreakersShown(BreakerReport(at(61), scopes[0], scopes[1:]), (trip, reset), (kept,) if tripped else ())


def emergency_report(position: OpenPosition) -> StopReport:
    """A stop that ended entries, took a sale back, sold one position, and still sells half of another."""
    sold = order_answers(position.bot)[0].order
    return StopReport(
        halted_bots=3,
        already_halted=True,
        sold=(sold, replace(sold, success=False, filled_qty=Decimal(0), rejection_reason="There is no price.")),
        open_positions=(replace(position, selling=Decimal("0.005")),),
        ended_entries=2,
        canceled=("o7",),
        pending=("o8",),
        unanswered=1,
    )


def order_examples(name: str) -> list[r.Result]:
    """Of the tools that place, cancel and explain orders."""
    answers = order_answers(name)
    unsold = replace(answers[2].order, code="no_price", rejection_reason="There is no price.")
    return [
        *answers,
        r.OrderTakenBack(order_view(name)),
        r.Flattened(name, (answers[0].order, answers[1].order), 1, SOURCE),
        r.Flattened(name, (unsold,), 0, SOURCE),
        r.CooldownSet(name, 15),
        r.CooldownSet(name, 0),
        _explained(name),
        replace(_explained(name), traces=(), last_order=None, why_no_trade=f"{name} is warming up: 12 of 50 bars."),
    ]


def guard_examples(name: str) -> list[r.Result]:
    """Of the tools about limits, breakers and halts."""
    limits = LimitsReport(
        (
            Limit("max_trades_per_bot_daily", Decimal(50), LimitSource.INSTALLATION),
            Limit("max_drawdown", Decimal("0.15"), LimitSource.ACCOUNT),
            Limit("min_edge_bps", Decimal(10), LimitSource.INSTALLATION),
        )
    )
    halted = TradingMode(halted=True, actor="root@example.com", reason=name, since=at(0))
    return [
        r.LimitsShown(limits),
        r.UsageShown(_usage(name)),
        _breakers(name, Metric.DRAWDOWN),
        _breakers(name, None),
        r.ModesShown(TradingMode(), False, SOURCE),
        r.ModesShown(halted, True, SOURCE),
        r.GloballyStopped(GlobalStopReport(halted, 3, 1)),
        r.GloballyResumed(GlobalResumeReport(TradingMode(), 3, 1)),
    ]
