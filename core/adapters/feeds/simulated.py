"""The simulated market: five pairs, seeded, at any speed; the same seed and time always give the same prices."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from core.adapters.feeds.chronicle import Chronicle
from core.adapters.feeds.market_model import ASSETS, DAY_MINUTES, MODEL_VERSION, STEP_SECS, Asset
from core.adapters.feeds.pacing import Monotonic, Pacer, Sleep
from core.adapters.feeds.simulated_book import SOURCE, bar_of, minute_of, state_of
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.instrument import Instrument
from core.domain.market import Bar, MarketState, Timeframe
from core.ports import Document, FeedStatus

_STEP = timedelta(seconds=STEP_SECS)
_CHUNK = 100  # minutes or bars made before other tasks may run: about 3 ms


class SimulatedFeed:
    """A MarketFeed on the model of `market_model`; a state per symbol every 5 s of engine time.

    Engine time stands while nobody takes states. A symbol taken up later joins at the present engine
    time. At speed 0 the symbols are not kept in step beyond taking turns on the loop.

    Args:
        seed: of all randomness.
        speed: engine seconds per real second; 0 is as fast as the consumer takes it.
        origin: engine time at the very first start; rounded down to a step.
        position: `status().position` of an earlier run, which then goes on; it wins over `origin`. Its
            `now` may be moved forward, to engine time already acted upon after the position was stored.
        sleep: waits for real seconds, as `asyncio.sleep`.
        monotonic: real seconds that never go back, as `time.monotonic`.

    Raises:
        InvalidInput: a bad speed, or a position that is of another seed or model version.
    """

    def __init__(
        self, seed: int, speed: float, origin: datetime, position: Document | None, sleep: Sleep, monotonic: Monotonic
    ) -> None:
        self._seed = seed
        self._pacer = Pacer(speed, sleep, monotonic)
        self._origin = _to_step(origin)
        self._now = self._origin
        self._given_until: datetime | None = None
        self._running: dict[str, None] = {}
        self._newest: dict[str, datetime] = {}
        self._chronicles: dict[str, Chronicle] = {}
        if position is not None:
            self._restore(position)

    @property
    def source(self) -> str:
        """Always `simulated`."""
        return SOURCE

    @property
    def symbols(self) -> tuple[str, ...]:
        """The simulated pairs."""
        return tuple(ASSETS)

    def instrument(self, symbol: str) -> Instrument:
        """Trading rules of a simulated pair; NotFound lists the pairs there are."""
        return self._asset(symbol).instrument

    def now(self) -> datetime:
        """Time of the newest state given; before the first one, where the market starts or goes on."""
        return self._now

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """Closed bars; while the symbol is being taken, up to its own newest state."""
        asset = self._asset(symbol)
        until = self._newest.get(symbol, self._now) if symbol in self._running else self._now
        chronicle = await self._lived_until(symbol, minute_of(until)[0])
        bars: list[Bar] = []
        for minute, candle in chronicle.closed(timeframe, max(0, count)):
            bars.append(bar_of(asset, timeframe, minute, candle))
            if len(bars) % _CHUNK == 0:
                await asyncio.sleep(0)
        return bars

    async def states(self, symbol: str) -> AsyncGenerator[MarketState]:
        """The symbol's states from now on; they end only with `close`.

        Raises:
            NotFound: not a simulated pair.
            Conflict: the symbol is being taken already.
        """
        asset = self._asset(symbol)
        if symbol in self._running:
            raise Conflict(f"The states of {symbol} are being taken already; there is one consumer per symbol.")
        if not self._running:
            self._pacer.rest()
        self._running[symbol] = None
        try:
            await self._lived_until(symbol, minute_of(self._now)[0])
            given_until = self._newest.get(symbol, self._given_until)
            ts = self._now if given_until is None else max(self._now, given_until + _STEP)
            while await self._pacer.due(ts):
                minute, index = minute_of(ts)
                chronicle = await self._lived_until(symbol, minute)
                self._newest[symbol] = ts
                self._now = max(self._now, ts)
                if (minute % DAY_MINUTES, index) == (0, 0):
                    await self._bring_idle_up_to(minute)
                yield state_of(self._seed, asset, minute, index, chronicle.steps[index])
                ts += _STEP
        finally:
            del self._running[symbol]

    def status(self) -> FeedStatus:
        """Where the market stands; its data is never corrupt, so nothing is ever dropped."""
        position: Document = {
            "model": MODEL_VERSION,
            "seed": self._seed,
            "origin": self._origin.isoformat(),
            "now": self._now.isoformat(),
            "symbols": {symbol: chronicle.position() for symbol, chronicle in self._chronicles.items()},
            "started": bool(self._newest) or self._given_until is not None,
        }
        return FeedStatus(SOURCE, self._now, tuple(self._running), self._pacer.closed, 0, position)

    async def close(self) -> None:
        """Stop pacing; running iterators end within a quarter of a second."""
        self._pacer.close()

    def _asset(self, symbol: str) -> Asset:
        if symbol not in ASSETS:
            raise NotFound(f"The simulated market has no {symbol[:20]}; it has {', '.join(ASSETS)}.")
        return ASSETS[symbol]

    async def _lived_until(self, symbol: str, minute: int) -> Chronicle:
        """The symbol's chronicle, in or after that minute; long stretches are made in slices of the loop."""
        if symbol not in self._chronicles:
            self._chronicles[symbol] = Chronicle.genesis(self._seed, ASSETS[symbol], minute_of(self._origin)[0])
        chronicle = self._chronicles[symbol]
        while chronicle.minute < minute:
            chronicle.advance()
            if chronicle.minute % _CHUNK == 0:
                await asyncio.sleep(0)
        return chronicle

    async def _bring_idle_up_to(self, minute: int) -> None:
        """Once a day, so that a symbol that is taken up late never has more than a day to make up for."""
        for symbol in ASSETS:
            if symbol not in self._running:
                await self._lived_until(symbol, minute)

    def _restore(self, position: Document) -> None:
        if position.get("seed") != self._seed or position.get("model") != MODEL_VERSION:
            raise InvalidInput(
                f"The stored market is of seed {position.get('seed')} and model {position.get('model')}, not of "
                f"seed {self._seed} and model {MODEL_VERSION}: set SIMULATION_SEED={position.get('seed')} to go on "
                f"with it, or start with a fresh DATA_DIR."
            )
        try:
            self._origin = _to_step(datetime.fromisoformat(position["origin"]))
            self._now = _to_step(datetime.fromisoformat(position["now"]))
            for symbol, document in position["symbols"].items():
                self._chronicles[symbol] = Chronicle.restore(self._seed, self._asset(symbol), document)
            self._given_until = self._now if position["started"] else None
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"The stored position of the simulated market cannot be read ({error!r}).") from error


def _to_step(ts: datetime) -> datetime:
    secs = int(ts.timestamp())
    return datetime.fromtimestamp(secs - secs % STEP_SECS, UTC)
