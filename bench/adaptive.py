"""The exam of `adaptive`: is it better than the average of its members, net of costs? On made and recorded markets.

Regimes exist by construction in the made ones, so that a strategy that adapts has something to find; the seeds 1 to 50
are the exam's and nothing was chosen by them. Every figure is the product's own backtest's (bench/adaptive_exam.py):
net return and largest fall from a peak, then what adaptive has more than the average of its members on the same
market, with the standard error over the seeds.

The members' average trades more than adaptive does. So there is a second comparison, per round trip: all gains over
all bets, in bps. It tells choosing the better moments from merely staying out.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import mean, median, stdev

from bench.adaptive_exam import KINDS, Outcome, Sitting, examine, sit
from bench.adaptive_markets import RECORDED, RegimeMarket, SimulatedMarket
from bench.table import Table
from core.domain.market import Timeframe

SEEDS = range(1, 51)
MARKETS: dict[str, RegimeMarket | SimulatedMarket] = {
    "regimes, 1h bars, 250 days": RegimeMarket(Timeframe.H1, 6_000),
    "regimes with trends half as strong, 1h bars, 250 days": RegimeMarket(Timeframe.H1, 6_000, drift=0.1),
    "regimes, 5m bars, 30 days": RegimeMarket(Timeframe.M5, 8_640),
    "the product's simulated market, 1m bars, 6 days": SimulatedMarket(8_640),
}
_COLUMNS = ("strategy", "mean", "median", "worst", "best", "fall", "trades", "in market", "a round trip")


async def run() -> list[Table]:
    """The made markets, then the recorded ones."""
    tables: list[Table] = []
    for title, market in MARKETS.items():
        tables.append(_made(title, await asyncio.to_thread(examine, market, SEEDS)))
        print(tables[-1].notes[0], flush=True)
    return [*tables, await asyncio.to_thread(_recorded)]


def _made(title: str, sittings: Sequence[Sitting]) -> Table:
    table = Table(f"{title}, {len(sittings)} seeds", _COLUMNS)
    table.add("adaptive", *_row([sitting.adaptive for sitting in sittings]))
    for index, kind in enumerate(KINDS[1:]):
        table.add(kind.name, *_row([sitting.members[index] for sitting in sittings]))
    table.add("members' average", *_row_of_averages(sittings))
    differences = [sitting.difference for sitting in sittings]
    error = stdev(differences) / sqrt(len(differences))
    table.note(
        f"adaptive less the members' average: {_percent(mean(differences))}, standard error {error * 100:.2f}, "
        f"deviation {stdev(differences) * 100:.2f}; better on {_wins(d > 0 for d in differences)} of {len(sittings)} "
        f"markets, better than the best member on "
        f"{_wins(s.adaptive.net > max(m.net for m in s.members) for s in sittings)}, "
        f"above zero on {_wins(s.adaptive.net > 0 for s in sittings)}"
    )
    return table


def _recorded() -> Table:
    names = [kind.name for kind in KINDS[1:]]
    table = Table("recorded markets: net return, trades", ("market", "adaptive", *names, "average", "difference"))
    for market in RECORDED:
        if not market.path.exists():
            table.note(f"{market.file} is not there and was left out")
            continue
        history = market.history()
        sitting = sit(history, market.timeframe)
        cells = [f"{_percent(outcome.net)} {outcome.trades:4}" for outcome in (sitting.adaptive, *sitting.members)]
        table.add(
            f"{history.instrument.symbol} {market.timeframe}",
            *cells,
            _percent(sitting.average),
            _percent(sitting.difference),
        )
    return table


def _row(outcomes: Sequence[Outcome]) -> list[str]:
    nets = [outcome.net for outcome in outcomes]
    return [
        *_spread(nets),
        _percent(mean(outcome.fall for outcome in outcomes)),
        f"{mean(outcome.trades for outcome in outcomes):.0f}",
        f"{mean(outcome.exposure for outcome in outcomes) * 100:.0f} %",
        _a_round_trip(outcomes),
    ]


def _row_of_averages(sittings: Sequence[Sitting]) -> list[str]:
    def average(of: Callable[[Outcome], float]) -> float:
        return mean(of(member) for sitting in sittings for member in sitting.members)

    return [
        *_spread([sitting.average for sitting in sittings]),
        _percent(average(lambda member: member.fall)),
        f"{average(lambda member: member.trades):.0f}",
        f"{average(lambda member: member.exposure) * 100:.0f} %",
        _a_round_trip([member for sitting in sittings for member in sitting.members]),
    ]


def _a_round_trip(outcomes: Sequence[Outcome]) -> str:
    """Gains over bets of all markets together."""
    bet = sum(outcome.bet for outcome in outcomes)
    return f"{sum(outcome.net for outcome in outcomes) / bet * 10_000:+.1f} bps" if bet else "no bet"


def _spread(nets: Sequence[float]) -> list[str]:
    return [_percent(value) for value in (mean(nets), median(nets), min(nets), max(nets))]


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.2f} %"


def _wins(won: Iterable[bool]) -> int:
    return sum(won)
