"""Tools that check the ledger and hand it out."""

from core.domain.errors import Conflict
from core.services.ledger_export import Table
from core.services.services import Services
from tools.arguments import ExportCsv, NoArguments
from tools.context import Caller
from tools.results import Exported, Reconciled, Verified

_MAX_BYTES = 20_000_000
"""Of a file that goes through the chat; longer ones are streamed by the API and the command line."""


async def ledger_reconcile(services: Services, caller: Caller, _: NoArguments) -> Reconciled:
    """The journal against what lists and reports are read from; changes nothing."""
    return Reconciled(await services.reconciler.reconcile(caller.principal.user_id))


async def ledger_verify(services: Services, caller: Caller, _: NoArguments) -> Verified:
    """The ten checks from the first event on; changes nothing."""
    return Verified(await services.verifier.verify(caller.principal.user_id), services.hub.feed.source)


async def export_csv(services: Services, caller: Caller, args: ExportCsv, key: str) -> Exported:
    """One kind of records as CSV.

    Raises:
        Conflict: too much for a chat.
    """
    del key  # exporting twice harms nothing
    content, rows = bytearray(), -1
    async for chunk in services.exports.csv(caller.principal.user_id, Table(args.what.value)):
        content += chunk.encode()
        rows += chunk.count("\r\n")
        if len(content) > _MAX_BYTES:
            raise Conflict(
                f"Your {args.what.value} are too many for a download here. "
                "“GET /api/ledger/export” or “amarktai export” gives all of them."
            )
    name = f"{args.what.value}-{services.hub.feed.now():%Y-%m-%d}.csv"
    return Exported(name, args.what.value, rows, "text/csv", bytes(content))
