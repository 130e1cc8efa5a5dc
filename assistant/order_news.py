"""What a person is told of orders that work, and of a halt of everybody; the rest of the news is in news.py."""

from collections.abc import Sequence
from decimal import Decimal

from assistant import formats as f
from assistant.blocks import Block, Text
from core.domain.account import Account
from core.domain.bot_state import RestingOrder
from core.domain.events import HaltScope, OrderAccepted, OrderExpired, OrderFilled, TradingHalted, TradingResumed
from core.domain.money import ZERO, plain, ratio
from core.domain.order import Fill, Side
from core.domain.order_status import OrderStatus
from core.services.appended import Appended

_LINES = 8


def order_news(events: Sequence[Appended]) -> list[Block]:
    """Words for fills and endings of orders that worked, in one message."""
    lines = [line for appended in events if (line := _line(appended)) is not None]
    if not lines:
        return []
    more = [f"…and {len(lines) - _LINES} more."] if len(lines) > _LINES else []
    return [Text("\n".join(f"- {line}" for line in [*lines[:_LINES], *more]) if len(lines) > 1 else lines[0])]


def _line(appended: Appended) -> str | None:
    state = appended.state
    match appended.event.payload:
        case OrderAccepted(market=market) as fact if fact.fills and market is not None:
            done = _fills(fact.side, fact.symbol, fact.fills, market.source)
            return f"{_name(state, fact.bot_id)} {done}; the rest of the order works on."
        case OrderFilled() as fact if appended.orders:
            return _filled(appended, fact, appended.orders[0][1])
        case OrderExpired() as fact if appended.orders:
            _, order = appended.orders[0]
            base = order.symbol.partition("/")[0]
            what = f"{order.side} {plain(order.quantity)} {base}"
            return (
                f"The order of {_name(state, fact.bot_id)} to {what} has expired; filled: {plain(order.filled)} {base}."
            )
        case TradingHalted(scope=HaltScope.SYSTEM) as fact:
            return f"⚠️ An admin has halted all trading: {f.escape(fact.reason)}. No order to buy passes; sales do."
        case TradingResumed(scope=HaltScope.SYSTEM):
            return "The halt of everybody is lifted. Your bots stay paused until you resume them."
        case _:
            return None


def _name(state: Account, bot_id: str) -> str:
    return f"**{f.escape(state.bots[bot_id].name)}**"


def _filled(appended: Appended, fact: OrderFilled, order: RestingOrder) -> str:
    done = _fills(order.side, order.symbol, fact.fills, fact.market.source)
    whole = "which fills its order" if fact.status is OrderStatus.FILLED else "part of its order"
    line = f"{_name(appended.state, fact.bot_id)} {done}, {whole}."
    if appended.trade is None:
        return line
    quote = order.symbol.partition("/")[2]
    return f"{line} Result: {f.signed(appended.trade.net_pnl, quote)}."


def _fills(side: Side, symbol: str, fills: tuple[Fill, ...], source: str) -> str:
    """What was filled, at which price, with which fee."""
    base, quote = symbol.split("/")
    quantity = sum((fill.quantity for fill in fills), ZERO)
    price = ratio(sum((fill.price * fill.quantity for fill in fills), ZERO), quantity)
    fee = sum((fill.fee_quote_value for fill in fills), Decimal(0))
    verb = "bought" if side is Side.BUY else "sold"
    terms = f"(fee {f.money(fee, quote)}, prices: {f.escape(source)})"
    return f"{verb} {plain(quantity)} {base} at {f.price(price)} {terms}"
