"""What the model router adds to a turn: the same requests to the same loopback server, by it and by a bare HTTP loop.

The server answers at once, so that its own time is the smallest part of both.
"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from assistant.model_contract import ModelSettings
from assistant.model_router import ModelRouter
from bench.table import Table, millis, percentile
from tests.fakes.model_turns import hear, turn
from tests.fakes.openai_events import Call
from tests.fakes.scripted_openai import Reply, ScriptedOpenAI
from tests.fakes.tools import RecordingTools

TURNS = 100
GOAL_SECS = 0.030


def _answer_after_tools(body: dict[str, Any]) -> Reply:
    asked = any(message["role"] == "tool" for message in body["messages"])
    return Reply(("You have ", "two bots.")) if asked else Reply(calls=(Call("list_bots", {}),))


def _answer(_body: dict[str, Any]) -> Reply:
    return Reply(("Hello, ", "how can I help?"))


async def _times(work: Callable[[], Awaitable[None]]) -> list[float]:
    await work()
    spent: list[float] = []
    for _ in range(TURNS):
        started = time.perf_counter()
        await work()
        spent.append(time.perf_counter() - started)
    return spent


async def _ask_bare(client: httpx.AsyncClient, server: ScriptedOpenAI, bodies: Sequence[dict[str, Any]]) -> None:
    """Send each body and read its events to the end, as the smallest possible client."""
    headers = {"Authorization": f"Bearer {server.api_key}"}
    for body in bodies:
        async with client.stream("POST", f"{server.base_url}/chat/completions", json=body, headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    json.loads(line.removeprefix("data: "))


async def _compare(table: Table, name: str, script: Callable[[dict[str, Any]], Reply]) -> None:
    with ScriptedOpenAI(script) as server:
        settings = ModelSettings(SecretStr(server.api_key), server.base_url, server.models[0], "chat")
        router = ModelRouter(RecordingTools(), settings)

        async def by_router() -> None:
            heard = await hear(router, turn("how are my bots?"))
            if heard.failure is not None:
                raise RuntimeError(heard.failure.reason)

        await by_router()
        bodies = [recorded.body for recorded in server.requests]
        routed = await _times(by_router)
        async with httpx.AsyncClient() as client:
            bare = await _times(lambda: _ask_bare(client, server, bodies))
        await router.aclose()
    added = percentile(routed, 50) - percentile(bare, 50)
    figures = [percentile(routed, 50), percentile(routed, 95), percentile(bare, 50), percentile(bare, 95), added]
    table.add(name, *map(millis, figures), f"{percentile(routed, 50) / percentile(bare, 50):.1f}")


async def run() -> list[Table]:
    """A turn of words alone, and one with a tool call between two questions to the model."""
    columns = ("turn", "router p50", "p95", "bare p50", "p95", "added p50", "ratio")
    table = Table(f"{TURNS} turns, Chat Completions with streaming", columns)
    await _compare(table, "words", _answer)
    await _compare(table, "tool call, then words", _answer_after_tools)
    table.note(f"goal: added p50 within {millis(GOAL_SECS)}")
    return [table]
