"""Document store on MongoDB 4.4 or newer, through pymongo (design/architecture.md, Store)."""

import re
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, InsertOne, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from core.adapters.store import access
from core.adapters.store.schema import COLLECTIONS, META, SCHEMA_DOCUMENT_ID, SCHEMA_VERSION, refuse_newer
from core.ports import Collection, Document, DuplicateKey, Insert, Page, Put, StoreUnavailable, VersionConflict

_Filter: TypeAlias = dict[str, Any]

DEFAULT_DATABASE = "amarktai"

_PROMISED: Mapping[str, Any] = {"appname": "amarktai", "w": "majority", "journal": True}
_DEFAULTS: Mapping[str, Any] = {
    "wTimeoutMS": 10_000,
    "connectTimeoutMS": 5_000,
    "serverSelectionTimeoutMS": 5_000,
    "socketTimeoutMS": 15_000,
    "maxPoolSize": 16,
    "maxIdleTimeMS": 240_000,
}
_DUPLICATE_KEY = 11000
_NAMESPACE_EXISTS = 48
_VALIDATION_FAILED = 121
_LOGIN_REFUSED = frozenset({13, 18})
_PUT_ATTEMPTS = 3


class _PlainInts(TypeDecoder):
    """Whole numbers beyond 32 bits come back as `int`, not as the driver's subclass."""

    @property
    def bson_type(self) -> type[Int64]:  # pyright: ignore[reportIncompatibleVariableOverride] - it is untyped there
        return Int64

    def transform_bson(self, value: Int64) -> int:
        return int(value)


_CODEC: CodecOptions[Document] = CodecOptions(type_registry=TypeRegistry([_PlainInts()]))


