"""Amounts of money and plain numbers: "2k", "1,500.50", "$500", "1000 USDT", "two thousand" (Decimal, never float).

A number that cannot be read with certainty ("1.000,50", "-5", "1e9") becomes an amount without a value, so
that the router asks instead of guessing.
"""

import re
from dataclasses import replace
from decimal import Decimal

from text_to_num import text2num

from assistant.offline_router.text import Kind, Token, entity, tokenise
from assistant.offline_router.wordlists import words
from assistant.plain_text import normalise

MULTIPLIERS = {
    "k": Decimal(1_000),
    "thousand": Decimal(1_000),
    "grand": Decimal(1_000),
    "million": Decimal(1_000_000),
    "mil": Decimal(1_000_000),
    "mio": Decimal(1_000_000),
}
UNITS = words("""
    usdt usdc usd dollar dollars buck bucks tether quid
""")
NUMBER_WORDS = words("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
""")
_LARGE = frozenset(["hundred", "thousand", "million"])
_PLAIN = r"(?:\d{1,3}(?:[,']\d{3})+(?:\.\d{1,12})?|\d{1,15}(?:\.\d{1,12})?|\.\d{1,12})"
_NUMBER = re.compile(rf"(?P<sign>[$€£])?\s?(?P<number>{_PLAIN})(?P<suffix>[a-z%]*)")


def parse_amount(text: str) -> Decimal | None:
    """The amount an isolated phrase such as "1.5k usdt" stands for; None when it is not plainly one."""
    tokens = read_amounts(read_number_words(tokenise(normalise(text))))
    if len(tokens) == 1 and tokens[0].kind in (Kind.AMOUNT, Kind.NUMBER):
        return tokens[0].value
    return None


def read_number_words(tokens: list[Token]) -> list[Token]:
    """Replace runs of number words by a number token; a lone "one" stays a word ("the second one")."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        run = _run_length(tokens, i)
        value = _spelled(tokens[i : i + run]) if run else None
        if value is None:
            result.append(tokens[i])
            i += 1
            continue
        surface = " ".join(token.surface for token in tokens[i : i + run])
        result.append(Token(surface, str(value), Kind.RAW_NUMBER))
        i += run
    return result


def _run_length(tokens: list[Token], start: int) -> int:
    """Tokens from `start` on that spell a number; "a thousand" and "two hundred and five" included."""
    end = start
    if tokens[start].word == "a" and start + 1 < len(tokens) and tokens[start + 1].word in _LARGE:
        end += 1
    while end < len(tokens):
        word = tokens[end].word
        joins = word == "and" and end > start and tokens[end - 1].word in _LARGE
        follows = joins and end + 1 < len(tokens) and tokens[end + 1].word in NUMBER_WORDS
        if not (word in NUMBER_WORDS or follows):
            break
        end += 1
    return 0 if end == start or (end == start + 1 and tokens[start].word in {"one", "a"}) else end - start


def _spelled(run: list[Token]) -> int | None:
    words = [token.word for token in run if token.word not in {"and", "a"}]
    if run[0].word == "a":
        words.insert(0, "one")
    if words[0] in _LARGE:
        return None  # "thousand" after digits is a multiplier
    try:
        return int(text2num(" ".join(words), "en"))
    except ValueError:
        return None


def read_amounts(tokens: list[Token]) -> list[Token]:
    """Turn raw numbers, with a multiplier or unit that follows, into AMOUNT, NUMBER or PERCENT tokens."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        if tokens[i].kind is not Kind.RAW_NUMBER:
            result.append(tokens[i])
            i += 1
            continue
        following = [token.word for token in tokens[i + 1 : i + 3]]
        token, used = _amount(tokens[i], following)
        if used:  # the unit may be a currency
            token = replace(token, surface=" ".join(t.surface for t in tokens[i : i + 1 + used]))
        result.append(token)
        i += 1 + used
    return result


def _amount(token: Token, following: list[str]) -> tuple[Token, int]:
    """The entity for one raw number and how many of the following words belong to it."""
    match = _NUMBER.fullmatch(token.word)
    if match is None:
        return entity(Kind.AMOUNT, None, token.surface), 0
    value, suffix, used = Decimal(match["number"].translate({44: None, 39: None})), match["suffix"], 0
    money = match["sign"] is not None
    if suffix == "%" or following[:1] in (["%"], ["percent"], ["pct"]):
        return entity(Kind.PERCENT, value, token.surface), 0 if suffix == "%" else 1
    if not suffix and following and following[0] in MULTIPLIERS:
        suffix, used = following[0], 1
    if following[used : used + 1] and following[used] in UNITS:
        money, used = True, used + 1
    if suffix in UNITS:
        money, suffix = True, ""
    if suffix in MULTIPLIERS:
        value, money, suffix = value * MULTIPLIERS[suffix], True, ""
    elif suffix == "m" and money:  # "5m" alone is five minutes
        value, suffix = value * MULTIPLIERS["million"], ""
    if suffix:
        return Token(token.surface, token.word, Kind.RAW_NUMBER), 0
    return entity(Kind.AMOUNT if money else Kind.NUMBER, value, token.surface), used
