"""The portfolio over REST: the same figures as in the chat, unrounded."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, PlainSerializer

from core.domain.codec import iso
from core.domain.money import plain
from core.domain.user import User
from core.services.services import Services
from web.auth import current_user

router = APIRouter(prefix="/api/portfolio", tags=["portfolio"])

Figure = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
Time = Annotated[datetime, PlainSerializer(iso, return_type=str)]


class BotPart(BaseModel):
    """One bot's part, in its quote currency."""

    model_config = ConfigDict(from_attributes=True)

    bot_id: str
    name: str
    status: str
    symbol: str
    cash: Figure
    position: Figure
    equity: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees: Figure
    net_pnl: Figure
    trades: int
    wins: int


class MarkPart(BaseModel):
    """A mark with its age and source; `age_secs` is absent for a recorded price."""

    model_config = ConfigDict(from_attributes=True)

    symbol: str
    price: Figure
    ts: Time | None
    age_secs: Figure | None
    source: str
    stale: bool


class SummaryAnswer(BaseModel):
    """The account at its marks; money as text in `currency`, drawdowns as fractions."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    equity: Figure
    cash: Figure
    free_cash: Figure
    funded: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees_total: Figure
    net_pnl: Figure
    drawdown_current: Figure
    drawdown_max: Figure
    total_fills: int
    total_volume: Figure
    halted: bool
    seq: int
    by_bot: list[BotPart]
    marks: list[MarkPart]
    data_source: Literal["ledger"] = "ledger"


@router.get("/summary")
async def summary(request: Request, user: Annotated[User, Depends(current_user)]) -> SummaryAnswer:
    """Equity, cash, PnL, fees and drawdown, from the ledger at present marks."""
    services: Services = request.app.state.services
    return SummaryAnswer.model_validate(await services.portfolio.summary(user.user_id))
