"""The chat's page, login and logout: served by us in front of Chainlit, which is mounted behind these routes."""

import re
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse

from core.domain.errors import ProductError
from web.api.auth import client_address
from web.api.problems import status_of
from web.auth import Services, services_of
from web.chat_session import cookie_token, end_session, session_user, start_session

router = APIRouter(include_in_schema=False)

#: Links of Chainlit's page to other hosts (fonts, formulas): a page must not tell third parties of its visitors.
_FOREIGN_LINK = re.compile(r"<link\b[^>]*\bhref=[\"']https?://[^>]*>")

#: The login page shows the text filed under the answer's status phrase.
_LOGIN_TEXTS = {
    "Unauthorized": "E-mail or password is wrong.",
    "Unprocessable Content": "That is not an e-mail address, or the password is too long.",
    "Unprocessable Entity": "That is not an e-mail address, or the password is too long.",
    "Too Many Requests": "Too many failed logins. Wait a minute and try again.",
    "Service Unavailable": "The server is busy or its store is away. Try again in a moment.",
}


@lru_cache(maxsize=1)
def _page() -> str:
    from chainlit.server import get_html_template

    return _FOREIGN_LINK.sub("", get_html_template(""))


@router.get("/")
@router.get("/login")
@router.get("/thread/{_thread}")
@router.get("/element/{_element}")
async def page() -> HTMLResponse:
    """The single-page application; what it shows depends on its own address and on the session."""
    return HTMLResponse(_page(), headers={"Cache-Control": "no-cache"})


@router.get("/project/translations")
async def translations(language: Annotated[str, Query(max_length=35)] = "en-US") -> JSONResponse:
    """Texts of the interface, some of them in our own words; there is one language."""
    from chainlit.config import config

    texts: dict[str, Any] = config.load_translation(config.ui.language or language)
    login = texts["auth"]["login"]
    login["title"] = f"Log in to {config.ui.name}"
    login["errors"] |= _LOGIN_TEXTS
    texts["chat"]["input"]["placeholder"] = "Ask a question, or say what to do"
    texts["chat"]["watermark"] = (
        "Paper trading: play money only. A model's words can be wrong; the figures are the ledger's."
    )
    return JSONResponse({"translation": texts})


@router.post("/login")
async def login(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    username: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1_000)],
) -> JSONResponse:
    """Check the password and start a session (same limits as the API's login)."""
    try:
        user = await services.accounts.login(username, password, client_address(request))
    except ProductError as error:
        return JSONResponse({"detail": error.message}, status_code=status_of(error).value)
    response = JSONResponse({"success": True})
    start_session(request, response, user)
    return response


@router.post("/logout")
async def logout(request: Request, services: Annotated[Services, Depends(services_of)]) -> JSONResponse:
    """End the session and everything else the person holds: API tokens and sessions in other browsers too."""
    user = await session_user(cookie_token(request.cookies), services.accounts)
    if user is not None:
        await services.accounts.revoke_tokens(user.user_id)
    response = JSONResponse({"success": True})
    end_session(request, response)
    return response
