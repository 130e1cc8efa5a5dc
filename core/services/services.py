"""All use cases in one place, for tools and web; bootstrap fills it."""

from dataclasses import dataclass

from core.ports import Clock, Ids
from core.services.accounts import Accounts
from core.services.anchors import Anchors
from core.services.backtests import BacktestService
from core.services.bot_changes import BotChanges
from core.services.bots import BotService
from core.services.bus import Bus
from core.services.chat_log import ChatLog
from core.services.confirmations import Confirmations
from core.services.countdown import CountdownService
from core.services.emergency import Emergency
from core.services.engine import Engine
from core.services.exits import Exits
from core.services.funds import Funds
from core.services.global_stop import GlobalStop
from core.services.guardrails import Guardrails
from core.services.health import Health
from core.services.journal_writer import JournalWriter
from core.services.ledger_export import LedgerExport
from core.services.ledger_reader import LedgerReader
from core.services.manual_orders import ManualOrders
from core.services.market_hub import MarketHub
from core.services.order_reader import OrderReader
from core.services.orders import OrderService
from core.services.performance import PerformanceService
from core.services.portfolio import PortfolioService
from core.services.reconcile import Reconciler
from core.services.shared_verifier import SharedVerifier
from core.services.sweeps import SweepService
from core.services.system_modes import SystemModes
from core.services.traces import Traces


@dataclass(frozen=True, slots=True)
class Services:
    """What the product can do."""

    accounts: Accounts
    anchors: Anchors
    backtests: BacktestService
    bot_changes: BotChanges
    bots: BotService
    bus: Bus
    chat_log: ChatLog
    clock: Clock
    confirmations: Confirmations
    countdown: CountdownService
    emergency: Emergency
    engine: Engine
    exits: Exits
    exports: LedgerExport
    funds: Funds
    global_stop: GlobalStop
    guardrails: Guardrails
    health: Health
    hub: MarketHub
    ids: Ids
    ledger: LedgerReader
    manual: ManualOrders
    modes: SystemModes
    order_reader: OrderReader
    orders: OrderService
    performance: PerformanceService
    portfolio: PortfolioService
    reconciler: Reconciler
    sweeps: SweepService
    traces: Traces
    verifier: SharedVerifier
    writer: JournalWriter
