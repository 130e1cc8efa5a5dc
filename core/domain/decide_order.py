"""An order through the gates and the paper exchange: one verdict, one event (spec/pipeline.md).

Gate 1, idempotency, is the append itself: the key is unique in the journal.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.codec import encode
from core.domain.commands import SubmitOrder
from core.domain.decision import Decision, Setting
from core.domain.events import OrderExecuted
from core.domain.gates import circuit_breaker, fee_coverage, trade_limiter
from core.domain.gates.verdict import Denied, Gate
from core.domain.instrument import FEE_SCHEDULES, Instrument
from core.domain.journal import canonical
from core.domain.market import MarketState
from core.domain.money import BPS, ONE, floor_to, plain
from core.domain.order import CostBreakdown, MarketEvidence, OrderRequest, Side
from core.domain.paper_exchange import VERSION, Execution, MarketOrder, execute

GATES_OF_ENTRY = (Gate.IDEMPOTENCY, Gate.FEE_COVERAGE, Gate.TRADE_LIMITER, Gate.CIRCUIT_BREAKER)
GATES_OF_EXIT = (Gate.IDEMPOTENCY, Gate.TRADE_LIMITER)


def request_digest(request: OrderRequest) -> str:
    """Identity of a request: a reused key with another digest is a conflict."""
    wanted = encode(request)
    for moving in ("decided_at", "decided_mid", "writer_epoch"):
        wanted.pop(moving, None)
    return hashlib.sha256(canonical(wanted)).hexdigest()


def decide_order(state: Account, command: SubmitOrder, setting: Setting) -> Decision:
    """Entry or exit: deny, or execute against the market state the command brings."""
    request, market = command.request, command.market
    bot = state.bot(request.bot_id)
    if request.writer_epoch is not None and request.writer_epoch < state.epoch:
        return _deny(Gate.OWNERSHIP, "ownership_lost", "Another engine runs these bots now.")
    if state.halted and not request.reduce_only:
        return _deny(
            Gate.MODE, "halted", "Trading is halted by an emergency stop; no entry passes until it is resumed."
        )
    if market is None or setting.now - market.ts > timedelta(seconds=setting.rules.mark_stale_secs):
        wait = "Nothing can be sold until there is one." if request.reduce_only else "No entry without a fresh price."
        return _deny(Gate.PRICE, "no_price", f"There is no fresh price of {request.symbol}. {wait}")
    if bot.source and bot.source != market.source:
        return _deny(Gate.PRICE, "other_source", f"{bot.name} trades on {bot.source}; this price is {market.source}.")
    if not request.reduce_only and state.bound_elsewhere(market.symbol, market.source):
        words = f"You hold {market.symbol} from another market; at this one's prices your figures would be wrong."
        return _deny(Gate.PRICE, "other_source", words)
    if request.symbol != bot.symbol:
        return _deny(Gate.LIFE_CYCLE, "other_symbol", f"{bot.name} trades {bot.symbol}, not {request.symbol}.")
    if market.symbol != request.symbol:
        return _deny(Gate.PRICE, "other_symbol", f"The order is for {request.symbol}; this price is {market.symbol}'s.")
    if request.quantity is not None and not request.quantity.is_finite():
        return _deny(Gate.TRADE_LIMITER, "bad_quantity", "The quantity of an order is a number above zero.")
    present = state.marks | setting.marks | {market.symbol: market.mid}
    order = _Order(state, bot, command, market, present)
    return _exit(order) if request.reduce_only else _entry(order, setting)


def _deny(gate: Gate, code: str, message: str) -> Decision:
    return Decision(None, Denied(gate, code, message))


@dataclass(frozen=True, slots=True)
class _Order:
    """An order with what it meets: its bot, the book, and present marks of all symbols held."""

    state: Account
    bot: Bot
    command: SubmitOrder
    market: MarketState
    marks: dict[str, Decimal]

    def execute(self, quantity: Decimal) -> Execution:
        request = self.command.request
        return execute(
            MarketOrder(request.side, quantity, request.decided_mid),
            self.market,
            self.command.instrument,
            FEE_SCHEDULES[self.bot.exchange],
            depth.by(request.side) if (depth := self.state.consumed.get(request.symbol)) else {},
        )


def _entry(order: _Order, setting: Setting) -> Decision:
    state, bot, market = order.state, order.bot, order.market
    request, instrument, rules = order.command.request, order.command.instrument, setting.rules
    if request.side is not Side.BUY or request.quantity is None:
        return _deny(Gate.LIFE_CYCLE, "not_an_entry", "Spot is long only: an entry buys a stated quantity.")
    if bot.status not in {BotStatus.RUNNING, BotStatus.CIRCUIT_TRIPPED}:
        return _deny(Gate.LIFE_CYCLE, "bot_not_running", f"{bot.name} is {bot.status.value}; it makes no entries.")
    cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[bot.exchange], market, rules)
    if denied := fee_coverage.check(request.take_profit_bps, cost):
        return Decision(None, denied)
    quantity = floor_to(request.quantity, instrument.lot_size)
    execution = order.execute(quantity)
    entry = trade_limiter.Entry(
        bot=bot,
        instrument=instrument,
        quantity=quantity,
        notional=quantity * market.ask,
        cost=execution.notional + execution.fees,
    )
    if denied := trade_limiter.check(state, entry, rules, setting.now):
        return Decision(None, denied)
    if denied := circuit_breaker.closed(state, bot):
        return Decision(None, denied)
    if tripped := circuit_breaker.trip(state, bot, order.marks, rules, setting.now):
        message = f"The circuit breaker opened: {tripped.metric.value.replace('_', ' ')} {plain(tripped.value)}."
        return Decision(tripped, Denied(Gate.CIRCUIT_BREAKER, "circuit_tripped", message, plain(tripped.threshold)))
    return Decision(_event(order, quantity, execution, cost))


def _exit(order: _Order) -> Decision:
    request, instrument = order.command.request, order.command.instrument
    held = order.bot.held(request.symbol) - order.bot.reserved_units(request.symbol)
    if request.side is not Side.SELL or not held:
        return _deny(Gate.LIFE_CYCLE, "no_position", f"{order.bot.name} holds no {instrument.base} to sell.")
    wanted = held if request.quantity is None else min(request.quantity, held)
    # Dust may be sold whole; anything else is rounded down to the lot.
    quantity = held if wanted == held else floor_to(wanted, instrument.lot_size)
    if quantity <= 0:
        return _deny(Gate.TRADE_LIMITER, "below_lot_size", f"Less than one lot of {plain(instrument.lot_size)}.")
    return Decision(_event(order, quantity, order.execute(quantity), None))


def _event(order: _Order, quantity: Decimal, execution: Execution, cost: CostBreakdown | None) -> OrderExecuted:
    request, market, instrument = order.command.request, order.market, order.command.instrument
    held = {*order.state.priced_symbols(), market.symbol}
    gates = GATES_OF_EXIT if request.reduce_only else GATES_OF_ENTRY
    stop_bps = None if request.stop_loss_bps is None else -request.stop_loss_bps
    return OrderExecuted(
        order_id=order.command.order_id,
        client_order_id=request.client_order_id,
        request_sha256=request_digest(request),
        bot_id=order.bot.bot_id,
        exchange=order.bot.exchange,
        symbol=request.symbol,
        side=request.side,
        quantity=quantity,
        reduce_only=request.reduce_only,
        reason=request.reason,
        decided_at=request.decided_at,
        decided_mid=request.decided_mid,
        status=execution.status,
        fills=execution.fills,
        gates_passed=tuple(gate.value for gate in gates),
        market=MarketEvidence(market.bid, market.ask, market.ts, market.source),
        marks={symbol: order.marks[symbol] for symbol in sorted(held)},
        exchange_version=VERSION,
        cost=cost,
        exit_reason=request.exit_reason,
        take_profit=_price_at(request.decided_mid, request.take_profit_bps, instrument),
        stop_loss=_price_at(request.decided_mid, stop_bps, instrument),
    )


def _price_at(reference: Decimal, bps: Decimal | None, instrument: Instrument) -> Decimal | None:
    """The price so many bps away from the reference, rounded down to the tick."""
    return None if bps is None else floor_to(reference * (ONE + bps / BPS), instrument.tick_size)
