"""The portfolio over REST: the same figures as in the chat, unrounded."""

from typing import Literal

from fastapi import APIRouter

from core.services.portfolio import Interval
from web.api.fields import Answer, Cursor, Figure, Limit, Person, Time, UseCases

router = APIRouter(prefix="/api/portfolio", tags=["portfolio"])


class BotPart(Answer):
    """One bot's part, in its quote currency."""

    bot_id: str
    name: str
    status: str
    symbol: str
    capital: Figure
    cash: Figure
    position: Figure
    equity: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees: Figure
    net_pnl: Figure
    trades: int
    wins: int


class CurrencyPart(Answer):
    """One currency's part, in that currency; `rate` is what a unit of it is worth in the reporting currency."""

    currency: str
    rate: Figure
    equity: Figure
    cash: Figure
    free_cash: Figure
    funded: Figure
    converted: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees: Figure
    volume: Figure


class MarkPart(Answer):
    """A mark with its age and source; `age_secs` is null for a recorded price."""

    symbol: str
    price: Figure
    ts: Time | None
    age_secs: Figure | None
    source: str
    stale: bool


class SummaryAnswer(Answer):
    """The account at its marks; money as text in `currency`, drawdowns as fractions."""

    currency: str
    equity: Figure
    cash: Figure
    free_cash: Figure
    funded: Figure
    converted: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees_total: Figure
    net_pnl: Figure
    drawdown_current: Figure
    drawdown_max: Figure
    total_fills: int
    total_volume: Figure
    halted: bool
    seq: int
    by_bot: list[BotPart]
    by_currency: list[CurrencyPart]
    marks: list[MarkPart]
    data_source: Literal["ledger"] = "ledger"


class PositionPart(Answer):
    """One open position; money in `currency`. `avg_price` = cost / quantity, `cost` without fees."""

    symbol: str
    bot_id: str
    bot_name: str
    currency: str
    quantity: Figure
    avg_price: Figure
    cost: Figure
    mark: MarkPart
    value: Figure
    unrealized_pnl: Figure
    unrealized_pct: Figure
    opened_at: Time
    lots: int


class PositionsAnswer(Answer):
    """Everything that is held, at present marks."""

    positions: list[PositionPart]


class EquityPart(Answer):
    """The last recorded equity of an interval."""

    ts: Time
    equity: Figure


class EquityAnswer(Answer):
    """Recorded equity, newest first; an hour or a day without any event has no point."""

    currency: str
    interval: Interval
    points: list[EquityPart]
    cursor: str | None


@router.get("/summary")
async def summary(services: UseCases, user: Person) -> SummaryAnswer:
    """Equity, cash, PnL, fees and drawdown, from the ledger at present marks."""
    return SummaryAnswer.model_validate(await services.portfolio.summary(user.user_id))


@router.get("/positions")
async def positions(services: UseCases, user: Person) -> PositionsAnswer:
    """Open positions with their marks and the marks' ages."""
    found = await services.portfolio.positions(user.user_id)
    return PositionsAnswer(positions=[PositionPart.model_validate(one) for one in found])


@router.get("/equity")
async def equity(
    services: UseCases, user: Person, interval: Interval = Interval.DAY, limit: Limit = 100, cursor: Cursor = None
) -> EquityAnswer:
    """Recorded equity by the hour or the day."""
    page = await services.portfolio.equity(user.user_id, interval, limit, cursor)
    return EquityAnswer(
        currency=services.writer.known(user.user_id).reporting,
        interval=interval,
        points=[EquityPart.model_validate(point) for point in page.points],
        cursor=page.cursor,
    )
