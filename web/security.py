"""What every request passes before anything else sees it, and what every answer carries (spec/operations.md)."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api.problems import refuse
from web.chainlit_guard import SOCKET_PATH, ChainlitGuard
from web.headers import HEADERS

MAX_BODY_BYTES = 64 * 1024

STRICT_TRANSPORT = "max-age=31536000"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE_FLAGS = frozenset({"secure", "httponly", "samesite"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What depends on the installation.

    Attributes:
        production: cookies are Secure even when the request looks like plain http.
        origins: origins besides our own that browsers may call from.
    """

    production: bool
    origins: frozenset[str]


def secure(app: FastAPI, policy: Policy) -> None:
    """Put the guards around an application whose `state.services` offers the accounts."""
    # The last one added is the outermost: refusals carry the headers too.
    app.add_middleware(ChainlitGuard)
    app.add_middleware(BodyLimit)
    app.add_middleware(OriginCheck, origins=policy.origins)
    if policy.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(policy.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        )
    app.add_middleware(ResponseHeaders, production=policy.production)


def is_https(scope: Scope) -> bool:
    """Whether the client came over TLS (behind a proxy: as the trusted proxy says)."""
    return scope["scheme"] in {"https", "wss"}


class ResponseHeaders:
    """Adds the security headers and makes every cookie HttpOnly, SameSite=Lax and, where it can be, Secure."""

    def __init__(self, app: ASGIApp, *, production: bool) -> None:
        self._app = app
        self._production = production

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._protect_cookies(headers, scope)
                headers.update(HEADERS)
                if is_https(scope):
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _protect_cookies(self, headers: MutableHeaders, scope: Scope) -> None:
        cookies = headers.getlist("set-cookie")
        if not cookies:
            return
        del headers["set-cookie"]
        flags = "; HttpOnly; SameSite=Lax" + ("; Secure" if self._production or is_https(scope) else "")
        for cookie in cookies:
            parts = [part.strip() for part in cookie.split(";")]
            kept = [part for part in parts if part.partition("=")[0].lower() not in _COOKIE_FLAGS]
            headers.append("set-cookie", "; ".join(kept) + flags)


class OriginCheck:
    """Refuses changes and sockets that another site's page starts in the visitor's browser."""

    def __init__(self, app: ASGIApp, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] in {"http", "websocket"} and self._matters(scope):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and not self._trusted(origin, headers.get("host", "")):
                detail = "This page may not call here; an operator can add its address to ALLOWED_ORIGINS."
                await refuse(scope, receive, send, HTTPStatus.FORBIDDEN, "foreign_origin", detail)
                return
        await self._app(scope, receive, send)

    def _matters(self, scope: Scope) -> bool:
        is_socket = scope["type"] == "websocket" or scope["path"].startswith(SOCKET_PATH)
        return is_socket or scope["method"] not in _SAFE_METHODS

    def _trusted(self, origin: str, host: str) -> bool:
        """Own host (the scheme is unknown behind some proxies) or a configured origin."""
        return origin in self._origins or (bool(host) and urlsplit(origin).netloc.lower() == host.lower())


class BodyLimit:
    """Reads a request's body up to a limit, refuses a longer one, and hands the body on."""

    def __init__(self, app: ASGIApp, *, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except ClientDisconnect:
            return  # nobody waits for an answer, and half a request must not be acted on
        if body is None:
            detail = f"The request is longer than {self._limit} bytes."
            await refuse(scope, receive, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)
            return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when it is longer than the limit."""
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._limit:
            return None
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                return None
        return bytes(body)
