"""Parameter sweeps over REST: which settings of a strategy would have done best on past prices."""

from datetime import UTC
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.money import plain
from core.domain.sweep import MAX_CHECKED, MAX_COMBINATIONS, MAX_SHOWN, SweepPlan, SweepReport, SweepRow
from tools.arguments import RiskMode, StrategyName
from tools.symbols import resolve_symbol
from web.api.bots import Symbol
from web.api.fields import Body, Money, Person, Time, UseCases

router = APIRouter(prefix="/api/backtests", tags=["backtests"])

_Name = Annotated[str, Field(max_length=40)]
_Values = Annotated[list[int], Field(min_length=1, max_length=MAX_COMBINATIONS)]


class SweepRequest(Body):
    """What to try: all combinations of `grid`, the values of each parameter that is not left at its default.

    `shown` of the best are reported; `checked` of these are run through the real backtest.
    """

    strategy: Annotated[StrategyName, Field(strict=False)] = StrategyName.EMA_CROSS
    symbol: Symbol = "BTC/USDT"
    timeframe: Annotated[Timeframe, Field(strict=False)] = Timeframe.M5
    start: Annotated[AwareDatetime | None, Field(strict=False)] = None
    end: Annotated[AwareDatetime | None, Field(strict=False)] = None
    capital: Money = "1000"
    grid: Annotated[dict[_Name, _Values], Field(min_length=1, max_length=10, examples=[{"fast": [5, 9, 12]}])]
    risk_mode: Annotated[RiskMode, Field(strict=False)] = RiskMode.BALANCED
    exchange: Annotated[Exchange, Field(strict=False)] = Exchange.BINANCE
    shown: Annotated[int, Field(ge=1, le=MAX_SHOWN)] = 10
    checked: Annotated[int, Field(ge=0, le=MAX_CHECKED)] = 3


class OutcomePart(BaseModel):
    """What a combination brings; money in quote currency, `_pct` in percent."""

    final_equity: str
    net_profit_pct: str
    max_drawdown_pct: str
    trades: int
    wins: int
    win_rate_pct: str | None


class CombinationPart(BaseModel):
    """One combination: its estimate, what the real backtest gave where it was run, and what stopped that early."""

    parameters: dict[str, int]
    estimate: OutcomePart | None
    real: OutcomePart | None
    stopped_by: str | None


class SweepAnswer(BaseModel):
    """The best combinations, best first; `note` says what the figures are."""

    source: str
    first: Time
    last: Time
    bars: int
    combinations: int
    left_out: int
    rows: list[CombinationPart]
    note: str


@router.post("/sweep")
async def sweep(body: SweepRequest, services: UseCases, user: Person) -> SweepAnswer:
    """Try many combinations of parameters and answer with the best; nothing is kept."""
    plan = SweepPlan(
        strategy=body.strategy.value,
        symbol=resolve_symbol(body.symbol, services.hub.feed.symbols),
        timeframe=body.timeframe,
        capital=Decimal(body.capital),
        grid={name: tuple(values) for name, values in body.grid.items()},
        start=body.start.astimezone(UTC) if body.start else None,
        end=body.end.astimezone(UTC) if body.end else None,
        risk_mode=body.risk_mode.value,
        exchange=body.exchange,
        shown=body.shown,
        checked=min(body.checked, body.shown),
    )
    return _answer(await services.sweeps.run(user.user_id, plan))


def _answer(report: SweepReport) -> SweepAnswer:
    return SweepAnswer(
        source=report.source,
        first=report.first,
        last=report.last,
        bars=report.bars,
        combinations=report.combinations,
        left_out=report.left_out,
        rows=[_row(row) for row in report.rows],
        note=report.note,
    )


def _row(row: SweepRow) -> CombinationPart:
    outcomes: list[OutcomePart | None] = []
    for figures in (row.estimate, row.real):
        if figures is None:
            outcomes.append(None)
            continue
        won = figures.win_rate_pct
        outcomes.append(
            OutcomePart(
                final_equity=plain(figures.final_equity),
                net_profit_pct=plain(figures.net_profit_pct),
                max_drawdown_pct=plain(figures.max_drawdown_pct),
                trades=figures.trades,
                wins=figures.wins,
                win_rate_pct=None if won is None else plain(won),
            )
        )
    estimate, real = outcomes
    return CombinationPart(parameters=row.parameters, estimate=estimate, real=real, stopped_by=row.stopped_by)
