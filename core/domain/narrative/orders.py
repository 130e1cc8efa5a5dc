"""Events of orders, in words."""

from decimal import Decimal

from core.domain import events as ev
from core.domain.money import MAX_DECIMALS, ZERO, plain, ratio, round_half_even
from core.domain.narrative.base import Movement, Names, Told, money, tell_fact
from core.domain.order import Fill, Side


@tell_fact.register
def _(fact: ev.OrderExecuted, names: Names) -> Told:
    who = names.of(fact.bot_id)
    if not fact.fills:
        return Told(f"{who}'s order to {fact.side.value} {fact.symbol} was {fact.status.value}, nothing filled.", who)
    words, amounts = _filled(fact.symbol, fact.side, fact.fills)
    return Told(f"{who} {words}", who, amounts)


@tell_fact.register
def _(fact: ev.OrderAccepted, names: Names) -> Told:
    who, base = names.of(fact.bot_id), fact.symbol.partition("/")[0]
    price = "the market" if fact.limit_price is None else plain(fact.limit_price)
    words = f"{who} placed an order to {fact.side.value} {money(fact.quantity, base)} at {price}."
    if not fact.fills:
        return Told(words, who)
    filled, amounts = _filled(fact.symbol, fact.side, fact.fills)
    return Told(f"{words} It {filled}", who, amounts)


@tell_fact.register
def _(fact: ev.OrderFilled, names: Names) -> Told:
    who = names.of(fact.bot_id)
    quantity = sum((fill.quantity for fill in fact.fills), ZERO)
    return Told(f"{who}'s resting order filled {plain(quantity)} at {plain(_average(fact.fills))}.", who)


@tell_fact.register
def _(fact: ev.OrderCanceled, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)}'s resting order was taken back: {fact.reason}", fact.actor)


@tell_fact.register
def _(fact: ev.OrderExpired, names: Names) -> Told:
    who = names.of(fact.bot_id)
    return Told(f"{who}'s resting order ran out: {fact.reason}", who)


def _filled(symbol: str, side: Side, fills: tuple[Fill, ...]) -> tuple[str, tuple[Movement, ...]]:
    """Words and movements of immediate fills: base and quote, the fee in its own currency."""
    base, _, quote = symbol.partition("/")
    quantity = sum((fill.quantity for fill in fills), ZERO)
    worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
    fees: dict[str, Decimal] = {}
    for fill in fills:
        fees[fill.fee_currency] = fees.get(fill.fee_currency, ZERO) + fill.fee
    paid = ", ".join(money(fee, currency) for currency, fee in fees.items())
    verb, sign = ("bought", 1) if side is Side.BUY else ("sold", -1)
    words = f"{verb} {money(quantity, base)} at {plain(_average(fills))} (fee {paid})."
    moved = [Movement(sign * quantity, base), Movement(-sign * worth, quote)]
    moved += [Movement(-fee, currency) for currency, fee in fees.items() if fee]
    return words, tuple(moved)


def _average(fills: tuple[Fill, ...]) -> Decimal:
    """Volume-weighted price, to 8 decimals."""
    quantity = sum((fill.quantity for fill in fills), ZERO)
    worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
    return round_half_even(ratio(worth, quantity), MAX_DECIMALS) if quantity else ZERO
