"""What is known of one minute of a live market and was not given on yet."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.market import Level, Sampling

COMPACT_AT = 2_000
MAX_LEVELS = 50_000


@dataclass(frozen=True, slots=True)
class LiveTrade:
    """One trade as the exchange reports it; `trade_id` is None where it gives none."""

    trade_id: str | None
    ts: datetime
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class LiveBook:
    """Best levels of both sides; `sequence` grows with every change on exchanges that number them."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    ts: datetime | None = None
    sequence: int | None = None
    sampling: Sampling = Sampling.BOOK


class TradeTape:
    """Trades that wait to be given: prices and volume are kept whatever is merged.

    Trades at one price in a row are one level. When the tape grows long, all trades of a price become one level where
    the price came first; the first and the last trade stay what they are.
    """

    def __init__(self) -> None:
        self.levels: list[Level] = []
        self._compact_at = COMPACT_AT

    def add(self, price: Decimal, quantity: Decimal) -> bool:
        """Take up a trade; False when there is no room, which a minute of a real market never needs."""
        levels = self.levels
        if levels and levels[-1].price == price:
            levels[-1] = Level(price, levels[-1].quantity + quantity)
            return True
        if len(levels) >= self._compact_at:
            self._compact()
        if len(self.levels) >= MAX_LEVELS:
            return False
        self.levels.append(Level(price, quantity))
        return True

    def _compact(self) -> None:
        first, *middle, last = self.levels
        by_price: dict[Decimal, Decimal] = {}
        for level in middle:
            by_price[level.price] = by_price.get(level.price, Decimal(0)) + level.quantity
        self.levels = [first, *(Level(price, quantity) for price, quantity in by_price.items()), last]
        self._compact_at = max(COMPACT_AT, 2 * len(self.levels))


@dataclass(slots=True)
class Minute:
    """The part of one minute that was not given yet; `heard` is when its first message came (monotonic seconds)."""

    heard: float
    newest: datetime
    book: LiveBook | None = None
    tape: TradeTape = field(default_factory=TradeTape)
