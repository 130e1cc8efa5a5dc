"""Documents built late, or again from the journal, are those that each event gave (spec/accounting.md, projections)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.account import Account
from core.domain.journal import START, verified
from core.ports import Put
from core.services.appended import apply
from core.services.projections import IMMUTABLE, USER_INDEXES, documents, event_documents
from core.services.state_documents import StateDocuments
from tests.builders import USER, Chain, at, dec, funded
from tests.property.test_state_codec import eventful, histories, play

Key = tuple[str, str]


def by_event(chain: Chain) -> dict[Key, Put]:
    """The newest document of each, all of them built after each event."""
    state, newest = Account(USER), dict[Key, Put]()
    for event in verified(START, chain.documents):
        newest |= keyed(documents(apply(state, event)))
    return newest


def keyed(puts: list[Put]) -> dict[Key, Put]:
    return {(put.collection, put.document["_id"]): put for put in puts}


def built_late(chain: Chain, every: int) -> dict[Key, Put]:
    """The same with bots and days built only after so many events."""
    state, late, newest = Account(USER), StateDocuments(), dict[Key, Put]()
    for event in verified(START, chain.documents):
        late.before(state, event)
        appended = apply(state, event)
        late.note(appended)
        newest |= keyed(event_documents(appended))
        if event.seq % every == 0:
            newest |= keyed(late.take())
    return newest | keyed(late.take())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories, st.integers(1, 40), st.sampled_from(["", "reset"]))
def test_documents_built_late_are_those_of_the_last_event_that_touched(
    history: list[tuple[int, int, int]], every: int, end: str
):
    chain = play(history)
    if end == "reset":
        chain.add(ev.AccountReset(dec(500), "USDT", "test", "a fresh start"), at(400_000))
        chain.add(funded("7"), at(400_001))
    assert built_late(chain, every) == by_event(chain)


def test_a_history_with_everything_in_it_gives_documents_of_every_collection():
    chain = eventful()
    found = by_event(chain)
    assert {collection for collection, _ in found} == set(USER_INDEXES)
    assert built_late(chain, 100) == found


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories)
def test_a_document_that_never_changes_is_given_by_one_event_only(history: list[tuple[int, int, int]]):
    state, seen = Account(USER), set[Key]()
    for event in verified(START, play(history).documents):
        lasting = [key for key in keyed(documents(apply(state, event))) if key[0] in IMMUTABLE]
        assert not seen.intersection(lasting)
        seen.update(lasting)


def test_an_account_reset_ends_what_rests_and_begins_a_day_of_its_own():
    chain = eventful()
    before = by_event(chain)
    resting = [put for put in before.values() if put.collection == "pending_orders" and put.document["open"]]
    assert len(resting) == 1
    seq = chain.add(ev.AccountReset(dec(500), "USDT", "test", "a fresh start"), at(90_002)).seq
    after = by_event(chain)
    order = after["pending_orders", resting[0].document["_id"]].document
    assert (order["open"], order["status"], order["reserved"]) == (False, "CANCELED", "0")
    assert after["daily_rollups", f"{USER}:user:{seq}"].document["books"] == {}
    days = {key for key in before if key[0] == "daily_rollups"}
    assert {key: after[key] for key in days} == {key: before[key] for key in days}
    assert all(put.document["written_off"] for (collection, _), put in after.items() if collection == "bots")
    breakers = [put.document["open"] for (collection, _), put in after.items() if collection == "circuit_breaker_state"]
    assert breakers == [False] * len(breakers)
