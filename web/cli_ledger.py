"""`amarktai verify`, `export` and `anchor`: check journals, hand them out, note their heads outside the store."""

import argparse
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from core.bootstrap import App, build_app
from core.domain.anchors import read_anchors
from core.domain.codec import iso
from core.domain.credentials import normalise_email
from core.domain.errors import NotFound, ProductError, Unavailable
from core.ports import StoreUnavailable
from core.services.accounts import USERS, USERS_BY_EMAIL
from core.services.ledger_export import LedgerExport, Table
from core.services.refold import rebuild
from core.services.verdict import LedgerVerdict, verdict_document
from core.services.verify import Verifier
from core.services.verify_export import ExportAudit
from core.settings import Settings

BROKEN = 1
UNCHECKED = 2
_LONGEST_LINE = 64 * 1024 * 1024

_TELL_EVERY = 100_000


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register them."""
    verify = commands.add_parser(
        "verify",
        help="check journals by ten checks: those of the store, or an exported file",
        epilog="Exit status: 0 all is well, 1 something is broken, 2 it could not be checked.",
    )
    verify.add_argument("--user", metavar="EMAIL", help="only this person's journal")
    verify.add_argument("--rebuild", action="store_true", help="first write all projections again from the journals")
    verify.add_argument("--file", type=Path, metavar="EXPORT.jsonl", help="an exported journal; needs no store")
    verify.add_argument("--anchors", type=Path, metavar="FILE", help="with --file: anchors to compare it with")
    verify.set_defaults(work=_verify, offline=_verify_offline)
    export = commands.add_parser("export", help="write one person's journal as JSON lines, or parts of it as CSV")
    export.add_argument("--user", metavar="EMAIL", required=True)
    export.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    export.add_argument("--table", choices=[table.value for table in Table], default="fills", help="with --format csv")
    export.add_argument("--out", type=Path, metavar="FILE", help="where to; standard output when absent")
    export.set_defaults(work=_export)
    anchor = commands.add_parser("anchor", help="note the heads of all journals in the file of anchors, now")
    anchor.set_defaults(work=_anchor)


def _verify_offline(arguments: argparse.Namespace) -> int | None:
    """Verify an exported file; None leaves it to the store."""
    if arguments.file is None:
        return None
    try:
        verdict = verify_file(arguments.file, arguments.anchors)
    except ProductError as error:
        print(f"amarktai: {error.message}", file=sys.stderr)
        return UNCHECKED
    print(json.dumps(verdict_document(verdict), indent=2))
    return 0 if verdict.ok else BROKEN


def verify_file(path: Path, anchors: Path | None) -> LedgerVerdict:
    """The verdict on an exported journal, read line by line.

    Raises:
        Unavailable: a file cannot be read.
        InvalidInput: the export is of a newer program.
    """
    book = None if anchors is None else read_anchors(_lines(anchors))
    verdict = ExportAudit(book, lambda lines: _show_progress(path.name, lines)).read(_lines(path))
    _clear_progress()
    return verdict


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a file of any kind; one without an end in sight comes in pieces."""
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                yield line
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}.") from error


async def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    try:
        app = await build_app(settings.without_live_prices())
    except ProductError as error:
        print(f"amarktai: {error.message}", file=sys.stderr)
        return UNCHECKED
    try:
        return await _verify_store(app, arguments)
    except ProductError as error:
        print(f"amarktai: {error.message}", file=sys.stderr)
        return UNCHECKED
    finally:
        await app.close()


async def _verify_store(app: App, arguments: argparse.Namespace) -> int:
    emails = await _people(app, arguments.user)
    if arguments.rebuild:
        await _rebuild(app, list(emails))
    broken = 0
    async for verdict in Verifier(app.store, app.services.anchors).verify_all(list(emails), _show_progress):
        _clear_progress()
        for line in _told(verdict, emails[verdict.user_id]):
            print(line, flush=True)
        broken += not verdict.ok
    print("All journals verify." if not broken else f"{broken} journals are broken.")
    return BROKEN if broken else 0


def _told(verdict: LedgerVerdict, email: str) -> Iterator[str]:
    """One line for the user, then one for each thing that is wrong or was not checked."""
    word = "ok    " if verdict.ok else "BROKEN"
    yield f"{word}  {verdict.user_id}  {email}  {verdict.events} events, head {verdict.head.hash[:16]}"
    for check in verdict.checks:
        for finding in check.findings:
            yield f"        {finding}"
        if check.more:
            yield f"        and {check.more} more of check {check.check.number}"
        if check.ok is None and check.reason:
            yield f"        check {check.check.number} ({check.check.title}) was not done: {check.reason}"


async def _rebuild(app: App, user_ids: list[str]) -> None:
    for user_id in user_ids:
        try:
            done = await rebuild(app.store, user_id, lambda seq, user=user_id: _show_progress(user, seq))
        except ProductError as error:
            if isinstance(error, StoreUnavailable):
                raise
            _clear_progress()
            print(f"not rebuilt  {user_id}  {error.message}", file=sys.stderr)
            continue
        _clear_progress()
        print(
            f"rebuilt  {user_id}  {done.events} events, {done.documents} documents, {done.removed} removed",
            file=sys.stderr,
        )


def _show_progress(user_id: str, seq: int) -> None:
    """On a terminal a line that counts, elsewhere a line now and then."""
    if sys.stderr.isatty():
        print(f"\r{user_id}  {seq:,} events", end="", file=sys.stderr, flush=True)
    elif seq and seq % _TELL_EVERY == 0:
        print(f"{user_id}  {seq:,} events", file=sys.stderr, flush=True)


def _clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


async def _people(app: App, email: str | None) -> dict[str, str]:
    """Ids and addresses of everybody, or of the one named.

    Raises:
        NotFound: nobody has this address.
    """
    if email is not None:
        page = await app.store.find(USERS, USERS_BY_EMAIL, (normalise_email(email),), limit=1)
        if not page.documents:
            raise NotFound(f"There is no account {email}.")
        return {user["_id"]: user["email"] for user in page.documents}
    people: dict[str, str] = {}
    for user_id in await app.services.accounts.all_ids():
        user = await app.services.accounts.current(user_id)
        people[user_id] = "" if user is None else user.email
    return people


async def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    app = await build_app(settings.without_live_prices())
    try:
        (user_id,) = await _people(app, arguments.user)
        exporter = LedgerExport(app.store, app.services.clock)
        as_csv = arguments.format == "csv"
        chunks = _csv(exporter, user_id, arguments.table) if as_csv else exporter.json_lines(user_id)
        if arguments.out is None:
            async for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        else:
            await _write(arguments.out, chunks)
    finally:
        await app.close()
    return 0


async def _csv(exporter: LedgerExport, user_id: str, table: str) -> AsyncIterator[bytes]:
    async for chunk in exporter.csv(user_id, Table(table)):
        yield chunk.encode()


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> None:
    """All of it under this name, or nothing; for its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.") from error


async def _anchor(settings: Settings, _: argparse.Namespace) -> int:
    app = await build_app(settings.without_live_prices())
    try:
        anchor = await app.services.anchors.write(app.services.clock.now())
    finally:
        await app.close()
    print(f"Anchored {len(anchor.heads)} journals at {iso(anchor.at)}: {anchor.hash}")
    return 0
