"""What a backtest trades at: the real writer, gates, exchange, engine and marks, on a journal in memory."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from core.domain.account import Account
from core.domain.backtest import BacktestPlan, BacktestTrade
from core.domain.backtest_figures import trade_of
from core.domain.bot_state import Bot
from core.domain.commands import CreateBot, Fund, StartBot
from core.domain.events import BreakerTripped
from core.domain.instrument import Instrument, split_symbol
from core.domain.journal import Event
from core.domain.market import MarketState
from core.domain.rules import TradingRules
from core.ports import BatchIndicators, DocumentStore
from core.services.appended import Appended
from core.services.backtest_market import BacktestFeed, CountingIds, Tape
from core.services.bar_source import IndicatorFactory
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.marks import HourlyMarks
from core.services.orders import OrderService
from core.services.symbol_engine import SymbolEngine
from core.services.system_modes import SystemModes
from core.services.traces import Trace, TraceKind

USER = "backtest"
BOT = "bot"
_ACTOR = "backtest"


@dataclass(frozen=True, slots=True)
class BacktestParts:
    """What a backtest is made of: an empty store, indicators streamed and in one go."""

    store: Callable[[], DocumentStore]
    indicators: IndicatorFactory
    batch: BatchIndicators


class _Unprojected:
    """Follows a journal and keeps nothing beside it."""

    async def begin(self, user_id: str, folded: int) -> None:
        """There is nothing to catch up with."""

    def before(self, state: Account, event: Event) -> None:
        """Nothing is taken from the state."""

    def on_appended(self, appended: Appended) -> None:
        """Nothing is written."""

    def abandon(self, user_id: str, seq: int) -> None:
        """Nothing has to be taken back."""


class BacktestDesk:
    """One account with one bot, and the market it meets. Its clock is the newest state's time."""

    def __init__(self, parts: BacktestParts, rules: TradingRules, market: tuple[Instrument, str], tape: Tape) -> None:
        instrument, source = market
        self.feed = BacktestFeed(instrument, source, tape.bars[0].open_time, tape.warm)
        self.store = parts.store()
        self.denials: Counter[str] = Counter()
        self.trades: list[BacktestTrade] = []
        self.tripped: str | None = None
        self._hub = MarketHub(self.feed)
        self._writer = JournalWriter(self.store, self.feed, rules, _Unprojected())
        self._writer.listen(self._on_appended)
        orders = OrderService(self._writer, self._hub, CountingIds(), self, SystemModes(self.store, self.feed))
        self.marks = HourlyMarks(self._writer, self._hub, orders)
        self.engine = SymbolEngine(
            symbol=instrument.symbol,
            feed=self.feed,
            indicators=parts.indicators,
            writer=self._writer,
            orders=orders,
            traces=self,
            epoch=0,
        )
        self.still = True
        self._seq = 0
        self._cash = self._quantity = Decimal(0)

    async def open(self, plan: BacktestPlan) -> None:
        """Fund the account, create the bot with all of it, start it."""
        await self.store.open()
        _, quote = split_symbol(plan.symbol)
        create = CreateBot(
            bot_id=BOT,
            name="Backtest",
            exchange=plan.exchange,
            symbol=plan.symbol,
            strategy=plan.strategy,
            parameters=plan.parameters or {},
            timeframe=plan.timeframe,
            risk_mode=plan.risk_mode,
            capital=plan.capital,
            actor=_ACTOR,
        )
        for command in (Fund(plan.capital, quote), create, StartBot(BOT, self.feed.source, _ACTOR)):
            await self._writer.execute(USER, command, now=self.feed.time, key=type(command).__name__)
        await self._sync()

    def show(self, state: MarketState) -> None:
        """The market is here now."""
        self.feed.time = state.ts
        self._hub.note(state)

    async def after(self, state: MarketState) -> None:
        """What follows once everything has met a state: marks, and the engine's look at a bot that changed."""
        await self.marks.on_state(state.ts, (USER,))
        if self._writer.known(USER).seq != self._seq:
            await self._sync()
        self.still = self.engine.still

    async def _sync(self) -> None:
        self._seq = self._writer.known(USER).seq
        bot = self.bot
        self._cash, self._quantity = bot.cash, bot.held(bot.symbol)
        await self.engine.sync(USER, bot)

    @property
    def bot(self) -> Bot:
        """The bot as its ledger has it."""
        return self._writer.known(USER).bot(BOT)

    @property
    def head(self) -> str:
        """Hash of the newest event."""
        return next(chain.head.hash for chain in self._writer.chains)

    def equity(self, price: Decimal) -> Decimal:
        """Cash and position at this price."""
        return self._cash + self._quantity * price if self._quantity else self._cash

    def record(self, trace: Trace) -> None:
        """Implements TraceLog: denials are counted by gate."""
        if trace.kind is TraceKind.DENIAL and trace.gate is not None:
            self.denials[trace.gate] += 1

    def _on_appended(self, appended: Appended) -> None:
        if appended.trade is not None:
            self.trades.append(trade_of(appended.trade))
        fact = appended.event.payload
        if isinstance(fact, BreakerTripped) and self.tripped is None:
            self.tripped = f"circuit breaker: {fact.metric.value.replace('_', ' ')}"
