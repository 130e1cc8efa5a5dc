"""What the routes of the ledger answer."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from core.domain.order import Side
from web.api.fields import Answer, Figure, Time


class FillPart(Answer):
    """One execution; `fee` in `fee_currency`, `fee_quote_value` in the symbol's quote currency."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(validation_alias="_id")]
    seq: int
    ts: Time
    bot_id: str
    order_id: str
    symbol: str
    side: Side
    price: Figure
    quantity: Figure
    fee: Figure
    fee_currency: str
    fee_quote_value: Figure
    slippage_bps: Figure


class FillsAnswer(Answer):
    """Executions, newest first."""

    fills: list[FillPart]
    cursor: str | None


class EventPart(Answer):
    """One link of the chain exactly as it is stored: `hash` is over all other fields."""

    user_id: str
    seq: int
    type: str
    payload: dict[str, Any]
    idempotency_key: str
    epoch: int
    ts: str
    recorded_at: str
    prev_hash: str
    hash: str


class EventsAnswer(Answer):
    """Events, newest first."""

    events: list[EventPart]
    cursor: str | None


class AmountPart(Answer):
    """What an event moved; negative where it was given."""

    amount: Figure
    currency: str


class AuditPart(Answer):
    """One event for a reader."""

    seq: int
    ts: Time
    recorded_at: Time
    type: str
    what: str
    actor: str
    amounts: list[AmountPart]
    hash: str


class AuditAnswer(Answer):
    """The journal in words, newest first."""

    rows: list[AuditPart]
    cursor: str | None


class IssuePart(Answer):
    """One difference, with both values."""

    collection: str
    what: str
    expected: str
    found: str


class ReconciliationAnswer(Answer):
    """The journal's equity against that of `fills_ledger`, in `currency`; above 0.01 % is an alert, above 1 % halts."""

    seq: int
    currency: str
    equity_ledger: Figure
    equity_projections: Figure
    discrepancy: Figure
    discrepancy_pct: Figure
    ok: bool
    issues: list[IssuePart]
    advice: str


class FindingPart(Answer):
    """One thing that is wrong at event `seq`."""

    seq: int
    expected: str
    found: str
    message: str


class CheckPart(Answer):
    """One of the ten checks; `ok` is null, with a reason, when it could not be done. `more` findings are not listed."""

    number: int
    name: str
    ok: bool | None
    findings: list[FindingPart]
    more: int = 0
    reason: str | None = None


class HeadPart(Answer):
    """Where the chain ends."""

    seq: int
    hash: str


class VerdictAnswer(Answer):
    """The verdict; `figures` follow from the journal alone, at the prices it recorded last."""

    ok: bool
    user_id: str
    events: int
    head: HeadPart
    checks: list[CheckPart]
    figures: dict[str, Any] | None
