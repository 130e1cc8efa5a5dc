"""The journal under fifty concurrent writers, in one and in four processes (spec/accounting.md, The journal).

No gap, no fork, no lost append, no negative cash: every answer a writer got follows from the journal as it was then.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pytest

from core.domain.commands import Fund, HaltTrading, ResumeTrading, StartBot
from core.domain.errors import Conflict
from core.ports import DocumentStore
from core.services.journal_writer import JournalWriter
from tests.builders import T0, entry, leave, market
from tests.integration.desk import audited
from tests.integration.witness import Findings
from tests.integration.writers import Writers
from tests.integration.writing_child import Answer, Verdict, journal_writer
from tests.integration.writing_plan import CAPITAL, SOURCE, WRITERS, Plan, new_bot
from tests.store_location import Location

Forgery: TypeAlias = Callable[[Answer, Answer], list[Answer]]

#: Plans whose commands all want the same sum of cash, and how many of them each user's cash pays for.
BOTS_OF_ONE = Plan(1, 1, 1, "create"), 25
BOTS_OF_FIFTY = Plan(1, 50, 5, "create"), 2
WITHDRAWALS_OF_ONE = Plan(1, 1, 1, "withdraw"), 25
WITHDRAWALS_OF_FIFTY = Plan(1, 50, 5, "withdraw"), 2


@pytest.mark.parametrize(
    ("plan", "affordable", "journals"),
    [
        (*BOTS_OF_ONE, WRITERS),
        (*WITHDRAWALS_OF_ONE, 5),
        (*BOTS_OF_FIFTY, 5),
        (*WITHDRAWALS_OF_FIFTY, WRITERS),
    ],
)
async def test_cash_pays_for_exactly_so_much_in_one_process(
    location: Location, plan: Plan, affordable: int, journals: int
):
    writers = await _for_cash(location, plan, affordable)
    await writers.in_one_process(journals)
    _exactly(await writers.findings(), plan.users * affordable)


@pytest.mark.parametrize(("plan", "affordable"), [WITHDRAWALS_OF_ONE, BOTS_OF_FIFTY])
async def test_cash_pays_for_exactly_so_much_in_four_processes(location: Location, plan: Plan, affordable: int):
    writers = await _for_cash(location, plan, affordable)
    await writers.in_processes()
    _exactly(await writers.findings(), plan.users * affordable)


@pytest.mark.parametrize(("users", "commands", "journals"), [(1, 4, WRITERS), (1, 4, 5), (50, 10, WRITERS)])
async def test_all_commands_at_once_follow_from_each_other_in_one_process(
    location: Location, users: int, commands: int, journals: int
):
    writers = await _for_everything(location, users, commands)
    await writers.in_one_process(journals)
    _sound(await writers.findings())


@pytest.mark.parametrize(("users", "commands"), [(1, 4), (50, 10)])
async def test_all_commands_at_once_follow_from_each_other_in_four_processes(
    location: Location, users: int, commands: int
):
    writers = await _for_everything(location, users, commands)
    await writers.in_processes()
    _sound(await writers.findings())


@pytest.mark.parametrize(("users", "commands"), [(1, 6), (50, 12)])
async def test_killed_processes_lose_and_double_nothing_and_their_writers_go_on(
    location: Location, users: int, commands: int
):
    writers = await _for_everything(location, users, commands)
    await writers.in_processes(kills=3)
    assert writers.kills > 0
    _sound(await writers.findings(), repeated=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("users", "commands"), [(1, 40), (50, 120)])
async def test_many_killed_processes_lose_and_double_nothing(location: Location, users: int, commands: int):
    writers = await _for_everything(location, users, commands)
    await writers.in_processes(kills=20)
    assert writers.kills >= 15, "some may come too late, when a process is done"
    _sound(await writers.findings(), repeated=True)


@pytest.mark.parametrize(
    "forge",
    [
        lambda told, refused: [replace(told, hash="0" * 64), refused],
        lambda told, refused: [replace(told, seq=told.seq + 1), refused],
        lambda told, refused: [replace(told, seq=0, verdict=Verdict.REFUSED, reason="too late"), refused],
        lambda told, refused: [replace(told, asked_ns=time.monotonic_ns()), refused],
        lambda told, refused: [told, replace(refused, reason="400 USDT is more than your free cash of 399 USDT.")],
        lambda _, refused: [refused],
    ],
)
async def test_an_answer_that_the_journal_does_not_give_is_noticed(tmp_path: Path, forge: Forgery):
    writers = await _for_cash(Location("sqlite", str(tmp_path / "a.db")), Plan(1, 1, 1, "create"), affordable=2)
    await writers.in_one_process(journals=2)
    refused = next(answer for answer in writers.answers if not answer.seq)
    told = next(answer for answer in writers.answers if answer.seq == 2)
    assert not (await writers.findings()).problems
    others = [answer for answer in writers.answers if answer not in (told, refused)]
    writers.answers[:] = [*others, *forge(told, refused)]
    assert (await writers.findings()).problems


async def test_a_stop_is_not_taken_for_an_earlier_one_that_somebody_else_lifted(store: DocumentStore):
    one, two, user = await _two_writers(store)
    await one.execute(user, HaltTrading("test", "stop"), now=T0)
    await two.account(user)
    await one.execute(user, ResumeTrading("test"), now=T0)
    await two.execute(user, HaltTrading("test", "stop again"), now=T0)
    assert (await audited(store, user)).halted


async def test_a_command_is_not_refused_for_cash_that_somebody_else_brought(store: DocumentStore):
    one, two, user = await _two_writers(store)
    await two.account(user)
    await one.execute(user, Fund(Decimal(1), "USDT"), now=T0)
    outcome = await two.execute(user, new_bot("bot", "Bot", Decimal(101)), now=T0, key="create")
    assert outcome.event is not None
    with pytest.raises(Conflict, match="more than your free cash of 0 USDT"):
        await two.execute(user, new_bot("other", "Other", Decimal(1)), now=T0, key="other")


async def test_an_entry_is_not_denied_for_a_position_that_somebody_else_closed(store: DocumentStore):
    one, two, user = await _two_writers(store)
    book = market("9.99", "10.01")
    await two.execute(user, new_bot("bot", "Bot", Decimal(100)), now=T0)
    await two.execute(user, StartBot("bot", SOURCE, "test"), now=T0)
    await two.execute(user, entry(book, "1", bot_id="bot", key="in"), now=T0, key="in")
    await one.execute(user, leave(book, bot_id="bot", key="out"), now=T0, key="out")
    assert (await two.execute(user, entry(book, "1", bot_id="bot", key="again"), now=T0, key="again")).event is not None
    denied = (await two.execute(user, entry(book, "1", bot_id="bot", key="more"), now=T0, key="more")).denied
    assert denied is not None
    assert denied.code == "position_open"


async def _two_writers(store: DocumentStore) -> tuple[JournalWriter, JournalWriter, str]:
    """Of one user, who has 100 USDT."""
    one, two = journal_writer(store), journal_writer(store)
    (user,) = Plan(3, 1, 1, "create").user_ids()
    await one.execute(user, Fund(Decimal(100), "USDT"), now=T0)
    return one, two, user


async def _for_cash(location: Location, plan: Plan, affordable: int) -> Writers:
    """Each command alone is well within the cash; all of them are far beyond it."""
    assert WRITERS * plan.commands / plan.users > affordable
    writers = Writers(location, plan, funds=affordable * CAPITAL + Decimal(100))
    await writers.open_accounts()
    return writers


async def _for_everything(location: Location, users: int, commands: int) -> Writers:
    writers = Writers(location, Plan(2, users, commands, "everything"), funds=Decimal(10_000))
    await writers.open_accounts()
    return writers


def _exactly(findings: Findings, appended: int) -> None:
    _sound(findings)
    assert findings.acknowledged == appended


def _sound(findings: Findings, *, repeated: bool = False) -> None:
    assert findings.problems == []
    assert (findings.lost, findings.doubled) == (0, 0)
    assert findings.acknowledged > 0
    assert findings.refused > 0
    assert findings.collisions > 0, "they never met, so that nothing was tried"
    assert findings.cached > 0 or not repeated
