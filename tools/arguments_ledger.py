"""Arguments of the tools that show, check, export and move money."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from core.services.funds import FundsKind
from tools.arguments_base import Amount, Arguments, BotName, CurrencyCode


class Period(StrEnum):
    """Grouping of profit figures; days, ISO weeks and months in UTC."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class RankBy(StrEnum):
    """Figures bots can be ranked by."""

    RETURN = "return"
    NET_PNL = "net_pnl"
    WIN_RATE = "win_rate"
    PROFIT_FACTOR = "profit_factor"


class ExportKind(StrEnum):
    """Records that can be exported."""

    TRADES = "trades"
    FILLS = "fills"
    EVENTS = "events"


class Profits(Arguments):
    """How to group profit figures."""

    period: Period = Field(Period.DAILY, description="daily, weekly or monthly.")
    limit: int = Field(14, ge=1, le=366, description="How many periods, newest first.")


class Positions(Arguments):
    """Whose open positions to show."""

    bot: BotName | None = Field(None, description="Only this bot's positions.")


class TradeHistory(Arguments):
    """Which trades to list."""

    bot: BotName | None = Field(None, description="Only this bot's trades.")
    limit: int = Field(20, ge=1, le=200, description="How many, newest first.")


class PerformanceRanking(Arguments):
    """How to order bots."""

    by: RankBy = Field(RankBy.RETURN, description="return (in percent), net_pnl, win_rate or profit_factor.")


class CountdownStatus(Arguments):
    """How far it is to a target."""

    target: Amount | None = Field(None, description="Equity to reach; absent for the person's own target.")


class SetTarget(Arguments):
    """The equity to work towards."""

    target: Amount = Field(description="Equity to reach, in the account's reporting currency.", examples=["50000"])


class ExportCsv(Arguments):
    """Which records to export."""

    what: ExportKind = Field(
        ExportKind.TRADES,
        description="trades (closed ones), fills (every execution) or events (the whole journal).",
    )


class FundAccount(Arguments):
    """Play money in, out, or into another currency; it moves free cash only, never a bot's."""

    kind: FundsKind = Field(description="deposit, withdraw or convert.")
    amount: Amount = Field(description="How much of `currency`.", examples=["500"])
    currency: CurrencyCode | None = Field(
        None, description="Currency of the amount; absent for the account's own.", examples=["USDT"]
    )
    into: CurrencyCode | None = Field(
        None, description="For convert, and only then: the currency wanted.", examples=["BTC"]
    )

    @model_validator(mode="after")
    def _converts_into_something(self) -> Self:
        if (self.into is not None) is not (self.kind is FundsKind.CONVERT):
            raise ValueError("a conversion needs `into`, the currency wanted; nothing else takes it")
        return self
