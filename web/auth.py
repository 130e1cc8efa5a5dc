"""Access tokens of the API, and who is behind a request: always as the store knows the person now."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core.domain.errors import Forbidden, NotAuthenticated
from core.domain.user import Role, User
from core.ports import Clock, Ids
from core.services.accounts import Accounts

ALGORITHM = "HS256"
AUDIENCE = "amarktai"
LIFETIME = timedelta(minutes=15)

_SKEW = timedelta(seconds=60)  # clocks of two web processes may differ by this much
_REQUIRED = ["sub", "iat", "exp", "jti", "aud", "tv"]
_INVALID = "The access token is missing, expired or revoked; log in again."


class Services(Protocol):
    """What the web layer needs of `app.state.services`."""

    @property
    def accounts(self) -> Accounts:
        """Who may log in."""
        ...

    @property
    def clock(self) -> Clock:
        """People's time."""
        ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; it must still be compared with the store."""

    user_id: str
    token_version: int
    jti: str


@dataclass(frozen=True, slots=True)
class Session:
    """A person and the token they came with (`jti` names the conversation of the API)."""

    user: User
    jti: str


class AccessTokens:
    """Issues and verifies short-lived tokens, kept at `app.state.tokens`.

    Args:
        secret: JWT_SECRET, at least 32 bytes.
        ids: source of the tokens' own ids.
        lifetime: how long a token is good for.
    """

    def __init__(self, secret: str, ids: Ids, lifetime: timedelta = LIFETIME) -> None:
        self._secret = secret
        self._ids = ids
        self.lifetime = lifetime

    def issue(self, user: User, now: datetime) -> str:
        """A token that dies with `lifetime`, or when the account's token version moves."""
        claims = {
            "sub": user.user_id,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": self._ids.new(),
            "aud": AUDIENCE,
            "tv": user.token_version,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str, now: datetime) -> Claims:
        """Check signature, audience and times.

        Raises:
            NotAuthenticated: anything is wrong; what it is, is not told.
        """
        # PyJWT would ask the system clock: it checks that the times are there, we compare them.
        options: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
            issued = datetime.fromtimestamp(claims["iat"], UTC)
            expires = datetime.fromtimestamp(claims["exp"], UTC)
            found = Claims(str(claims["sub"]), int(claims["tv"]), str(claims["jti"]))
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
            raise NotAuthenticated(_INVALID) from error
        if not issued - _SKEW <= now < expires:
            raise NotAuthenticated(_INVALID)
        return found


def chat_secret(jwt_secret: str) -> str:
    """Key of the chat's session cookie, derived so that one configured secret serves both kinds of token."""
    return hmac.new(jwt_secret.encode(), b"amarktai chat session cookie", hashlib.sha256).hexdigest()


async def live_user(accounts: Accounts, user_id: str, token_version: object) -> User | None:
    """The account behind a token; None when it is gone, disabled, or the token was revoked."""
    user = await accounts.current(user_id)
    if user is None or user.disabled or user.token_version != token_version:
        return None
    return user


def services_of(request: Request) -> Services:
    """The services this application was built with."""
    return request.app.state.services


async def current_session(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> Session:
    """FastAPI dependency: the person behind the bearer token.

    Raises:
        NotAuthenticated: no token, or not a good one any more.
    """
    if credentials is None:
        raise NotAuthenticated(_INVALID)
    tokens: AccessTokens = request.app.state.tokens
    claims = tokens.verify(credentials.credentials, services.clock.now())
    user = await live_user(services.accounts, claims.user_id, claims.token_version)
    if user is None:
        raise NotAuthenticated(_INVALID)
    return Session(user, claims.jti)


async def current_user(session: Annotated[Session, Depends(current_session)]) -> User:
    """FastAPI dependency: the account as stored now."""
    return session.user


async def current_admin(user: Annotated[User, Depends(current_user)]) -> User:
    """FastAPI dependency: an admin (Forbidden for anybody else)."""
    if not user.may(Role.ADMIN):
        raise Forbidden("Only an admin may do this.")
    return user
