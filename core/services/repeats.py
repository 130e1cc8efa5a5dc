"""Whether an event is what a command led to when its key was first used (spec/pipeline.md, idempotency)."""

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot_names import spelt
from core.domain.order_attempt import request_digest


def is_result_of(command: cmd.Command, payload: ev.Payload) -> bool:
    """Whether repeating the command with its key may be answered with this event."""
    if isinstance(command, cmd.SubmitOrder):
        ordered = isinstance(payload, ev.OrderExecuted | ev.OrderAccepted)
        return ordered and payload.request_sha256 == request_digest(command.request)
    return _RESULTS.get(type(command)) is type(payload) and _same_content(command, payload)


def _same_content(command: cmd.Command, payload: ev.Payload) -> bool:
    """Whether money, its currency and whose book it goes into are the same; a new bot's id is drawn anew each time."""
    if isinstance(command, cmd.Reverse):
        return isinstance(payload, ev.Reversed) and payload.reverses == command.event.seq
    if isinstance(command, cmd.EditBot):
        return isinstance(payload, ev.BotEdited) and _same_edit(command, payload)
    names = _CONTENT - {"bot_id"} if isinstance(command, cmd.CreateBot) else _CONTENT
    shared = (name for name in names if hasattr(command, name) and hasattr(payload, name))
    return all(getattr(command, name) == getattr(payload, name) for name in shared)


def _same_edit(command: cmd.EditBot, fact: ev.BotEdited) -> bool:
    """Whether an edit has the same parts; the fact has all parameters, also those that were not named."""
    name = None if command.name is None else spelt(command.name)
    wanted = (command.bot_id, name, command.strategy, command.timeframe, command.risk_mode, None)
    recorded = (fact.bot_id, fact.name, fact.strategy, fact.timeframe, fact.risk_mode, fact.cooldown_minutes)
    named, kept = command.parameters or {}, fact.parameters or {}
    touched = command.strategy is not None or bool(named)
    return wanted == recorded and touched == (fact.parameters is not None) and named.items() <= kept.items()


_CONTENT = frozenset(
    {
        "bot_id",
        "amount",
        "currency",
        "sold",
        "sold_currency",
        "bought_currency",
        "symbol",
        "exchange",
        "strategy",
        "parameters",
        "timeframe",
        "risk_mode",
        "capital",
        "order_id",
        "cooldown_minutes",
    }
)

_RESULTS: dict[type[cmd.Command], type[ev.Payload]] = {
    cmd.Fund: ev.Funded,
    cmd.Withdraw: ev.Withdrawn,
    cmd.Convert: ev.Converted,
    cmd.Reverse: ev.Reversed,
    cmd.Allocate: ev.Allocated,
    cmd.Release: ev.Released,
    cmd.ResetAccount: ev.AccountReset,
    cmd.CreateBot: ev.BotCreated,
    cmd.StartBot: ev.BotStarted,
    cmd.ResumeBot: ev.BotResumed,
    cmd.PauseBot: ev.BotPaused,
    cmd.StopBot: ev.BotStopped,
    cmd.ResetBreaker: ev.BreakerReset,
    cmd.HaltTrading: ev.TradingHalted,
    cmd.ResumeTrading: ev.TradingResumed,
    cmd.RecordMarks: ev.Marked,
    cmd.SetCooldown: ev.BotEdited,
    cmd.EditBot: ev.BotEdited,
    cmd.FillResting: ev.OrderFilled,
    cmd.CancelOrder: ev.OrderCanceled,
    cmd.ExpireOrder: ev.OrderExpired,
}
