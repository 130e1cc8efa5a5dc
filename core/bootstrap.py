"""Wires ports to adapters; nothing else does."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from core.adapters.anchor_file import AnchorFile
from core.adapters.clock import SystemClock
from core.adapters.feeds.ohlcv_file import read_ohlcv
from core.adapters.ids import RandomIds
from core.adapters.indicators import TalibBatch, TalibIndicators
from core.adapters.passwords import BcryptPasswords
from core.adapters.secrets_file import SecretsFile
from core.adapters.store.memory import MemoryStore
from core.adapters.store.mongo import MongoStore
from core.adapters.store.schema import COLLECTIONS
from core.adapters.store.sqlite import SqliteStore
from core.adapters.sweep_numpy import NumpySweep
from core.bootstrap_feed import make_feed
from core.domain.market import LIVE
from core.domain.rules import TradingRules
from core.ports import AnchorLog, Clock, DocumentStore, Ids, MarketFeed, Passwords, StoreUnavailable
from core.services.accounts import Accounts, FirstAdmin
from core.services.alerting import Alerting
from core.services.anchors import Anchors
from core.services.backtest_desk import BacktestParts
from core.services.backtest_run import BacktestHistory
from core.services.backtests import BacktestService
from core.services.bot_changes import BotChanges
from core.services.bots import BotService
from core.services.breaker_alarm import BreakerAlarm
from core.services.bus import Bus
from core.services.chat_log import ChatLog
from core.services.confirmations import Confirmations
from core.services.countdown import CountdownService
from core.services.emergency import Emergency
from core.services.engine import Engine, EngineParts
from core.services.exits import Exits
from core.services.feed_watch import FeedWatch
from core.services.funding import Funding
from core.services.funds import Funds
from core.services.global_stop import GlobalStop
from core.services.guardrails import Guardrails
from core.services.health import Health
from core.services.journal_writer import JournalWriter
from core.services.ledger_export import LedgerExport
from core.services.ledger_reader import LedgerReader
from core.services.login_limiter import LoginLimiter
from core.services.manual_orders import ManualOrders
from core.services.market_hub import MarketHub
from core.services.night_watch import NightWatch, Watched
from core.services.order_reader import OrderReader
from core.services.orders import OrderService
from core.services.ownership import EngineRole, Ownership
from core.services.performance import PerformanceService
from core.services.portfolio import PortfolioService
from core.services.projector import Projector
from core.services.reconcile import Reconciler
from core.services.services import Services
from core.services.shared_verifier import SharedVerifier
from core.services.snapshots import Snapshots
from core.services.sweep_run import SweepParts
from core.services.sweeps import SweepService
from core.services.system_modes import SystemModes
from core.services.traces import Traces
from core.settings import Settings, TradingSettings

_log = structlog.get_logger(__name__)

JWT_SECRET_FILE = "jwt_secret"  # noqa: S105  # a file's name
STORE_FILE = "amarktai.sqlite3"
ANCHORS_FILE = "anchors.jsonl"


@dataclass(slots=True)
class App:
    """A wired installation; `start` begins background work, `close` ends it."""

    settings: Settings
    services: Services
    store: DocumentStore
    funding: Funding
    jwt_secret: str
    breaker_alarm: BreakerAlarm
    feed_watch: FeedWatch
    _passwords: Passwords
    _projector: Projector
    _snapshots: Snapshots
    _night_watch: NightWatch
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def first_admin(self) -> FirstAdmin:
        """Make sure the configured admin exists and has play money."""
        accounts = self.settings.accounts
        password = accounts.admin_password.get_secret_value() or None
        first = await self.services.accounts.ensure_first_admin(accounts.admin_email, password)
        await self.funding.open_account(first.user.user_id)
        return first

    async def start(self) -> None:
        """Follow the market, write projections, run the engine, watch at night."""
        for name, work in (
            ("projector", self._projector.run),
            ("snapshots", self._snapshots.run),
            ("night watch", self._night_watch.run),
            ("breaker alarm", self.breaker_alarm.run),
            ("feed watch", self.feed_watch.run),
            ("system modes", self.services.modes.run),
            ("global stop", self.services.global_stop.run),
        ):
            self._tasks.append(asyncio.create_task(work(), name=name))
        for symbol in self.services.hub.feed.symbols[:1]:  # an exchange that is not reached yet has none
            self.services.hub.follow(symbol)
        self.services.engine.start()

    async def close(self) -> None:
        """Stop trading, finish what is being written, let go of the store."""
        await self.services.engine.stop()
        await self.services.hub.close()
        if self._tasks:
            try:
                await self._projector.caught_up()
                await self._snapshots.close(self.services.writer.chains)
            except StoreUnavailable:
                _log.warning("projections were not finished; the next start catches up")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._passwords.close()
        await self.store.close()


@dataclass(frozen=True, slots=True)
class Overrides:
    """Adapters a test brings along; None takes the real one."""

    store: DocumentStore | None = None
    feed: MarketFeed | None = None
    clock: Clock | None = None
    ids: Ids | None = None
    passwords: Passwords | None = None
    anchor_log: AnchorLog | None = None


async def build_app(settings: Settings, overrides: Overrides | None = None) -> App:
    """Open the store and wire everything; no background work runs yet.

    Raises:
        ProductError: something the installation needs cannot be used; the message says what to do.
    """
    own = overrides or Overrides()
    clock, ids = own.clock or SystemClock(), own.ids or RandomIds()
    store = own.store or make_store(settings)
    await store.open()
    feed = own.feed or await make_feed(settings.market, store, clock)
    hub, bus = MarketHub(feed), Bus()
    projector = Projector(store)
    snapshots = Snapshots(store, projector.caught_up)
    rules = make_rules(settings.trading, settings.market.mark_stale_secs)
    writer = JournalWriter(store, clock, rules, projector, snapshots)
    writer.listen(bus.publish)
    passwords = own.passwords or BcryptPasswords()
    accounts = Accounts(store, passwords, clock, ids, LoginLimiter())
    traces, modes = Traces(store, projector), SystemModes(store, clock)
    await modes.trading()
    orders = OrderService(writer, hub, ids, traces, modes)
    exits = Exits(writer, hub, orders)
    manual = ManualOrders(writer, hub, orders, ids)
    holder = ids.new()
    parts = EngineParts(store, accounts, writer, orders, manual, traces, hub, bus, TalibIndicators)
    engine = Engine(parts, Ownership(store, holder), holder)
    anchors = Anchors(store, accounts, own.anchor_log or AnchorFile(Path(settings.store.data_dir) / ANCHORS_FILE))
    reconciler, alerting = Reconciler(store, writer, projector), Alerting(store, clock)
    bots = BotService(store, writer, hub, ids, modes)
    portfolio = PortfolioService(store, writer, hub, projector)
    services = Services(
        accounts=accounts,
        anchors=anchors,
        backtests=BacktestService(store, writer, hub, backtest_parts(), clock, ids),
        bot_changes=BotChanges(writer, hub, bots),
        bots=bots,
        bus=bus,
        chat_log=ChatLog(store, clock),
        clock=clock,
        confirmations=Confirmations(store, clock, ids),
        countdown=CountdownService(store, writer, projector, portfolio),
        emergency=Emergency(writer, orders, exits, hub, modes),
        engine=engine,
        exits=exits,
        exports=LedgerExport(store, clock),
        funds=Funds(store, writer, hub),
        global_stop=GlobalStop(modes, accounts, writer, hub, lambda: engine.role is EngineRole.OWNER),
        guardrails=Guardrails(store, writer, hub, projector),
        health=Health(store, "MongoDB" if settings.store.mongo_url.get_secret_value() else "SQLite", hub, engine),
        hub=hub,
        ids=ids,
        manual=manual,
        modes=modes,
        order_reader=OrderReader(store, writer, projector),
        ledger=LedgerReader(store, writer, projector),
        orders=orders,
        performance=PerformanceService(writer, hub),
        portfolio=portfolio,
        reconciler=reconciler,
        sweeps=SweepService(writer, hub, sweep_parts()),
        traces=traces,
        verifier=SharedVerifier(store, anchors, projector.caught_up),
        writer=writer,
    )
    funding = Funding(writer, hub, settings.trading.starting_balance)
    watched = Watched(store, accounts, writer, hub, reconciler, anchors, alerting, clock)
    secret, watch = _jwt_secret(settings), NightWatch(watched)
    alarm = BreakerAlarm(store, accounts, writer, projector, bus, alerting)
    feed_watch = FeedWatch(hub, accounts, writer, alerting, settings.market.mark_stale_secs)
    if feed.source.startswith(LIVE):
        services.health.register(feed_watch.report)
    return App(settings, services, store, funding, secret, alarm, feed_watch, passwords, projector, snapshots, watch)


def backtest_parts() -> BacktestParts:
    """What backtests are made of; they need nothing of an installation."""
    return BacktestParts(lambda: MemoryStore(COLLECTIONS), TalibIndicators, TalibBatch())


def sweep_parts() -> SweepParts:
    """What parameter sweeps are made of; they need nothing of an installation either."""
    return SweepParts(NumpySweep(), backtest_parts())


def read_history(path: Path) -> BacktestHistory:
    """The bars of an OHLCV file, for a backtest without an installation (blocking).

    Raises:
        NotFound, InvalidInput: the file is not there or cannot be used; the message says why.
    """
    data = read_ohlcv(path)
    return BacktestHistory(data.bars, data.instrument, f"replay:{data.stem}")


def make_store(settings: Settings) -> DocumentStore:
    """The configured backend, not opened yet."""
    url = settings.store.mongo_url.get_secret_value()
    return MongoStore(url) if url else SqliteStore(Path(settings.store.data_dir) / STORE_FILE)


def make_rules(trading: TradingSettings, mark_stale_secs: int) -> TradingRules:
    """Limits as the domain knows them."""
    return TradingRules(
        max_trades_per_bot_daily=trading.max_trades_per_bot_daily,
        max_trades_per_user_daily=trading.max_trades_per_user_daily,
        burst_limit_orders=trading.burst_limit_orders_per_exchange,
        burst_window_secs=trading.burst_limit_window_seconds,
        max_drawdown=trading.max_drawdown_percent,
        max_daily_loss=trading.max_daily_loss_percent,
        max_consecutive_losses=trading.max_consecutive_losses,
        max_errors_per_hour=trading.max_errors_per_hour,
        min_edge_bps=trading.min_edge_bps,
        safety_margin_bps=trading.safety_margin_bps,
        slippage_buffer_bps=trading.slippage_buffer_bps,
        mark_stale_secs=mark_stale_secs,
    )


def _jwt_secret(settings: Settings) -> str:
    configured = settings.accounts.jwt_secret.get_secret_value()
    return configured or SecretsFile(Path(settings.store.data_dir)).get_or_create(JWT_SECRET_FILE)
