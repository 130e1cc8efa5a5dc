"""A server with our web shell around the smallest chat; prints its port.

Run: python -m tests.integration.secured_app DIRECTORY [ALLOWED_ORIGIN]
`/api/control` lets a test do to the store what an operator or a crash could do.
"""

import asyncio
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI

from core.adapters.clock import SystemClock
from core.adapters.ids import RandomIds
from core.adapters.passwords import BcryptPasswords
from core.domain.user import Role
from core.ports import Collection, Index
from core.services.accounts import USERS, USERS_BY_EMAIL, Accounts
from core.services.login_limiter import LoginLimiter
from tests.fakes.store_memory import MemoryStore
from web.api import install_api
from web.auth import AccessTokens, chat_secret
from web.chat_session import prepare_chainlit
from web.security import Policy, secure
from web.shell import router as shell

SECRET = "fT4v9-Qm2xLr7_Zk1pWc8Yb3Nd6Hs0Ja"
PASSWORD = "correct horse battery"
WEB = Path(__file__).parents[2] / "web"


@dataclass(frozen=True)
class Services:
    accounts: Accounts
    clock: SystemClock


def control(accounts: Accounts, store: MemoryStore) -> APIRouter:
    router = APIRouter(prefix="/api/control")

    @router.post("/person/{email}")
    async def person(email: str) -> str:
        return (await accounts.create(email, PASSWORD, Role.USER)).user_id

    @router.post("/disable/{user_id}")
    async def disable(user_id: str) -> None:
        await accounts.set_disabled(user_id, disabled=True)

    @router.post("/remove/{user_id}")
    async def remove(user_id: str) -> None:
        await store.delete(USERS, user_id)

    @router.post("/store/{state}")
    async def availability(state: str) -> None:
        store.available = state == "up"

    @router.post("/crash")
    async def crash() -> None:
        raise RuntimeError("canary-5e1c")

    return router


def build(directory: Path, origins: frozenset[str]) -> FastAPI:
    for name in (".chainlit/config.toml", "public", "chainlit_en-US.md"):
        source, target = WEB / name, directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    prepare_chainlit(directory, chat_secret(SECRET), session_timeout_minutes=60)
    from chainlit.utils import mount_chainlit

    store = MemoryStore([Collection(USERS, (Index(USERS_BY_EMAIL, ("email",), unique=True),))])
    clock, ids = SystemClock(), RandomIds()
    accounts = Accounts(store, BcryptPasswords(cost=4), clock, ids, LoginLimiter())
    app = FastAPI(docs_url="/api/docs", openapi_url="/api/openapi.json", redoc_url=None)
    app.state.services = Services(accounts, clock)
    app.state.tokens = AccessTokens(SECRET, ids)
    install_api(app, control(accounts, store))
    app.include_router(shell)
    secure(app, Policy(production=False, origins=origins))
    mount_chainlit(app, str(Path(__file__).with_name("chainlit_target.py")), path="/")
    return app


async def serve(app: FastAPI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201  # the parent reads it
        await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve(sockets=[listener])


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for the port
    asyncio.run(serve(build(Path(sys.argv[1]), frozenset(sys.argv[2:]))))
