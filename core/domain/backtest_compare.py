"""Which of several backtests did better, by a rule that is said with the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.backtest import BacktestReport
from core.domain.money import ONE, ratio


@dataclass(frozen=True, slots=True)
class Comparison:
    """Backtests side by side; `better` is the id of the one that did better, None when that cannot be said."""

    reports: tuple[BacktestReport, ...]
    better: str | None
    why: str


def compare(reports: Sequence[BacktestReport]) -> Comparison:
    """Among those with a profit, the one with the most of it for its risk; without any, the one that lost least.

    Profit for risk is the net profit in percent over the deepest fall in percent (Young, Calmar Ratio: A Smoother
    Tool, 1991, over the whole period instead of years). A fall below one percent counts as one, or almost no trading
    would beat everything.
    """
    ranked = sorted(reports, key=_rank, reverse=True)
    best, next_best = ranked[0], ranked[1]
    if _rank(best) == _rank(next_best):
        return Comparison(tuple(reports), None, f"{_name(best)} and {_name(next_best)} did equally well.")
    gained = best.figures.net_profit > 0
    verdict = f"{_name(best)} earned most for its risk" if gained else f"None made a profit. {_name(best)} lost least"
    why = f"{verdict}: {_words(best)}. Next is {_name(next_best)}: {_words(next_best)}."
    return Comparison(tuple(reports), best.backtest_id, why + _caution(reports))


def profit_for_risk(report: BacktestReport) -> Decimal:
    """Net profit over the deepest fall, both in percent; the fall counts as at least one percent."""
    return ratio(report.figures.net_profit_pct, max(report.figures.max_drawdown_pct, ONE))


def _rank(report: BacktestReport) -> tuple[bool, Decimal]:
    profit = report.figures.net_profit_pct
    return (True, profit_for_risk(report)) if profit > 0 else (False, profit)


def _name(report: BacktestReport) -> str:
    return f"{report.plan.strategy} ({report.backtest_id[:8]})"


def _words(report: BacktestReport) -> str:
    figures = report.figures
    return f"{figures.net_profit_pct:+.2f} % with a deepest fall of {figures.max_drawdown_pct:.2f} %"


def _caution(reports: Sequence[BacktestReport]) -> str:
    first = reports[0]
    if any((r.source, r.plan.symbol) != (first.source, first.plan.symbol) for r in reports):
        return " They ran on different markets, so that says little."
    if any((r.first, r.last) != (first.first, first.last) for r in reports):
        return " They cover different periods, so take it with care."
    return ""
