"""Anchors record every journal's head outside the store, and a changed file of anchors shows (spec/accounting.md)."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from core.adapters.anchor_file import AnchorFile
from core.adapters.passwords import BcryptPasswords
from core.adapters.store.schema import COLLECTIONS
from core.domain.anchors import read_anchors, write_anchor
from core.domain.errors import Unavailable
from core.domain.journal import GENESIS, Head
from core.domain.user import Role
from core.ports import Insert
from core.services.accounts import Accounts
from core.services.anchors import Anchors
from core.services.login_limiter import LoginLimiter
from tests.builders import at
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.store_memory import MemoryStore
from tests.ledgers import varied


def lines_of(count: int) -> list[bytes]:
    """A chain of anchors of two users."""
    lines: list[bytes] = []
    for number in range(1, count + 1):
        heads = {"ann": Head(number, f"{number:064x}"), "bob": Head(7, "b" * 64)}
        previous = read_anchors(lines).last
        lines.append(write_anchor(at(number * 86_400), heads, previous.hash if previous else GENESIS))
    return lines


def test_anchors_are_read_as_they_were_written_each_head_once():
    book = read_anchors(lines_of(3))
    assert book.problems == ()
    assert [one.head.seq for one in book.of("ann")] == [1, 2, 3]
    assert [one.head for one in book.of("bob")] == [Head(7, "b" * 64)]
    assert book.of("eve") == []
    assert book.last is not None
    assert book.last.at == at(3 * 86_400)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda lines: [lines[0], lines[1].replace(b'"seq":2', b'"seq":9'), lines[2]], "Line 2 .* its hash is"),
        (lambda lines: [lines[0], lines[2]], "Line 2 .* follows"),
        (lambda lines: [lines[1], lines[0], lines[2]], "Line 1 .* follows"),
        (lambda lines: [lines[0], lines[1][:40], lines[2]], "Line 2 .* it is no anchor"),
        (lambda lines: [*lines, b"\xff\x00"], "Line 4 .* it is no anchor"),
        (lambda lines: [*lines, b'{"heads":{"ann":{"seq":"x","hash":1}}}'], "Line 4 .* it is no anchor"),
        (lambda lines: [*lines, b"[" * 10_000], "Line 4 .* it is no anchor"),
    ],
)
def test_a_changed_file_of_anchors_names_the_line(damage: Callable[[list[bytes]], list[bytes]], words: str):
    problems = read_anchors(damage(lines_of(3))).problems
    assert problems
    assert re.match(words, problems[0])


async def test_the_heads_of_all_journals_are_anchored_and_read_back(tmp_path: Path):
    store, clock = MemoryStore(COLLECTIONS), FakeClock()
    accounts = Accounts(store, BcryptPasswords(cost=4), clock, FakeIds(), LoginLimiter())
    anchors = Anchors(store, accounts, AnchorFile(tmp_path / "anchors.jsonl"))
    assert await anchors.last_written() is None
    for name in ("ann", "bob", "nobody"):
        await accounts.create(f"{name}@example.com", "correct horse battery", Role.USER)
    ann, bob, nobody = sorted(await accounts.all_ids())
    chains = [varied(seed, 20, user_id) for seed, user_id in enumerate((ann, bob))]
    await store.write([Insert("ledger_events", dict(d)) for chain in chains for d in chain.documents])
    first, second = await anchors.write(at(0)), await anchors.write(at(60))
    assert second.previous == first.hash
    assert second.heads == {ann: chains[0].head, bob: chains[1].head}
    assert (await anchors.head(ann), await anchors.head(nobody)) == (chains[0].head, None)
    assert await anchors.last_written() == at(60)
    assert (await anchors.book()).problems == ()
    assert (tmp_path / "anchors.jsonl").stat().st_mode & 0o077 == 0


async def test_a_line_that_a_crash_left_unfinished_is_named_and_the_next_one_is_whole(tmp_path: Path):
    file = AnchorFile(tmp_path / "a" / "anchors.jsonl")
    for number in range(2):
        await file.append(lambda last, n=number: write_anchor(at(n), {}, GENESIS if last is None else "x"))
    path = tmp_path / "a" / "anchors.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    await file.append(lambda _: b"whole")
    lines = await file.lines()
    assert len(lines) == 3
    assert (await file.last(), lines[2]) == (b"whole", b"whole")


async def test_anchors_written_at_the_same_moment_follow_each_other(tmp_path: Path):
    files = [AnchorFile(tmp_path / "anchors.jsonl") for _ in range(4)]

    def after(last: bytes | None) -> bytes:
        book = read_anchors([] if last is None else [last])
        return write_anchor(at(1), {}, book.last.hash if book.last else GENESIS)

    await asyncio.gather(*[file.append(after) for file in files for _ in range(5)])
    book = read_anchors(await files[0].lines())
    assert (len(await files[0].lines()), book.problems) == (20, ())


async def test_a_place_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("no directory")
    file = AnchorFile(tmp_path / "file" / "anchors.jsonl")
    for attempt in (file.append(lambda _: b"x"), file.lines(), file.last()):
        with pytest.raises(Unavailable, match=r"anchors\.jsonl"):
            await attempt
