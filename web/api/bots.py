"""A person's bots over REST: seen at once, made and changed by a confirmation."""

from typing import Annotated

from fastapi import APIRouter, Path, status
from pydantic import Field

from core.domain.errors import Conflict, InvalidInput
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.services.services import Services
from tools.arguments import RiskMode, StrategyName
from tools.arguments_bots import Parameters
from tools.bots import report_on
from web.api.bot_answers import (
    BotPart,
    BotsAnswer,
    DecisionsAnswer,
    ProtectionPart,
    StatusAnswer,
    bot_part,
    decision_part,
)
from web.api.confirmations import Proposed, propose
from web.api.fields import Asking, Body, Cursor, Limit, Money, Person, Tools, UseCases
from web.api.order_answers import viewed
from web.api.pages import page_of

router = APIRouter(prefix="/api/bots", tags=["bots"])

AnyBotId = Annotated[str, Path(max_length=64)]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}/[A-Z0-9]{2,12}$", examples=["BTC/USDT"])]
Name = Annotated[str, Field(min_length=1, max_length=40, examples=["Alpha"])]


class BotRequest(Body):
    """A new bot; what is left out takes a default that the preview shows."""

    name: Name | None = None
    symbol: Symbol = "BTC/USDT"
    strategy: Annotated[StrategyName, Field(strict=False)] = StrategyName.EMA_CROSS
    parameters: Parameters = Field(default_factory=dict[str, int])
    capital: Money = "1000"
    timeframe: Annotated[Timeframe, Field(strict=False)] = Timeframe.M1
    risk_mode: Annotated[RiskMode, Field(strict=False)] = RiskMode.BALANCED
    exchange: Annotated[Exchange, Field(strict=False)] = Exchange.BINANCE
    start: bool = False


class BotPatch(Body):
    """Another name, or (while it does not run) another way to trade; what is left out stays as it is."""

    name: Name | None = None
    strategy: Annotated[StrategyName | None, Field(strict=False)] = None
    parameters: Parameters = Field(default_factory=dict[str, int])
    timeframe: Annotated[Timeframe | None, Field(strict=False)] = None
    risk_mode: Annotated[RiskMode | None, Field(strict=False)] = None


async def bot_name(services: Services, user_id: str, bot_id: str) -> str:
    """The name the tools know a bot by.

    Raises:
        NotFound: this user has no such bot.
        Conflict: it is stopped, and another one has its name now.
    """
    state = await services.writer.account(user_id)
    name = state.bot(bot_id).name
    if state.named(name).bot_id != bot_id:
        raise Conflict(f"{name} is stopped for good; another bot has its name now.")
    return name


@router.get("")
async def bots(services: UseCases, user: Person, limit: Limit = 100, cursor: Cursor = None) -> BotsAnswer:
    """All bots with their results, stopped ones too."""
    portfolio = await services.portfolio.summary(user.user_id)
    page, after = page_of(portfolio.by_bot, lambda figures: figures.bot_id, limit, cursor)
    state = services.writer.known(user.user_id)
    return BotsAnswer(bots=[bot_part(state.bot(one.bot_id), one) for one in page], cursor=after)


@router.post("", status_code=status.HTTP_202_ACCEPTED)
async def create(body: BotRequest, caller: Asking, runner: Tools) -> Proposed:
    """Propose a new bot."""
    return await propose(runner, caller, "create_bot", body.model_dump(mode="json", exclude_none=True))


@router.get("/{bot_id}")
async def bot(bot_id: AnyBotId, services: UseCases, user: Person) -> BotPart:
    """One bot."""
    return await _part(services, user.user_id, bot_id)


async def _part(services: Services, user_id: str, bot_id: str) -> BotPart:
    found = (await services.writer.account(user_id)).bot(bot_id)
    portfolio = await services.portfolio.summary(user_id)
    return bot_part(found, next(one for one in portfolio.by_bot if one.bot_id == bot_id))


@router.patch("/{bot_id}", status_code=status.HTTP_202_ACCEPTED)
async def change(bot_id: AnyBotId, body: BotPatch, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose another name, or another way to trade; 409 while it runs."""
    name = await bot_name(services, caller.principal.user_id, bot_id)
    ways = body.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"name"})
    if body.name is None:
        return await propose(runner, caller, "edit_bot", {"bot": name, **ways})
    if ways:
        raise InvalidInput("A new name is confirmed by itself: send it in a request of its own.")
    return await propose(runner, caller, "rename_bot", {"bot": name, "name": body.name})


@router.delete("/{bot_id}", status_code=status.HTTP_202_ACCEPTED)
async def stop_for_good(bot_id: AnyBotId, caller: Asking, services: UseCases, runner: Tools) -> Proposed:
    """Propose to stop a bot for good; its confirmation takes a phrase."""
    name = await bot_name(services, caller.principal.user_id, bot_id)
    return await propose(runner, caller, "stop_bot", {"bot": name})


@router.get("/{bot_id}/status")
async def bot_status(bot_id: AnyBotId, services: UseCases, user: Person) -> StatusAnswer:
    """One bot in detail, with why it has not traded yet."""
    found = (await services.writer.account(user.user_id)).bot(bot_id)
    report = await report_on(services, user.user_id, found)
    held = report.protection
    return StatusAnswer(
        bot=bot_part(found, report.figures),
        strategy_words=report.strategy_words,
        protection=None if held is None else ProtectionPart.model_validate(held),
        bars_seen=report.bars_seen,
        bars_needed=report.bars_needed,
        why_no_trade=report.why_no_trade,
        decisions=[decision_part(trace) for trace in report.traces],
        orders=[viewed(order) for order in report.orders],
    )


@router.get("/{bot_id}/decisions")
async def decisions(
    bot_id: AnyBotId, services: UseCases, user: Person, limit: Limit = 50, cursor: Cursor = None
) -> DecisionsAnswer:
    """Why a bot acted or did not."""
    (await services.writer.account(user.user_id)).bot(bot_id)  # another user's bot is not found
    page = await services.traces.page(bot_id, limit, cursor)
    return DecisionsAnswer(decisions=[decision_part(t) for t in page.traces], cursor=page.cursor)
