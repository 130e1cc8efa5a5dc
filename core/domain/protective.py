"""Protective prices of all bots of one symbol, so that a price change costs O(log n) per trigger."""

import heapq
from decimal import Decimal
from typing import NamedTuple

from core.domain.bot_state import Protection
from core.domain.order import ExitReason


class Triggered(NamedTuple):
    """A protective price that the market touched."""

    bot_id: str
    reason: ExitReason
    price: Decimal


class ProtectivePrices:
    """Take-profits and stop-losses by bot; an entry leaves when it triggers and is set again if its exit fails."""

    def __init__(self) -> None:
        self._current: dict[str, Protection] = {}
        self._stops: list[tuple[Decimal, str]] = []
        self._targets: list[tuple[Decimal, str]] = []

    def set(self, bot_id: str, protection: Protection | None) -> None:
        """Replace what protects a bot's position; None when it holds nothing. Repeating costs nothing."""
        if self._current.get(bot_id) == protection:
            return
        if protection is None:
            self._current.pop(bot_id, None)
            return
        self._current[bot_id] = protection
        if protection.stop_loss is not None:
            heapq.heappush(self._stops, (-protection.stop_loss, bot_id))
        if protection.take_profit is not None:
            heapq.heappush(self._targets, (protection.take_profit, bot_id))

    @property
    def empty(self) -> bool:
        """Whether nothing is protected."""
        return not self._current

    def untouched(self, low: Decimal, high: Decimal) -> bool:
        """Whether no best bid from `low` to `high` triggers anything; False also where it cannot be told quickly."""
        if not self._current:
            return True
        return not (self._stops and -self._stops[0][0] >= low) and not (self._targets and self._targets[0][0] <= high)

    def triggered(self, bid: Decimal) -> list[Triggered]:
        """Bots whose price was touched by the best bid; where both were, the stop."""
        hits: list[Triggered] = []
        while self._stops and -self._stops[0][0] >= bid:
            negative, bot_id = heapq.heappop(self._stops)
            if bot_id in self._current and self._current[bot_id].stop_loss == -negative:
                del self._current[bot_id]
                hits.append(Triggered(bot_id, ExitReason.STOP_LOSS, -negative))
        while self._targets and self._targets[0][0] <= bid:
            price, bot_id = heapq.heappop(self._targets)
            if bot_id in self._current and self._current[bot_id].take_profit == price:
                del self._current[bot_id]
                hits.append(Triggered(bot_id, ExitReason.TAKE_PROFIT, price))
        return hits
