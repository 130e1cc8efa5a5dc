"""Tools about the guard rails: limits, what is used of them, circuit breakers and their reset."""

from dataclasses import dataclass

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.events import Metric
from core.domain.user import Role
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import NoArguments, ResetBreaker
from tools.context import Caller
from tools.results import BreakerClosed, BreakersShown, LimitsShown, UsageShown

_HISTORY = 20
_ACCOUNT = "your account"


async def limits_config(services: Services, caller: Caller, _: NoArguments) -> LimitsShown:
    """Every limit the person trades under."""
    return LimitsShown(await services.guardrails.limits(caller.principal.user_id))


async def limits_usage(services: Services, caller: Caller, _: NoArguments) -> UsageShown:
    """What is used of the limits now, and when it clears."""
    return UsageShown(await services.guardrails.usage(caller.principal.user_id))


async def circuit_breaker_status(services: Services, caller: Caller, _: NoArguments) -> BreakersShown:
    """Both scopes with each metric, the history, and the bots in quarantine."""
    user_id, rails = caller.principal.user_id, services.guardrails
    history, quarantined = await rails.history(user_id, _HISTORY), await rails.quarantined(user_id)
    return BreakersShown(await rails.breaker(user_id), tuple(history), tuple(quarantined))


@dataclass(frozen=True, slots=True)
class _Scope:
    """One breaker: of a bot, or of its owner when `bot` is None; `whose` is their e-mail when an admin asks."""

    user_id: str
    bot: Bot | None
    tripped: Metric | None
    whose: str | None = None

    @property
    def words(self) -> str:
        """The breaker's scope for people."""
        if self.whose is None:
            return self.bot.name if self.bot else _ACCOUNT
        return f"{self.bot.name} of {self.whose}" if self.bot else f"the account of {self.whose}"


async def propose_reset(services: Services, caller: Caller, args: ResetBreaker) -> Proposal:
    """Show which breaker would be closed, and what that re-bases; without a name, the one that is open.

    Raises:
        NotFound: no such bot, or somebody else's.
        Conflict: it is not open, or several are.
        InvalidInput: no reason was given.
    """
    scope = await _scope(services, caller, args)
    if scope.tripped is None:
        raise Conflict(f"The circuit breaker of {scope.words} is not open, so there is nothing to reset.")
    if args.reason is None:
        raise InvalidInput(
            f"The circuit breaker of {scope.words} opened because of {scope.tripped.value.replace('_', ' ')}. "
            "A reset is recorded with its reason: say why it is safe to go on, as in "
            "“reset the circuit breaker because I have lowered the risk”."
        )
    foreign = scope.whose is not None
    exact = ResetBreaker(
        bot=scope.bot.name if scope.bot and not foreign else None,
        bot_id=args.bot_id if foreign else None,
        whole_account=foreign and scope.bot is None,
        reason=args.reason,
    )
    return Proposal(
        tool="reset_circuit_breaker",
        arguments=exact.model_dump(mode="json", exclude_none=True),
        title=f"Reset the circuit breaker of {scope.words}",
        effect=(
            f"It opened because of: {scope.tripped.value.replace('_', ' ')}.",
            "Peak and streak start afresh; its bots stay paused until they are resumed.",
            f"Reason: {args.reason}",
        ),
        basis={"bot": scope.bot.bot_id if scope.bot else "", "tripped": scope.tripped.value},
        phrase=None,
    )


async def reset(services: Services, caller: Caller, args: ResetBreaker, key: str) -> BreakerClosed:
    """Close a breaker again.

    Raises:
        Conflict: it is not open.
    """
    if args.reason is None:
        raise InvalidInput("A reset is recorded with its reason.")
    scope = await _scope(services, caller, args)
    bot_id = scope.bot.bot_id if scope.bot else None
    actor = caller.principal.email
    await services.bots.reset_breaker(scope.user_id, bot_id, actor=actor, reason=args.reason, key=key)
    return BreakerClosed(scope.words)


async def _scope(services: Services, caller: Caller, args: ResetBreaker) -> _Scope:
    user_id = caller.principal.user_id
    state = await services.writer.account(user_id)
    if args.bot_id is not None:
        return await _by_id(services, caller, state, args)
    if args.bot is not None:
        bot = state.named(args.bot)
        return _Scope(user_id, bot, bot.tripped)
    tripped = [bot for bot in state.bots.values() if bot.tripped is not None and bot.status is not BotStatus.STOPPED]
    if state.tripped is None and len(tripped) > 1:
        raise Conflict(f"Several breakers are open: {', '.join(b.name for b in tripped)}. Say which bot's to reset.")
    if state.tripped is None and tripped:
        return _Scope(user_id, tripped[0], tripped[0].tripped)
    return _Scope(user_id, None, state.tripped)


async def _by_id(services: Services, caller: Caller, own: Account, args: ResetBreaker) -> _Scope:
    """The breaker that keeps this bot from entering: its own, else its owner's."""
    bot_id, state = args.bot_id or "", own
    if bot_id not in own.bots and caller.principal.role is Role.ADMIN:
        owner_id = await services.bots.owner(bot_id)
        state = own if owner_id is None else await services.writer.account(owner_id)
    if bot_id not in state.bots:
        raise NotFound("There is no such bot.")
    bot, whose = state.bots[bot_id], None
    if state is not own:
        owner = await services.accounts.current(state.user_id)
        whose = owner.email if owner else "somebody who is gone"
    if args.whole_account or (bot.tripped is None and state.tripped is not None):
        return _Scope(state.user_id, None, state.tripped, whose)
    return _Scope(state.user_id, bot, bot.tripped, whose)
