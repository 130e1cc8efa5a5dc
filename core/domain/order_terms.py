"""What no market could make right about an order: its terms contradict themselves or cannot be meant."""

from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.commands import SubmitOrder
from core.domain.decision import Decision
from core.domain.gates.verdict import Gate
from core.domain.money import BPS, MAX_AMOUNT
from core.domain.order import OrderRequest, Side, TimeInForce
from core.domain.order_attempt import deny

MAX_GOOD_FOR_SECS = 366 * 86_400
"""The longest time an order may be good for: a year."""


def malformed(bot: Bot, command: SubmitOrder) -> Decision | None:
    """The first thing that is wrong with an order, or None."""
    request, market = command.request, command.market
    mine = request.symbol == bot.symbol or (bot.manual and request.symbol.partition("/")[2] == bot.quote)
    if not mine:
        return deny(Gate.LIFE_CYCLE, "other_symbol", f"{bot.name} trades {bot.symbol}, not {request.symbol}.")
    if market is not None and market.symbol != request.symbol:
        return deny(Gate.PRICE, "other_symbol", f"The order is for {request.symbol}; this price is {market.symbol}'s.")
    if not all(_above_zero(amount) for amount in (request.quantity, request.notional)):
        return deny(Gate.TRADE_LIMITER, "bad_quantity", "The quantity of an order is a number above zero.")
    if request.reduce_only and request.notional is not None:
        words = "A sale states how many units, or none to sell them all; an amount of money is for buying."
        return deny(Gate.TRADE_LIMITER, "bad_quantity", words)
    return _bad_price(command) or _bad_type(request)


def _bad_price(command: SubmitOrder) -> Decision | None:
    request = command.request
    prices = [request.limit_price, request.take_profit, request.stop_loss]
    if command.market is not None:
        prices.append(request.decided_mid)
    if not all(_above_zero(price) for price in prices):
        return deny(Gate.PRICE, "bad_price", "A price is a number above zero.")
    tick = command.instrument.tick_size
    if request.limit_price is not None and request.side is Side.BUY and request.limit_price < tick:
        return deny(Gate.PRICE, "bad_price", f"The limit is below one tick of {tick}.")
    if request.stop_loss_bps is not None and not (_above_zero(request.stop_loss_bps) and request.stop_loss_bps < BPS):
        return deny(Gate.PRICE, "bad_price", "A stop-loss is a part of the price, above zero and below all of it.")
    return None


def _bad_type(request: OrderRequest) -> Decision | None:
    rests = request.time_in_force is TimeInForce.GTC
    if request.post_only and (request.limit_price is None or not rests):
        words = "Only a limit order that may rest in the book can be post-only."
        return deny(Gate.TRADE_LIMITER, "bad_order_type", words)
    if rests and request.limit_price is None and not request.reduce_only:
        words = "A buy that may rest needs a limit: without one nobody knows what to reserve for it."
        return deny(Gate.TRADE_LIMITER, "bad_order_type", words)
    if request.good_for_secs is not None and not 0 < request.good_for_secs <= MAX_GOOD_FOR_SECS:
        words = "An order is good for some seconds of at most a year, or until canceled."
        return deny(Gate.TRADE_LIMITER, "bad_order_type", words)
    return None


def _above_zero(amount: Decimal | None) -> bool:
    return amount is None or (amount.is_finite() and 0 < amount <= MAX_AMOUNT)
