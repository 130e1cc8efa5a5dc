"""What the routes of bots answer."""

from core.domain.bot import legal_moves
from core.domain.bot_state import Bot
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.valuation import BotFigures
from core.services.traces import Trace, TraceKind
from web.api.fields import Answer, Figure, Time
from web.api.order_answers import OrderPart


class BotPart(Answer):
    """A bot, how it trades and what came of it; money in the symbol's quote currency, `position` in base units.

    `status` is `running` only when nothing halts it; `moves` is what may be asked of it now.
    """

    bot_id: str
    name: str
    status: str
    status_reason: str
    moves: list[str]
    exchange: Exchange
    symbol: str
    strategy: str
    parameters: dict[str, int]
    timeframe: Timeframe
    risk_mode: str
    cooldown_minutes: int
    source: str
    created_at: Time
    capital: Figure
    cash: Figure
    position: Figure
    equity: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees: Figure
    net_pnl: Figure
    trades: int
    wins: int


class BotsAnswer(Answer):
    """Bots, oldest first."""

    bots: list[BotPart]
    cursor: str | None


class ProtectionPart(Answer):
    """Prices at which what is held is sold by itself."""

    take_profit: Figure | None
    stop_loss: Figure | None


class DecisionPart(Answer):
    """Why a bot acted (`signal`) or did not (`denial`, with the gate; `error`), in words."""

    ts: Time
    kind: TraceKind
    text: str
    gate: str | None


class DecisionsAnswer(Answer):
    """Decisions of a bot, newest first."""

    decisions: list[DecisionPart]
    cursor: str | None


class StatusAnswer(Answer):
    """A bot in detail: `bars_*` while it runs, `why_no_trade` while it has not traded."""

    bot: BotPart
    strategy_words: str
    protection: ProtectionPart | None
    bars_seen: int | None
    bars_needed: int | None
    why_no_trade: str | None
    decisions: list[DecisionPart]
    orders: list[OrderPart]


class MovedAnswer(Answer):
    """What became of a bot, in words too."""

    bot_id: str
    bot: str
    status: str
    words: str


class OutcomePart(Answer):
    """What became of one bot of many; `problem` says what kept it from it."""

    bot: str
    status: str
    problem: str | None


class AllMovedAnswer(Answer):
    """What became of all of them."""

    bots: list[OutcomePart]
    words: str


def bot_part(bot: Bot, figures: BotFigures) -> BotPart:
    """A bot of the folded account with its figures at present marks."""
    own = {
        "status_reason": bot.status_reason,
        "moves": [move.value for move in legal_moves(bot.status)],
        "exchange": bot.exchange,
        "strategy": bot.strategy,
        "parameters": dict(bot.parameters),
        "timeframe": bot.timeframe,
        "risk_mode": bot.risk_mode,
        "cooldown_minutes": bot.cooldown_minutes,
        "source": bot.source,
        "created_at": bot.created_at,
    }
    names = (name for name in BotPart.model_fields if name not in own)
    return BotPart.model_validate({name: getattr(figures, name) for name in names} | own)


def decision_part(trace: Trace) -> DecisionPart:
    """A decision without the id of its bot, which the route names."""
    return DecisionPart(ts=trace.ts, kind=trace.kind, text=trace.text, gate=trace.gate)
