"""The real program as a child process, started as an operator would."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from core.bootstrap import STORE_FILE
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "BTC_USDT-1m.csv.gz"

ADMIN = "admin@example.com"
PASSWORD = "correct horse battery"

#: Everything the program reads, so that nothing of the developer's own environment gets in.
_CLEAN = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV"}
_COMMAND = (sys.executable, "-m", "web.cli")


@dataclass
class Server:
    """`amarktai run` with its own data directory; can be killed and started again."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in _CLEAN}  # noqa: TID251 - passes it on
        return kept | {
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(self.data),
            "ADMIN_EMAIL": ADMIN,
            "ADMIN_PASSWORD": PASSWORD,
            "PORT": str(self.port),
            "MARKET_DATA": "simulated",
            **self.settings,
        }

    @property
    def store(self) -> Location:
        """Where its store is, for a test that looks into it from outside."""
        if url := self.settings.get("MONGO_URL"):
            return Location("mongo", url)
        return Location("sqlite", str(self.data / STORE_FILE))

    def cli(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command on the same installation to its end."""
        self.data.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [*_COMMAND, *arguments],
            cwd=self.data,
            env=self.environment(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def add_user(self, email: str) -> None:
        """As an operator would, with the password on standard input."""
        added = self.cli("user", "add", email, typed=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [*_COMMAND, "run"],
                cwd=self.data,  # a developer's own `.env` must not get in
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = self._announced_port()
        self._wait_until_up()

    def _announced_port(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "http://" in line:
                return int(line.strip().rsplit(":", 1)[1])
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def _wait_until_up(self) -> None:
        # The listening socket is there before the application is: the first request waits for its answer.
        answer = httpx.get(f"{self.url}/api/health/ping", timeout=60)
        assert answer.status_code == 200, self.log()

    def log(self) -> str:
        return (self.data / "server.log").read_text()

    def stop(self) -> None:
        """As systemd would: ask, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def token(self, email: str = ADMIN, password: str = PASSWORD) -> str:
        answer = httpx.post(f"{self.url}/api/auth/login", json={"email": email, "password": password}, timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def summary(self, email: str = ADMIN) -> dict[str, Any]:
        """`GET /api/portfolio/summary` as this person."""
        headers = {"Authorization": f"Bearer {self.token(email)}"}
        answer = httpx.get(f"{self.url}/api/portfolio/summary", headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()


def market_settings() -> tuple[dict[str, str], str]:
    """The recorded market at high speed, or the simulated one where the recording is missing, and its name."""
    if RECORDED.exists():
        return {"MARKET_DATA": f"replay:{RECORDED}", "REPLAY_SPEED": "600"}, "replay:BTC_USDT-1m"
    return {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7", "SIMULATION_SPEED": "600"}, "simulated"
