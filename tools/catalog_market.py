"""Rows of the catalogue that show prices and try strategies on their past."""

from core.domain.user import Role
from tools import arguments as args
from tools import backtests, market, price_chart
from tools.definitions import ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER, _READ = Role.USER, Level.READ

MARKET_TOOLS: tuple[Tool, ...] = (
    ReadTool(
        ToolSpec("market_price", "Price of a pair now.", args.MarketPrice, _USER, _READ, ("price of btc",)),
        read=market.market_price,
    ),
    ReadTool(
        ToolSpec(
            "price_chart",
            "Candles of a pair up to now, with where the person and their bots bought and sold.",
            args.PriceChart,
            _USER,
            _READ,
            ("show the btc chart", "hourly candles of eth"),
        ),
        read=price_chart.price_chart,
    ),
    ReadTool(
        ToolSpec(
            "backtest",
            "Try a strategy on past prices with the same engine, gates and fees: profit, drawdown, trades, and what "
            "just holding would have brought.",
            args.Backtest,
            _USER,
            _READ,
            ("backtest grid on btc", "backtest ema cross on eth over the last 30 days with 2k"),
        ),
        read=backtests.backtest,
    ),
    ReadTool(
        ToolSpec(
            "compare_backtests",
            "Hold backtests side by side and say which was better: the newest two, or those named by their ids.",
            args.CompareBacktests,
            _USER,
            _READ,
            ("which was better?",),
        ),
        read=backtests.compare_backtests,
    ),
)
