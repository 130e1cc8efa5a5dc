"""The offline router: answers without a model, through the same tools (spec/chat.md, Offline router)."""

from collections.abc import AsyncIterator

from assistant.blocks import Choices, Text
from assistant.offline_router.scoring import example_index
from assistant.offline_router.understand import understand
from assistant.offline_router.understanding import Outcome, Understanding
from assistant.turn import Output, ToolCaller, ToolStarted, Turn


class OfflineRouter:
    """Deterministic `assistant.turn.Router`; every figure shown comes from a tool's outcome."""

    def __init__(self, tools: ToolCaller) -> None:
        self._tools = tools
        example_index()  # built once here rather than in the first person's message

    async def route(self, turn: Turn) -> AsyncIterator[Output]:
        """Answer one message: the blocks of the tools called in order, or words and buttons."""
        found = understand(turn, self._tools.offered(turn.caller))
        if found.outcome is not Outcome.CALLS:
            yield _words(found)
            return
        for call in found.calls:
            yield ToolStarted(call.tool)
            outcome = await self._tools.call(turn.caller, call.tool, call.arguments)
            for block in outcome.blocks:
                yield block


def _words(found: Understanding) -> Output:
    """Text, with buttons where there are some."""
    if found.options:
        return Choices(found.text, tuple((option.label, option.message) for option in found.options))
    return Text(found.text, plain=True)  # it may quote the person
