"""Who asks and where: established from the login, never from a message or a model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from core.domain.user import Role

Progress: TypeAlias = Callable[[int, int, str], None]
"""How far a long tool is: steps done, steps in all, and what is being done in a few plain words."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request, as the store knew them a moment ago."""

    user_id: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal in one conversation (chat thread, or the token's `jti` for the API).

    Whoever wants to show how far a long tool is gives a `progress` along with `dataclasses.replace(caller,
    progress=...)`: it is called on the event loop, from time to time until the tool answers, must return at once
    (keep the newest figures and show them elsewhere) and is never called by most tools.
    """

    principal: Principal
    conversation_id: str
    progress: Progress | None = field(default=None, compare=False, repr=False)
