"""What the answers of all routes share: money as text, times with Z, pages, and who asks with what."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from core.domain.codec import iso
from core.domain.money import plain
from core.domain.user import User
from core.services.services import Services
from tools.context import Caller, Principal
from tools.runner import ToolRunner
from web.auth import Session, current_session, current_user

Figure = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
Time = Annotated[datetime, PlainSerializer(iso, return_type=str)]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]

Money = Annotated[str, Field(pattern=r"^\d{1,10}(\.\d{1,8})?$", examples=["500"], description="Money is text.")]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=200, strip_whitespace=True)]

Limit = Annotated[int, Query(ge=1, le=1_000, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`cursor` of the page before.")]
BotId = Annotated[str | None, Query(max_length=64, description="Only this bot's.")]


class Answer(BaseModel):
    """Base of all answers; filled from the services' own types."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class Body(BaseModel):
    """Base of all request bodies: unknown fields and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _services(request: Request) -> Services:
    return request.app.state.services


def _runner(request: Request) -> ToolRunner:
    return request.app.state.runner


async def _caller(session: Annotated[Session, Depends(current_session)]) -> Caller:
    """The person with the token's id as the conversation: what one token asked for, no other can confirm."""
    user = session.user
    return Caller(Principal(user.user_id, user.email, user.role), session.jti)


Person: TypeAlias = Annotated[User, Depends(current_user)]
Asking: TypeAlias = Annotated[Caller, Depends(_caller)]
UseCases: TypeAlias = Annotated[Services, Depends(_services)]
Tools: TypeAlias = Annotated[ToolRunner, Depends(_runner)]
