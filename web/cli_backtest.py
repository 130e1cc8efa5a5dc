"""`amarktai backtest`: a strategy on the bars of a file, without a store or settings."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.bootstrap import backtest_parts, read_history
from core.domain.backtest import BacktestFigures, BacktestPlan, BacktestReport
from core.domain.codec import encode
from core.domain.errors import InvalidInput
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.money import parse_positive
from core.domain.strategies import catalog
from core.services.backtest_csv import trades_csv
from core.services.backtest_run import BacktestHistory, complete_plan, run_backtest

_TOLD_EVERY = 10  # percent

_MONEY = ("final_equity", "net_profit", "realized_pnl", "unrealized_pnl", "fees", "expectancy")
_PERCENT = ("net_profit_pct", "buy_and_hold_pct", "cagr_pct", "max_drawdown_pct", "win_rate_pct", "exposure_pct")
_RATIOS = ("sharpe", "sortino", "profit_factor")
_COUNTS = ("trades", "wins", "fills", "denials")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `backtest`."""
    told = "what a bot would have done on the bars of a file, through the real gates, exchange and ledger"
    command = commands.add_parser("backtest", help=told)
    command.add_argument("--strategy", required=True, help=", ".join(catalog.STRATEGIES))
    command.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="BASE_QUOTE-TIMEFRAME.csv or the like"
    )
    command.add_argument("--symbol", help="pair; the file's, if given at all")
    command.add_argument("--timeframe", choices=[*Timeframe], help="bars it decides on; default: the file's")
    command.add_argument("--capital", default="1000", help="in the pair's quote currency (default: %(default)s)")
    command.add_argument(
        "--risk", default="balanced", help=f"{', '.join(catalog.RISK_PROFILES)} (default: %(default)s)"
    )
    command.add_argument("--exchange", choices=[*Exchange], default=Exchange.BINANCE, help="whose fees apply")
    command.add_argument("--param", action="append", default=[], metavar="NAME=NUMBER", help="of the strategy")
    command.add_argument(
        "--from", dest="start", metavar="TIME", help="first bar, like 2024-08-08 or 2024-08-08T12:00 (UTC)"
    )
    command.add_argument("--to", dest="end", metavar="TIME", help="no bar from then on")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write the trades to this file")
    command.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    command.set_defaults(offline=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what came of it.

    Raises:
        NotFound, InvalidInput: the file, the plan or the period cannot be used; the message says why.
    """
    plan = complete_plan(_plan(arguments, arguments.symbol or "", Timeframe.M1))
    history = read_history(arguments.data)
    held = history.instrument.symbol
    if arguments.symbol and plan.symbol != held:
        raise InvalidInput(f"{arguments.data.name} holds {held}, not {plan.symbol}.")
    plan = _plan(arguments, held, history.bars[0].timeframe)
    report = asyncio.run(run_backtest(plan, history, backtest_parts(), progress=_Teller()))
    if arguments.csv is not None:
        _write(arguments.csv, trades_csv(report))
    print(json.dumps(document(report), indent=2) if arguments.json else "\n".join(table(report, history)))
    return 0


def _plan(arguments: argparse.Namespace, symbol: str, finest: Timeframe) -> BacktestPlan:
    return BacktestPlan(
        strategy=arguments.strategy,
        symbol=symbol.upper(),
        timeframe=Timeframe(arguments.timeframe) if arguments.timeframe else finest,
        capital=parse_positive(arguments.capital, "The capital"),
        start=time_of(arguments.start),
        end=time_of(arguments.end),
        parameters=_parameters(arguments.param),
        risk_mode=arguments.risk,
        exchange=Exchange(arguments.exchange),
    )


def _parameters(given: Sequence[str]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            wanted[name.strip()] = int(number)
        except ValueError:
            raise InvalidInput(f"--param is NAME=NUMBER with a whole number, like fast=5, not {text[:40]!r}.") from None
    return wanted


def time_of(text: str | None) -> datetime | None:
    """A time as people write it, in UTC unless it says otherwise; None stays None.

    Raises:
        InvalidInput: it is none.
    """
    if text is None:
        return None
    try:
        ts = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is no time like 2024-08-08 or 2024-08-08T12:00 (UTC).") from None
    return ts.astimezone(UTC) if ts.tzinfo else ts.replace(tzinfo=UTC)


class _Teller:
    """Says on standard error how far it is: a line for every tenth, on a terminal one that is written over."""

    def __init__(self) -> None:
        self._next = 0
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """So many bars are done, of so many."""
        percent = done * 100 // total
        if percent < self._next and done < total:
            return
        self._next = percent + (1 if self._live else _TOLD_EVERY)
        end = "\r" if self._live and done < total else "\n"
        print(f"{percent:3} %  {done:,} of {total:,} bars", end=end, file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error


def document(report: BacktestReport) -> dict[str, Any]:
    """The report as JSON: amounts as text, absent figures as null; the same for the same file and plan."""
    written = encode(report)
    for kept in ("backtest_id", "ran_at"):  # of backtests that an installation keeps
        del written[kept]
    figures = dict.fromkeys(BacktestFigures.__dataclass_fields__) | written["figures"]
    return written | {"figures": figures, "stopped_by": report.stopped_by}


def table(report: BacktestReport, history: BacktestHistory) -> Iterator[str]:
    """The report as lines for people."""
    plan, figures, quote = report.plan, report.figures, history.instrument.quote
    parameters = " ".join(f"{name}={value}" for name, value in (plan.parameters or {}).items())
    yield f"{plan.strategy} {parameters} on {plan.symbol}, {plan.timeframe.value} bars, {plan.risk_mode}"
    yield f"{report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M} UTC, {report.bars:,} bars, {report.source}"
    yield ""
    for name in _MONEY:
        yield _line(name, getattr(figures, name), f" {quote}")
    for name in _PERCENT:
        yield _line(name.removesuffix("_pct"), getattr(figures, name), " %")
    for name in _RATIOS:
        yield _line(name, getattr(figures, name), "")
    for name in _COUNTS:
        yield f"{_words(name)}{getattr(figures, name):>16,}"
    hours = figures.average_holding_secs
    yield _line("average_holding", None if hours is None else hours / 3600, " h")
    if report.stopped_by is not None:
        yield f"\nIt traded no more before the end: {report.stopped_by}."
    yield "\nSharpe and Sortino: daily returns, annualised with the square root of 365. Paper trading only."


def _line(name: str, figure: Decimal | None, unit: str) -> str:
    return f"{_words(name)}{'-' if figure is None else format(figure, ',.2f'):>16}{'' if figure is None else unit}"


def _words(name: str) -> str:
    words = name.replace("_", " ").capitalize().replace("pnl", "PnL").replace("Cagr", "CAGR")
    return f"{words:<20}"
