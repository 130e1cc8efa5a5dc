"""The field's words in plain language, for `help`."""

_STRATEGIES = (
    "A strategy is the rule by which a bot buys and sells. There are two: EMA cross follows trends (it buys when a "
    "fast average of the price rises above a slow one), RSI reversion buys dips (it buys when a market that fell a "
    "lot turns up again)."
)
_RISK_MODES = (
    "A bot's risk mode says how much it dares: safe puts little of its cash into a position and is content with small "
    "gains, balanced puts in about half, aggressive nearly all of it for bigger gains and bigger losses."
)

WORDS: dict[str, str] = {
    "drawdown": "Drawdown is how far your equity has fallen from its highest point, in percent.",
    "slippage": "Slippage is the difference between the price when the bot decided and the price it got.",
    "lot": "A lot is what one buy brought in. Sales use up the oldest lots first (FIFO).",
    "equity": "Equity is all your cash plus what your positions are worth at the present mark price.",
    "realized pnl": "Realized PnL is what closed positions made or lost, before fees.",
    "unrealized pnl": "Unrealized PnL is what open positions would make or lose at the mark price, before fees.",
    "fees": "Fees are what the exchange would charge for each fill; the paper exchange charges them too.",
    "spread": "The spread is the gap between the best buying and the best selling price.",
    "edge": "The edge is the gain a bot aims for: the distance to its take-profit. It must pay for fees and spread.",
    "bps": "A basis point (bp) is a hundredth of a percent.",
    "take profit": "A take-profit sells the position when the price has risen to a set level.",
    "stop loss": "A stop-loss sells the position when the price has fallen to a set level.",
    "circuit breaker": "The circuit breaker stops entries when losses, loss streaks or errors reach a limit.",
    "paper trading": "Paper trading uses play money on real or simulated prices; no real order is ever sent.",
    "fill": "A fill is one execution of an order at one price.",
    "trade": "A trade is one selling order together with the lots it sold.",
    "ema cross": "EMA cross follows trends: it buys when a fast average rises above a slow one.",
    "rsi reversion": "RSI reversion buys dips: it enters when an oversold market turns up again.",
    "risk mode": _RISK_MODES,
    "strategies": f"{_STRATEGIES} {_RISK_MODES}",
    "strategy": _STRATEGIES,
}


def explain(topic: str) -> str | None:
    """The explanation of a word, ignoring case, hyphens and underscores."""
    wanted = topic.strip().casefold().replace("-", " ").replace("_", " ")
    return WORDS.get(wanted) or next((text for word, text in WORDS.items() if word in wanted), None)
