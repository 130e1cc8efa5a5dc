"""The chat's session cookie: issued by our login, checked against the store, configured before Chainlit is loaded.

Chainlit reads its configuration from the environment when it is imported, so this module imports it only
inside functions, after `prepare_chainlit`.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import structlog
from fastapi import Request, Response

from core.domain.user import User
from core.services.accounts import Accounts
from core.settings import export
from web.auth import live_user

COOKIE = "amarktai_session"
MAX_SOCKET_BYTES = 64 * 1024

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MAX_TIME = 40
_log = structlog.get_logger(__name__)

#: Events of the browser's socket that the product uses; Chainlit's others (editing messages, favourites,
#: audio, window messages, settings) are unregistered, so that sending them by hand has no effect.
SOCKET_EVENTS = frozenset({"connect", "disconnect", "connection_successful", "clear_session", "client_message", "stop"})


def prepare_chainlit(app_root: Path, secret: str, session_timeout_minutes: int) -> None:
    """Configure Chainlit; call it once, before anything imports Chainlit and before it is mounted.

    Args:
        app_root: the directory that holds `.chainlit/`, `public/` and the read-me page.
        secret: key of the session cookie (`web.auth.chat_secret`).
        session_timeout_minutes: life of a session from its login.
    """
    export(
        {
            "CHAINLIT_APP_ROOT": str(app_root),
            "CHAINLIT_AUTH_SECRET": secret,
            "CHAINLIT_AUTH_COOKIE_NAME": COOKIE,
            "CHAINLIT_COOKIE_SAMESITE": "lax",
            # Only core/settings.py reads `.env`: Chainlit would copy all of it into the environment.
            "CHAINLIT_ENV_FILE": ".no-env-file",
            # Set by chance for other programs, these would make Chainlit store chats elsewhere.
            "DATABASE_URL": "",
            "LITERAL_API_KEY": "",
        }
    )
    from chainlit.config import config
    from chainlit.server import sio

    config.project.user_session_timeout = session_timeout_minutes * 60
    handlers: dict[str, Any] = sio.handlers["/"]
    for event in set(handlers) - SOCKET_EVENTS:
        del handlers[event]
    handlers["client_message"] = _well_formed_only(handlers["client_message"])
    sio.eio.max_http_buffer_size = MAX_SOCKET_BYTES


def _well_formed_only(handler: Callable[[str, object], Awaitable[None]]) -> Callable[[str, object], Awaitable[None]]:
    """Drop what no browser of ours sends: Chainlit would answer it with the text of an exception."""

    async def guarded(sid: str, *payload: object) -> None:
        if len(payload) == 1 and _is_message(payload[0]):
            await handler(sid, payload[0])
        else:
            _log.info("a malformed chat message was dropped")

    return guarded


def _is_message(payload: object) -> bool:
    fields = cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}
    message = fields.get("message")
    if not isinstance(message, dict) or fields.get("fileReferences"):
        return False
    key, text, created = (message.get(name) for name in ("id", "output", "createdAt"))
    named = isinstance(key, str) and _UUID4.fullmatch(key) is not None
    return named and isinstance(text, str) and isinstance(created, str) and len(created) <= _MAX_TIME


def start_session(request: Request, response: Response, user: User) -> None:
    """Set the session cookie; it names the account by its id and dies with the account's token version."""
    from chainlit.auth import create_jwt, set_auth_cookie
    from chainlit.user import User as ChatUser

    chat_user = ChatUser(identifier=user.user_id, display_name=user.email, metadata={"tv": user.token_version})
    set_auth_cookie(request, response, create_jwt(chat_user))


def end_session(request: Request, response: Response) -> None:
    """Clear the session cookie."""
    from chainlit.auth import clear_auth_cookie

    clear_auth_cookie(request, response)


def cookie_token(cookies: dict[str, str]) -> str | None:
    """The session token among a request's cookies."""
    from chainlit.auth import get_token_from_cookies

    return get_token_from_cookies(cookies)


async def session_user(token: str | None, accounts: Accounts) -> User | None:
    """The account behind a session token, as stored now; None when the session is over for whatever reason.

    Ask this on every chat message, with `cl.context.session.token`: an open socket outlives a logout.
    """
    from chainlit.auth.jwt import decode_jwt
    from jwt import PyJWTError

    if not token:
        return None
    try:
        claimed = decode_jwt(token)
    except (PyJWTError, KeyError, TypeError, ValueError):
        return None
    return await live_user(accounts, claimed.identifier, claimed.metadata.get("tv"))
