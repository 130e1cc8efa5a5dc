"""The terms of an order: limit, target, stop, how long it works and how; what contradicts itself is asked about."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from assistant.offline_router.order_phrases import Part
from assistant.offline_router.order_sizes import LEFT_OVER, SAY, Ask
from assistant.offline_router.slots import plain_digits
from assistant.offline_router.text import Kind, Token

Parts: TypeAlias = Mapping[Part, Sequence[tuple[Token, ...]]]

STOP_ORDER = (
    "I have no orders that wait for the price to come worse. A limit waits for a better price, and a buy can carry "
    "a stop for its loss."
)
#: Limits on the wrong side: "buy above", "sell below"; "not above" is one on the right side.
_ABOVE = re.compile(r"^(?:above|over|at least|not (?:below|under|less|lower))\b")
_BELOW = re.compile(r"^(?:below|under|at most|max|not (?:above|over|more|higher)|(?:for )?no more)\b")
_TIMES_IN_FORCE = {Part.TIF_GTC: "gtc", Part.TIF_IOC: "ioc", Part.TIF_FOK: "fok"}
_MOST_MINUTES = 30 * 24 * 60
_BPS_PER_PERCENT = Decimal(100)
_DISTANCE = {"take_profit": "expected_edge_bps", "stop_loss": "stop_loss_bps"}


def terms(parts: Parts, *, sells: bool) -> dict[str, Any]:
    """Everything but side, pair, size and bot.

    Raises:
        Ask: a figure that cannot be used, or two that contradict each other.
    """
    if parts.get(Part.FALLS if sells else Part.RISES):
        raise Ask(STOP_ORDER)
    limits, targets = (Part.LIMIT, Part.FALLS, Part.RISES), (Part.TARGET,)
    limits, targets = ((*limits, Part.EXIT), targets) if sells else (limits, (*targets, Part.EXIT))
    stated = _figure("limit_price", parts, *limits) | _figure("take_profit", parts, *targets)
    stated |= _figure("stop_loss", parts, Part.STOP)
    stated |= _figure("expected_edge_bps", parts, Part.EDGE_BPS) | _figure("stop_loss_bps", parts, Part.STOP_BPS)
    if sells and stated.keys() - {"limit_price"}:
        raise Ask("A target or a stop belongs to a buy; a sale ends the position. Leave it out, or give a limit.")
    worse = _BELOW if sells else _ABOVE
    if any(worse.search(" ".join(t.word for t in phrase)) for phrase in parts.get(Part.LIMIT, [])):
        raise Ask(STOP_ORDER)
    limited = "limit_price" in stated
    kinds = [name for part, name in _TIMES_IN_FORCE.items() if parts.get(part)]
    if len(kinds) > 1 or (parts.get(Part.MARKET) and limited):
        raise Ask(LEFT_OVER)
    if parts.get(Part.POST_ONLY) and not limited:
        raise Ask(f"A post-only order waits in the book, so it needs a limit. {SAY}")
    if parts.get(Part.CLOCK) and not limited:
        raise Ask(f"An order at the market does not wait; only one with a limit can. {SAY}")
    how = {"time_in_force": kinds[0]} if kinds else {}
    return stated | how | _minutes(parts) | ({"post_only": True} if parts.get(Part.POST_ONLY) else {})


def _figure(name: str, parts: Parts, *wanted: Part) -> dict[str, Any]:
    """The one figure said for an argument: a price, or a distance in basis points where it was said in percent."""
    said = [token for part in wanted for tokens in parts.get(part, []) for token in tokens]
    figures = [t for t in said if t.kind in (Kind.AMOUNT, Kind.NUMBER, Kind.PERCENT)]
    if not figures:
        return {}
    if len(figures) > 1 or figures[0].value is None or figures[0].value <= 0:
        raise Ask(LEFT_OVER)
    if figures[0].kind is not Kind.PERCENT:
        return {name: plain_digits(figures[0].value)}
    return {_DISTANCE[name]: plain_digits(figures[0].value * _BPS_PER_PERCENT)}


def _minutes(parts: Parts) -> dict[str, int]:
    spans = [t.value for tokens in parts.get(Part.CLOCK, []) for t in tokens if t.kind is Kind.PERIOD]
    if len(spans) > 1 or any(span.past or not 0 < span.minutes <= _MOST_MINUTES for span in spans):
        raise Ask('For how long should the order work? From a minute to 30 days, as in "good for 2 hours".')
    return {"good_for_minutes": spans[0].minutes} if spans else {}
