"""`submit`: the one function every order goes through; nothing else makes a fill (spec/pipeline.md)."""

from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.codec import iso
from core.domain.commands import CancelOrder, CheckBreaker, ExpireOrder, FillResting, SubmitOrder
from core.domain.errors import IntegrityError
from core.domain.events import OrderAccepted, OrderExecuted
from core.domain.instrument import Instrument
from core.domain.market import MarketState
from core.domain.money import ZERO
from core.domain.order import OrderRequest
from core.ports import Ids
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.order_result import OrderResult, recorded, refused
from core.services.system_modes import SystemModes
from core.services.traces import Trace, TraceKind, TraceLog

LATENCY = timedelta(milliseconds=50)

_PRICE_WAIT_SECS = 10.0
_ANY_STEP = Decimal("0.00000001")


class OrderService:
    """Brings an order, the market it meets and the journal together."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, ids: Ids, traces: TraceLog, modes: SystemModes) -> None:
        self._writer = writer
        self._hub = hub
        self._ids = ids
        self._traces = traces
        self._modes = modes

    async def submit(self, user_id: str, request: OrderRequest, market: MarketState | None) -> OrderResult:
        """Decide an order on the first market state after its latency, which the caller has waited for.

        Raises:
            IdempotencyConflict: the key was used for another order.
            StoreUnavailable: unknown whether it was recorded; submit again with the same key.
        """
        now = self._hub.feed.now() if market is None else market.ts
        command = SubmitOrder(self._ids.new(), request, market, self._instrument(request), self._modes.halted)
        key = _key(request.client_order_id)
        outcome = await self._writer.execute(user_id, command, now=now, key=key, marks=self._marks(user_id))
        if outcome.event is not None and isinstance(outcome.event.payload, OrderExecuted | OrderAccepted):
            if not outcome.cached:
                await self.check_breakers(user_id, request.bot_id, now)
            return recorded(outcome.event.payload, outcome.event.ts, cached=outcome.cached)
        if outcome.denied is None:
            raise IntegrityError(f"Order {request.client_order_id} was neither recorded nor denied.")
        denied = outcome.denied
        self._traces.record(Trace(request.bot_id, now, TraceKind.DENIAL, denied.message, denied.gate.value))
        return refused(request, denied, now)

    @property
    def system_halted(self) -> bool:
        """Whether an admin has stopped everybody, as far as this process knows."""
        return self._modes.halted

    async def known(self, user_id: str, client_order_id: str) -> bool:
        """Whether an order with this key was recorded: then it is answered with what became of it, or is a conflict."""
        return await self._writer.uses(user_id, _key(client_order_id))

    async def submit_at_next_state(self, user_id: str, request: OrderRequest) -> OrderResult:
        """Wait for the first market state after the order's latency, then decide it there.

        A repeated key needs no market; and an exit whose market is not served now waits as a pending order.
        """
        served = request.symbol in self._hub.feed.symbols
        if (request.reduce_only and not served) or await self.known(user_id, request.client_order_id):
            return await self.submit(user_id, request, None)
        earliest = request.decided_at + LATENCY
        market = await self._hub.state_from(request.symbol, earliest, _PRICE_WAIT_SECS)
        return await self.submit(user_id, request, market)

    async def fill_resting(
        self, user_id: str, bot_id: str, order_id: str, market: MarketState, queue_ahead: Decimal | None, epoch: int
    ) -> bool:
        """Let a resting order meet a market state, once; tells whether it filled now."""
        instrument = self._hub.feed.instrument(market.symbol)
        command = FillResting(bot_id, order_id, market, instrument, queue_ahead, epoch)
        key = f"fill:{order_id}:{iso(market.ts)}"
        outcome = await self._writer.execute(user_id, command, now=market.ts, key=key, marks=self._marks(user_id))
        if outcome.event is None or outcome.cached:
            return False
        await self.check_breakers(user_id, bot_id, market.ts)
        return True

    async def expire(self, user_id: str, order_id: str, epoch: int, now: datetime) -> None:
        """End a resting order whose time is over."""
        await self._writer.execute(user_id, ExpireOrder(order_id, epoch), now=now, key=f"expire:{order_id}")

    async def cancel(self, user_id: str, order_id: str, *, actor: str, reason: str, key: str | None = None) -> None:
        """Take a resting order back; what it reserved is free at once.

        Raises:
            Conflict: it does not rest (any more).
        """
        command = CancelOrder(order_id, actor, reason)
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key)

    async def check_breakers(self, user_id: str, bot_id: str, now: datetime) -> None:
        """Trip whatever has reached its limit: the bot's scope, then its owner's."""
        marks = self._marks(user_id)
        for _ in range(2):
            outcome = await self._writer.execute(user_id, CheckBreaker(bot_id), now=now, marks=marks)
            if outcome.event is None:
                return

    def _marks(self, user_id: str) -> dict[str, Decimal]:
        return self._hub.mids_for(self._writer.known(user_id))

    def _instrument(self, request: OrderRequest) -> Instrument:
        """The pair's rules; an exit from a pair that is not served now only waits, so that none are needed."""
        feed = self._hub.feed
        if request.reduce_only and request.symbol not in feed.symbols:
            return Instrument(request.symbol, _ANY_STEP, _ANY_STEP, ZERO)
        return feed.instrument(request.symbol)


def _key(client_order_id: str) -> str:
    return f"order:{client_order_id}"
