"""Arguments of the tools around orders: which order to cancel, how long to wait, whose decision to explain."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.offline_router import targets
from assistant.offline_router.slots import Unclear, of
from assistant.offline_router.targets import MANUAL, Context
from assistant.offline_router.text import Kind, Token, masked
from assistant.offline_router.understanding import Understanding

_SHORTEST, _LONGEST = 5, 120
_COOLDOWN = f"A cooldown lasts {_SHORTEST} to {_LONGEST} minutes, or 0 for none."
_COOLDOWN_ASK = f'How long should it wait between entries? {_COOLDOWN} Say it like "cooldown of alpha 30 minutes".'
_NONE = re.compile(
    r"^(?:remove|clear|drop|lift|delete|switch off|turn off|disable|end|no|take off)\b"
    r"|\b(?:to|at) (?:none|nothing|zero)\b|\b(?:off|none)$"
)
_OWN_ORDER = re.compile(r"\bmy(?: \w+)? (?:order|buy|sale|trade|bid)\b")
_REASON = re.compile(
    r"^(?P<head>(?:/reset\b|[^\"]*\b(?:breaker|circuit|global)\b).*?)[\s,;:-]*"
    r"\b(?:because(?: of)?|since|reason(?: is)?:?)\s+(?P<why>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_MOST_REASON = 200


def with_reason(text: str) -> tuple[str, str | None]:
    """A reset or a global stop without its reason, and the reason as it was typed; the reason commands nothing."""
    match = _REASON.match(text)
    if match is None or "?" in text:
        return text, None
    return match["head"].strip(), match["why"].strip(" .!\"'“”")[:_MOST_REASON]


def cancel(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The order's id, or the bot or pair whose order it is."""
    ids = of(tokens, Kind.ORDER)
    if len(ids) > 1:
        return Unclear("One order at a time, please. Which one?")
    if ids:
        return {"order_id": ids[0].value}
    bots, pairs = of(tokens, Kind.BOT), of(tokens, Kind.SYMBOL)
    if len(bots) > 1 or len(pairs) > 1 or any(len(token.value) != 1 for token in bots):
        return Unclear("Which order should be cancelled? Name one bot, one pair, or the order's id.")
    if any(token.value is None for token in pairs):
        return Unclear(f"{pairs[0].surface[:20]} is not a pair I have prices for. Which order do you mean?")
    bot = {"bot": bots[0].value[0]} if bots else {}
    return bot | ({"symbol": pairs[0].value} if pairs else {})


def cooldown(tokens: Sequence[Token], core: str) -> int | Unclear:
    """Minutes between entries, 0 for none."""
    spans = [token.value.minutes for token in of(tokens, Kind.PERIOD)]
    numbers = [int(t.value) if t.value == int(t.value) else -1 for t in of(tokens, Kind.NUMBER)]
    if _NONE.search(core) and not spans and not numbers:
        return 0
    said = spans + numbers
    if len(said) != 1 or of(tokens, Kind.AMOUNT):
        return Unclear(_COOLDOWN_ASK)
    fits = said[0] == 0 or _SHORTEST <= said[0] <= _LONGEST
    return said[0] if fits else Unclear(_COOLDOWN)


def explained(tokens: Sequence[Token], context: Context) -> tuple[str, ...] | Understanding:
    """Whose decision: the bot named, the person's own orders, else the bot talked about last."""
    if _OWN_ORDER.search(masked(list(tokens))) and not of(tokens, Kind.BOT):
        return (MANUAL,)
    return targets.about(tokens, "explain_decision", context)
