"""Arguments of the tools that show, check, export and move money; what cannot be used becomes a question."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from assistant.offline_router import lexicon
from assistant.offline_router.guards import Clause
from assistant.offline_router.slots import Unclear, of, plain_digits
from assistant.offline_router.text import Kind, Token, masked
from assistant.offline_router.understanding import Outcome, Understanding

_MOST = Decimal(1_000_000_000)
_CURRENCIES = {
    "usdt": "USDT", "tether": "USDT", "usdc": "USDC", "eur": "EUR", "euro": "EUR", "euros": "EUR", "zar": "ZAR",
    "rand": "ZAR", "€": "EUR", "£": "GBP",
}  # fmt: skip
_DOLLARS: dict[str, str] = dict.fromkeys(("usd", "dollar", "dollars", "buck", "bucks", "$"), "USDT")
_UNIT = re.compile(r"[$€£]|[a-z]+")
_INTO = frozenset(["to", "into", "for", "in", "against"])
_KINDS = (
    ("convert", re.compile(r"^(?:convert|exchange|swap|change|turn|switch|transform|trade in)\b|^move\b.* SYM$")),
    (
        "withdraw",
        re.compile(r"^(?:withdraw\w*|cash out|(?:take|pull|pay|draw|get|move|remove)\b.*\b(?:out|from|off))\b"),
    ),
    (
        "deposit",
        re.compile(
            r"^(?:deposit|pay(?:ing)? in|load|inject|(?:top|fill|load)(?: \w+)* up|refill|boost|fund|credit"
            r"|(?:add|put|pay|move|place|drop|give|get|grant|lend|hand)\b.*)"
        ),
    ),
)
_ASK = {
    "deposit": 'How much play money should come in? Say it like "deposit 500 USDT".',
    "withdraw": 'How much play money should go out? Say it like "withdraw 500 USDT".',
    "convert": 'How much of what, and into what? Say it like "convert 500 USDT to BTC".',
}
_MOVE = 'Should money come in, go out, or change its currency? Say it like "deposit 500 USDT".'
_TARGET = 'Which equity do you want to reach? Say it like "set my target to 50k".'
_RANKED_BY = (
    ("win_rate", re.compile(r"\bwin(?:ning)? ?rates?\b|\bhit rate\b|\bwins? (?:the )?most often\b|\bmost wins\b")),
    ("profit_factor", re.compile(r"\bprofit factors?\b")),
    (
        "net_pnl",
        re.compile(r"\b(?:net |pnl|p&l|profits?\b|earn\w*|(?:made|makes?|making) (?:me )?(?:the )?most|money)"),
    ),
    ("return", re.compile(r"\b(?:returns?|percent\w*|yield)\b")),
)
_EXPORTED = (
    ("fills", re.compile(r"\b(?:fills?|executions?)\b")),
    ("trades", re.compile(r"\btrades?\b|\bdeals\b")),
    (
        "events",
        re.compile(r"\b(?:ledger|journal|events?|everything|records?|bookings?|books|history|transactions?|log)\b"),
    ),
)
_MAY_ASK = re.compile(
    r"^(?:deposit|withdraw|cash out|convert|set (?:my |the )?(?:target|goal)|change (?:my |the )?(?:target|goal))\b"
)


def ranking(tokens: Sequence[Token]) -> Mapping[str, Any]:
    """The figure to rank by, where one was said."""
    text = masked(list(tokens))
    return next(({"by": by} for by, said in _RANKED_BY if said.search(text)), {})


def countdown(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The target asked about; without one the person's own."""
    if "millionaire" in masked(list(tokens)).split():
        return {"target": "1000000"}
    figures = _figures(tokens)
    if not figures:
        return {}
    amount = one_amount(figures, _TARGET)
    return amount if isinstance(amount, Unclear) else {"target": amount}


def target(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The target to set."""
    amount = one_amount(_figures(tokens), _TARGET)
    return amount if isinstance(amount, Unclear) else {"target": amount}


def export(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """What to export, where it was said."""
    text = masked(list(tokens))
    said = [what for what, named in _EXPORTED if named.search(text)]
    if {"fills", "trades"} <= set(said):
        return Unclear('One file at a time: "export my trades" or "export my fills"?')
    return {"what": said[0]} if said else {}


def fund(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Kind, amount and currencies of a movement of play money."""
    core = Clause(tuple(tokens), asks=False).core
    kind = next((kind for kind, said in _KINDS if said.search(core)), None)
    if kind is None:
        return Unclear(_MOVE)
    amount = one_amount(_figures(tokens), _ASK[kind])
    if isinstance(amount, Unclear):
        return amount
    if kind == "convert":
        return _conversion(tokens, amount)
    named = _currencies(tokens)
    if len(named) > 1:
        return Unclear(_ASK[kind])
    return {"kind": kind, "amount": amount} | ({"currency": named[0]} if named else {})


def _conversion(tokens: Sequence[Token], amount: str) -> Mapping[str, Any] | Unclear:
    """From what stands before the last "to" into what stands behind it; dollars are USDT here."""
    places = [i for i, token in enumerate(tokens) if token.word in _INTO]
    if not places:
        return Unclear(_ASK["convert"])
    given, wanted = (_currencies(part, _DOLLARS) for part in (tokens[: places[-1]], tokens[places[-1] + 1 :]))
    if len(given) > 1 or len(wanted) != 1 or given == wanted:
        return Unclear(_ASK["convert"])
    into = {"kind": "convert", "amount": amount, "into": wanted[0]}
    return into | ({"currency": given[0]} if given else {})


def question(clause: Clause) -> Understanding | None:
    """What is missing of a movement of money or a target that was plainly begun ("deposit", "withdraw all my cash")."""
    core = clause.core
    if _MAY_ASK.search(core) is None:
        return None
    arguments = target(clause.tokens) if re.search(r"\b(?:target|goal)\b", core) else fund(clause.tokens)
    return Understanding(Outcome.QUESTION, text=arguments.question) if isinstance(arguments, Unclear) else None


def _figures(tokens: Sequence[Token]) -> list[Token]:
    return [*of(tokens, Kind.AMOUNT), *of(tokens, Kind.NUMBER)]


def one_amount(figures: Sequence[Token], asked: str) -> str | Unclear:
    """The one usable amount among the figures."""
    if any(token.surface.startswith(("-", "$-")) or token.value == 0 for token in figures):
        return Unclear(f"An amount is above zero. {asked}")
    if len(figures) != 1 or figures[0].value is None or figures[0].value > _MOST:
        return Unclear(asked)
    return plain_digits(figures[0].value)


def _currencies(tokens: Sequence[Token], more: dict[str, str] | None = None) -> list[str]:
    """Currencies in the order they were named, those said with an amount ("500 usdt", "€500") included."""
    known = _CURRENCIES | (more or {})
    found: list[str] = []
    for token in tokens:
        if token.kind is Kind.SYMBOL:
            found.append(_coin(token))
        elif token.kind in (Kind.AMOUNT, Kind.NUMBER):
            found += [known[unit] for unit in _UNIT.findall(token.surface.casefold()) if unit in known]
        elif token.word in known:
            found.append(known[token.word])
    return found


def _coin(token: Token) -> str:
    """The coin of a symbol token: that of the pair, or the coin typed where the market has no pair of it."""
    if token.value:
        return str(token.value).split("/")[0]
    typed = token.surface.casefold()
    known = (base for base, names in lexicon.COINS.items() if typed == base.casefold() or typed in names)
    return next(known, token.surface.upper())
