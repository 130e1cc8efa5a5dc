"""Names of bots: unique among the living of one user, whatever their case or spelling (spec/bots.md, Life cycle)."""

import unicodedata

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import Conflict, InvalidInput

NAME_LENGTH = 40
MANUAL_NAME = "Manual"


def spelt(name: str) -> str:
    """A name as it is kept: without outer blanks, and each letter in the one form that Unicode calls composed."""
    return unicodedata.normalize("NFC", name.strip())


def checked_name(state: Account, wanted: str, bot: Bot | None) -> str:
    """The name as it is kept, when this bot (None: a new one) may have it.

    Raises:
        InvalidInput: too short, too long, or with characters that nobody sees.
        Conflict: it is taken.
    """
    name = spelt(wanted)
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"A bot's name has 1 to {NAME_LENGTH} printable characters.")
    if name.casefold().startswith(MANUAL_NAME.casefold()):
        raise Conflict(f"{MANUAL_NAME} is the bot of your own orders. Choose another name.")
    others = (b for b in state.bots.values() if b.status is not BotStatus.STOPPED and b is not bot)
    if any(b.name.casefold() == name.casefold() for b in others):
        raise Conflict(f"You already have a bot called {name}. Choose another name.")
    return name
