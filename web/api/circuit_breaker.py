"""Circuit breakers over REST: both scopes now, their history, and their reset."""

from typing import Annotated

from fastapi import APIRouter, status
from pydantic import Field

from core.domain.events import Metric
from core.services.guard_reports import BreakerChange
from web.api.confirmations import Proposed, propose
from web.api.fields import Answer, Asking, Body, Cursor, Figure, Limit, Person, Reason, Time, Tools, UseCases
from web.api.pages import page_of

router = APIRouter(prefix="/api/circuit-breaker", tags=["circuit breaker"])

_HISTORY = 1_000
"""Newest trips and resets that can be paged through."""


class MeasurePart(Answer):
    """One metric now: the breaker opens when `value` reaches `threshold`; fractions of 1, or counts."""

    metric: Metric
    value: Figure
    threshold: Figure
    reached: bool


class ScopePart(Answer):
    """The breaker of a bot, or (without `bot_id`) of the account; `tripped_by` while it is open."""

    bot_id: str | None
    bot: str | None
    open: bool
    tripped_by: Metric | None
    measures: list[MeasurePart]


class BreakerAnswer(Answer):
    """Both scopes at engine time `now`."""

    now: Time
    user: ScopePart
    bots: list[ScopePart]


class BreakerEventPart(Answer):
    """A trip with its metric, value, threshold and evidence, or a reset with who did it and why."""

    seq: int
    ts: Time
    change: BreakerChange
    bot_id: str | None
    bot: str | None
    metric: Metric | None
    value: Figure | None
    threshold: Figure | None
    evidence: dict[str, str] | None
    actor: str | None
    reason: str | None


class BreakerHistoryAnswer(Answer):
    """Trips and resets, newest first."""

    events: list[BreakerEventPart]
    cursor: str | None


class BreakerResetRequest(Body):
    """Why it is safe to go on; without `bot_id` the account's own breaker is meant."""

    reason: Reason
    bot_id: Annotated[str | None, Field(max_length=64)] = None


@router.get("/status")
async def breaker_status(services: UseCases, user: Person) -> BreakerAnswer:
    """How close each metric is, of the account and of each bot."""
    return BreakerAnswer.model_validate(await services.guardrails.breaker(user.user_id))


@router.get("/history")
async def history(services: UseCases, user: Person, limit: Limit = 100, cursor: Cursor = None) -> BreakerHistoryAnswer:
    """The newest thousand trips and resets."""
    found = await services.guardrails.history(user.user_id, _HISTORY)
    page, after = page_of(found, lambda event: str(event.seq), limit, cursor)
    return BreakerHistoryAnswer(events=[BreakerEventPart.model_validate(event) for event in page], cursor=after)


@router.post("/reset", status_code=status.HTTP_202_ACCEPTED)
async def reset(body: BreakerResetRequest, caller: Asking, runner: Tools) -> Proposed:
    """Propose to close a breaker; 409 when it is not open."""
    return await propose(runner, caller, "reset_circuit_breaker", body.model_dump(exclude_none=True))
