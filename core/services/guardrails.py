"""The guard rails as anyone may read them: what the gates would decide on now (spec/pipeline.md, gates 3 and 4)."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.gates import circuit_breaker, usage
from core.domain.money import exact
from core.domain.rules import TradingRules
from core.ports import DocumentStore
from core.services import breaker_history
from core.services.guard_reports import (
    BreakerEvent,
    BreakerMeasure,
    BreakerReport,
    BreakerScope,
    BurstUsage,
    CooldownUsage,
    DailyUsage,
    Limit,
    LimitSource,
    LimitsReport,
    QuarantinedBot,
    UsageReport,
    WorkingUsage,
)
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.projector import Projector


class Guardrails:
    """Limits, their use and circuit breakers of an account, from its journal and the present prices."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, hub: MarketHub, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub
        self._projector = projector

    async def limits(self, user_id: str) -> LimitsReport:
        """Every limit the account trades under, and whether it is its own."""
        state = await self._writer.account(user_id)
        rules = asdict(self._rules(state))
        own, installation = LimitSource.ACCOUNT, LimitSource.INSTALLATION
        return LimitsReport(
            tuple(
                Limit(name, Decimal(value), own if name in state.limits else installation)
                for name, value in rules.items()
            )
        )

    async def usage(self, user_id: str) -> UsageReport:
        """What is used of the limits of gate 3 now."""
        state = await self._writer.account(user_id)
        rules, now = self._rules(state), self._hub.feed.now()
        bots, clears_at = _alive(state), usage.next_day(now)
        window = timedelta(seconds=rules.burst_window_secs)

        def daily(bot: Bot | None) -> DailyUsage:
            count = usage.orders_today(state, bot, now)
            limit = rules.max_trades_per_user_daily if bot is None else rules.max_trades_per_bot_daily
            who = (None, None) if bot is None else (bot.bot_id, bot.name)
            return DailyUsage(*who, count.filled, count.waiting, limit, clears_at)

        def burst(exchange: str) -> BurstUsage:
            recent = usage.entries_within(state, exchange, window, now)
            room_at = usage.burst_clears_at(recent, rules)
            return BurstUsage(exchange, len(recent), rules.burst_limit_orders, rules.burst_window_secs, room_at)

        return UsageReport(
            now=now,
            user=daily(None),
            bots=tuple(daily(bot) for bot in bots),
            bursts=tuple(burst(exchange) for exchange in dict.fromkeys(bot.exchange.value for bot in bots)),
            cooldowns=tuple(
                CooldownUsage(
                    bot.bot_id, bot.name, bot.cooldown_minutes, bot.last_entry_at, usage.cooldown_clears_at(bot, now)
                )
                for bot in bots
                if bot.cooldown_minutes
            ),
            working=tuple(
                WorkingUsage(bot.bot_id, bot.name, symbol, working, usage.entries_allowed(bot))
                for bot in bots
                for symbol in bot.symbols
                if (working := usage.entries_working(bot, symbol))
            ),
        )

    async def breaker(self, user_id: str) -> BreakerReport:
        """Both scopes of the circuit breaker at the present prices."""
        state = await self._writer.account(user_id)
        rules, now = self._rules(state), self._hub.feed.now()
        prices = state.marks | self._hub.mids_for(state)

        def scope(bot: Bot | None) -> BreakerScope:
            tripped = state.tripped if bot is None else bot.tripped
            measured = circuit_breaker.measures(state, bot, prices, rules, now)
            measures = tuple(BreakerMeasure(m.metric, m.value, m.threshold, m.reached) for m in measured)
            who = (None, None) if bot is None else (bot.bot_id, bot.name)
            return BreakerScope(*who, tripped is not None, tripped, measures)

        with exact():
            return BreakerReport(now, scope(None), tuple(scope(bot) for bot in _alive(state)))

    async def history(self, user_id: str, limit: int) -> list[BreakerEvent]:
        """The newest trips and resets, newest first.

        Raises:
            StoreUnavailable: the list is behind the journal and does not catch up; try again.
        """
        state = await self._writer.account(user_id)
        await self._projector.caught_up(user_id)
        return await breaker_history.newest(self._store, state, limit)

    async def quarantined(self, user_id: str) -> list[QuarantinedBot]:
        """Bots that an open breaker keeps from entering, with what opened it.

        Raises:
            StoreUnavailable: the list is behind the journal and does not catch up; try again.
        """
        state = await self._writer.account(user_id)
        await self._projector.caught_up(user_id)
        return await breaker_history.quarantined(self._store, state)

    def _rules(self, state: Account) -> TradingRules:
        return self._writer.rules.with_limits(state.limits)


def _alive(state: Account) -> list[Bot]:
    return [bot for bot in state.bots.values() if bot.status is not BotStatus.STOPPED and not bot.written_off]
