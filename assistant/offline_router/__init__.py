"""Routes messages to tools without a model: deterministic, fast, and never acting on a guess."""

from assistant.offline_router.router import OfflineRouter
from assistant.offline_router.understand import is_bare_assent, understand
from assistant.offline_router.understanding import Call, Option, Outcome, Understanding

__all__ = [
    "Call",
    "OfflineRouter",
    "Option",
    "Outcome",
    "Understanding",
    "is_bare_assent",
    "understand",
]
