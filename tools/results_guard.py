"""What the tools about limits, circuit breakers and halts give back."""

from dataclasses import dataclass

from core.services.global_stop import GlobalResumeReport, GlobalStopReport
from core.services.guard_reports import BreakerEvent, BreakerReport, LimitsReport, QuarantinedBot, UsageReport
from core.services.system_modes import TradingMode


@dataclass(frozen=True, slots=True)
class LimitsShown:
    """All limits of an account, and whether they are its own."""

    report: LimitsReport


@dataclass(frozen=True, slots=True)
class UsageShown:
    """What is used of the limits now."""

    report: UsageReport


@dataclass(frozen=True, slots=True)
class BreakersShown:
    """Both scopes of the circuit breaker, the newest trips and resets, and the bots that are kept from entering."""

    report: BreakerReport
    history: tuple[BreakerEvent, ...]
    quarantined: tuple[QuarantinedBot, ...]


@dataclass(frozen=True, slots=True)
class ModesShown:
    """What an admin has set for everybody, and the person's own emergency stop; `source` is where prices are from."""

    trading: TradingMode
    halted_by_user: bool
    source: str


@dataclass(frozen=True, slots=True)
class GloballyStopped:
    """What an admin's stop of everybody did."""

    report: GlobalStopReport


@dataclass(frozen=True, slots=True)
class GloballyResumed:
    """What lifting it did."""

    report: GlobalResumeReport
