"""Journals to measure on, sealed straight from a seeded random walk: no gates, no store, in pieces of bounded size.

Each event is as large as a real one: evidence, costs, marks of every symbol, and a fill for each level its order
takes from the book.
"""

import random  # noqa: TID251 - a seeded walk
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain import events as ev
from core.domain.instrument import Exchange
from core.domain.journal import START, Head, Stamp, canonical, seal
from core.domain.market import Timeframe
from core.domain.money import BPS, bps_of, round_fee_up
from core.domain.order import CostBreakdown, ExitReason, Fill, MarketEvidence, Side
from core.domain.order_status import OrderStatus

USER = "5e0c1e6e-7f53-4a0a-9a5e-3c1f0a6f2b11"
CAPITAL = Decimal(10**12)
#: Symbol -> opening price in ticks of 0.01.
SYMBOLS = {"BTC/USDT": 10_000_000, "ETH/USDT": 350_000, "SOL/USDT": 18_000, "BNB/USDT": 65_000, "XRP/USDT": 220}
TICK, LOT = Decimal("0.01"), Decimal("0.00001")
#: Levels an order takes from the book, equally likely: four on average.
WALK = (1, 2, 3, 4, 5, 6, 7)
#: A bot with more lots than this sells rather than buys.
USUAL_LOTS = 40
PIECE = 1_000

_START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_STEP = timedelta(milliseconds=700)
_GATES = ("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker")
_COST = CostBreakdown(*map(Decimal, ("10", "10", "1.223700446744289722", "10", "5", "10")))


@dataclass(slots=True)
class _Trader:
    bot_id: str
    symbol: str
    lots: int = 0  # about how many are open
    held: Decimal = Decimal(0)
    orders: int = 0


@dataclass(slots=True)
class JournalMaker:
    """One user's journal, as stored JSON texts, always the same for the same seed.

    `walk` lists how many fills an order may have. `patience` is how many lots a bot keeps open, about.
    """

    bots: int
    seed: int = 7
    walk: tuple[int, ...] = WALK
    patience: int = USUAL_LOTS
    head: Head = START
    fills: int = 0
    _random: random.Random = field(init=False)
    _ticks: dict[str, int] = field(init=False)
    _traders: list[_Trader] = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._ticks = dict(SYMBOLS)
        symbols = list(SYMBOLS)
        self._traders = [_Trader(f"bot-{n:04}", symbols[n % len(symbols)]) for n in range(self.bots)]

    def opening(self) -> list[bytes]:
        """Funding, bots, and their starts."""
        facts: list[ev.Payload] = [ev.Funded(CAPITAL * self.bots, "USDT", CAPITAL * self.bots)]
        facts += [_created(trader) for trader in self._traders]
        facts += [ev.BotStarted(trader.bot_id, 1, "simulated", "bench") for trader in self._traders]
        return [self._seal(fact) for fact in facts]

    def orders(self, fills: int) -> Iterator[list[bytes]]:
        """Pieces of at most `PIECE` orders, until there are so many more fills."""
        enough = self.fills + fills
        while self.fills < enough:
            piece: list[bytes] = []
            while self.fills < enough and len(piece) < PIECE:
                trader = self._random.choice(self._traders)
                piece.append(self._seal(self._order(trader, self._side(trader))))
            yield piece

    def gathering(self, lots: int) -> Iterator[list[bytes]]:
        """Pieces of orders that only buy, until every bot has about so many lots."""
        for trader in self._traders:
            while trader.lots < lots:
                piece: list[bytes] = []
                while trader.lots < lots and len(piece) < PIECE:
                    piece.append(self._seal(self._order(trader, Side.BUY)))
                yield piece

    def _side(self, trader: _Trader) -> Side:
        """Bots hover about their usual number of lots."""
        sells = trader.lots > 0 and self._random.random() < (0.7 if trader.lots >= self.patience else 0.3)
        return Side.SELL if sells else Side.BUY

    def _seal(self, fact: ev.Payload) -> bytes:
        ts = _START + self.head.seq * _STEP
        document = seal(self.head, Stamp(USER, f"order:{self.head.seq + 1}", 0, ts, ts), fact)
        self.head = Head(document["seq"], document["hash"])
        return canonical(document)

    def _order(self, trader: _Trader, side: Side) -> ev.OrderExecuted:
        chance = self._random
        drifted = int(self._ticks[trader.symbol] * (1 + chance.gauss(0, 0.0005)))
        self._ticks[trader.symbol] = mid_ticks = max(100, drifted)
        sells, mid = side is Side.SELL, mid_ticks * TICK
        fills = self._fills(trader, side, mid)
        self.fills += len(fills)
        trader.orders += 1
        ts = _START + self.head.seq * _STEP
        return ev.OrderExecuted(
            order_id=f"{chance.getrandbits(128):032x}",
            client_order_id=f"{trader.bot_id}:1:{trader.orders}",
            request_sha256=f"{chance.getrandbits(256):064x}",
            bot_id=trader.bot_id,
            exchange=Exchange.BINANCE,
            symbol=trader.symbol,
            side=side,
            quantity=sum((fill.quantity for fill in fills), Decimal(0)),
            reduce_only=sells,
            reason="the fast average crossed the slow one",
            decided_at=ts,
            decided_mid=mid,
            status=OrderStatus.FILLED,
            fills=fills,
            gates_passed=_GATES,
            market=MarketEvidence(mid - TICK, mid + TICK, ts, "simulated"),
            marks={symbol: ticks * TICK for symbol, ticks in self._ticks.items()},
            exchange_version=1,
            cost=None if sells else _COST,
            exit_reason=ExitReason.SIGNAL if sells else None,
            take_profit=None if sells else mid + 2 * TICK,
            stop_loss=None if sells else mid - 2 * TICK,
        )

    def _fills(self, trader: _Trader, side: Side, mid: Decimal) -> tuple[Fill, ...]:
        levels, made = self._random.choice(self.walk), list[Fill]()
        for level in range(1, levels + 1):
            quantity = self._random.randint(1_000, 200_000) * LOT
            if side is Side.SELL:
                quantity = min(trader.held, quantity)
                if not quantity:
                    break
                trader.held -= quantity
                # About as many lots as their mean size says.
                trader.lots = max(trader.lots - 1, 1) if trader.held else 0
            else:
                trader.held += quantity
                trader.lots += 1
            made.append(_fill(side, mid, level, quantity))
        return tuple(made)


def _fill(side: Side, mid: Decimal, level: int, quantity: Decimal) -> Fill:
    worse = level * TICK
    price = mid + worse if side is Side.BUY else mid - worse
    fee = round_fee_up(price * quantity * 10 / BPS, 8)
    return Fill(price, quantity, fee, "USDT", fee, bps_of(worse, mid), quantity + LOT)


def _created(trader: _Trader) -> ev.BotCreated:
    return ev.BotCreated(
        bot_id=trader.bot_id,
        name=trader.bot_id,
        exchange=Exchange.BINANCE,
        symbol=trader.symbol,
        strategy="ema_cross",
        parameters={"fast": 9, "slow": 21},
        timeframe=Timeframe.M1,
        risk_mode="balanced",
        capital=CAPITAL,
        actor="bench",
    )
