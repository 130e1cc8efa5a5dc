"""Words for what a bot is made of: strategies, risk modes, exchanges, settings. Data; a synonym is one word here."""

import re
from collections.abc import Iterable, Mapping

from assistant.offline_router.wordlists import words
from core.domain.strategies.catalog import STRATEGIES as CATALOG

STRATEGIES = {
    "ema_cross": (
        "ema_cross", "ema", "emas", "ema cross", "ema crossover", "momentum", "trend", "trend following",
        "trend follower", "trend-following", "trending", "trends", "moving average", "moving averages", "crossover",
        "moving average cross", "moving average crossover", "golden cross",
    ),
    "rsi_reversion": (
        "rsi_reversion", "rsi", "rsi reversion", "mean reversion", "mean-reversion", "mean reverting", "reversion",
        "dip", "dips", "buy the dip", "buying the dip", "buys the dip", "buys dips", "buy dips", "dip buying",
        "dip buyer", "oversold", "reversal", "contrarian", "relative strength",
    ),
    "bollinger": (
        "bollinger", "bollinger band", "bollinger bands", "bollingers", "bands", "bband", "bbands",
    ),
    "breakout": (
        "breakout", "breakouts", "break out", "donchian", "donchian breakout", "donchian breakouts", "donchian channel",
        "donchian channels", "channel breakout", "turtle", "turtles", "new highs",
    ),
    "grid": ("grid", "grids", "grid trading", "grid trader", "ladder"),
    "dca": (
        "dca", "dollar cost averaging", "dollar-cost averaging", "dollar cost average", "cost averaging",
        "cost average", "savings plan", "saving plan", "accumulate", "accumulation", "accumulating", "averaging in",
        "bit by bit", "in instalments", "in installments", "regularly", "steadily",
    ),
    "adaptive": (
        "adaptive", "adapting", "adapts", "adaptively", "self adapting", "self adjusting", "self-adjusting",
        "regime", "regimes", "regime switching", "all weather", "picks its own strategy", "chooses its own strategy",
        "picks its strategy", "chooses its strategy", "switches strategies", "mixes strategies", "all strategies",
        "its own strategy",
    ),
}  # fmt: skip
RISK_MODES = {
    "safe": (
        "safe", "safely", "safer", "conservative", "conservatively", "cautious", "cautiously", "careful", "carefully",
        "low risk", "low-risk", "less risk", "less risky", "less aggressive", "less aggressively", "prudent",
        "prudently", "defensive", "defensively", "timid",
    ),
    "balanced": ("balanced", "moderate", "moderately", "medium", "medium risk", "normal risk"),
    "aggressive": (
        "aggressive", "risky", "riskier", "high risk", "high-risk", "more risk", "aggressively", "degen", "bold",
        "bolder", "boldly", "daring", "reckless",
    ),
}  # fmt: skip
TOPICS = {
    "ema_cross": "ema cross",
    "rsi_reversion": "rsi reversion",
    "bollinger": "bollinger",
    "breakout": "breakout",
    "grid": "grid",
    "dca": "dca",
    "adaptive": "adaptive",
}
"""Under which word help explains a strategy."""

BAR_WORDS = words("""
    bar bars candle candles candlestick candlesticks timeframe timeframes kline klines interval intervals frame frames
""")
SETTING_WORDS = words("""
    the a an its it to on at of for in from with now instead more bit little much be is strategy timeframe time frame
    bars bar candles candle risk mode level parameter parameters setting settings use using trade trading play run
    look looks as by and also set equal equals value all period please exchange way please go going work
""")
"""Words that may stand between the settings of a bot without changing what they say."""


def any_of(phrases: Iterable[str]) -> str:
    """A pattern that matches any of the phrases, the longest first."""
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


def alternatives(table: Mapping[str, Iterable[str]]) -> str:
    """A pattern that matches any phrase of a table."""
    return any_of(phrase for phrases in table.values() for phrase in phrases)


def _aliases() -> dict[str, str]:
    """What may be typed for each parameter of a strategy: its name, with spaces, in the singular and the plural."""
    table: dict[str, str] = {}
    for kind in CATALOG.values():
        for parameter in kind.parameters:
            spaced = parameter.name.replace("_", " ")
            for name in (parameter.name, spaced, spaced.removesuffix("s"), f"{spaced.removesuffix('s')}s"):
                table.setdefault(name, parameter.name)
    return table


PARAMETERS = _aliases()
PHRASES = frozenset(
    phrase for table in (STRATEGIES, RISK_MODES) for phrases in table.values() for phrase in phrases
) | frozenset(PARAMETERS)
"""All of these, for spelling repair."""
