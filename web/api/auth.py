"""Logging in to the API."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from core.domain.user import Role, User
from web.auth import AccessTokens, Services, current_user, services_of

router = APIRouter(prefix="/api/auth", tags=["auth"])


class LoginRequest(BaseModel):
    """Credentials; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, Field(max_length=254, examples=["admin@example.com"])]
    password: Annotated[SecretStr, Field(max_length=1_000)]


class Person(BaseModel):
    """Who is logged in."""

    email: str
    role: Role


class LoginAnswer(BaseModel):
    """A bearer token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # a scheme's name, no password
    expires_in: int
    user: Person


@router.post("/login")
async def login(
    body: LoginRequest, request: Request, services: Annotated[Services, Depends(services_of)]
) -> LoginAnswer:
    """Exchange e-mail and password for an access token (429 after 5 failures a minute or 20 an hour)."""
    user = await services.accounts.login(body.email, body.password.get_secret_value(), client_address(request))
    tokens: AccessTokens = request.app.state.tokens
    return LoginAnswer(
        access_token=tokens.issue(user, services.clock.now()),
        expires_in=int(tokens.lifetime.total_seconds()),
        user=Person(email=user.email, role=user.role),
    )


@router.get("/me")
async def me(user: Annotated[User, Depends(current_user)]) -> Person:
    """Who the token belongs to, as stored now."""
    return Person(email=user.email, role=user.role)


def client_address(request: Request) -> str:
    """Network address of the client (behind a proxy: as told by the proxies of FORWARDED_ALLOW_IPS)."""
    return request.client.host if request.client else "unknown"
