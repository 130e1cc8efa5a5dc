"""What a gate says: nothing when the order passes, a denial with its figures when not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.order import CostBreakdown


class Gate(StrEnum):
    """The gates in their order (spec/pipeline.md)."""

    OWNERSHIP = "ownership"
    MODE = "mode"
    PRICE = "price"
    IDEMPOTENCY = "idempotency"
    FEE_COVERAGE = "fee_coverage"
    TRADE_LIMITER = "trade_limiter"
    CIRCUIT_BREAKER = "circuit_breaker"
    LIFE_CYCLE = "life_cycle"


@dataclass(frozen=True, slots=True)
class Denied:
    """Our own no. `code` is stable, `message` is for people, `clears_at` is engine time when known.

    `cost` is what the round trip of an entry would cost, once that is known.
    """

    gate: Gate
    code: str
    message: str
    limit: str | None = None
    value: str | None = None
    clears_at: datetime | None = None
    cost: CostBreakdown | None = None
