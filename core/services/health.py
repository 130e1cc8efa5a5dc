"""How the system is, for admins and probes: store, engine, market data, and what else reports here."""

from collections.abc import Callable
from dataclasses import dataclass

from core.ports import DocumentStore, StoreUnavailable
from core.services.engine import Engine
from core.services.market_hub import MarketHub


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the system; `detail` is plain words without secrets."""

    name: str
    ok: bool
    detail: str


class Health:
    """Collects the state of all parts when asked."""

    def __init__(self, store: DocumentStore, store_name: str, hub: MarketHub, engine: Engine) -> None:
        self._store = store
        self._store_name = store_name
        self._hub = hub
        self._engine = engine
        self._others: list[Callable[[], Component]] = []

    def register(self, report: Callable[[], Component]) -> None:
        """Add a part that lives outside the core, such as the model provider."""
        self._others.append(report)

    async def report(self) -> list[Component]:
        """All parts, as they are now."""
        return [await self._store_health(), self._engine_health(), self._market_health(), *(r() for r in self._others)]

    async def _store_health(self) -> Component:
        try:
            await self._store.get("meta", "schema_version")
        except StoreUnavailable as error:
            return Component("store", ok=False, detail=error.message)
        return Component("store", ok=True, detail=f"{self._store_name} answers")

    def _engine_health(self) -> Component:
        other = f", {self._engine.other_holder} runs the bots" if self._engine.other_holder else ""
        return Component("engine", ok=self._engine.role in {"owner", "standby"}, detail=f"{self._engine.role}{other}")

    def _market_health(self) -> Component:
        status = self._hub.feed.status()
        failed = self._hub.failed()
        detail = f"{status.source}, {len(status.running_symbols)} symbols, {status.dropped} bad states dropped"
        if status.finished:
            detail += ", the data has ended"
        if self._hub.reader_errors:
            detail += f", {self._hub.reader_errors} states not traded on because of errors"
        if failed:
            detail += f", stopped: {', '.join(failed)}"
        return Component("market data", ok=not failed and not status.finished, detail=detail)
