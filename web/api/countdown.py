"""How far it is to a target, over REST."""

from typing import Annotated

from fastapi import APIRouter, Query

from tools.arguments_base import Amount
from web.api.fields import Answer, Figure, Person, UseCases

router = APIRouter(prefix="/api/countdown", tags=["countdown"])


class CountdownAnswer(Answer):
    """Money in `currency`; days are null, with a `reason`, where the pace so far leads nowhere."""

    equity: Figure
    target: Figure
    currency: str
    remaining: Figure
    progress_pct: Figure
    reached: bool
    days_measured: int
    avg_daily_profit_30d: Figure | None
    days_to_target_linear: int | None
    days_to_target_compound: int | None
    reason: str | None


@router.get("/status")
async def status(
    services: UseCases,
    user: Person,
    target: Annotated[Amount | None, Query(description="Absent: the person's own target, else 1,000,000.")] = None,
) -> CountdownAnswer:
    """Days to a target at the average daily profit, and at the growth, of the last 30 days."""
    return CountdownAnswer.model_validate(await services.countdown.status(user.user_id, target))
