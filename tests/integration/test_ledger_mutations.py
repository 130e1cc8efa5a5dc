"""A stored ledger that was changed in any way is noticed, and user, seq and check are named (spec/accounting.md).

A thousand seeded mutations: a digit or letter flipped anywhere, events dropped, repeated, reordered, cut, or rewritten
with fresh hashes below the last anchor; half of them in an exported file, half in a store in memory. Sixty more in
each of the stores that people use, as far as these let anybody change what they hold.
"""

import random  # noqa: TID251 - seeded mutations
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import pytest

from core.adapters.store.schema import COLLECTIONS
from core.domain.anchors import AnchorBook, read_anchors, write_anchor
from core.domain.errors import ProductError
from core.domain.integrity import Check
from core.domain.journal import GENESIS, digest
from core.ports import Collection, DocumentStore, Index, Insert, Put
from core.services.export_format import write_header
from core.services.verdict import LedgerVerdict
from core.services.verify import Verifier
from core.services.verify_export import ExportAudit
from tests.builders import USER, at
from tests.fakes.store_memory import MemoryStore
from tests.ledgers import varied

Documents = list[dict[str, Any]]

MUTATIONS = 1_000
BATCHES = 20
REAL_MUTATIONS = 60


@cache
def ledger() -> tuple[bytes, ...]:
    """One event of a ledger of all kinds a line."""
    return tuple(msgspec.json.encode(document) for document in varied(11, 90).documents)


def documents() -> Documents:
    return [msgspec.json.decode(line) for line in ledger()]


@cache
def anchors() -> AnchorBook:
    """What was anchored when the ledger was whole."""
    chain = varied(11, 90)
    return read_anchors([write_anchor(at(0), {USER: chain.head}, GENESIS)])


