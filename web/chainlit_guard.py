"""Lets through only those of Chainlit's routes that the product uses, and only with a session that still lives."""

import re
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.ports import StoreUnavailable
from web.api.problems import refuse
from web.chat_session import COOKIE, cookie_token, session_user

SOCKET_PATH = "/ws/socket.io"

#: Everything outside `/api/`; what is not listed does not exist. Chainlit's token renewal, header and OAuth
#: logins, feedback, uploads, element editing, sharing, MCP, copilot and its own API documents are thereby closed.
_ROUTES: tuple[tuple[str, str], ...] = (
    ("GET HEAD", r"/(login)?"),
    ("GET", r"/(thread|element)/[\w-]{1,64}"),
    ("GET HEAD", r"/(assets|public)/[\w./-]{1,200}"),
    ("GET HEAD", r"/(favicon|logo|metrics)"),
    ("GET", r"/avatars/[\w %.-]{1,100}"),
    ("GET", r"/auth/config"),
    ("GET", r"/user"),
    ("GET", r"/project/(settings|translations)"),
    ("GET", r"/project/thread/[\w-]{1,64}(/element/[\w-]{1,64})?"),
    ("GET", r"/project/file/[\w-]{1,64}"),
    ("POST", r"/(login|logout|set-session-cookie)"),
    ("POST", r"/project/(threads|action)"),
    ("PUT DELETE", r"/project/thread"),
    ("GET POST", re.escape(SOCKET_PATH) + "/?"),
)
_ALLOWED = tuple((frozenset(methods.split()), re.compile(path)) for methods, path in _ROUTES)
_NO_RESPONSE = "No response returned."
_WITHOUT_SESSION = re.compile(r"/(assets|public|avatars)/.*|/(favicon|logo|metrics)")


class ChainlitGuard:
    """Stands in front of everything outside `/api/`; needs `app.state.services.accounts`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if not _is_allowed(scope):
            await refuse(scope, receive, send, HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")
            return
        if not _WITHOUT_SESSION.fullmatch(scope["path"]):
            try:
                scope = await _with_live_session(scope)
            except StoreUnavailable as away:
                # Without the store nobody can be known; that is not the same as being logged out.
                await refuse(scope, receive, send, HTTPStatus.SERVICE_UNAVAILABLE, away.code, away.message)
                return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; a visitor who left before the answer is no error, though Starlette makes one of it."""
        gone = False

        async def watch() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, watch, send)
        except RuntimeError as error:
            if not (gone and str(error) == _NO_RESPONSE):
                raise


def _is_allowed(scope: Scope) -> bool:
    method = "GET" if scope["type"] == "websocket" else scope["method"]
    path = scope["path"]
    if scope["type"] == "websocket" and not path.startswith(SOCKET_PATH):
        return False
    return any(method in methods and pattern.fullmatch(path) for methods, pattern in _ALLOWED)


async def _with_live_session(scope: Scope) -> Scope:
    """The same request, without credentials that are not good any more.

    The Authorization header is always dropped: Chainlit would take a token from it as it does from the cookie.
    """
    raw = "; ".join(Headers(scope=scope).getlist("cookie"))
    headers = MutableHeaders(raw=[pair for pair in scope["headers"] if pair[0] not in {b"cookie", b"authorization"}])
    cookies = cookie_parser(raw)
    user = await session_user(cookie_token(cookies), scope["app"].state.services.accounts)
    if user is None:
        raw = "; ".join(part.strip() for part in raw.split(";") if not part.strip().startswith(COOKIE))
    if raw:
        headers["cookie"] = raw
    return {**scope, "headers": headers.raw}
