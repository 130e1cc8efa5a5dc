"""Orders over REST: proposed here, placed by their confirmation, read and taken back at once."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response, status
from pydantic import Field

from core.domain.confirmation import ConfirmationRecord
from core.domain.errors import IntegrityError, InvalidInput
from core.domain.order import Side, TimeInForce
from tools.arguments_orders import MAX_GOOD_FOR_MINUTES
from tools.results import OrderAnswer
from web.api.bots import bot_name
from web.api.confirmations import Proposed, proposed
from web.api.fields import Asking, Body, BotId, Cursor, Limit, Money, Person, Tools, UseCases
from web.api.order_answers import OrderPart, OrdersAnswer, PlacedPart, placed, viewed
from web.api.pages import page_of

router = APIRouter(prefix="/api/orders", tags=["orders"])

_KEY = r"^[\w:.\-]{1,64}$"
_OrderId = Annotated[str, Path(pattern=_KEY)]


class OrderRequest(Body):
    """A buy of a `quantity` of the coin or for a `notional` of money; a sale of a `quantity`, or of all (without one).

    Without `limit_price` it is an order at the market. A buy states its edge: `take_profit` (a price) or
    `expected_edge_bps`. Without `bot_id` it is the person's own, of their bot `Manual`.
    """

    symbol: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}/[A-Z0-9]{2,12}$", examples=["BTC/USDT"])]
    side: Annotated[Side, Field(strict=False)]
    quantity: Money | None = None
    notional: Money | None = None
    limit_price: Money | None = None
    time_in_force: Annotated[TimeInForce | None, Field(strict=False)] = None
    post_only: bool = False
    good_for_minutes: Annotated[int | None, Field(ge=1, le=MAX_GOOD_FOR_MINUTES)] = None
    take_profit: Money | None = None
    stop_loss: Money | None = None
    expected_edge_bps: Money | None = None
    bot_id: Annotated[str | None, Field(max_length=64)] = None
    client_order_id: Annotated[str | None, Field(pattern=_KEY)] = None


@router.post("/submit", status_code=status.HTTP_202_ACCEPTED, responses={status.HTTP_200_OK: {"model": PlacedPart}})
async def submit(
    body: OrderRequest,
    caller: Asking,
    services: UseCases,
    runner: Tools,
    response: Response,
    idempotency_key: Annotated[str | None, Header(pattern=_KEY, description="Used as client_order_id.")] = None,
) -> Proposed | PlacedPart:
    """Propose an order; 200 when there is nothing to confirm: it came before (`cached`), or it is denied now."""
    key = body.client_order_id or idempotency_key
    if idempotency_key is not None and key != idempotency_key:
        raise InvalidInput("The header Idempotency-Key and client_order_id name different orders.")
    wish = body.model_dump(mode="json", exclude_none=True, exclude={"notional", "bot_id", "client_order_id"})
    wish |= {"amount": body.notional, "client_order_id": key, "propose_target": False}
    if body.bot_id is not None:
        wish["bot"] = await bot_name(services, caller.principal.user_id, body.bot_id)
    outcome = await runner.call(caller, "submit_order", wish)
    if isinstance(outcome, ConfirmationRecord):
        return proposed(outcome)
    if not isinstance(outcome, OrderAnswer):
        raise IntegrityError("An order was answered with something else.")
    response.status_code = status.HTTP_200_OK
    return placed(outcome)


@router.get("/pending")
async def pending(
    services: UseCases, user: Person, bot_id: BotId = None, limit: Limit = 100, cursor: Cursor = None
) -> OrdersAnswer:
    """Orders that work now, of all bots or of one."""
    if bot_id is not None:
        (await services.writer.account(user.user_id)).bot(bot_id)  # another user's bot is not found
    found = [order for order in await services.order_reader.pending(user.user_id) if bot_id in {None, order.bot_id}]
    page, after = page_of(found, lambda order: order.order_id, limit, cursor)
    return OrdersAnswer(orders=[viewed(order) for order in page], cursor=after)


@router.get("/{order_id}/status")
async def order_status(order_id: _OrderId, services: UseCases, user: Person) -> OrderPart:
    """One order, whatever became of it; what a gate denied is no order."""
    return viewed(await services.order_reader.status(user.user_id, order_id))


@router.delete("/{order_id}")
async def cancel(order_id: _OrderId, caller: Asking, services: UseCases, runner: Tools) -> OrderPart:
    """Take an order back at once; 409 when it works no more."""
    await services.order_reader.status(
        caller.principal.user_id, order_id
    )  # for the tool, the beginning of an id will do
    await runner.call(caller, "cancel_order", {"order_id": order_id})
    return viewed(await services.order_reader.status(caller.principal.user_id, order_id))
