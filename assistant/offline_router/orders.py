"""Orders: side, pair, size, prices, duration, read phrase by phrase; a word left over means nothing is placed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz.distance import OSA

from assistant.offline_router import lexicon, spelling
from assistant.offline_router.guards import Clause
from assistant.offline_router.order_phrases import PHRASES, Part
from assistant.offline_router.order_sizes import LEFT_OVER, SAY, Ask, size
from assistant.offline_router.order_terms import terms
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.wordlists import words

_CONNECTING = words("""
    of in with some and the a an my our order more extra coins coin position then immediately it
""")
_SELL_HEAD = re.compile(
    r"^(?:sell|offload|unload|dump|cash in|get rid of|let go of|close|exit|liquidate|get out of)\b"
    r"|^(?:place|put in|put|enter|submit|open|make|set|create|send)\b(?: \w+){0,5}? sell\b"
    r"|^(?:put|place) (?:\w+ )*offer\b"
)
_MISTYPED = re.compile(r"^(\w{2,6}) (?=(?:(?:AMT|NUM)\b.* SYM|SYM .*(?:AMT|NUM)|all\b.* SYM)\b)")
_WANT_A_FIGURE = words("at for from with of in limit")
_SHORT_SLIPS = frozenset(["by", "sel"])  # known for other reasons
ASK = f"What should be bought or sold? {SAY}"
_WHICH = f"Of which coin? {SAY}"


@dataclass(frozen=True, slots=True)
class _Found:
    """Tokens of each part that was said, and the words that no part took."""

    parts: dict[Part, list[tuple[Token, ...]]]
    left: tuple[Token, ...]


def mended(clause: Clause) -> Clause:
    """The clause with a mistyped "buy" or "sell" in front of a size and a coin put right ("by 0.01 btc")."""
    match = _MISTYPED.match(clause.core)
    if match is None or (spelling.known(match[1]) and match[1] not in _SHORT_SLIPS):
        return clause
    meant = [verb for verb in ("buy", "sell") if OSA.distance(verb, match[1]) == 1]
    at = next(i for i, token in enumerate(clause.tokens) if token.word == match[1])
    if len(meant) != 1:
        return clause
    verb = Token(clause.tokens[at].surface, meant[0], repaired=True)
    return replace(clause, tokens=(*clause.tokens[:at], verb, *clause.tokens[at + 1 :]))


def plausible(clause: Clause) -> bool:
    """Whether a clause that begins like an order can be about one: a coin, or nothing but words we know."""
    kinds = {token.kind for token in clause.tokens}
    strange = any(
        t.kind in (Kind.WORD, Kind.QUOTE, Kind.NAME) and t.word not in spelling.IN_SCOPE for t in clause.tokens
    )
    about_bots = any(t.word in {"bot", "bots"} for t in clause.tokens)
    return Kind.SYMBOL in kinds or not (strange or about_bots)


def order(clause: Clause, head: str) -> dict[str, Any] | Unclear:
    """Arguments of `submit_order`; `head` is the command itself ("buy", "place a limit order for")."""
    tokens = core_tokens(clause)
    sells = _SELL_HEAD.match(clause.core) is not None
    taken = len(head.split())
    if any(token.kind is Kind.SYMBOL for token in tokens[:taken]):  # "close my BTC position"
        taken = 1
    found = _taken(tokens[taken:])
    try:
        pair, bot = _pair(tokens), _bot(tokens)
        how_much = size(found.parts, tokens, sells=sells)
        stated = terms(found.parts, sells=sells)
        _demand_all_understood(clause, found, head, limited="limit_price" in stated)
        return {"side": "sell" if sells else "buy"} | pair | how_much | stated | bot
    except Ask as ask:
        return Unclear(str(ask))


def core_tokens(clause: Clause) -> list[Token]:
    """Tokens of the clause's core, one a word."""
    plain = [t for t in clause.tokens if t.kind is not Kind.MARK and t.word not in {"please", "kindly"}]
    count = len(clause.core.split())
    return plain[len(plain) - count :] if count else []


def _taken(tokens: Sequence[Token]) -> _Found:
    """Each phrase takes its words away; what it stood between does not grow together."""
    parts: dict[Part, list[tuple[Token, ...]]] = {}
    left = list(tokens)
    for part, pattern in PHRASES:
        while (match := pattern.search(" ".join(t.word for t in left))) is not None:
            start = len(match.string[: match.start()].split())
            end = start + len(match.group().split())
            parts.setdefault(part, []).append(tuple(left[start:end]))
            left[start:end] = [Token("", "|", Kind.MARK)]
    return _Found(parts, tuple(left))


def _demand_all_understood(clause: Clause, found: _Found, head: str, *, limited: bool) -> None:
    """A word that no phrase took may change an order; so may one whose figure is missing ("at", "limit")."""
    if not all(_passes(token) for token in found.left) or clause.core.split()[-1] in _WANT_A_FIGURE:
        raise Ask(LEFT_OVER)
    if "limit" in head.split() and not limited:
        raise Ask(f"At which limit? {SAY}")


def _passes(token: Token) -> bool:
    """Whether a word that no phrase took says nothing."""
    if token.kind is Kind.PERIOD:
        return token.surface in {"today", "tonight"}
    return token.kind is Kind.MARK or token.word in lexicon.FILLERS or token.word in _CONNECTING or token.word == "SYM"


def _pair(tokens: Sequence[Token]) -> dict[str, Any]:
    coins = [t for t in tokens if t.kind is Kind.SYMBOL]
    unknown = next((t for t in coins if t.value is None), None)
    if unknown is not None:
        raise Ask(f"{unknown.surface[:20]} is not a pair I have prices for. Which coin do you mean?")
    pairs = list(dict.fromkeys(str(t.value) for t in coins))
    if len(pairs) > 1:
        raise Ask(f"One order is for one pair. Which one: {' or '.join(pairs[:4])}?")
    if not pairs:
        raise Ask(_WHICH)
    return {"symbol": pairs[0]}


def _bot(tokens: Sequence[Token]) -> dict[str, Any]:
    """The bot whose order it is, named with a preposition or as the owner of the coins ("alpha's btc")."""
    named = {name for token in tokens if token.kind is Kind.BOT for name in token.value or ("",)}
    if len(named) > 1 or "" in named:
        raise Ask("One order is for one bot. Which one?")
    return {"bot": named.pop()} if named else {}
