"""Arguments of the tools that look back: charts of prices, backtests, and which of them was better."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.offline_router import lexicon, lexicon_bots, spelling, traits
from assistant.offline_router.ledger import one_amount
from assistant.offline_router.slots import Unclear, of
from assistant.offline_router.text import Kind, Token

_ASK = (
    "Which strategy on which coin should be tested? Say it like "
    '"backtest ema cross on eth over the last 30 days with 2k".'
)
_NOT_RUN = "I ran no backtest."
_ID = re.compile(r"(?=\w*\d)[0-9A-Za-z]{4,40}|[0-9a-f-]{36}")
_MOST_BARS = 500
_UNREAD = frozenset(["quarter", "since", "until", "between", "before", "half", "january", "december"])
"""Words of a stretch of time that is not understood; a backtest of another one would mislead."""


def price_chart(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Pair, length and number of bars; what was not said is left to the tool."""
    found = of(tokens, Kind.SYMBOL)
    if found and found[0].value is None:
        return Unclear(f"{found[0].surface[:20]} is not a pair I have prices for. Which chart do you want?")
    if not found and any(token.kind is Kind.WORD and not _known(token) for token in tokens):
        return Unclear('Of which coin? Say it like "show the btc chart".')
    bars = traits.timeframe(tokens)
    if isinstance(bars, Unclear):
        return bars
    counts = [int(t.value) for t in of(tokens, Kind.NUMBER) if t.value == int(t.value) and t.value > 0]
    counted = {"bars": min(counts[0], _MOST_BARS)} if counts else {}
    return ({"symbol": found[0].value} if found else {}) | bars | counted


def backtest(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Everything said about a backtest; a word that is not understood makes it a question."""
    if {token.word for token in tokens} & lexicon.NEGATIONS:
        return Unclear(_NOT_RUN)
    found = traits.read(tokens)
    if isinstance(found, Unclear):
        return found
    said = dict(found.said)
    for part in (_pair(tokens), _stretch(found), _capital(found)):
        if isinstance(part, Unclear):
            return part
        said |= part
    strange = [
        t for t in found.left if t.word in _UNREAD or (t.kind in (Kind.WORD, Kind.QUOTE, Kind.NAME) and not _known(t))
    ]
    about = "symbol" in said or found.said
    return Unclear(_ASK) if strange or of(tokens, Kind.PERCENT) or not about else said


def _pair(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    symbols = {token.value: token.surface for token in of(tokens, Kind.SYMBOL)}
    if None in symbols:
        return Unclear(f"{symbols[None][:20]} is not a pair I have prices for. {_ASK}")
    if len(symbols) > 1:
        return Unclear(f"One backtest is on one pair. Which one: {' or '.join(list(symbols)[:4])}?")
    return {"symbol": next(iter(symbols))} if symbols else {}


def _stretch(found: traits.Traits) -> dict[str, Any] | Unclear:
    days = traits.days(found.spans)
    if isinstance(days, Unclear):
        return days
    return {} if days is None else {"days": days}


def _capital(found: traits.Traits) -> dict[str, Any] | Unclear:
    figures = [token for token in found.left if token.kind in (Kind.AMOUNT, Kind.NUMBER)]
    if not figures:
        return {}
    amount = one_amount(figures, 'With how much play money? Say it like "with 2k".')
    return amount if isinstance(amount, Unclear) else {"capital": amount}


def _known(token: Token) -> bool:
    return token.kind is Kind.WORD and token.word in spelling.IN_SCOPE | lexicon_bots.SETTING_WORDS


def compare(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The backtests named by their ids; without any the newest two."""
    if any(token.kind is Kind.WORD and not _known(token) and not _ID.fullmatch(token.surface) for token in tokens):
        return Unclear('Which backtests? "compare my backtests" takes the newest two.')
    ids = [token.surface for token in tokens if _ID.fullmatch(token.surface) and token.kind is not Kind.PERIOD]
    return {"backtests": ids} if ids else {}
