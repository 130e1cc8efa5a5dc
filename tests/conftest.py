"""Both store backends, and the API of a small installation with one person, for every test that asks for them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from pymongo import MongoClient

from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from tests.fakes.installation import Installation, installation
from tests.integration.api_client import api_of, log_in
from tests.mongo_standin import MongoStandIn, database_url, real_server_url
from tests.store_location import Location
from tools.context import Caller


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB server for the whole session: a real one where TEST_MONGO_URL names it, else the stand-in."""
    if real := real_server_url():
        yield real
        return
    server = MongoStandIn(tmp_path_factory.mktemp("mongo") / "storage")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(params=["sqlite", "mongo"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Where an empty store is: a new file, or a new database that is dropped afterwards."""
    if request.param == "sqlite":
        yield Location("sqlite", str(tmp_path / "data" / "amarktai.db"))
        return
    server: str = request.getfixturevalue("mongo_url")
    name = f"test_{token_hex(8)}"
    yield Location("mongo", database_url(server, name))
    with MongoClient(server) as client:
        client.drop_database(name)


@pytest.fixture
async def store(location: Location) -> AsyncIterator[SqliteStore | MongoStore]:
    """An open, empty store; every test that takes it runs on SQLite and on MongoDB."""
    opened = location.make()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    """A wired installation in memory."""
    async with installation(tmp_path) as running:
        yield running


@pytest.fixture
async def ann(inst: Installation) -> Caller:
    """A person with an account there."""
    return await inst.person("ann")


@pytest.fixture
async def api(inst: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its API."""
    async with api_of(inst) as client:
        yield client


@pytest.fixture
async def token(api: httpx.AsyncClient, ann: Caller) -> dict[str, str]:
    """Headers of that person, logged in."""
    return await log_in(api, ann)
