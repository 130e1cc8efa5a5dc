"""A task that waits for MongoDB can always be cancelled (design/style.md: every task is cancelled and awaited)."""

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from core.adapters.store.mongo_errors import plain_errors


async def test_a_cancellation_that_comes_together_with_the_answer_ends_the_caller():
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ask() -> None:
        with plain_errors("leases"):
            await asyncio.wait_for(answer, 60)  # as the driver waits; Python 3.11 forgets the cancellation here

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    answer.set_result(None)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_cancellation_that_the_driver_turns_into_an_error_ends_the_caller():
    async def ask() -> None:
        with plain_errors("leases"):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise AutoReconnect("connection closed") from None

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_task_that_cleans_up_after_its_cancellation_may_still_ask():
    cleaned: list[str] = []

    async def ask() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            with plain_errors("leases"):
                await asyncio.sleep(0)
            cleaned.append("released")

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert cleaned == ["released"]
