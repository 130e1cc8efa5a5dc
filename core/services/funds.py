"""Play money in, out and between currencies, by a person: deposits, withdrawals, conversions, corrections."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.commands import Command, Convert, Fund, Reverse, Withdraw
from core.domain.currency import rate_symbol
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.errors import IntegrityError, InvalidInput, NotFound
from core.domain.events import Payload
from core.domain.journal import Event, read
from core.ports import DocumentStore
from core.services.journal_writer import BY_SEQ, EVENTS, JournalWriter
from core.services.market_hub import MarketHub

CONVERSION_FEE_BPS = Decimal(10)
_PRICE_WAIT_SECS = 10.0


class FundsKind(StrEnum):
    """What can be done with free cash."""

    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"
    CONVERT = "convert"


@dataclass(frozen=True, slots=True)
class FundsPlan:
    """A movement of play money as a person wants it; `into` is set for a conversion."""

    kind: FundsKind
    amount: Decimal
    currency: str
    into: str | None = None


class Funds:
    """Moves a user's free cash, each movement one event of the journal."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, hub: MarketHub) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub

    async def preview(self, user_id: str, plan: FundsPlan) -> Payload:
        """The event that carrying this out now would append, without appending it.

        Raises:
            InvalidInput, Conflict: it cannot be carried out.
        """
        command = _command(plan, "")
        await self._find_rate(user_id, plan)
        state = await self._writer.account(user_id)
        decision = decide(state, command, Setting(self._hub.mids_for(state), self._writer.rules, self._hub.feed.now()))
        if decision.payload is None:
            raise IntegrityError(f"Planning to {plan.kind} gave nothing to do.")
        return decision.payload

    async def move(self, user_id: str, plan: FundsPlan, *, actor: str, key: str) -> Event:
        """Carry a plan out, exactly once per key."""
        await self._find_rate(user_id, plan)
        return await self._append(user_id, _command(plan, actor), key)

    async def reverse(self, user_id: str, seq: int, *, actor: str, reason: str, key: str) -> Event:
        """Undo the money movement recorded as this event.

        Raises:
            NotFound: this user's journal has no such event.
            InvalidInput, Conflict: it is no money movement, is reversed already, or the money is not there any more.
        """
        page = await self._store.find(EVENTS, BY_SEQ, (user_id,), after=seq - 1, until=seq, limit=1)
        if not page.documents:
            raise NotFound(f"Your journal has no event {seq}.")
        return await self._append(user_id, Reverse(read(page.documents[0]), actor, reason), key)

    async def _append(self, user_id: str, command: Command, key: str) -> Event:
        outcome = await self._writer.execute(
            user_id, command, now=self._hub.feed.now(), key=key, marks=self._hub.mids_for(self._writer.known(user_id))
        )
        if outcome.event is None:
            raise IntegrityError("A movement of money gave no event.")
        return outcome.event

    async def _find_rate(self, user_id: str, plan: FundsPlan) -> None:
        """Follow the market that rates a currency the account does not have yet, until it has a price."""
        reporting = (await self._writer.account(user_id)).reporting
        for one, other in dict.fromkeys(_pairs(plan, reporting)):
            served = dict.fromkeys(self._hub.feed.symbols, Decimal(1))
            symbol = rate_symbol(one, other, served)
            if one != other and symbol is not None and self._hub.latest(symbol) is None:
                await self._hub.state_from(symbol, self._hub.feed.now(), _PRICE_WAIT_SECS)


def _pairs(plan: FundsPlan, reporting: str) -> list[tuple[str, str]]:
    """Currencies between which a rate is needed, each pair in one order."""
    wanted = {plan.currency, plan.into or reporting, reporting}
    return [(one, other) for one in sorted(wanted) for other in sorted(wanted) if one < other]


def _command(plan: FundsPlan, actor: str) -> Command:
    match plan.kind:
        case FundsKind.DEPOSIT:
            return Fund(plan.amount, plan.currency, actor)
        case FundsKind.WITHDRAW:
            return Withdraw(plan.amount, plan.currency, actor)
        case FundsKind.CONVERT:
            if plan.into is None:
                raise InvalidInput("A conversion needs the currency to convert into.")
            return Convert(plan.amount, plan.currency, plan.into, CONVERSION_FEE_BPS, actor)
