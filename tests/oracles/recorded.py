"""Recorded markets of ../shared/data as whole numbers of ticks and units, the oracles' own view of them."""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.instrument import Instrument
from core.domain.market import Level, MarketState, Sampling

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SYMBOL = "BTC/USDT"
Pairs = tuple[tuple[int, int], ...]
"""(price in ticks, quantity in units)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a tick and a unit are."""

    tick: Decimal
    unit: Decimal

    @property
    def instrument(self) -> Instrument:
        return Instrument(SYMBOL, self.tick, self.unit, Decimal(5))

    def pair(self, price: str, quantity: str) -> tuple[int, int]:
        """Round away what binary floating point left in the files."""
        return round(Decimal(price) / self.tick), round(Decimal(quantity) / self.unit)


@dataclass(frozen=True, slots=True)
class Moment:
    """A market at one moment: best levels first, and what was traded since the moment before."""

    at: datetime
    bids: Pairs
    asks: Pairs
    trades: Pairs

    def state(self, scale: Scale, sampling: Sampling = Sampling.BOOK) -> MarketState:
        """The same as the product sees it."""

        def levels(pairs: Pairs) -> tuple[Level, ...]:
            return tuple(Level(price * scale.tick, quantity * scale.unit) for price, quantity in pairs)

        trades = levels(self.trades)
        volume = sum((trade.quantity for trade in trades), Decimal(0))
        bids, asks = levels(self.bids), levels(self.asks)
        return MarketState(SYMBOL, self.at, bids, asks, volume, "recorded", trades, sampling)


QUOTED = Scale(Decimal("0.01"), Decimal("0.000001"))
BOOKED = Scale(Decimal("0.1"), Decimal("0.001"))
STREAMED = Scale(Decimal("0.01"), Decimal("0.00001"))


def _lines(name: str) -> Iterator[str]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {name} is not in ../shared/data")
    with gzip.open(path, "rt") as text:
        yield from text


def quotes_and_trades() -> list[Moment]:
    """2021-01-08: one moment per quote; those that are crossed or empty are left out, their trades are not."""
    day = "2021-01-08"
    trades = [
        (datetime.fromisoformat(row["timestamp"]), QUOTED.pair(row["price"], row["quantity"]))
        for row in csv.DictReader(_lines(f"BTC_USDT-trades-{day}.csv.gz"))
    ]
    moments, done = list[Moment](), 0
    for row in csv.DictReader(_lines(f"BTC_USDT-quotes-{day}.csv.gz")):
        at = datetime.fromisoformat(row["timestamp"])
        bid, ask = QUOTED.pair(row["bid"], row["bid_size"]), QUOTED.pair(row["ask"], row["ask_size"])
        if bid[0] >= ask[0] or 0 in {*bid, *ask}:
            continue
        until = next((n for n in range(done, len(trades)) if trades[n][0] > at), len(trades))
        moments.append(Moment(at, (bid,), (ask,), tuple(pair for _, pair in trades[done:until] if pair[1])))
        done = until
    return moments


def book_snapshot() -> Pairs:
    """2022-11-01: the bids of a snapshot, best first; it has no asks."""
    rows = csv.DictReader(_lines("BTC_USDT-book-2022-11-01.csv.gz"))
    bids = [BOOKED.pair(row["price"], row["qty"]) for row in rows if row["side"] == "b"]
    return tuple(sorted(bids, reverse=True))


@dataclass(slots=True)
class _Streamed:
    """The book that the exchange's messages build, and the trades that came since it was last looked at."""

    bids: dict[int, int] = field(default_factory=dict[int, int])
    asks: dict[int, int] = field(default_factory=dict[int, int])
    trades: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    update: int = 0

    def load(self, snapshot: dict[str, Any]) -> None:
        self.bids = dict(STREAMED.pair(*level) for level in snapshot["bids"])
        self.asks = dict(STREAMED.pair(*level) for level in snapshot["asks"])
        self.update = snapshot["lastUpdateId"]

    def change(self, update: dict[str, Any]) -> bool:
        """Take a difference over; False for one from before the snapshot."""
        if not self.update or update["u"] <= self.update:
            return False
        for book, changes in ((self.bids, update["b"]), (self.asks, update["a"])):
            for price, quantity in (STREAMED.pair(*level) for level in changes):
                book.pop(price, None)
                if quantity:
                    book[price] = quantity
        self.update = update["u"]
        return True


def streamed_books(secs: int, shown: int = 20) -> list[Moment]:
    """2024-08-08: one moment per depth message of so many seconds, with the trades since the one before."""
    stream, moments = _Streamed(), list[Moment]()
    for line in _lines("binance-spot-btcusdt_20240808.gz"):
        received, frame = line.split(" ", 1)
        message = json.loads(frame)
        if "lastUpdateId" in message:
            stream.load(message)
            continue
        data = message["data"]
        if data.get("e") == "trade" and stream.update:
            stream.trades.append(STREAMED.pair(data["p"], data["q"]))
        elif data.get("e") == "depthUpdate" and stream.change(data):
            at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(received) // 1_000)
            bids = tuple(sorted(stream.bids.items(), reverse=True)[:shown])
            asks = tuple(sorted(stream.asks.items())[:shown])
            moments.append(Moment(at, bids, asks, tuple(stream.trades)))
            stream.trades.clear()
            if at - moments[0].at > timedelta(seconds=secs):
                break
    return moments
