"""Arguments of the tools that show the market and try strategies on its past."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from tools.arguments_base import Amount, Arguments, SymbolText
from tools.arguments_bots import STRATEGY_WORDS, Parameters, RiskMode, StrategyName

MAX_CHART_BARS = 500
MAX_BACKTEST_DAYS = 3_660
MAX_COMPARED = 5

BacktestId = Annotated[str, StringConstraints(min_length=4, max_length=64, pattern=r"^[\w\-]+$")]


class MarketPrice(Arguments):
    """Which price."""

    symbol: SymbolText = Field("BTC/USDT", description="Pair.", examples=["BTC/USDT"])


class PriceChart(Arguments):
    """Which candles."""

    symbol: SymbolText = Field("BTC/USDT", description="Pair.", examples=["BTC/USDT"])
    timeframe: Timeframe = Field(Timeframe.M5, description="Length of a candle.")
    bars: int = Field(120, ge=5, le=MAX_CHART_BARS, description="How many candles, up to now.")


class EquityChart(Arguments):
    """What span of the equity curve."""

    hours: int | None = Field(None, ge=1, le=24 * 366, description="Only the last so many hours of engine time.")


class Backtest(Arguments):
    """A strategy on past prices; everything has a default."""

    strategy: StrategyName = Field(StrategyName.EMA_CROSS, description=STRATEGY_WORDS)
    symbol: SymbolText = Field("BTC/USDT", description="Pair.", examples=["BTC/USDT"])
    timeframe: Timeframe = Field(Timeframe.M5, description="Length of the bars it decides on.")
    days: int | None = Field(
        None, ge=1, le=MAX_BACKTEST_DAYS, description="The last so many days; absent for as far as the prices reach."
    )
    capital: Amount = Field(Decimal(1000), description="Play money it begins with, in the pair's quote currency.")
    parameters: Parameters = Field(
        default_factory=dict[str, int],
        description="Whole numbers by parameter name; those not named take the strategy's defaults.",
        examples=[{"fast": 8, "slow": 34}],
    )
    risk_mode: RiskMode = Field(RiskMode.BALANCED, description="Position size, stop and target.")
    exchange: Exchange = Field(Exchange.BINANCE, description="Whose fees and rules apply.")


class CompareBacktests(Arguments):
    """Which backtests to hold against each other."""

    backtests: tuple[BacktestId, ...] = Field(
        (),
        max_length=MAX_COMPARED,
        description="Ids of backtests, or their beginnings of at least four characters; none for the newest two.",
    )
