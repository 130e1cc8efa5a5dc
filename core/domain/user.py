"""People and what they may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; read from the store on each use."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """An account. `token_version` rises when all tokens issued so far must die."""

    user_id: str
    email: str
    password_hash: str
    role: Role
    token_version: int
    disabled: bool
    version: int

    def may(self, needed: Role) -> bool:
        """An admin may do everything a user may."""
        return self.role is Role.ADMIN or needed is Role.USER
