"""What the card of an order says: what it would do now, what it must earn, where it ends, what it reserves."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.instrument import FEE_SCHEDULES, Exchange, split_symbol
from core.domain.money import BPS, ONE, ZERO, ceil_to, plain, ratio, round_half_even
from core.domain.order import CostBreakdown, Side, TimeInForce
from core.domain.resting_fills import reservation
from core.services.manual_orders import ManualOrder
from core.services.order_result import OrderResult

_SHOWN_DECIMALS = 2
_HUNDREDTH = Decimal("0.01")
#: Basis points of a percent.
_PERCENT = Decimal(100)


def figure(amount: Decimal) -> str:
    """An amount as a card shows it: grouped, with as many decimals as matter and at most eight."""
    decimals = _SHOWN_DECIMALS if abs(amount) >= 1 else 8
    return f"{Decimal(plain(round_half_even(amount, decimals))):,f}"


def worth(amount: Decimal) -> str:
    """An amount of quote currency: to the cent, a smaller one than that with as many decimals as matter."""
    if amount and abs(amount) < _HUNDREDTH:
        return figure(amount)
    return f"{round_half_even(amount, _SHOWN_DECIMALS):,f}"


def brief(amount: Decimal) -> str:
    """Basis points or percent, to two decimals at most."""
    return f"{Decimal(plain(round_half_even(amount, _SHOWN_DECIMALS))):,f}"


def cost_words(cost: CostBreakdown) -> str:
    """What the gate asks an edge to reach, item by item."""
    return f"{brief(cost.required_bps)} bps ({_items(*_round_trip(cost), *_on_top(cost))})"


def _round_trip(cost: CostBreakdown) -> tuple[tuple[str, Decimal], ...]:
    """What breaking even takes."""
    return (
        ("entry fee", cost.entry_fee_bps),
        ("exit fee", cost.exit_fee_bps),
        ("spread", cost.spread_bps),
        ("slippage", cost.slippage_buffer_bps),
    )


def _on_top(cost: CostBreakdown) -> tuple[tuple[str, Decimal], ...]:
    """What the gate asks for beyond breaking even."""
    return ("margin", cost.safety_margin_bps), ("least gain", cost.min_edge_bps)


def _items(*parts: tuple[str, Decimal]) -> str:
    return " + ".join(f"{name} {brief(bps)}" for name, bps in parts if bps)


def _at_least(bps: Decimal) -> str:
    """A lower bound in percent; rounded up, so that what it names is enough."""
    return brief(ceil_to(ratio(bps, _PERCENT), _HUNDREDTH))


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order and what it would come to now; `proposed` when its target was chosen for the person."""

    order: ManualOrder
    result: OrderResult
    bot: Bot | None
    source: str
    proposed: bool

    @property
    def title(self) -> str:
        """The order in a line."""
        order, (base, quote) = self.order, split_symbol(self.order.symbol)
        verb = "Buy" if order.side is Side.BUY else "Sell"
        if order.notional is not None:
            what = f"{base} for {figure(order.notional)} {quote}"
        elif order.quantity is not None:
            what = f"{plain(order.quantity)} {base}"
        else:
            what = f"all {base}"
        price = "at the market" if order.limit_price is None else f"at {figure(order.limit_price)} or better"
        whose = f" for {self.bot.name}" if self.bot is not None and not self.bot.manual else ""
        return f"{verb} {what} {price}{whose}"

    def effect(self) -> tuple[str, ...]:
        """What confirming it does, a sentence each."""
        entry = (self._costs(), self._ends()) if self.order.side is Side.BUY else ()
        last = f"Prices: {self.source}. Paper trading."
        return tuple(line for line in (self._fills(), self._rests(), *entry, last) if line)

    def _fills(self) -> str:
        result, (base, quote) = self.result, split_symbol(self.order.symbol)
        if result.avg_px is None:
            return ""
        value = result.filled_qty * result.avg_px
        fills = (
            f"Fills {plain(result.filled_qty)} {base} at about {figure(result.avg_px)} {quote} now: "
            f"{worth(value)} {quote}, fee {worth(result.fee)} {quote}"
        )
        return f"{fills}, slippage {brief(result.slippage_bps or ZERO)} bps."

    def _rests(self) -> str:
        order, (base, quote) = self.order, split_symbol(self.order.symbol)
        left = (self.result.quantity or ZERO) - self.result.filled_qty
        if left <= 0:
            return ""
        what = f"{plain(left)} {base}"
        if not self._works:
            return f"{what} would find nobody now and is not placed."
        if order.limit_price is None:
            return f"{what} waits to be sold as soon as somebody buys it."
        until = "until you cancel it" if order.good_for_minutes is None else f"for {order.good_for_minutes} min"
        held = reservation(order.side, left, self.result.limit_price, FEE_SCHEDULES[self._exchange])
        reserves = f"{worth(held)} {quote}" if order.side is Side.BUY else f"{plain(held)} {base}"
        return f"{what} waits in the book {until} and reserves {reserves}."

    @property
    def _works(self) -> bool:
        """Whether what does not fill at once goes on working."""
        if self.order.time_in_force is None:
            return self.order.limit_price is not None or self.result.avg_px is None
        return self.order.time_in_force is TimeInForce.GTC

    @property
    def _exchange(self) -> Exchange:
        return self.bot.exchange if self.bot else Exchange.BINANCE

    def _costs(self) -> str:
        cost, price = self.result.cost_bps, self.result.avg_px or self.result.limit_price
        if cost is None or price is None:
            return ""
        at = price * (ONE + cost.break_even_bps / BPS)
        move = brief(ratio(cost.break_even_bps, _PERCENT))
        items = f"{brief(cost.break_even_bps)} bps ({_items(*_round_trip(cost))})"
        asked = f"The gate asks for at least {_at_least(cost.required_bps)} %"
        more = f" ({_items(*_on_top(cost))} more)" if cost.required_bps > cost.break_even_bps else ""
        return f"Break-even: the price must rise {move} %, to about {figure(at)}: {items}. {asked}{more}."

    def _ends(self) -> str:
        target, stop = self.result.take_profit, self.result.stop_loss
        ends = [f"{name} {figure(price)}" for name, price in (("target", target), ("stop", stop)) if price is not None]
        why = "; the balanced ones, as you named no target" if self.proposed else ""
        return f"Then sells by itself at its {' or '.join(ends)}{why}." if ends else ""
