"""Whether the language model is worth asking now: a lasting problem is not met again on every message."""

from datetime import datetime, timedelta

from assistant.model_contract import ModelFailed

_PAUSE = timedelta(minutes=1)


class ModelGate:
    """Remembers a permanent failure for a minute at a time; `problem` is for admins."""

    def __init__(self, *, configured: bool) -> None:
        self.configured = configured
        self.problem: str | None = None
        self._closed_until: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether to ask the model."""
        return self.configured and (self._closed_until is None or now >= self._closed_until)

    def failed(self, failure: ModelFailed, now: datetime) -> None:
        """Take note of a failure."""
        self.problem = failure.reason
        if failure.permanent:
            self._closed_until = now + _PAUSE

    def refuse(self, problem: str, now: datetime) -> None:
        """Take note of what the start-up check found."""
        self.problem = problem
        self._closed_until = now + _PAUSE

    def answered(self) -> None:
        """All is well again."""
        self.problem, self._closed_until = None, None

    @property
    def words(self) -> str:
        """Its state in plain words."""
        if not self.configured:
            return "no OPENAI_API_KEY is set; the offline router answers"
        return self.problem or "answers"
