"""Arguments of the tools: strict models with bounds and examples; no user id and no role ever among them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tools.arguments_base import Arguments, NoArguments
from tools.arguments_bots import (
    AddCapital,
    BotRef,
    CloneBot,
    CreateBot,
    EditBot,
    RenameBot,
    RiskMode,
    StopBot,
    StrategyName,
    WithdrawCapital,
)
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
from tools.arguments_market import Backtest, CompareBacktests, EquityChart, MarketPrice, PriceChart
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
    "AddCapital",
    "Arguments",
    "Backtest",
    "BotRef",
    "CancelOrder",
    "CloneBot",
    "CompareBacktests",
    "CountdownStatus",
    "CreateBot",
    "EditBot",
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
    "PriceChart",
    "Profits",
    "RenameBot",
    "ResetBreaker",
    "RiskMode",
    "SetCooldown",
    "SetTarget",
    "StopBot",
    "StrategyName",
    "SubmitOrder",
    "ToolName",
    "TradeHistory",
    "WithdrawCapital",
]


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
    "pause_all_bots",
    "resume_all_bots",
    "rename_bot",
    "clone_bot",
    "edit_bot",
    "add_capital",
    "withdraw_capital",
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
    "price_chart",
    "backtest",
    "compare_backtests",
    "equity_chart",
    "emergency_stop",
    "resume_trading",
    "system_modes",
    "global_emergency_stop",
    "global_resume",
    "system_health",
    "help",
]
