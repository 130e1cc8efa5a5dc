"""How a language model is configured and how it fails; light to import, for those who never load one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import SecretStr

from core.domain.errors import ProductError

ModelApi: TypeAlias = Literal["auto", "chat", "responses"]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model answers, where, and how long a turn may take.

    `api` auto means: Chat Completions on a custom `base_url`, what the model needs on OpenAI's own.
    `deadline_secs` bounds the whole turn, all attempts and tools included; `attempts` and the first
    pause `backoff_secs` (doubling, jittered) are per question to the model.
    """

    api_key: SecretStr
    base_url: str | None
    model: str
    api: ModelApi = "auto"
    deadline_secs: float = 30
    attempts: int = 3
    backoff_secs: float = 0.5


class FailureKind(StrEnum):
    """Why a model could not answer."""

    CREDENTIALS = "credentials"
    MODEL = "model"
    QUOTA = "quota"
    REQUEST = "request"
    RATE_LIMIT = "rate_limit"
    SERVER = "server"
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"
    LIMIT = "limit"


REASONS = {
    FailureKind.CREDENTIALS: "The language model's provider refused the API key.",
    FailureKind.MODEL: "The language model's provider does not serve the configured model.",
    FailureKind.QUOTA: "The account at the language model's provider has no credit left.",
    FailureKind.REQUEST: "The language model's provider refused the request.",
    FailureKind.RATE_LIMIT: "The language model's provider asked to slow down.",
    FailureKind.SERVER: "The language model's provider had an internal error.",
    FailureKind.CONNECTION: "The connection to the language model's provider failed or broke off.",
    FailureKind.TIMEOUT: "The language model did not answer in time.",
    FailureKind.MALFORMED: "The language model's answer could not be read.",
    FailureKind.LIMIT: "The language model needed too many steps.",
}

#: The same question will fail until somebody changes the settings or the account.
PERMANENT = frozenset({FailureKind.CREDENTIALS, FailureKind.MODEL, FailureKind.QUOTA, FailureKind.REQUEST})

#: Asking again may help; a TIMEOUT here is one silent attempt, not the end of the turn's time.
TRANSIENT = frozenset(
    {
        FailureKind.RATE_LIMIT,
        FailureKind.SERVER,
        FailureKind.CONNECTION,
        FailureKind.TIMEOUT,
        FailureKind.MALFORMED,
    }
)


class ModelFailed(ProductError):
    """The model could not finish a turn.

    Attributes:
        kind: what went wrong.
        reason: the same in plain words, without secrets.
        permanent: True when trying again is useless until the configuration changes.
        changed: True when the turn already changed or showed something (a tool call that changed, or
            may have changed, something, or a block on the screen): it must not be routed a second time.
        spoke: True when text was already streamed.
        retry_after_secs: the pause the provider asked for.
    """

    code = "model_failed"

    def __init__(self, kind: FailureKind, *, retry_after_secs: float | None = None) -> None:
        super().__init__(REASONS[kind])
        self.kind = kind
        self.reason = REASONS[kind]
        self.permanent = kind in PERMANENT
        self.changed = False
        self.spoke = False
        self.retry_after_secs = retry_after_secs
