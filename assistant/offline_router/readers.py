"""Which function reads a tool's arguments from the entities of a clause, and which tools act."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.offline_router import changes, controls, creation, history, ledger, slots
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Token

BOT_TOOLS = frozenset(["start_bot", "pause_bot", "resume_bot", "stop_bot", "flatten_bot"])
ACTING = (
    BOT_TOOLS
    | changes.TOOLS
    | {
        "pause_all_bots",
        "resume_all_bots",
        "create_bot",
        "resume_trading",
        "emergency_stop",
        "reset_circuit_breaker",
        "set_target",
        "export_csv",
        "fund_account",
        "submit_order",
        "cancel_order",
        "set_cooldown",
        "global_emergency_stop",
        "global_resume",
    }
)
_READERS: dict[str, Callable[[Sequence[Token]], Mapping[str, Any] | Unclear]] = {
    "create_bot": creation.create_bot,
    "profits": slots.profits,
    "trade_history": slots.trade_history,
    "market_price": slots.market_price,
    "equity_chart": slots.equity_chart,
    "reset_circuit_breaker": slots.one_bot,
    "performance_ranking": ledger.ranking,
    "countdown_status": ledger.countdown,
    "set_target": ledger.target,
    "export_csv": ledger.export,
    "fund_account": ledger.fund,
    "cancel_order": controls.cancel,
    "price_chart": history.price_chart,
    "backtest": history.backtest,
    "compare_backtests": history.compare,
}


def arguments(tool: str, tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """What was said for a tool; nothing for a tool that needs nothing."""
    reader = _READERS.get(tool)
    return reader(tokens) if reader else {}
