"""Identifiers from the operating system's randomness."""

import uuid


class RandomIds:
    """UUIDv4: 122 unguessable bits."""

    def new(self) -> str:
        """A fresh identifier as text."""
        return str(uuid.uuid4())  # noqa: TID251  # this adapter is the one place that draws them
