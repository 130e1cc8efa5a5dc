"""What a person does to one of their bots over REST."""

from typing import Annotated

from fastapi import APIRouter, Path, status
from pydantic import Field

from core.domain.errors import Conflict
from core.services.services import Services
from tools.arguments_orders import MAX_COOLDOWN
from web.api.confirmations import Proposed, propose
from web.api.fields import Answer, Asking, Body, Tools, UseCases

router = APIRouter(prefix="/api/bots", tags=["bots"])

_BotId = Annotated[str, Path(max_length=64)]


class CooldownRequest(Body):
    """The least minutes of engine time between two entries: 5 to 120, or 0 for none."""

    minutes: Annotated[int, Field(ge=0, le=MAX_COOLDOWN)]


class CooldownAnswer(Answer):
    """What holds from now on."""

    bot_id: str
    bot: str
    cooldown_minutes: int


async def bot_name(services: Services, user_id: str, bot_id: str) -> str:
    """The name the tools know a bot by.

    Raises:
        NotFound: this user has no such bot.
        Conflict: it is stopped, and another one has its name now.
    """
    state = await services.writer.account(user_id)
    name = state.bot(bot_id).name
    if state.named(name).bot_id != bot_id:
        raise Conflict(f"{name} is stopped for good; another bot has its name now.")
    return name


@router.post("/{bot_id}/flatten", status_code=status.HTTP_202_ACCEPTED)
async def flatten(bot_id: _BotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to sell all a bot holds and to take its orders back; 409 when there is nothing to do."""
    name = await bot_name(services, caller.principal.user_id, bot_id)
    return await propose(runner, caller, "flatten_bot", {"bot": name})


@router.post("/{bot_id}/cooldown")
async def cooldown(
    bot_id: _BotId, body: CooldownRequest, caller: Asking, services: UseCases, runner: Tools
) -> CooldownAnswer:
    """Let a bot wait between its entries, from now on."""
    name = await bot_name(services, caller.principal.user_id, bot_id)
    await runner.call(caller, "set_cooldown", {"bot": name, "minutes": body.minutes})
    return CooldownAnswer(bot_id=bot_id, bot=name, cooldown_minutes=body.minutes)
