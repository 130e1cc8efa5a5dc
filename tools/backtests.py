"""Tools that try a strategy on past prices and hold such tries against each other."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.strategies import catalog as strategies
from core.services.services import Services
from tools.arguments import Backtest, CompareBacktests
from tools.context import Caller
from tools.results import Backtested, BacktestsCompared
from tools.symbols import resolve_symbol


async def backtest(services: Services, caller: Caller, args: Backtest) -> Backtested:
    """Run a backtest on the present source's past prices, and keep its report.

    Raises:
        NotFound, InvalidInput: the symbol is not served, or the parameters are wrong.
        Conflict: the person runs one already, or too many run at once.
    """
    plan = BacktestPlan(
        strategy=args.strategy.value,
        symbol=resolve_symbol(args.symbol, services.hub.feed.symbols),
        timeframe=args.timeframe,
        capital=args.capital,
        parameters=args.parameters,
        risk_mode=args.risk_mode.value,
        exchange=args.exchange,
    )
    return Backtested(await run_plan(services, caller, plan_since(services, plan, args.days)))


def plan_since(services: Services, plan: BacktestPlan, days: int | None) -> BacktestPlan:
    """The plan over the last so many days before its end, or before now; as it is without them."""
    if days is None:
        return plan
    return replace(plan, start=(plan.end or services.hub.feed.now()) - timedelta(days=days))


async def run_plan(services: Services, caller: Caller, plan: BacktestPlan) -> BacktestReport:
    """Run and keep it; whoever called hears how far it is."""
    return await services.backtests.run(caller.principal.user_id, plan, _progress(caller, plan))


def _progress(caller: Caller, plan: BacktestPlan) -> Callable[[int, int], None] | None:
    """What a backtest calls from whatever thread it runs in; the caller hears of it on the event loop."""
    report = caller.progress
    if report is None:
        return None
    loop = asyncio.get_running_loop()
    words = f"{strategies.kind_of(plan.strategy).title} on {plan.symbol}, {plan.timeframe.value} bars"

    def progress(done: int, total: int) -> None:
        loop.call_soon_threadsafe(report, done, total, words)

    return progress


async def compare_backtests(services: Services, caller: Caller, args: CompareBacktests) -> BacktestsCompared:
    """Which of some backtests, or of the newest two, did better, and why that is said.

    Raises:
        NotFound: there is no such backtest, or there are not two yet.
    """
    compared = await services.backtests.compare(caller.principal.user_id, args.backtests)
    return BacktestsCompared(tuple(compared.reports), compared.better, compared.why)
