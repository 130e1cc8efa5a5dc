"""What tools give back: typed results; words and colours are the assistant's business."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from core.domain.bot_state import Protection
from core.domain.trade import Trade
from core.domain.valuation import BotFigures, Portfolio
from core.services.emergency import StopReport
from core.services.health import Component
from core.services.order_reader import OrderView
from core.services.portfolio import EquityPoint, ProfitPeriod
from core.services.traces import Trace
from tools.results_bots import BotEdited, BotsMoved, CapitalMoved, Change
from tools.results_guard import (
    BreakersShown,
    GloballyResumed,
    GloballyStopped,
    LimitsShown,
    ModesShown,
    UsageShown,
)
from tools.results_ledger import (
    CountdownReport,
    Exported,
    FundsMoved,
    Positions,
    Ranking,
    Reconciled,
    TargetSet,
    Verified,
)
from tools.results_market import Backtested, BacktestsCompared, FillMark, PriceChart
from tools.results_orders import (
    CooldownSet,
    Explained,
    Flattened,
    LastOrder,
    OrderAnswer,
    OrderTakenBack,
)
from tools.spec import ToolSpec

__all__ = [
    "Backtested",
    "BacktestsCompared",
    "BotEdited",
    "BotFigures",
    "BotList",
    "BotMoved",
    "BotReport",
    "BotTrade",
    "BotsMoved",
    "BreakerClosed",
    "BreakersShown",
    "CapitalMoved",
    "Change",
    "CooldownSet",
    "CountdownReport",
    "EquityCurve",
    "Explained",
    "Exported",
    "FillMark",
    "Flattened",
    "FundsMoved",
    "GloballyResumed",
    "GloballyStopped",
    "HelpText",
    "LastOrder",
    "LimitsShown",
    "ModesShown",
    "OrderAnswer",
    "OrderTakenBack",
    "OrderView",
    "Positions",
    "Price",
    "PriceChart",
    "Profits",
    "Ranking",
    "Reconciled",
    "Result",
    "Resumed",
    "Stopped",
    "Summary",
    "SystemHealth",
    "TargetSet",
    "Trades",
    "UsageShown",
    "Verified",
    "was_refused",
]


@dataclass(frozen=True, slots=True)
class Summary:
    """The portfolio and where its prices are from."""

    portfolio: Portfolio
    source: str
    now: datetime


@dataclass(frozen=True, slots=True)
class BotList:
    """All bots of a person."""

    bots: tuple[BotFigures, ...]
    source: str


@dataclass(frozen=True, slots=True)
class BotReport:
    """One bot in detail. `bars_*` are set while it runs, `why_no_trade` while it has not traded.

    `orders` are those that work now, `cooldown_minutes` the least time between two entries.
    """

    figures: BotFigures
    strategy: str
    strategy_words: str
    timeframe: str
    risk_mode: str
    source: str
    status_reason: str
    protection: Protection | None
    bars_seen: int | None
    bars_needed: int | None
    why_no_trade: str | None
    traces: tuple[Trace, ...]
    orders: tuple[OrderView, ...] = ()
    cooldown_minutes: int = 0


@dataclass(frozen=True, slots=True)
class BotMoved:
    """A life-cycle change took place; `bot_id` is that of a bot that was just made."""

    name: str
    status: str
    words: str
    bot_id: str | None = None


@dataclass(frozen=True, slots=True)
class Profits:
    """Profit per period, newest first."""

    grouping: str
    periods: tuple[ProfitPeriod, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class BotTrade:
    """A closed trade with its bot's name."""

    bot: str
    trade: Trade


@dataclass(frozen=True, slots=True)
class Trades:
    """Closed trades, newest first."""

    trades: tuple[BotTrade, ...]


@dataclass(frozen=True, slots=True)
class Price:
    """Best prices of a symbol now."""

    symbol: str
    bid: Decimal
    ask: Decimal
    mid: Decimal
    ts: datetime
    source: str


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """Recorded equity over engine time, ending with the present one."""

    points: tuple[EquityPoint, ...]
    currency: str
    source: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """What an emergency stop did."""

    report: StopReport


@dataclass(frozen=True, slots=True)
class Resumed:
    """The halt is lifted; so many bots wait, paused."""

    paused_bots: int


@dataclass(frozen=True, slots=True)
class BreakerClosed:
    """A circuit breaker was reset."""

    scope: str


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """All parts of the system."""

    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class HelpText:
    """A word explained, or None when `tools` is the answer."""

    topic: str | None
    text: str
    tools: tuple[ToolSpec, ...]


Result: TypeAlias = (
    Summary
    | BotList
    | BotReport
    | BotMoved
    | BotEdited
    | BotsMoved
    | CapitalMoved
    | Profits
    | Trades
    | Positions
    | Ranking
    | CountdownReport
    | TargetSet
    | Reconciled
    | Verified
    | Exported
    | FundsMoved
    | OrderAnswer
    | OrderTakenBack
    | Flattened
    | CooldownSet
    | Explained
    | Price
    | PriceChart
    | Backtested
    | BacktestsCompared
    | EquityCurve
    | Stopped
    | Resumed
    | BreakerClosed
    | LimitsShown
    | UsageShown
    | BreakersShown
    | ModesShown
    | GloballyStopped
    | GloballyResumed
    | SystemHealth
    | HelpText
)


def was_refused(result: Result) -> bool:
    """Whether an acting tool did nothing of what was asked, though it gave a result."""
    return isinstance(result, OrderAnswer | Flattened) and result.refused
