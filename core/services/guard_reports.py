"""What the guard rails say of an account: its limits, what is used of them, and its circuit breakers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.domain.events import Metric


class LimitSource(StrEnum):
    """Who set a limit."""

    INSTALLATION = "installation"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit by its name in TradingRules, which says its unit."""

    name: str
    value: Decimal
    source: LimitSource


@dataclass(frozen=True, slots=True)
class LimitsReport:
    """All limits an account trades under."""

    limits: tuple[Limit, ...]

    def value(self, name: str) -> Decimal:
        """The limit of this name."""
        return next(limit.value for limit in self.limits if limit.name == name)


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Orders of a UTC day of engine time, of a bot or (without `bot_id`) of its owner.

    `used` is what gate 3 holds against the limit: `filled` orders, and entries `waiting` in the book, whose place is
    taken. The counts begin anew at `clears_at`.
    """

    bot_id: str | None
    bot: str | None
    filled: int
    waiting: int
    limit: int
    clears_at: datetime

    @property
    def used(self) -> int:
        """Held against the limit."""
        return self.filled + self.waiting


@dataclass(frozen=True, slots=True)
class BurstUsage:
    """Entries on one exchange within the sliding window; `clears_at` is set while there is no room for another."""

    exchange: str
    used: int
    limit: int
    window_secs: int
    clears_at: datetime | None


@dataclass(frozen=True, slots=True)
class CooldownUsage:
    """The least minutes between two entries of a bot; `clears_at` is set while it waits."""

    bot_id: str
    bot: str
    minutes: int
    last_entry_at: datetime | None
    clears_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkingUsage:
    """Entries of a bot that rest in one symbol, and how many may."""

    bot_id: str
    bot: str
    symbol: str
    working: int
    allowed: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What is used of the limits of gate 3 at engine time `now`.

    `bots` are those that may still trade, `bursts` the exchanges they trade on, `cooldowns` those bots that have
    one, `working` the symbols in which an entry rests.
    """

    now: datetime
    user: DailyUsage
    bots: tuple[DailyUsage, ...]
    bursts: tuple[BurstUsage, ...]
    cooldowns: tuple[CooldownUsage, ...]
    working: tuple[WorkingUsage, ...]


@dataclass(frozen=True, slots=True)
class BreakerMeasure:
    """One metric now: the breaker trips when `value` reaches `threshold`; fractions, or counts."""

    metric: Metric
    value: Decimal
    threshold: Decimal
    reached: bool


@dataclass(frozen=True, slots=True)
class BreakerScope:
    """The breaker of a bot, or (without `bot_id`) of its owner; `tripped_by` is set while it is open."""

    bot_id: str | None
    bot: str | None
    open: bool
    tripped_by: Metric | None
    measures: tuple[BreakerMeasure, ...]


@dataclass(frozen=True, slots=True)
class BreakerReport:
    """Both scopes at engine time `now`; `bots` are those that may still trade."""

    now: datetime
    user: BreakerScope
    bots: tuple[BreakerScope, ...]


class BreakerChange(StrEnum):
    """What happened to a breaker."""

    TRIPPED = "tripped"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class BreakerEvent:
    """A trip with what tripped it, or a reset with who did it and why, at engine time `ts`."""

    seq: int
    ts: datetime
    change: BreakerChange
    bot_id: str | None = None
    bot: str | None = None
    metric: Metric | None = None
    value: Decimal | None = None
    threshold: Decimal | None = None
    evidence: dict[str, str] | None = None
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class QuarantinedBot:
    """A bot that a breaker keeps from entering: its own, or its owner's (`by_account`), open since `since`."""

    bot_id: str
    bot: str
    by_account: bool
    metric: Metric
    value: Decimal
    threshold: Decimal
    since: datetime
