"""The connection to the model provider: making a client, naming its failures, probing it at start."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import openai
from langchain_core.exceptions import LangChainException
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI

from assistant.model_contract import FailureKind, ModelFailed, ModelSettings

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECS = 5.0
_CHAT_ONLY = ("gpt-4", "gpt-3")

_KIND_BY_STATUS = {
    401: FailureKind.CREDENTIALS,
    403: FailureKind.CREDENTIALS,
    404: FailureKind.MODEL,
    408: FailureKind.TIMEOUT,
    429: FailureKind.RATE_LIMIT,
}
_SERVER_STATUS = 500

#: What a provider, or the libraries that read it, may raise while it is asked; anything else is a bug here.
PROVIDER_ERRORS = (
    openai.OpenAIError,
    httpx.HTTPError,
    httpx.StreamError,
    LangChainException,
    TimeoutError,
    json.JSONDecodeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


def make_model(settings: ModelSettings, http_client: httpx.AsyncClient) -> ChatOpenAI:
    """A chat model that never retries by itself, reads no environment for its address, and has timeouts.

    openai 3 speaks through httpx2 by default; handing it an `httpx.AsyncClient` makes it use that one, so
    tests can intercept it, and the client has an owner who closes it. The read timeout is half of a
    turn's time, so that a provider that falls silent can be asked once more.
    """
    return ChatOpenAI(
        model=settings.model,
        api_key=settings.api_key,
        base_url=settings.base_url or OPENAI_URL,
        use_responses_api=speaks_responses(settings),
        timeout=httpx.Timeout(settings.deadline_secs / 2, connect=min(CONNECT_SECS, settings.deadline_secs / 2)),
        max_retries=0,
        stream_chunk_timeout=None,
        http_async_client=http_client,
    )


def speaks_responses(settings: ModelSettings) -> bool:
    """Whether the Responses API is used: reasoning models refuse tools elsewhere, other servers rarely have it."""
    if settings.api == "auto":
        return settings.base_url is None and not settings.model.startswith(_CHAT_ONLY)
    return settings.api == "responses"


def with_tools(model: ChatOpenAI, tools: Sequence[BaseTool]) -> Runnable[LanguageModelInput, AIMessage]:
    """The model with these tools in wire form, prepared once.

    As `extra_body` they skip the SDK's walk over every schema at every question (17 ms of 60 tools in Responses).
    `strict` is off, because strict mode makes the model fill in every argument, said or not.
    """
    if not tools:
        return model
    functions: list[dict[str, Any]] = [convert_to_openai_tool(tool)["function"] for tool in tools]
    if model.use_responses_api:
        return model.bind(extra_body={"tools": [{"type": "function", "strict": False, **f} for f in functions]})
    return model.bind(extra_body={"tools": [{"type": "function", "function": f} for f in functions]})


def failure_of(error: BaseException) -> ModelFailed:
    """The failure behind an exception of the provider's client; its text is not passed on, it may echo a key."""
    if isinstance(error, openai.APIStatusError):
        if error.code == "insufficient_quota":
            return ModelFailed(FailureKind.QUOTA)
        fallback = FailureKind.SERVER if error.status_code >= _SERVER_STATUS else FailureKind.REQUEST
        kind = _KIND_BY_STATUS.get(error.status_code, fallback)
        return ModelFailed(kind, retry_after_secs=_retry_after_secs(error))
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return ModelFailed(FailureKind.TIMEOUT)
    if isinstance(error, openai.APIConnectionError | httpx.TransportError | httpx.StreamError):
        return ModelFailed(FailureKind.CONNECTION)
    if isinstance(error, openai.APIError):  # an error event in the middle of a stream
        return ModelFailed(FailureKind.SERVER)
    return ModelFailed(FailureKind.MALFORMED)


def _retry_after_secs(error: openai.APIStatusError) -> float | None:
    """The provider's wish, where it is given in seconds; a date is ignored and the backoff applies."""
    text = error.response.headers.get("retry-after", "")
    return float(text) if text.replace(".", "", 1).isdecimal() else None


async def probe(model: ChatOpenAI, settings: ModelSettings) -> str | None:
    """A plain problem text when the key or the model is wrong; None when fine or when nobody can tell now.

    OpenAI is asked about the model, which costs nothing; other servers often have no such route, so on
    a 404 they are asked for a few tokens.
    """
    try:
        try:
            await model.root_async_client.models.retrieve(settings.model)
        except openai.NotFoundError:
            if settings.base_url is None:
                raise
            async for _ in model.astream("Reply with OK."):
                break
    except PROVIDER_ERRORS as error:
        return _PROBLEMS.get(failure_of(error).kind)
    return None


_PROBLEMS = {
    FailureKind.CREDENTIALS: "OPENAI_API_KEY is refused by the model provider: set a valid key. "
    "Until then the offline router answers.",
    FailureKind.MODEL: "OPENAI_MODEL is not served by the model provider: set the name of a model it serves. "
    "Until then the offline router answers.",
    FailureKind.QUOTA: "The account of OPENAI_API_KEY has no credit left at the model provider: top it up. "
    "Until then the offline router answers.",
}
