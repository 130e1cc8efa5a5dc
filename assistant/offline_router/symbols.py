"""Trading pairs: "btc", "bitcoin", "ETH-USDT", "eth/usdt"; only pairs of the turn get a value."""

import re
from collections.abc import Sequence
from functools import lru_cache

from assistant.offline_router import lexicon
from assistant.offline_router.text import Kind, Token, entity

_GLUED = re.compile(r"([\d.,]+)([a-z]{3,5})")


@lru_cache(maxsize=64)
def aliases(symbols: tuple[str, ...]) -> dict[str, str | None]:
    """What may be typed for each pair; coins without a pair map to None. The pair in USDT wins a bare coin."""
    table: dict[str, str | None] = {}
    for base, names in lexicon.COINS.items():
        for alias in (base.casefold(), *names):
            table[alias] = None
    for symbol in sorted(symbols, key=lambda s: s.endswith("/USDT")):
        base, _, quote = symbol.partition("/")
        for separator in ("/", "-", "", " ", "_"):
            table[f"{base}{separator}{quote}".casefold()] = symbol
        for alias in (base.casefold(), *lexicon.COINS.get(base.upper(), ())):
            table[alias] = symbol
    return table


def mark_symbols(tokens: list[Token], symbols: Sequence[str]) -> list[Token]:
    """Mask pairs and coins; a coin whose ticker is an English word must be in capitals or a name of its own."""
    table = aliases(tuple(symbols))
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        pair = f"{token.word} {tokens[i + 1].word}" if i + 1 < len(tokens) else ""
        if token.kind is Kind.WORD and pair in table:
            result.append(entity(Kind.SYMBOL, table[pair], f"{token.surface} {tokens[i + 1].surface}"))
            i += 2
            continue
        result.append(_marked(token, table))
        i += 1
    return result


def split_glued(tokens: list[Token], symbols: Sequence[str]) -> list[Token]:
    """Take a coin off the number it was written onto ("0.01btc")."""
    table = aliases(tuple(symbols))
    result: list[Token] = []
    for token in tokens:
        glued = _GLUED.fullmatch(token.word) if token.kind is Kind.RAW_NUMBER else None
        if glued is None or glued[2] not in table:
            result.append(token)
            continue
        result += [Token(glued[1], glued[1], Kind.RAW_NUMBER), Token(glued[2], glued[2])]
    return result


def _marked(token: Token, table: dict[str, str | None]) -> Token:
    if token.kind is not Kind.WORD:
        return token
    if token.word in table:
        english = token.word in lexicon.ENGLISH_TICKERS and not token.surface.isupper()
        return token if english else entity(Kind.SYMBOL, table[token.word], token.surface, repaired=token.repaired)
    base, separator, quote = token.word.partition("/" if "/" in token.word else "-")
    if separator and quote in lexicon.QUOTES and base.isalnum():
        return entity(Kind.SYMBOL, None, token.surface)
    return token