class MongoStore:
    """A `DocumentStore` in one database, named by the URL (default `amarktai`).

    Writes are acknowledged by the majority's journal. An unknown outcome (connection lost, timeout) is
    StoreUnavailable and is not tried again here: the caller looks its key up first. Retryable writes are the
    driver's: on where the URL does not switch them off and the server is a replica set, where they are exact.

    `watch` polls, on a replica set too: one query per interval and watcher, and nothing to resume after a
    failover. Within equal values of a non-unique index the server's order is unspecified, so `find` reads the
    group of equals at the page's edge in order of `_id`.

    Attributes:
        operations: round trips to the server since open.
    """

    def __init__(
        self, url: str, *, poll_interval_secs: float = 0.25, collections: Sequence[Collection] = COLLECTIONS
    ) -> None:
        self.operations = 0
        self._url = url
        self._poll_interval_secs = poll_interval_secs
        self._collections = access.catalogue(collections)
        self._client: AsyncMongoClient[Document] | None = None
        self._database: AsyncDatabase[Document] | None = None

    async def open(self) -> None:
        """Create collections, validators and indexes; refuses data of a newer program (Unavailable)."""
        try:
            options = {name: value for name, value in _DEFAULTS.items() if f"{name}=".lower() not in self._url.lower()}
            self._client = AsyncMongoClient(self._url, **options, **_PROMISED)
            self._database = self._client.get_default_database(DEFAULT_DATABASE, codec_options=_CODEC)
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise StoreUnavailable("MONGO_URL is not a MongoDB connection string.") from error
        with _plain_errors("the database"):
            for collection in self._collections.values():
                await self._prepare(self._database, collection)
        await self._check_schema_version()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.close()
        self._client = self._database = None

    async def insert(self, collection: str, document: Document) -> None:
        """See DocumentStore.insert: one round trip."""
        access.encode(self._collections[collection], document)
        with _plain_errors(collection):
            await self._use(collection).insert_one(document)

    async def get(self, collection: str, key: str) -> Document | None:
        """See DocumentStore.get."""
        with _plain_errors(collection):
            return await self._use(collection).find_one({"_id": key})

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        """See DocumentStore.replace."""
        stored = {**document, "version": expected_version + 1}
        access.encode(self._collections[collection], stored)
        with _plain_errors(collection):
            condition = {"_id": stored["_id"], "version": expected_version}
            result = await self._use(collection).replace_one(condition, stored)
        if result.matched_count == 0:
            raise VersionConflict(f"{collection}: {stored['_id']} is no longer at version {expected_version}.")
        return stored

    async def delete(self, collection: str, key: str) -> bool:
        """See DocumentStore.delete."""
        with _plain_errors(collection):
            result = await self._use(collection).delete_one({"_id": key})
        return result.deleted_count > 0

    async def find(
        self,
        collection: str,
        index: str,
        equals: Sequence[str | int | bool],
        *,
        after: str | int | None = None,
        until: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """See DocumentStore.find."""
        declared = access.index_of(self._collections[collection], index)
        scan = access.plan(declared, equals, after, until, limit, cursor, descending=descending)
        with _plain_errors(collection):
            return scan.page(await self._scan(collection, scan))

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """See DocumentStore.write: in order, up to the first failure; one round trip per run on one collection."""
        for step in operations:
            access.encode(self._collections[step.collection], step.document)
        for collection, steps in groupby(operations, key=lambda step: step.collection):
            await self._write_run(collection, list(steps))

    def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        """See DocumentStore.watch: by polling."""
        declared = access.index_of(self._collections[collection], index)
        return access.poll(self, collection, declared, equals, after, self._poll_interval_secs)

    async def _write_run(self, collection: str, steps: list[Insert | Put]) -> None:
        """Ordered bulk write. Two Puts of a new `_id` can collide on the server: the loser overwrites then."""
        for attempt in range(1, _PUT_ATTEMPTS + 1):
            with _plain_errors(collection):
                try:
                    await self._use(collection).bulk_write([_request(step) for step in steps], ordered=True)
                except BulkWriteError as error:
                    failure = _first_failure(error)
                    steps = steps[failure.get("index", 0) :]
                    put_lost = failure.get("code") == _DUPLICATE_KEY and isinstance(steps[0], Put)
                    if not (put_lost and _index_name(failure) == "_id") or attempt == _PUT_ATTEMPTS:
                        raise
                else:
                    return

    async def _scan(self, collection: str, scan: access.Scan) -> list[Document]:
        """Up to `limit + 1` documents in order of (ranged field, `_id`)."""
        wanted = scan.limit + 1
        equal: _Filter = dict(scan.fixed)
        ranged = scan.ranged
        if ranged is None:
            return await self._select(collection, _beyond(equal, "_id", scan), "_id", scan, wanted)

        async def ties(value: Any, condition: _Filter, count: int) -> list[Document]:  # noqa: ANN401 - a stored value
            return await self._select(collection, {**condition, ranged: value}, "_id", scan, count)

        found: list[Document] = []
        if scan.resume is not None:
            found = await ties(scan.resume[0], _beyond(equal, "_id", scan), wanted)
        if len(found) == wanted:
            return found
        found += await self._select(collection, _beyond(equal, ranged, scan), ranged, scan, wanted - len(found))
        found.sort(key=lambda document: (document[ranged], document["_id"]), reverse=scan.descending)
        if len(found) == wanted and found[-2][ranged] == found[-1][ranged]:
            edge = found[-1][ranged]
            found = [document for document in found if document[ranged] != edge]
            found += await ties(edge, equal, wanted - len(found))
        return found

    async def _select(
        self, collection: str, condition: _Filter, order: str, scan: access.Scan, count: int
    ) -> list[Document]:
        direction = DESCENDING if scan.descending else ASCENDING
        rows = self._use(collection).find(condition, sort=[(order, direction)], limit=count)
        return await rows.to_list(count)

    def _use(self, collection: str) -> AsyncCollection[Document]:
        """The collection, for one round trip."""
        if self._database is None:
            raise StoreUnavailable("The store is not open.")
        self.operations += 1
        return self._database[self._collections[collection].name]

    async def _prepare(self, database: AsyncDatabase[Document], collection: Collection) -> None:
        """Create or bring up to date; another process doing the same at once is no trouble."""
        options: dict[str, Any] = (
            {"validator": {"$jsonSchema": dict(collection.validator)}} if collection.validator else {}
        )
        try:
            await database.command("create", collection.name, **options)
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise
            if options:
                await database.command("collMod", collection.name, **options)
        if collection.indexes:
            models = [
                IndexModel([(field, ASCENDING) for field in index.fields], name=index.name, unique=index.unique)
                for index in collection.indexes
            ]
            await database[collection.name].create_indexes(models)

    async def _check_schema_version(self) -> None:
        try:
            await self.insert(META, {"_id": SCHEMA_DOCUMENT_ID, "schema_version": SCHEMA_VERSION})
        except DuplicateKey:
            stored = await self.get(META, SCHEMA_DOCUMENT_ID)
            refuse_newer(stored["schema_version"] if stored else SCHEMA_VERSION)


def _beyond(equal: _Filter, field: str, scan: access.Scan) -> _Filter:
    """`equal`, and `field` within the scan's bounds and beyond its resume point."""
    bounds: dict[str, Any] = {}
    if field == scan.ranged:
        bounds |= {"$gt": scan.after} if scan.after is not None else {}
        bounds |= {"$lte": scan.until} if scan.until is not None else {}
    if scan.resume is not None:
        bounds["$lt" if scan.descending else "$gt"] = scan.resume[0] if field == scan.ranged else scan.resume[1]
    return {**equal, field: bounds} if bounds else equal


def _request(step: Insert | Put) -> InsertOne[Document] | ReplaceOne[Document]:
    if isinstance(step, Insert):
        return InsertOne(step.document)
    return ReplaceOne({"_id": step.document["_id"]}, step.document, upsert=True)


def _first_failure(error: BulkWriteError) -> Mapping[str, Any]:
    """What the first failed step of a bulk write reported; empty when only the write concern failed."""
    failures: list[Mapping[str, Any]] = (error.details or {}).get("writeErrors") or []
    return failures[0] if failures else {}


def _index_name(failure: Mapping[str, Any]) -> str:
    """The index in "E11000 duplicate key error collection: db.c index: user_seq dup key: …"."""
    match = re.search(r"index: (\S+)", str(failure.get("errmsg", "")))
    name = match[1] if match else "_id_"
    return "_id" if name == "_id_" else name


@contextmanager
def _plain_errors(collection: str) -> Generator[None]:
    """Turn the driver's errors into the port's.

    Raises:
        DuplicateKey: a unique index holds the value.
        ValueError: the validator refused the document (a bug of the caller).
        StoreUnavailable: anything else; a write may or may not have happened.
    """
    try:
        yield
    except OperationFailure as error:
        bulk = isinstance(error, BulkWriteError)
        failure = _first_failure(error) if bulk else error.details or {}
        code = failure.get("code", error.code)
        if code == _DUPLICATE_KEY:
            raise DuplicateKey(collection, _index_name(failure)) from error
        if code == _VALIDATION_FAILED:
            raise ValueError(f"{collection}: the document does not have the declared fields") from error
        if code in _LOGIN_REFUSED:
            raise StoreUnavailable(
                "MongoDB refused the login: check user, password and database of MONGO_URL."
            ) from error
        raise StoreUnavailable(f"MongoDB could not do this (code {code}).") from error
    except ServerSelectionTimeoutError as error:
        raise StoreUnavailable("MongoDB cannot be reached: check that it runs and that MONGO_URL is right.") from error
    except NetworkTimeout as error:
        raise StoreUnavailable("MongoDB did not answer in time.") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"The connection to MongoDB failed ({type(error).__name__}).") from error
