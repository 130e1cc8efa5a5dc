"""Market data as the domain sees it: bars and market states, refused when corrupt."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.domain.errors import ProductError

LIVE = "live:"
"""How the source of every live feed begins; the exchange's id follows."""


class CorruptMarketData(ProductError):
    """A quote or bar that cannot be true: zero, negative, NaN, crossed or empty."""

    code = "corrupt_market_data"


class Timeframe(StrEnum):
    """Bar lengths a bot can trade on."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def secs(self) -> int:
        """Length in seconds."""
        return int(self.value[:-1]) * {"m": 60, "h": 3_600, "d": 86_400}[self.value[-1]]

    def floor(self, ts: datetime) -> datetime:
        """Open time of the bar that contains `ts` (bars are aligned to the UNIX epoch)."""
        epoch = int(ts.timestamp())
        return datetime.fromtimestamp(epoch - epoch % self.secs, UTC)

    @property
    def span(self) -> timedelta:
        """Length as a timedelta."""
        return timedelta(seconds=self.secs)


@dataclass(frozen=True, slots=True)
class Bar:
    """OHLCV over one timeframe; `volume` in base units, `open_time` in UTC."""

    symbol: str
    timeframe: Timeframe
    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def __post_init__(self) -> None:
        """Refuse a bar that cannot be true."""
        prices = (self.open, self.high, self.low, self.close)
        if not all(p.is_finite() and p > 0 for p in prices):
            raise CorruptMarketData(f"Bar of {self.symbol} at {self.open_time}: a price is not above zero.")
        if not (self.low <= min(self.open, self.close) and max(self.open, self.close) <= self.high):
            raise CorruptMarketData(f"Bar of {self.symbol} at {self.open_time}: high and low do not enclose it.")
        if not self.volume.is_finite() or self.volume < 0:
            raise CorruptMarketData(f"Bar of {self.symbol} at {self.open_time}: the volume is negative.")


@dataclass(frozen=True, slots=True)
class Level:
    """One price level of a book: price in quote currency, quantity in base units."""

    price: Decimal
    quantity: Decimal


class Sampling(StrEnum):
    """What a market state was made from, which decides how orders may fill on it (core/domain/paper_exchange.py)."""

    BOOK = "book"
    """The order book as it stood: its levels are all the liquidity there is."""
    QUOTE = "quote"
    """Best bid and ask alone: the sizes of the levels say nothing about depth."""
    BAR_OPEN = "bar_open"
    """The open of a bar: the price jumped here from the close of the bar before."""
    BAR_INSIDE = "bar_inside"
    """A later price of a bar: the market went through all prices between the state before and this one."""

    @property
    def of_bar(self) -> bool:
        """Whether the state was made from a bar."""
        return self in {Sampling.BAR_OPEN, Sampling.BAR_INSIDE}


@dataclass(frozen=True, slots=True)
class MarketState:
    """The book of one symbol at one moment of exchange time; best levels first.

    `volume` is what was traded (base units) since the previous state of the symbol; `trades` are those trades
    as far as they are known, or as much of them as an order of ours may claim, oldest first.
    `source` names where it is from: `live:binance`, `replay:<name>`, `simulated`. After a `gap` trades between the
    previous state and this one may be missing, so that neither the bar it closes nor the one it opens is whole.
    """

    symbol: str
    ts: datetime
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    volume: Decimal
    source: str
    trades: tuple[Level, ...] = ()
    sampling: Sampling = Sampling.BOOK
    gap: bool = False

    def __post_init__(self) -> None:
        """Refuse a book that cannot be true."""
        if not self.bids or not self.asks:
            raise CorruptMarketData(f"Book of {self.symbol} at {self.ts} has an empty side.")
        for level in (*self.bids, *self.asks, *self.trades):
            if not (level.price.is_finite() and level.quantity.is_finite() and level.price > 0 and level.quantity > 0):
                raise CorruptMarketData(
                    f"Book of {self.symbol} at {self.ts} has a level or trade that is not above zero."
                )
        if self.bids[0].price >= self.asks[0].price:
            raise CorruptMarketData(f"Book of {self.symbol} at {self.ts} is crossed.")
        if not self.volume.is_finite() or self.volume < 0:
            raise CorruptMarketData(f"Book of {self.symbol} at {self.ts} reports a negative volume.")

    @property
    def bid(self) -> Decimal:
        """Best price a seller gets."""
        return self.bids[0].price

    @property
    def ask(self) -> Decimal:
        """Best price a buyer pays."""
        return self.asks[0].price

    def moved_to(self, bid: Decimal) -> "MarketState":
        """The same book around another price, so that its best bid is there: how a price inside a bar looked."""
        shift = bid - self.bid
        bids = tuple(Level(level.price + shift, level.quantity) for level in self.bids if level.price + shift > 0)
        asks = tuple(Level(level.price + shift, level.quantity) for level in self.asks)
        return replace(self, bids=bids, asks=asks)

    @property
    def mid(self) -> Decimal:
        """The mark: halfway between best bid and best ask (exact: halving adds one decimal)."""
        return (self.bids[0].price + self.asks[0].price) / 2
