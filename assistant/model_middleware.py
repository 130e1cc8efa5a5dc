"""The two places where the agent meets the outside: asking the model (the one retry layer) and guarding tools."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ModelCallResult, ToolCallRequest
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import Runnable
from langgraph.types import Command
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.stop import stop_base
from tenacity.wait import wait_random_exponential

from assistant.model_contract import TRANSIENT, FailureKind, ModelFailed, ModelSettings
from assistant.model_stream import ask
from assistant.model_turn import MAX_TOOL_CALLS, TurnState
from tools.spec import ToolSpec

MAX_BACKOFF_SECS = 8.0

#: The same for a tool that does not exist and one that is not for this person; it lists nothing.
NOT_POSSIBLE = "This cannot be done here. Use only the tools you were given, or say that it cannot be done."
TOO_MANY_CALLS = "No more tool calls in this turn. Answer now with what you have."


class ResilientModel(AgentMiddleware[AgentState[Any], TurnState]):
    """Asks the model, again after transient failures, within the turn's time."""

    def __init__(self, bound: Runnable[LanguageModelInput, AIMessage], settings: ModelSettings) -> None:
        super().__init__()
        self._bound = bound  # tools bound once: converting their schemas costs milliseconds per question
        self._settings = settings
        self._backoff = wait_random_exponential(multiplier=settings.backoff_secs, max=MAX_BACKOFF_SECS)

    async def awrap_model_call(
        self,
        request: ModelRequest[TurnState],
        handler: Callable[[ModelRequest[TurnState]], Awaitable[ModelResponse[Any]]],
    ) -> ModelCallResult[Any]:
        """Replace LangChain's own call (`handler`), which accepts repaired answers, by a strict one."""
        del handler
        turn = request.runtime.context
        retrying = AsyncRetrying(
            retry=retry_if_exception(_transient),
            stop=stop_after_attempt(self._settings.attempts) | _OutOfTime(turn),
            wait=self._pause,
            before_sleep=lambda _: turn.broke_off(),
            reraise=True,
        )
        return await retrying(self._ask, request)

    async def _ask(self, request: ModelRequest[TurnState]) -> AIMessage:
        turn = request.runtime.context
        message = await ask(self._bound, request.messages, turn.say)
        if not (message.tool_calls or str(message.text).strip() or turn.shown):
            raise ModelFailed(FailureKind.MALFORMED)
        turn.answered()
        return message

    def _pause(self, attempt: RetryCallState) -> float:
        """What the provider asked for, else a jittered, doubling backoff."""
        error = attempt.outcome.exception() if attempt.outcome else None
        asked = error.retry_after_secs if isinstance(error, ModelFailed) else None
        return self._backoff(attempt) if asked is None else asked


def _transient(error: BaseException) -> bool:
    return isinstance(error, ModelFailed) and error.kind in TRANSIENT


class _OutOfTime(stop_base):
    """Stops rather than sleeping past the end of the turn."""

    def __init__(self, turn: TurnState) -> None:
        self._turn = turn

    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.upcoming_sleep >= self._turn.secs_left()


class ToolGuard(AgentMiddleware[AgentState[Any], TurnState]):
    """Lets through, one at a time and in order, what is offered to this person now and has valid arguments."""

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run the call, or answer the model with a plain sentence instead."""
        turn = cast("TurnState", request.runtime.context)
        call = request.tool_call
        async with turn.one_at_a_time:  # fair: waiters get it in the order of the calls
            turn.calls += 1
            refusal = _refusal(turn, call["name"], call["args"])
            if refusal is None:
                return await handler(request)
        return ToolMessage(refusal, name=call["name"], tool_call_id=call["id"], status="error")


def _refusal(turn: TurnState, tool: str, arguments: Mapping[str, Any]) -> str | None:
    if turn.calls > MAX_TOOL_CALLS:
        return TOO_MANY_CALLS
    spec = _offered(turn, tool)
    if spec is None:
        return NOT_POSSIBLE
    try:
        spec.arguments.model_validate(arguments)
    except ValidationError as error:
        return explain(error)
    return None


def _offered(turn: TurnState, tool: str) -> ToolSpec | None:
    return next((spec for spec in turn.tools.offered(turn.caller) if spec.name == tool), None)


def explain(error: ValidationError) -> str:
    """Wrong arguments in plain words, for the model to correct or to pass on."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}" for fault in details]
    return "Nothing was done. Wrong arguments: " + "; ".join(faults[:10])
