"""Closed trades over REST."""

from fastapi import APIRouter

from core.domain.order import ExitReason
from web.api.fields import Answer, BotId, Cursor, Figure, Limit, Person, Time, UseCases

router = APIRouter(prefix="/api/trades", tags=["trades"])


class TradePart(Answer):
    """One exit order with the lots it consumed; money in the symbol's quote currency, `fees` of both sides."""

    order_id: str
    bot_id: str
    symbol: str
    quantity: Figure
    entry_price: Figure
    exit_price: Figure
    opened_at: Time
    closed_at: Time
    gross_pnl: Figure
    fees: Figure
    net_pnl: Figure
    return_pct: Figure
    exit_reason: ExitReason | None


class TradesAnswer(Answer):
    """Closed trades, newest first."""

    trades: list[TradePart]
    cursor: str | None


@router.get("/recent")
async def recent(
    services: UseCases, user: Person, bot_id: BotId = None, limit: Limit = 50, cursor: Cursor = None
) -> TradesAnswer:
    """Closed trades of all bots or of one."""
    if bot_id is not None:
        (await services.writer.account(user.user_id)).bot(bot_id)  # another user's bot is not found
    page = await services.portfolio.trade_page(user.user_id, bot_id, limit, cursor)
    return TradesAnswer(trades=[TradePart.model_validate(trade) for trade in page.trades], cursor=page.cursor)
