"""Tools about the product itself: health for admins, modes and help for everybody."""

from core.domain.strategies.catalog import STRATEGIES
from core.services.services import Services
from tools.arguments import Help, NoArguments
from tools.context import Caller
from tools.glossary import WORDS, explain
from tools.results import HelpText, ModesShown, SystemHealth


async def system_health(services: Services, _: Caller, __: NoArguments) -> SystemHealth:
    """All parts of the system as they are now."""
    return SystemHealth(tuple(await services.health.report()))


async def system_modes(services: Services, caller: Caller, _: NoArguments) -> ModesShown:
    """What is halted, for everybody and for the person."""
    state = await services.writer.account(caller.principal.user_id)
    return ModesShown(await services.modes.trading(), state.user_halted, services.hub.feed.source)


async def explain_word(_: Services, __: Caller, args: Help) -> HelpText:
    """A word of the field, or that it is not in the glossary."""
    if args.topic is None:
        return HelpText(None, "", ())
    text = explain(args.topic) or f"I have no entry for that. I can explain: {', '.join((*WORDS, *STRATEGIES))}."
    return HelpText(args.topic, text, ())
