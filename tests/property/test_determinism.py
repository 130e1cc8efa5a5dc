"""Same seed and data, same fills, bit for bit: also in another process that hashes differently (spec/pipeline.md)."""

import subprocess
import sys
from pathlib import Path

from core.domain import events as ev
from core.domain.journal import canonical
from tests.property.seeded_history import journal_hash, play

ROOT = Path(__file__).parents[2]


def test_two_runs_of_one_history_write_the_same_bytes():
    first, again = play(7), play(7)
    assert [canonical(document) for document in first.chain.documents] == [
        canonical(document) for document in again.chain.documents
    ]
    first.finish()
    for kind in (ev.OrderExecuted, ev.OrderAccepted, ev.OrderFilled):
        assert first.seen[kind.__name__] > 20, f"the history has hardly any {kind.__name__}"


def test_another_seed_is_another_history():
    assert journal_hash(play(7, 50)) != journal_hash(play(8, 50))


def test_another_process_writes_the_same_bytes():
    """Each with its own seed of Python's hashes, so that no order of a set or dictionary can decide anything."""
    told = {
        subprocess.run(
            [sys.executable, "-m", "tests.property.seeded_history", "7"],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {journal_hash(play(7))}
