"""The answer to an order (spec/pipeline.md, Answers)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.events import OrderAccepted, OrderExecuted
from core.domain.gates.verdict import Denied
from core.domain.money import ZERO, ratio
from core.domain.order import CostBreakdown, Fill, OrderRequest
from core.domain.order_attempt import GATES_OF_ENTRY, GATES_OF_EXIT
from core.domain.order_status import OrderStatus, Trigger, after


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What became of an order when it was submitted; a repeated key gives the same again, `cached`.

    `success`: something filled, or the order works. `avg_px` and `slippage_bps` (against the mid at decision) are
    volume-weighted, `fee` is in quote. A denial names its gate, `code`, the `limit` and the `value` now, and when
    it `clears_at`. `take_profit` and `stop_loss` are the protective prices the position gets.
    """

    success: bool
    client_order_id: str
    status: OrderStatus
    timestamp: datetime
    order_id: str | None = None
    bot_id: str | None = None
    symbol: str | None = None
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    filled_qty: Decimal = ZERO
    avg_px: Decimal | None = None
    fee: Decimal = ZERO
    slippage_bps: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    gates_passed: tuple[str, ...] = ()
    gate_failed: str | None = None
    rejection_reason: str | None = None
    code: str | None = None
    limit: str | None = None
    value: str | None = None
    clears_at: datetime | None = None
    cost_bps: CostBreakdown | None = None
    fills: tuple[Fill, ...] = ()
    cached: bool = False


def recorded(fact: OrderExecuted | OrderAccepted, ts: datetime, *, cached: bool) -> OrderResult:
    """The answer that follows from what was recorded at `ts`, and from nothing else."""
    filled = fact.filled_qty
    if isinstance(fact, OrderExecuted):
        status = fact.status
    else:
        triggers = [Trigger.SUBMIT, Trigger.ACCEPT, *([Trigger.FILL_PART] if filled else [])]
        status = after(OrderStatus.INITIALIZED, *triggers)
    return OrderResult(
        success=bool(filled) or isinstance(fact, OrderAccepted),
        client_order_id=fact.client_order_id,
        status=status,
        timestamp=ts,
        order_id=fact.order_id,
        bot_id=fact.bot_id,
        symbol=fact.symbol,
        quantity=fact.quantity,
        limit_price=fact.limit_price,
        filled_qty=filled,
        avg_px=_weighted(fact.fills, [fill.price for fill in fact.fills], filled),
        fee=sum((f.fee_quote_value for f in fact.fills), ZERO),
        slippage_bps=_weighted(fact.fills, [fill.slippage_bps for fill in fact.fills], filled),
        take_profit=fact.take_profit,
        stop_loss=fact.stop_loss,
        gates_passed=fact.gates_passed,
        rejection_reason=_why_not(fact),
        cost_bps=fact.cost,
        fills=fact.fills,
        cached=cached,
    )


def refused(request: OrderRequest, denied: Denied, now: datetime) -> OrderResult:
    """The answer to an order that a gate denied."""
    gates = GATES_OF_EXIT if request.reduce_only else GATES_OF_ENTRY
    passed = gates[: gates.index(denied.gate)] if denied.gate in gates else ()
    return OrderResult(
        success=False,
        client_order_id=request.client_order_id,
        status=OrderStatus.DENIED,
        timestamp=now,
        bot_id=request.bot_id,
        symbol=request.symbol,
        quantity=request.quantity,
        limit_price=request.limit_price,
        gates_passed=tuple(gate.value for gate in passed),
        gate_failed=denied.gate.value,
        rejection_reason=denied.message,
        code=denied.code,
        limit=denied.limit,
        value=denied.value,
        clears_at=denied.clears_at,
        cost_bps=denied.cost,
    )


def _weighted(fills: tuple[Fill, ...], values: list[Decimal], filled: Decimal) -> Decimal | None:
    if not filled:
        return None
    return ratio(sum((f.quantity * v for f, v in zip(fills, values, strict=True)), ZERO), filled)


def _why_not(fact: OrderExecuted | OrderAccepted) -> str | None:
    if fact.fills or isinstance(fact, OrderAccepted):
        return None
    if fact.status is OrderStatus.REJECTED:
        if fact.post_only:
            return "It would have traded at once, and it was to be post-only."
        return "The book held nothing within the price protection."
    return "The market offered too little within the limit."
