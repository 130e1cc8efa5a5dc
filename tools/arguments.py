"""Arguments of the tools: strict models with bounds and examples; no user id and no role ever among them."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from tools.arguments_base import Amount, Arguments, BotName, NoArguments, SymbolText
from tools.arguments_ledger import (
    CountdownStatus,
    ExportCsv,
    FundAccount,
    PerformanceRanking,
    Period,
    Positions,
    Profits,
    SetTarget,
    TradeHistory,
)
from tools.arguments_orders import (
    CancelOrder,
    ExplainDecision,
    FlattenBot,
    GlobalStop,
    ResetBreaker,
    SetCooldown,
    SubmitOrder,
)

__all__ = [
    "Arguments",
    "BotRef",
    "CancelOrder",
    "CountdownStatus",
    "CreateBot",
    "EmergencyStop",
    "EquityChart",
    "ExplainDecision",
    "ExportCsv",
    "FlattenBot",
    "FundAccount",
    "GlobalStop",
    "Help",
    "MarketPrice",
    "NoArguments",
    "PerformanceRanking",
    "Period",
    "Positions",
    "Profits",
    "ResetBreaker",
    "RiskMode",
    "SetCooldown",
    "SetTarget",
    "StopBot",
    "StrategyName",
    "SubmitOrder",
    "ToolName",
    "TradeHistory",
]


class StrategyName(StrEnum):
    """Strategies that can be asked for."""

    EMA_CROSS = "ema_cross"
    RSI_REVERSION = "rsi_reversion"


class RiskMode(StrEnum):
    """How much a bot bets and how far its stop and target are."""

    SAFE = "safe"
    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"


class CreateBot(Arguments):
    """What can be said about a new bot; everything has a sensible default that the card shows."""

    name: BotName | None = Field(None, description="Unique name; proposed when absent.", examples=["Alpha"])
    symbol: SymbolText = Field("BTC/USDT", description="Pair to trade.", examples=["BTC/USDT", "ETH/USDT"])
    strategy: StrategyName = Field(
        StrategyName.EMA_CROSS,
        description="ema_cross follows momentum and trends; rsi_reversion buys dips and sells rebounds.",
    )
    capital: Amount = Field(Decimal(1000), description="Play money to allocate, in the pair's quote currency.")
    timeframe: Timeframe = Field(Timeframe.M1, description="Length of the bars the bot decides on.")
    risk_mode: RiskMode = Field(RiskMode.BALANCED, description="Position size, stop and target.")
    exchange: Exchange = Field(Exchange.BINANCE, description="Whose fees and rules apply.")
    start: bool = Field(default=False, description="True when the person also wants it started at once.")


class BotRef(Arguments):
    """One bot, by the name the person used."""

    bot: BotName = Field(description="Name of the bot.", examples=["Alpha"])


class StopBot(BotRef):
    """Stop for good: positions are sold, capital returns to free cash."""


class MarketPrice(Arguments):
    """Which price."""

    symbol: SymbolText = Field("BTC/USDT", description="Pair.", examples=["BTC/USDT"])


class EquityChart(Arguments):
    """What span of the equity curve."""

    hours: int | None = Field(None, ge=1, le=24 * 366, description="Only the last so many hours of engine time.")


class EmergencyStop(Arguments):
    """Halt everything of the person who asks."""

    flatten: bool = Field(default=False, description="Also sell all open positions at market.")


class Help(Arguments):
    """What to explain."""

    topic: Annotated[str, StringConstraints(max_length=80)] | None = Field(
        None, description="A word to explain (drawdown, slippage, …); absent for what can be done."
    )


ToolName = Literal[
    "create_bot",
    "start_bot",
    "pause_bot",
    "resume_bot",
    "stop_bot",
    "list_bots",
    "bot_status",
    "portfolio_summary",
    "profits",
    "positions",
    "trade_history",
    "performance_ranking",
    "countdown_status",
    "set_target",
    "ledger_reconcile",
    "ledger_verify",
    "export_csv",
    "fund_account",
    "submit_order",
    "cancel_order",
    "flatten_bot",
    "set_cooldown",
    "explain_decision",
    "limits_config",
    "limits_usage",
    "circuit_breaker_status",
    "reset_circuit_breaker",
    "market_price",
    "equity_chart",
    "emergency_stop",
    "resume_trading",
    "system_modes",
    "global_emergency_stop",
    "global_resume",
    "system_health",
    "help",
]
