"""The market over REST: its bars, where its data stands, and the strategies that can trade it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from core.domain.market import Timeframe
from core.domain.strategies.catalog import RISK_PROFILES, STRATEGIES
from core.services.services import Services
from tools.arguments_market import MAX_CHART_BARS
from tools.market import price_age
from tools.results import Price
from tools.symbols import resolve_symbol
from web.api.fields import Answer, Figure, Person, Time, UseCases

router = APIRouter(prefix="/api/market", tags=["market"])

_Symbol = Annotated[str, Path(max_length=20, pattern=r"^[A-Za-z0-9]+([/-][A-Za-z0-9]+)?$")]


class BarPart(Answer):
    """One closed bar; `volume` in base units."""

    time: Time
    open: Figure
    high: Figure
    low: Figure
    close: Figure
    volume: Figure


class BarsAnswer(Answer):
    """Closed bars, oldest first; those before come with `limit`."""

    symbol: str
    timeframe: Timeframe
    source: str
    bars: list[BarPart]


class SymbolPart(Answer):
    """A pair that is followed; `age_secs` since its newest state, null before the first."""

    symbol: str
    age_secs: Figure | None
    stale: bool


class CountsPart(Answer):
    """What a live source has met since its start; zeros elsewhere."""

    refused: int
    late: int
    duplicates: int
    merged: int
    gaps: int
    reconnects: int
    failures: int


class MarketAnswer(Answer):
    """Where prices are from and how far they are; `progress` is a replay's, a fraction of 1; `now` is engine time."""

    source: str
    execution: Literal["paper"]
    now: Time
    progress: Figure | None
    finished: bool
    dropped: int
    counts: CountsPart
    served: int
    symbols: list[SymbolPart]


class ParameterPart(Answer):
    """A whole-number setting of a strategy."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


class StrategyPart(Answer):
    """A strategy in plain language."""

    name: str
    title: str
    description: str
    parameters: list[ParameterPart]


class RiskModePart(Answer):
    """Most of a bot's money that its position may cost, as a fraction; target and stop in bps of the entry."""

    name: str
    position_fraction: Figure
    take_profit_bps: Figure
    stop_loss_bps: Figure


class StrategiesAnswer(Answer):
    """What a bot can be told to do."""

    strategies: list[StrategyPart]
    risk_modes: list[RiskModePart]


@router.get("/status")
async def market_status(services: UseCases, _: Person) -> MarketAnswer:
    """Source, engine time, progress, what was dropped, and the age of each followed pair's price."""
    found = services.hub.feed.status()
    return MarketAnswer(
        source=found.source,
        execution="paper",
        now=found.now,
        progress=found.progress,
        finished=found.finished,
        dropped=found.dropped,
        counts=CountsPart.model_validate(found.counts),
        served=len(services.hub.feed.symbols),
        symbols=[_symbol_part(services, symbol) for symbol in found.running_symbols],
    )


def _symbol_part(services: Services, symbol: str) -> SymbolPart:
    state = services.hub.latest(symbol)
    if state is None:
        return SymbolPart(symbol=symbol, age_secs=None, stale=True)
    price = Price(symbol, state.bid, state.ask, state.mid, state.ts, state.source)
    age, stale = price_age(services, price)
    return SymbolPart(symbol=symbol, age_secs=age, stale=stale)


@router.get("/strategies")
async def strategies(_: Person) -> StrategiesAnswer:
    """All strategies with their parameters, bounds and defaults, and the risk modes."""
    modes = [
        RiskModePart(
            name=name,
            position_fraction=profile.position_fraction,
            take_profit_bps=profile.take_profit_bps,
            stop_loss_bps=profile.stop_loss_bps,
        )
        for name, profile in RISK_PROFILES.items()
    ]
    return StrategiesAnswer(
        strategies=[StrategyPart.model_validate(kind) for kind in STRATEGIES.values()], risk_modes=modes
    )


@router.get("/{symbol:path}/bars")
async def bars(
    symbol: _Symbol,
    services: UseCases,
    _: Person,
    timeframe: Timeframe = Timeframe.M5,
    limit: Annotated[int, Query(ge=1, le=MAX_CHART_BARS, description="How many, up to now.")] = 120,
) -> BarsAnswer:
    """Closed bars of a pair up to now, as `BTC-USDT` or `BTC%2FUSDT`."""
    known = resolve_symbol(symbol, services.hub.feed.symbols)
    found = await services.hub.feed.history(known, timeframe, limit)
    parts = [
        BarPart(time=b.open_time, open=b.open, high=b.high, low=b.low, close=b.close, volume=b.volume) for b in found
    ]
    return BarsAnswer(symbol=known, timeframe=timeframe, source=services.hub.feed.source, bars=parts)
