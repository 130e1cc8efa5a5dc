"""Confirmations, stops, health and help as blocks."""

from assistant import formats as f
from assistant.blocks import Block, Card, Choices, Confirmation, Field, Table, Text, Tone
from assistant.present.base import PAPER, present
from assistant.present.strategies import explained, strategy_named
from core.domain.codec import iso
from core.domain.confirmation import ConfirmationRecord
from core.domain.money import ZERO, plain
from core.domain.user import Role
from core.services.emergency import OpenPosition
from core.services.order_result import OrderResult
from tools import results as r

_CHIPS = 6


@present.register
def _(record: ConfirmationRecord) -> tuple[Block, ...]:
    label = "Type the phrase" if record.phrase else "Confirm"
    expires = iso(record.expires_at)
    return (Confirmation(record.confirmation_id, record.title, record.effect, expires, label, record.phrase),)


@present.register
def _(result: r.Stopped) -> tuple[Block, ...]:
    report = result.report
    again = " It was halted already." if report.already_halted else ""
    sold = [order for order in report.sold if order.filled_qty]
    failed = [order for order in report.sold if not order.success]
    fields = [
        Field("Bots halted", str(report.halted_bots)),
        Field("Orders taken back", f"{report.ended_entries} to buy, {len(report.canceled)} to sell"),
        Field("Sold", "; ".join(map(_sale, sold)) or "nothing"),
    ]
    if report.pending:
        words = f"{len(report.pending)}: sold as soon as there is a price and somebody who buys"
        fields.append(Field("Sales still working", words, Tone.WARNING))
    fields.append(Field("Still held", "; ".join(map(_held, report.open_positions)) or "nothing"))
    if failed:
        fields.append(Field("Not sold", failed[0].rejection_reason or "no price", Tone.WARNING))
    if report.unanswered:
        words = f"{report.unanswered}: their sale met an error; flatten these bots to try again"
        fields.append(Field("Without an answer", words, Tone.WARNING))
    words = f"Trading is halted.{again} No order to buy passes until you say “resume trading”."
    return (Card("Emergency stop done", tuple(fields), PAPER, Tone.WARNING), Text(words))


def _sale(order: OrderResult) -> str:
    base = (order.symbol or "").partition("/")[0]
    return f"{plain(order.filled_qty)} {base} at {f.price(order.avg_px or ZERO)}"


def _held(position: OpenPosition) -> str:
    selling = f" ({plain(position.selling)} being sold)" if position.selling else ""
    return f"{position.bot}: {plain(position.quantity)} {position.currency}{selling}"


@present.register
def _(result: r.Resumed) -> tuple[Block, ...]:
    words = f"The halt is lifted. Paused bots: {result.paused_bots}; resume the ones you want."
    return (Text(words),)


@present.register
def _(result: r.BreakerClosed) -> tuple[Block, ...]:
    return (Text(f"The circuit breaker of {f.escape(result.scope)} is closed again. Its bots stay paused."),)


@present.register
def _(result: r.SystemHealth) -> tuple[Block, ...]:
    rows = tuple((c.name, "ok" if c.ok else "PROBLEM", c.detail) for c in result.components)
    return (Table("System health", ("Part", "State", "Detail"), rows, PAPER),)


@present.register
def _(result: r.HelpText) -> tuple[Block, ...]:
    if result.topic is not None:
        kind = strategy_named(result.topic)
        return (Text(result.text),) if kind is None else explained(kind)
    lines = [f"- {spec.description}" + (f" *“{spec.examples[0]}”*" if spec.examples else "") for spec in result.tools]
    easy = (spec for spec in result.tools if spec.examples and (not spec.acts or spec.name == "create_bot"))
    chips = [spec for spec in easy if spec.permission is Role.USER][:_CHIPS]
    options = tuple((spec.examples[0], spec.examples[0]) for spec in chips)
    return (Text("Here is what you can ask for:\n" + "\n".join(lines)), Choices("Try one:", options))
