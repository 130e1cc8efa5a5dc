"""Reads a message into tokens with bots, names, amounts, spans of time and symbols masked."""

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from assistant.offline_router import bots, lexicon
from assistant.offline_router.amounts import read_amounts, read_number_words
from assistant.offline_router.periods import read_periods
from assistant.offline_router.spelling import known, repair
from assistant.offline_router.symbols import mark_symbols, split_glued
from assistant.offline_router.text import Kind, Token, entity, tokenise
from assistant.offline_router.wordlists import words
from assistant.plain_text import normalise

_NAME_ENDS = words("""
    with on using for and at in trading that from of which then to but now please doing trade is start
""")
_MAX_NAME_WORDS = 4
_COPIES = frozenset(["clone", "copy", "duplicate", "rename"])
_ID_LEADS = frozenset(["order", "cancel", "id", "#"])
_ID = re.compile(r"[0-9a-f]{8}|(?=\w*\d)(?=\w*[A-Za-z])\w{6,64}")


def read(text: str, bot_names: Sequence[str], symbols: Sequence[str]) -> list[Token]:
    """The message's tokens; names first, so that no word inside a name can command."""
    names = bots.index(tuple(bot_names))
    tokens = bots.mark_exact(tokenise(normalise(text)), names)
    tokens = _mark_new_names(tokens)
    tokens = split_glued(_mark_ids(_expand(tokens)), symbols)
    tokens = mark_symbols(tokens, symbols)
    tokens = repair(bots.mark_misspelt(_without_partial(tokens, names), names))
    tokens = mark_symbols(tokens, symbols)
    tokens = read_periods(read_amounts(read_number_words(tokens)))
    return bots.mark_described(tokens, names)


def _without_partial(tokens: list[Token], names: bots.Names) -> list[Token]:
    """Mask unknown words that are part of a bot's name before spelling repair could change them."""
    return [
        entity(Kind.BOT, names.by_word[t.word], t.surface)
        if t.kind is Kind.WORD and t.word in names.by_word and not bots.known(t.word)
        else t
        for t in tokens
    ]


def _mark_new_names(tokens: list[Token]) -> list[Token]:
    """Mask what follows "called", "named", "call it", "rename … to": a name, in the letters that were typed."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        result.append(tokens[i])
        i += 1
        if not _introduces_name(result):
            continue
        if i < len(tokens) and tokens[i].kind is Kind.QUOTE:
            result.append(entity(Kind.NAME, tokens[i].value, tokens[i].surface))
            i += 1
            continue
        words = _name_at(tokens, i)
        if words:
            result.append(entity(Kind.NAME, " ".join(words), " ".join(words)))
            i += len(words)
    return result


def _mark_ids(tokens: list[Token]) -> list[Token]:
    """Mask an order's id or its first eight digits: letters with digits behind "order" or "cancel"."""
    return [
        entity(Kind.ORDER, t.surface, t.surface)
        if i and t.kind in (Kind.WORD, Kind.RAW_NUMBER) and tokens[i - 1].word in _ID_LEADS and _ID.fullmatch(t.surface)
        else t
        for i, t in enumerate(tokens)
    ]


def _introduces_name(so_far: list[Token]) -> bool:
    words = [token.word for token in so_far[-2:]]
    if not known(words[-1]) and any(OSA.distance(words[-1], lead) == 1 for lead in ("called", "named")):
        return True
    before = {token.word for token in so_far[-6:-1]}
    if (words[-1] in {"to", "into"} and before & {"rename", "name"}) or (words[-1] == "as" and before & _COPIES):
        return True
    return words[-1] in {"called", "named"} or words in (["call", "it"], ["name", "it"], ["name", ":"], ["name", "is"])


def _name_at(tokens: list[Token], start: int) -> list[str]:
    words: list[str] = []
    for token in tokens[start : start + _MAX_NAME_WORDS]:
        if token.word in _NAME_ENDS or token.kind not in (Kind.WORD, Kind.RAW_NUMBER):
            break
        words.append(token.surface)
    return words


def _expand(tokens: list[Token]) -> list[Token]:
    """Write contractions out and take possessive endings off."""
    result: list[Token] = []
    for token in tokens:
        if token.kind is not Kind.WORD:
            result.append(token)
            continue
        word = lexicon.CONTRACTIONS.get(token.word)
        if word is None:
            bare = token.word.removesuffix("'s")
            result.append(token if bare == token.word else Token(token.surface, bare))
            continue
        result.extend(Token(token.surface, part) for part in word.split())
    return [t for i, t in enumerate(result) if not _possessive(result, i)]


def _possessive(tokens: list[Token], i: int) -> bool:
    """The `'` or `s` left over behind a masked name ("Alpha's")."""
    token = tokens[i]
    mark = token.kind is Kind.MARK and token.word == "'"
    tail = token.word == "s" and i > 0 and tokens[i - 1].word == "'"
    return mark or tail
