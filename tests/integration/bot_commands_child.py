"""Random commands on one bot, all at once, over several writers; also as a process of its own that prints the answers.

As a process it prints `ready`, waits for a line, and then prints a JSON answer for each command.
"""

import asyncio
import random  # noqa: TID251 - seeded commands
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from core.domain.errors import ProductError
from core.services.bot_changes import BotEdit
from tests.integration.desk import Desk, desk
from tests.store_location import Location

WRITERS = 4
CAPITAL = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Commands:
    """Numbers `first` up to `end` of the commands on one bot."""

    location: Location
    user_id: str
    bot_id: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered: its key, and the code of the refusal if it was refused."""

    key: str
    refused: str | None


def key_of(number: int) -> str:
    """Idempotency key of a command."""
    return f"command {number}"


def _ask(shop: Desk, user: str, bot: str, number: int) -> Awaitable[object]:
    chance = random.Random(f"command:{number}")  # noqa: S311 - not cryptography
    bots, changes, by = shop.services.bots, shop.services.bot_changes, {"actor": "ann", "key": key_of(number)}
    amount = Decimal(chance.randint(1, 60))
    fast = chance.randint(2, 9)
    asks: list[Callable[[], Awaitable[object]]] = [
        lambda: bots.start(user, bot, **by),
        lambda: bots.resume(user, bot, **by),
        lambda: bots.pause(user, bot, **by),
        lambda: bots.pause(user, bot, **by),
        lambda: changes.edit(user, bot, BotEdit(name=f"Name {number}"), **by),
        lambda: changes.edit(user, bot, BotEdit(parameters={"fast": fast, "slow": 30}), **by),
        lambda: changes.move_capital(user, bot, amount, **by),
        lambda: changes.move_capital(user, bot, -amount, **by),
        lambda: bots.set_cooldown(user, bot, chance.choice([0, 3, 5]), **by),
    ]
    return bots.stop(user, bot, **by) if number % 100 == 99 else chance.choice(asks)()


async def _answer(shop: Desk, commands: Commands, number: int) -> Answer:
    try:
        await _ask(shop, commands.user_id, commands.bot_id, number)
    except ProductError as refusal:
        return Answer(key_of(number), refusal.code)
    return Answer(key_of(number), None)


async def all_at_once(commands: Commands, go: Callable[[], Awaitable[object]]) -> list[Answer]:
    """Open so many writers, wait for `go`, then send everything."""
    async with AsyncExitStack() as opened:
        shops = [await opened.enter_async_context(desk(commands.location.make(), trade=False)) for _ in range(WRITERS)]
        await go()
        numbers = range(commands.first, commands.end)
        return list(await asyncio.gather(*(_answer(shops[n % WRITERS], commands, n) for n in numbers)))


async def _main(commands: Commands) -> None:
    async def go() -> None:
        print("ready", flush=True)  # noqa: T201 - the parent reads it
        await asyncio.to_thread(sys.stdin.readline)

    for answer in await all_at_once(commands, go):
        print(msgspec.json.encode(answer).decode(), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(_main(msgspec.json.decode(sys.argv[1], type=Commands)))
