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
from core.domain.order import ExitReason, OrderRequest, Side, TimeInForce
from core.domain.rules import TradingRules
from core.ports import DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.orders import OrderService
from core.services.projector import Projector
from core.services.system_modes import SystemModes
from core.services.traces import Traces

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


def bot_of(user_id: str, number: int = 0) -> str:
    """Id of one of a user's bots."""
    return f"{user_id}-bot-{number}"


def requests(user_id: str, states: list[MarketState], bot: int = 0) -> Iterator[tuple[OrderRequest, MarketState]]:
    """An entry on every even state, the exit of all of it on every odd one."""
    for number, state in enumerate(states):
        make = leave if number % 2 else enter
        yield make(bot_of(user_id, bot), f"1:{number}", state), state


def enter(bot_id: str, key: str, state: MarketState, limit_price: Decimal | None = None) -> OrderRequest:
    """A market buy with target and stop, or one that rests at a limit until canceled."""
    return OrderRequest(
        client_order_id=f"{bot_id}:{key}",
        bot_id=bot_id,
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=Decimal("0.01"),
        reduce_only=False,
        reason="measured",
        decided_at=state.ts,
        decided_mid=state.mid,
        take_profit_bps=Decimal(200),
        stop_loss_bps=Decimal(150),
        limit_price=limit_price,
        time_in_force=TimeInForce.IOC if limit_price is None else TimeInForce.GTC,
    )


def leave(bot_id: str, key: str, state: MarketState) -> OrderRequest:
    """A market sale of all the bot holds."""
    return OrderRequest(
        client_order_id=f"{bot_id}:{key}",
        bot_id=bot_id,
        symbol=SYMBOL,
        side=Side.SELL,
        quantity=None,
        reduce_only=True,
        reason="measured",
        decided_at=state.ts,
        decided_mid=state.mid,
        exit_reason=ExitReason.SIGNAL,
    )


class Desk:
    """The order pipeline over a store, as bootstrap wires it, with accounts that have a running bot each."""

    def __init__(self, store: DocumentStore) -> None:
        self.feed = simulated_feed()
        self.projector = Projector(store)
        self.hub = MarketHub(self.feed)
        self.writer = JournalWriter(store, SystemClock(), WIDE, self.projector)
        self.traces = Traces(store, self.projector)
        self.orders = OrderService(self.writer, self.hub, RandomIds(), self.traces, SystemModes(store, SystemClock()))

    async def open_account(self, user_id: str, bots: int = 1) -> None:
        """Fund a user and start so many bots."""
        await self.writer.execute(user_id, Fund(CAPITAL * bots, "USDT"), now=self.feed.now(), key="opening")
        for number in range(bots):
            await self._open_bot(user_id, bot_of(user_id, number))

    async def _open_bot(self, user_id: str, bot_id: str) -> None:
        create = CreateBot(
            bot_id=bot_id,
            name=bot_id,
            exchange=Exchange.BINANCE,
            symbol=SYMBOL,
            strategy="ema_cross",
            parameters={},
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=CAPITAL,
            actor="bench",
        )
        for command in (create, StartBot(bot_id, self.feed.source, "bench")):
            await self.writer.execute(user_id, command, now=self.feed.now(), key=f"{type(command).__name__}:{bot_id}")
