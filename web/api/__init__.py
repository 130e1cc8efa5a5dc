"""The REST API: one module per noun."""

from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from starlette.requests import Request

from web.api import auth, health
from web.api.problems import Problem, install_problems, problem

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def install_api(app: FastAPI, *more: APIRouter) -> None:
    """Add all routes under `/api`; `more` are routers of other nouns. Call it before Chainlit is mounted."""
    install_problems(app)
    for router in (health.router, auth.router, *more):
        app.include_router(router)
    # Without this an unknown path would fall through to Chainlit, which answers anything with its page.
    app.add_api_route("/api/{path:path}", _unknown, methods=_METHODS, include_in_schema=False)


async def _unknown(request: Request) -> Problem:
    return problem(HTTPStatus.NOT_FOUND, "not_found", f"There is no {request.method} {request.url.path}.")
