"""Spelling repair against the router's own words (Damerau-Levenshtein, adjacent swaps count once)."""

import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.offline_router import lexicon, lexicon_bots, patterns
from assistant.offline_router.amounts import MULTIPLIERS, NUMBER_WORDS, UNITS
from assistant.offline_router.examples import EXAMPLES, OUT_OF_SCOPE
from assistant.offline_router.periods import PERIOD_WORDS
from assistant.offline_router.text import Kind, Token

_MIN_LENGTH = 4
_SHORTEST = 3  # words that short are repaired only when letters were swapped
_LONG = 8  # from here on two mistakes are repaired
_VERB_LEADS = frozenset(["please", "to", "you", "just", "and", ",", "now", "hey", "then", "also"])
_MAX_REPAIRS = 40  # misspelt words looked at in one message; bounds the time for pasted text


def _vocabulary() -> frozenset[str]:
    texts = [phrase for phrases in EXAMPLES.values() for phrase in phrases]
    texts += lexicon_bots.PHRASES
    texts += [*lexicon.GLOSSARY, *lexicon.CONTRACTIONS.values()]
    texts += [*lexicon.GREETINGS, *lexicon.ASSENTS, *lexicon.THANKS]
    words = {word for text in texts for word in re.findall(r"[a-z_&]+", text)}
    sets = (
        lexicon.FILLERS, lexicon.NEGATIONS, lexicon.HYPOTHETICALS, lexicon.REPORTED, PERIOD_WORDS,
        lexicon.QUESTION_WORDS, lexicon.UNSUPPORTED, NUMBER_WORDS, MULTIPLIERS, UNITS, patterns.vocabulary(),
        lexicon.EXCHANGES, lexicon_bots.BAR_WORDS,
    )  # fmt: skip
    coins = {name for names in lexicon.COINS.values() for name in names}
    return frozenset(words.union(coins, lexicon.DISSENTS, lexicon.EXTRA_WORDS, *sets))


def _in_scope() -> frozenset[str]:
    """Words that belong to the product, everyday small words included, the out-of-scope examples' own left out."""
    foreign = {w for text in EXAMPLES[OUT_OF_SCOPE] for w in text.split()}
    own = {w for tool, texts in EXAMPLES.items() if tool != OUT_OF_SCOPE for text in texts for w in text.split()}
    made_of = {word for phrase in lexicon_bots.PHRASES for word in phrase.split()}
    everyday = (
        made_of
        | lexicon_bots.BAR_WORDS
        | lexicon.FILLERS
        | lexicon.QUESTION_WORDS
        | lexicon.EVERYDAY
        | PERIOD_WORDS
        | patterns.vocabulary()
    )
    return (VOCABULARY - foreign) | own | everyday


VOCABULARY = _vocabulary()
IN_SCOPE = _in_scope()
_SHORT_TARGETS = ("bot", "pnl", "rsi", "ema", "show", "buy", "how", "why", "the", "all", "now")
_TARGETS = tuple(sorted(word for word in VOCABULARY if len(word) >= _MIN_LENGTH))


def known(word: str) -> bool:
    """Whether the router has any idea of the word, or knows it as everyday English."""
    return word in VOCABULARY or word in lexicon.COMMON


def repair(tokens: list[Token]) -> list[Token]:
    """Replace misspelt words by the nearest word of the vocabulary; rivals at equal distance make it doubtful."""
    result: list[Token] = []
    budget = _MAX_REPAIRS
    for i, token in enumerate(tokens):
        wrong = token.kind is Kind.WORD and len(token.word) >= _SHORTEST and not known(token.word)
        if not wrong or budget == 0:
            result.append(token)
            continue
        budget -= 1
        result.append(_repaired(token, commands=_commands(tokens, i)))
    return result


def allowance(word: str) -> int:
    """Mistakes forgiven in a word of that length."""
    return 2 if len(word) >= _LONG else 1


def _commands(tokens: list[Token], i: int) -> bool:
    """Whether the word stands where a command's verb would, before a bot."""
    leads = i == 0 or tokens[i - 1].word in _VERB_LEADS
    return (
        leads and i + 1 < len(tokens) and (tokens[i + 1].kind is Kind.BOT or tokens[i + 1].word in {"bot", "the", "my"})
    )


def _repaired(token: Token, *, commands: bool) -> Token:
    best, rival, verb = _nearest(token.word)
    if commands and verb is not None:
        best, rival = verb, False
    return token if best is None else Token(token.surface, best, repaired=True, doubtful=rival)


@lru_cache(maxsize=4096)
def _nearest(word: str) -> tuple[str | None, bool, str | None]:
    """The nearest known word, whether another is as near, and the only acting verb among those, if there is one."""
    if len(word) < _MIN_LENGTH:
        swapped = [name for name in _SHORT_TARGETS if sorted(name) == sorted(word) and OSA.distance(name, word) == 1]
        return (swapped[0], False, None) if len(swapped) == 1 else (None, False, None)
    hits = process.extract(word, _TARGETS, scorer=OSA.distance, score_cutoff=allowance(word), limit=16)
    hits = [(name, distance) for name, distance, _ in hits if distance == 1 or allowance(name) > 1]
    if not hits:
        return None, False, None
    letters = sorted(word)  # swapped letters are likelier than wrong ones
    ranked = sorted(
        hits,
        key=lambda hit: (
            hit[1],
            sorted(hit[0]) != letters,
            len(hit[0]) <= len(word),  # a letter left out is likelier than a wrong one or one too many
            hit[0][0] != word[0],
            (hit[0][-1] == "s") != (word[-1] == "s"),
            abs(len(hit[0]) - len(word)),
            hit[0],
        ),
    )
    best, distance = ranked[0]
    stem = best.rstrip("s")
    same_start = best[0] == word[0]
    swapped = sorted(best) == letters
    rivals = [
        name
        for name, d in ranked[1:]
        if d == distance
        and name.rstrip("s") != stem
        and (name[0] == word[0]) == same_start
        and (sorted(name) == letters) == swapped
    ]
    verbs = [name for name in (best, *rivals) if _acts(name)]
    return best, bool(verbs) and bool(rivals), verbs[0] if len(verbs) == 1 else None


def _acts(word: str) -> bool:
    return word in patterns.ACTING_VERBS
