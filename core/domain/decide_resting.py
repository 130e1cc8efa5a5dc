"""What becomes of an order that rests: it fills, is canceled, or expires (spec/pipeline.md, paper exchange)."""

from datetime import datetime
from decimal import Decimal

from core.domain import commands as cmd
from core.domain.account import Account
from core.domain.bot_state import Bot, RestingOrder
from core.domain.decision import NOTHING, Decision, Setting
from core.domain.errors import Conflict
from core.domain.events import OrderCanceled, OrderExpired, OrderFilled
from core.domain.instrument import FEE_SCHEDULES
from core.domain.money import BPS, ZERO, round_fee_up
from core.domain.order import Fill, Side
from core.domain.order_attempt import evidence
from core.domain.order_status import Trigger, after
from core.domain.paper_exchange import VERSION, ExchangeOrder, execute, make_fill
from core.domain.resting_fills import Waiting, reservation, trade_through


def fill_resting(state: Account, command: cmd.FillResting, setting: Setting) -> Decision:
    """Fill what this market state lets fill; nothing happens where it fills nothing, or the order is gone."""
    market = command.market
    bot = state.bots.get(command.bot_id)
    order = bot.orders.get(command.order_id) if bot else None
    if bot is None or order is None or command.writer_epoch < state.epoch:
        return NOTHING
    if (order.symbol, bot.source) != (market.symbol, market.source) or not _works_at(order, market.ts):
        return NOTHING
    if order.limit_price is None:
        fills, queue = _at_market(state, bot, order, command), None
    else:
        fills, queue = _passed(state, bot, order, order.limit_price, command)
    if not fills:
        return NOTHING
    left = order.left - sum((fill.quantity for fill in fills), ZERO)
    present = state.marks | setting.marks | {market.symbol: market.mid}
    return Decision(
        OrderFilled(
            order_id=order.order_id,
            bot_id=bot.bot_id,
            status=after(order.status, Trigger.FILL_PART if left else Trigger.FILL),
            fills=fills,
            reserved=reservation(order.side, left, order.limit_price, FEE_SCHEDULES[bot.exchange]),
            market=evidence(market),
            marks={symbol: present[symbol] for symbol in sorted({*state.priced_symbols(), market.symbol})},
            exchange_version=VERSION,
            queue_ahead=queue,
        )
    )


def _works_at(order: RestingOrder, ts: datetime) -> bool:
    """Whether what was traded until then may fill it: not before it came, nor once its time is over."""
    return order.accepted_at < ts and (order.expires_at is None or ts < order.expires_at)


def _at_market(state: Account, bot: Bot, order: RestingOrder, command: cmd.FillResting) -> tuple[Fill, ...]:
    """An exit that waits for a price or for depth takes what the book offers now."""
    depth = state.consumed.get(order.symbol)
    met = ExchangeOrder(order.side, order.left, order.decided_mid)
    consumed = depth.by(order.side) if depth else {}
    return execute(met, command.market, command.instrument, FEE_SCHEDULES[bot.exchange], consumed).fills


def _passed(
    state: Account, bot: Bot, order: RestingOrder, limit_price: Decimal, command: cmd.FillResting
) -> tuple[tuple[Fill, ...], Decimal | None]:
    """A limit order fills at its price, as a maker, by what was traded; gives also the queue that is left."""
    market, fees = command.market, FEE_SCHEDULES[bot.exchange]
    share = state.traded.get(order.symbol)
    taken = share.by(order.side) if share is not None and share.ts == market.ts else ZERO
    waiting = Waiting(order.side, limit_price, order.left, command.queue_ahead)
    traded = trade_through(waiting, market.trades, taken, command.instrument.lot_size)
    quantity = traded.quantity
    if quantity <= 0:
        return (), traded.queue_ahead
    if order.side is Side.BUY:
        # What a fill costs is what it frees of the reservation, so that rounding up many fees never exceeds it.
        freed = order.reserved - reservation(order.side, order.left - quantity, limit_price, fees)
        fee = freed - quantity * limit_price
    else:
        fee = round_fee_up(quantity * limit_price * fees.maker_bps / BPS, fees.decimals)
    met = ExchangeOrder(order.side, quantity, order.decided_mid, limit_price)
    return (make_fill(met, limit_price, quantity, fee, quantity, command.instrument),), traded.queue_ahead


def cancel(state: Account, command: cmd.CancelOrder, _: Setting) -> Decision:
    """Take a resting order back.

    Raises:
        Conflict: it does not rest (any more).
    """
    bot_id = state.working.get(command.order_id)
    if bot_id is None:
        raise Conflict("That order does not work any more, so there is nothing to cancel.")
    return Decision(OrderCanceled(command.order_id, bot_id, command.actor, command.reason))


def expire(state: Account, command: cmd.ExpireOrder, setting: Setting) -> Decision:
    """End an order whose time is over; nothing happens before that, or when it is gone."""
    bot_id = state.working.get(command.order_id)
    if bot_id is None or command.writer_epoch < state.epoch:
        return NOTHING
    expires_at = state.bots[bot_id].orders[command.order_id].expires_at
    if expires_at is None or setting.now < expires_at:
        return NOTHING
    return Decision(OrderExpired(command.order_id, bot_id, "its time was over"))
