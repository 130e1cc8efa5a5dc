"""Installs the peers of the backtest benchmarks in an environment of their own, and runs them as processes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / "build" / "bench-peers"
LOCK = ROOT / "requirements-bench.txt"


class PeerMissing(Exception):
    """A peer cannot be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class PeerResult:
    """Final equity of each combination; CPU seconds of the first run in a process and of the fastest one after it."""

    version: str
    final: list[float]
    first_secs: float
    secs: float


def run_peer(name: str, task: dict[str, Any]) -> PeerResult:
    """Let a peer work on a task (see bench/backtest_peers.py).

    Raises:
        PeerMissing: it cannot be installed or fails.
    """
    python = _environment()
    path = ENVIRONMENT / f"{name}.npz"
    np.savez(path, allow_pickle=False, **{key: np.asarray(value) for key, value in task.items()})
    command = [str(python), str(ROOT / "bench" / "backtest_peers.py"), name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_one_thread())
    if done.returncode:
        raise PeerMissing(f"{name} failed: {_last_line(done.stderr)}")
    return PeerResult(**json.loads(done.stdout.splitlines()[-1]))


def _environment() -> Path:
    """The peers' interpreter; made by the first benchmark that needs it, after that as the lock file wants it."""
    python = ENVIRONMENT / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    if not python.exists():
        _install([str(uv), "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)])
    _install([str(uv), "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(LOCK)])
    return python


def _install(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"The peers cannot be installed: {error}") from error
    if done.returncode:
        raise PeerMissing(f"The peers cannot be installed: {_last_line(done.stderr)}")


def _one_thread() -> dict[str, str]:
    """CPU time is compared on one core."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return os.environ | dict.fromkeys(names, "1")  # noqa: TID251 - a process gets its parent's environment


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]