def _flip(text: str, chance: random.Random) -> str:
    """Another digit for a digit, another letter for a letter."""
    places = [i for i, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    place = chance.choice(places)
    old = text[place]
    alphabet = "0123456789" if old.isdigit() else "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return text[:place] + chance.choice(alphabet.replace(old, "")) + text[place + 1 :]


def flip(lines: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    lines[place] = _flip(lines[place].decode(), chance).encode()


def drop(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def repeat(lines: list[bytes], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def reorder(lines: list[bytes], chance: random.Random) -> None:
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def cut(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines)) :]


def tear(lines: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    lines[place:] = [lines[place][: chance.randrange(1, len(lines[place]))]]


def rewrite(lines: list[bytes], chance: random.Random) -> None:
    """By somebody who knows how to hash: from there on everything is sealed again."""
    known: Documents = [msgspec.json.decode(line) for line in lines]
    place = chance.randrange(len(known))
    before = known[place]
    while known[place] == before or "seq" not in known[place]:
        try:
            known[place] = msgspec.json.decode(_flip(lines[place].decode(), chance))
        except msgspec.DecodeError:
            continue
    previous = known[place - 1]["hash"] if place else GENESIS
    for document in known[place:]:
        document["prev_hash"] = previous
        previous = document["hash"] = digest(document)
    lines[:] = [msgspec.json.encode(document) for document in known]


IN_A_FILE: list[Callable[[list[bytes], random.Random], None]] = [
    *[flip] * 4, drop, repeat, reorder, cut, tear, rewrite, rewrite,
]  # fmt: skip
ON_DOCUMENTS: list[Callable[[list[bytes], random.Random], None]] = [*[flip] * 4, drop, cut, rewrite, rewrite]


def named(verdict: LedgerVerdict, what: str) -> None:
    """It is found, and everything found says whose, where and what."""
    assert not verdict.ok, what
    for finding in verdict.findings:
        assert finding.user_id == verdict.user_id
        assert finding.seq >= 0
        assert finding.check in Check
        assert finding.expected != finding.found, what
        assert f"seq {finding.seq}, check {finding.check.number}" in str(finding)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_mutation_of_an_exported_ledger_is_named(batch: int):
    header = msgspec.json.encode(write_header(USER, anchors().of(USER)[-1].head, at(0)))
    for number in range(batch, MUTATIONS // 2, BATCHES):
        chance = random.Random(number)  # noqa: S311 - not cryptography
        lines = list(ledger())
        mutate = chance.choice(IN_A_FILE)
        while tuple(lines) == ledger():
            mutate(lines, chance)
        with_header = [header, *lines] if chance.random() < 0.5 else lines
        verdict = ExportAudit(anchors()).read(with_header)
        named(verdict, f"{mutate.__name__}, seed {number}")


def test_every_flip_in_the_header_of_an_export_is_found():
    header = msgspec.json.encode(write_header(USER, anchors().of(USER)[-1].head, at(0))).decode()
    for number in range(200):
        changed = _flip(header, random.Random(number)).encode()  # noqa: S311 - not cryptography
        assert not ExportAudit().read([changed, *ledger()]).ok, changed


#: The collection as it is, without what a backend would refuse to store twice or in another shape.
_LOOSE = [
    Collection(one.name, (Index("user_seq", ("user_id", "seq")),)) if one.name == "ledger_events" else one
    for one in COLLECTIONS
]


async def stored(lines: list[bytes]) -> MemoryStore:
    """A store that holds these events, as far as anything can be stored of them."""
    store = MemoryStore(_LOOSE)
    for place, line in enumerate(lines):
        document = msgspec.json.decode(line)
        document.setdefault("_id", f"lost:{place}")
        await store.write([Insert("ledger_events", document)])
    return store


class Kept:
    """Anchors that were read already."""

    async def book(self) -> AnchorBook:
        return anchors()


def _storable(lines: list[bytes]) -> bool:
    """Whether each line is a document of its own key with the fields that the store lists by."""
    try:
        found: Documents = [msgspec.json.decode(line) for line in lines]
    except msgspec.DecodeError:
        return False
    keys = [document.get("_id") for document in found]
    listed = all(isinstance(d.get("user_id"), str) and isinstance(d.get("seq"), int) for d in found)
    return len(set(keys)) == len(keys) and all(keys) and listed


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_every_mutation_of_stored_documents_is_named(batch: int):
    for number in range(batch, MUTATIONS // 2, BATCHES):
        chance = random.Random(10_000 + number)  # noqa: S311 - not cryptography
        mutate = chance.choice(ON_DOCUMENTS)
        lines = list(ledger())
        while tuple(lines) == ledger() or not _storable(lines):
            lines = list(ledger())
            mutate(lines, chance)
        verdict = await Verifier(await stored(lines), Kept()).verify(USER)
        named(verdict, f"{mutate.__name__}, seed {number}")


async def test_the_ledger_itself_verifies_in_a_file_and_in_a_store():
    verdict = ExportAudit(anchors()).read(ledger())
    assert (verdict.ok, verdict.problem) == (True, None)
    verdict = await Verifier(await stored(list(ledger())), Kept()).verify(USER)
    assert (verdict.ok, verdict.problem) == (True, None)
    kinds = {document["type"] for document in documents()}
    assert {"funded", "converted", "withdrawn", "reversed", "account_reset", "order_accepted", "order_filled"} <= kinds


async def test_mutations_are_named_in_the_stores_people_use(store: DocumentStore):
    """Whatever the store lets anybody change: documents overwritten, removed, sealed again."""
    whole = documents()
    for document in whole:
        await store.insert("ledger_events", document)
    verifier = Verifier(store, Kept())
    done = 0
    for number in range(REAL_MUTATIONS * 4):
        chance = random.Random(20_000 + number)  # noqa: S311 - not cryptography
        mutate = chance.choice(ON_DOCUMENTS)
        lines = list(ledger())
        mutate(lines, chance)
        if tuple(lines) == ledger() or not _storable(lines):
            continue
        changed = {document["_id"]: document for document in map(msgspec.json.decode, lines)}
        if await _apply(store, whole, changed):
            named(await verifier.verify(USER), f"{mutate.__name__}, seed {number}")
            done += 1
        await _restore(store, whole, changed)
        if done == REAL_MUTATIONS:
            break
    assert done == REAL_MUTATIONS
    assert (await verifier.verify(USER)).problem is None


async def _apply(store: DocumentStore, whole: Documents, changed: dict[str, dict[str, Any]]) -> bool:
    """Bring the store to these documents; False where its indexes or validators refuse."""
    for document in whole:
        if document["_id"] not in changed:
            await store.delete("ledger_events", document["_id"])
    before = {document["_id"]: document for document in whole}
    different = [document for key, document in changed.items() if before.get(key) != document]
    try:
        for document in different:
            await store.write([Put("ledger_events", document)])
    except (ProductError, ValueError):
        return False
    return True


async def _restore(store: DocumentStore, whole: Documents, changed: dict[str, dict[str, Any]]) -> None:
    for key in changed.keys() - {document["_id"] for document in whole}:
        await store.delete("ledger_events", key)
    await store.write([Put("ledger_events", document) for document in whole])
