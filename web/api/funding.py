"""Play money in, out and into another currency, over REST: proposed here, done by its confirmation."""

from typing import Annotated

from fastapi import APIRouter, status
from pydantic import Field

from core.services.funds import FundsKind
from web.api.confirmations import Proposed, propose
from web.api.fields import Asking, Body, Money, Tools

router = APIRouter(prefix="/api/ledger", tags=["ledger"])

_Currency = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$", examples=["USDT"])]


class FundingRequest(Body):
    """A movement of free cash; `into` for a conversion, and only then."""

    kind: Annotated[FundsKind, Field(strict=False)]
    amount: Money
    currency: _Currency
    into: _Currency | None = None


@router.post("/funding", status_code=status.HTTP_202_ACCEPTED)
async def funding(body: FundingRequest, caller: Asking, runner: Tools) -> Proposed:
    """Propose a deposit, withdrawal or conversion; asking twice only proposes twice."""
    return await propose(runner, caller, "fund_account", body.model_dump(mode="json", exclude_none=True))
