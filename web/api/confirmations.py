"""Confirmations over REST: the same stored proposals as the chat's cards (spec/api.md)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from core.domain.codec import encode
from core.domain.confirmation import ConfirmationRecord
from core.domain.errors import IntegrityError, NotFound
from tools.context import Caller
from tools.results import OrderAnswer, Result, was_refused
from tools.runner import ToolRunner
from web.api.fields import Answer, Asking, Body, Time, Tools, UseCases
from web.api.order_answers import placed

router = APIRouter(prefix="/api/confirmations", tags=["confirmations"])


class Preview(Answer):
    """What would be done, as the card in the chat says it; `phrase` is what has to be sent back, if anything."""

    title: str
    effect: list[str]
    phrase: str | None


class Confirmation(Answer):
    """A stored proposal: good once, for this token, until it expires."""

    id: str
    preview: Preview
    level: Literal["confirm", "phrase"]
    expires_at: Time


class Proposed(Answer):
    """Nothing has been done yet: `POST /api/confirmations/{id}` does it."""

    confirmation: Confirmation


class Confirmed(Answer):
    """It was done, or `refused` (an order that a gate denied); `result` is the tool's."""

    status: Literal["done", "refused"]
    tool: str
    result: dict[str, Any]


class Consent(Body):
    """A yes; `phrase` where the level asks for it."""

    phrase: Annotated[str | None, Field(max_length=200)] = None


def proposed(record: ConfirmationRecord) -> Proposed:
    """The answer that shows a proposal."""
    preview = Preview(title=record.title, effect=list(record.effect), phrase=record.phrase)
    return Proposed(
        confirmation=Confirmation(
            id=record.confirmation_id,
            preview=preview,
            level="phrase" if record.phrase else "confirm",
            expires_at=record.expires_at,
        )
    )


async def propose(runner: ToolRunner, caller: Caller, tool: str, wish: Mapping[str, Any]) -> Proposed:
    """Store what a tool would do, and show it.

    Raises:
        ProductError: whatever the tool refuses.
    """
    record = await runner.call(caller, tool, wish)
    if not isinstance(record, ConfirmationRecord):
        raise IntegrityError(f"{tool} acted without being confirmed first.")
    return proposed(record)


def _body_of(result: Result) -> dict[str, Any]:
    """A result as JSON; that of an order is the answer of the order pipeline."""
    return placed(result).model_dump(mode="json") if isinstance(result, OrderAnswer) else encode(result)


@router.post("/{confirmation_id}", responses={status.HTTP_202_ACCEPTED: {"model": Proposed}})
async def confirm(
    confirmation_id: Annotated[str, Path(max_length=64)],
    caller: Asking,
    services: UseCases,
    runner: Tools,
    response: Response,
    body: Consent | None = None,
) -> Confirmed | Proposed:
    """Do what was proposed, once; 202 with a fresh proposal when things have moved since it was shown."""
    record = await services.confirmations.get(confirmation_id)
    if record.user_id != caller.principal.user_id:
        raise NotFound("There is no such confirmation. Nothing was done.")
    result: Result | ConfirmationRecord = await runner.confirm(caller, confirmation_id, body.phrase if body else None)
    if isinstance(result, ConfirmationRecord):
        response.status_code = status.HTTP_202_ACCEPTED
        return proposed(result)
    return Confirmed(status="refused" if was_refused(result) else "done", tool=record.tool, result=_body_of(result))
