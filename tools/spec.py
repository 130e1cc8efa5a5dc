"""What a tool is: a name, typed arguments, who may use it, and how much confirmation it takes."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.user import Role
from tools.arguments import Arguments


class Level(StrEnum):
    """How a tool comes to act (spec/chat.md, Confirmation levels)."""

    READ = "read"
    NONE = "none"
    CONFIRM = "confirm"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One row of the catalogue; `description` is what the model and the help read."""

    name: str
    description: str
    arguments: type[Arguments]
    permission: Role
    level: Level
    examples: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.level is not Level.READ
