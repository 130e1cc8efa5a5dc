"""Arguments of the tools that place, cancel and explain orders, and of the guard rails around them."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from core.domain.order import Side, TimeInForce
from tools.arguments_base import Amount, Arguments, BotName, SymbolText

MAX_GOOD_FOR_MINUTES = 30 * 24 * 60
MIN_COOLDOWN, MAX_COOLDOWN = 5, 120

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w:.\-]+$")]
ClientOrderId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w:.\-]+$")]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=200, strip_whitespace=True)]
Bps = Annotated[Decimal, Field(gt=0, lt=10_000, decimal_places=4, allow_inf_nan=False)]


class SubmitOrder(Arguments):
    """An order of the person: a buy enters, a sale only reduces what is held.

    A buy states `quantity` (coins) or `amount` (money); a sale states a `quantity`, or nothing for all that is held.
    """

    side: Side = Field(description="buy or sell.")
    symbol: SymbolText | None = Field(None, description="Pair; absent for the bot's own.", examples=["BTC/USDT"])
    quantity: Amount | None = Field(None, description="How much of the coin.", examples=["0.01"])
    amount: Amount | None = Field(None, description="For a buy: how much money to spend.", examples=["200"])
    limit_price: Amount | None = Field(None, description="Worst price; absent for an order at the market.")
    time_in_force: TimeInForce | None = Field(
        None,
        description="gtc works until canceled (usual with a limit), ioc takes what fills at once (usual at the "
        "market), fok is filled whole at once or not at all.",
    )
    post_only: bool = Field(default=False, description="True: a limit order that must not trade at once.")
    good_for_minutes: int | None = Field(
        None, ge=1, le=MAX_GOOD_FOR_MINUTES, description="An order that works is taken back after so many minutes."
    )
    take_profit: Amount | None = Field(None, description="For a buy: price at which the profit is taken.")
    stop_loss: Amount | None = Field(None, description="For a buy: price at which the loss is cut.")
    expected_edge_bps: Bps | None = Field(
        None, description="For a buy, instead of take_profit: distance to it in bps; 2 % are 200."
    )
    stop_loss_bps: Bps | None = Field(None, description="For a buy, instead of stop_loss: distance to it in bps.")
    propose_target: bool = Field(
        default=True, description="For a buy without a target: whether to propose the balanced one (usual)."
    )
    bot: BotName | None = Field(None, description="Whose order it is; absent for the person's own.")
    client_order_id: ClientOrderId | None = Field(
        None, description="The person's own id of the order, if they gave one: the same id never orders twice."
    )

    @model_validator(mode="after")
    def _is_an_order(self) -> Self:
        if self.symbol is None and self.bot is None:
            raise ValueError("say which pair: an order needs a `symbol`, or a `bot` whose pair is meant")
        if self.quantity is not None and self.amount is not None:
            raise ValueError("say either `quantity` or `amount`, not both")
        if self.take_profit is not None and self.expected_edge_bps is not None:
            raise ValueError("say either `take_profit` or `expected_edge_bps`, not both")
        if self.stop_loss is not None and self.stop_loss_bps is not None:
            raise ValueError("say either `stop_loss` or `stop_loss_bps`, not both")
        if self.limit_price is None and self.post_only:
            raise ValueError("only an order with a `limit_price` can be `post_only`")
        self._suits_its_side()
        return self

    def _suits_its_side(self) -> None:
        if self.side is Side.BUY:
            if self.quantity is None and self.amount is None:
                raise ValueError("say how much to buy: `quantity` in coins, or `amount` in money")
            return
        if self.amount is not None:
            raise ValueError("a sale is of a `quantity` of the coin, or of all that is held")
        targets = (self.take_profit, self.stop_loss, self.expected_edge_bps, self.stop_loss_bps)
        if any(target is not None for target in targets):
            raise ValueError("targets and stops belong to a buy; a sale closes what they guard")


class CancelOrder(Arguments):
    """An order that works, by its id, or as the only one of a bot or in a pair (or the only one at all)."""

    order_id: OrderId | None = Field(None, description="Id of the order.")
    bot: BotName | None = Field(None, description="Whose order.")
    symbol: SymbolText | None = Field(None, description="In which pair.", examples=["BTC/USDT"])


class FlattenBot(Arguments):
    """Sell all that a bot holds and take its orders back; the bot goes on as it is."""

    bot: BotName = Field(description="Name of the bot.", examples=["Alpha"])


class SetCooldown(Arguments):
    """The least time between two entries of a bot."""

    bot: BotName = Field(description="Name of the bot.", examples=["Alpha"])
    minutes: int = Field(
        ge=0,
        le=MAX_COOLDOWN,
        description=f"Minutes of engine time, {MIN_COOLDOWN} to {MAX_COOLDOWN}; 0 for none.",
        examples=[15],
    )

    @field_validator("minutes")
    @classmethod
    def _in_bounds(cls, minutes: int) -> int:
        if 0 < minutes < MIN_COOLDOWN:
            raise ValueError(f"a cooldown lasts {MIN_COOLDOWN} to {MAX_COOLDOWN} minutes, or 0 for none")
        return minutes


class ExplainDecision(Arguments):
    """Whose last decisions to explain."""

    bot: BotName | None = Field(
        None, description="Name of the bot; “Manual” for the person's own orders; absent when there is only one."
    )


class ResetBreaker(Arguments):
    """Close a circuit breaker that has opened."""

    bot: BotName | None = Field(None, description="Bot whose breaker is open; absent for the whole account.")
    bot_id: OrderId | None = Field(None, description="Instead of its name: the bot's id; an admin may give anybody's.")
    whole_account: bool = Field(default=False, description="With bot_id: the breaker of the account that owns the bot.")
    reason: Reason | None = Field(
        None, description="Why it is safe to go on, in the person's own words; without one nothing is reset."
    )

    @model_validator(mode="after")
    def _names_one_scope(self) -> Self:
        if self.bot is not None and self.bot_id is not None:
            raise ValueError("say either `bot` or `bot_id`, not both")
        if self.whole_account and self.bot_id is None:
            raise ValueError("the breaker of your own account is meant when no bot is named")
        return self


class GlobalStop(Arguments):
    """Halt the trading of everybody."""

    reason: Reason = Field("emergency stop of an admin", description="Why; everybody's ledger records it.")
