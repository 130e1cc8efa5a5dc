"""Document store on MongoDB 4.4 or newer, through pymongo (design/architecture.md, Store)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

import bson
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.errors import BSONError
from bson.int64 import Int64
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, InsertOne, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConfigurationError, InvalidURI, OperationFailure

from core.adapters.store import access
from core.adapters.store.gathered_inserts import GatheredInserts
from core.adapters.store.mongo_errors import NAMESPACE_EXISTS, failed_steps, plain_errors, step_error, taken_index
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
        self._inserts: dict[str, GatheredInserts] = {}
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
        try:
            await self._refuse_newer_data()  # before anything of a newer program is altered
            with plain_errors("the database"):
                for collection in self._collections.values():
                    await self._prepare(self._database, collection)
            with suppress(DuplicateKey):
                await self.insert(META, {"_id": SCHEMA_DOCUMENT_ID, "schema_version": SCHEMA_VERSION})
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish the inserts that were accepted and let go of the connections."""
        for inserts in self._inserts.values():
            await inserts.close()
        if self._client is not None:
            await self._client.close()
        self._client = self._database = None

    async def insert(self, collection: str, document: Document) -> None:
        """See DocumentStore.insert: one round trip, shared with the inserts of other tasks."""
        self._check(collection, document)
        if collection not in self._inserts:
            self._inserts[collection] = GatheredInserts(partial(self._insert_all, collection))
        await self._inserts[collection].insert(document)

    async def get(self, collection: str, key: str) -> Document | None:
        """See DocumentStore.get."""
        with plain_errors(collection):
            return await self._use(collection).find_one({"_id": key})

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        """See DocumentStore.replace."""
        stored = {**document, "version": expected_version + 1}
        self._check(collection, stored)
        with plain_errors(collection):
            condition = {"_id": stored["_id"], "version": expected_version}
            result = await self._use(collection).replace_one(condition, stored)
        if result.matched_count == 0:
            raise VersionConflict(f"{collection}: {stored['_id']} is no longer at version {expected_version}.")
        return stored

    async def delete(self, collection: str, key: str) -> bool:
        """See DocumentStore.delete."""
        with plain_errors(collection):
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
        with plain_errors(collection):
            return scan.page(await self._scan(collection, scan))

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """See DocumentStore.write: in order, up to the first failure; one round trip per run on one collection."""
        for step in operations:
            self._check(step.collection, step.document)
        for collection, steps in groupby(operations, key=lambda step: step.collection):
            await self._write_run(collection, list(steps))

    def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        """See DocumentStore.watch: by polling."""
        declared = access.index_of(self._collections[collection], index)
        return access.poll(self, collection, declared, equals, after, self._poll_interval_secs)

    def _check(self, collection: str, document: Document) -> None:
        """Refuse here what the driver could not send, so that it does not fail the whole batch it would be in."""
        access.encode(self._collections[collection], document)
        try:
            bson.encode(document)
        except (BSONError, OverflowError) as error:
            raise ValueError(f"{collection}: not a document MongoDB can keep: {error}") from error

    async def _insert_all(self, collection: str, documents: Sequence[Document]) -> list[Exception | None]:
        """One unordered insert of many; per document what went wrong with it."""
        outcomes: list[Exception | None] = [None] * len(documents)
        with plain_errors(collection):
            try:
                await self._use(collection).insert_many(documents, ordered=False)
            except BulkWriteError as error:
                if not failed_steps(error) or (error.details or {}).get("writeConcernErrors"):
                    raise StoreUnavailable("MongoDB did not confirm that the write is durable.") from error
                for failure in failed_steps(error):
                    outcomes[failure["index"]] = step_error(collection, failure)
        return outcomes

    async def _write_run(self, collection: str, steps: list[Insert | Put]) -> None:
        """Ordered bulk write. Two Puts of a new `_id` can collide on the server: the loser overwrites then."""
        for attempt in range(1, _PUT_ATTEMPTS + 1):
            with plain_errors(collection):
                try:
                    await self._use(collection).bulk_write([_request(step) for step in steps], ordered=True)
                except BulkWriteError as error:
                    failures = failed_steps(error)
                    if not failures or taken_index(failures[0]) != "_id" or attempt == _PUT_ATTEMPTS:
                        raise
                    steps = steps[failures[0]["index"] :]
                    if isinstance(steps[0], Insert):
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
            if error.code != NAMESPACE_EXISTS:
                raise
            if options:
                await database.command("collMod", collection.name, **options)
        if collection.indexes:
            models = [
                IndexModel([(field, ASCENDING) for field in index.fields], name=index.name, unique=index.unique)
                for index in collection.indexes
            ]
            await database[collection.name].create_indexes(models)

    async def _refuse_newer_data(self) -> None:
        stored = await self.get(META, SCHEMA_DOCUMENT_ID)
        if stored is not None:
            refuse_newer(stored["schema_version"])


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
