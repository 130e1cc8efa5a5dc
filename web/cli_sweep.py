"""`amarktai sweep`: many parameters of a strategy on the bars of a file, without a store or settings."""

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from core.bootstrap import read_history, sweep_parts
from core.domain.codec import encode
from core.domain.errors import InvalidInput
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.money import parse_positive
from core.domain.strategies import catalog
from core.domain.sweep import SweepPlan, SweepReport, SweepRow, axis
from core.services.sweep_run import run_sweep
from web.cli_backtest import time_of


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `sweep`."""
    command = commands.add_parser("sweep", help="which parameters of a strategy would have done best on a file's bars")
    command.add_argument("--strategy", required=True, help=", ".join(catalog.STRATEGIES))
    command.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="BASE_QUOTE-TIMEFRAME.csv or the like"
    )
    told = "values of a parameter: 9, or 5,10,20, or from:to:step (fast=5:20:5)"
    command.add_argument("--grid", action="append", default=[], required=True, metavar="NAME=VALUES", help=told)
    command.add_argument("--timeframe", choices=[*Timeframe], help="bars it decides on; default: the file's")
    command.add_argument("--capital", default="1000", help="in the pair's quote currency (default: %(default)s)")
    modes = ", ".join(catalog.RISK_PROFILES)
    command.add_argument("--risk", default="balanced", help=f"{modes} (default: %(default)s)")
    command.add_argument("--exchange", choices=[*Exchange], default=Exchange.BINANCE, help="whose fees apply")
    command.add_argument("--from", dest="start", metavar="TIME", help="first bar, like 2024-08-08 (UTC)")
    command.add_argument("--to", dest="end", metavar="TIME", help="no bar from then on")
    command.add_argument("--top", type=int, default=10, metavar="N", help="best ones shown (default: %(default)s)")
    command.add_argument("--check", type=int, default=3, metavar="N", help="of these, through the real backtest")
    command.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    command.set_defaults(offline=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the best combinations.

    Raises:
        NotFound, InvalidInput: the file, the grid or the period cannot be used; the message says why.
    """
    grid = _grid(arguments.grid)
    history = read_history(arguments.data)
    plan = SweepPlan(
        strategy=arguments.strategy,
        symbol=history.instrument.symbol,
        timeframe=Timeframe(arguments.timeframe) if arguments.timeframe else history.bars[0].timeframe,
        capital=parse_positive(arguments.capital, "The capital"),
        grid=grid,
        start=time_of(arguments.start),
        end=time_of(arguments.end),
        risk_mode=arguments.risk,
        exchange=Exchange(arguments.exchange),
        shown=arguments.top,
        checked=min(arguments.check, arguments.top),
    )
    report = asyncio.run(run_sweep(plan, history, sweep_parts()))
    print(json.dumps(encode(report), indent=2) if arguments.json else "\n".join(table(report)))
    return 0


def _grid(given: Sequence[str]) -> dict[str, tuple[int, ...]]:
    grid: dict[str, tuple[int, ...]] = {}
    for text in given:
        name, equals, values = text.partition("=")
        if not equals or name.strip() in grid:
            raise InvalidInput(f"--grid is NAME=VALUES, once for each parameter, not {text[:40]!r}.")
        grid[name.strip()] = axis(values)
    return grid


def table(report: SweepReport) -> Iterator[str]:
    """The report as lines for people."""
    plan = report.plan
    yield f"{plan.strategy} on {plan.symbol}, {plan.timeframe.value} bars, {plan.risk_mode}: " + _tried(report)
    yield f"{report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M} UTC, {report.bars:,} bars, {report.source}"
    yield ""
    yield f"{'parameters':<36}{'':>10}{'net':>11}{'max fall':>11}{'trades':>8}{'won':>9}"
    for row in report.rows:
        yield from _lines(row)
    yield ""
    yield f"{report.note} Paper trading only."


def _tried(report: SweepReport) -> str:
    left_out = f", {report.left_out:,} do not fit together" if report.left_out else ""
    return f"{report.combinations:,} combinations{left_out}"


def _lines(row: SweepRow) -> Iterator[str]:
    named = " ".join(f"{name}={value}" for name, value in row.parameters.items())
    for kind, figures in (("estimate", row.estimate), ("real", row.real)):
        if figures is None:
            continue
        yield (
            f"{named:<36}{kind:>10}{_percent(figures.net_profit_pct)}{_percent(figures.max_drawdown_pct)}"
            f"{figures.trades:>8,}{_percent(figures.win_rate_pct, 9)}"
        )
        named = ""
    if row.stopped_by is not None:
        yield f"{'':<36}{'':>10}  its circuit breaker stopped it: {row.stopped_by}"


def _percent(figure: Decimal | None, width: int = 11) -> str:
    return f"{'-' if figure is None else f'{figure:,.2f} %':>{width}}"
