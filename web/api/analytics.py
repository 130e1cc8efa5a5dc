"""Performance, the course of profit, and where the money is, over REST."""

from fastapi import APIRouter

from core.domain.money import ZERO
from core.services.portfolio import Grouping
from web.api.fields import Answer, Day, Figure, Limit, Person, Time, UseCases

router = APIRouter(prefix="/api/analytics", tags=["analytics"])


class ExtremePart(Answer):
    """The best or the worst trade, by net result."""

    order_id: str
    symbol: str
    net_pnl: Figure
    return_pct: Figure
    closed_at: Time


class PerformancePart(Answer):
    """Fractions are of 1, `*_pct` of 100, times in seconds of engine time; what does not exist is null.

    Without a closed trade there is no win rate; without a losing one no profit factor; Sharpe and Sortino
    (daily, times the square root of 365, no risk-free rate) need two complete days.
    """

    trades: int
    wins: int
    losses: int
    win_rate: Figure | None
    profit_factor: Figure | None
    expectancy: Figure | None
    gross_profit: Figure
    gross_loss: Figure
    best_trade: ExtremePart | None
    worst_trade: ExtremePart | None
    avg_holding_secs: Figure | None
    return_pct: Figure
    max_drawdown: Figure
    max_drawdown_amount: Figure
    max_drawdown_from: Time | None
    max_drawdown_to: Time | None
    sharpe: Figure | None
    sortino: Figure | None
    days: int
    exposure: Figure | None


class BotPerformancePart(Answer):
    """One bot, in its quote currency."""

    bot_id: str
    name: str
    status: str
    symbol: str
    currency: str
    capital: Figure
    net_pnl: Figure
    return_pct: Figure
    performance: PerformancePart


class PerformanceAnswer(Answer):
    """The account in its reporting currency, and each bot in its own."""

    currency: str
    account: PerformancePart
    by_bot: list[BotPerformancePart]


class PnlPart(Answer):
    """One period; `cumulative_net_profit` runs from the first period shown."""

    start: Day
    realized_pnl: Figure
    fees: Figure
    net_profit: Figure
    cumulative_net_profit: Figure


class PnlAnswer(Answer):
    """Profit over time, oldest first; the figures of `/api/profits`."""

    period: Grouping
    currency: str
    points: list[PnlPart]


class CurrencyCapitalPart(Answer):
    """One currency, in that currency: total = free + in_bots + positions."""

    currency: str
    rate: Figure
    free: Figure
    in_bots: Figure
    positions: Figure
    total: Figure


class BotCapitalPart(Answer):
    """One bot, in its quote currency: equity = cash + positions."""

    bot_id: str
    name: str
    status: str
    currency: str
    capital: Figure
    cash: Figure
    reserved: Figure
    positions: Figure
    equity: Figure


class CapitalAnswer(Answer):
    """Where the equity is; `equity` and `free` in `currency`."""

    currency: str
    equity: Figure
    free: Figure
    by_bot: list[BotCapitalPart]
    by_currency: list[CurrencyCapitalPart]


@router.get("/performance_summary")
async def performance_summary(services: UseCases, user: Person) -> PerformanceAnswer:
    """Win rate, profit factor, drawdown, Sharpe and the rest, of the account and of each bot."""
    account = await services.performance.user(user.user_id)
    bots = await services.performance.ranking(user.user_id)
    return PerformanceAnswer(
        currency=services.writer.known(user.user_id).reporting,
        account=PerformancePart.model_validate(account),
        by_bot=[BotPerformancePart.model_validate(bot) for bot in bots],
    )


@router.get("/pnl_timeseries")
async def pnl_timeseries(
    services: UseCases, user: Person, period: Grouping = Grouping.DAILY, limit: Limit = 90
) -> PnlAnswer:
    """Profit per period with its running sum, for a chart."""
    found = await services.portfolio.profits(user.user_id, period, limit)
    total, points = ZERO, list[PnlPart]()
    for one in reversed(found):
        total += one.net_profit
        points.append(
            PnlPart(
                start=one.start,
                realized_pnl=one.realized_pnl,
                fees=one.fees,
                net_profit=one.net_profit,
                cumulative_net_profit=total,
            )
        )
    currency = services.writer.known(user.user_id).reporting
    return PnlAnswer(period=period, currency=currency, points=points)


@router.get("/capital_breakdown")
async def capital_breakdown(services: UseCases, user: Person) -> CapitalAnswer:
    """Free cash, cash in bots and positions, by bot and by currency."""
    return CapitalAnswer.model_validate(await services.portfolio.capital(user.user_id))
