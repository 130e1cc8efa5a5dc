"""FIFO in closed form: a sale's profit is an integral over the units bought, in the order they were bought.

Let price(s) be what the s-th unit bought has cost: a step function of the cumulative quantity. First in, first out
means that sales use up that axis from 0 on. After S units were sold, a sale of q units at p realizes

    integral from S to S + q of (p - price(s)) ds = p q - (C(S + q) - C(S)),  with C(x) the integral from 0 to x.

Nothing is ever queued, split or consumed: what is open is the part of the axis beyond S. Entry fees are a second
step function over the same axis, fee per unit. Fractions, so that nothing rounds.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from core.domain.events import OrderExecuted
from core.domain.order import Fill, Side

NOTHING = Fraction(0)


@dataclass
class StepFunction:
    """Steps side by side from 0 on; only ever longer."""

    starts: list[Fraction] = field(default_factory=lambda: [NOTHING])
    areas: list[Fraction] = field(default_factory=lambda: [NOTHING])
    heights: list[Fraction] = field(default_factory=list[Fraction])

    @property
    def end(self) -> Fraction:
        """Width of all steps."""
        return self.starts[-1]

    def append(self, width: Fraction, height: Fraction) -> None:
        """One more step, on the right."""
        self.heights.append(height)
        self.areas.append(self.areas[-1] + width * height)
        self.starts.append(self.end + width)

    def integral(self, until: Fraction) -> Fraction:
        """The area from 0 to `until`."""
        if until == self.end:
            return self.areas[-1]
        step = bisect_right(self.starts, until) - 1
        return self.areas[step] + (until - self.starts[step]) * self.heights[step]

    def beyond(self, start: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
        """(width, height) of what lies right of `start`."""
        for step, height in enumerate(self.heights):
            width = self.starts[step + 1] - max(self.starts[step], start)
            if width > 0:
                yield width, height


@dataclass
class Position:
    """One bot's history in one symbol."""

    prices: StepFunction = field(default_factory=StepFunction)
    fees_per_unit: StepFunction = field(default_factory=StepFunction)
    sold: Fraction = NOTHING

    @property
    def quantity(self) -> Fraction:
        """Units held."""
        return self.prices.end - self.sold

    @property
    def cost(self) -> Fraction:
        """What the units held have cost."""
        return self.prices.integral(self.prices.end) - self.prices.integral(self.sold)

    @property
    def open_fees(self) -> Fraction:
        """Entry fees of the units held."""
        return self.fees_per_unit.integral(self.prices.end) - self.fees_per_unit.integral(self.sold)

    @property
    def lots(self) -> list[tuple[Fraction, Fraction]]:
        """(quantity, price) of what is left of each buy, oldest first."""
        return list(self.prices.beyond(self.sold))

    def unrealized(self, mark: Decimal) -> Fraction:
        """Profit of the units held at this mark."""
        return self.quantity * Fraction(mark) - self.cost


@dataclass(frozen=True)
class Sale:
    """What one exit order must come to."""

    order_id: str
    gross_pnl: Fraction
    fees: Fraction  # of both sides


@dataclass
class CumulativeBook:
    """One bot, from its capital and its executed orders."""

    cash: Fraction
    realized: Fraction = NOTHING
    fees: Fraction = NOTHING
    volume: Fraction = NOTHING
    positions: defaultdict[str, Position] = field(default_factory=lambda: defaultdict(Position))
    sales: list[Sale] = field(default_factory=list[Sale])

    def follow(self, order: OrderExecuted) -> None:
        """Take an order with all its fills."""
        position, realized, fees = self.positions[order.symbol], self.realized, self.fees
        entry_fees = position.open_fees
        for fill in order.fills:
            self.fees += Fraction(fill.fee_quote_value)
            self.volume += Fraction(fill.quantity) * Fraction(fill.price)
            if order.side is Side.BUY:
                self._bought(position, order.symbol, fill)
            else:
                self._sold(position, fill)
        if order.side is Side.SELL:
            paid = entry_fees - position.open_fees + self.fees - fees
            self.sales.append(Sale(order.order_id, self.realized - realized, paid))

    def _bought(self, position: Position, symbol: str, fill: Fill) -> None:
        quantity, price, fee = Fraction(fill.quantity), Fraction(fill.price), Fraction(fill.fee)
        in_base = fill.fee_currency == symbol.split("/", maxsplit=1)[0]
        received = quantity - fee if in_base else quantity
        worth = fee * price if in_base else fee
        self.cash -= received * price + worth
        position.prices.append(received, price)
        position.fees_per_unit.append(received, worth / received)

    def _sold(self, position: Position, fill: Fill) -> None:
        quantity, proceeds = Fraction(fill.quantity), Fraction(fill.quantity) * Fraction(fill.price)
        before = position.prices.integral(position.sold)
        position.sold += quantity
        self.realized += proceeds - (position.prices.integral(position.sold) - before)
        self.cash += proceeds - Fraction(fill.fee)
