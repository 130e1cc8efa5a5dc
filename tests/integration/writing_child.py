"""What the writers of the concurrency tests ask for, and a process that asks for some of them and reports each answer.

Everything follows from the plan, so that the parent can decide each command again, and a process that was
killed asks for the same things with the same keys.
"""

import asyncio
import random  # noqa: TID251 - seeded commands
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from core.adapters.clock import SystemClock
from core.domain import commands as cmd
from core.domain.errors import Conflict, NotFound
from core.domain.instrument import Exchange
from core.domain.market import MarketState, Timeframe
from core.domain.rules import TradingRules
from core.ports import Document, DocumentStore, DuplicateKey, StoreUnavailable
from core.services.journal_writer import JournalWriter, Outcome
from core.services.projector import Projector
from tests.builders import BTC, T0, entry, leave, market
from tests.fakes.faulty_store import FaultyStore
from tests.store_location import Location

WRITERS = 50
SHARED_BOTS = 6
SHARED_CAPITAL = Decimal(1_000)
CAPITAL = Decimal(400)
QUANTITY = "6"  # two entries of it are more than a shared bot has, one is well below
SOURCE = "scripted"

#: Only cash, positions and halts may stand in the way.
RULES = TradingRules(
    max_trades_per_bot_daily=1_000_000,
    max_trades_per_user_daily=1_000_000,
    burst_limit_orders=1_000_000,
    burst_window_secs=1,
    max_drawdown=Decimal("0.99"),
    max_daily_loss=Decimal("0.99"),
    max_consecutive_losses=1_000_000,
)

_CROWD = 5  # writers on the same user of many at about the same time
_STORE_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What all writers of a run do: `bots` only create bots for free cash, `everything` mixes all commands."""

    seed: int
    users: int
    commands: int
    kind: Literal["bots", "everything"]

    def user_ids(self) -> list[str]:
        """Whose journals are written to."""
        return [_uuid(f"{self.seed}:user:{number}") for number in range(self.users)]

    def ask(self, writer: int, number: int) -> "Ask":
        """The command a writer gives as its `number`th, always the same."""
        user, key = self._user(writer, number), f"w{writer}:{number}"
        chance = self._chance(key)
        label = self._label(chance)
        if label == "stop":
            earlier = [n for n in range(number) if self._user(writer, n) == user and self._creates(writer, n)]
            if earlier:
                return Ask(user, key, cmd.StopBot(self._own_bot(f"w{writer}:{earlier[-1]}"), "test", "done"))
            label = "create"
        if label == "create":
            return Ask(user, key, new_bot(self._own_bot(key), f"Own {key}", CAPITAL))
        return Ask(user, key, _COMMANDS[label](chance, shared_bot(user, chance.randrange(SHARED_BOTS)), key))

    def _label(self, chance: random.Random) -> str:
        return "create" if self.kind == "bots" else chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]

    def _creates(self, writer: int, number: int) -> bool:
        return self._label(self._chance(f"w{writer}:{number}")) == "create"

    def _user(self, writer: int, number: int) -> str:
        return _uuid(f"{self.seed}:user:{(writer // _CROWD + WRITERS // _CROWD * number) % self.users}")

    def _own_bot(self, key: str) -> str:
        return _uuid(f"{self.seed}:{key}")

    def _chance(self, key: str) -> random.Random:
        return random.Random(f"{self.seed}:{key}")  # noqa: S311 - not cryptography


@dataclass(frozen=True, slots=True)
class Ask:
    """A command for one user's journal under its key."""

    user_id: str
    key: str
    command: cmd.Command


class Verdict(StrEnum):
    """What became of a command; only the first two are acknowledged appends."""

    APPENDED = "appended"
    CACHED = "cached"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a writer was told. The times are of the system-wide monotonic clock, so that processes compare."""

    writer: int
    number: int
    verdict: Verdict
    asked_ns: int
    answered_ns: int
    collisions: int  # of the whole process since its last answer
    seq: int = 0
    hash: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A process's part: which writers, each from its how manyth command on, over how many journal writers."""

    backend: Literal["sqlite", "mongo"]
    address: str
    plan: Plan
    begin: dict[int, int]
    journals: int


class CountingStore(FaultyStore):
    """Counts the appends that lost against somebody else's."""

    collisions = 0

    async def insert(self, collection: str, document: Document) -> None:
        try:
            await super().insert(collection, document)
        except DuplicateKey:
            self.collisions += 1
            raise

    def take_collisions(self) -> int:
        """How many since the last time this was asked."""
        taken, self.collisions = self.collisions, 0
        return taken


