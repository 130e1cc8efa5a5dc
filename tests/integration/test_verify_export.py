"""Journals, snapshots and projections in a store are verified, and exported ones by anyone (spec/accounting.md)."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.adapters.store.schema import COLLECTIONS
from core.domain import events as ev
from core.domain.csv_text import csv_line
from core.domain.errors import InvalidInput
from core.domain.integrity import Check
from core.domain.journal import digest
from core.domain.money import plain
from core.ports import Insert, Put
from core.services.chains import Chain as Followed
from core.services.export_format import write_header
from core.services.ledger_export import LedgerExport, Table
from core.services.refold import rebuild
from core.services.snapshots import Snapshots
from core.services.verdict import LedgerVerdict, verdict_document
from core.services.verify import Verifier, refold
from core.services.verify_export import ExportAudit
from tests.builders import BOT, USER, Chain, at, bot_created, funded
from tests.fakes.clock import FakeClock
from tests.fakes.store_memory import MemoryStore
from tests.ledgers import varied


async def projected(chain: Chain) -> MemoryStore:
    """A store with a ledger and everything that follows from it."""
    store = MemoryStore(COLLECTIONS)
    await store.write([Insert("ledger_events", dict(document)) for document in chain.documents])
    await rebuild(store, chain.user_id)
    return store


def failed(verdict: LedgerVerdict) -> set[Check]:
    return {one.check for one in verdict.checks if one.ok is False}


async def export(store: MemoryStore) -> list[bytes]:
    exporter = LedgerExport(store, FakeClock())
    return b"".join([chunk async for chunk in exporter.json_lines(USER)]).splitlines()


async def rows(store: MemoryStore, table: Table) -> list[dict[str, str]]:
    text = "".join([chunk async for chunk in LedgerExport(store, FakeClock()).csv(USER, table)])
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_a_store_with_all_its_projections_verifies():
    verdict = await Verifier(await projected(varied(5))).verify(USER)
    assert (verdict.ok, verdict.problem) == (True, None)
    assert [one.check for one in verdict.checks if one.ok is None] == [Check.ANCHORS]


@pytest.mark.parametrize("collection", ["fills_ledger", "trades", "equity_points", "bots", "pending_orders"])
async def test_a_projection_that_is_changed_lost_or_made_up_is_named_with_both_values(collection: str):
    store = await projected(varied(5))
    index = {"bots": "user", "pending_orders": "open", "equity_points": "user_seq"}.get(collection, "user_time")
    document = (await store.find(collection, index, (USER,))).documents[-1]
    name = next(name for name in ("price", "net_pnl", "equity", "cash", "quantity") if name in document)
    await store.write([Put(collection, document | {name: "12345"})])
    verdict = await Verifier(store).verify(USER)
    assert failed(verdict) == {Check.PROJECTIONS}
    (finding,) = verdict.findings
    assert (finding.seq, finding.expected, finding.found) == (document["seq"], document[name], "12345")
    await store.delete(collection, document["_id"])
    assert failed(await Verifier(store).verify(USER)) == {Check.PROJECTIONS}
    await store.write([Put(collection, document), Put(collection, document | {"_id": "made-up"})])
    verdict = await Verifier(store).verify(USER)
    assert failed(verdict) == {Check.PROJECTIONS}
    assert "made-up" in str(verdict.problem)


async def test_a_snapshot_that_a_replay_does_not_give_is_named():
    store, chain = await projected(varied(5)), varied(5)
    state, head = await refold(store, USER)
    state.free_cash["USDT"] += 1
    await Snapshots(store).save(Followed(state, head=head, opened=True))
    verdict = await Verifier(store).verify(USER)
    assert failed(verdict) == {Check.PROJECTIONS}
    assert (verdict.findings[0].seq, "free_cash" in verdict.findings[0].message) == (chain.head.seq, True)


async def test_an_export_is_what_is_stored_and_verifies_with_the_same_figures():
    store = await projected(varied(6))
    lines = await export(store)
    assert [msgspec.json.decode(line) for line in lines[1:]] == varied(6).documents
    told = verdict_document(ExportAudit().read(lines))
    stored = verdict_document(await Verifier(store).verify(USER))
    assert (told["ok"], told["head"], told["figures"]) == (True, stored["head"], stored["figures"])
    assert told["figures"]["equity"] is not None
    assert ExportAudit().read(lines[1:]).ok
    assert not ExportAudit().read(lines[:-1]).ok  # the header says where it ends
    assert msgspec.json.encode(told)


async def test_an_export_of_a_newer_program_is_refused():
    header = write_header(USER, varied(1).head, at(0)) | {"version": 2}
    del header["sha256"]
    with pytest.raises(InvalidInput, match="version 2"):
        ExportAudit().read([msgspec.json.encode(header | {"sha256": digest(header)})])


def _binary(_: list[bytes]) -> list[bytes]:
    return [bytes(range(256)) * 20, b"\xff\xfe", b"{}", b"[1]", b"null", b"[" * 100_000]


def _torn(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1][:-40]]


def _other_types(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], b'{"seq":"3","user_id":[],"payload":7,"type":{},"hash":null}', *lines[4:]]


DAMAGE: list[Callable[[list[bytes]], list[bytes]]] = [lambda _: [], _binary, _torn, _other_types]


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_file_is_a_finding_and_never_an_exception(damage: Callable[[list[bytes]], list[bytes]]):
    lines = await export(await projected(varied(7, 30)))
    verdict = ExportAudit().read(damage(lines))
    assert not verdict.ok
    assert verdict.findings


async def test_the_csv_tables_hold_every_event_fill_and_trade():
    chain = varied(8)
    store = await projected(chain)
    events = await rows(store, Table.EVENTS)
    assert [row["hash"] for row in events] == [str(document["hash"]) for document in chain.documents]
    fills = await rows(store, Table.FILLS)
    listed = (await store.find("fills_ledger", "user_time", (USER,), limit=10_000)).documents
    assert sorted(row["price"] + row["quantity"] for row in fills) == sorted(d["price"] + d["quantity"] for d in listed)
    trades = await rows(store, Table.TRADES)
    assert [row["net_pnl"] for row in trades] == [plain(trade.net_pnl) for trade in chain.trades]
    assert any(Decimal(row["net_pnl"]) < 0 for row in trades)


async def test_a_name_that_looks_like_a_formula_stays_text():
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created(name="=1+1"))
    chain.add(ev.BotStopped(BOT, "ann", "enough"))
    for text in [chunk async for chunk in LedgerExport(await projected(chain), FakeClock()).csv(USER, Table.EVENTS)]:
        assert not any(line.startswith("=") for line in text.splitlines())


CELLS: list[tuple[Any, str]] = [
    ("=1+1", "'=1+1"),
    ("+SUM(A1)", "'+SUM(A1)"),
    ("-cmd", "'-cmd"),
    ("@x", "'@x"),
    ("\t=1", "'\t=1"),
    ("  =1", "'  =1"),
    ("\r\n=1", "' =1"),
    ("-12.5", "-12.5"),
    ("+3", "+3"),
    ("-1e-8", "-1e-8"),
    (-3, "-3"),
    (None, ""),
    ("a,b", '"a,b"'),
    ('say "hi"', '"say ""hi"""'),
    ("two\nlines", "two lines"),
    ("plain", "plain"),
]


@pytest.mark.parametrize(("cell", "text"), CELLS)
def test_a_spreadsheet_takes_no_text_for_a_formula_and_numbers_stay_numbers(cell: object, text: str):
    assert csv_line([cell]) == f"{text}\r\n"
