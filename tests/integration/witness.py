"""Holds what writers were told against the journal: each answer must follow from it, and from nothing else."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from core.domain.account import Account
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.errors import ProductError
from core.domain.events import BotCreated, OrderAccepted, OrderExecuted, Payload
from core.domain.evolve import evolve
from core.domain.journal import Event
from core.ports import DocumentStore
from tests.builders import T0
from tests.integration.desk import audited, journal
from tests.integration.writing_child import Answer, Verdict
from tests.integration.writing_plan import RULES, Ask, Plan

#: Keys of what a test put into a journal before the writers came.
PREPARED = "prepared:"


@dataclass(slots=True)
class Findings:
    """Figures of a run; `problems` names what contradicts the journal, in words.

    `untold` were recorded before anyone could be told: the writer had to ask again.
    """

    acknowledged: int = 0
    cached: int = 0
    untold: int = 0
    refused: int = 0
    collisions: int = 0
    lost: int = 0
    doubled: int = 0
    problems: list[str] = field(default_factory=list[str])


async def examine(store: DocumentStore, plan: Plan, answers: Sequence[Answer]) -> Findings:
    """Check all journals of a run in which every command has been answered.

    Raises:
        IntegrityError, AssertionError: a gap, a fork, or a chain or an equity that does not verify.
    """
    findings = Findings(collisions=sum(answer.collisions for answer in answers))
    asked: dict[str, list[tuple[Ask, Answer]]] = {user: [] for user in plan.user_ids()}
    for answer in answers:
        ask = plan.ask(answer.writer, answer.number)
        asked[ask.user_id].append((ask, answer))
    for user, answered in asked.items():
        await audited(store, user)
        _Hearing(user, await journal(store, user), answered, findings).hold()
    return findings


class _Hearing:
    """One user's journal against all answers about it."""

    def __init__(
        self, user_id: str, events: list[Event], answered: list[tuple[Ask, Answer]], findings: Findings
    ) -> None:
        self._user_id = user_id
        self._events = events
        self._answered = answered
        self._findings = findings
        prepared = sum(event.idempotency_key.startswith(PREPARED) for event in events)
        self._told = sorted((answer.answered_ns, answer.seq) for _, answer in answered if answer.seq)
        self._highest_told = list(accumulate((seq for _, seq in self._told), max, initial=prepared))
        begun = {answer.seq: answer.asked_ns for _, answer in answered if answer.verdict is Verdict.APPENDED}
        self._newest_begun = list(accumulate((begun.get(event.seq, 0) for event in events), max))

    def hold(self) -> None:
        """Hear all answers."""
        self._acknowledged()
        self._keys()
        self._order()
        self._follows()

    def _object(self, words: str) -> None:
        self._findings.problems.append(f"{self._user_id}: {words}")

    def _acknowledged(self) -> None:
        """Every acknowledged append is in the journal at its seq with its hash; nothing is there twice."""
        known = {ask.key: answer for ask, answer in self._answered if answer.verdict is not Verdict.REFUSED}
        self._findings.acknowledged += len(known)
        for ask, answer in self._answered:
            self._findings.refused += answer.verdict is Verdict.REFUSED
            self._findings.cached += answer.verdict is Verdict.CACHED
            if answer.verdict is Verdict.REFUSED:
                continue
            event = self._events[answer.seq - 1] if answer.seq <= len(self._events) else None
            if event is None or (event.seq, event.idempotency_key, event.hash) != (answer.seq, ask.key, answer.hash):
                self._findings.lost += 1
                self._object(f"{ask.key} was acknowledged at seq {answer.seq}, which is not what the journal holds")
        first = {ask.key: answer for ask, answer in reversed(self._answered) if answer.seq}
        self._findings.untold += sum(answer.verdict is Verdict.CACHED for answer in first.values())
        effects = [event.idempotency_key for event in self._events]
        effects += [e.payload.order_id for e in self._events if isinstance(e.payload, OrderExecuted | OrderAccepted)]
        effects += [e.payload.bot_id for e in self._events if isinstance(e.payload, BotCreated)]
        self._findings.doubled += sum(count - 1 for count in Counter(effects).values())

    def _keys(self) -> None:
        """What was only ever refused is not recorded, and nothing is recorded that nobody was told of."""
        told = {ask.key for ask, answer in self._answered if answer.verdict is not Verdict.REFUSED}
        for event in self._events:
            if event.idempotency_key not in told and not event.idempotency_key.startswith(PREPARED):
                self._object(f"{event.idempotency_key} is recorded at seq {event.seq}, but nobody was told so")

    def _order(self) -> None:
        """What was asked after an append had been acknowledged comes after it, also in another process."""
        for ask, answer in self._answered:
            if answer.verdict is Verdict.APPENDED and answer.seq <= (before := self._known_before(answer)):
                self._object(f"{ask.key} got seq {answer.seq}, but seq {before} had been acknowledged before")

    def _follows(self) -> None:
        """Fold event by event: each follows from the state right before it, and each refusal from one of its time."""
        asks = {ask.key: ask for ask, _ in self._answered}
        refusals = [(ask, answer, *self._window(answer)) for ask, answer in self._answered if not answer.seq]
        state = Account(self._user_id)
        for event in [*self._events, None]:
            open_ = [(ask, answer) for ask, answer, low, high in refusals if low <= state.seq <= high]
            agreed = {id(answer) for ask, answer in open_ if _decided(state, ask) == answer.reason}
            refusals = [refusal for refusal in refusals if id(refusal[1]) not in agreed]
            if event is None:
                break
            ask = asks.get(event.idempotency_key)
            if ask is not None and _decided(state, ask) != event.payload:
                self._object(f"seq {event.seq} does not follow from the state before it")
            evolve(state, event)
            for words in overdrawn(state):
                self._object(f"after seq {event.seq} {words}")
        for ask, answer, low, high in refusals:
            self._object(f"{ask.key} was refused ({answer.reason}), which no state from seq {low} to {high} gives")

    def _window(self, answer: Answer) -> tuple[int, int]:
        """First and last seq at which a refusal may have been decided: told when it was asked, begun when answered."""
        return self._known_before(answer), bisect_right(self._newest_begun, answer.answered_ns)

    def _known_before(self, answer: Answer) -> int:
        """The highest seq that had been acknowledged to anyone when this was asked."""
        return self._highest_told[bisect_left(self._told, (answer.asked_ns, 0))]


def overdrawn(state: Account) -> Iterator[str]:
    """What is below zero, or does not add up, in a state."""
    for currency, cash in state.free_cash.items():
        in_bots = sum(bot.cash for bot in state.bots.values() if bot.quote == currency)
        if cash < 0:
            yield f"free cash is {cash} {currency}"
        if state.cash_total[currency] != cash + in_bots:
            yield f"all cash is {state.cash_total[currency]} {currency}, but its parts are {cash} and {in_bots}"
    for bot in state.bots.values():
        if bot.free_cash < 0:
            yield f"{bot.name} has cash {bot.cash}, of which {bot.reserved_cash} is reserved"
        for symbol, queue in bot.positions.items():
            if queue.quantity < 0:
                yield f"{bot.name} holds {queue.quantity} of {symbol}"


def _decided(state: Account, ask: Ask) -> Payload | str:
    """What a state makes of a command: the fact to record, or the words of the refusal (none: nothing to do)."""
    try:
        decision = decide(state, ask.command, Setting({}, RULES, T0))
    except ProductError as refusal:
        return refusal.message
    if decision.payload is not None:
        return decision.payload
    return decision.denied.message if decision.denied else ""
