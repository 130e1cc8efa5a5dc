"""Backtests over REST: a strategy on past prices, run, kept and compared."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from pydantic import AwareDatetime, Field

from core.domain.backtest import BacktestPlan
from core.domain.errors import InvalidInput, NotFound
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.services.backtest_csv import trades_csv
from tools.arguments import RiskMode, StrategyName
from tools.arguments_bots import Parameters
from tools.arguments_market import MAX_BACKTEST_DAYS, MAX_COMPARED
from tools.backtests import plan_since, run_plan
from tools.symbols import resolve_symbol
from web.api.backtest_answers import (
    BacktestAnswer,
    BacktestsAnswer,
    ComparedAnswer,
    RunningAnswer,
    summary,
    whole,
)
from web.api.bots import Symbol
from web.api.fields import Asking, Body, Cursor, Limit, Money, Person, UseCases
from web.api.pages import page_of

router = APIRouter(prefix="/api/backtests", tags=["backtests"])

_KEPT = 1_000
_Id = Annotated[str, Path(pattern=r"^[\w\-]{4,64}$")]


class BacktestRequest(Body):
    """What to try; without `days` or `start` it reaches as far back as the prices do, without `end` up to now."""

    strategy: Annotated[StrategyName, Field(strict=False)] = StrategyName.EMA_CROSS
    symbol: Symbol = "BTC/USDT"
    timeframe: Annotated[Timeframe, Field(strict=False)] = Timeframe.M5
    days: Annotated[int | None, Field(ge=1, le=MAX_BACKTEST_DAYS)] = None
    start: Annotated[AwareDatetime | None, Field(strict=False)] = None
    end: Annotated[AwareDatetime | None, Field(strict=False)] = None
    capital: Money = "1000"
    parameters: Parameters = Field(default_factory=dict[str, int])
    risk_mode: Annotated[RiskMode, Field(strict=False)] = RiskMode.BALANCED
    exchange: Annotated[Exchange, Field(strict=False)] = Exchange.BINANCE


def _running(request: Request) -> dict[str, RunningAnswer]:
    """How far each person's backtest is; of this process, for as long as it runs."""
    state = request.app.state
    if not hasattr(state, "running_backtests"):
        state.running_backtests = dict[str, RunningAnswer]()
    return state.running_backtests


_Running = Annotated[dict[str, RunningAnswer], Depends(_running)]


@router.post("", status_code=status.HTTP_201_CREATED)
async def run(body: BacktestRequest, caller: Asking, services: UseCases, running: _Running) -> BacktestAnswer:
    """Run a backtest and answer with its report; `GET /api/backtests/running` tells meanwhile how far it is."""
    if body.days is not None and body.start is not None:
        raise InvalidInput("Say either `days` or `start`, not both.")
    plan = BacktestPlan(
        strategy=body.strategy.value,
        symbol=resolve_symbol(body.symbol, services.hub.feed.symbols),
        timeframe=body.timeframe,
        capital=Decimal(body.capital),
        start=body.start.astimezone(UTC) if body.start else None,
        end=body.end.astimezone(UTC) if body.end else None,
        parameters=body.parameters,
        risk_mode=body.risk_mode.value,
        exchange=body.exchange,
    )
    user_id, mine = caller.principal.user_id, dict[str, RunningAnswer]()

    def progress(done: int, total: int, what: str) -> None:
        mine["now"] = running[user_id] = RunningAnswer(what=what, bars_done=done, bars=total)

    try:
        plan = plan_since(services, plan, body.days)
        return whole(await run_plan(services, replace(caller, progress=progress), plan))
    finally:
        if user_id in running and running[user_id] is mine.get("now"):
            del running[user_id]


@router.get("")
async def backtests(services: UseCases, user: Person, limit: Limit = 50, cursor: Cursor = None) -> BacktestsAnswer:
    """Backtests that were run, newest first."""
    found = await services.backtests.newest(user.user_id, _KEPT)
    page, after = page_of(found, lambda report: report.backtest_id, limit, cursor)
    return BacktestsAnswer(backtests=[summary(report) for report in page], cursor=after)


@router.get("/running")
async def how_far(user: Person, running: _Running) -> RunningAnswer:
    """How far the backtest is that runs now; 404 when none does."""
    if user.user_id not in running:
        raise NotFound("No backtest of yours runs now.")
    return running[user.user_id]


@router.get("/compare")
async def compare(
    services: UseCases,
    user: Person,
    ids: Annotated[str, Query(max_length=65 * MAX_COMPARED, pattern=r"^[\w\-,]*$", description="With commas.")] = "",
) -> ComparedAnswer:
    """Which did better, of those named or of the newest two."""
    wanted = tuple(one for one in ids.split(",") if one)
    if len(wanted) > MAX_COMPARED:
        raise InvalidInput(f"At most {MAX_COMPARED} backtests can be compared.")
    found = await services.backtests.compare(user.user_id, wanted)
    parts = [summary(report) for report in found.reports]
    return ComparedAnswer(backtests=parts, better=found.better, why=found.why)


@router.get("/{backtest_id}")
async def backtest(backtest_id: _Id, services: UseCases, user: Person) -> BacktestAnswer:
    """One backtest with its trades and its equity."""
    return whole(await services.backtests.get(user.user_id, backtest_id))


@router.get("/{backtest_id}/trades.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def trades(backtest_id: _Id, services: UseCases, user: Person) -> Response:
    """Its trades as a file for a spreadsheet."""
    report = await services.backtests.get(user.user_id, backtest_id)
    name = f"backtest-{report.backtest_id[:8]}-trades.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(trades_csv(report), media_type="text/csv; charset=utf-8", headers=headers)
