"""Slash commands: exact, so they need no score. `/pause alpha`, `/profits weekly`, `/buy 0.01 btc`."""

import re

from assistant.plain_text import normalise

COMMANDS = {
    "create": "create_bot",
    "new": "create_bot",
    "start": "start_bot",
    "pause": "pause_bot",
    "resume": "resume_bot",
    "stop": "stop_bot",
    "bots": "list_bots",
    "list": "list_bots",
    "status": "bot_status",
    "bot": "bot_status",
    "portfolio": "portfolio_summary",
    "balance": "portfolio_summary",
    "profits": "profits",
    "profit": "profits",
    "pnl": "profits",
    "positions": "positions",
    "holdings": "positions",
    "orders": "positions",
    "trades": "trade_history",
    "history": "trade_history",
    "price": "market_price",
    "chart": "price_chart",
    "candles": "price_chart",
    "equity": "equity_chart",
    "health": "system_health",
    "help": "help",
    "resume_trading": "resume_trading",
    "emergency_stop": "emergency_stop",
    "reset": "reset_circuit_breaker",
    "ranking": "performance_ranking",
    "leaderboard": "performance_ranking",
    "countdown": "countdown_status",
    "target": "set_target",
    "reconcile": "ledger_reconcile",
    "verify": "ledger_verify",
    "export": "export_csv",
    "deposit": "fund_account",
    "withdraw": "fund_account",
    "convert": "fund_account",
    "rename": "rename_bot",
    "clone": "clone_bot",
    "copy": "clone_bot",
    "edit": "edit_bot",
    "addcapital": "add_capital",
    "withdrawcapital": "withdraw_capital",
    "pauseall": "pause_all_bots",
    "pause_all": "pause_all_bots",
    "resumeall": "resume_all_bots",
    "resume_all": "resume_all_bots",
    "backtest": "backtest",
    "compare": "compare_backtests",
    "buy": "submit_order",
    "sell": "submit_order",
    "order": "submit_order",
    "cancel": "cancel_order",
    "flatten": "flatten_bot",
    "cooldown": "set_cooldown",
    "limits": "limits_config",
    "usage": "limits_usage",
    "breaker": "circuit_breaker_status",
    "why": "explain_decision",
    "modes": "system_modes",
    "global_stop": "global_emergency_stop",
    "global_resume": "global_resume",
}
#: One tool serves these commands: the word says what is wanted of it.
_SAY_WHAT = frozenset(["deposit", "withdraw", "convert", "buy", "sell", "cancel"])
_NAMES_A_PAIR = re.compile(r"[A-Za-z]{3,}")
TOOLS = frozenset(COMMANDS.values())


def parse(text: str) -> tuple[str, str] | None:
    """Tool and the rest of a slash command; None for anything else, an empty tool for an unknown command."""
    plain = normalise(text)
    if not plain.startswith("/"):
        return None
    command, _, rest = plain[1:].partition(" ")
    word = command.casefold().replace("-", "_").rstrip("!.?")
    tool = COMMANDS.get(word, word if word in TOOLS else "")
    if word == "chart" and not _NAMES_A_PAIR.search(rest):
        tool = "equity_chart"  # as it was before there were charts of prices
    return tool, f"{word} {rest}".strip() if word in _SAY_WHAT else rest.strip()
