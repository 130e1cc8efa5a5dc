"""How often the offline router is right, on phrasings it was not tuned on and on those it was.

`offline_phrasings.jsonl` was written after the router; no word, pattern or example was added for it. Two
thresholds for reads were set on the seen set after the first 268 of its lines had been scored once; the last 78
were written after that. Two earlier sets were used to tune and are kept in `offline_phrasings_seen.jsonl` as a
regression. `offline_phrasings_ledger.jsonl` was written before any word, pattern or example for the tools that show,
check, export and move money; the first scoring gave plain .97, typo .92, indirect .98, out of scope .77, and nothing
acted that should not. Six of its failures were mended after that, so it is a regression from then on.
`offline_phrasings_orders.jsonl` was written before any word, pattern or example for orders and the guard rails; the
first scoring gave plain .96, typo .75, indirect .90, out of scope .90, and nothing acted that should not. Nine of its
ten failures were mended after that. Its last 85 lines were written then, in words as far from the patterns as came to
mind: plain .82, typo .75, indirect .19, out of scope .83 at their first scoring, and again nothing acted that should
not; what was general in their failures was mended.
`offline_phrasings_bots.jsonl` was written before any word, pattern or example for changing bots, all bots at once,
charts of prices and backtests; the first scoring gave plain .94, typo .93, indirect .80, out of scope 1. What acted
that should not were two lines that had been commands before ("give beta a break", "take 200 out"); they were
exchanged. What was general in the failures was mended: plain 1, typo .93, indirect .90 after that.
Its last 74 lines were written then: plain .83, typo .83, indirect .11, out of scope .70 at their first scoring, and
nothing acted that should not; what was general in their failures was mended.
Wishes of the older files that had been out of scope or ambiguous and are served now (to buy and to sell, to rename,
clone, edit, fund and backtest) became plain ones. All are by the router's own author.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.offline_turns import ACTING, BOTS, calls

_DATA = Path(__file__).parent.parent / "data"
_HELD_OUT = _DATA / "offline_phrasings.jsonl"
_SEEN = _DATA / "offline_phrasings_seen.jsonl"
_LEDGER = _DATA / "offline_phrasings_ledger.jsonl"
_ORDERS = _DATA / "offline_phrasings_orders.jsonl"
_ABOUT_BOTS = _DATA / "offline_phrasings_bots.jsonl"


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _made(row: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return calls(row["text"], row.get("bots", BOTS), row.get("last"))


def _right(row: Mapping[str, Any]) -> bool:
    made = _made(row)
    if row["kind"] in {"plain", "typo", "indirect"}:
        return made == [(call["tool"], call["arguments"]) for call in row["calls"]]
    return not made if row["kind"] == "out_of_scope" else not any(tool in ACTING for tool, _ in made)


def _accuracy(path: Path) -> dict[str, float]:
    right: dict[str, list[bool]] = defaultdict(list)
    for row in _rows(path):
        right[row["kind"]].append(_right(row))
    return {kind: sum(results) / len(results) for kind, results in right.items()}


@pytest.mark.parametrize(
    ("path", "floors"),
    [
        (_HELD_OUT, {"plain": 0.97, "typo": 0.97, "indirect": 0.6, "out_of_scope": 0.97}),
        (_SEEN, {"plain": 0.98, "typo": 0.97, "indirect": 0.93, "out_of_scope": 0.98}),
        (_LEDGER, {"plain": 0.98, "typo": 0.95, "indirect": 0.95, "out_of_scope": 0.8}),
        (_ORDERS, {"plain": 0.98, "typo": 0.9, "indirect": 0.85, "out_of_scope": 0.95}),
        (_ABOUT_BOTS, {"plain": 0.97, "typo": 0.9, "indirect": 0.7, "out_of_scope": 0.88}),
    ],
    ids=["held out", "seen", "ledger", "orders", "bots"],
)
def test_tool_and_arguments_are_right_as_often_as_promised(path: Path, floors: dict[str, float]):
    """Tool and all arguments must match; for what is out of scope, no tool may fire."""
    accuracy = _accuracy(path)
    assert {kind: accuracy[kind] for kind, floor in floors.items() if accuracy[kind] < floor} == {}


@pytest.mark.parametrize(
    "path",
    [_HELD_OUT, _SEEN, _LEDGER, _ORDERS, _ABOUT_BOTS],
    ids=["held out", "seen", "ledger", "orders", "bots"],
)
def test_nothing_acts_on_negated_ambiguous_injected_or_foreign_words(path: Path):
    """It never runs an acting tool on a weak match (spec/chat.md)."""
    kinds = {"negated", "ambiguous", "injected", "out_of_scope"}
    fired = [row["text"] for row in _rows(path) if row["kind"] in kinds and any(t in ACTING for t, _ in _made(row))]
    assert fired == []


def test_the_held_out_set_is_large_enough_to_mean_something():
    assert len(_rows(_HELD_OUT)) >= 160
