"""The field's words in plain language, for `help`."""

import re

from core.domain.strategies.base import Parameter, StrategyKind
from core.domain.strategies.catalog import STRATEGIES

_STRATEGIES = (
    f"A strategy is the rule by which a bot buys and sells. There are {len(STRATEGIES)}: "
    f"{', '.join(f'{kind.title} ({kind.name})' for kind in STRATEGIES.values())}. "
    "“what does grid do?” explains one, with its parameters."
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
    "position": "A position is what a bot holds of a coin; its worth follows the mark price.",
    "mark price": "The mark is the price used to value what is held: the middle between best buyer and best seller.",
    "win rate": "The win rate is the share of closed trades with a net result above zero.",
    "profit factor": "The profit factor is the sum of all wins over that of all losses; without a loss there is none.",
    "expectancy": "Expectancy is the average net result of a closed trade.",
    "sharpe": "The Sharpe ratio is the average daily return over its deviation, times the square root of 365.",
    "sortino": "The Sortino ratio is like Sharpe's, but only losing days count as deviation.",
    "unit value": (
        "Returns and drawdown are measured per unit of equity: money in buys units, money out redeems them, so that "
        "a deposit is no gain and a withdrawal no loss."
    ),
    "holding time": "The holding time of a trade runs from its first purchase to its sale.",
    "hash chain": (
        "Each event of your ledger carries a fingerprint of itself and of the event before, so that changing, "
        "removing or adding one later shows."
    ),
    "anchor": "An anchor notes the ledger's last fingerprint outside the database, so that cutting its end shows.",
    "reconciliation": "Reconciling compares the ledger with the lists that follow from it, such as trades and fills.",
    "reconcile": "Reconciling compares the ledger with the lists that follow from it, such as trades and fills.",
    "deposit": "“deposit 500 USDT” adds play money after a click; it counts as neither gain nor loss.",
    "withdraw": "“withdraw 500 USDT” takes play money out of your free cash after a click.",
    "convert": "“convert 500 USDT to BTC” changes free cash at the mark price, less a fee of 0.1 %, after a click.",
    "export": "“export my trades” gives a CSV file; “export my fills” and “export the ledger” work too.",
    "market order": "A market order takes the best prices there are now; “buy 0.01 btc” is one.",
    "limit order": (
        "A limit order names its worst price. What does not trade at once waits in the book until it fills, expires "
        "or is canceled, and what it needs is reserved meanwhile."
    ),
    "time in force": (
        "How long an order works: gtc until canceled, ioc takes what fills at once, fok is filled whole at once or "
        "not at all."
    ),
    "post only": "A post-only order is a limit order that must wait in the book: it is refused when it would trade.",
    "maker": "A maker's order waited in the book and pays the lower fee; a taker's traded at once and pays the higher.",
    "taker": "A taker's order traded at once and pays the higher fee; a maker's waited in the book and pays the lower.",
    "break even": (
        "The break-even move is how far the price must rise until an order has paid for both fees, the spread and "
        "slippage. The gate asks for more: a safety margin and a least gain come on top."
    ),
    "cooldown": "A cooldown is the least time between two entries of a bot, 5 to 120 minutes.",
    "burst": "A burst limit allows only so many entries on an exchange within some seconds.",
    "flatten": "“flatten alpha” sells everything the bot holds and takes its orders back; the bot itself goes on.",
    "quarantine": "A bot is in quarantine while an open circuit breaker keeps it from entering.",
    "gates": (
        "Every order passes four gates: its key is new, its edge pays for its costs, the limits leave room, and no "
        "circuit breaker is open. What sells is never held up by fees, limits or a breaker."
    ),
    "risk mode": _RISK_MODES,
    "backtest": (
        "A backtest lets a strategy trade past prices with the same engine, gates and fees as a bot: “backtest grid on "
        "btc over the last 30 days”. The past promises nothing."
    ),
    "buy and hold": "Buy and hold is what buying at the start with all the money and waiting would have brought.",
    "cagr": "CAGR is the yearly growth that compounds to the whole return.",
    "exposure": "Exposure is the share of the time in which something was held.",
    "pause": (
        "A paused bot makes no new entries and its waiting ones are taken back; what it holds keeps its target and "
        "stop. “flatten alpha” sells it."
    ),
    "strategies": f"{_STRATEGIES} {_RISK_MODES}",
    "strategy": _STRATEGIES,
}


_ALSO_CALLED = {
    "ema": "ema_cross",
    "momentum": "ema_cross",
    "trend following": "ema_cross",
    "rsi": "rsi_reversion",
    "mean reversion": "rsi_reversion",
    "donchian": "breakout",
    "dollar cost averaging": "dca",
}


def explain(topic: str) -> str | None:
    """The explanation of a word or a strategy, ignoring case, hyphens and underscores."""
    wanted = _spoken(topic)
    if wanted in WORDS:
        return WORDS[wanted]
    kind = _strategy_in(wanted)
    if kind is not None:
        return _told(kind)
    return next((text for word, text in WORDS.items() if word in wanted), None)


def _spoken(text: str) -> str:
    return text.strip().casefold().replace("-", " ").replace("_", " ")


def _strategy_in(wanted: str) -> StrategyKind | None:
    """The strategy that is named in a question, the longest of its names first."""
    names = {_spoken(name): kind for kind in STRATEGIES.values() for name in (kind.name, kind.title)}
    names |= {word: STRATEGIES[name] for word, name in _ALSO_CALLED.items()}
    said = (name for name in sorted(names, key=len, reverse=True) if re.search(rf"\b{name}\b", wanted))
    return next((names[name] for name in said), None)


def _told(kind: StrategyKind) -> str:
    parameters = ". ".join(_parameter(parameter) for parameter in kind.parameters)
    return (
        f"{kind.title} ({kind.name}): {kind.description} "
        f"Its parameters, each with its default and bounds: {parameters}. "
        f"“backtest {kind.name} on btc” shows how it would have done."
    )


def _parameter(parameter: Parameter) -> str:
    bounds = f"{parameter.minimum} to {parameter.maximum}"
    return f"{parameter.name} {parameter.default} ({bounds}): {parameter.meaning}"
