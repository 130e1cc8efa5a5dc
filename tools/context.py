"""Who asks and where: established from the login, never from a message or a model."""

from dataclasses import dataclass

from core.domain.user import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request, as the store knew them a moment ago."""

    user_id: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal in one conversation (chat thread, or the token's `jti` for the API)."""

    principal: Principal
    conversation_id: str
