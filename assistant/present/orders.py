"""Orders as blocks: what became of one, what was taken back or sold."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from assistant import formats as f
from assistant.blocks import Block, Card, Field, Text, Tone
from assistant.present.base import foot, present
from assistant.present.working import reserved
from core.domain.money import ZERO, plain
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.services.order_result import OrderResult
from tools import results as r
from tools.order_card import cost_words, figure, worth

_GATES = {
    "idempotency": "1 idempotency",
    "fee_coverage": "2 fee coverage",
    "trade_limiter": "3 trade limiter",
    "circuit_breaker": "4 circuit breaker",
    "mode": "halt",
    "price": "price",
    "ownership": "ownership",
    "life_cycle": "the bot's state",
}


def gate_words(gate: str) -> str:
    """A gate as people know it, with its number."""
    return _GATES.get(gate, gate.replace("_", " "))


def status_words(status: OrderStatus) -> str:
    """An order's status for people."""
    return status.value.lower().replace("_", " ")


def clears(at: datetime, now: datetime) -> str:
    """When a limit clears, and how long that is."""
    left = Decimal(max(int((at - now).total_seconds()), 0))
    return f"{f.moment(at)}, in {f.duration(left)}"


@present.register
def _(result: r.OrderAnswer) -> tuple[Block, ...]:
    order = result.order
    if order.gate_failed is not None:
        return (_denied(result, order.gate_failed),)
    if not order.success:
        why = order.rejection_reason or "The market offered nothing for it."
        title = f"The order ended without a fill ({status_words(order.status)})" if result.submitted else "Not placed"
        return (
            Card(
                title,
                (Field("Order", _order_words(result)), Field("Why", why, Tone.WARNING)),
                foot(result.source),
                Tone.WARNING,
            ),
        )
    return (_placed(result),)


def _order_words(result: r.OrderAnswer) -> str:
    order, base = result.order, result.symbol.partition("/")[0]
    quantity = f"{plain(order.quantity)} {base}" if order.quantity is not None else base
    price = "at the market" if order.limit_price is None else f"at {f.price(order.limit_price)} or better"
    return f"{result.bot}: {result.side} {quantity} {price}"


def _denied(result: r.OrderAnswer, gate: str) -> Card:
    """Which gate, which limit, the value now, and when it clears."""
    order = result.order
    fields = [
        Field("Order", _order_words(result)),
        Field("Gate", gate_words(gate)),
        Field("Why", order.rejection_reason or "", Tone.WARNING),
    ]
    if order.limit is not None:
        fields.append(_figure("Limit", order.limit))
    if order.value is not None:
        fields.append(_figure("Now", order.value))
    if order.clears_at is not None:
        fields.append(Field("Clears", clears(order.clears_at, order.timestamp)))
    if order.cost_bps is not None:
        fields.append(Field("Costs to cover", cost_words(order.cost_bps)))
    if order.gates_passed:
        fields.append(Field("Passed", ", ".join(map(gate_words, order.gates_passed))))
    return Card("Order denied: nothing was done", tuple(fields), foot(result.source), Tone.WARNING)


def _figure(label: str, text: str) -> Field:
    """A limit or value of a gate: a number in short with the exact one behind, or words."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Field(label, text.replace("_", " "))
    short = figure(amount)
    return Field(label, short, exact=text if short.replace(",", "") != text else None)


def _placed(result: r.OrderAnswer) -> Card:
    order, (base, quote) = result.order, result.symbol.split("/")
    verb = "Bought" if result.side is Side.BUY else "Sold"
    title = f"{verb} {plain(order.filled_qty)} {base}" if order.filled_qty else f"Order {status_words(order.status)}"
    cut = order.status is OrderStatus.CANCELED  # it filled in part, and what was left did not wait
    status = "filled in part; the rest found nobody and was canceled" if cut else status_words(order.status)
    fields = [Field("Order", _order_words(result)), Field("Status", status, Tone.WARNING if cut else Tone.NEUTRAL)]
    if order.filled_qty:
        fields.append(Field("Filled", f"{plain(order.filled_qty)} {base}"))
    fields += _execution(order, quote)
    if order.order_id is not None:
        fields.append(Field("Order id", order.order_id))
    if order.cached:
        fields.append(Field("Repeated", "this order came before; nothing was done again"))
    return Card(title, tuple(fields), foot(result.source), Tone.NEUTRAL)


def _execution(order: OrderResult, quote: str) -> list[Field]:
    fields: list[Field] = []
    if order.avg_px is not None:
        fields += [
            Field("Average price", f.price(order.avg_px), exact=plain(order.avg_px)),
            Field("Fee", f"{worth(order.fee)} {quote}", exact=plain(order.fee)),
            Field("Slippage", f"{f.grouped(order.slippage_bps or ZERO)} bps"),
        ]
    if order.take_profit is not None or order.stop_loss is not None:
        fields.append(Field("Target / stop", ends(order.take_profit, order.stop_loss)))
    if order.cost_bps is not None:
        fields.append(Field("Costs to cover", cost_words(order.cost_bps)))
    return fields


def ends(target: Decimal | None, stop: Decimal | None) -> str:
    """Protective prices, a dash for none."""
    return f"{f.price(target) if target else '-'} / {f.price(stop) if stop else '-'}"


@present.register
def _(result: r.OrderTakenBack) -> tuple[Block, ...]:
    order, base = result.order, result.order.symbol.partition("/")[0]
    what = f"{order.side} {plain(order.quantity)} {base}"
    filled = f" {plain(order.filled_qty)} {base} had filled before." if order.filled_qty else ""
    free = f"Free again: {reserved(order)}."
    return (Text(f"The order of **{f.escape(order.bot)}** to {what} is canceled.{filled} {free}"),)


@present.register
def _(result: r.Flattened) -> tuple[Block, ...]:
    fields = [Field("Orders taken back", str(result.canceled))]
    for order in result.orders:
        base, quote = (order.symbol or "/").split("/")
        left = (order.quantity or ZERO) - order.filled_qty
        if order.filled_qty and order.avg_px is not None:
            words = f"{plain(order.filled_qty)} {base} at {f.price(order.avg_px)}, fee {worth(order.fee)} {quote}"
            fields.append(Field(f"Sold {base}", words, exact=plain(order.avg_px)))
        if order.success and left > 0:
            fields.append(Field(f"Still to sell {base}", f"{plain(left)}, as soon as somebody buys it", Tone.WARNING))
        if not order.success:
            fields.append(Field(f"Not sold {base}", order.rejection_reason or "no price", Tone.WARNING))
    title = f"{result.bot} was not sold" if result.refused else f"{result.bot} is flattened"
    return (Card(title, tuple(fields), foot(result.source), Tone.WARNING if result.refused else Tone.NEUTRAL),)


@present.register
def _(result: r.CooldownSet) -> tuple[Block, ...]:
    name = f"**{f.escape(result.bot)}**"
    if not result.minutes:
        return (Text(f"{name} does not wait between its entries any more."),)
    return (Text(f"{name} waits at least {result.minutes} minutes between two entries from now on."),)
