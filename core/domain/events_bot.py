"""Events of a bot's life."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import Exchange
from core.domain.market import Timeframe


@dataclass(frozen=True, slots=True)
class BotCreated:
    """A bot exists; `capital` moved from free cash into its book."""

    bot_id: str
    name: str
    exchange: Exchange
    symbol: str
    strategy: str
    parameters: dict[str, int]
    timeframe: Timeframe
    risk_mode: str
    capital: Decimal
    actor: str


@dataclass(frozen=True, slots=True)
class BotEdited:
    """What a bot is called or how it trades was changed; absent means as before.

    `cooldown_minutes` is the least engine time between two entries, 0 for none.
    """

    bot_id: str
    actor: str
    name: str | None = None
    strategy: str | None = None
    parameters: dict[str, int] | None = None
    timeframe: Timeframe | None = None
    risk_mode: str | None = None
    cooldown_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class BotStarted:
    """A bot runs; `run` counts its starts and is part of its orders' keys. `source` is what it trades on."""

    bot_id: str
    run: int
    source: str
    actor: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BotPaused:
    """No new entries; protective exits stay."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class BotResumed:
    """A paused bot runs again."""

    bot_id: str
    run: int
    source: str
    actor: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BotStopped:
    """Final. Its cash goes to free cash at once when flat, else with the order that flattens it."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class BotErred:
    """A strategy or the exchange failed for this bot; counts towards its breaker."""

    bot_id: str
    message: str
