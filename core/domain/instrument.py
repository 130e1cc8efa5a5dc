"""What an exchange allows for a symbol: tick, lot, minimum notional and fees."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.errors import InvalidInput


class Exchange(StrEnum):
    """Exchanges whose fee schedules are known (spec/pipeline.md, gate 2)."""

    BINANCE = "binance"
    KUCOIN = "kucoin"
    KRAKEN = "kraken"
    LUNO = "luno"
    VALR = "valr"
    OVEX = "ovex"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Trading fees in basis points of the notional."""

    maker_bps: Decimal
    taker_bps: Decimal
    decimals: int = 8


FEE_SCHEDULES: dict[Exchange, FeeSchedule] = {
    Exchange.BINANCE: FeeSchedule(Decimal(10), Decimal(10)),
    Exchange.KUCOIN: FeeSchedule(Decimal(10), Decimal(10)),
    Exchange.KRAKEN: FeeSchedule(Decimal(25), Decimal(40)),
    Exchange.LUNO: FeeSchedule(Decimal(20), Decimal(25)),
    Exchange.VALR: FeeSchedule(Decimal(15), Decimal(15)),
    Exchange.OVEX: FeeSchedule(Decimal(15), Decimal(20)),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """One spot pair: prices in quote currency per base unit, quantities in base units."""

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal

    @property
    def base(self) -> str:
        """Currency that is bought and sold."""
        return self.symbol.split("/")[0]

    @property
    def quote(self) -> str:
        """Currency that prices, cash and fees are in."""
        return self.symbol.split("/")[1]


def split_symbol(symbol: str) -> tuple[str, str]:
    """Base and quote of `BASE/QUOTE`.

    Raises:
        InvalidInput: not of that form.
    """
    base, slash, quote = symbol.partition("/")
    if not (slash and base.isalnum() and quote.isalnum()):
        raise InvalidInput(f"A symbol looks like BTC/USDT, not {symbol[:40]!r}.")
    return base, quote
