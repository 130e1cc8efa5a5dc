"""The web application: API first, then our shell, then Chainlit behind its guards."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI

from assistant.assistant import Assistant
from assistant.model_contract import ModelSettings
from assistant.model_gate import ModelGate
from assistant.offline_router import OfflineRouter
from assistant.toolbox import Toolbox
from core.bootstrap import App
from core.ports import Clock
from core.services.health import Component
from core.settings import Settings
from tools.runner import ToolRunner
from web.api import install_api
from web.api.routers import ROUTERS
from web.auth import AccessTokens, chat_secret
from web.chat_session import prepare_chainlit
from web.runtime import Runtime, set_runtime
from web.security import Policy, secure
from web.shell import router as shell

if TYPE_CHECKING:
    from assistant.model_router import ModelRouter

_log = structlog.get_logger(__name__)

WEB = Path(__file__).parent


def make_web(app: App) -> FastAPI:
    """The ASGI application of a wired installation; its lifespan starts and stops the background work."""
    settings, services = app.settings, app.services
    runner = ToolRunner(services)
    toolbox = Toolbox(runner, services.chat_log)
    model = _model(settings, toolbox)
    gate = ModelGate(configured=model is not None)
    assistant = Assistant(services, runner, toolbox, OfflineRouter(toolbox), model, gate)
    services.health.register(lambda: Component("language model", gate.problem is None, gate.words))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        set_runtime(Runtime(services, assistant))
        await app.start()
        for tool in await runner.recover():
            _log.info("finished a confirmed command that a crash had cut off", tool=tool)
        push = Push(services.bus, services.accounts)
        app.feed_watch.listen(push.feed_news)
        tasks = [asyncio.create_task(push.run(), name="push")]
        if model is not None:
            tasks.append(asyncio.create_task(_check_model(model, gate, services.clock), name="model check"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if model is not None:
                await model.aclose()
            await app.close()

    prepare_chainlit(WEB, chat_secret(app.jwt_secret), settings.accounts.session_timeout_minutes)
    from chainlit.utils import mount_chainlit

    from web.push import Push

    # FastAPI's documentation pages load their scripts from another host, so only the document itself is served.
    web = FastAPI(title="Amarktai", docs_url=None, openapi_url="/api/openapi.json", redoc_url=None, lifespan=lifespan)
    web.state.services = services
    web.state.runner = runner
    web.state.tokens = AccessTokens(app.jwt_secret, services.ids)
    install_api(web, *ROUTERS)
    web.include_router(shell)
    secure(web, Policy(production=settings.web.production, origins=settings.web.origins))
    mount_chainlit(web, str(WEB / "chat.py"), path="/")
    return web


def _model(settings: Settings, toolbox: Toolbox) -> "ModelRouter | None":
    """The model router, when a key is set."""
    if not settings.model.openai_api_key.get_secret_value():
        return None
    # Imported only when a model is configured: LangChain takes a second and 50 MB.
    from assistant.model_router import ModelRouter

    return ModelRouter(
        toolbox,
        ModelSettings(
            api_key=settings.model.openai_api_key,
            base_url=settings.model.openai_base_url or None,
            model=settings.model.openai_model,
            api=settings.model.openai_api.value,
        ),
    )


async def _check_model(model: "ModelRouter", gate: ModelGate, clock: Clock) -> None:
    """Notice a wrong key or model at start; admins see it in the system health."""
    problem = await model.check()
    if problem is not None:
        gate.refuse(problem, clock.now())
        _log.warning("the language model cannot be used; the offline router answers", problem=problem)
