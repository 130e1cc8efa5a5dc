"""Secrets a development installation makes for itself, kept under the data directory, readable by its owner only."""

import os
import secrets
from pathlib import Path

from core.domain.errors import ProductError

_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY


class SecretsUnreadable(ProductError):
    """A kept secret cannot be read or written; the message names the file."""

    code = "secrets_unreadable"


class SecretsFile:
    """One file per secret, mode 0600, in a directory of mode 0700."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get_or_create(self, name: str, entropy_bytes: int = 48) -> str:
        """The secret of that name, made on first use; processes that start at once agree on one.

        Args:
            name: file name, without a path.
            entropy_bytes: random bytes behind a fresh secret (its text is longer by a third).

        Raises:
            SecretsUnreadable: no permission, or the file is empty.
        """
        path = self._directory / name
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                self._create(path, secrets.token_urlsafe(entropy_bytes))
            path.chmod(0o600)
            value = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise SecretsUnreadable(f"Cannot keep a secret in {path}: {error.strerror}.") from error
        if not value:
            raise SecretsUnreadable(f"{path} is empty; delete it and start again to make a new secret.")
        return value

    def _create(self, path: Path, value: str) -> None:
        """Write beside and link into place: another process sees all of it or nothing, and the first one wins."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, _NEW_FILE, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(value + "\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was first; its value is read next
        finally:
            draft.unlink()
