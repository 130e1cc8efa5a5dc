"""Tools that pause or resume all bots of a person at once."""

from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import NoArguments
from tools.context import Caller
from tools.results import BotsMoved

_NAMED = 12


async def pause_all_bots(services: Services, caller: Caller, _: NoArguments, key: str) -> BotsMoved:
    """No new entries of any bot; what is open keeps its protection."""
    user_id = caller.principal.user_id
    outcomes = await services.bot_changes.pause_all(user_id, actor=caller.principal.email, key=key)
    if not outcomes:
        return BotsMoved("paused", (), "No bot runs, so there is nothing to pause.")
    state = services.writer.known(user_id)
    holding = [bot.name for bot in state.bots.values() if bot.status is BotStatus.PAUSED and not bot.flat]
    words = "No bot makes new entries; entries that rested are taken back."
    if holding:
        words += f" Still open, each with its target and stop: {_listed(holding)}. “flatten NAME” would sell it."
    return BotsMoved("paused", outcomes, words)


async def propose_resume_all(services: Services, caller: Caller, _: NoArguments) -> Proposal:
    """Show which bots would run again."""
    await services.bots.refuse_to_run(caller.principal.user_id)
    state = await services.writer.account(caller.principal.user_id)
    paused = [bot for bot in state.bots.values() if bot.status is BotStatus.PAUSED and not bot.manual]
    if not paused:
        raise Conflict("No bot is paused, so there is nothing to resume.")
    names = sorted((bot.name for bot in paused), key=str.casefold)
    return Proposal(
        tool="resume_all_bots",
        arguments={},
        title="Resume all paused bots",
        effect=(
            f"Lets {len(names)} run again: {_listed(names)}.",
            "They make entries again from the next closed bar. One that may not run stays paused, with the reason.",
        ),
        basis={"bots": " ".join(sorted(bot.bot_id for bot in paused))},
        phrase=None,
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


async def resume_all_bots(services: Services, caller: Caller, _: NoArguments, key: str) -> BotsMoved:
    """Let every paused bot trade again that may."""
    user_id = caller.principal.user_id
    outcomes = await services.bot_changes.resume_all(user_id, actor=caller.principal.email, key=key)
    ran = sum(outcome.problem is None for outcome in outcomes)
    words = f"{ran} of {len(outcomes)} run again; fills appear here." if outcomes else "No bot was paused."
    return BotsMoved("resumed", outcomes, words)
