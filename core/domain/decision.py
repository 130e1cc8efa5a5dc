"""What decide is given besides the state, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.events import Payload
from core.domain.gates.verdict import Denied
from core.domain.rules import TradingRules


@dataclass(frozen=True, slots=True)
class Setting:
    """What decide may know besides the state: present mid prices, the rules, and engine time."""

    marks: dict[str, Decimal]
    rules: TradingRules
    now: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """An event to append, a denial, both (a denied entry that trips the breaker), or neither.

    `epoch` is set where the event changes the ownership epoch.
    """

    payload: Payload | None
    denied: Denied | None = None
    epoch: int | None = None


NOTHING = Decision(None)
