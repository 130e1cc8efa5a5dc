"""The global stop: a mode every process honours at once, then the halt in everybody's journal (spec/pipeline.md)."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from core.domain.commands import HaltTrading, ResumeTrading
from core.domain.errors import ProductError, Unavailable
from core.domain.events import HaltScope
from core.ports import StoreUnavailable
from core.services.accounts import Accounts
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.system_modes import SystemModes, TradingMode

_AT_ONCE = 32
_TRIES = 10
_LOOK_EVERY_SECS = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GlobalStopReport:
    """What a global stop did: `users` have the halt in their journals, `missed` get it as soon as they can."""

    mode: TradingMode
    users: int
    missed: int


@dataclass(frozen=True, slots=True)
class GlobalResumeReport:
    """What lifting it did: `users` may trade as they were allowed before, `missed` may as soon as they can."""

    mode: TradingMode
    users: int
    missed: int


class GlobalStop:
    """Halts and resumes everybody's trading.

    The mode alone says what is to be; journals follow it, whoever was interrupted at telling them.
    """

    def __init__(
        self,
        modes: SystemModes,
        accounts: Accounts,
        writer: JournalWriter,
        hub: MarketHub,
        owns_engine: Callable[[], bool],
    ) -> None:
        self._modes = modes
        self._accounts = accounts
        self._writer = writer
        self._hub = hub
        self._owns_engine = owns_engine
        self._out_of_reach: set[str] = set()

    async def mode(self) -> TradingMode:
        """The mode as it is in the store now."""
        return await self._modes.trading()

    async def stop(self, actor: str, reason: str, key: str) -> GlobalStopReport:
        """Halt everybody: durable at once, and honoured by every process within a second.

        Then every journal gets the halt. Safe to repeat with the same key.
        """
        await self._modes.halt(actor, reason, key)
        users, missed = await self._tell(await self._accounts.all_ids())
        return GlobalStopReport(await self.mode(), users, missed)

    async def resume(self, actor: str, key: str) -> GlobalResumeReport:
        """Lift the global stop; a user's own halt stays, and bots that ran are paused.

        Raises:
            Conflict: trading is not halted for everybody.
        """
        await self._modes.resume(actor, key)
        users, missed = await self._tell(await self._accounts.all_ids())
        return GlobalResumeReport(await self.mode(), users, missed)

    async def run(self) -> None:
        """Reach whom a stop or a resume has missed, every second, until cancelled."""
        while True:
            try:
                await self.follow_up()
            except StoreUnavailable as error:
                _log.warning("the global stop waits for the store", problem=error.message)
            except Exception:  # noqa: BLE001 - the next look must not depend on today's bug
                _log.exception("following up a global stop failed; it looks again in a second")
            await asyncio.sleep(_LOOK_EVERY_SECS)

    async def follow_up(self) -> None:
        """Bring journals in line that are not: of new accounts, and of those a crash left out.

        Only where the engine runs, whose polling keeps every account known here.
        """
        if not self._owns_engine():
            return
        halted = self._modes.halted
        behind = [u for u in await self._accounts.all_ids() if self._writer.known(u).system_halted != halted]
        if behind:
            await self._tell(behind)

    async def _tell(self, user_ids: Iterable[str]) -> tuple[int, int]:
        """Bring journals in line with the mode; gives how many are, and how many could not be reached."""
        users = list(user_ids)
        for _ in range(_TRIES):
            mode = await self._modes.trading()
            limit = asyncio.Semaphore(_AT_ONCE)
            told = await asyncio.gather(*(self._tell_one(user_id, mode, limit) for user_id in users))
            if await self._modes.trading() == mode:
                return sum(told), len(told) - sum(told)
        raise Unavailable("Others keep changing whether trading is halted. Look at the mode, and try again.")

    async def _tell_one(self, user_id: str, mode: TradingMode, limit: asyncio.Semaphore) -> bool:
        if mode.halted:
            command = HaltTrading(mode.actor, mode.reason, HaltScope.SYSTEM)
        else:
            command = ResumeTrading(mode.actor, HaltScope.SYSTEM)
        async with limit:
            try:
                await self._writer.execute(user_id, command, now=self._hub.feed.now())
            except ProductError as error:
                if user_id not in self._out_of_reach:
                    self._out_of_reach.add(user_id)
                    _log.error("a global stop or resume did not reach a user", user_id=user_id, problem=error.message)
                return False
        self._out_of_reach.discard(user_id)
        return True
