"""Rows of the catalogue that make, move, change and show bots."""

from core.domain.user import Role
from tools import all_bots, bot_capital, bot_changes, bots
from tools import arguments as args
from tools.definitions import ActTool, ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER = Role.USER
_READ, _NONE, _CONFIRM, _PHRASE = Level.READ, Level.NONE, Level.CONFIRM, Level.PHRASE

_LIFE: tuple[Tool, ...] = (
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
        ToolSpec(
            "pause_bot",
            "Pause a bot: no new entries; what it holds keeps its target and stop.",
            args.BotRef,
            _USER,
            _NONE,
            ("pause alpha",),
        ),
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
    ActTool(
        ToolSpec(
            "pause_all_bots",
            "Pause every bot that runs: no new entries of any.",
            args.NoArguments,
            _USER,
            _NONE,
            ("pause all bots",),
        ),
        run=all_bots.pause_all_bots,
    ),
    ActTool(
        ToolSpec(
            "resume_all_bots",
            "Let every paused bot trade again.",
            args.NoArguments,
            _USER,
            _CONFIRM,
            ("resume all bots",),
        ),
        run=all_bots.resume_all_bots,
        propose=all_bots.propose_resume_all,
    ),
)

_CHANGES: tuple[Tool, ...] = (
    ActTool(
        ToolSpec(
            "rename_bot", "Give a bot another name.", args.RenameBot, _USER, _CONFIRM, ("rename alpha to Falcon",)
        ),
        run=bot_changes.rename_bot,
        propose=bot_changes.propose_rename,
    ),
    ActTool(
        ToolSpec(
            "clone_bot",
            "Create a bot that trades like one there is (and start it when asked).",
            args.CloneBot,
            _USER,
            _CONFIRM,
            ("clone alpha", "clone alpha as Delta with 500 USDT"),
        ),
        run=bot_changes.clone_bot,
        propose=bot_changes.propose_clone,
    ),
    ActTool(
        ToolSpec(
            "edit_bot",
            "Change how a paused bot trades: strategy, parameters, length of its bars, risk mode.",
            args.EditBot,
            _USER,
            _CONFIRM,
            ("set alpha's fast to 8", "switch alpha to 15 minute bars"),
        ),
        run=bot_changes.edit_bot,
        propose=bot_changes.propose_edit,
    ),
    ActTool(
        ToolSpec(
            "add_capital",
            "Give a bot more of the person's free cash.",
            args.AddCapital,
            _USER,
            _CONFIRM,
            ("give alpha 500 more",),
        ),
        run=bot_capital.add_capital,
        propose=bot_capital.propose_add,
    ),
    ActTool(
        ToolSpec(
            "withdraw_capital",
            "Take cash out of a bot back to the person's free cash; nothing is sold for it.",
            args.WithdrawCapital,
            _USER,
            _CONFIRM,
            ("take 200 out of alpha",),
        ),
        run=bot_capital.withdraw_capital,
        propose=bot_capital.propose_withdraw,
    ),
)

_SHOWN: tuple[Tool, ...] = (
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
)

BOT_TOOLS: tuple[Tool, ...] = (*_LIFE, *_CHANGES, *_SHOWN)
