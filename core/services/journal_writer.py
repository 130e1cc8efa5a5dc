"""Decide, append, evolve: the one way anything gets into a user's journal (spec/accounting.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.commands import CheckBreaker, Command
from core.domain.decide import decide
from core.domain.decision import Decision, Setting
from core.domain.errors import IdempotencyConflict, IntegrityError, ProductError, Unavailable
from core.domain.events import Payload
from core.domain.gates.verdict import Denied
from core.domain.journal import Event, Head, Stamp, read, seal, verified
from core.domain.rules import TradingRules
from core.ports import Clock, DocumentStore, DuplicateKey
from core.services.appended import Appended, Follower, Listener, apply
from core.services.chains import Chain
from core.services.repeats import is_result_of
from core.services.snapshots import Snapshots

EVENTS = "ledger_events"
BY_SEQ = "user_seq"
BY_KEY = "user_key"

_ATTEMPTS = 1_000
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: an event (`cached` when the key had been used for it before), a denial, or nothing."""

    event: Event | None
    denied: Denied | None = None
    cached: bool = False


class JournalWriter:
    """Keeps the folded state of each user it has worked with and appends to their journals.

    Any number of writers, in any number of processes, may work on one user: the unique index on
    (user_id, seq) lets one win, and the others fold what it wrote and decide again.
    """

    def __init__(
        self,
        store: DocumentStore,
        clock: Clock,
        rules: TradingRules,
        projector: Follower,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._projector = projector
        self._snapshots = snapshots or Snapshots(store)
        self._rules = rules
        self._chains: dict[str, Chain] = {}
        self._listeners: list[Listener] = []

    @property
    def rules(self) -> TradingRules:
        """The limits decisions are made under."""
        return self._rules

    def listen(self, listener: Listener) -> None:
        """Be told of every new event, own and foreign, in order per user."""
        self._listeners.append(listener)

    async def account(self, user_id: str) -> Account:
        """The state with everything that is in the store now; read it before the next await, change nothing."""
        chain = self._chain(user_id)
        async with chain.lock:
            await self._catch_up(chain)
        return chain.state

    @property
    def chains(self) -> Iterable[Chain]:
        """All journals this writer has worked with."""
        return self._chains.values()

    def known(self, user_id: str) -> Account:
        """The state as last folded here, without asking the store."""
        return self._chain(user_id).state

    async def uses(self, user_id: str, key: str) -> bool:
        """Whether the journal has an event with this idempotency key; it never forgets one."""
        return bool((await self._store.find(EVENTS, BY_KEY, (user_id, key), limit=1)).documents)

    async def execute(
        self,
        user_id: str,
        command: Command,
        *,
        now: datetime,
        key: str | None = None,
        marks: dict[str, Decimal] | None = None,
    ) -> Outcome:
        """Carry out one command, exactly once per key.

        Args:
            user_id: whose journal.
            command: what is asked.
            now: engine time.
            key: idempotency key; the same key with the same command gives the recorded result.
            marks: present mid prices, for measures that need them.

        Raises:
            Conflict, InvalidInput, NotFound: the command cannot be carried out.
            IdempotencyConflict: the key was used for another request.
            StoreUnavailable: it is not known whether the event was written; repeat with the same key.
        """
        chain = self._chain(user_id)
        setting = Setting(marks or {}, self._rules, now)
        async with chain.lock:
            if chain.behind:
                await self._catch_up(chain)
            for _ in range(_ATTEMPTS):
                outcome = await self._attempt(chain, command, setting, key)
                if outcome is not None:
                    return outcome
        raise Unavailable("Too many others are writing to this account; nothing was done. Try again.")

    async def _attempt(self, chain: Chain, command: Command, setting: Setting, key: str | None) -> Outcome | None:
        """Decide on the state as it is and append; None when somebody else wrote first.

        An append proves by its place that the state was the newest. A refusal proves nothing, so it stands
        only when the store has no news: what was lifted or brought in elsewhere must not be held against anyone.
        """
        user_id = chain.user_id
        try:
            decision = decide(chain.state, command, setting)
        except ProductError:
            recorded = await self._recorded(user_id, key, command)
            if recorded or await self._catch_up(chain):
                return recorded
            raise
        refused = decision.payload is None or decision.denied is not None
        if refused and (recorded := await self._recorded(user_id, key, command)):
            return recorded
        if decision.payload is None:
            # A breaker is checked for what this writer has just appended; it spares every order a read.
            news = not isinstance(command, CheckBreaker) and await self._catch_up(chain)
            return None if news else Outcome(None, decision.denied)
        try:
            event = await self._append(chain, decision.payload, decision, key, setting.now)
        except DuplicateKey as taken:
            await self._catch_up(chain)
            return await self._recorded(user_id, key, command) if taken.index == BY_KEY else None
        return Outcome(event, decision.denied)

    def _chain(self, user_id: str) -> Chain:
        chain = self._chains.get(user_id)
        if chain is None:
            chain = self._chains[user_id] = Chain(Account(user_id))
        return chain

    async def _append(
        self, chain: Chain, payload: Payload, decision: Decision, key: str | None, now: datetime
    ) -> Event:
        state = chain.state
        # A trip that a denied order brings about must not claim the order's key.
        own_key = key if key is not None and decision.denied is None else f"auto:{chain.head.seq + 1}"
        epoch = state.epoch if decision.epoch is None else decision.epoch
        # A wall clock that was set back must not make the journal look reordered.
        recorded_at = max(self._clock.now(), chain.recorded_at)
        document = seal(chain.head, Stamp(state.user_id, own_key, epoch, now, recorded_at), payload)
        try:
            await self._store.insert(EVENTS, document)
        except BaseException:
            # Lost, cancelled or collided: the store may hold more than is folded here.
            chain.behind = True
            raise
        event = read(document)
        self._tell(self._fold(chain, event))
        self._snapshots.note(chain)
        return event

    async def _catch_up(self, chain: Chain) -> bool:
        """Fold everything the store has beyond the head, checking the chain; tells whether there was anything.

        The first time that is what follows the user's snapshot, or the whole history, which is news to nobody.
        """
        first, known = not chain.opened, chain.head.seq
        if chain.broken:  # for whoever waited for it meanwhile
            raise IntegrityError(f"The journal of {chain.user_id} cannot be folded beyond seq {known}.")
        if first:
            await self._open(chain)
        while True:
            page = await self._store.find(EVENTS, BY_SEQ, (chain.user_id,), after=chain.head.seq, limit=_PAGE)
            for event in verified(chain.head, page.documents):
                appended = self._fold(chain, event)
                if not first:
                    self._tell(appended)
            if len(page.documents) < _PAGE:
                break
        chain.behind = False
        self._snapshots.note(chain)
        return chain.head.seq > known

    async def _open(self, chain: Chain) -> None:
        snapshot = await self._snapshots.load(chain.user_id)
        await self._projector.begin(chain.user_id, snapshot.head.seq if snapshot else 0)
        if snapshot is not None:
            chain.state, chain.head, chain.recorded_at = snapshot.state, snapshot.head, snapshot.recorded_at
            chain.saved_seq = snapshot.head.seq
        chain.opened = True

    def _fold(self, chain: Chain, event: Event) -> Appended:
        self._projector.before(chain.state, event)
        try:
            appended = apply(chain.state, event)
        except Exception:
            # A half-applied event must not be traded on: load the journal afresh next time.
            chain.broken = chain.behind = True
            self._chains.pop(chain.user_id, None)
            self._projector.abandon(chain.user_id, chain.head.seq)
            raise
        chain.head, chain.recorded_at = Head(event.seq, event.hash), event.recorded_at
        self._projector.on_appended(appended)
        return appended

    def _tell(self, appended: Appended) -> None:
        for listener in self._listeners:
            listener(appended)

    async def _recorded(self, user_id: str, key: str | None, command: Command) -> Outcome | None:
        """The event that holds this key, if any, as a cached outcome."""
        if key is None:
            return None
        page = await self._store.find(EVENTS, BY_KEY, (user_id, key), limit=1)
        if not page.documents:
            return None
        event = read(page.documents[0])
        if not is_result_of(command, event.payload):
            raise IdempotencyConflict("That key was used before for a different request. Use a new one.")
        return Outcome(event, cached=True)
