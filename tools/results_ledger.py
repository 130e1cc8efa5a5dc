"""What the tools that show, check, export and move money give back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.countdown import Countdown
from core.domain.performance import Performance
from core.domain.reconciliation import Reconciliation
from core.services.order_reader import OrderView
from core.services.performance import BotPerformance
from core.services.portfolio import Position
from core.services.verdict import LedgerVerdict


@dataclass(frozen=True, slots=True)
class Positions:
    """What is held, at present marks, and the orders that work."""

    positions: tuple[Position, ...]
    source: str
    now: datetime
    orders: tuple[OrderView, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bots from best to worst by `by`, those without such a figure last; `account` is everything together."""

    by: str
    bots: tuple[BotPerformance, ...]
    account: Performance
    currency: str
    source: str
    now: datetime


@dataclass(frozen=True, slots=True)
class CountdownReport:
    """How far it is; `own_target` when it is the person's own target and not one that was only asked about."""

    countdown: Countdown
    own_target: bool


@dataclass(frozen=True, slots=True)
class TargetSet:
    """The person's target from now on, with how far it is."""

    countdown: Countdown


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The journal against what lists and reports are read from."""

    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict of the ten checks."""

    verdict: LedgerVerdict
    source: str


@dataclass(frozen=True, slots=True)
class Exported:
    """Records as a file; `name` is made by code."""

    name: str
    what: str
    rows: int
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FundsMoved:
    """A movement of play money, recorded as event `seq`.

    `received` of `into` came for a conversion, its `fee` taken off already. `free` is the free cash of the
    currencies concerned, right after.
    """

    kind: str
    seq: int
    amount: Decimal
    currency: str
    free: dict[str, Decimal]
    into: str | None = None
    received: Decimal | None = None
    rate: Decimal | None = None
    fee: Decimal | None = None
