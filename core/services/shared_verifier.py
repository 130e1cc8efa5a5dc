"""One verification per user at a time: whoever asks while it runs gets the same verdict."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from core.ports import DocumentStore, StoreUnavailable
from core.services.anchors import Anchors
from core.services.verdict import LedgerVerdict
from core.services.verify import Progress, Verifier

_log = structlog.get_logger(__name__)


class SharedVerifier(Verifier):
    """A verifier for people who ask: the same question twice costs one run.

    It waits for the projections first (`caught_up`, by user), so that what happened a moment ago is checked too.
    """

    def __init__(
        self, store: DocumentStore, anchors: Anchors | None, caught_up: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__(store, anchors)
        self._caught_up = caught_up
        self._running: dict[str, asyncio.Task[LedgerVerdict]] = {}

    async def verify(self, user_id: str, progress: Progress | None = None) -> LedgerVerdict:
        """As `Verifier.verify`; who joins a run that is under way is not told of its progress."""
        task = self._running.get(user_id)
        if task is None:
            task = asyncio.create_task(self._run(user_id, progress), name="verify")
            self._running[user_id] = task
            task.add_done_callback(lambda done: self._over(user_id, done))
        # Whoever stops waiting must not take the verdict from those who still do.
        return await asyncio.shield(task)

    async def _run(self, user_id: str, progress: Progress | None) -> LedgerVerdict:
        try:
            await self._caught_up(user_id)
        except StoreUnavailable:
            _log.info("a verification did not wait for the projections", user_id=user_id)
        return await super().verify(user_id, progress)

    def _over(self, user_id: str, task: asyncio.Task[LedgerVerdict]) -> None:
        self._running.pop(user_id, None)
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits for it any more
