"""An order on its way through decide, and the events it may become."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.codec import encode
from core.domain.commands import SubmitOrder
from core.domain.decision import Decision
from core.domain.events import OrderAccepted, OrderExecuted
from core.domain.events_order import OrderPlaced
from core.domain.gates.verdict import Denied, Gate
from core.domain.instrument import FEE_SCHEDULES, FeeSchedule, Instrument
from core.domain.journal import canonical
from core.domain.market import MarketState
from core.domain.money import BPS, ONE, bps_of, ceil_to, floor_to
from core.domain.order import CostBreakdown, Fill, MarketEvidence, OrderRequest, Side
from core.domain.paper_exchange import VERSION, ExchangeOrder, Execution, execute
from core.domain.resting_fills import reservation

_Placed = TypeVar("_Placed", bound=OrderPlaced)

GATES_OF_ENTRY = (Gate.IDEMPOTENCY, Gate.FEE_COVERAGE, Gate.TRADE_LIMITER, Gate.CIRCUIT_BREAKER)
GATES_OF_EXIT = (Gate.IDEMPOTENCY, Gate.TRADE_LIMITER)


#: What moves between two submissions of one order.
_MOVING = ("decided_at", "decided_mid", "writer_epoch")


def request_digest(request: OrderRequest) -> str:
    """Identity of a request: a reused key with another digest is a conflict."""
    wanted = encode(request)
    for moving in _MOVING:
        wanted.pop(moving, None)
    return hashlib.sha256(canonical(wanted)).hexdigest()


def deny(gate: Gate, code: str, message: str) -> Decision:
    """A denial without figures."""
    return Decision(None, Denied(gate, code, message))


def evidence(market: MarketState) -> MarketEvidence:
    """What is recorded of the market an order met."""
    return MarketEvidence(market.bid, market.ask, market.ts, market.source)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An order with what it meets: its bot, its owner's state, and present marks of all symbols held."""

    state: Account
    bot: Bot
    command: SubmitOrder
    marks: dict[str, Decimal]

    @property
    def request(self) -> OrderRequest:
        """What was asked."""
        return self.command.request

    @property
    def instrument(self) -> Instrument:
        """The pair's trading rules."""
        return self.command.instrument

    @property
    def fees(self) -> FeeSchedule:
        """What the bot's exchange charges."""
        return FEE_SCHEDULES[self.bot.exchange]

    @property
    def limit_price(self) -> Decimal | None:
        """The limit on the tick, never worse for the trader than what was asked."""
        asked, tick = self.request.limit_price, self.instrument.tick_size
        if asked is None:
            return None
        return floor_to(asked, tick) if self.request.side is Side.BUY else ceil_to(asked, tick)

    @property
    def target(self) -> Decimal | None:
        """Where the profit is taken, rounded down to the tick."""
        return self._price(self.request.take_profit, self.request.take_profit_bps)

    @property
    def stop(self) -> Decimal | None:
        """Where the loss is cut, rounded down to the tick."""
        bps = self.request.stop_loss_bps
        return self._price(self.request.stop_loss, None if bps is None else -bps)

    @property
    def edge_bps(self) -> Decimal | None:
        """Distance from the reference price to the target."""
        if self.request.take_profit is None:
            return self.request.take_profit_bps
        return bps_of(self.request.take_profit - self.request.reference, self.request.reference)

    def _price(self, given: Decimal | None, bps: Decimal | None) -> Decimal | None:
        if self.request.reduce_only:  # targets and stops guard a position, and a sale closes it
            return None
        if given is None and bps is not None:
            given = self.request.reference * (ONE + bps / BPS)
        return None if given is None else floor_to(given, self.instrument.tick_size)

    def execute(self, quantity: Decimal, market: MarketState) -> Execution:
        """Bring so much of it to the exchange."""
        request = self.request
        order = ExchangeOrder(
            request.side, quantity, request.decided_mid, self.limit_price, request.time_in_force, request.post_only
        )
        depth = self.state.consumed.get(request.symbol)
        return execute(order, market, self.instrument, self.fees, depth.by(request.side) if depth else {})

    def reserved(self, rests: Decimal) -> Decimal:
        """What the part that rests holds back; nothing when nothing rests."""
        return reservation(self.request.side, rests, self.limit_price, self.fees)

    def executed(
        self,
        quantity: Decimal,
        execution: Execution,
        market: MarketState,
        cost: CostBreakdown | None = None,
        drawn: Decimal | None = None,
    ) -> OrderExecuted | OrderAccepted:
        """What is recorded of an order that met a market: all of it, or what it filled and what rests."""
        own: dict[str, Any] = {"market": evidence(market), "cost": cost, "drawn": drawn}
        if not execution.rests:
            return self._placed(OrderExecuted, quantity, execution.fills, status=execution.status, **own)
        own |= {"expires_at": self._expires_at(market.ts), "queue_ahead": execution.queue_ahead}
        return self._placed(OrderAccepted, quantity, execution.fills, reserved=self.reserved(execution.rests), **own)

    def waiting(self, quantity: Decimal) -> OrderAccepted:
        """An exit that rests until there is a price for it."""
        expires_at = self._expires_at(self.request.decided_at)
        return self._placed(OrderAccepted, quantity, (), reserved=quantity, expires_at=expires_at)

    def _expires_at(self, accepted_at: datetime) -> datetime | None:
        secs = self.request.good_for_secs
        return None if secs is None else accepted_at + timedelta(seconds=secs)

    def _placed(self, kind: type[_Placed], quantity: Decimal, fills: tuple[Fill, ...], **own: Any) -> _Placed:  # noqa: ANN401 - fields of that kind
        request = self.request
        symbols = {*self.state.priced_symbols(), *((request.symbol,) if own.get("market") else ())}
        return kind(
            order_id=self.command.order_id,
            client_order_id=request.client_order_id,
            request_sha256=request_digest(request),
            bot_id=self.bot.bot_id,
            exchange=self.bot.exchange,
            symbol=request.symbol,
            side=request.side,
            quantity=quantity,
            reduce_only=request.reduce_only,
            reason=request.reason,
            decided_at=request.decided_at,
            decided_mid=request.decided_mid,
            fills=fills,
            gates_passed=tuple(gate.value for gate in (GATES_OF_EXIT if request.reduce_only else GATES_OF_ENTRY)),
            marks={symbol: self.marks[symbol] for symbol in sorted(symbols)},
            exchange_version=VERSION,
            exit_reason=request.exit_reason,
            take_profit=self.target,
            stop_loss=self.stop,
            limit_price=self.limit_price,
            time_in_force=request.time_in_force,
            post_only=request.post_only,
            **own,
        )
