"""Equity per unit over time: what drawdown, daily loss and returns are measured on (spec/accounting.md, Valuation)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from core.domain.money import ONE, ZERO, ratio


@dataclass(slots=True)
class Drawdown:
    """The deepest fall of the unit value from a peak, of all time: no reset of a breaker hides it.

    `peak` is the highest value so far; the deepest fall went from `fell_from_value` by `fall`, which was `amount`
    in currency with the units of that moment.
    """

    peak: Decimal = ONE
    peak_at: datetime | None = None
    fell_from_value: Decimal = ONE
    fall: Decimal = ZERO
    amount: Decimal = ZERO
    fell_from: datetime | None = None
    fell_to: datetime | None = None

    def record(self, value: Decimal, units: Decimal, at: datetime) -> None:
        """Take note of a recorded unit value."""
        if value >= self.peak:
            self.peak, self.peak_at = value, at
            return
        fall = self.peak - value
        if fall * self.fell_from_value > self.fall * self.peak:  # which fraction is greater, without a division
            self.fell_from_value, self.fall, self.amount = self.peak, fall, fall * units
            self.fell_from, self.fell_to = self.peak_at, at

    @property
    def fraction(self) -> Decimal:
        """The deepest fall as a fraction of the peak it went from."""
        return ratio(self.fall, self.fell_from_value)

    def with_present(self, value: Decimal, units: Decimal, at: datetime) -> "Drawdown":
        """A copy that has seen the present value too."""
        seen = replace(self)
        if units:
            seen.record(value, units, at)
        return seen


@dataclass(slots=True)
class DailyReturns:
    """Sums over the returns of complete UTC days of engine time, each rounded to 18 decimals.

    A day's return is its closing unit value over that of the day before, minus one; a day without any
    event has the return 0. `base` is the last closing value.
    """

    base: Decimal = ONE
    days: int = 0
    total: Decimal = ZERO
    squares: Decimal = ZERO
    downside_squares: Decimal = ZERO

    def close_days(self, value: Decimal, days: int) -> None:
        """So many days have ended since the last closing, the first of them with this unit value."""
        change = ratio(value, self.base) - ONE if self.base else ZERO
        square = change * change
        self.base = value
        self.days += days
        self.total += change
        self.squares += square
        if change < 0:
            self.downside_squares += square


@dataclass(slots=True)
class UnitTrack:
    """Equity per unit, so that money in or out is neither gain nor loss; from recorded events only.

    `last`, `peak` and `day_open` are what the circuit breaker compares with: a reset re-bases them.
    """

    units: Decimal = ZERO
    last: Decimal = ONE
    peak: Decimal = ONE
    day_open: Decimal = ONE
    drawdown: Drawdown = field(default_factory=Drawdown)
    returns: DailyReturns = field(default_factory=DailyReturns)

    def value(self, equity: Decimal) -> Decimal:
        """Equity per unit; where there are no units, what one was worth last."""
        return ratio(equity, self.units) if self.units else self.last

    def units_for(self, amount: Decimal, equity: Decimal) -> Decimal:
        """Units that this amount buys or redeems now; all of them for the whole equity."""
        if amount == equity:
            return self.units
        return ratio(amount, self.value(equity) or ONE)

    def record(self, equity: Decimal, at: datetime) -> None:
        """Take note of a recorded equity."""
        if not self.units:
            return
        self.last = value = ratio(equity, self.units)
        self.peak = max(self.peak, value)
        self.drawdown.record(value, self.units, at)

    def open_day(self, days: int) -> None:
        """A new day begins, so many days after the last one that had events."""
        if self.units:
            self.returns.close_days(self.last, days)
        self.day_open = self.last

    def rebase(self, equity: Decimal) -> None:
        """The breaker measures afresh: peak and day opening are the value now."""
        self.last = self.peak = self.day_open = self.value(equity)
