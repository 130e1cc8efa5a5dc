"""Decimal money: parsing at the edge, exact arithmetic inside, rounding only where it is named."""

from contextlib import AbstractContextManager
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

from core.domain.errors import InvalidInput

ZERO = Decimal(0)
ONE = Decimal(1)
BPS = Decimal(10_000)

MAX_AMOUNT = Decimal("1e15")
MAX_DECIMALS = 8

#: Sums and products of amounts must come out exact: the ledger raises instead of rounding silently.
_EXACT = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
_RATIO = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
_RATIO_QUANTUM = Decimal("1e-18")


def exact() -> AbstractContextManager[Context]:
    """Context for ledger arithmetic: 60 digits, and any inexact result raises `decimal.Inexact`."""
    return localcontext(_EXACT)


def parse_positive(value: object, what: str) -> Decimal:
    """Read a positive, finite, bounded amount from text, int or Decimal (floats are refused).

    Raises:
        InvalidInput: names `what` and the reason.
    """
    if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
        raise InvalidInput(f"{what} must be given as text or a whole number, not {type(value).__name__}.")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise InvalidInput(f"{what} is not a number: {str(value)[:40]!r}.") from None
    if not amount.is_finite() or amount <= 0 or amount > MAX_AMOUNT:
        raise InvalidInput(f"{what} must be above zero and at most {MAX_AMOUNT:f}.")
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
        raise InvalidInput(f"{what} has more than {MAX_DECIMALS} decimals.")
    return amount


def plain(amount: Decimal) -> str:
    """The one text form of an amount: no exponent, no trailing zeros, `0` for any zero."""
    text = str(amount)
    if "E" in text:  # rare, and formatting is twice as slow
        text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def floor_to(amount: Decimal, step: Decimal) -> Decimal:
    """Round down to a whole multiple of `step` (an exchange's lot or tick)."""
    return amount // step * step


def ceil_to(amount: Decimal, step: Decimal) -> Decimal:
    """Round up to a whole multiple of `step`; amounts and steps are above zero."""
    return (amount // step + 1) * step if amount % step else amount


def round_fee_up(fee: Decimal, decimals: int) -> Decimal:
    """Fees are rounded up, against the trader, at the exchange's fee precision."""
    return fee.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_UP, context=_RATIO)


def round_half_even(amount: Decimal, decimals: int) -> Decimal:
    """Round to so many decimals, ties to even."""
    return amount.quantize(Decimal(1).scaleb(-decimals), context=_RATIO)


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A quotient rounded half-even to 18 decimals; the only division the ledger uses."""
    return _RATIO.divide(numerator, denominator).quantize(_RATIO_QUANTUM, context=_RATIO)


def bps_of(part: Decimal, whole: Decimal) -> Decimal:
    """`part` as basis points of `whole`, to 18 decimals."""
    return ratio(part * BPS, whole)
