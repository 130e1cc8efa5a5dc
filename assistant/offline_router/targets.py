"""Which bots a command is for: resolved names, or a question with one button per bot."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.offline_router.suggest import bot_question, no_bots, resume_what
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.understanding import Understanding

_PRONOUNS = frozenset(["it", "this", "that", "one"])
_ALL = frozenset(["all", "every", "each", "everything", "both", "bots"])
_MAX_AT_ONCE = 10
#: "All bots" may mean a call per bot: a pause or a cooldown can be undone, and starting or resuming asks each time.
_ALL_AT_ONCE = frozenset(["pause_bot", "start_bot", "resume_bot", "set_cooldown"])
#: The built-in bot of the person's own orders; its name and what begins with it are reserved.
MANUAL = "Manual"


@dataclass(frozen=True, slots=True)
class Context:
    """Bots of the person and the one talked about last (None when it is gone or none was named)."""

    bot_names: tuple[str, ...]
    last_bot: str | None

    @staticmethod
    def of(bot_names: Sequence[str], last_bot: str | None) -> "Context":
        """A context whose last bot still exists; the bot of the person's own orders is meant only by its name."""
        own = tuple(name for name in bot_names if not name.startswith(MANUAL))
        return Context(own, last_bot if last_bot in own else None)


def named(tokens: Sequence[Token], tool: str, context: Context) -> tuple[str, ...] | Understanding | None:
    """The bots named in the tokens, a question when a name is not unique, None when none is named."""
    found = [token for token in tokens if token.kind is Kind.BOT]
    if not found:
        return None
    for token in found:
        if len(token.value) != 1:
            meant = token.value or context.bot_names
            return bot_question(tool, meant) if meant else no_bots()
    return tuple(dict.fromkeys(token.value[0] for token in found))


def resolve(  # noqa: PLR0911 - one exit per way to mean a bot
    tokens: Sequence[Token], words: Sequence[str], tool: str, context: Context
) -> tuple[str, ...] | Understanding:
    """Bots an acting command is for; `words` are those of the command itself."""
    direct = named(tokens, tool, context)
    if direct is not None:
        return direct
    names = context.bot_names
    if not names:
        return no_bots()
    if tool == "resume_bot" and "everything" in words and len(names) > 1:
        return resume_what()
    if _ALL & set(words):
        pair = "both" in words and len(names) == 2  # noqa: PLR2004 - both means two
        if len(names) == 1 or pair or (tool in _ALL_AT_ONCE and "both" not in words and len(names) <= _MAX_AT_ONCE):
            return names
        return bot_question(tool, names)
    if len(names) == 1:
        return names
    if context.last_bot is not None and _PRONOUNS & set(words):
        return (context.last_bot,)
    return bot_question(tool, names)


def about(tokens: Sequence[Token], tool: str, context: Context) -> tuple[str, ...] | Understanding:
    """Bots a read is for; the bot talked about last will do, since reading harms nothing."""
    direct = named(tokens, tool, context)
    if direct is not None:
        return direct
    if len(context.bot_names) == 1:
        return context.bot_names
    if context.last_bot is not None:
        return (context.last_bot,)
    return bot_question(tool, context.bot_names) if context.bot_names else no_bots()
