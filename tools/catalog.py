"""The tools there are, one row each: what it does, who may, and how much confirmation it takes (spec/chat.md)."""

from core.domain.user import Role
from tools import arguments as args
from tools import portfolio, system
from tools.catalog_bots import BOT_TOOLS
from tools.catalog_guard import GUARD_TOOLS
from tools.catalog_ledger import LEDGER_TOOLS
from tools.catalog_market import MARKET_TOOLS
from tools.catalog_orders import ORDER_TOOLS
from tools.definitions import ReadTool, Tool
from tools.spec import Level, ToolSpec

_TOOLS: tuple[Tool, ...] = (
    *BOT_TOOLS,
    *LEDGER_TOOLS,
    *ORDER_TOOLS,
    *MARKET_TOOLS,
    ReadTool(
        ToolSpec(
            "equity_chart",
            "Chart of equity over time.",
            args.EquityChart,
            Role.USER,
            Level.READ,
            ("show my equity chart",),
        ),
        read=portfolio.equity_chart,
    ),
    *GUARD_TOOLS,
    ReadTool(
        ToolSpec(
            "system_health",
            "State of the system's parts.",
            args.NoArguments,
            Role.ADMIN,
            Level.READ,
            ("system health",),
        ),
        read=system.system_health,
    ),
    ReadTool(
        ToolSpec(
            "help",
            "What can be done here, or a word or strategy explained.",
            args.Help,
            Role.USER,
            Level.READ,
            ("help", "what does grid do?"),
        ),
        read=system.explain_word,
    ),
)

CATALOG: dict[str, Tool] = {tool.spec.name: tool for tool in _TOOLS}
