"""The GPT router: a LangChain agent that turns a message into tool calls, without memory and without trust."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import lru_cache
from typing import Any

import httpx
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphRecursionError
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import get_runtime
from langsmith import tracing_context

from assistant.model_client import make_model, probe, with_tools
from assistant.model_contract import FailureKind, ModelFailed, ModelSettings
from assistant.model_middleware import ResilientModel, ToolGuard
from assistant.model_prompt import ROUTER_PROMPT, messages_for
from assistant.model_turn import TurnState
from assistant.turn import Output, ToolCaller, Turn
from tools.spec import ToolSpec

MAX_MODEL_CALLS = 6
STEPS_PER_MODEL_CALL = 4  # limit check, model, count, tools
MAX_STEPS = MAX_MODEL_CALLS * STEPS_PER_MODEL_CALL + 4
MAX_AGENTS = 8  # one per set of tools that is offered, that is one per role


class ModelRouter:
    """`assistant.turn.Router` over an OpenAI-compatible model.

    Stateless between turns and safe for concurrent ones. The model is believed in nothing: tools, their
    arguments and the right to use them are checked here and again behind `ToolCaller`.
    """

    def __init__(
        self, tools: ToolCaller, settings: ModelSettings, http_client: httpx.AsyncClient | None = None
    ) -> None:
        self._tools = tools
        self._settings = settings
        self._owns_client = http_client is None
        self._client = http_client or httpx.AsyncClient()
        self._model = make_model(settings, self._client)
        self._agent_for = lru_cache(maxsize=MAX_AGENTS)(self._build_agent)

    @property
    def prompt_sha256(self) -> str:
        """Which instructions the model gets; belongs into the record of a turn."""
        return ROUTER_PROMPT.sha256

    async def check(self) -> str | None:
        """A plain problem text when key or model is wrong; None when fine, or when nobody can tell now."""
        return await probe(self._model, self._settings)

    async def aclose(self) -> None:
        """Close connections that this router opened; a client that was handed in stays open."""
        if self._owns_client:
            await self._client.aclose()

    async def route(self, turn: Turn) -> AsyncGenerator[Output, None]:
        """Answer one message within the deadline.

        Raises:
            ModelFailed: says why, and whether something was already changed or shown.
        """
        give_up_at = asyncio.get_running_loop().time() + self._settings.deadline_secs
        state = TurnState(turn.caller, self._tools, give_up_at)
        run = asyncio.create_task(self._run(messages_for(turn), state))
        try:
            while (output := await state.outputs.get()) is not None:
                yield output
            await run
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    async def _run(self, messages: list[BaseMessage], state: TurnState) -> None:
        """Run the agent to its end, naming what stopped it early; closes the outputs."""
        clock = asyncio.timeout_at(state.give_up_at)
        try:
            agent = self._agent_for(tuple(self._tools.offered(state.caller)))
            async with clock:
                with tracing_context(enabled=False):  # an environment variable must not send conversations elsewhere
                    await agent.ainvoke({"messages": messages}, {"recursion_limit": MAX_STEPS}, context=state)
        except ModelFailed as failure:
            raise state.failed(failure) from None
        except (ModelCallLimitExceededError, GraphRecursionError):
            raise state.failed(ModelFailed(FailureKind.LIMIT)) from None
        except TimeoutError:
            if not clock.expired():
                raise
            raise state.failed(ModelFailed(FailureKind.TIMEOUT)) from None
        finally:
            state.outputs.put_nowait(None)

    def _build_agent(self, offered: tuple[ToolSpec, ...]) -> CompiledStateGraph[Any, TurnState, Any, Any]:
        tools: list[BaseTool] = [_structured(spec) for spec in offered]
        bound = with_tools(self._model, tools)
        limit = ModelCallLimitMiddleware[Any, TurnState](run_limit=MAX_MODEL_CALLS, exit_behavior="error")
        middleware: list[AgentMiddleware[Any, TurnState]] = [limit, ResilientModel(bound, self._settings), ToolGuard()]
        return create_agent(self._model, tools, middleware=middleware, context_schema=TurnState)


def _structured(spec: ToolSpec) -> StructuredTool:
    """A tool that passes on just what the model said; given the model class, LangChain would add the defaults."""
    return StructuredTool(
        name=spec.name,
        description=spec.description,
        args_schema=spec.arguments.model_json_schema(),
        coroutine=_runner(spec),
    )


def _runner(spec: ToolSpec) -> Callable[..., Coroutine[Any, Any, str]]:
    async def run(**arguments: Any) -> str:  # noqa: ANN401 - checked against spec.arguments before
        return await get_runtime(TurnState).context.run(spec, arguments)

    return run
