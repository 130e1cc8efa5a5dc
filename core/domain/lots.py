"""FIFO lots of one symbol: what was bought, what is left of it, and what a sale consumed."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.errors import IntegrityError
from core.domain.money import ZERO, ratio


@dataclass(frozen=True, slots=True)
class Lot:
    """An open remainder of a buy: `fee` is the part of the entry fee (in quote) not yet given to a trade."""

    quantity: Decimal
    price: Decimal
    ts: datetime
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """A lot, or part of one, consumed by a sale; `fee` is its share of the entry fee."""

    quantity: Decimal
    price: Decimal
    ts: datetime
    fee: Decimal


@dataclass(slots=True)
class LotQueue:
    """Open lots, oldest first, with their total."""

    lots: deque[Lot] = field(default_factory=deque[Lot])
    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def buy(self, lot: Lot) -> None:
        """Append a lot."""
        self.lots.append(lot)
        self.quantity += lot.quantity
        self.cost += lot.quantity * lot.price

    def sell(self, quantity: Decimal) -> list[Match]:
        """Consume the oldest lots first.

        Raises:
            IntegrityError: more than is held; decide must have denied it.
        """
        if quantity > self.quantity:
            raise IntegrityError(f"A sale of {quantity} exceeds the position of {self.quantity}.")
        matches: list[Match] = []
        left = quantity
        while left > 0:
            lot = self.lots[0]
            taken = min(lot.quantity, left)
            whole = taken == lot.quantity
            fee = lot.fee if whole else ratio(lot.fee * taken, lot.quantity)
            matches.append(Match(taken, lot.price, lot.ts, fee))
            self.lots.popleft()
            if not whole:
                self.lots.appendleft(Lot(lot.quantity - taken, lot.price, lot.ts, lot.fee - fee))
            left -= taken
        self.quantity -= quantity
        self.cost -= sum((m.quantity * m.price for m in matches), ZERO)
        return matches

    def unrealized(self, mark: Decimal) -> Decimal:
        """Sum of (mark - lot price) x quantity, in quote currency."""
        return self.quantity * mark - self.cost


def realized(matches: Iterable[Match], price: Decimal) -> Decimal:
    """PnL of a sale at `price`, gross of fees: sum of (price - lot price) x matched quantity."""
    return sum(((price - m.price) * m.quantity for m in matches), ZERO)
