"""Words and buttons for what was not plainly understood; a button sends an exact slash command."""

from collections.abc import Iterable, Sequence

from assistant.offline_router.understanding import Option, Outcome, Understanding

MAX_OPTIONS = 3
MAX_BOTS = 10

_LABELS = {
    "create_bot": ("Create a bot", "/create"),
    "start_bot": ("Start {bot}", "/start {bot}"),
    "pause_bot": ("Pause {bot}", "/pause {bot}"),
    "resume_bot": ("Resume {bot}", "/resume {bot}"),
    "stop_bot": ("Stop {bot} for good", "/stop {bot}"),
    "rename_bot": ("Rename {bot}", "/rename {bot}"),
    "clone_bot": ("Clone {bot}", "/clone {bot}"),
    "edit_bot": ("Change {bot}", "/edit {bot}"),
    "add_capital": ("Give {bot} more money", "/addcapital {bot}"),
    "withdraw_capital": ("Take money out of {bot}", "/withdrawcapital {bot}"),
    "pause_all_bots": ("Pause all bots", "/pauseall"),
    "resume_all_bots": ("Resume all bots", "/resumeall"),
    "price_chart": ("Show the price chart", "/candles"),
    "backtest": ("Run a backtest", "/backtest"),
    "compare_backtests": ("Compare my backtests", "/compare"),
    "list_bots": ("List my bots", "/bots"),
    "bot_status": ("Status of {bot}", "/status {bot}"),
    "portfolio_summary": ("Show my portfolio", "/portfolio"),
    "profits": ("Show my profits", "/profits"),
    "positions": ("Show my positions", "/positions"),
    "trade_history": ("Show my trades", "/trades"),
    "performance_ranking": ("Rank my bots", "/ranking"),
    "countdown_status": ("How far to my target", "/countdown"),
    "set_target": ("Set a target", "/target"),
    "ledger_reconcile": ("Reconcile my ledger", "/reconcile"),
    "ledger_verify": ("Verify my ledger", "/verify"),
    "export_csv": ("Export my trades", "/export"),
    "fund_account": ("Move play money", "/fund_account"),
    "submit_order": ("Buy or sell a coin", "/order"),
    "cancel_order": ("Cancel my order", "/cancel"),
    "flatten_bot": ("Sell what {bot} holds", "/flatten {bot}"),
    "set_cooldown": ("Set a cooldown", "/cooldown"),
    "limits_config": ("Show my limits", "/limits"),
    "limits_usage": ("What is used of my limits", "/usage"),
    "circuit_breaker_status": ("Show the circuit breakers", "/breaker"),
    "explain_decision": ("Explain {bot}'s last decision", "/why {bot}"),
    "system_modes": ("Is trading halted?", "/modes"),
    "global_emergency_stop": ("Stop the trading of everybody", "/global_stop"),
    "global_resume": ("Lift the halt of everybody", "/global_resume"),
    "market_price": ("Show the price", "/price"),
    "equity_chart": ("Show the equity chart", "/equity"),
    "emergency_stop": ("Emergency stop", "/emergency_stop"),
    "resume_trading": ("Resume trading", "/resume_trading"),
    "reset_circuit_breaker": ("Reset the circuit breaker", "/reset"),
    "system_health": ("Check system health", "/health"),
    "help": ("What can I do?", "/help"),
}
_CHOOSE = {
    "start_bot": "start my bot",
    "pause_bot": "pause my bot",
    "resume_bot": "resume my bot",
    "stop_bot": "stop my bot",
    "flatten_bot": "flatten my bot",
    "rename_bot": "/rename",
    "clone_bot": "/clone",
    "edit_bot": "/edit",
    "add_capital": "/addcapital",
    "withdraw_capital": "/withdrawcapital",
    "explain_decision": "/why",
    "bot_status": "/bots",
}
_BOT_QUESTIONS = {
    "start_bot": "Which bot should start?",
    "pause_bot": "Which bot should pause?",
    "resume_bot": "Which bot should resume?",
    "stop_bot": "Which bot should stop for good?",
    "flatten_bot": "Which bot should sell what it holds?",
    "rename_bot": "Which bot should be renamed?",
    "clone_bot": "Which bot should be copied?",
    "edit_bot": "Which bot should change?",
    "add_capital": "Which bot should get it?",
    "withdraw_capital": "Out of which bot should it come?",
    "explain_decision": "Whose decision should I explain?",
    "bot_status": "Which bot do you mean?",
}
_SELL_ALL = "Selling everything also stops all trading; a single bot can be sold out on its own:"
_DEFAULT_READS = ("portfolio_summary", "list_bots", "help")


