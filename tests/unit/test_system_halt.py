"""What an admin halted holds before and after the journal has it, and no user lifts it (spec/pipeline.md, Halt)."""

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.domain.events import HaltScope
from tests.builders import BOT, running


@pytest.mark.parametrize("command", [cmd.StartBot, cmd.ResumeBot])
def test_no_bot_runs_while_everybody_is_halted_also_before_the_journal_has_it(
    command: type[cmd.StartBot | cmd.ResumeBot],
):
    chain = running()
    source = chain.state.bots[BOT].source
    chain.run(cmd.PauseBot(BOT, "ann", "a break"))
    with pytest.raises(Conflict, match="admin has halted"):
        chain.run(command(BOT, source, "ann", system_halted=True))
    chain.add(ev.TradingHalted("admin", "the feed lies", HaltScope.SYSTEM))
    with pytest.raises(Conflict, match="admin has halted"):
        chain.run(command(BOT, source, "ann"))
    chain.add(ev.TradingResumed("admin", HaltScope.SYSTEM))
    chain.run(command(BOT, source, "ann"))
    assert chain.state.bots[BOT].status is BotStatus.RUNNING


@pytest.mark.parametrize("recorded", [False, True], ids=["before the journal has it", "once it has"])
def test_a_users_own_resume_is_refused_while_everybody_is_halted(*, recorded: bool):
    chain = running()
    chain.run(cmd.HaltTrading("ann", "emergency stop"))
    if recorded:
        chain.run(cmd.HaltTrading("admin", "the feed lies", HaltScope.SYSTEM))
    with pytest.raises(Conflict, match="only an admin"):
        chain.run(cmd.ResumeTrading("ann", system_halted=not recorded))
    assert chain.state.user_halted


def test_each_halt_is_lifted_by_its_own_resume():
    chain = running()
    chain.run(cmd.HaltTrading("ann", "emergency stop"))
    chain.run(cmd.HaltTrading("admin", "the feed lies", HaltScope.SYSTEM))
    assert chain.run(cmd.HaltTrading("admin", "again", HaltScope.SYSTEM)).payload is None
    chain.run(cmd.ResumeTrading("admin", HaltScope.SYSTEM))
    assert (chain.state.halted, chain.state.user_halted, chain.state.system_halted) == (True, True, False)
    assert chain.run(cmd.ResumeTrading("admin", HaltScope.SYSTEM)).payload is None
    chain.run(cmd.ResumeTrading("ann"))
    assert not chain.state.halted
