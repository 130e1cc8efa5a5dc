"""Pages of lists that are at hand as a whole."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from core.domain.errors import InvalidInput

_T = TypeVar("_T")


def page_of(
    items: Sequence[_T], key: Callable[[_T], str], limit: int, cursor: str | None
) -> tuple[Sequence[_T], str | None]:
    """The items after the one the cursor names, and the cursor of the next page, None at the end.

    Raises:
        InvalidInput: the cursor's item is not in the list (any more).
    """
    start = 0
    if cursor is not None:
        start = next((number for number, item in enumerate(items, start=1) if key(item) == cursor), -1)
        if start < 0:
            raise InvalidInput("The cursor does not belong to this list any more; start again from the first page.")
    page = items[start : start + limit]
    return page, key(page[-1]) if start + limit < len(items) else None
