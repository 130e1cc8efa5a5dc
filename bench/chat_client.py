"""A person without a browser: logs in for the session cookie, and talks over the chat's socket as its page does."""

import asyncio
import time
from typing import Any

import httpx
import socketio

from core.adapters.clock import SystemClock
from core.adapters.ids import RandomIds

_ANSWER_SECS = 60.0
_BROKEN = "Something went wrong"


class ChatClient:
    """One session; `ask` gives the seconds until the answer was there."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids = RandomIds()
        self._socket = socketio.AsyncClient(reconnection=False)
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._socket.on("new_message", self._on_message)

    async def log_in(self, email: str, password: str) -> None:
        """Get the cookie, open the socket, wait for the greeting."""
        async with httpx.AsyncClient(timeout=_ANSWER_SECS) as http:
            answer = await http.post(f"{self._url}/login", data={"username": email, "password": password})
        answer.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        auth = {
            "sessionId": self._ids.new(),
            "clientType": "webapp",
            "userEnv": "{}",
            "chatProfile": "",
            "threadId": "",
        }
        await self._socket.connect(
            self._url, socketio_path="/ws/socket.io", headers={"Cookie": cookie}, auth=auth, transports=["websocket"]
        )
        await self._socket.emit("connection_successful")
        await self._next_answer()

    async def ask(self, text: str) -> float:
        """Send a message and wait for its answer."""
        message = {
            "id": self._ids.new(),
            "name": "You",
            "type": "user_message",
            "output": text,
            "createdAt": SystemClock().now().isoformat(),
        }
        while not self._answers.empty():
            self._answers.get_nowait()
        started = time.perf_counter()
        await self._socket.emit("client_message", {"message": message, "fileReferences": []})
        await self._next_answer()
        return time.perf_counter() - started

    async def close(self) -> None:
        """Leave."""
        await self._socket.disconnect()

    async def _on_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "assistant_message":
            self._answers.put_nowait(message)

    async def _next_answer(self) -> None:
        async with asyncio.timeout(_ANSWER_SECS):
            message = await self._answers.get()
        if message.get("isError") or _BROKEN in message["output"]:
            raise RuntimeError(f"the chat answered with an error: {message['output']}")
