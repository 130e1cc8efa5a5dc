"""The tool that explains: why a bot acted or did not, from its decision traces and its last order."""

from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import Conflict, NotFound
from core.domain.events import OrderAccepted, OrderExecuted
from core.domain.journal import read
from core.domain.valuation import effective_status
from core.services.order_result import recorded
from core.services.services import Services
from core.services.traces import Trace, TraceKind
from tools.arguments import ExplainDecision
from tools.context import Caller
from tools.results import Explained, LastOrder

_TRACES = 20
_EVENTS = 1_000
"""Newest events among which a bot's last order is looked for."""


async def explain_decision(services: Services, caller: Caller, args: ExplainDecision) -> Explained:
    """The newest decisions of a bot, with the figures its gates saw.

    Raises:
        NotFound: no such bot.
        Conflict: several bots, and none named.
    """
    user_id = caller.principal.user_id
    state = await services.writer.account(user_id)
    bot = state.named(args.bot) if args.bot else _only_one(list(state.bots.values()))
    traces = tuple(await services.traces.newest(bot.bot_id, _TRACES))
    return Explained(
        bot=bot.name,
        status=effective_status(bot, halted=state.halted),
        status_reason=bot.status_reason,
        traces=traces,
        last_order=await _last_order(services, user_id, bot),
        why_no_trade=None if bot.book.fills else why_no_trade(services, bot, state.halted, traces),
        source=bot.source or services.hub.feed.source,
        now=services.hub.feed.now(),
    )


def _only_one(bots: list[Bot]) -> Bot:
    living = [bot for bot in bots if bot.status is not BotStatus.STOPPED]
    if not living:
        raise NotFound("You have no bots yet, so there is no decision to explain.")
    if len(living) > 1:
        raise Conflict(f"You have several bots: {', '.join(bot.name for bot in living)}. Say whose decision is meant.")
    return living[0]


def why_no_trade(services: Services, bot: Bot, halted: bool, traces: tuple[Trace, ...]) -> str:  # noqa: FBT001 - the one flag of an account
    """Why a bot has not traded yet, in a sentence."""
    status = effective_status(bot, halted=halted)
    denial = next((trace.text for trace in traces if trace.kind is TraceKind.DENIAL), None)
    if bot.manual:
        return f"Its last order was denied: {denial}" if denial else "It only brings the orders that you place."
    if status != "running":
        return f"It is {status.replace('_', ' ')}."
    warmth = services.engine.warmth(bot.symbol, bot.bot_id)
    if warmth is None:
        return "The engine is about to take it up."
    seen, needed = warmth
    if seen < needed:
        return f"Warming up: {seen} of {needed} bars."
    return f"Its last wish was denied: {denial}" if denial else "No signal yet; it looks at every closed bar."


async def _last_order(services: Services, user_id: str, bot: Bot) -> LastOrder | None:
    """The newest order of a bot as the journal has it; its status as it is now."""
    page = await services.ledger.events(user_id, _EVENTS)
    for document in page.documents:
        if document["payload"].get("bot_id") != bot.bot_id or "client_order_id" not in document["payload"]:
            continue
        event = read(document)
        if isinstance(event.payload, OrderExecuted | OrderAccepted):
            fact, answer = event.payload, recorded(event.payload, event.ts, cached=True)
            now = await services.order_reader.status(user_id, fact.order_id)
            return LastOrder(
                order_id=fact.order_id,
                side=fact.side,
                symbol=fact.symbol,
                status=now.status,
                reason=fact.reason,
                ts=event.ts,
                quantity=fact.quantity,
                filled_qty=now.filled_qty,
                limit_price=fact.limit_price,
                avg_px=answer.avg_px,
                fee=answer.fee,
                slippage_bps=answer.slippage_bps,
                take_profit=fact.take_profit,
                stop_loss=fact.stop_loss,
                gates_passed=fact.gates_passed,
                cost=fact.cost,
                required_bps=fact.cost.required_bps if fact.cost else None,
            )
    return None
