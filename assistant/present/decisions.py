"""Why a bot decided as it did, as blocks: its last signal, denial and order with their figures."""

from assistant import formats as f
from assistant.blocks import Block, Card, Field, Table, Tone
from assistant.present.base import PAPER, foot, present
from assistant.present.orders import ends, gate_words, status_words
from core.domain.money import ZERO, plain
from core.services.traces import Trace, TraceKind
from tools import results as r
from tools.order_card import cost_words, worth

_TRACES = 8


@present.register
def _(result: r.Explained) -> tuple[Block, ...]:
    signal = next((t for t in result.traces if t.kind is TraceKind.SIGNAL), None)
    denial = next((t for t in result.traces if t.kind is TraceKind.DENIAL), None)
    error = next((t for t in result.traces if t.kind is TraceKind.ERROR), None)
    why = f" ({result.status_reason})" if result.status_reason else ""
    fields = [Field("Status", f"{result.status.replace('_', ' ')}{why}")]
    if result.why_no_trade is not None:
        fields.append(Field("Why no trade yet", result.why_no_trade))
    if signal is not None:
        fields.append(Field("Last signal", f"{signal.text} ({f.moment(signal.ts)})"))
    if denial is not None:
        gate = f"{gate_words(denial.gate)}: " if denial.gate else ""
        fields.append(Field("Last denial", f"{gate}{denial.text} ({f.moment(denial.ts)})", Tone.WARNING))
    if error is not None:
        fields.append(Field("Last error", f"{error.text} ({f.moment(error.ts)})", Tone.WARNING))
    if result.last_order is not None:
        fields += _last_order(result.last_order)
    card = Card(f"Why {result.bot} acted as it did", tuple(fields), foot(result.source, f.moment(result.now)))
    if not result.traces:
        return (card,)
    rows = tuple((f"{t.ts:%m-%d %H:%MZ}", t.text, _what(t)) for t in result.traces[:_TRACES])
    return (card, Table("Newest decisions", ("When", "Why", "What"), rows, PAPER))


def _what(trace: Trace) -> str:
    """What kind of decision it was, and the gate that denied it."""
    return f"{trace.kind.value}: {gate_words(trace.gate)}" if trace.gate else trace.kind.value


def _last_order(order: r.LastOrder) -> list[Field]:
    base, quote = order.symbol.split("/")
    price = "at the market" if order.limit_price is None else f"at {f.price(order.limit_price)} or better"
    fields = [
        Field(
            "Last order",
            f"{order.side} {plain(order.quantity)} {base} {price}: {status_words(order.status)} ({f.moment(order.ts)})",
        ),
        Field("Its reason", order.reason),
        Field("Gates passed", ", ".join(map(gate_words, order.gates_passed)) or "none"),
    ]
    if order.cost is not None:
        fields.append(Field("Costs to cover", cost_words(order.cost)))
    if order.avg_px is not None:
        fields += [
            Field(
                "Filled at once",
                f"at {f.price(order.avg_px)}, fee {worth(order.fee)} {quote}",
                exact=plain(order.avg_px),
            ),
            Field("Slippage", f"{f.grouped(order.slippage_bps or ZERO)} bps against the price it decided on"),
        ]
    if order.take_profit is not None or order.stop_loss is not None:
        fields.append(Field("Target / stop", ends(order.take_profit, order.stop_loss)))
    return fields