def option(tool: str, bot: str | None) -> Option:
    """A button for a tool; a tool for one bot is offered for `bot`, or to choose one."""
    label, message = _LABELS[tool]
    if "{bot}" in message:
        label = label.replace("{bot}", bot or "a bot")
        message = message.replace("{bot}", bot) if bot else _CHOOSE[tool]  # `/stop` alone halts all
    return Option(label, message)


def bot_question(tool: str, names: Sequence[str]) -> Understanding:
    """Ask which bot, with a button each."""
    text = _BOT_QUESTIONS.get(tool, "Which bot do you mean?")
    if len(names) > MAX_BOTS:
        text += f" You have {len(names)}; type its name, or pick one of the first {MAX_BOTS}."
    template = _LABELS[tool if "{bot}" in _LABELS[tool][1] else "bot_status"][1]
    options = tuple(Option(name, template.replace("{bot}", name)) for name in names[:MAX_BOTS])
    return Understanding(Outcome.QUESTION, text=text, options=options)


def cooldown_of(found: Understanding, minutes: int) -> Understanding:
    """The question for a bot, with buttons that set its cooldown."""
    options = tuple(Option(o.label, f"/cooldown {o.label} {minutes}") for o in found.options)
    return Understanding(found.outcome, text="Whose cooldown?", options=options)


def resume_what() -> Understanding:
    """Resuming everything may mean the bots or the end of a halt."""
    every = Option("Resume all bots", "resume all bots")
    return Understanding(Outcome.QUESTION, text="What should resume?", options=(every, option("resume_trading", None)))


def unknown_bot(tool: str, names: Sequence[str]) -> Understanding:
    """A bot was named that does not exist."""
    if not names:
        return no_bots()
    found = bot_question(tool, names)
    return Understanding(found.outcome, text=f"I know no bot of that name. {found.text}", options=found.options)


def no_bots() -> Understanding:
    """There is nothing to act on."""
    return Understanding(
        Outcome.QUESTION, text="You have no bots yet.", options=(option("create_bot", None), option("help", None))
    )


def candidates(tools: Iterable[str], bot: str | None, offered: frozenset[str], why: str) -> Understanding:
    """Up to three buttons for the best guesses."""
    options = dict.fromkeys(option(tool, bot) for tool in dict.fromkeys(tools) if tool in offered)
    distinct = {choice.message: choice for choice in reversed(options)}
    return Understanding(Outcome.CHOICES, text=why, options=tuple(reversed(distinct.values()))[:MAX_OPTIONS])


def greeting(offered: frozenset[str]) -> Understanding:
    """A short hello and three ways on."""
    found = candidates(["portfolio_summary", "help"], None, offered, "Hello! Say what you want, for example:")
    create = [Option("Create and start a bot", "create and start a bot")] if "create_bot" in offered else []
    return Understanding(Outcome.CHOICES, text=found.text, options=(*found.options[:1], *create, *found.options[1:]))


def sell_all(offered: frozenset[str], names: Sequence[str]) -> Understanding:
    """Selling everything is the emergency stop that flattens, or one bot flattened; each still has to be confirmed."""
    bot = names[0] if len(names) == 1 else None
    found = candidates(["flatten_bot", "positions"] if names else ["positions", "help"], bot, offered, _SELL_ALL)
    stop = Option("Stop trading and sell everything", "/stop flatten")
    return Understanding(Outcome.CHOICES, text=found.text, options=(stop, *found.options)[:MAX_OPTIONS])


def cancel_all(offered: frozenset[str]) -> Understanding:
    """Cancelling everything may mean the orders, or all that trades."""
    found = candidates(["cancel_order", "emergency_stop"], None, offered, "What should be cancelled?")
    stop = Option("Stop trading and sell everything", "/stop flatten")
    return Understanding(Outcome.CHOICES, text=found.text, options=(*found.options, stop)[:MAX_OPTIONS])


def out_of_scope(offered: frozenset[str], text: str) -> Understanding:
    """An honest no, and three things that work."""
    found = candidates(_DEFAULT_READS, None, offered, text)
    return Understanding(Outcome.OUT_OF_SCOPE, text=text, options=found.options)
