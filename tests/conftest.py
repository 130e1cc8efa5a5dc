"""Both store backends for every test that asks for one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from pymongo import MongoClient

from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from tests.mongo_standin import MongoStandIn, database_url, real_server_url
from tests.store_location import Location


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
