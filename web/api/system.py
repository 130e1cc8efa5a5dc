"""Halts over REST: the system's mode, and a person's own emergency stop."""

from typing import Literal

from fastapi import APIRouter, status

from web.api.confirmations import Proposed, propose
from web.api.fields import Answer, Asking, Body, Person, Reason, Time, Tools, UseCases

router = APIRouter(prefix="/api", tags=["system"])


class ModeAnswer(Answer):
    """Whether everybody's trading is `halted`, since when, by whom and why; and the person's own stop."""

    trading: Literal["open", "halted"]
    actor: str
    reason: str
    since: Time | None
    halted_by_user: bool
    execution: Literal["paper"] = "paper"
    data_source: str


class ModeRequest(Body):
    """Halt everybody, or lift that halt; `reason` is recorded with a halt."""

    trading: Literal["open", "halted"]
    reason: Reason | None = None


class StopRequest(Body):
    """`flatten`: also sell everything at the market."""

    flatten: bool = False


@router.get("/system/mode")
async def mode(services: UseCases, user: Person) -> ModeAnswer:
    """What is halted now."""
    trading = await services.modes.trading()
    state = await services.writer.account(user.user_id)
    return ModeAnswer(
        trading="halted" if trading.halted else "open",
        actor=trading.actor,
        reason=trading.reason,
        since=trading.since,
        halted_by_user=state.user_halted,
        data_source=services.hub.feed.source,
    )


@router.put("/system/mode", status_code=status.HTTP_202_ACCEPTED)
async def set_mode(body: ModeRequest, caller: Asking, runner: Tools) -> Proposed:
    """Propose to halt everybody (a phrase confirms it) or to lift that; admins only."""
    if body.trading == "open":
        return await propose(runner, caller, "global_resume", {})
    wish = {} if body.reason is None else {"reason": body.reason}
    return await propose(runner, caller, "global_emergency_stop", wish)


@router.post("/emergency/stop", status_code=status.HTTP_202_ACCEPTED)
async def stop(caller: Asking, runner: Tools, body: StopRequest | None = None) -> Proposed:
    """Propose to halt all one's own trading; a phrase confirms it."""
    return await propose(runner, caller, "emergency_stop", (body or StopRequest()).model_dump())


@router.post("/emergency/resume", status_code=status.HTTP_202_ACCEPTED)
async def resume(caller: Asking, runner: Tools) -> Proposed:
    """Propose to lift one's own halt; bots stay paused until they are resumed."""
    return await propose(runner, caller, "resume_trading", {})
