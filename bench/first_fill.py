"""How long a newcomer waits for the first fill of the bot the greeting suggests (spec/product.md, first ten minutes).

The whole program without its web server: real assistant, engine, gates, paper exchange, ledger and SQLite, on the
simulated market at its defaults. Only waiting is left out: the market's pauses are counted instead of slept, and
the market stands still while the person's messages are answered, so that 60 engine seconds are one real second.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.assistant import Assistant
from assistant.blocks import Confirmation
from assistant.model_gate import ModelGate
from assistant.offline_router import OfflineRouter
from assistant.toolbox import Toolbox
from bench.table import Table, percentile
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.passwords import BcryptPasswords
from core.bootstrap import App, Overrides, build_app
from core.domain.bot_state import Bot
from core.domain.events import OrderExecuted
from core.domain.journal import Event, read
from core.services.engine import EngineRole
from core.services.traces import TraceKind
from core.settings import MarketSettings, Settings, StoreSettings
from tests.fakes.anchor_log import MemoryAnchorLog
from tools.context import Caller, Principal
from tools.runner import ToolRunner

SEEDS = range(1, 21)
SUGGESTED = "create and start a momentum bot on BTC with 1000 USDT"
GOAL_SECS = 180
SPEED = MarketSettings().simulation_speed
READING = timedelta(minutes=30)  # of engine time, half a minute for the person, from program start to the first message
LONGEST = timedelta(days=1)
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class CountedTime:
    """Real time for the market's pacer that passes by being waited for, and only while `run` is set."""

    def __init__(self) -> None:
        self.run = asyncio.Event()
        self._secs = 0.0

    async def sleep(self, secs: float) -> None:
        """Let so much time be over."""
        await self.run.wait()
        self._secs += max(0.0, secs)
        await asyncio.sleep(0)

    def monotonic(self) -> float:
        """Seconds counted so far."""
        return self._secs


@dataclass(frozen=True, slots=True)
class FirstFill:
    """Real seconds until the fill (None: none within a day of engine time), and what came before it."""

    seed: int
    seconds: float | None
    signals: int
    denials: int
    gates: tuple[str, ...]


@asynccontextmanager
async def _installation(seed: int, directory: Path) -> AsyncGenerator[tuple[App, CountedTime]]:
    time = CountedTime()
    feed = SimulatedFeed(seed, SPEED, START, None, time.sleep, time.monotonic)
    settings = Settings(store=StoreSettings(data_dir=directory))
    app = await build_app(
        settings, Overrides(feed=feed, passwords=BcryptPasswords(cost=4), anchor_log=MemoryAnchorLog())
    )
    await app.start()
    await _until(lambda: app.services.engine.role is EngineRole.OWNER, 0.005)
    try:
        yield app, time
    finally:
        await app.close()


async def _create_suggested(app: App) -> Bot:
    """Say the greeting's sentence and confirm its card."""
    admin = (await app.first_admin()).user
    runner = ToolRunner(app.services)
    toolbox = Toolbox(runner, app.services.chat_log)
    assistant = Assistant(app.services, runner, toolbox, OfflineRouter(toolbox), None, ModelGate(configured=False))
    caller = Caller(Principal(admin.user_id, admin.email, admin.role), "first ten minutes")
    blocks = [output async for output in assistant.answer(caller, SUGGESTED)]
    (card,) = [block for block in blocks if isinstance(block, Confirmation)]
    await assistant.confirm(caller, card.confirmation_id, None)
    (bot,) = app.services.writer.known(admin.user_id).bots.values()
    return bot


def _engine_time(app: App, span: timedelta) -> Callable[[], bool]:
    """Whether the market has gone on for so long."""
    until = app.services.hub.feed.now() + span
    return lambda: app.services.hub.feed.now() >= until


async def _pass(time: CountedTime, over: Callable[[], bool]) -> None:
    """Let the market go on until then."""
    time.run.set()
    await _until(over, 0)
    time.run.clear()


async def _until(reached: Callable[[], bool], look_again_secs: float) -> None:
    """Wait for what no part of the program announces."""
    while not reached():  # noqa: ASYNC110 - the program under measurement is not changed for it
        await asyncio.sleep(look_again_secs)


async def _first_fill(app: App) -> Event | None:
    """The first order that filled, as the journal holds it."""
    (user_id,) = await app.services.accounts.all_ids()
    page = await app.store.find("ledger_events", "user_seq", (user_id,))
    events = map(read, page.documents)
    return next((e for e in events if isinstance(e.payload, OrderExecuted) and e.payload.fills), None)


async def measure(seed: int, directory: Path) -> FirstFill:
    """One market, from an empty directory to the first fill."""
    async with _installation(seed, directory) as (app, time):
        await _pass(time, _engine_time(app, READING))
        created_at = app.services.hub.feed.now()
        bot = await _create_suggested(app)
        await _until(lambda: app.services.engine.warmth(bot.symbol, bot.bot_id) is not None, 0.001)
        a_day_is_over = _engine_time(app, LONGEST)
        await _pass(time, lambda: bot.book.fills > 0 or a_day_is_over())
        event = await _first_fill(app)
        traces = await app.services.traces.newest(bot.bot_id, 1_000)
        kinds = [trace.kind for trace in traces if event is None or trace.ts <= event.ts]
        return FirstFill(
            seed,
            (event.ts - created_at).total_seconds() / SPEED if event else None,
            kinds.count(TraceKind.SIGNAL),
            kinds.count(TraceKind.DENIAL),
            event.payload.gates_passed if event and isinstance(event.payload, OrderExecuted) else (),
        )


def _table(fills: list[FirstFill]) -> Table:
    table = Table(
        f"first fill of “{SUGGESTED}” at {SPEED:.0f} times real time", ("seed", "real seconds", "signals", "denials")
    )
    for one in fills:
        words = "none in a day" if one.seconds is None else f"{one.seconds:.1f}"
        table.add(str(one.seed), words, str(one.signals), str(one.denials))
    known = [float("inf") if one.seconds is None else one.seconds for one in fills]
    for name, percent in (("min", 0.0), ("median", 50.0), ("p95", 95.0), ("max", 100.0)):
        table.add(name, f"{percentile(known, percent):.1f}")
    within = sum(seconds <= GOAL_SECS for seconds in known)
    table.note(f"within {GOAL_SECS} s: {within} of {len(known)}")
    gates = {one.gates for one in fills if one.seconds is not None}
    table.note("gates passed by every fill: " + "; ".join(", ".join(each) for each in sorted(gates)))
    return table


async def run() -> list[Table]:
    """All seeds."""
    fills: list[FirstFill] = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as directory:
            fills.append(await measure(seed, Path(directory)))
    return [_table(fills)]
