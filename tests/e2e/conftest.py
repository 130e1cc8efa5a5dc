"""A browser for the session, tabs for the tests, and a MongoDB for those that need one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.chat import Chat
from tests.e2e.server import Server, market_settings
from tests.mongo_standin import MongoStandIn, real_server_url

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CLOSING_SECS = 20

NewTab = Callable[[str], Awaitable[Chat]]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program."""
    if not CHROMIUM.exists():
        pytest.skip(f"BROWSER TESTS DID NOT RUN: {CHROMIUM} is missing (apt-get install chromium)")
    return CHROMIUM


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """One headless Chromium for all tests."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One installation for a module, with the module's own settings (a module may bring its own fixture)."""
    settings: dict[str, str] = getattr(request.module, "SETTINGS", {})
    started = Server(tmp_path_factory.mktemp("e2e") / "data", market_settings()[0] | settings)
    started.start()
    yield started
    started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def new_tab(browser: Browser) -> AsyncIterator[NewTab]:
    """Opens tabs that share nothing (a browser profile each); all are closed after the test."""
    contexts = []

    async def open_tab(url: str) -> Chat:
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        return Chat(await context.new_page(), url)

    yield open_tab
    for context in contexts:
        # Closing a page in the middle of a navigation can hang in Chromium; the session's end closes it too.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECS):
                await context.close()


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB server: a real one where TEST_MONGO_URL names it, else the stand-in."""
    if real := real_server_url():
        yield real
        return
    server = MongoStandIn(tmp_path_factory.mktemp("mongo") / "storage")
    server.start()
    yield server.url
    server.stop()
