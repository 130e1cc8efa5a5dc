"""Arguments of the tools that make, change and move bots."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from tools.arguments_base import Amount, Arguments, BotName, SymbolText

ParameterName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
Parameters = Annotated[dict[ParameterName, int], Field(max_length=16)]


class StrategyName(StrEnum):
    """Strategies that can be asked for."""

    EMA_CROSS = "ema_cross"
    RSI_REVERSION = "rsi_reversion"
    BOLLINGER = "bollinger"
    BREAKOUT = "breakout"
    GRID = "grid"
    DCA = "dca"
    ADAPTIVE = "adaptive"


class RiskMode(StrEnum):
    """How much a bot bets and how far its stop and target are."""

    SAFE = "safe"
    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"


STRATEGY_WORDS = (
    "ema_cross follows momentum and trends; rsi_reversion buys dips and sells rebounds; bollinger buys below a band "
    "around the average; breakout buys new highs (Donchian); grid buys in steps on the way down; dca buys regularly; "
    "adaptive sees the regime and moves its weight between the others."
)


class CreateBot(Arguments):
    """What can be said about a new bot; everything has a sensible default that the card shows."""

    name: BotName | None = Field(None, description="Unique name; proposed when absent.", examples=["Alpha"])
    symbol: SymbolText = Field("BTC/USDT", description="Pair to trade.", examples=["BTC/USDT", "ETH/USDT"])
    strategy: StrategyName = Field(StrategyName.EMA_CROSS, description=STRATEGY_WORDS)
    parameters: Parameters = Field(
        default_factory=dict[str, int],
        description="Whole numbers by parameter name; those not named take the strategy's defaults.",
        examples=[{"fast": 8, "slow": 34}],
    )
    capital: Amount = Field(Decimal(1000), description="Play money to allocate, in the pair's quote currency.")
    timeframe: Timeframe = Field(Timeframe.M1, description="Length of the bars the bot decides on.")
    risk_mode: RiskMode = Field(RiskMode.BALANCED, description="Position size, stop and target.")
    exchange: Exchange = Field(Exchange.BINANCE, description="Whose fees and rules apply.")
    start: bool = Field(default=False, description="True when the person also wants it started at once.")


class BotRef(Arguments):
    """One bot, by the name the person used."""

    bot: BotName = Field(description="Name of the bot.", examples=["Alpha"])


class StopBot(BotRef):
    """Stop for good: positions are sold, capital returns to free cash."""


class RenameBot(BotRef):
    """Another name for a bot."""

    name: BotName = Field(description="The new name.", examples=["Falcon"])


class CloneBot(BotRef):
    """A new bot that trades like one there is."""

    name: BotName | None = Field(None, description="Name of the copy; proposed when absent.", examples=["Alpha 2"])
    capital: Amount | None = Field(
        None, description="Play money for the copy, in the quote currency; absent for as much as the original has."
    )
    start: bool = Field(default=False, description="True when the person also wants the copy started at once.")


class EditBot(BotRef):
    """How a bot that does not run should trade from now on; what is not said stays as it is."""

    strategy: StrategyName | None = Field(None, description=STRATEGY_WORDS)
    parameters: Parameters = Field(
        default_factory=dict[str, int],
        description="Whole numbers by parameter name; those not named keep their values.",
        examples=[{"fast": 8}],
    )
    timeframe: Timeframe | None = Field(None, description="Length of the bars the bot decides on.")
    risk_mode: RiskMode | None = Field(None, description="Position size, stop and target.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.strategy or self.parameters or self.timeframe or self.risk_mode):
            raise ValueError("say what to change: strategy, parameters, timeframe or risk_mode")
        return self


class AddCapital(BotRef):
    """Free cash into a bot."""

    amount: Amount = Field(description="How much, in the bot's quote currency.", examples=["500"])


class WithdrawCapital(BotRef):
    """A bot's cash back to free cash."""

    amount: Amount | None = Field(
        None,
        description="How much, in the bot's quote currency; absent for all its cash that is free.",
        examples=["200"],
    )
