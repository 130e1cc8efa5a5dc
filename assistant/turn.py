"""One chat turn: what a router is given, what it may call, and what it yields."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from assistant.blocks import Block
from tools.context import Caller
from tools.spec import ToolSpec


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of streamed text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool is being used; shown as a collapsible step."""

    tool: str


Output: TypeAlias = Block | Delta | ToolStarted


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of one tool call.

    `blocks` is what the person sees. `for_model` is what a model may read (JSON or a sentence; never
    another user's data, never the names of tools the person may not use). `ok` is False when the call
    was refused or its arguments were wrong. `changed` is True when something was changed or a
    confirmation card was stored, so that the turn must not be routed a second time.
    """

    blocks: tuple[Block, ...]
    for_model: str
    ok: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class PastMessage:
    """An earlier message of the conversation: role is `user` or `assistant`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a person, with what a router may know."""

    caller: Caller
    text: str
    history: Sequence[PastMessage]
    bot_names: Sequence[str]
    last_bot: str | None
    symbols: Sequence[str]


class ToolCaller(Protocol):
    """The only way a router can do anything: permission, validation and confirmation happen behind it."""

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools this person may use."""
        ...

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Run a read tool or a tool of level none, or store a proposal; never raises a ProductError."""
        ...


class Router(Protocol):
    """Turns a message into tool calls and words."""

    def route(self, turn: Turn) -> AsyncIterator[Output]:
        """Answer one message."""
        ...
