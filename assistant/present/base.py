"""`present` turns a typed result into blocks; every kind of result is registered with it."""

from functools import singledispatch

from assistant.blocks import Block

PAPER = "Paper trading"


def foot(source: str, *more: str) -> str:
    """Every screen says paper and where its prices are from."""
    return " · ".join((PAPER, f"prices: {source}", *more))


@singledispatch
def present(result: object) -> tuple[Block, ...]:
    """Blocks of a result; there is one function per result type."""
    raise TypeError(f"Nothing presents {type(result).__name__}.")
