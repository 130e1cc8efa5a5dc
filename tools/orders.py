"""The tool that places an order of a person: shown with its costs first, then brought to the market once."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.decide_bot import MANUAL_NAME
from core.domain.errors import Conflict
from core.domain.money import plain
from core.domain.order import Side
from core.domain.strategies.catalog import RISK_PROFILES
from core.services.confirmations import Proposal
from core.services.manual_orders import ManualOrder
from core.services.order_result import OrderResult
from core.services.services import Services
from core.services.traces import Trace, TraceKind
from tools.arguments import SubmitOrder
from tools.context import Caller
from tools.order_card import OrderCard
from tools.results import OrderAnswer
from tools.symbols import resolve_symbol

_DEFAULT_RISK = RISK_PROFILES["balanced"]
_TOLERANCE = Decimal("0.01")
"""So much of itself a price may move before an entry is shown again (spec/chat.md)."""


async def propose(services: Services, caller: Caller, args: SubmitOrder) -> Proposal | OrderAnswer:
    """Show the order with its costs; one that would come to nothing now is answered at once, with the reason.

    Raises:
        NotFound: no such pair or bot.
        Conflict: a sale of what nobody holds, or of what several bots hold.
        IdempotencyConflict: its key was used for another order.
    """
    user_id = caller.principal.user_id
    exact, bot = await _exact(services, user_id, args)
    if await _known(services, user_id, exact):
        return await submit(services, caller, exact, "")
    order = _order(exact, bot)
    result = await services.manual.preview(user_id, order)
    if not result.success:
        if bot is not None and result.gate_failed is not None and result.rejection_reason is not None:
            why = result.rejection_reason
            services.traces.record(Trace(bot.bot_id, result.timestamp, TraceKind.DENIAL, why, result.gate_failed))
        # There is no such order: it was only looked at.
        looked_at = replace(result, order_id=None, client_order_id=exact.client_order_id or "")
        return _answer(services, order, bot, looked_at, submitted=False)
    latest = services.hub.latest(order.symbol)
    basis = {"bot": bot.bot_id if bot else ""}
    if order.side is Side.BUY and latest is not None:
        basis["price"] = plain(latest.mid)
    card = OrderCard(order, result, bot, services.hub.feed.source, proposed=_wants_proposal(args))
    return Proposal(
        tool="submit_order",
        arguments=exact.model_dump(mode="json", exclude_none=True),
        title=card.title,
        effect=card.effect(),
        basis=basis,
        phrase=None,
    )


def moved(shown: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether the price of an entry went by more than one percent since; an exit is never held up."""
    if "price" not in shown or "price" not in present:
        return False
    before, now = Decimal(shown["price"]), Decimal(present["price"])
    return abs(now - before) > before * _TOLERANCE


async def submit(services: Services, caller: Caller, args: SubmitOrder, key: str) -> OrderAnswer:
    """Bring the order that was shown to the market, once per key."""
    user_id = caller.principal.user_id
    exact, bot = await _exact(services, user_id, args)
    order, own_key = _order(exact, bot), exact.client_order_id or key
    result = await services.manual.place(user_id, order, actor=caller.principal.email, key=own_key)
    return _answer(services, order, bot, result, submitted=True)


def _answer(
    services: Services, order: ManualOrder, bot: Bot | None, result: OrderResult, *, submitted: bool
) -> OrderAnswer:
    name = bot.name if bot else MANUAL_NAME
    return OrderAnswer(result, name, order.side, order.symbol, submitted, services.hub.feed.source)


async def _known(services: Services, user_id: str, exact: SubmitOrder) -> bool:
    """Whether the order came before: then it is answered with what was recorded, or is a conflict."""
    key = exact.client_order_id
    return key is not None and await services.orders.known(user_id, key)


async def _exact(services: Services, user_id: str, args: SubmitOrder) -> tuple[SubmitOrder, Bot | None]:
    """The order with its pair, its bot (None: the one of the person's own orders, yet to be made) and its targets."""
    state = await services.writer.account(user_id)
    bot = state.named(args.bot) if args.bot else None
    symbol = resolve_symbol(args.symbol, _symbols(services, state)) if args.symbol else bot.symbol if bot else ""
    if bot is None:
        bot = _seller(state, symbol) if args.side is Side.SELL else state.manual_bot(symbol.partition("/")[2])
    chosen: dict[str, object] = {"symbol": symbol, "bot": bot.name if bot else None, **_targets(args)}
    return args.model_copy(update=chosen), bot


def _symbols(services: Services, state: Account) -> list[str]:
    """What is served, and what is held though it is not served any more: that can still be sold."""
    return list(dict.fromkeys((*services.hub.feed.symbols, *state.open_symbols())))


def _seller(state: Account, symbol: str) -> Bot:
    """Whose position is meant by a sale that names no bot: that of the person's own orders, else the only one."""
    holders = [bot for bot in state.bots.values() if bot.held(symbol)]
    own = next((bot for bot in holders if bot.manual), None)
    if own is not None or len(holders) == 1:
        return own or holders[0]
    base = symbol.partition("/")[0]
    if not holders:
        raise Conflict(f"You hold no {base}, so there is nothing to sell.")
    raise Conflict(f"Several bots hold {base}: {', '.join(bot.name for bot in holders)}. Say whose is to be sold.")


def _wants_proposal(args: SubmitOrder) -> bool:
    """Whether an entry leaves its target to us."""
    stated = args.take_profit is not None or args.expected_edge_bps is not None
    return args.side is Side.BUY and args.propose_target and not stated


def _targets(args: SubmitOrder) -> dict[str, object]:
    """The balanced risk mode's target, and its stop when none is stated either."""
    if not _wants_proposal(args):
        return {}
    chosen: dict[str, object] = {"expected_edge_bps": _DEFAULT_RISK.take_profit_bps}
    if args.stop_loss is None and args.stop_loss_bps is None:
        chosen["stop_loss_bps"] = _DEFAULT_RISK.stop_loss_bps
    return chosen


def _order(exact: SubmitOrder, bot: Bot | None) -> ManualOrder:
    # A buy of the person's own leaves its bot to the service, which makes and starts it when needed.
    own = bot is None or (bot.manual and exact.side is Side.BUY)
    return ManualOrder(
        symbol=exact.symbol or "",
        side=exact.side,
        quantity=exact.quantity,
        notional=exact.amount,
        limit_price=exact.limit_price,
        time_in_force=exact.time_in_force,
        post_only=exact.post_only,
        good_for_minutes=exact.good_for_minutes,
        take_profit=exact.take_profit,
        stop_loss=exact.stop_loss,
        stop_loss_bps=exact.stop_loss_bps,
        expected_edge_bps=exact.expected_edge_bps,
        bot_id=None if own or bot is None else bot.bot_id,
    )
