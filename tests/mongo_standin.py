"""A MongoDB stand-in as a process: the `secantusdb` server, which speaks the real wire protocol.

`TEST_MONGO_URL` makes the same tests use a real server instead; this module is the one reader of it in tests.
"""

import collections
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

_START_TIMEOUT_SECS = 60
_OPTIONS = "directConnection=true&retryWrites=false&w=majority&journal=true&maxPoolSize=8&maxIdleTimeMS=240000"
_LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


def real_server_url() -> str | None:
    """The server the tests shall use instead of the stand-in; its databases get names of their own."""
    return os.environ.get("TEST_MONGO_URL") or None  # noqa: TID251 - tests choose their server in this one place


def database_url(server_url: str, database: str) -> str:
    """`server_url` with another database name."""
    scheme, _, rest = server_url.partition("://")
    address, _, tail = rest.partition("/")
    options = tail.partition("?")[2]
    return f"{scheme}://{address}/{database}" + (f"?{options}" if options else "")


class MongoStandIn:
    """One server process on a storage directory that survives restarts."""

    def __init__(self, storage: Path) -> None:
        self._storage = storage
        self._process: subprocess.Popen[str] | None = None
        self._port = 0  # any free one at first, the same one after a restart
        self._listening = threading.Event()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=20)

    @property
    def url(self) -> str:
        """Connection string without a particular database."""
        return f"mongodb://127.0.0.1:{self._port}/?{_OPTIONS}"

    def start(self) -> None:
        """Start and wait until it listens."""
        self._storage.mkdir(parents=True, exist_ok=True)
        config = self._storage.parent / f"{self._storage.name}.toml"
        config.write_text("")  # without one of our own it would load a stray file
        self._listening.clear()
        command = [sys.executable, "-m", "secantus", "--config", str(config), "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--storage-path", str(self._storage)]
        command += ["--sync-on-commit", "--cache-size", "256M"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._drain, args=(self._process,), daemon=True).start()
        if not self._listening.wait(_START_TIMEOUT_SECS):
            self.kill()
            raise RuntimeError("the MongoDB stand-in did not start:\n" + "".join(self._last_lines))

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _drain(self, process: subprocess.Popen[str]) -> None:
        """Read its log for as long as it lives: a full pipe would stop it."""
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self._last_lines.append(line)
                if found := _LISTENING.search(line):
                    self._port = int(found[1])
                    self._listening.set()
