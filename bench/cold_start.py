"""From process start to the first answer, and the memory the process takes: idle, and while five bots trade.

Twice: with the offline router alone, and with a language model configured (a loopback server), which loads LangChain.
Memory is VmRSS of the server process, from /proc.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from bench.chat_client import ChatClient
from bench.table import Table
from core.bootstrap import build_app
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.services.bots import BotPlan
from core.settings import Settings, StoreSettings
from tests.e2e.server import ADMIN, PASSWORD, Server
from tests.fakes.scripted_openai import Reply, ScriptedOpenAI

GOAL_SECS = 8
IDLE_SECS = 3
TRADING_SECS = 20
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDT", "ETH/USDT")


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds since process start, and MiB after the pause that followed."""

    ping_secs: float
    answer_secs: float
    rss_mib: float


def _rss_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


async def _start(server: Server, pause_secs: float) -> Start:
    started = time.perf_counter()
    await asyncio.to_thread(server.start)
    try:
        ping = time.perf_counter() - started
        client = ChatClient(f"http://127.0.0.1:{urlsplit(server.url).port}")
        await client.log_in(ADMIN, PASSWORD)
        await client.ask("how am I doing?")
        answer = time.perf_counter() - started
        await asyncio.sleep(pause_secs)
        if server.process is None:
            raise RuntimeError("the server is gone")
        memory = _rss_mib(server.process.pid)
        await client.close()
    finally:
        server.stop()
    return Start(ping, answer, memory)


async def _with_bots(data: Path) -> None:
    """Five running bots of the admin."""
    app = await build_app(Settings(store=StoreSettings(data_dir=data)).without_live_prices())
    (user_id,) = await app.services.accounts.all_ids()
    for number, symbol in enumerate(SYMBOLS):
        plan = BotPlan(
            name=f"Bot {number}",
            exchange=Exchange.BINANCE,
            symbol=symbol,
            strategy=("ema_cross", "rsi_reversion")[number % 2],
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=Decimal(1_000),
            parameters={},
        )
        checked = await app.services.bots.plan(user_id, plan)
        await app.services.bots.create(user_id, checked, actor="bench", key=f"bot:{number}", start=True)
    await app.close()


async def _both(table: Table, name: str, settings: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory) / "data", settings)
        first = await _start(server, IDLE_SECS)
        await _with_bots(server.data)
        second = await _start(server, TRADING_SECS)
    for what, one in (("first start, idle", first), (f"again, 5 bots for {TRADING_SECS} s", second)):
        table.add(name, what, f"{one.ping_secs:.1f} s", f"{one.answer_secs:.1f} s", f"{one.rss_mib:.0f} MiB")


async def run() -> list[Table]:
    """Without and with a model."""
    table = Table("process start to first answer", ("router", "start", "ping", "login, greeting, answer", "memory"))
    await _both(table, "offline", {})
    with ScriptedOpenAI([Reply(("You are doing fine.",))]) as model:
        configured = {
            "OPENAI_API_KEY": model.api_key,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": model.models[0],
        }
        await _both(table, "model", configured)
    table.note(f"goal: first answer within {GOAL_SECS} s; the login's password check takes about half a second of it")
    return [table]
