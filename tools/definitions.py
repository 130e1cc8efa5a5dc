"""How a tool is put together: a row of the catalogue with its functions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from operator import ne
from typing import Any, TypeAlias

from core.services.confirmations import Proposal
from core.services.services import Services
from tools.context import Caller
from tools.results import Result
from tools.spec import Level, ToolSpec

Read: TypeAlias = Callable[[Services, Caller, Any], Awaitable[Result]]
Propose: TypeAlias = Callable[[Services, Caller, Any], Awaitable[Proposal | Result]]
Moved: TypeAlias = Callable[[Mapping[str, str], Mapping[str, str]], bool]
Run: TypeAlias = Callable[[Services, Caller, Any, str], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class ReadTool:
    """Answers without changing anything."""

    spec: ToolSpec
    read: Read


@dataclass(frozen=True, slots=True)
class ActTool:
    """Changes something: `run` carries out what `propose` has shown.

    `run` gets an idempotency key and may be repeated with it. When the basis of the proposal has moved before
    the person confirms, they are asked again; the basis of a stop is only what is to be stopped. `moved` tells
    whether a basis shown differs too much from the present one. What would come to nothing now, `propose` may
    answer at once with a result, and then there is nothing to confirm.
    """

    spec: ToolSpec
    run: Run
    propose: Propose | None = None
    moved: Moved = ne

    def __post_init__(self) -> None:
        """An acting tool that needs a confirmation without being able to propose must not start."""
        if self.spec.level is Level.READ:
            raise ValueError(f"{self.spec.name} acts, so it needs a confirmation level.")
        if self.spec.level is not Level.NONE and self.propose is None:
            raise ValueError(f"{self.spec.name} needs a confirmation, so it needs a proposal.")


Tool: TypeAlias = ReadTool | ActTool
