"""Tools for routers: runs or proposes through the runner, and turns what comes back into blocks and model text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.blocks import Text
from assistant.present import present
from assistant.turn import ToolOutcome
from core.domain.codec import encode
from core.domain.confirmation import ConfirmationRecord
from core.domain.errors import ProductError
from core.services.chat_log import Author, ChatLog
from tools.catalog import CATALOG
from tools.context import Caller
from tools.results import Backtested, BacktestsCompared, Exported, HelpText, PriceChart, Result
from tools.runner import ToolRunner
from tools.spec import ToolSpec

_LAST_BARS = 3
_LAST_MARKS = 10


class Toolbox:
    """`assistant.turn.ToolCaller`: every call is logged, every refusal becomes words."""

    def __init__(self, runner: ToolRunner, log: ChatLog) -> None:
        self._runner = runner
        self._log = log

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools this person may use."""
        return self._runner.offered(caller)

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Run a tool, or store its proposal; a refusal is an outcome, not an exception."""
        try:
            result = await self._runner.call(caller, tool, arguments)
        except ProductError as error:
            await self._note(caller, tool, arguments, f"refused: {error.message}")
            return ToolOutcome((Text(error.message, plain=True),), f"Refused: {error.message}", ok=False, changed=False)
        # A proposal holds what was chosen for everything left unsaid, such as the name of a new bot.
        shown = result.arguments if isinstance(result, ConfirmationRecord) else arguments
        await self._note(caller, tool, shown, type(result).__name__)
        spec = CATALOG[tool].spec
        return ToolOutcome(present(result), for_model(result), ok=True, changed=spec.acts)

    async def _note(self, caller: Caller, tool: str, arguments: Mapping[str, Any], what: str) -> None:
        data = {"tool": tool, "arguments": json.loads(json.dumps(dict(arguments), default=str))}
        await self._log.add(caller.conversation_id, caller.principal.user_id, Author.TOOL, what, data)


def for_model(result: Result | ConfirmationRecord) -> str:
    """What a model may read of a result: JSON of its figures, or that a card waits for the person."""
    if isinstance(result, ConfirmationRecord):
        effect = " ".join(result.effect)
        return (
            f"Nothing has been done yet. A confirmation card is shown: {result.title}. {effect} "
            "Only the person's click or typed phrase can confirm it; you cannot."
        )
    if isinstance(result, HelpText) and result.topic is None:
        return "The list of what can be done is shown."
    if isinstance(result, Exported):
        return f"A file is offered for download: {result.name} with {result.rows} {result.what}."
    return json.dumps(encode(_brief(result)), ensure_ascii=False)


def _brief(result: Result) -> Result:
    """A result without the points and rows that only the app shows."""
    if isinstance(result, Backtested):
        return replace(result, report=replace(result.report, equity=(), trades=()))
    if isinstance(result, BacktestsCompared):
        return replace(result, reports=tuple(replace(one, equity=(), trades=()) for one in result.reports))
    if isinstance(result, PriceChart):
        return replace(result, bars=(*result.bars[:1], *result.bars[-_LAST_BARS:]), marks=result.marks[-_LAST_MARKS:])
    return result
