"""The API alone, without the chat in front, and people who are logged in to it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from core.domain.confirmation import ConfirmationRecord
from tests.fakes.installation import PASSWORD, Installation
from tools.context import Caller
from web.api import install_api
from web.api.routers import ROUTERS
from web.auth import AccessTokens

Json = dict[str, Any]
T = TypeVar("T")


@asynccontextmanager
async def api_of(inst: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A client of this installation's API."""
    app = FastAPI()
    app.state.services = inst.app.services
    app.state.runner = inst.runner
    app.state.tokens = AccessTokens(inst.app.jwt_secret, inst.app.services.ids)
    install_api(app, *ROUTERS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def log_in(api: httpx.AsyncClient, caller: Caller) -> dict[str, str]:
    """Headers with a token of this person."""
    answer = await api.post("/api/auth/login", json={"email": caller.principal.email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def get(api: httpx.AsyncClient, headers: dict[str, str], url: str, **query: str | int) -> Json:
    """What a route answers when all is well."""
    answer = await api.get(url, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def floats(value: Any) -> list[float]:  # noqa: ANN401 - any JSON
    """Every number of an answer that is not a whole one: there must be none."""
    if isinstance(value, dict):
        return [one for item in value.values() for one in floats(item)]
    if isinstance(value, list):
        return [one for item in value for one in floats(item)]
    return [value] if isinstance(value, float) else []


async def traded(
    inst: Installation, caller: Caller, name: str = "Alpha", sell_at: tuple[str, str] = ("20200", "20202")
) -> str:
    """A bot of this name that has bought 0.02 at 20,001 and sold it again at this bid and ask; gives its id."""
    bot_id = await running(inst, caller, name)
    await inst.price("19999", "20001")
    await inst.buy(caller, name, "0.02", key=f"buy {caller.principal.user_id} {name}")
    await inst.price(*sell_at)
    await inst.sell(caller, name, key=f"sell {caller.principal.user_id} {name}")
    return bot_id


async def while_it_trades(
    inst: Installation, work: Coroutine[Any, Any, T], prices: tuple[str, str] = ("19999", "20001")
) -> T:
    """Do something while the market goes on at this bid and ask: an order acts on a state after its decision."""
    task = asyncio.create_task(work)
    while not task.done():
        await inst.price(*prices)
        await asyncio.sleep(0)
    return await task


async def confirmed(
    inst: Installation,
    api: httpx.AsyncClient,
    headers: dict[str, str],
    answer: httpx.Response,
    phrase: str | None = None,
) -> httpx.Response:
    """The answer to confirming what was proposed, while the market goes on."""
    assert answer.status_code == 202, answer.text
    confirmation = answer.json()["confirmation"]
    body = {} if phrase is None else {"phrase": phrase}
    return await while_it_trades(inst, api.post(f"/api/confirmations/{confirmation['id']}", headers=headers, json=body))


async def running(inst: Installation, caller: Caller, name: str = "Alpha", capital: str = "1000") -> str:
    """A started bot of this name; gives its id."""
    wish = {"name": name, "symbol": "BTC/USDT", "capital": capital, "start": True}
    record = await inst.runner.call(caller, "create_bot", wish)
    assert isinstance(record, ConfirmationRecord)
    await inst.runner.confirm(caller, record.confirmation_id, None)
    return (await inst.app.services.writer.account(caller.principal.user_id)).named(name).bot_id
