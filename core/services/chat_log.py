"""Every message, tool call and answer of a conversation, in order (spec/chat.md, Path of a message)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.domain.codec import decode, encode, iso
from core.ports import Clock, DocumentStore, DuplicateKey

MESSAGES = "chat_messages"
_MAX_TEXT = 8_000


class Author(StrEnum):
    """Who a chat record is from."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ChatRecord:
    """One line of the log; `data` holds a tool's name and arguments, or a confirmation's id and answer."""

    conversation_id: str
    seq: int
    user_id: str
    ts: str
    author: Author
    text: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])


class ChatLog:
    """Appends to conversations and reads their newest part."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._last: dict[str, int] = {}

    async def add(
        self, conversation_id: str, user_id: str, author: Author, text: str, data: dict[str, Any] | None = None
    ) -> None:
        """Append one record after the conversation's newest."""
        while True:
            if conversation_id not in self._last:
                newest = await self.recent(conversation_id, 1)
                self._last[conversation_id] = newest[-1].seq if newest else 0
            seq = self._last[conversation_id] + 1
            ts = iso(self._clock.now())
            record = ChatRecord(conversation_id, seq, user_id, ts, author, text[:_MAX_TEXT], data or {})
            document = encode(record) | {"_id": f"{conversation_id}:{seq}"}
            try:
                await self._store.insert(MESSAGES, document)
            except DuplicateKey:
                # Another tab or process wrote this number first: look again.
                self._last.pop(conversation_id, None)
                continue
            self._last[conversation_id] = seq
            return

    async def recent(self, conversation_id: str, limit: int) -> list[ChatRecord]:
        """The newest records, oldest first."""
        page = await self._store.find(MESSAGES, "conversation_seq", (conversation_id,), descending=True, limit=limit)
        records = [decode(ChatRecord, {k: v for k, v in d.items() if k != "_id"}) for d in page.documents]
        return records[::-1]
