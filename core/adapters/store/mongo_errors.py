"""The MongoDB driver's errors in the words of the DocumentStore port."""

import asyncio
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from core.ports import DuplicateKey, StoreUnavailable

NAMESPACE_EXISTS = 48
_DUPLICATE_KEY = 11000
_VALIDATION_FAILED = 121
_LOGIN_REFUSED = frozenset({13, 18})


def failed_steps(error: BulkWriteError) -> Sequence[Mapping[str, Any]]:
    """Reports on the failed steps of a bulk write, each with its `index`; empty when the write concern failed."""
    return (error.details or {}).get("writeErrors") or []


def taken_index(failure: Mapping[str, Any]) -> str | None:
    """The unique index that made a step fail; None when it failed for another reason.

    It is told in words: "E11000 duplicate key error collection: db.c index: user_seq dup key: …".
    """
    if failure.get("code") != _DUPLICATE_KEY:
        return None
    match = re.search(r"index: (\S+)", str(failure.get("errmsg", "")))
    name = match[1] if match else "_id_"
    return "_id" if name == "_id_" else name


def step_error(collection: str, failure: Mapping[str, Any]) -> Exception:
    """The port's error for a failed write: DuplicateKey, ValueError (a caller's bug) or StoreUnavailable."""
    index = taken_index(failure)
    if index is not None:
        return DuplicateKey(collection, index)
    code = failure.get("code")
    if code == _VALIDATION_FAILED:
        return ValueError(f"{collection}: the document does not have the declared fields")
    if code in _LOGIN_REFUSED:
        return StoreUnavailable("MongoDB refused the login: check user, password and database of MONGO_URL.")
    return StoreUnavailable(f"MongoDB could not do this (code {code}).")


@contextmanager
def plain_errors(collection: str) -> Generator[None]:
    """Turn the driver's errors into the port's.

    Raises:
        DuplicateKey: a unique index holds the value.
        ValueError: the validator refused the document (a bug of the caller).
        StoreUnavailable: anything else; a write may or may not have happened.
    """
    with _cancellable(), _translated(collection):
        yield


@contextmanager
def _cancellable() -> Generator[None]:
    """A cancellation that comes during the block ends it, whatever the driver made of it.

    The driver waits with `asyncio.wait_for`, which in Python 3.11 forgets a cancellation that comes together
    with the result; a task that beats for ever could then not be ended.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        yield
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


@contextmanager
def _translated(collection: str) -> Generator[None]:
    try:
        yield
    except BulkWriteError as error:
        failures = failed_steps(error)
        raise step_error(collection, failures[0] if failures else {"code": error.code}) from error
    except OperationFailure as error:
        raise step_error(collection, {"code": error.code, **(error.details or {})}) from error
    except ServerSelectionTimeoutError as error:
        raise StoreUnavailable("MongoDB cannot be reached: check that it runs and that MONGO_URL is right.") from error
    except NetworkTimeout as error:
        raise StoreUnavailable("MongoDB did not answer in time.") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"The connection to MongoDB failed ({type(error).__name__}).") from error
