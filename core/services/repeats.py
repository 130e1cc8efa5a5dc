"""Whether an event is what a command led to when its key was first used (spec/pipeline.md, idempotency)."""

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.decide_order import request_digest


def is_result_of(command: cmd.Command, payload: ev.Payload) -> bool:
    """Whether repeating the command with its key may be answered with this event."""
    if isinstance(command, cmd.SubmitOrder):
        ordered = isinstance(payload, ev.OrderExecuted | ev.OrderAccepted)
        return ordered and payload.request_sha256 == request_digest(command.request)
    return _RESULTS.get(type(command)) is type(payload)


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
}
