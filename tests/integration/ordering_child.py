"""A process that submits entries of many bots at once, and reports each answer as a JSON line.

It prints `ready`, waits for a line, lets all its bots enter at the same moment, and says what each was told.
"""

import asyncio
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec

from core.domain.order import OrderRequest, TimeInForce
from tests.integration.desk import Desk, buy, desk, sell
from tests.integration.writing_child import CountingStore
from tests.store_location import Location

#: What the bots' process itself calls ready; every other line is an answer.
READY = "ready"

#: So many prices in turn, or the depth at a single one would be used up.
_PRICES = 50


@dataclass(frozen=True, slots=True)
class Job:
    """A process's part: the bots of one user that enter, once or in and out `rounds` times, or until one is denied.

    `limits` are fields of TradingSettings. With `rests` the entries are limit orders below the market.
    """

    backend: Literal["sqlite", "mongo"]
    address: str
    user_id: str
    bots: tuple[str, ...]
    limits: dict[str, Any]
    rests: bool = False
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bot was told about an entry; `collisions` are the appends the process has lost to another so far."""

    bot_id: str
    success: bool
    order_id: str | None
    code: str | None
    limit: str | None
    collisions: int


def entry(bot_id: str, number: int, *, rests: bool) -> OrderRequest:
    """Half a coin at the market of 100, or resting at 99."""
    key = f"{bot_id}:in:{number}"
    if not rests:
        return buy(bot_id, key, quantity="0.5")
    return buy(bot_id, key, quantity="0.5", limit_price=Decimal(99), time_in_force=TimeInForce.GTC)


async def _trade(shop: Desk, store: CountingStore, job: Job, bot_id: str) -> None:
    for number in range(job.rounds):
        price = str(100 + number % _PRICES)
        told = await shop.submit(job.user_id, entry(bot_id, number, rests=job.rests), 1, price)
        answer = Answer(bot_id, told.success, told.order_id, told.code, told.limit, store.collisions)
        _say(msgspec.json.encode(answer).decode())
        if not told.success:
            return
        if job.rounds > 1:
            await shop.submit(job.user_id, sell(bot_id, f"{bot_id}:out:{number}"), 1, price)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the parent reads it


async def _main(job: Job) -> None:
    store = CountingStore(Location(job.backend, job.address).make())
    async with desk(store, trade=False, **job.limits) as shop:
        await shop.account(job.user_id)
        _say(READY)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(_trade(shop, store, job, bot_id) for bot_id in job.bots))


if __name__ == "__main__":
    asyncio.run(_main(msgspec.json.decode(sys.argv[1], type=Job)))
