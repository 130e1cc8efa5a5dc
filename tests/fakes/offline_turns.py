"""Turns, tool specs and a recording `ToolCaller` for tests of the offline router."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.blocks import Text
from assistant.offline_router import Understanding, understand
from assistant.turn import ToolOutcome, Turn
from core.domain.user import Role
from tools import arguments
from tools.context import Caller, Principal
from tools.spec import Level, ToolSpec

MODELS: dict[str, type[arguments.Arguments]] = {
    "create_bot": arguments.CreateBot,
    "rename_bot": arguments.RenameBot,
    "clone_bot": arguments.CloneBot,
    "edit_bot": arguments.EditBot,
    "add_capital": arguments.AddCapital,
    "withdraw_capital": arguments.WithdrawCapital,
    "pause_all_bots": arguments.NoArguments,
    "resume_all_bots": arguments.NoArguments,
    "price_chart": arguments.PriceChart,
    "backtest": arguments.Backtest,
    "compare_backtests": arguments.CompareBacktests,
    "start_bot": arguments.BotRef,
    "pause_bot": arguments.BotRef,
    "resume_bot": arguments.BotRef,
    "stop_bot": arguments.StopBot,
    "list_bots": arguments.NoArguments,
    "bot_status": arguments.BotRef,
    "portfolio_summary": arguments.NoArguments,
    "profits": arguments.Profits,
    "positions": arguments.Positions,
    "trade_history": arguments.TradeHistory,
    "performance_ranking": arguments.PerformanceRanking,
    "countdown_status": arguments.CountdownStatus,
    "set_target": arguments.SetTarget,
    "ledger_reconcile": arguments.NoArguments,
    "ledger_verify": arguments.NoArguments,
    "export_csv": arguments.ExportCsv,
    "fund_account": arguments.FundAccount,
    "submit_order": arguments.SubmitOrder,
    "cancel_order": arguments.CancelOrder,
    "flatten_bot": arguments.FlattenBot,
    "set_cooldown": arguments.SetCooldown,
    "explain_decision": arguments.ExplainDecision,
    "limits_config": arguments.NoArguments,
    "limits_usage": arguments.NoArguments,
    "circuit_breaker_status": arguments.NoArguments,
    "system_modes": arguments.NoArguments,
    "global_emergency_stop": arguments.GlobalStop,
    "global_resume": arguments.NoArguments,
    "market_price": arguments.MarketPrice,
    "equity_chart": arguments.EquityChart,
    "emergency_stop": arguments.EmergencyStop,
    "resume_trading": arguments.NoArguments,
    "reset_circuit_breaker": arguments.ResetBreaker,
    "system_health": arguments.NoArguments,
    "help": arguments.Help,
}
LEVELS = {
    "create_bot": Level.CONFIRM,
    "rename_bot": Level.CONFIRM,
    "clone_bot": Level.CONFIRM,
    "edit_bot": Level.CONFIRM,
    "add_capital": Level.CONFIRM,
    "withdraw_capital": Level.CONFIRM,
    "resume_all_bots": Level.CONFIRM,
    "pause_all_bots": Level.NONE,
    "start_bot": Level.CONFIRM,
    "pause_bot": Level.NONE,
    "resume_bot": Level.CONFIRM,
    "stop_bot": Level.PHRASE,
    "emergency_stop": Level.PHRASE,
    "resume_trading": Level.CONFIRM,
    "reset_circuit_breaker": Level.CONFIRM,
    "set_target": Level.NONE,
    "export_csv": Level.NONE,
    "fund_account": Level.CONFIRM,
    "submit_order": Level.CONFIRM,
    "cancel_order": Level.NONE,
    "flatten_bot": Level.CONFIRM,
    "set_cooldown": Level.NONE,
    "global_emergency_stop": Level.PHRASE,
    "global_resume": Level.CONFIRM,
}
ACTING = frozenset(LEVELS)
ADMINS = frozenset(["system_health", "global_emergency_stop", "global_resume"])
SPECS = tuple(
    ToolSpec(
        name,
        name.replace("_", " "),
        model,
        Role.ADMIN if name in ADMINS else Role.USER,
        LEVELS.get(name, Level.READ),
    )
    for name, model in MODELS.items()
)
BOTS = ("Alpha", "Beta", "Momentum Two")
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def caller(role: Role = Role.ADMIN) -> Caller:
    """A person of that role in some conversation."""
    return Caller(Principal("u1", "u1@example.com", role), "c1")


def turn(text: str, bots: Sequence[str] = BOTS, last_bot: str | None = None, role: Role = Role.ADMIN) -> Turn:
    """One message of a person with these bots."""
    return Turn(caller(role), text, (), tuple(bots), last_bot, SYMBOLS)


def offered(role: Role) -> tuple[ToolSpec, ...]:
    """Tools of that role."""
    return tuple(spec for spec in SPECS if role is Role.ADMIN or spec.permission is Role.USER)


def said(text: str, bots: Sequence[str] = BOTS, last_bot: str | None = None, role: Role = Role.ADMIN) -> Understanding:
    """What the router makes of the message."""
    return understand(turn(text, bots, last_bot, role), offered(role))


def calls(text: str, bots: Sequence[str] = BOTS, last_bot: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Tool and arguments of each call."""
    return [(call.tool, dict(call.arguments)) for call in said(text, bots, last_bot).calls]


def acts(text: str, bots: Sequence[str] = BOTS, last_bot: str | None = None) -> bool:
    """Whether an acting tool would be called."""
    return any(tool in ACTING for tool, _ in calls(text, bots, last_bot))


@dataclass
class RecordingCaller:
    """Offers by role, records calls, and answers each with one block that names the tool."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools of the caller's role."""
        return offered(caller.principal.role)

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Record and answer."""
        del caller
        self.made.append((tool, dict(arguments)))
        return ToolOutcome((Text(f"from {tool}"),), tool, ok=True, changed=tool in ACTING)
