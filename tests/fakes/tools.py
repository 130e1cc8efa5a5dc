"""Fakes of `ToolCaller`: one records, checks permission and arguments, and answers as told; others hang or dawdle."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from assistant.blocks import Text
from assistant.turn import ToolOutcome
from core.domain.user import Role
from tools.arguments import BotRef, CreateBot, NoArguments, Profits
from tools.catalog import CATALOG
from tools.context import Caller
from tools.spec import Level, ToolSpec

SPECS = (
    ToolSpec("list_bots", "List the person's bots.", NoArguments, Role.USER, Level.READ),
    ToolSpec("profits", "Profit figures by day, week or month.", Profits, Role.USER, Level.READ),
    ToolSpec("pause_bot", "Pause a bot.", BotRef, Role.USER, Level.NONE),
    ToolSpec("create_bot", "Propose a new bot.", CreateBot, Role.USER, Level.CONFIRM),
    ToolSpec("system_health", "Health of the whole system.", NoArguments, Role.ADMIN, Level.READ),
)

Answer = Callable[[str, Mapping[str, Any]], ToolOutcome]


def drawn(tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
    """One text block per call that names the tool; acting tools change something."""
    del arguments
    acts = next(spec.acts for spec in SPECS if spec.name == tool)
    return ToolOutcome((Text(f"drawn by {tool}"),), f"{tool}: done", ok=True, changed=acts)


def silent(tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
    """Nothing to see and nothing changed."""
    del arguments
    return ToolOutcome((), f"{tool}: nothing", ok=True, changed=False)


@dataclass
class RecordingTools:
    """Calls that got through, in order."""

    answer: Answer = drawn
    calls: list[tuple[Caller, str, dict[str, Any]]] = field(default_factory=list)

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools of the caller's role."""
        return tuple(s for s in SPECS if caller.principal.role is Role.ADMIN or s.permission is Role.USER)

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Record the call and answer it, or refuse like the real one."""
        self.calls.append((caller, tool, dict(arguments)))
        spec = next((spec for spec in self.offered(caller) if spec.name == tool), None)
        if spec is None:
            return ToolOutcome((), "Refused.", ok=False, changed=False)
        try:
            spec.arguments.model_validate(arguments)
        except ValidationError:
            return ToolOutcome((), "Wrong arguments.", ok=False, changed=False)
        return self.answer(tool, arguments)

    @property
    def names(self) -> list[str]:
        """Names of the tools that were called."""
        return [tool for _, tool, _ in self.calls]


@dataclass
class StuckTools(RecordingTools):
    """Calls never return; `cancelled` is set when one was given up."""

    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Hang until cancelled."""
        self.calls.append((caller, tool, dict(arguments)))
        try:
            return await asyncio.Future[ToolOutcome]()
        finally:
            self.cancelled.set()


@dataclass
class EarlierIsSlower(RecordingTools):
    """The first call takes longest, so that calls at the same time would overtake each other."""

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Answer after some rounds of the event loop, fewer with each call."""
        for _ in range(100 // (1 + len(self.calls))):
            await asyncio.sleep(0)
        return await super().call(caller, tool, arguments)


class CatalogueTools(RecordingTools):
    """Offers what the real catalogue has."""

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools of the caller's role."""
        specs = (tool.spec for tool in CATALOG.values())
        return tuple(s for s in specs if caller.principal.role is Role.ADMIN or s.permission is Role.USER)
