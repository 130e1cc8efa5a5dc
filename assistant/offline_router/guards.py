"""When a clause plainly commands: polite words off, no negation, question, hypothetical, report or foreign orders."""

import re
from dataclasses import dataclass

from assistant.offline_router import lexicon, lexicon_bots, patterns, traits
from assistant.offline_router.order_phrases import CONDITION, DETAIL
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Kind, Token, masked

_POLITE = re.compile(
    r"^(?:(?:please|hey|hi|hello|ok|okay|now|just|kindly|quickly|so|well|right|alright|yes|yo|thanks|um|uh|oh|then|also"
    r"|and|finally|first|next|assistant|amarktai|immediately|go ahead and|go and|time to|let us|you (?:can|may) now"
    r"|(?:can|could|would|will) you|(?:i am )?(?:going|ready) to"
    r"|i (?:really )?(?:want|need|would like|wish|have|would love|like)(?: you)? to) )+"
)
_REQUEST = re.compile(r"\b(?:can|could|would|will) you\b|\bi would (?:like|love)\b")
_FOREIGN = re.compile(
    r"\b(?:ignore|disregard|override|bypass|forget)\b.*"
    r"\b(?:instructions?|rules?|prompts?|previous|above|everything|confirmations?)\b"
    r"|\b(?:system|developer|admin|assistant|sudo|root)(?: (?:mode|message|prompt|override|note))? ?:"
    r"|\bprompt injection\b|\bjailbreak\b|\bwithout (?:any )?(?:asking|confirm\w*|confirmation)\b"
    r"|\b(?:pretend|act as|you are now)\b"
)
_HARMLESS = re.compile(
    r"\b(?:you|we|BOT) (?:may|can)\b|\b(?:a|the) while\b|\bat once\b|\bas soon as possible\b|\blast one\b"
    r"|\binstead\b(?! of\b)"
)


