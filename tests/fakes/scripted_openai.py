"""A loopback OpenAI-compatible server that says what a script tells it, in its own thread and event loop.

It speaks Chat Completions and Responses over real HTTP with server-sent events, records every request body,
and can misbehave: refuse, fail, hang, drop the connection, end early, and send broken arguments.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.fakes.openai_events import Call, chat_events, responses_events


class ScriptedDrop(Exception):
    """Makes uvicorn cut the connection."""


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and record.exc_info[0] is ScriptedDrop)


class Fault(StrEnum):
    """How a reply goes wrong."""

    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    HANG = "hang"
    DROP = "drop"  # the connection breaks after the first pieces
    TRUNCATE = "truncate"  # the stream ends politely, but without its end


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model: text pieces, then tool calls; `retry_after_secs` goes with RATE_LIMIT."""

    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    fault: Fault | None = None
    retry_after_secs: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came in."""

    path: str
    body: dict[str, Any]

    @property
    def tools(self) -> list[str]:
        """Names of the tools that were offered (both wire formats)."""
        return [tool.get("function", tool)["name"] for tool in self.body.get("tools", [])]


Script = Sequence[Reply] | Callable[[dict[str, Any]], Reply]


@dataclass
class ScriptedOpenAI:
    """Start it, point `OPENAI_BASE_URL` at `base_url`, stop it; a finished list repeats its last reply."""

    script: Script
    api_key: str = "sk-scripted"
    models: tuple[str, ...] = ("gpt-scripted",)
    requests: list[Recorded] = field(default_factory=list)

    def start(self) -> Self:
        """Serve on a free loopback port; returns when it accepts connections."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        # As the real provider: a stream's small pieces leave at once.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(self._app(), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.005)
        return self

    def stop(self) -> None:
        """Break what is still open and wait for the thread."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        self._listener.close()
        logging.getLogger("uvicorn.error").removeFilter(_is_news)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.get("/v1/models/{name}", response_model=None)(self._model)
        app.post("/v1/chat/completions", response_model=None)(self._answer)
        app.post("/v1/responses", response_model=None)(self._answer)
        return app

    async def _model(self, name: str, request: Request) -> Response:
        return self._refusal(request, name) or JSONResponse(
            {"id": name, "object": "model", "created": 0, "owned_by": "script"}
        )

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        if refusal := self._refusal(request, body["model"]):
            return refusal
        self.requests.append(Recorded(request.url.path, body))
        reply = self._next(body)
        if reply.fault is Fault.RATE_LIMIT:
            return _problem(429, "rate_limit_exceeded", reply.retry_after_secs)
        if reply.fault is Fault.SERVER_ERROR:
            return _problem(500, "server_error")
        if reply.fault is Fault.HANG:
            await _until_gone(request)
        events = responses_events if request.url.path.endswith("/responses") else chat_events
        stream = _broken(events(body["model"], reply.text, reply.calls), reply.fault)
        return StreamingResponse(stream, media_type="text/event-stream")

    def _next(self, body: dict[str, Any]) -> Reply:
        if callable(self.script):
            return self.script(body)
        return self.script[min(len(self.requests), len(self.script)) - 1]

    def _refusal(self, request: Request, model: str) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _problem(401, "invalid_api_key")
        return None if model in self.models else _problem(404, "model_not_found")


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _broken(events: Sequence[str], fault: Fault | None) -> AsyncIterator[str]:
    """The events, cut off before the end where the fault says so."""
    cut = len(events) if fault not in {Fault.DROP, Fault.TRUNCATE} else max(1, len(events) // 2)
    for event in events[:cut]:
        yield event
        await asyncio.sleep(0)
    if fault is Fault.DROP:
        raise ScriptedDrop


def _problem(status: int, code: str, retry_after_secs: float | None = None) -> Response:
    headers = {} if retry_after_secs is None else {"retry-after": str(retry_after_secs)}
    error = {"message": f"scripted {code}", "type": code, "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=status, headers=headers)
