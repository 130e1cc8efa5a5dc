"""The ledger over REST: as stored, in words, checked, and as a file."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from core.services.ledger_export import Table
from core.services.ledger_reader import AuditRow
from core.services.verdict import verdict_document
from web.api.fields import BotId, Cursor, Limit, Person, UseCases
from web.api.ledger_answers import (
    AmountPart,
    AuditAnswer,
    AuditPart,
    EventPart,
    EventsAnswer,
    FillPart,
    FillsAnswer,
    IssuePart,
    ReconciliationAnswer,
    VerdictAnswer,
)

router = APIRouter(prefix="/api/ledger", tags=["ledger"])


class ExportFormat(StrEnum):
    """`json`: JSON lines that `amarktai verify --file` checks; `csv`: one table for a spreadsheet."""

    CSV = "csv"
    JSON = "json"


@router.get("/fills")
async def fills(
    services: UseCases, user: Person, bot_id: BotId = None, limit: Limit = 100, cursor: Cursor = None
) -> FillsAnswer:
    """Executions of all bots or of one."""
    page = await services.ledger.fills(user.user_id, bot_id, limit, cursor)
    return FillsAnswer(fills=[FillPart.model_validate(one) for one in page.documents], cursor=page.cursor)


@router.get("/events")
async def events(services: UseCases, user: Person, limit: Limit = 100, cursor: Cursor = None) -> EventsAnswer:
    """The journal as it is stored."""
    page = await services.ledger.events(user.user_id, limit, cursor)
    found = [EventPart.model_validate({k: v for k, v in one.items() if k != "_id"}) for one in page.documents]
    return EventsAnswer(events=found, cursor=page.cursor)


@router.get("/audit-trail")
async def audit_trail(services: UseCases, user: Person, limit: Limit = 100, cursor: Cursor = None) -> AuditAnswer:
    """The journal in words: what happened, when, who did it, what it moved."""
    page = await services.ledger.audit(user.user_id, limit, cursor)
    return AuditAnswer(rows=[_audited(row) for row in page.rows], cursor=page.cursor)


def _audited(row: AuditRow) -> AuditPart:
    return AuditPart(
        seq=row.seq,
        ts=row.ts,
        recorded_at=row.recorded_at,
        type=row.kind,
        what=row.told.words,
        actor=row.told.actor,
        amounts=[AmountPart.model_validate(one) for one in row.told.amounts],
        hash=row.hash,
    )


@router.get("/reconcile")
async def reconcile(services: UseCases, user: Person) -> ReconciliationAnswer:
    """Compare the journal with its projections; changes nothing."""
    found = await services.reconciler.reconcile(user.user_id)
    return ReconciliationAnswer(
        seq=found.seq,
        currency=found.currency,
        equity_ledger=found.equity_ledger,
        equity_projections=found.equity_projections,
        discrepancy=found.discrepancy,
        discrepancy_pct=found.discrepancy_pct,
        ok=found.ok,
        issues=[IssuePart.model_validate(issue) for issue in found.issues],
        advice=found.advice,
    )


@router.get("/verify-integrity")
async def verify_integrity(services: UseCases, user: Person) -> VerdictAnswer:
    """The ten checks, from the first event on; one run per person at a time, and whoever asks again shares it."""
    return VerdictAnswer.model_validate(verdict_document(await services.verifier.verify(user.user_id)))


@router.get("/export", response_class=StreamingResponse)
async def export(
    services: UseCases,
    user: Person,
    format: ExportFormat = ExportFormat.JSON,  # noqa: A002 - the parameter's name is the contract
    table: Annotated[Table, Query(description="With csv: what to list.")] = Table.EVENTS,
) -> StreamingResponse:
    """The whole journal as JSON lines, or one table of it as CSV, streamed as an attachment."""
    day = f"{services.clock.now():%Y-%m-%d}"
    if format is ExportFormat.CSV:
        chunks: AsyncIterator[str | bytes] = services.exports.csv(user.user_id, table)
        name, media_type = f"{table.value}-{day}.csv", "text/csv"
    else:
        chunks = services.exports.json_lines(user.user_id)
        name, media_type = f"ledger-{day}.jsonl", "application/x-ndjson"
    # The first chunk before the answer begins: a store that is away is then a problem document.
    begun = _continued(await anext(chunks), chunks)
    return StreamingResponse(
        begun, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _continued(first: str | bytes, rest: AsyncIterator[str | bytes]) -> AsyncIterator[str | bytes]:
    yield first
    async for chunk in rest:
        yield chunk
