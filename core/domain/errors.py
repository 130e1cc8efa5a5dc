"""Errors a person can act on: each has a stable code and says what happened and what to do."""


class ProductError(Exception):
    """Base of every expected failure.

    Attributes:
        code: stable machine-readable name, the `code` of an API problem document.
        message: one plain sentence for a person, free of secrets.
    """

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ProductError):
    """The request itself is wrong; the same request will fail again."""

    code = "invalid_input"


class NotFound(ProductError):
    """What was named does not exist, or belongs to somebody else."""

    code = "not_found"


class Forbidden(ProductError):
    """The person's role does not allow this."""

    code = "forbidden"


class NotAuthenticated(ProductError):
    """Who is asking could not be established."""

    code = "not_authenticated"


class TooManyAttempts(ProductError):
    """A rate limit was reached; the message says when to try again."""

    code = "too_many_attempts"


class Conflict(ProductError):
    """The request contradicts what is already recorded."""

    code = "conflict"


class IdempotencyConflict(Conflict):
    """The same key was used before for a different request."""

    code = "idempotency_conflict"


class Unavailable(ProductError):
    """Something the request needs (store, price, provider) cannot be reached now."""

    code = "unavailable"


class IntegrityError(ProductError):
    """Recorded data contradicts itself; trading on it would be wrong."""

    code = "integrity"
