"""Runs the entries of many bots of one user in two real processes that begin at the same moment."""

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.integration.ordering_child import READY, Answer, Job
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
PROCESSES = 2
_TIMEOUT_SECS = 90


@dataclass(slots=True)
class Race:
    """Two processes whose bots enter at the same moment, and what they were told."""

    location: Location
    user_id: str
    bots: list[str]
    answers: list[Answer] = field(default_factory=list[Answer])
    _ready: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])

    async def run(self, limits: dict[str, Any], *, rests: bool = False, rounds: int = 1) -> None:
        """Until every bot has had its last answer."""
        async with asyncio.timeout(_TIMEOUT_SECS), asyncio.TaskGroup() as tasks:
            for first in range(PROCESSES):
                backend, address = self.location.backend, self.location.address
                job = Job(backend, address, self.user_id, tuple(self.bots[first::PROCESSES]), limits, rests, rounds)
                tasks.create_task(self._child(job))

    async def _child(self, job: Job) -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.integration.ordering_child", msgspec.json.encode(job).decode()),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        try:
            while line := (await child.stdout.readline()).decode().strip():
                if line == READY:
                    self._begin_when_all_are_ready(child)
                else:
                    self.answers.append(msgspec.json.decode(line, type=Answer))
        except BaseException:
            child.kill()
            raise
        finally:
            code = await child.wait()
        assert code == 0

    def _begin_when_all_are_ready(self, child: asyncio.subprocess.Process) -> None:
        self._ready.append(child)
        if len(self._ready) == PROCESSES:
            for one in self._ready:
                assert one.stdin is not None
                one.stdin.write(b"go\n")
