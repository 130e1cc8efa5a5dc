"""What a person does to their bots over REST: pauses at once, everything else by a confirmation."""

from typing import Annotated, Literal

from fastapi import APIRouter, status
from pydantic import Field

from core.domain.errors import IntegrityError, InvalidInput
from core.services.services import Services
from tools.arguments_orders import MAX_COOLDOWN
from tools.context import Caller
from tools.results import BotMoved, BotsMoved
from web.api.bot_answers import AllMovedAnswer, MovedAnswer, OutcomePart
from web.api.bots import AnyBotId, Name, bot_name
from web.api.confirmations import Proposed, propose
from web.api.fields import Answer, Asking, Body, Money, Tools, UseCases

router = APIRouter(prefix="/api/bots", tags=["bots"])

_PROPOSED = status.HTTP_202_ACCEPTED


class CooldownRequest(Body):
    """The least minutes of engine time between two entries: 5 to 120, or 0 for none."""

    minutes: Annotated[int, Field(ge=0, le=MAX_COOLDOWN)]


class CooldownAnswer(Answer):
    """What holds from now on."""

    bot_id: str
    bot: str
    cooldown_minutes: int


class CapitalRequest(Body):
    """Free cash into a bot, or its cash back; to withdraw without an `amount` takes all that is free."""

    kind: Literal["add", "withdraw"]
    amount: Money | None = None


class CloneRequest(Body):
    """What of the copy is chosen; by default a free name and the capital of the original."""

    name: Name | None = None
    capital: Money | None = None
    start: bool = False


async def _about(services: Services, caller: Caller, bot_id: str) -> dict[str, str]:
    return {"bot": await bot_name(services, caller.principal.user_id, bot_id)}


@router.post("/pause-all")
async def pause_all(caller: Asking, runner: Tools) -> AllMovedAnswer:
    """Pause every bot that runs, at once."""
    moved = await runner.call(caller, "pause_all_bots", {})
    if not isinstance(moved, BotsMoved):
        raise IntegrityError("A pause of all bots was answered with something else.")
    return AllMovedAnswer(bots=[OutcomePart.model_validate(one) for one in moved.outcomes], words=moved.words)


@router.post("/resume-all", status_code=_PROPOSED)
async def resume_all(caller: Asking, runner: Tools) -> Proposed:
    """Propose to let every paused bot trade again; 409 when none is paused."""
    return await propose(runner, caller, "resume_all_bots", {})


@router.post("/{bot_id}/start", status_code=_PROPOSED)
async def start(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to let a bot trade."""
    return await propose(runner, caller, "start_bot", await _about(services, caller, bot_id))


@router.post("/{bot_id}/pause")
async def pause(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> MovedAnswer:
    """No new entries, from now on; says what stays open."""
    moved = await runner.call(caller, "pause_bot", await _about(services, caller, bot_id))
    if not isinstance(moved, BotMoved):
        raise IntegrityError("A pause was answered with something else.")
    return MovedAnswer(bot_id=bot_id, bot=moved.name, status=moved.status, words=moved.words)


@router.post("/{bot_id}/resume", status_code=_PROPOSED)
async def resume(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to let a paused bot trade again."""
    return await propose(runner, caller, "resume_bot", await _about(services, caller, bot_id))


@router.post("/{bot_id}/stop", status_code=_PROPOSED)
async def stop(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to stop a bot for good; its confirmation takes a phrase."""
    return await propose(runner, caller, "stop_bot", await _about(services, caller, bot_id))


@router.post("/{bot_id}/flatten", status_code=_PROPOSED)
async def flatten(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to sell all a bot holds and to take its orders back; 409 when there is nothing to do."""
    return await propose(runner, caller, "flatten_bot", await _about(services, caller, bot_id))


@router.post("/{bot_id}/cooldown")
async def cooldown(
    bot_id: AnyBotId, body: CooldownRequest, caller: Asking, services: UseCases, runner: Tools
) -> CooldownAnswer:
    """Let a bot wait between its entries, from now on."""
    about = await _about(services, caller, bot_id)
    await runner.call(caller, "set_cooldown", {**about, "minutes": body.minutes})
    return CooldownAnswer(bot_id=bot_id, bot=about["bot"], cooldown_minutes=body.minutes)


@router.post("/{bot_id}/capital", status_code=_PROPOSED)
async def capital(
    bot_id: AnyBotId, body: CapitalRequest, caller: Asking, services: UseCases, runner: Tools
) -> Proposed:
    """Propose to move play money between free cash and a bot."""
    wish = await _about(services, caller, bot_id)
    if body.amount is not None:
        wish["amount"] = body.amount
    elif body.kind == "add":
        raise InvalidInput("Say how much to add: `amount`.")
    return await propose(runner, caller, f"{body.kind}_capital", wish)


@router.post("/{bot_id}/clone", status_code=_PROPOSED)
async def clone(bot_id: AnyBotId, body: CloneRequest, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose a new bot that trades like this one."""
    wish = {**await _about(services, caller, bot_id), **body.model_dump(exclude_none=True)}
    return await propose(runner, caller, "clone_bot", wish)
