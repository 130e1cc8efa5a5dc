"""What one turn carries through the agent: who asks, what was said and done so far, how much is left."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.blocks import Block
from assistant.model_contract import ModelFailed
from assistant.turn import Delta, Output, ToolCaller, ToolStarted
from tools.context import Caller
from tools.spec import ToolSpec

MAX_TOOL_CALLS = 8
MAX_RESULT_CHARS = 12_000
BROKE_OFF = " …\n\n"


@dataclass
class TurnState:
    """One turn. `give_up_at` is in event loop time; `outputs` ends with None.

    Calls that act count as having changed something from their start to a proven end: one that is cut
    off has an unknown outcome.
    """

    caller: Caller
    tools: ToolCaller
    give_up_at: float
    outputs: asyncio.Queue[Output | None] = field(default_factory=asyncio.Queue)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    calls: int = 0
    spoke: bool = False
    shown: bool = False
    _changed: bool = False
    _acting: int = 0
    _mid_sentence: bool = False

    @property
    def changed(self) -> bool:
        """Whether the turn changed or showed something, or may have."""
        return self._changed or self.shown or self._acting > 0

    def secs_left(self) -> float:
        """Time until the turn is given up."""
        return self.give_up_at - asyncio.get_running_loop().time()

    def say(self, text: str) -> None:
        """Stream a piece of the model's text."""
        self.spoke = self._mid_sentence = True
        self.outputs.put_nowait(Delta(text))

    def answered(self) -> None:
        """The model's answer arrived whole."""
        self._mid_sentence = False

    def broke_off(self) -> None:
        """The answer is being asked for again: mark what was said of it as cut off."""
        if self._mid_sentence:
            self._mid_sentence = False
            self.outputs.put_nowait(Delta(BROKE_OFF))

    async def run(self, spec: ToolSpec, arguments: Mapping[str, Any]) -> str:
        """Call a tool, show its blocks, and give what the model may read of the outcome."""
        self.outputs.put_nowait(ToolStarted(spec.name))
        self._acting += spec.acts
        outcome = await self.tools.call(self.caller, spec.name, arguments)
        self._acting -= spec.acts
        self._changed |= outcome.changed
        self._show(outcome.blocks)
        if len(outcome.for_model) > MAX_RESULT_CHARS:
            return outcome.for_model[:MAX_RESULT_CHARS] + " … (cut: the app shows the rest)"
        return outcome.for_model

    def _show(self, blocks: tuple[Block, ...]) -> None:
        for block in blocks:
            self.shown = True
            self.outputs.put_nowait(block)

    def failed(self, failure: ModelFailed) -> ModelFailed:
        """The failure, knowing what the turn had done by then."""
        failure.changed = self.changed
        failure.spoke = self.spoke
        return failure
