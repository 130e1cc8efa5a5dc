"""Profit per period over REST."""

from fastapi import APIRouter

from core.services.portfolio import Grouping
from web.api.fields import Answer, Day, Figure, Limit, Person, UseCases

router = APIRouter(prefix="/api/profits", tags=["profits"])


class PeriodPart(Answer):
    """One period; `net_profit` = realized - fees paid in it."""

    start: Day
    trades: int
    wins: int
    losses: int
    volume: Figure
    fees: Figure
    realized_pnl: Figure
    net_profit: Figure
    currency: str


class ProfitsAnswer(Answer):
    """Periods in which anything was traded, newest first; money in `currency`."""

    period: Grouping
    currency: str
    periods: list[PeriodPart]


@router.get("")
async def profits(
    services: UseCases, user: Person, period: Grouping = Grouping.DAILY, limit: Limit = 30
) -> ProfitsAnswer:
    """Profit per UTC day, ISO week or month of engine time."""
    found = await services.portfolio.profits(user.user_id, period, limit)
    return ProfitsAnswer(
        period=period,
        currency=services.writer.known(user.user_id).reporting,
        periods=[PeriodPart.model_validate(one) for one in found],
    )
