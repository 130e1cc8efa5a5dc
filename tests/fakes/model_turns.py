"""Turns to try a model router with, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.blocks import Text
from assistant.model_contract import ModelFailed
from assistant.turn import Delta, Output, PastMessage, Router, ToolStarted, Turn
from core.domain.user import Role
from tools.context import Caller, Principal


def turn(
    text: str = "hello",
    *,
    role: Role = Role.USER,
    history: Sequence[PastMessage] = (),
    bots: Sequence[str] = ("Alpha", "Beta"),
) -> Turn:
    """A message of a person with two bots, of which Alpha was talked about last."""
    caller = Caller(Principal(f"id-of-{role}", f"{role}@example.com", role), "conversation")
    return Turn(caller, text, history, bots, "Alpha", ("BTC/USDT", "ETH/USDT"))


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything a router gave, and how it failed, if it did."""

    outputs: list[Output]
    failure: ModelFailed | None

    @property
    def text(self) -> str:
        """The streamed text."""
        return "".join(output.text for output in self.outputs if isinstance(output, Delta))

    @property
    def steps(self) -> list[str]:
        """Tools that were started and blocks that were drawn, in order."""
        started = {id(o): f"start {o.tool}" for o in self.outputs if isinstance(o, ToolStarted)}
        drawn = {id(o): o.text for o in self.outputs if isinstance(o, Text)}
        return [(started | drawn)[id(o)] for o in self.outputs if not isinstance(o, Delta)]


async def hear(router: Router, message: Turn) -> Heard:
    """Route a message to its end."""
    outputs: list[Output] = []
    try:
        async for output in router.route(message):
            outputs.append(output)  # noqa: PERF401 - what came before a failure is kept
    except ModelFailed as failure:
        return Heard(outputs, failure)
    return Heard(outputs, None)
