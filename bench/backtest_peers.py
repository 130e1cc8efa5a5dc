"""Other people's backtests of an EMA cross; run by bench/peers.py with an interpreter that has them installed.

Run: `PYTHON backtest_peers.py backtesting|vectorbt TASK.npz`; prints one JSON object. It stands alone: nothing of the
product is imported here, and nothing of the peers (backtesting.py is AGPL) is imported by the product.

The task has columns `open high low close ask bid` (best prices at each open) and `half_spread`, the numbers `capital
fraction fee unit` (base units of a lot), `fast` and `slow` of each combination, and `repeats`.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

Task = dict[str, np.ndarray]
COLUMNS_AT_A_TIME = 100
"""Combinations that vectorbt holds in memory together."""


def _timed(work: Callable[[], list[float]], repeats: int) -> dict[str, Any]:
    """What it gives, CPU seconds of the first time, and of the fastest of the times after it."""
    spent: list[float] = []
    final: list[float] = []
    for _ in range(repeats + 1):
        started = time.process_time()
        final = work()
        spent.append(time.process_time() - started)
    return {"final": final, "first_secs": spent[0], "secs": min(spent[1:])}


def backtesting(task: Task) -> dict[str, Any]:
    """One combination with backtesting.py, in fractions of a coin.

    It knows one spread for all prices, so ours is charged with the commission; its size counts the commission in.
    """
    lib, library, talib = import_module("backtesting"), import_module("backtesting.lib"), import_module("talib")
    pd = import_module("pandas")
    fast, slow, unit, fee = int(task["fast"][0]), int(task["slow"][0]), float(task["unit"]), float(task["fee"])
    size = float(task["fraction"]) * (1 + fee)
    spread_at = dict(zip((task["open"] * unit).tolist(), (task["half_spread"] * unit).tolist(), strict=True))

    class Cross(lib.Strategy):
        def init(self) -> None:
            self.fast = self.I(talib.EMA, self.data.Close, fast)
            self.slow = self.I(talib.EMA, self.data.Close, slow)

        def next(self) -> None:
            above = self.fast[-1] > self.slow[-1]
            if self.position:
                if self.fast[-1] < self.slow[-1]:
                    self.position.close()
            elif above and self.fast[-2] <= self.slow[-2]:
                self.buy(size=size)

    def commission(quantity: float, price: float) -> float:
        return abs(quantity) * (price * fee + spread_at[price])

    frame = pd.DataFrame({name.title(): task[name] for name in ("open", "high", "low", "close")})
    frame["Volume"] = 1.0
    frame.index = pd.date_range("2022-01-01", periods=len(frame), freq="1min")

    def work() -> list[float]:
        test = library.FractionalBacktest(
            frame, Cross, cash=float(task["capital"]), commission=commission, fractional_unit=unit
        )
        return [float(test.run()["Equity Final [$]"])]

    return _timed(work, int(task["repeats"])) | {"version": lib.__version__}


def vectorbt(task: Task) -> dict[str, Any]:
    """All combinations with vectorbt: crossings as arrays, orders at the next open's best prices, no lots.

    Told of lots, it loses one of them to a float's last digit when it sells, and then never trades again.
    """
    vbt, talib = import_module("vectorbt"), import_module("talib")

    def portfolio(chosen: slice, averages: dict[int, np.ndarray]) -> Any:  # noqa: ANN401 - vectorbt's own
        fast = np.column_stack([averages[period] for period in task["fast"][chosen].tolist()])
        slow = np.column_stack([averages[period] for period in task["slow"][chosen].tolist()])
        crossed = np.zeros_like(fast, dtype=bool)
        crossed[2:] = (fast[1:-1] > slow[1:-1]) & (fast[:-2] <= slow[:-2])
        below = np.zeros_like(crossed)
        below[1:] = fast[:-1] < slow[:-1]
        return vbt.Portfolio.from_signals(
            task["close"][:, None],
            entries=crossed,
            exits=below,
            price=np.where(crossed, task["ask"][:, None], task["bid"][:, None]),
            # It wants the fee to fit into the part of the cash that is spent; ours pays it from the rest.
            size=float(task["fraction"]) * (1 + float(task["fee"])),
            size_type="percent",
            fees=float(task["fee"]),
            init_cash=float(task["capital"]),
            freq="1min",
        )

    def work() -> list[float]:
        periods = {*task["fast"].tolist(), *task["slow"].tolist()}
        averages = {period: talib.EMA(task["close"], period) for period in periods}
        final: list[float] = []
        for first in range(0, len(task["fast"]), COLUMNS_AT_A_TIME):
            done = portfolio(slice(first, first + COLUMNS_AT_A_TIME), averages)
            np.atleast_1d(done.max_drawdown())
            np.atleast_1d(done.trades.win_rate())
            final += np.atleast_1d(done.final_value()).tolist()
        return final

    return _timed(work, int(task["repeats"])) | {"version": vbt.__version__}


def main() -> None:
    """Run one peer on a task."""
    warnings.simplefilter("ignore")
    peers = {"backtesting": backtesting, "vectorbt": vectorbt}
    with np.load(sys.argv[2]) as stored:
        task = {name: stored[name] for name in stored.files}
    print(json.dumps(peers[sys.argv[1]](task)))


if __name__ == "__main__":
    main()
