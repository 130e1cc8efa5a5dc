"""`submit`: the one function every order goes through; nothing else makes a fill (spec/pipeline.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.commands import CheckBreaker, SubmitOrder
from core.domain.errors import IntegrityError
from core.domain.events import OrderExecuted
from core.domain.gates.verdict import Denied
from core.domain.market import MarketState
from core.domain.money import ZERO, ratio
from core.domain.order import CostBreakdown, Fill, OrderRequest
from core.domain.order_status import OrderStatus
from core.ports import Ids
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub

LATENCY = timedelta(milliseconds=50)

_PRICE_WAIT_SECS = 10.0


@dataclass(frozen=True, slots=True)
class OrderResult:
    """The answer to an order (spec/pipeline.md, Answers). `avg_px` is volume-weighted; `fee` in quote."""

    success: bool
    client_order_id: str
    status: OrderStatus
    timestamp: datetime
    order_id: str | None = None
    filled_qty: Decimal = ZERO
    avg_px: Decimal | None = None
    fee: Decimal = ZERO
    gates_passed: tuple[str, ...] = ()
    gate_failed: str | None = None
    rejection_reason: str | None = None
    clears_at: datetime | None = None
    cost_bps: CostBreakdown | None = None
    fills: tuple[Fill, ...] = ()
    cached: bool = False


class OrderService:
    """Brings an order, the market it meets and the journal together."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, ids: Ids) -> None:
        self._writer = writer
        self._hub = hub
        self._ids = ids

    async def submit(self, user_id: str, request: OrderRequest, market: MarketState | None) -> OrderResult:
        """Decide an order on the first market state after its latency, which the caller has waited for.

        Raises:
            IdempotencyConflict: the key was used for another order.
            StoreUnavailable: unknown whether it was recorded; submit again with the same key.
        """
        now = self._hub.feed.now() if market is None else market.ts
        instrument = self._hub.feed.instrument(request.symbol)
        command = SubmitOrder(self._ids.new(), request, market, instrument)
        key = f"order:{request.client_order_id}"
        outcome = await self._writer.execute(user_id, command, now=now, key=key, marks=self._hub.mids())
        if outcome.event is not None and isinstance(outcome.event.payload, OrderExecuted):
            if not outcome.cached:
                await self.check_breakers(user_id, request.bot_id, now)
            return _executed(outcome.event.payload, outcome.event.ts, cached=outcome.cached)
        if outcome.denied is None:
            raise IntegrityError(f"Order {request.client_order_id} was neither executed nor denied.")
        return _denied(request, outcome.denied, now)

    async def submit_at_next_state(self, user_id: str, request: OrderRequest) -> OrderResult:
        """Wait for the first market state after the order's latency, then decide it there."""
        earliest = request.decided_at + LATENCY
        market = await self._hub.state_from(request.symbol, earliest, _PRICE_WAIT_SECS)
        return await self.submit(user_id, request, market)

    async def check_breakers(self, user_id: str, bot_id: str, now: datetime) -> None:
        """Trip whatever has reached its limit: the bot's scope, then its owner's."""
        for _ in range(2):
            outcome = await self._writer.execute(user_id, CheckBreaker(bot_id), now=now, marks=self._hub.mids())
            if outcome.event is None:
                return


def _executed(fact: OrderExecuted, ts: datetime, *, cached: bool) -> OrderResult:
    filled = fact.filled_qty
    notional = sum((f.price * f.quantity for f in fact.fills), ZERO)
    return OrderResult(
        success=bool(fact.fills),
        order_id=fact.order_id,
        client_order_id=fact.client_order_id,
        status=fact.status,
        timestamp=ts,
        filled_qty=filled,
        avg_px=ratio(notional, filled) if filled else None,
        fee=sum((f.fee_quote_value for f in fact.fills), ZERO),
        gates_passed=fact.gates_passed,
        rejection_reason=None if fact.fills else "The book held nothing within the price protection.",
        cost_bps=fact.cost,
        fills=fact.fills,
        cached=cached,
    )


def _denied(request: OrderRequest, denied: Denied, now: datetime) -> OrderResult:
    return OrderResult(
        success=False,
        client_order_id=request.client_order_id,
        status=OrderStatus.DENIED,
        timestamp=now,
        gate_failed=denied.gate.value,
        rejection_reason=denied.message,
        clears_at=denied.clears_at,
    )
