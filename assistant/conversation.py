"""What a turn may know of its conversation, read back from the log so that it survives a restart."""

from assistant.turn import PastMessage, Turn
from core.domain.bot import BotStatus
from core.services.chat_log import Author, ChatRecord
from core.services.services import Services
from tools.context import Caller

_RECORDS = 40


async def turn_for(services: Services, caller: Caller, text: str) -> Turn:
    """A message with its history, the person's bots, and the bot last spoken of."""
    records = await services.chat_log.recent(caller.conversation_id, _RECORDS)
    state = await services.writer.account(caller.principal.user_id)
    names = [bot.name for bot in state.bots.values() if bot.status is not BotStatus.STOPPED]
    history = [PastMessage(r.author.value, r.text) for r in records if r.author is not Author.TOOL]
    return Turn(
        caller=caller,
        text=text,
        history=history,
        bot_names=names,
        last_bot=_last_bot(records, names),
        symbols=services.hub.feed.symbols,
    )


def _last_bot(records: list[ChatRecord], names: list[str]) -> str | None:
    """The newest bot a tool was used on that still exists; a bot just created counts too."""
    known = {name.casefold(): name for name in names}
    for record in reversed(records):
        arguments = record.data.get("arguments", {})
        named = arguments.get("bot") or arguments.get("name")
        if isinstance(named, str) and named.casefold() in known:
            return known[named.casefold()]
    return None
