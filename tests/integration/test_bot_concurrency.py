"""A hundred commands on one bot at once: its path stays legal and each call gets a definite answer (spec/bots.md)."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from core.domain import events as ev
from core.domain.bot import TRANSITIONS, BotStatus, Move
from core.domain.journal import Event
from tests.integration.bot_commands_child import CAPITAL, Answer, Commands, all_at_once, key_of
from tests.integration.desk import audited, desk, journal
from tests.integration.drill_books import assert_cash_adds_up
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
COMMANDS = 100
MOVES: dict[type[ev.Payload], Move] = {
    ev.BotStarted: Move.START,
    ev.BotResumed: Move.RESUME,
    ev.BotPaused: Move.PAUSE,
    ev.BotStopped: Move.STOP,
}


async def _bot(location: Location) -> tuple[str, str]:
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        return user, await shop.bot(user, capital=CAPITAL)


async def _now() -> None:
    await asyncio.sleep(0)


async def _in_a_process(commands: Commands, ready: asyncio.Event, go: asyncio.Event) -> list[Answer]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.bot_commands_child", msgspec.json.encode(commands).decode()),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        async with asyncio.timeout(60):
            while (line := await child.stdout.readline()) != b"ready\n":
                assert line, "the process ended by itself"
            ready.set()
            await go.wait()
            child.stdin.write(b"go\n")
            await child.stdin.drain()
            lines = (await child.stdout.read()).splitlines()
            assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return [msgspec.json.decode(line, type=Answer) for line in lines if line.startswith(b"{")]


@pytest.mark.timeout(120)
async def test_a_hundred_commands_of_many_writers_are_one_legal_path(location: Location):
    user, bot = await _bot(location)
    answers = await all_at_once(Commands(location, user, bot, 0, COMMANDS), _now)
    await _sound(location, user, bot, answers)


@pytest.mark.timeout(240)
async def test_a_hundred_commands_of_two_processes_are_one_legal_path(location: Location):
    user, bot = await _bot(location)
    ready, go = [asyncio.Event(), asyncio.Event()], asyncio.Event()
    half = COMMANDS // 2
    running = [
        asyncio.create_task(_in_a_process(Commands(location, user, bot, n * half, (n + 1) * half), ready[n], go))
        for n in range(2)
    ]
    waiting = asyncio.gather(*(one.wait() for one in ready))
    await asyncio.wait((waiting, *running), return_when=asyncio.FIRST_COMPLETED)
    go.set()
    answers = [answer for some in await asyncio.gather(*running) for answer in some]
    assert waiting.done()
    await _sound(location, user, bot, answers)


async def _sound(location: Location, user: str, bot: str, answers: list[Answer]) -> None:
    """Every command has one answer, which the journal gives, too; the path is legal; no cash came or went."""
    assert sorted(answer.key for answer in answers) == sorted(key_of(n) for n in range(COMMANDS))
    store = location.make()
    await store.open()
    account, events = await audited(store, user), await journal(store, user)
    await store.close()
    assert {answer.key for answer in answers if answer.refused is None} == {
        event.idempotency_key for event in events if event.idempotency_key.startswith("command ")
    }
    assert {answer.refused for answer in answers} <= {None, "conflict", "invalid_input"}
    assert len({answer.refused for answer in answers}) > 1, "nothing was ever refused, so that nothing was tried"
    assert account.bot(bot).status is _path(events)[-1]
    moved = [fact for fact in (event.payload for event in events) if isinstance(fact, ev.Allocated | ev.Released)]
    into = sum((f.amount if isinstance(f, ev.Allocated) else -f.amount for f in moved), Decimal(0))
    assert account.bot(bot).capital == CAPITAL + into
    assert account.cash_total["USDT"] == account.funded["USDT"]
    assert_cash_adds_up(account)


def _path(events: list[Event]) -> list[BotStatus]:
    """All statuses of the bot, each by the table from the one before."""
    path = [BotStatus.CREATED]
    for event in events:
        move = MOVES.get(type(event.payload))
        if move is not None:
            path.append(TRANSITIONS[path[-1], move])
    return path
