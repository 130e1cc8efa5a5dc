"""Limits failed logins per account and address (spec/operations.md, Security)."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta

from core.domain.errors import TooManyAttempts

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class LoginLimiter:
    """Counts attempts in this process.

    An attempt counts when it begins and is forgiven when it succeeds, so that parallel guesses cannot
    slip in before the first failure is known.

    Args:
        per_minute: failures allowed in any 60 seconds.
        per_hour: failures allowed in any 3,600 seconds.
        max_keys: account-and-address pairs remembered; the one unused longest is dropped first. Each
            new pair costs an attacker one password hash, so rolling the table over takes over an hour.
    """

    def __init__(self, per_minute: int = 5, per_hour: int = 20, max_keys: int = 20_000) -> None:
        self._limits = ((_MINUTE, per_minute), (_HOUR, per_hour))
        self._max_keys = max_keys
        self._attempts: OrderedDict[Hashable, deque[datetime]] = OrderedDict()

    def begin(self, key: Hashable, now: datetime) -> None:
        """Count an attempt.

        Raises:
            TooManyAttempts: a limit is reached; the message says when to try again.
        """
        attempts = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        while attempts and now - attempts[0] >= _HOUR:
            attempts.popleft()
        for window, allowed in self._limits:
            recent = [at for at in attempts if now - at < window]
            if len(recent) >= allowed:
                wait = recent[len(recent) - allowed] + window - now
                raise TooManyAttempts(f"Too many failed logins; try again in {_in_words(wait)}.")
        attempts.append(now)
        while len(self._attempts) > self._max_keys:
            self._attempts.popitem(last=False)

    def withdraw(self, key: Hashable) -> None:
        """Forget the newest attempt of this pair: it came to no verdict, because something was away."""
        attempts = self._attempts.get(key)
        if attempts:
            attempts.pop()

    def succeeded(self, key: Hashable) -> None:
        """Forget the failures of this pair."""
        self._attempts.pop(key, None)


def _in_words(wait: timedelta) -> str:
    secs = max(1, round(wait.total_seconds()))
    return f"{secs} seconds" if secs < 120 else f"{-(-secs // 60)} minutes"  # noqa: PLR2004
