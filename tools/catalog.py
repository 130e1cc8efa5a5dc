"""The tools there are, one row each: what it does, who may, and how much confirmation it takes (spec/chat.md)."""

from core.domain.user import Role
from tools import arguments as args
from tools import bots, market, portfolio, system
from tools.catalog_guard import GUARD_TOOLS
from tools.catalog_ledger import LEDGER_TOOLS
from tools.catalog_orders import ORDER_TOOLS
from tools.definitions import ActTool, ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER, _ADMIN = Role.USER, Role.ADMIN
_READ, _NONE, _CONFIRM, _PHRASE = Level.READ, Level.NONE, Level.CONFIRM, Level.PHRASE

_TOOLS: tuple[Tool, ...] = (
    ActTool(
        ToolSpec(
            "create_bot",
            "Create a paper-trading bot (and start it when asked). Everything not said has a sensible default.",
            args.CreateBot,
            _USER,
            _CONFIRM,
            ("create and start a bot", "create a momentum bot on BTC with 1000 USDT called Alpha"),
        ),
        run=bots.create_bot,
        propose=bots.propose_create,
    ),
    ActTool(
        ToolSpec(
            "start_bot", "Start a bot that was created or paused.", args.BotRef, _USER, _CONFIRM, ("start alpha",)
        ),
        run=bots.start_bot,
        propose=bots.propose_start,
    ),
    ActTool(
        ToolSpec("pause_bot", "Pause a bot: no new entries.", args.BotRef, _USER, _NONE, ("pause alpha",)),
        run=bots.pause_bot,
    ),
    ActTool(
        ToolSpec("resume_bot", "Let a paused bot trade again.", args.BotRef, _USER, _CONFIRM, ("resume alpha",)),
        run=bots.resume_bot,
        propose=bots.propose_resume,
    ),
    ActTool(
        ToolSpec(
            "stop_bot",
            "Stop a bot for good: sells its position and returns its cash. For a break, pause it instead.",
            args.StopBot,
            _USER,
            _PHRASE,
            ("stop alpha for good",),
        ),
        run=bots.stop_bot,
        propose=bots.propose_stop,
    ),
    ReadTool(
        ToolSpec("list_bots", "List all bots with their results.", args.NoArguments, _USER, _READ, ("list my bots",)),
        read=bots.list_bots,
    ),
    ReadTool(
        ToolSpec(
            "bot_status",
            "One bot in detail: status, position, result, and why it has or has not traded.",
            args.BotRef,
            _USER,
            _READ,
            ("how is alpha doing?", "why has alpha not traded yet?"),
        ),
        read=bots.bot_status,
    ),
    *LEDGER_TOOLS,
    *ORDER_TOOLS,
    ReadTool(
        ToolSpec("market_price", "Price of a pair now.", args.MarketPrice, _USER, _READ, ("price of btc",)),
        read=market.market_price,
    ),
    ReadTool(
        ToolSpec(
            "equity_chart", "Chart of equity over time.", args.EquityChart, _USER, _READ, ("show my equity chart",)
        ),
        read=portfolio.equity_chart,
    ),
    *GUARD_TOOLS,
    ReadTool(
        ToolSpec("system_health", "State of the system's parts.", args.NoArguments, _ADMIN, _READ, ("system health",)),
        read=system.system_health,
    ),
    ReadTool(
        ToolSpec("help", "What can be done here, or a word explained.", args.Help, _USER, _READ, ("help",)),
        read=system.explain_word,
    ),
)

CATALOG: dict[str, Tool] = {tool.spec.name: tool for tool in _TOOLS}
