"""What the routes of orders answer."""

from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.services.order_reader import OrderView
from tools.results import OrderAnswer
from web.api.fields import Answer, Figure, Time


class CostPart(Answer):
    """What a round trip costs, in bps of the notional; `required_bps` is the smallest edge that passes."""

    entry_fee_bps: Figure
    exit_fee_bps: Figure
    spread_bps: Figure
    slippage_buffer_bps: Figure
    safety_margin_bps: Figure
    min_edge_bps: Figure
    required_bps: Figure


class OrderFillPart(Answer):
    """One execution; `slippage_bps` against the mid at decision, positive is worse."""

    price: Figure
    quantity: Figure
    fee: Figure
    fee_currency: str
    fee_quote_value: Figure
    slippage_bps: Figure
    level_quantity: Figure


class PlacedPart(Answer):
    """What became of an order: `success` when something filled or it works, else which gate said no and why.

    A denial names the `limit`, the `value` now, and when it clears, where that is known. `cached`: the order came
    before, and this is what was recorded then.
    """

    success: bool
    order_id: str | None
    client_order_id: str | None
    bot_id: str | None
    bot: str
    symbol: str
    side: Side
    status: OrderStatus
    quantity: Figure | None
    limit_price: Figure | None
    filled_qty: Figure
    avg_px: Figure | None
    fee: Figure
    slippage_bps: Figure | None
    take_profit: Figure | None
    stop_loss: Figure | None
    gates_passed: list[str]
    gate_failed: str | None
    rejection_reason: str | None
    code: str | None
    limit: str | None
    value: str | None
    clears_at: Time | None
    cost_bps: CostPart | None
    fills: list[OrderFillPart]
    cached: bool
    timestamp: Time


class OrderPart(Answer):
    """An order as it is now; `reserved` is quote cash (buy) or units of the coin (sale), nothing once it has ended."""

    order_id: str
    client_order_id: str
    bot_id: str
    bot: str
    symbol: str
    side: Side
    status: OrderStatus
    quantity: Figure
    filled_qty: Figure
    limit_price: Figure | None
    reserved: Figure
    time: Time
    expires_at: Time | None


class OrdersAnswer(Answer):
    """Orders that work, oldest first."""

    orders: list[OrderPart]
    cursor: str | None


def placed(answer: OrderAnswer) -> PlacedPart:
    """The answer to an order, flat."""
    order, own = answer.order, {"bot": answer.bot, "side": answer.side, "symbol": answer.symbol}
    names = (name for name in PlacedPart.model_fields if name not in own)
    found = {name: getattr(order, name) for name in names} | own
    return PlacedPart.model_validate(found | {"client_order_id": order.client_order_id or None})


def viewed(view: OrderView) -> OrderPart:
    """An order as the reader gives it."""
    return OrderPart.model_validate(view)
