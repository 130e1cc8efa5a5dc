"""An entry: fee coverage, limiter and circuit breaker, in this order, then the exchange (spec/pipeline.md)."""

from dataclasses import replace
from decimal import Decimal

from core.domain.bot import BotStatus
from core.domain.decision import Decision, Setting
from core.domain.gates import circuit_breaker, fee_coverage, trade_limiter
from core.domain.gates.verdict import Denied, Gate
from core.domain.market import MarketState
from core.domain.money import ZERO, floor_to, plain
from core.domain.order import Side
from core.domain.order_attempt import Attempt, deny


def decide_entry(attempt: Attempt, market: MarketState, setting: Setting) -> Decision:
    """Buy, if every gate lets it pass; what rests reserves its cash."""
    state, bot, request, rules = attempt.state, attempt.bot, attempt.request, setting.rules
    if request.side is not Side.BUY or (request.quantity is None) == (request.notional is None):
        return deny(Gate.LIFE_CYCLE, "not_an_entry", "Spot is long only: an entry buys a stated quantity or amount.")
    why = f" ({bot.status_reason})" if bot.status_reason else ""
    if bot.status not in {BotStatus.RUNNING, BotStatus.CIRCUIT_TRIPPED}:
        return deny(Gate.LIFE_CYCLE, "bot_not_running", f"{bot.name} is {bot.status.value}{why}; it makes no entries.")
    at_market, maker = request.limit_price is None, request.post_only
    cost = fee_coverage.round_trip_cost(attempt.fees, market, rules, at_market=at_market, maker=maker)
    price = market.ask if attempt.limit_price is None else attempt.limit_price
    quantity = _quantity(attempt, price)
    execution = attempt.execute(quantity, market)
    needed = execution.notional + execution.fees
    if execution.rests:
        needed += attempt.reserved(execution.rests)
    free = bot.free_cash + (state.free_cash.get(bot.quote, ZERO) if bot.manual else ZERO)
    entry = trade_limiter.Entry(bot, attempt.instrument, quantity, quantity * price, needed, free)
    denied = (
        fee_coverage.check(attempt.edge_bps, cost)
        or _stop_in_the_way(attempt, min(price, market.bid))
        or trade_limiter.check(state, entry, rules, setting.now)
        or circuit_breaker.closed(state, bot)
    )
    if denied:
        return Decision(None, replace(denied, cost=cost))
    if tripped := circuit_breaker.trip(state, bot, attempt.marks, rules, setting.now):
        limit, value = plain(tripped.threshold), plain(tripped.value)
        message = f"The circuit breaker opened: {tripped.metric.value.replace('_', ' ')} {value}."
        return Decision(tripped, Denied(Gate.CIRCUIT_BREAKER, "circuit_tripped", message, limit, value, cost=cost))
    drawn = max(needed - bot.free_cash, ZERO) if bot.manual else ZERO
    return Decision(attempt.executed(quantity, execution, market, cost, drawn or None))


def _stop_in_the_way(attempt: Attempt, price: Decimal) -> Denied | None:
    """Deny a stop that the price touches already: it would sell at once."""
    stop = attempt.stop
    if stop is None or stop < price:
        return None
    words = f"The stop-loss of {plain(stop)} is not below the price of {plain(price)}."
    return Denied(Gate.PRICE, "bad_stop", words, limit=plain(price), value=plain(stop))


def _quantity(attempt: Attempt, price: Decimal) -> Decimal:
    """What is bought in whole lots: the quantity, or what the amount buys at this price."""
    request, lot = attempt.request, attempt.instrument.lot_size
    if request.notional is not None:
        return request.notional // (price * lot) * lot
    return floor_to(request.quantity or ZERO, lot)
