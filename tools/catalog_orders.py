"""Rows of the catalogue that place, cancel and explain orders."""

from core.domain.user import Role
from tools import arguments as args
from tools import explain, order_control, orders
from tools.definitions import ActTool, ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER = Role.USER
_READ, _NONE, _CONFIRM = Level.READ, Level.NONE, Level.CONFIRM

ORDER_TOOLS: tuple[Tool, ...] = (
    ActTool(
        ToolSpec(
            "submit_order",
            "Place an order of the person's own, at the market or with a limit: buy, or sell what is held.",
            args.SubmitOrder,
            _USER,
            _CONFIRM,
            ("buy 0.01 btc", "buy btc for 200 USDT with a limit of 19000"),
        ),
        run=orders.submit,
        propose=orders.propose,
        moved=orders.moved,
    ),
    ActTool(
        ToolSpec(
            "cancel_order",
            "Take back an order that works, by its id or as the only one of a bot or in a pair.",
            args.CancelOrder,
            _USER,
            _NONE,
            ("cancel my order",),
        ),
        run=order_control.cancel_order,
    ),
    ActTool(
        ToolSpec(
            "flatten_bot",
            "Sell everything a bot holds and take its orders back; the bot itself goes on.",
            args.FlattenBot,
            _USER,
            _CONFIRM,
            ("flatten alpha",),
        ),
        run=order_control.flatten,
        propose=order_control.propose_flatten,
    ),
    ActTool(
        ToolSpec(
            "set_cooldown",
            "Least minutes between two entries of a bot: 5 to 120, or 0 for none.",
            args.SetCooldown,
            _USER,
            _NONE,
            ("let alpha wait 30 minutes between trades",),
        ),
        run=order_control.set_cooldown,
    ),
    ReadTool(
        ToolSpec(
            "explain_decision",
            "Why a bot bought, sold or did not: its last signal, what the gates denied, its last order with its costs.",
            args.ExplainDecision,
            _USER,
            _READ,
            ("why did alpha do that?",),
        ),
        read=explain.explain_decision,
    ),
)
