"""Confirmations over REST: the same stored proposals as the chat's cards (spec/api.md)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from core.domain.codec import encode
from core.domain.confirmation import ConfirmationRecord
from core.domain.errors import NotFound
from tools.results import Result
from web.api.fields import Answer, Asking, Body, Time, Tools, UseCases

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
    """It was done; `result` is the tool's."""

    status: Literal["done"] = "done"
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
    return Confirmed(tool=record.tool, result=encode(result))
