"""Figures and times as people read them; the exact figure stays available beside a rounded one."""

import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from assistant.blocks import Field, Tone
from core.domain.money import plain

_CENT = Decimal("0.01")
_BIG = Decimal(100)


def grouped(amount: Decimal, step: Decimal = _CENT) -> str:
    """Rounded half-even to `step`, with thousands separators."""
    return f"{amount.quantize(step, rounding=ROUND_HALF_EVEN):,f}"


def money(amount: Decimal, currency: str) -> str:
    """An amount to the cent with its currency."""
    return f"{grouped(amount)} {currency}"


def signed(amount: Decimal, currency: str) -> str:
    """A gain or loss to the cent, with its sign."""
    return f"{'+' if amount > 0 else ''}{money(amount, currency)}"


def price(amount: Decimal) -> str:
    """A price: two decimals from 100 up, else as many as it has, at most eight."""
    return grouped(amount) if amount >= _BIG else plain(amount.quantize(Decimal("1e-8")))


def percent(fraction: Decimal) -> str:
    """A fraction as percent with two decimals."""
    return f"{grouped(fraction * 100)} %"


def points(percentage: Decimal, *, sign: bool = False) -> str:
    """A figure that is in percent already, with two decimals."""
    return f"{'+' if sign and percentage > 0 else ''}{grouped(percentage)} %"


def duration(secs: Decimal) -> str:
    """A span of time in its two largest units ("3 h 20 min")."""
    whole = int(secs)
    units = ((whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    first = next((i for i, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count) or "0 s"


def age(secs: Decimal | None) -> str:
    """How old a price is; a recorded one has no age of its own."""
    return "recorded earlier" if secs is None else f"{duration(secs)} old"


def tone(amount: Decimal) -> Tone:
    """Colour of a gain or loss."""
    return Tone.GAIN if amount > 0 else Tone.LOSS if amount < 0 else Tone.NEUTRAL


def moment(ts: datetime) -> str:
    """A time to the minute, UTC."""
    return ts.strftime("%Y-%m-%d %H:%MZ")


def money_field(label: str, amount: Decimal, currency: str) -> Field:
    """A labelled amount."""
    return Field(label, money(amount, currency), exact=plain(amount))


def pnl_field(label: str, amount: Decimal, currency: str) -> Field:
    """A labelled gain or loss in its colour."""
    return Field(label, signed(amount, currency), tone(amount), exact=plain(amount))


_INLINE = re.compile(r"([\\`*_\[\]<>~|&])|:(?=\w)")
_AT_LINE_START = re.compile(r"^(\s*)([#+\-=]|\d+(?=[.)]))", re.MULTILINE)


def escape(text: str) -> str:
    """Text that quotes somebody (bot names, errors), so that no part of it is read as markup."""
    inline = _INLINE.sub(lambda found: f"\\{found[0]}", text)
    return _AT_LINE_START.sub(lambda found: f"{found[1]}\u200b{found[2]}", inline)
