"""What can be asked of an account; decide turns each into an event or a denial."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from core.domain.commands_order import CancelOrder, ExpireOrder, FillResting, OpenManualBot, SubmitOrder
from core.domain.events import HaltScope
from core.domain.instrument import Exchange
from core.domain.journal import Event
from core.domain.market import Timeframe


@dataclass(frozen=True, slots=True)
class Fund:
    """Play money in; `actor` is absent for the opening balance."""

    amount: Decimal
    currency: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Play money out of free cash."""

    amount: Decimal
    currency: str
    actor: str


@dataclass(frozen=True, slots=True)
class Convert:
    """Change free cash of one currency into another at the present mark, less a fee in bps of what is bought."""

    sold: Decimal
    sold_currency: str
    bought_currency: str
    fee_bps: Decimal
    actor: str


@dataclass(frozen=True, slots=True)
class Reverse:
    """Undo a recorded money movement: a funding, a withdrawal or a conversion."""

    event: Event
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allocate:
    """Free cash into a bot."""

    bot_id: str
    amount: Decimal
    actor: str


@dataclass(frozen=True, slots=True)
class Release:
    """A bot's cash back to free cash."""

    bot_id: str
    amount: Decimal
    actor: str


@dataclass(frozen=True, slots=True)
class ResetAccount:
    """Start anew with this balance."""

    amount: Decimal
    currency: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class CreateBot:
    """A new bot with capital from free cash."""

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
class StartBot:
    """Start for the first time, or again after a pause; `source` is the market it will trade on.

    `system_halted`: an admin stopped everybody, whether or not that is in this journal yet.
    """

    bot_id: str
    source: str
    actor: str
    system_halted: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeBot:
    """Run again after a pause; `system_halted` as for StartBot."""

    bot_id: str
    source: str
    actor: str
    system_halted: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PauseBot:
    """No new entries."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class StopBot:
    """Stop for good."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordBotError:
    """A strategy or exchange failure of a bot."""

    bot_id: str
    message: str


@dataclass(frozen=True, slots=True)
class SetCooldown:
    """The least engine time between two entries of a bot, in minutes; 0 for none."""

    bot_id: str
    cooldown_minutes: int
    actor: str


@dataclass(frozen=True, slots=True)
class EditBot:
    """Change what a bot is called or, while it does not run, how it trades; None leaves it as it is.

    Parameters that are not named keep their values, or take the defaults of a new strategy.
    """

    bot_id: str
    actor: str
    name: str | None = None
    strategy: str | None = None
    parameters: dict[str, int] | None = None
    timeframe: Timeframe | None = None
    risk_mode: str | None = None


@dataclass(frozen=True, slots=True)
class CheckBreaker:
    """Trip the breaker if a metric has reached its limit; `bot_id` None checks the user scope alone."""

    bot_id: str | None


@dataclass(frozen=True, slots=True)
class ResetBreaker:
    """Close the breaker again; `bot_id` None is the user scope."""

    bot_id: str | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordMarks:
    """Measure equity now."""

    day_start: bool


@dataclass(frozen=True, slots=True)
class HaltTrading:
    """Emergency stop; `takes_back_sales`: sales that rest at a limit, too."""

    actor: str
    reason: str
    scope: HaltScope = HaltScope.USER
    takes_back_sales: bool = False


@dataclass(frozen=True, slots=True)
class ResumeTrading:
    """Lift the halt of this scope; `system_halted` as for StartBot."""

    actor: str
    scope: HaltScope = HaltScope.USER
    system_halted: bool = False


@dataclass(frozen=True, slots=True)
class TakeOwnership:
    """An engine with this epoch runs the user's bots from now on."""

    epoch: int
    holder: str


Command: TypeAlias = (
    Fund
    | Withdraw
    | Convert
    | Reverse
    | Allocate
    | Release
    | ResetAccount
    | CreateBot
    | StartBot
    | ResumeBot
    | PauseBot
    | StopBot
    | RecordBotError
    | OpenManualBot
    | SetCooldown
    | EditBot
    | SubmitOrder
    | FillResting
    | CancelOrder
    | ExpireOrder
    | CheckBreaker
    | ResetBreaker
    | RecordMarks
    | HaltTrading
    | ResumeTrading
    | TakeOwnership
)
