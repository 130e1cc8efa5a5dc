"""Tools for what works or is held already: cancel an order, flatten a bot, space out its entries."""

from core.domain.bot_state import Bot
from core.domain.errors import Conflict, NotFound
from core.domain.money import plain
from core.services.confirmations import Proposal
from core.services.order_reader import OrderView
from core.services.services import Services
from tools.arguments import CancelOrder, FlattenBot, SetCooldown
from tools.context import Caller
from tools.order_card import figure
from tools.results import CooldownSet, Flattened, OrderTakenBack
from tools.symbols import resolve_symbol

#: So many characters of an order's id are shown where it stands beside others; its beginning names it as well.
SHORT_ID = 8
_LISTED = 5
#: A shorter beginning of an id is more likely a slip than meant.
_LEAST_OF_ID = 4


async def cancel_order(services: Services, caller: Caller, args: CancelOrder, key: str) -> OrderTakenBack:
    """Take an order back at once; what it reserved is free again.

    Raises:
        NotFound: there is no such order, or none works.
        Conflict: it works no more, or several could be meant.
    """
    user_id = caller.principal.user_id
    if args.order_id is not None:
        order = await _of_id(services, user_id, args.order_id)
    else:
        order = await _only_one(services, user_id, args)
    actor, why = caller.principal.email, "canceled by its owner"
    await services.orders.cancel(user_id, order.order_id, actor=actor, reason=why, key=key)
    return OrderTakenBack(order)


async def _of_id(services: Services, user_id: str, given: str) -> OrderView:
    """The order of this id, else the only one that works and whose id begins so."""
    pending = await services.order_reader.pending(user_id)
    meant = [o for o in pending if o.order_id.startswith(given)] if len(given) >= _LEAST_OF_ID else []
    if len(meant) > 1 and all(order.order_id != given for order in meant):
        raise Conflict(f"The ids of several orders begin so: {_listed(meant)}. Say more of it.")
    return meant[0] if len(meant) == 1 else await services.order_reader.status(user_id, given)


async def _only_one(services: Services, user_id: str, args: CancelOrder) -> OrderView:
    state = await services.writer.account(user_id)
    bot_id = state.named(args.bot).bot_id if args.bot else None
    pending = await services.order_reader.pending(user_id)
    known = list(dict.fromkeys((*services.hub.feed.symbols, *(order.symbol for order in pending))))
    symbol = resolve_symbol(args.symbol, known) if args.symbol else None
    meant = [o for o in pending if bot_id in {None, o.bot_id} and symbol in {None, o.symbol}]
    if not meant:
        raise NotFound("No such order works now, so there is nothing to cancel.")
    if len(meant) > 1:
        raise Conflict(f"{len(meant)} orders work: {_listed(meant)}. Say the id of the one to cancel.")
    return meant[0]


def _listed(orders: list[OrderView]) -> str:
    """Orders to choose from, the first few of many."""
    more = f" and {len(orders) - _LISTED} more" if len(orders) > _LISTED else ""
    return "; ".join(order_words(order) for order in orders[:_LISTED]) + more


def order_words(order: OrderView) -> str:
    """An order in a few words, with its id."""
    base = order.symbol.partition("/")[0]
    price = "at the market" if order.limit_price is None else f"at {figure(order.limit_price)}"
    return f"{order.bot}: {order.side} {plain(order.quantity - order.filled_qty)} {base} {price} ({order.order_id})"


async def propose_flatten(services: Services, caller: Caller, args: FlattenBot) -> Proposal:
    """Show what is sold; an exit is never held up by what the price did meanwhile."""
    bot = (await services.writer.account(caller.principal.user_id)).named(args.bot)
    if bot.flat and not bot.orders:
        raise Conflict(f"{bot.name} holds nothing and no order of it works, so there is nothing to flatten.")
    working = f"Takes back its working orders: {len(bot.orders)}." if bot.orders else ""
    after = "It goes on afterwards; pause it when it should not enter again."
    last = f"Prices: {services.hub.feed.source}. Paper trading."
    sales = [_sale(services, bot, symbol) for symbol in bot.symbols if bot.held(symbol)]
    return Proposal(
        tool="flatten_bot",
        arguments={"bot": bot.name},
        title=f"Flatten {bot.name}",
        effect=tuple(line for line in (*sales, working, after, last) if line),
        basis={"bot": bot.bot_id},
        phrase=None,
    )


def _sale(services: Services, bot: Bot, symbol: str) -> str:
    held, (base, quote) = bot.held(symbol), symbol.split("/")
    latest = services.hub.latest(symbol)
    if latest is None:
        return f"Sells {plain(held)} {base} as soon as there is a price."
    return f"Sells {plain(held)} {base} at the market, worth about {figure(held * latest.bid)} {quote} now."


async def flatten(services: Services, caller: Caller, args: FlattenBot, key: str) -> Flattened:
    """Take the bot's orders back and sell all it holds."""
    user_id = caller.principal.user_id
    bot = (await services.writer.account(user_id)).named(args.bot)
    working = len(bot.orders)
    sold = await services.exits.flatten(user_id, bot.bot_id, actor=caller.principal.email, key=key)
    return Flattened(bot.name, sold, working, services.hub.feed.source)


async def set_cooldown(services: Services, caller: Caller, args: SetCooldown, key: str) -> CooldownSet:
    """Let a bot wait between its entries."""
    user_id = caller.principal.user_id
    bot = (await services.writer.account(user_id)).named(args.bot)
    actor = caller.principal.email
    await services.bots.set_cooldown(user_id, bot.bot_id, args.minutes, actor=actor, key=key)
    return CooldownSet(bot.name, args.minutes)
