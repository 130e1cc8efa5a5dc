"""Backtests as blocks: figures, the course of equity with its drawdown, the trades as a file, and comparisons."""

from collections.abc import Callable
from decimal import Decimal

from assistant import formats as f
from assistant.blocks import Block, Card, Chart, Field, File, Line, Table, Text, Tone
from assistant.present.base import foot, present
from core.domain.backtest import BacktestReport
from core.domain.codec import iso
from core.domain.money import exact, plain
from core.domain.strategies.catalog import STRATEGIES
from core.services.backtest_csv import trades_csv
from tools import results as r

_DAILY = "daily, annualised"
_NONE = "not defined"


@present.register
def _(result: r.Backtested) -> tuple[Block, ...]:
    report = result.report
    blocks: list[Block] = [_card(report)]
    if report.equity:
        blocks.append(_curve(report))
    if report.trades:
        name = f"backtest-{report.backtest_id[:8]}-trades.csv"
        blocks.append(File(name, trades_csv(report).encode(), "text/csv"))
    else:
        blocks.append(Text("It closed no trade, so there is no list of trades."))
    return tuple(blocks)


def _card(report: BacktestReport) -> Card:
    figures, cur = report.figures, _quote(report)
    fields = [
        f.pnl_field("Net profit", figures.net_profit, cur),
        Field("Return", f.points(figures.net_profit_pct, sign=True), f.tone(figures.net_profit_pct)),
        Field("Buy and hold", f.points(figures.buy_and_hold_pct, sign=True), f.tone(figures.buy_and_hold_pct)),
        Field("Max drawdown", f.points(figures.max_drawdown_pct)),
        Field(f"Sharpe ({_DAILY})", _ratio(figures.sharpe)),
        Field(f"Sortino ({_DAILY})", _ratio(figures.sortino)),
        Field("Yearly growth", _points(figures.cagr_pct)),
        Field("Profit factor", _ratio(figures.profit_factor)),
        Field("Win rate", _points(figures.win_rate_pct)),
        Field("Expectancy", _NONE if figures.expectancy is None else f"{f.signed(figures.expectancy, cur)} a trade"),
        Field("Trades", f"{figures.trades}, {figures.wins} won"),
        Field("Average holding", _duration(figures.average_holding_secs)),
        Field("Time in the market", f.points(figures.exposure_pct)),
        f.money_field("Fees", figures.fees, cur),
        Field("Refused entries", _denials(report)),
        Field("Period", f"{f.moment(report.first)} to {f.moment(report.last)}, {report.bars:,} bars"),
    ]
    if report.stopped_by is not None:
        fields.insert(0, Field("Stopped early by", report.stopped_by.replace("_", " "), Tone.WARNING))
    title = f"Backtest: {_way(report)} with {f.grouped(report.plan.capital)} {cur}"
    return Card(title, tuple(fields), _foot(report), f.tone(figures.net_profit))


def _curve(report: BacktestReport) -> Chart:
    return Chart(
        title="Equity and drawdown",
        times=tuple(iso(point.ts) for point in report.equity),
        values=tuple(plain(point.equity) for point in report.equity),
        unit=_quote(report),
        foot=_foot(report),
        under=Line("Drawdown", tuple(plain(point.drawdown_pct) for point in report.equity), "%"),
        level=("buy and hold ends here", plain(_held(report))),
    )


def _held(report: BacktestReport) -> Decimal:
    """What buying at the first open and holding would have ended with."""
    with exact():
        return report.plan.capital * (1 + report.figures.buy_and_hold_pct * Decimal("0.01"))


@present.register
def _(result: r.BacktestsCompared) -> tuple[Block, ...]:
    reports = result.reports
    columns = ("", *(_column(report, result.better) for report in reports))
    rows = tuple((label, *(show(report) for report in reports)) for label, show in _COMPARED)
    better = next((report for report in reports if report.backtest_id == result.better), None)
    head = f"**{f.escape(_way(better))}** was better. " if better else ""
    sources = dict.fromkeys(report.source for report in reports)
    return (
        Text(f"{head}{f.escape(result.why)}"),
        Table(
            "Backtests side by side", columns, rows, foot(", ".join(sources), f"Sharpe, Sortino: {_DAILY}"), whole=True
        ),
    )


def _column(report: BacktestReport, better: str | None) -> str:
    star = " ★" if report.backtest_id == better else ""
    return f"{_title(report)}{star}"


def _quote(report: BacktestReport) -> str:
    return report.plan.symbol.partition("/")[2]


def _title(report: BacktestReport) -> str:
    kind = STRATEGIES.get(report.plan.strategy)
    return kind.title if kind else report.plan.strategy


def _way(report: BacktestReport) -> str:
    return f"{_title(report)} on {report.plan.symbol} {report.plan.timeframe.value}"


def _settings(report: BacktestReport) -> str:
    values = ", ".join(f"{name} {value}" for name, value in (report.plan.parameters or {}).items())
    return f"{values}, {report.plan.risk_mode}" if values else report.plan.risk_mode


def _foot(report: BacktestReport) -> str:
    return foot(report.source, _settings(report), f"backtest {report.backtest_id[:8]}")


def _denials(report: BacktestReport) -> str:
    listed = ", ".join(f"{gate.replace('_', ' ')} {count}" for gate, count in report.denials_by_gate.items())
    return f"{report.figures.denials} ({listed})" if listed else str(report.figures.denials)


def _ratio(value: Decimal | None) -> str:
    return _NONE if value is None else f.grouped(value)


def _points(value: Decimal | None) -> str:
    return _NONE if value is None else f.points(value)


def _duration(secs: Decimal | None) -> str:
    return _NONE if secs is None else f.duration(secs)


_COMPARED: tuple[tuple[str, Callable[[BacktestReport], str]], ...] = (
    ("Backtest", lambda report: report.backtest_id[:8]),
    ("Pair, bars", lambda report: f"{report.plan.symbol}, {report.plan.timeframe.value}"),
    ("Settings", _settings),
    ("From", lambda report: f"{report.first:%Y-%m-%d}"),
    ("To", lambda report: f"{report.last:%Y-%m-%d}"),
    ("Net profit", lambda report: f.signed(report.figures.net_profit, _quote(report))),
    ("Return", lambda report: f.points(report.figures.net_profit_pct, sign=True)),
    ("Buy and hold", lambda report: f.points(report.figures.buy_and_hold_pct, sign=True)),
    ("Max drawdown", lambda report: f.points(report.figures.max_drawdown_pct)),
    ("Sharpe", lambda report: _ratio(report.figures.sharpe)),
    ("Sortino", lambda report: _ratio(report.figures.sortino)),
    ("Profit factor", lambda report: _ratio(report.figures.profit_factor)),
    ("Win rate", lambda report: _points(report.figures.win_rate_pct)),
    ("Trades", lambda report: str(report.figures.trades)),
    ("Time in the market", lambda report: f.points(report.figures.exposure_pct)),
    ("Fees", lambda report: f.money(report.figures.fees, _quote(report))),
)
