"""Ask a model once: stream its text, and accept its answer only when it is whole and strictly readable.

LangChain repairs cut-off JSON: arguments that end at `{"name": "Al` become a call with the name `Al`. So the raw
arguments are read again here, strictly, and a stream that ends without its end counts as broken off.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import structlog
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, message_chunk_to_message
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.runnables import Runnable

from assistant.model_client import PROVIDER_ERRORS, failure_of
from assistant.model_contract import FailureKind, ModelFailed

MAX_ANSWER_CHARS = 40_000
_CUT_SHORT = frozenset({"length", "incomplete", "content_filter"})
_ENDED = frozenset({"stop", "tool_calls", "function_call", "completed"}) | _CUT_SHORT

log = structlog.get_logger(__name__)


async def ask(
    model: Runnable[LanguageModelInput, AIMessage], messages: Sequence[BaseMessage], say: Callable[[str], None]
) -> AIMessage:
    """The model's answer to these messages; `say` gets its text piece by piece as it comes.

    Raises:
        ModelFailed: nothing of the answer may be used; text that was said was said.
    """
    chunks: list[AIMessageChunk] = []
    size = 0
    try:
        async for chunk in model.astream(list(messages)):
            if not isinstance(chunk, AIMessageChunk):
                continue
            chunks.append(chunk)
            if text := str(chunk.text):
                say(text)
            size += len(text) + sum(len(call["args"] or "") for call in chunk.tool_call_chunks)
            if size > MAX_ANSWER_CHARS:
                raise ModelFailed(FailureKind.LIMIT)
        return _whole(chunks)
    except PROVIDER_ERRORS as error:
        failure = failure_of(error)
        log.warning("model_call_failed", kind=failure.kind.value, error=type(error).__name__)
        raise failure from None


def _whole(chunks: Sequence[AIMessageChunk]) -> AIMessage:
    if not chunks:
        raise ModelFailed(FailureKind.MALFORMED)
    joined = add_ai_message_chunks(chunks[0], *chunks[1:])
    ending = joined.response_metadata.get("finish_reason") or joined.response_metadata.get("status")
    if ending not in _ENDED:
        raise ModelFailed(FailureKind.CONNECTION)
    raw_calls = joined.tool_call_chunks
    if raw_calls and ending in _CUT_SHORT:
        raise ModelFailed(FailureKind.MALFORMED)
    calls = [_strict_call(raw) for raw in raw_calls]
    if len({call["id"] for call in calls}) != len(calls):
        raise ModelFailed(FailureKind.MALFORMED)
    message = cast("AIMessage", message_chunk_to_message(joined))
    return message.model_copy(update={"tool_calls": calls, "invalid_tool_calls": []})


def _strict_call(raw: ToolCallChunk) -> ToolCall:
    """A call whose name, id and arguments are all there.

    Raises:
        ModelFailed: they are not, or the arguments are not one JSON object.
    """
    try:
        arguments: Any = json.loads(raw["args"] or "{}")
    except json.JSONDecodeError:
        raise ModelFailed(FailureKind.MALFORMED) from None
    if not (isinstance(arguments, dict) and raw["name"] and raw["id"]):
        raise ModelFailed(FailureKind.MALFORMED)
    return ToolCall(name=raw["name"], args=arguments, id=raw["id"], type="tool_call")
