"""A chat session: who it is, one turn at a time, each message once, errors as plain sentences."""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import chainlit as cl
import structlog

from assistant.blocks import Block, Choices, Text
from assistant.formats import escape
from assistant.present import foot
from assistant.safety import emergency_request
from assistant.turn import Delta, ToolStarted
from core.domain.errors import NotAuthenticated, ProductError
from tools.context import Caller, Principal
from web.card_state import card_state
from web.chat_progress import ProgressLine
from web.chat_session import session_user
from web.render import Bubble, settle_card
from web.runtime import runtime

_log = structlog.get_logger(__name__)

_STATE = "page"
#: Ids the browser may give a conversation: they become part of what is stored.
_THREAD = re.compile(r"[\w-]{1,64}")
_REMEMBERED = 1_000
_ENDED = "Your session has ended. Reload the page and log in again."
_BROKEN = "Something went wrong on our side; it has been written to the log. Nothing was confirmed by it."
_STARTERS = (
    ("Create and start a bot", "create and start a momentum bot on BTC with 1000 USDT"),
    ("How am I doing?", "how am I doing?"),
    ("Price of BTC", "what is the price of btc?"),
    ("What can you do?", "help"),
)


@dataclass(slots=True)
class _Page:
    """One browser tab: turns are taken in order, and a message that comes twice is answered once."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    handled: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])

    def first_time(self, message_id: str) -> bool:
        """Whether this message was not handled before."""
        if message_id in self.handled:
            return False
        self.handled[message_id] = None
        if len(self.handled) > _REMEMBERED:
            self.handled.popitem(last=False)
        return True


def _page() -> _Page:
    page = cl.user_session.get(_STATE)
    if page is None:
        page = _Page()
        cl.user_session.set(_STATE, page)
    return page


async def _caller() -> Caller:
    """The person of this session, read again from the store.

    Raises:
        NotAuthenticated: logged out, disabled, or the token was revoked meanwhile.
    """
    session = cl.context.session
    user = await session_user(session.token, runtime().services.accounts)
    if user is None or not _THREAD.fullmatch(str(session.thread_id)):
        raise NotAuthenticated(_ENDED)
    # The thread's id is the browser's choice: it names a conversation only together with its person.
    return Caller(Principal(user.user_id, user.email, user.role), f"{user.user_id}:{session.thread_id}")


async def greet() -> None:
    """First words of a new conversation."""
    services = runtime().services
    text = (
        "**Welcome to Amarktai.** You trade with play money here: make a bot, watch it trade, stay in control.  \n"
        f"*{escape(foot(services.hub.feed.source))}*"
    )
    await Bubble().add_all([Choices(text, _STARTERS)]).send()


async def answer(message_id: str, text: str) -> None:
    """Answer one message of the person, once, and after those before it; an emergency stop waits for nothing."""
    page = _page()
    if not page.first_time(message_id):
        return
    if emergency_request(text) is not None:
        await _answer(text)
        return
    async with page.lock:
        await _answer(text)


async def _answer(text: str) -> None:
    try:
        await _stream(await _caller(), text)
    except ProductError as error:
        await _say(error.message)
    except Exception as error:  # noqa: BLE001 - the browser must see a plain sentence, whatever broke
        _log.error("a message failed", exc_info=error)
        await _say(_BROKEN)


async def _stream(caller: Caller, text: str) -> None:
    line = ProgressLine(_Rewritten)
    bubble = Bubble()
    spoken: cl.Message | None = None
    finished = False
    try:
        async for output in runtime().assistant.answer(replace(caller, progress=line.report), text):
            if isinstance(output, ToolStarted):
                async with cl.Step(name=output.tool.replace("_", " "), type="tool"):
                    await line.begin()
                continue
            await line.end()
            if isinstance(output, Delta):
                await bubble.send()
                bubble = Bubble()
                spoken = spoken or cl.Message("")
                await spoken.stream_token(output.text)
                continue
            if spoken is not None:
                await spoken.send()
                spoken = None
            bubble.add(output)
            if not isinstance(output, Text):
                # A card is shown as soon as it is there: what comes after it may take its time.
                await bubble.send()
                bubble = Bubble()
        finished = True
    finally:
        # Also when Stop was pressed: what was said so far stays.
        await line.end(stopped=not finished)
        if spoken is not None:
            await spoken.send()
    await bubble.send()


class _Rewritten:
    """One message whose words are replaced."""

    def __init__(self) -> None:
        self._message: cl.Message | None = None

    async def __call__(self, words: str) -> None:
        quiet = f"*{escape(words)}*"
        if self._message is None:
            self._message = cl.Message(quiet)
            await self._message.send()
            return
        self._message.content = quiet
        await self._message.update()


async def decide(token: str, decision: str, phrase: str) -> str:
    """A click on a card; gives the card's new state. It waits for no turn: a stop may be among them."""
    try:
        caller = await _caller()
        assistant = runtime().assistant
        if decision == "cancel":
            blocks = await assistant.cancel(caller, token)
        else:
            blocks = await assistant.confirm(caller, token, phrase or None)
        await Bubble().add_all(blocks).send()
        state = await _card_state(token)
        if state != "open":
            await settle_card(token, state)
    except ProductError as error:
        await _say(error.message)
    except Exception as error:  # noqa: BLE001 - as above
        _log.error("a decision failed", exc_info=error)
        await _say(_BROKEN)
    else:
        return state
    return "open"


async def _card_state(token: str) -> str:
    try:
        record = await runtime().services.confirmations.get(token)
    except ProductError:
        return "closed"
    return card_state(record, runtime().services.clock.now())


async def say_for(text: str) -> None:
    """A click on a suggestion: the same as typing it."""
    user = cl.context.session.user
    message = cl.Message(text, author=(user and user.display_name) or "You", type="user_message")
    await message.send()
    await answer(message.id, text)


async def _say(text: str) -> None:
    blocks: list[Block] = [Text(text, plain=True)]
    await Bubble().add_all(blocks).send()