def shared_bot(user_id: str, number: int) -> str:
    """Id of a bot that all writers trade with."""
    return _uuid(f"{user_id}:shared:{number}")


def new_bot(bot_id: str, name: str, capital: Decimal) -> cmd.CreateBot:
    """A bot on BTC."""
    return cmd.CreateBot(
        bot_id=bot_id,
        name=name,
        exchange=Exchange.BINANCE,
        symbol=BTC.symbol,
        strategy="ema_cross",
        parameters={"fast": 9, "slow": 21},
        timeframe=Timeframe.M1,
        risk_mode="balanced",
        capital=capital,
        actor="test",
    )


def journal_writer(store: DocumentStore) -> JournalWriter:
    """A writer as the product wires it, with limits out of the way."""
    return JournalWriter(store, SystemClock(), RULES, Projector(store))


async def write(job: Job, store: CountingStore, report: Callable[[Answer], None]) -> list[JournalWriter]:
    """All writers of a job at once, each command after the answer to the one before; gives the journal writers."""
    journals = [journal_writer(store) for _ in range(job.journals)]

    async def one(writer: int, begin: int) -> None:
        for number in range(begin, job.plan.commands):
            report(await _answer(journals[writer % len(journals)], job.plan, writer, number, store))

    async with asyncio.TaskGroup() as tasks:
        for writer, begin in job.begin.items():
            tasks.create_task(one(writer, begin))
    return journals


async def _answer(journal: JournalWriter, plan: Plan, writer: int, number: int, store: CountingStore) -> Answer:
    asked, asked_ns = plan.ask(writer, number), time.monotonic_ns()
    verdict, seq, digest, reason = Verdict.REFUSED, 0, "", ""
    try:
        outcome = await _execute(journal, asked)
    except (Conflict, NotFound) as refusal:
        reason = refusal.message
    else:
        if outcome.event is not None:
            verdict = Verdict.CACHED if outcome.cached else Verdict.APPENDED
            seq, digest = outcome.event.seq, outcome.event.hash
        reason = outcome.denied.message if outcome.denied else ""
    answered_ns = time.monotonic_ns()
    return Answer(writer, number, verdict, asked_ns, answered_ns, store.take_collisions(), seq, digest, reason)


async def _execute(journal: JournalWriter, asked: Ask) -> Outcome:
    """As the journal writer's callers must: an unknown outcome is asked for again with the same key."""
    for _ in range(_STORE_ATTEMPTS - 1):
        try:
            return await journal.execute(asked.user_id, asked.command, now=T0, key=asked.key)
        except StoreUnavailable:
            continue
    return await journal.execute(asked.user_id, asked.command, now=T0, key=asked.key)


def _book(chance: random.Random) -> MarketState:
    mid = Decimal(chance.randint(9_500, 10_500)) / 100
    return market(str(mid - Decimal("0.01")), str(mid + Decimal("0.01")), size="1000")


_WEIGHTS = {
    "enter": 28,
    "leave": 22,
    "create": 20,
    "stop": 12,
    "fund": 7,
    "resume": 5,
    "pause": 3,
    "lift": 2,
    "halt": 1,
}
_COMMANDS: dict[str, Callable[[random.Random, str, str], cmd.Command]] = {
    "enter": lambda chance, bot, key: entry(_book(chance), QUANTITY, bot_id=bot, key=key),
    "leave": lambda chance, bot, key: leave(_book(chance), bot_id=bot, key=key),
    "fund": lambda chance, _, __: cmd.Fund(Decimal(chance.randint(1, 200)), "USDT"),
    "resume": lambda _, bot, __: cmd.ResumeBot(bot, SOURCE, "test"),
    "pause": lambda _, bot, __: cmd.PauseBot(bot, "test", "rest"),
    "lift": lambda _, __, ___: cmd.ResumeTrading("test"),
    "halt": lambda _, __, ___: cmd.HaltTrading("test", "stop"),
}


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=random.Random(text).randbytes(16), version=4))  # noqa: S311 - not cryptography


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the parent reads it


async def _main(job: Job) -> None:
    store = CountingStore(Location(job.backend, job.address).make())
    await store.open()
    _say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await write(job, store, lambda answer: _say(msgspec.json.encode(answer).decode()))
    await store.close()


if __name__ == "__main__":
    asyncio.run(_main(msgspec.json.decode(sys.argv[1], type=Job)))
