"""An order through the gates and the paper exchange: one verdict, one event (spec/pipeline.md).

Gate 1, idempotency, is the append itself: the key is unique in the journal. Entries are decided in decide_entry.py,
exits in decide_exit.py.
"""

from datetime import timedelta

from core.domain.account import Account
from core.domain.commands import SubmitOrder
from core.domain.decide_entry import decide_entry
from core.domain.decide_exit import decide_exit, wait_for_price
from core.domain.decision import Decision, Setting
from core.domain.gates.verdict import Gate
from core.domain.order_attempt import Attempt, deny
from core.domain.order_terms import malformed


def decide_order(state: Account, command: SubmitOrder, setting: Setting) -> Decision:
    """Entry or exit: deny, execute against the market state the command brings, or let it rest."""
    request, market = command.request, command.market
    bot = state.bot(request.bot_id)
    if request.writer_epoch is not None and request.writer_epoch < state.epoch:
        return deny(Gate.OWNERSHIP, "ownership_lost", "Another engine runs these bots now.")
    if (state.halted or command.system_halted) and not request.reduce_only:
        words = "Trading is halted by an emergency stop; no entry passes until it is resumed."
        return deny(Gate.MODE, "halted", words)
    if wrong := malformed(bot, command):
        return wrong
    attempt = Attempt(state, bot, command, state.marks | setting.marks)
    stale = market is None or setting.now - market.ts > timedelta(seconds=setting.rules.mark_stale_secs)
    foreign = market is not None and bot.source not in {"", market.source}
    if market is None or stale or foreign:
        if request.reduce_only:
            return wait_for_price(attempt)
        if foreign:
            words = f"{bot.name} trades on {bot.source}, and prices now come from another market."
            return deny(Gate.PRICE, "other_source", words)
        return deny(Gate.PRICE, "no_price", f"There is no fresh price of {request.symbol}. No entry without one.")
    if not request.reduce_only and state.bound_elsewhere(market.symbol, market.source):
        words = f"You hold {market.symbol} from another market; at this one's prices your figures would be wrong."
        return deny(Gate.PRICE, "other_source", words)
    attempt.marks[market.symbol] = market.mid
    return decide_exit(attempt, market) if request.reduce_only else decide_entry(attempt, market, setting)
