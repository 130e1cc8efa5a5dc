"""Orders to measure with: a market, accounts whose limits never bind, and requests that buy and sell in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from core.adapters.clock import SystemClock
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.ids import RandomIds
from core.domain.commands import CreateBot, Fund, StartBot
from core.domain.instrument import Exchange
from core.domain.market import MarketState, Timeframe
from core.domain.order import OrderRequest, Side
from core.domain.rules import TradingRules
from core.ports import DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.orders import OrderService
from core.services.projector import Projector

SYMBOL = "BTC/USDT"
CAPITAL = Decimal(1_000_000)
WIDE = TradingRules(
    max_trades_per_bot_daily=10**6,
    max_trades_per_user_daily=10**6,
    burst_limit_orders=10**6,
    max_drawdown=Decimal("0.999"),
    max_daily_loss=Decimal("0.999"),
    max_consecutive_losses=10**6,
)


async def no_pause(_secs: float) -> None:
    """For a market that is taken as fast as it can be."""


def simulated_feed() -> SimulatedFeed:
    """The simulated market with a fixed seed, as fast as it is taken."""
    return SimulatedFeed(7, 0, datetime(2026, 11, 24, 9, 0, tzinfo=UTC), None, no_pause, lambda: 0.0)


async def market_states(count: int) -> list[MarketState]:
    """So many states of one symbol, five seconds of engine time apart."""
    states: list[MarketState] = []
    stream = simulated_feed().states(SYMBOL)
    async for state in stream:
        states.append(state)
        if len(states) == count:
            break
    await stream.aclose()
    return states


def bot_of(user_id: str) -> str:
    """Id of a user's one bot."""
    return f"{user_id}-bot"


def requests(user_id: str, states: list[MarketState]) -> Iterator[tuple[OrderRequest, MarketState]]:
    """An entry on every even state, the exit of all of it on every odd one."""
    for number, state in enumerate(states):
        buys = number % 2 == 0
        yield (
            OrderRequest(
                client_order_id=f"{bot_of(user_id)}:1:{number}",
                bot_id=bot_of(user_id),
                symbol=SYMBOL,
                side=Side.BUY if buys else Side.SELL,
                quantity=Decimal("0.01") if buys else None,
                reduce_only=not buys,
                reason="measured",
                decided_at=state.ts,
                decided_mid=state.mid,
                take_profit_bps=Decimal(200) if buys else None,
                stop_loss_bps=Decimal(150) if buys else None,
            ),
            state,
        )


class Desk:
    """The order pipeline over a store, as bootstrap wires it, with accounts that have a running bot each."""

    def __init__(self, store: DocumentStore) -> None:
        self.feed = simulated_feed()
        self.projector = Projector(store)
        self.hub = MarketHub(self.feed)
        self.writer = JournalWriter(store, SystemClock(), WIDE, self.projector)
        self.orders = OrderService(self.writer, self.hub, RandomIds())

    async def open_account(self, user_id: str) -> None:
        """Fund a user and start a bot."""
        create = CreateBot(
            bot_id=bot_of(user_id),
            name="Measured",
            exchange=Exchange.BINANCE,
            symbol=SYMBOL,
            strategy="ema_cross",
            parameters={},
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=CAPITAL,
            actor="bench",
        )
        start = StartBot(bot_of(user_id), self.feed.source, "bench")
        for number, command in enumerate((Fund(CAPITAL, "USDT"), create, start)):
            await self.writer.execute(user_id, command, now=self.feed.now(), key=f"opening:{number}")
