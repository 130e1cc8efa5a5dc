"""A journal that was changed anywhere is noticed, and the user and the place are named (spec/accounting.md)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.domain.account import Account
from core.domain.errors import IntegrityError
from core.domain.evolve import evolve, fold
from core.domain.journal import START, Head, digest, read, verified
from tests.builders import USER
from tests.unit.test_worked_example import worked_example

Documents = list[dict[str, Any]]


def documents() -> Documents:
    return [dict(document) for document in worked_example().documents]


def _forge(documents: Documents, seq: int, **changes: object) -> None:
    """A change by somebody who knows how to hash."""
    document = documents[seq - 1] | changes
    documents[seq - 1] = document | {"hash": digest(document)}


def _flip_amount(documents: Documents) -> None:
    documents[1]["payload"] = documents[1]["payload"] | {"capital": "1001"}


def _flip_hash(documents: Documents) -> None:
    documents[1]["hash"] = documents[1]["hash"][:-1] + ("0" if documents[1]["hash"][-1] != "0" else "1")


def _remove(documents: Documents) -> None:
    del documents[1]


def _cut_middle(documents: Documents) -> None:
    del documents[1:4]


def _reorder(documents: Documents) -> None:
    documents[2], documents[3] = documents[3], documents[2]


def _relink(documents: Documents) -> None:
    _forge(documents, 3, prev_hash="f" * 64)


def _repeat(documents: Documents) -> None:
    documents.insert(2, documents[1])


def _drop_field(documents: Documents) -> None:
    del documents[2]["prev_hash"]


def _rename_seq(documents: Documents) -> None:
    documents[2]["sep"] = documents[2].pop("seq")


def _drop_hash(documents: Documents) -> None:
    del documents[2]["hash"]


def _lose_owner(documents: Documents) -> None:
    del documents[2]["user_id"]


def _swap_owner(documents: Documents) -> None:
    documents[2]["user_id"] = "somebody-else"


DAMAGE: list[tuple[Callable[[Documents], None], str]] = [
    (_flip_amount, f"{USER}, seq 2: hash is"),
    (_flip_hash, f"{USER}, seq 2: hash is"),
    (_remove, f"{USER}: seq 3 follows 1"),
    (_cut_middle, f"{USER}: seq 5 follows 1"),
    (_reorder, f"{USER}: seq 4 follows 2"),
    (_relink, f"{USER}, seq 3: links to ffff"),
    (_repeat, f"{USER}: seq 2 follows 2"),
    (_drop_field, f"{USER}, seq 3: links to None"),
    (_rename_seq, f"{USER}: seq None follows 2"),
    (_drop_hash, f"{USER}, seq 3: hash is None"),
    (_lose_owner, "seq 3: hash is"),
    (_swap_owner, "seq 3: hash is"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGE, ids=lambda value: getattr(value, "__name__", ""))
def test_damage_is_noticed_and_its_place_is_named(damage: Callable[[Documents], None], words: str):
    journal = documents()
    damage(journal)
    with pytest.raises(IntegrityError, match=words):
        list(verified(START, journal))


def test_a_forged_event_breaks_the_link_of_the_next():
    journal = documents()
    _forge(journal, 2, payload=journal[1]["payload"] | {"capital": "9000"})
    with pytest.raises(IntegrityError, match=f"{USER}, seq 3: links to"):
        list(verified(START, journal))


def test_an_intact_journal_gives_all_its_events():
    journal = documents()
    assert [event.seq for event in verified(START, journal)] == [1, 2, 3, 4, 5]


def test_checking_goes_on_from_a_known_head():
    journal = documents()
    head = Head(3, journal[2]["hash"])
    assert [event.seq for event in verified(head, journal[3:])] == [4, 5]
    with pytest.raises(IntegrityError, match=f"{USER}, seq 4: links to"):
        list(verified(Head(3, "0" * 64), journal[3:]))


def test_a_refold_from_the_documents_gives_the_same_state():
    chain = worked_example()
    assert fold(Account(USER), verified(START, chain.documents)) == chain.state


@pytest.mark.parametrize("seq", [1, 2, 4, 0, 100])
def test_a_state_refuses_an_event_that_does_not_follow(seq: int):
    chain = worked_example()
    state = fold(Account(USER), map(read, chain.documents[:2]))
    with pytest.raises(IntegrityError, match=f"{USER}:{seq} does not follow {USER}:2"):
        evolve(state, replace(read(chain.documents[2]), seq=seq))


def test_a_state_refuses_another_users_event():
    chain = worked_example()
    state = fold(Account(USER), map(read, chain.documents[:2]))
    with pytest.raises(IntegrityError, match=f"other:3 does not follow {USER}:2"):
        evolve(state, replace(read(chain.documents[2]), user_id="other"))
