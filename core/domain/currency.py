"""Exchange rates between currencies from the marks of their symbols."""

from collections.abc import Mapping
from decimal import Decimal

from core.domain.money import ONE, ratio


def rate(currency: str, into: str, marks: Mapping[str, Decimal]) -> Decimal:
    """Units of `into` that one unit of `currency` is worth: the mark of the pair, or the reverse pair's inverse.

    Raises:
        LookupError: neither pair has a mark.
    """
    if currency == into:
        return ONE
    direct = marks.get(f"{currency}/{into}")
    return ratio(ONE, marks[f"{into}/{currency}"]) if direct is None else direct


def rate_symbol(currency: str, into: str, marks: Mapping[str, Decimal]) -> str | None:
    """The symbol whose mark gives the rate, None where there is none."""
    return next((symbol for symbol in (f"{currency}/{into}", f"{into}/{currency}") if symbol in marks), None)
