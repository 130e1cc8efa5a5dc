"""One message in, blocks out: safety words first, then a router; only a person confirms (spec/chat.md)."""

from collections.abc import AsyncGenerator, Awaitable
from dataclasses import replace

import structlog

from assistant.blocks import Block, Candles, Card, Chart, Choices, Confirmation, File, Table, Text
from assistant.conversation import turn_for
from assistant.model_contract import ModelFailed
from assistant.model_gate import ModelGate
from assistant.offline_router import is_bare_assent
from assistant.present import present
from assistant.safety import emergency_request
from assistant.turn import Delta, Output, Router, ToolCaller, ToolStarted, Turn
from core.domain.confirmation import ConfirmationRecord
from core.domain.errors import NotAuthenticated, ProductError
from core.services.chat_log import Author
from core.services.services import Services
from tools.context import Caller, Principal
from tools.results import Result
from tools.runner import ToolRunner

_log = structlog.get_logger(__name__)

MAX_MESSAGE = 4_000


class Assistant:
    """Answers messages and carries confirmations, for chat and API alike."""

    def __init__(
        self,
        services: Services,
        runner: ToolRunner,
        tools: ToolCaller,
        offline: Router,
        model: Router | None,
        gate: ModelGate,
    ) -> None:
        self._services = services
        self._runner = runner
        self._tools = tools
        self._offline = offline
        self._model = model
        self._gate = gate

    async def answer(self, caller: Caller, text: str) -> AsyncGenerator[Output, None]:
        """Answer one message; whatever is refused becomes words.

        Raises:
            NotAuthenticated: the account is gone or disabled.
        """
        caller = await self._fresh(caller)
        text = text.strip()[:MAX_MESSAGE]
        turn = await turn_for(self._services, caller, text)
        await self._note(caller, Author.USER, text)
        said: list[str] = []
        try:
            async for output in self._route(turn):
                said.append(_words(output))
                yield output
        except ProductError as error:
            said.append(error.message)
            yield Text(error.message, plain=True)
        finally:
            # Also when the person pressed Stop: what was said so far is part of the conversation.
            await self._note(caller, Author.ASSISTANT, "".join(said))

    async def _route(self, turn: Turn) -> AsyncGenerator[Output, None]:
        wish = emergency_request(turn.text)
        if wish is not None:
            yield ToolStarted("emergency_stop")
            outcome = await self._tools.call(turn.caller, "emergency_stop", {"flatten": wish.flatten})
            for block in outcome.blocks:
                yield block
            return
        if is_bare_assent(turn.text):
            principal, conversation = turn.caller.principal, turn.caller.conversation_id
            waiting = await self._services.confirmations.pending(principal.user_id, conversation)
            if waiting is not None:
                yield Text("Words do not confirm anything; please use the card.")
                for block in present(waiting):
                    yield block
                return
        async for output in self._by_model(turn):
            yield output

    async def _by_model(self, turn: Turn) -> AsyncGenerator[Output, None]:
        """The model's answer; the offline router's when there is no model or it fails before doing anything."""
        if self._model is not None and self._gate.open(self._services.clock.now()):
            try:
                async for output in self._model.route(turn):
                    yield output
            except ModelFailed as failure:
                self._gate.failed(failure, self._services.clock.now())
                _log.warning("the model failed", kind=failure.kind.value, changed=failure.changed)
                if failure.changed:
                    yield Text(f"{failure.reason} What is shown above stands; nothing else was done.", quiet=True)
                    return
                yield Text(f"{failure.reason} Answered without it.", quiet=True)
            else:
                self._gate.answered()
                return
        async for output in self._offline.route(turn):
            yield output

    async def confirm(self, caller: Caller, confirmation_id: str, phrase: str | None) -> tuple[Block, ...]:
        """A person's click or typed phrase on a card."""
        return await self._decide(caller, confirmation_id, self._runner.confirm(caller, confirmation_id, phrase))

    async def cancel(self, caller: Caller, confirmation_id: str) -> tuple[Block, ...]:
        """A person's no."""
        return await self._decide(caller, confirmation_id, self._cancelled(caller, confirmation_id))

    async def _cancelled(self, caller: Caller, confirmation_id: str) -> None:
        await self._runner.cancel(await self._fresh(caller), confirmation_id)

    async def _decide(
        self, caller: Caller, confirmation_id: str, work: Awaitable[Result | ConfirmationRecord | None]
    ) -> tuple[Block, ...]:
        try:
            result = await work
        except ProductError as error:
            blocks: tuple[Block, ...] = (Text(error.message, plain=True),)
        else:
            blocks = (Text("Cancelled; nothing was done."),) if result is None else present(result)
            if isinstance(result, ConfirmationRecord):
                blocks = (Text("Things have changed since; please look again."), *blocks)
        words = "".join(_words(block) for block in blocks)
        await self._note(caller, Author.ASSISTANT, words, {"confirmation": confirmation_id})
        return blocks

    async def _fresh(self, caller: Caller) -> Caller:
        """The person as the store knows them now."""
        user = await self._services.accounts.current(caller.principal.user_id)
        if user is None or user.disabled:
            raise NotAuthenticated("This account cannot be used any more. Log in again.")
        return replace(caller, principal=Principal(user.user_id, user.email, user.role))

    async def _note(self, caller: Caller, author: Author, text: str, data: dict[str, str] | None = None) -> None:
        principal = caller.principal
        await self._services.chat_log.add(caller.conversation_id, principal.user_id, author, text, data)


def _words(output: Output) -> str:
    """What a person read, for the log and for the history a model gets."""
    match output:
        case Delta(text=text):
            return text
        case Text(text=text) | Choices(text=text):
            return f"{text}\n"
        case Card(title=title) | Table(title=title) | Chart(title=title) | Candles(title=title):
            return f"[{title} shown]\n"
        case Confirmation(title=title):
            return f"[confirmation card shown: {title}]\n"
        case File(name=name):
            return f"[file offered: {name}]\n"
        case ToolStarted():
            return ""
