"""A bot's life cycle as one table (spec/bots.md)."""

from enum import StrEnum

from core.domain.errors import Conflict


class BotStatus(StrEnum):
    """Where a bot is in its life; `stopped` is final."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    CIRCUIT_TRIPPED = "circuit_tripped"
    STOPPED = "stopped"


class Move(StrEnum):
    """What can happen to a bot."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    TRIP = "trip"
    RESET = "reset"
    STOP = "stop"


TRANSITIONS: dict[tuple[BotStatus, Move], BotStatus] = {
    (BotStatus.CREATED, Move.START): BotStatus.RUNNING,
    (BotStatus.CREATED, Move.PAUSE): BotStatus.PAUSED,
    (BotStatus.CREATED, Move.STOP): BotStatus.STOPPED,
    (BotStatus.RUNNING, Move.PAUSE): BotStatus.PAUSED,
    (BotStatus.RUNNING, Move.TRIP): BotStatus.CIRCUIT_TRIPPED,
    (BotStatus.RUNNING, Move.STOP): BotStatus.STOPPED,
    (BotStatus.PAUSED, Move.START): BotStatus.RUNNING,
    (BotStatus.PAUSED, Move.RESUME): BotStatus.RUNNING,
    (BotStatus.PAUSED, Move.STOP): BotStatus.STOPPED,
    (BotStatus.CIRCUIT_TRIPPED, Move.RESET): BotStatus.PAUSED,
    (BotStatus.CIRCUIT_TRIPPED, Move.STOP): BotStatus.STOPPED,
}


def legal_moves(status: BotStatus) -> list[Move]:
    """What a person may do from here (trips are not theirs)."""
    return [move for (at, move) in TRANSITIONS if at is status and move is not Move.TRIP]


def after(status: BotStatus, move: Move, name: str) -> BotStatus:
    """The status a move leads to.

    Raises:
        Conflict: the move is illegal; the message lists the legal ones.
    """
    target = TRANSITIONS.get((status, move))
    if target is None:
        legal = ", ".join(legal_moves(status)) or "nothing: stopped is final"
        raise Conflict(f"{name} is {status.value.replace('_', ' ')}, so it cannot {move}. Possible now: {legal}.")
    return target
