"""How long the offline router takes to understand a message, over the held-out phrasings of the tests."""

import json
import time
from pathlib import Path

from assistant.offline_router import understand
from bench.table import Table, millis, percentile
from core.domain.user import Role
from tests.fakes.offline_turns import BOTS, offered, turn

PHRASINGS = Path(__file__).parents[1] / "tests" / "data" / "offline_phrasings.jsonl"
ROUNDS = 3
GOAL_SECS = 0.010


async def run() -> list[Table]:
    """All messages, by kind."""
    rows = [json.loads(line) for line in PHRASINGS.read_text("utf-8").splitlines()]
    tools = offered(Role.ADMIN)
    spent: dict[str, list[float]] = {}
    for row in rows * ROUNDS:
        message = turn(row["text"], row.get("bots", BOTS), row.get("last"))
        started = time.perf_counter()
        understand(message, tools)
        seconds = time.perf_counter() - started
        spent.setdefault(row["kind"], []).append(seconds)
        spent.setdefault("all", []).append(seconds)
    table = Table("understanding one message", ("kind", "messages", "p50", "p95", "max"))
    for kind, each in spent.items():
        table.add(kind, str(len(each)), *(millis(percentile(each, percent)) for percent in (50, 95, 100)))
    p95 = percentile(spent["all"], 95)
    table.note(f"goal: p95 within {millis(GOAL_SECS)} ({p95 / GOAL_SECS:.2f} of it)")
    return [table]
