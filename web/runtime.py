"""What the chat callbacks need, set once at start: Chainlit loads its file by path and cannot be handed anything."""

from dataclasses import dataclass

from assistant.assistant import Assistant
from core.services.services import Services


@dataclass(frozen=True, slots=True)
class Runtime:
    """The running installation as the chat sees it."""

    services: Services
    assistant: Assistant


_current: list[Runtime] = []


def set_runtime(runtime: Runtime) -> None:
    """Install the runtime of this process."""
    _current[:] = [runtime]


def runtime() -> Runtime:
    """The runtime of this process.

    Raises:
        RuntimeError: the application has not started.
    """
    if not _current:
        raise RuntimeError("The application has not started.")
    return _current[0]
