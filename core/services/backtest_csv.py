"""A backtest's trades as CSV, safe for spreadsheets."""

from core.domain.backtest import BacktestReport, BacktestTrade
from core.domain.codec import encode
from core.domain.csv_text import csv_line

_COLUMNS = tuple(BacktestTrade.__dataclass_fields__)


def trades_csv(report: BacktestReport) -> str:
    """One line a trade, oldest first, after one with the names of BacktestTrade's fields."""
    rows = (csv_line(document[name] for name in _COLUMNS) for document in map(encode, report.trades))
    return csv_line(_COLUMNS) + "".join(rows)
