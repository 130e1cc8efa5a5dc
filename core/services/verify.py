"""Checks journals from the first event on: sequence, links, hashes, and that all figures follow from them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core.domain.account import Account
from core.domain.errors import ProductError
from core.domain.evolve import evolve
from core.domain.journal import START, Head, verified
from core.domain.valuation import Mark, value
from core.ports import DocumentStore, StoreUnavailable

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """One user's journal; `problem` names the first break with both values, None when all is well."""

    user_id: str
    events: int
    head: str
    problem: str | None


async def refold(store: DocumentStore, user_id: str) -> tuple[Account, Head]:
    """A user's state from the first event, checking the chain on the way.

    Raises:
        IntegrityError: the first break.
    """
    state, head = Account(user_id), START
    while True:
        page = await store.find("ledger_events", "user_seq", (user_id,), after=head.seq, limit=_PAGE)
        for event in verified(head, page.documents):
            evolve(state, event)
            head = Head(event.seq, event.hash)
        if len(page.documents) < _PAGE:
            return state, head


async def verify_journals(store: DocumentStore, user_ids: Sequence[str]) -> AsyncIterator[Verdict]:
    """A verdict per user, as each is done."""
    for user_id in user_ids:
        try:
            state, head = await refold(store, user_id)
            # At the recorded marks both definitions of equity must agree.
            value(
                state, {s: Mark(s, state.marks[s], None, None, "recorded", stale=True) for s in state.priced_symbols()}
            )
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever cannot be folded is what this looks for
            yield Verdict(user_id, 0, "", error.message if isinstance(error, ProductError) else repr(error))
        else:
            yield Verdict(user_id, head.seq, head.hash, None)
