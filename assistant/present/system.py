"""Confirmations, stops, health and help as blocks."""

from assistant import formats as f
from assistant.blocks import Block, Card, Choices, Confirmation, Field, Table, Text, Tone
from assistant.present.base import PAPER, present
from core.domain.codec import iso
from core.domain.confirmation import ConfirmationRecord
from core.domain.money import plain
from core.domain.user import Role
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
    sold = [order for order in report.sold if order.success]
    failed = [order for order in report.sold if not order.success]
    fields = [
        Field("Bots halted", str(report.halted_bots)),
        Field("Positions sold", str(len(sold))),
        Field(
            "Still held",
            "; ".join(f"{x.bot}: {plain(x.quantity)} {x.currency}" for x in report.open_positions) or "nothing",
        ),
    ]
    if failed:
        fields.append(Field("Not sold", failed[0].rejection_reason or "no price", Tone.WARNING))
    words = f"Trading is halted.{again} No order to buy passes until you say “resume trading”."
    return (Card("Emergency stop done", tuple(fields), PAPER, Tone.WARNING), Text(words))


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
        return (Text(result.text),)
    lines = [f"- {spec.description}" + (f" *“{spec.examples[0]}”*" if spec.examples else "") for spec in result.tools]
    easy = (spec for spec in result.tools if spec.examples and (not spec.acts or spec.name == "create_bot"))
    chips = [spec for spec in easy if spec.permission is Role.USER][:_CHIPS]
    options = tuple((spec.examples[0], spec.examples[0]) for spec in chips)
    return (Text("Here is what you can ask for:\n" + "\n".join(lines)), Choices("Try one:", options))
