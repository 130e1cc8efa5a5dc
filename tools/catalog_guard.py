"""Rows of the catalogue about limits, circuit breakers and halts."""

from core.domain.user import Role
from tools import arguments as args
from tools import emergency, guard, system
from tools.definitions import ActTool, ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER, _ADMIN = Role.USER, Role.ADMIN
_READ, _CONFIRM, _PHRASE = Level.READ, Level.CONFIRM, Level.PHRASE

GUARD_TOOLS: tuple[Tool, ...] = (
    ReadTool(
        ToolSpec(
            "limits_config",
            "All limits the person trades under: orders a day, entries in a burst, circuit breaker, fees and margins.",
            args.NoArguments,
            _USER,
            _READ,
            ("what are my limits?",),
        ),
        read=guard.limits_config,
    ),
    ReadTool(
        ToolSpec(
            "limits_usage",
            "How much of the limits is used now and when it clears: orders today, bursts, cooldowns, working entries.",
            args.NoArguments,
            _USER,
            _READ,
            ("how many trades do I have left today?",),
        ),
        read=guard.limits_usage,
    ),
    ReadTool(
        ToolSpec(
            "circuit_breaker_status",
            "The circuit breakers of the account and its bots: how close each metric is, what tripped, when, and why.",
            args.NoArguments,
            _USER,
            _READ,
            ("is a circuit breaker open?",),
        ),
        read=guard.circuit_breaker_status,
    ),
    ActTool(
        ToolSpec(
            "reset_circuit_breaker",
            "Close a circuit breaker that has opened, of one bot or of the account; needs the person's reason.",
            args.ResetBreaker,
            _USER,
            _CONFIRM,
            ("reset the circuit breaker of alpha because I lowered its risk",),
        ),
        run=guard.reset,
        propose=guard.propose_reset,
    ),
    ActTool(
        ToolSpec(
            "emergency_stop",
            "Halt all your trading at once; optionally sell everything.",
            args.EmergencyStop,
            _USER,
            _PHRASE,
            ("emergency stop",),
        ),
        run=emergency.stop,
        propose=emergency.propose_stop,
    ),
    ActTool(
        ToolSpec(
            "resume_trading",
            "Lift your emergency stop; bots stay paused.",
            args.NoArguments,
            _USER,
            _CONFIRM,
            ("resume trading",),
        ),
        run=emergency.resume,
        propose=emergency.propose_resume,
    ),
    ReadTool(
        ToolSpec(
            "system_modes",
            "Whether trading is halted, for everybody or for the person, since when and why.",
            args.NoArguments,
            _USER,
            _READ,
            ("is trading halted?",),
        ),
        read=system.system_modes,
    ),
    ActTool(
        ToolSpec(
            "global_emergency_stop",
            "Halt the trading of everybody at once.",
            args.GlobalStop,
            _ADMIN,
            _PHRASE,
            ("stop the trading of everybody",),
        ),
        run=emergency.stop_everybody,
        propose=emergency.propose_stop_everybody,
    ),
    ActTool(
        ToolSpec(
            "global_resume",
            "Lift the halt of everybody; bots stay paused until their owners resume them.",
            args.NoArguments,
            _ADMIN,
            _CONFIRM,
            ("resume the trading of everybody",),
        ),
        run=emergency.resume_everybody,
        propose=emergency.propose_resume_everybody,
    ),
)
