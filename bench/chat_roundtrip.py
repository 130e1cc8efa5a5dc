"""From a message to its answer over the chat's socket, without a model: login, session cookie, Socket.IO, real server.

The peer is `GET /api/health/ping` on the same server: what HTTP alone costs there.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench.chat_client import ChatClient
from bench.table import Table, millis, percentile
from core.bootstrap import build_app
from core.domain.user import Role
from core.settings import Settings, StoreSettings
from tests.e2e.server import ADMIN, PASSWORD, Server

QUESTIONS = ("how am I doing?", "what is the price of btc?", "list my bots", "help")
ALONE = 100
PEOPLE = 10
EACH = 12
THINK_SECS = 1.0


async def _with_people(data: Path) -> list[str]:
    """Accounts in a fresh data directory."""
    app = await build_app(Settings(store=StoreSettings(data_dir=data)).without_live_prices())
    emails = [f"person{number}@example.com" for number in range(PEOPLE)]
    for email in emails:
        user = await app.services.accounts.create(email, PASSWORD, Role.USER)
        await app.funding.open_account(user.user_id)
    await app.close()
    return emails


async def _ask(client: ChatClient, count: int, think_secs: float) -> list[float]:
    spent: list[float] = []
    for number in range(count):
        spent.append(await client.ask(QUESTIONS[number % len(QUESTIONS)]))
        await asyncio.sleep(think_secs)
    return spent


async def _ask_later(client: ChatClient, wait_secs: float) -> list[float]:
    """People do not type in step."""
    await asyncio.sleep(wait_secs)
    return await _ask(client, EACH, THINK_SECS)


async def _one_by_one(url: str) -> list[float]:
    client = ChatClient(url)
    await client.log_in(ADMIN, PASSWORD)
    await _ask(client, len(QUESTIONS), 0)
    spent = await _ask(client, ALONE, 0)
    await client.close()
    return spent


async def _together(url: str, emails: list[str]) -> list[float]:
    clients = [ChatClient(url) for _ in emails]
    for client, email in zip(clients, emails, strict=True):
        await client.log_in(email, PASSWORD)
    spent = await asyncio.gather(*(_ask_later(client, i * THINK_SECS / PEOPLE) for i, client in enumerate(clients)))
    for client in clients:
        await client.close()
    return [seconds for each in spent for seconds in each]


async def _ping(url: str) -> list[float]:
    spent: list[float] = []
    async with httpx.AsyncClient() as http:
        for _ in range(ALONE):
            started = time.perf_counter()
            (await http.get(f"{url}/api/health/ping")).raise_for_status()
            spent.append(time.perf_counter() - started)
    return spent


async def run() -> list[Table]:
    """One person without pauses, ten with pauses, and the ping."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        emails = await _with_people(data)
        server = Server(data)
        await asyncio.to_thread(server.start)
        try:
            url = f"http://127.0.0.1:{urlsplit(server.url).port}"
            spent = {
                "1 person, no pause": await _one_by_one(url),
                f"{PEOPLE} people, {THINK_SECS:.0f} s to think": await _together(url, emails),
                "GET /api/health/ping": await _ping(url),
            }
        finally:
            server.stop()
    table = Table("message to answer, read tools, offline router", ("", "messages", "p50", "p95", "max"))
    for name, each in spent.items():
        table.add(name, str(len(each)), *(millis(percentile(each, percent)) for percent in (50, 95, 100)))
    return [table]
