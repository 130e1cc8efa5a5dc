"""After kill -9 running bots run again and paused ones stay paused (spec/bots.md, Life cycle)."""

import pytest

from core.domain.bot import BotStatus
from core.domain.journal import Event
from tests.integration.desk import audited, journal
from tests.integration.drill_books import PLACED
from tests.integration.fencing_drill import FencingDrill, eventually
from tests.integration.trading_child import SYMBOLS, open_app
from tests.store_location import Location


def _bots_with_orders(events: list[Event]) -> set[str]:
    return {event.payload.bot_id for event in events if isinstance(event.payload, PLACED)}


@pytest.mark.timeout(240)
async def test_after_a_kill_running_bots_run_again_and_paused_ones_stay_paused(location: Location):
    drill = FencingDrill(location)
    try:
        await drill.found()
        app = await open_app(location)
        user = drill.users[0]
        paused = next(iter((await app.services.writer.account(user)).bots))
        await app.services.bots.pause(user, paused, actor="ann", key="pause")
        await app.close()
        for epoch in (1, 2, 3):
            process = await drill.start()
            await eventually(lambda process=process: process.owned == 1, "the bots do not run again")
            await drill.bots_trade(epoch, 0)
            process.child.kill()
            await process.child.wait()
        store = location.make()
        await store.open()
        account, events = await audited(store, user), await journal(store, user)
        await store.close()
        assert account.bot(paused).status is BotStatus.PAUSED
        assert [bot.status for bot in account.bots.values()].count(BotStatus.RUNNING) == len(SYMBOLS) - 1
        assert paused not in _bots_with_orders(events)
        await drill.check()
        assert (drill.doubled, drill.late) == (0, 0)
    finally:
        await drill.close()
