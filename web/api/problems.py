"""Errors of the API as RFC 9457 problem documents; the one place where product errors meet HTTP status codes."""

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from core.domain.errors import (
    Conflict,
    Forbidden,
    IntegrityError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ProductError,
    TooManyAttempts,
    Unavailable,
)
from core.ports import DuplicateKey, StoreUnavailable, VersionConflict
from web.headers import HEADERS

_POLICY_VIOLATION = 1008  # close code of RFC 6455

log = structlog.get_logger()

_STATUS: dict[type[ProductError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    Conflict: HTTPStatus.CONFLICT,
    DuplicateKey: HTTPStatus.CONFLICT,
    VersionConflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    IntegrityError: HTTPStatus.INTERNAL_SERVER_ERROR,
    ProductError: HTTPStatus.BAD_REQUEST,
}


class Problem(JSONResponse):
    """A problem document."""

    media_type = "application/problem+json"


def problem(status: HTTPStatus, code: str, detail: str, **fields: object) -> Problem:
    """Build a document; `fields` are additional members."""
    content = {
        "type": f"urn:amarktai:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        **fields,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
    return Problem(content, status_code=status.value, headers=headers)


async def refuse(scope: Scope, receive: Receive, send: Send, status: HTTPStatus, code: str, detail: str) -> None:
    """Turn a connection away before the application sees it; a websocket is closed before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": detail})
        return
    await problem(status, code, detail)(scope, receive, send)


def status_of(error: ProductError) -> HTTPStatus:
    """HTTP status of a product error: that of its nearest known class."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


async def _product_error(_: Request, error: Exception) -> Problem:
    assert isinstance(error, ProductError)  # noqa: S101  # registered for this class only
    return problem(status_of(error), error.code, error.message)


async def _validation_error(_: Request, error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    # Where and what, but never the value: it may be a password.
    errors = [{"field": ".".join(str(part) for part in one["loc"]), "problem": one["msg"]} for one in error.errors()]
    detail = "The request is not of the form this route takes."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", detail, errors=errors)


async def _http_error(_: Request, error: Exception) -> Problem:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    status = HTTPStatus(error.status_code)
    response = problem(status, status.name.lower(), str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> Problem:
    log.error("request_failed", path=request.url.path, exc_info=error)
    detail = "Something went wrong on our side; it has been written to the log."
    response = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)
    response.headers.update(HEADERS)  # Starlette answers this one outside of all middleware
    return response


def install_problems(app: FastAPI) -> None:
    """Answer every error of the application's own routes with a problem document."""
    app.add_exception_handler(ProductError, _product_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)
