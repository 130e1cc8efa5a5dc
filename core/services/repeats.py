"""Whether an event is what a command led to when its key was first used (spec/pipeline.md, idempotency)."""

from core.domain import commands as cmd
from core.domain import events as ev
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
    names = _CONTENT - {"bot_id"} if isinstance(command, cmd.CreateBot) else _CONTENT
    shared = (name for name in names if hasattr(command, name) and hasattr(payload, name))
    return all(getattr(command, name) == getattr(payload, name) for name in shared)


_CONTENT = frozenset(
    {
        "bot_id",
        "amount",
        "currency",
        "sold",
        "sold_currency",
        "bought_currency",
        "symbol",
        "strategy",
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