#: "no cooldown", "wait 20 minutes before it buys again", "alpha should trade at most every hour" or "be more careful".
_SPACED_OUT = re.compile(
    r"\bno cool ?down\b|(?<=PER )(?:before|after) (?:it|BOT|its|the next|each|every|any|another)\b"
    r"|\bBOT (?:should|must) (?=(?:only |not )?(?:trade|buy|enter|wait)\b.*\bPER\b)"
    r"|^BOT (?:should|must) (?=(?:be|use|look|run)\b)"
)
_OF_ORDERS = frozenset(["stop", "stops", "target", "targets", "exit", "exits", "entry", "entrys"])
#: "… and slow 20" goes on telling the settings of a strategy.
_SETTING = re.compile(
    rf"(?:(?:the|a|its|with|and) )*(?:{lexicon_bots.any_of(lexicon_bots.PARAMETERS.keys() - _OF_ORDERS)})"
    r"(?: (?:of|to|at|is|period|length|value|as|by))* NUM(?!\S)"
)
_SHOWS = (["SYM", "chart"], ["SYM", "candles"], ["SYM", "price"])
_SETS = frozenset(["set", "change", "switch", "make", "use", "put", "let", "edit", "turn", "adjust", "run"])
_ANOTHER = frozenset(["BOT", "SYM", "AMT", "NAME", "bot", "bots", "PCT"])
_CREATES = frozenset(["create", "make", "build", "set", "setup", "open", "add", "new"])
_ORDERS = re.compile(rf"(?:{'|'.join(patterns.ORDER_HEADS)})\b")
_DETAILS = frozenset(["trade", "give", "use", "put", "make", "set", "allocate", "let", "name", "call"])


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message that may be one command: tokens, and whether it ended in a question mark."""

    tokens: tuple[Token, ...]
    asks: bool

    @property
    def text(self) -> str:
        """Masked words."""
        return masked(list(self.tokens))

    @property
    def core(self) -> str:
        """Masked words without the polite words in front."""
        plain = " ".join(word for word in self.text.split() if word not in {"please", "kindly"})
        return _POLITE.sub("", plain, count=1)


def message_forbids(tokens: list[Token], typed: str) -> bool:
    """Whether something anywhere in the message keeps acting tools from firing."""
    words = CONDITION.sub(r"\g<order>", masked(tokens))
    if _FOREIGN.search(words) or _FOREIGN.search(typed.casefold()):
        return True
    words = _SPACED_OUT.sub("", words)
    rest = _HARMLESS.sub("", _REQUEST.sub("", words)).split()
    return any(word in lexicon.NEGATIONS or word in lexicon.HYPOTHETICALS for word in rest)


def is_question(clause: Clause) -> bool:
    """Whether the clause asks rather than commands; "can you pause alpha?" commands."""
    first = (clause.text.split() or [""])[0]
    polite = _REQUEST.search(clause.text) is not None
    core = clause.core.split()
    if polite:
        return bool(core) and core[0] in lexicon.QUESTION_WORDS - {"have", "do"}
    imperative = re.match(r"(?:have|do) (?:the |my )?(?:BOT|it)\b", clause.core) is not None  # "have alpha rest"
    return clause.asks or (first in lexicon.QUESTION_WORDS and not imperative)


def is_reported(clause: Clause) -> bool:
    """Whether the clause tells a story ("my boss said stop alpha")."""
    return any(word in lexicon.REPORTED for word in _HARMLESS.sub("", clause.core).split())


def split(tokens: list[Token]) -> list[Clause]:
    """Clauses at sentence marks, and at "and", "then", "," where a new command or wish begins."""
    clauses: list[Clause] = []
    current: list[Token] = []
    for i, token in enumerate(tokens):
        mark = token.kind is Kind.MARK and token.word in {".", ";", "!", "?"}
        told = _SETTING.match(masked(tokens[i + 1 : i + 8])) is not None
        joint = not told and token.word in {"and", "then", "&", ",", "plus", "but", "also"} and _opens(tokens[i + 1 :])
        if mark or (joint and not _lone_verb(current) and not _describes(current, tokens[i + 1 :])):
            clauses.append(Clause(tuple(current), asks=token.word == "?"))
            current = []
            continue
        current.append(token)
    clauses.append(Clause(tuple(current), asks=False))
    return [clause for clause in clauses if clause.text]


def _opens(rest: list[Token]) -> bool:
    """Whether a new wish starts here, polite words and repeated joints aside."""
    words = masked(rest[:8])
    core = _POLITE.sub("", f"{words} ", count=1).split()
    while core and core[0] in {"the", "my", "all", "me", "last", "latest", "recent", "current", "NUM", "PER"}:
        core = core[1:]
    return bool(core) and (core[0] in patterns.OPENERS or core[:2] in _SHOWS)


def _describes(current: list[Token], rest: list[Token]) -> bool:
    """Whether what follows goes on describing a new bot ("…, give it 500") or an order ("…, stop at 57000")."""
    core = Clause(tuple(current), asks=False).core.split()
    if _ORDERS.match(" ".join(core)) and DETAIL.match(masked(rest[:12])):
        return True
    if _goes_on(core, current, rest):
        return True
    following = masked(rest[:3]).split()
    creates = bool(core) and core[0] in _CREATES and "BOT" not in core[:3]
    return creates and bool(following) and following[0] in _DETAILS and "BOT" not in following


def _goes_on(core: list[str], current: list[Token], rest: list[Token]) -> bool:
    """Whether more settings of the same bot follow ("set alpha's fast to 5 and use hourly bars")."""
    ahead = [word for word in masked(rest).split() if word not in {"and", "also", "then"}]
    same = bool(ahead) and {core[0] if core else "", ahead[0]} <= _SETS and not _ANOTHER & set(ahead)
    if not same or not {"BOT", "it"} & set(core):
        return False
    told, more = traits.read(current), traits.read(rest)
    return not isinstance(told, Unclear) and not isinstance(more, Unclear) and bool(told.said and more.said)


def _lone_verb(current: list[Token]) -> bool:
    """Whether only a verb stands before ("create and start a bot")."""
    words = Clause(tuple(current), asks=False).core.split()
    return len(words) == 1 and words[0] in patterns.ACTING_VERBS
