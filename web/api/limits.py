"""Limits over REST: what they are, what is used of them, and whom a breaker keeps from entering."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, status

from core.domain.events import Metric
from core.services.guard_reports import LimitSource
from web.api.confirmations import Proposed, propose
from web.api.fields import Answer, Asking, Body, Cursor, Figure, Limit, Person, Reason, Time, Tools, UseCases
from web.api.pages import page_of

router = APIRouter(prefix="/api/limits", tags=["limits"])


class LimitPart(Answer):
    """One limit by its name; `source` says whether it is the installation's or the account's own."""

    name: str
    value: Figure
    source: LimitSource


class LimitsAnswer(Answer):
    """All limits the account trades under; fractions are of 1, `*_bps` basis points, `*_secs` seconds."""

    limits: list[LimitPart]


class DailyPart(Answer):
    """Orders of a UTC day of engine time: `used` = `filled` + entries `waiting` in the book."""

    bot_id: str | None
    bot: str | None
    filled: int
    waiting: int
    used: int
    limit: int
    clears_at: Time


class BurstPart(Answer):
    """Entries on one exchange within the sliding window; `clears_at` while there is no room for another."""

    exchange: str
    used: int
    limit: int
    window_secs: int
    clears_at: Time | None


class CooldownPart(Answer):
    """Least minutes between two entries of a bot; `clears_at` while it waits."""

    bot_id: str
    bot: str
    minutes: int
    last_entry_at: Time | None
    clears_at: Time | None


class WorkingPart(Answer):
    """Entries of a bot that rest in one symbol."""

    bot_id: str
    bot: str
    symbol: str
    working: int
    allowed: int


class UsageAnswer(Answer):
    """What is used of the limits at engine time `now`."""

    now: Time
    user: DailyPart
    bots: list[DailyPart]
    bursts: list[BurstPart]
    cooldowns: list[CooldownPart]
    working: list[WorkingPart]


class HealthAnswer(Answer):
    """Whether the account may enter now: `open`, or what keeps it from it; `quarantined` bots may not in any case."""

    status: Literal["open", "limited", "tripped", "halted"]
    halted: bool
    breaker_open: bool
    orders_today: int
    orders_limit: int
    clears_at: Time
    quarantined: int


class QuarantinedPart(Answer):
    """A bot that an open breaker keeps from entering: its own, or its owner's (`by_account`)."""

    bot_id: str
    bot: str
    by_account: bool
    metric: Metric
    value: Figure
    threshold: Figure
    since: Time


class QuarantinedAnswer(Answer):
    """Bots in quarantine."""

    bots: list[QuarantinedPart]
    cursor: str | None


class ResetRequest(Body):
    """Why it is safe to go on; the ledger records it."""

    reason: Reason


@router.get("/config")
async def config(services: UseCases, user: Person) -> LimitsAnswer:
    """Every limit, and whose it is."""
    return LimitsAnswer.model_validate(await services.guardrails.limits(user.user_id))


@router.get("/usage")
async def usage(services: UseCases, user: Person) -> UsageAnswer:
    """What is used of the limits now, and when it clears."""
    return UsageAnswer.model_validate(await services.guardrails.usage(user.user_id))


@router.get("/health")
async def health(services: UseCases, user: Person) -> HealthAnswer:
    """Whether entries may pass at all now."""
    used = (await services.guardrails.usage(user.user_id)).user
    quarantined = await services.guardrails.quarantined(user.user_id)
    state = await services.writer.account(user.user_id)
    halted, tripped = state.halted or services.modes.halted, state.tripped is not None
    limited = used.used >= used.limit
    return HealthAnswer(
        status="halted" if halted else "tripped" if tripped else "limited" if limited else "open",
        halted=halted,
        breaker_open=tripped,
        orders_today=used.used,
        orders_limit=used.limit,
        clears_at=used.clears_at,
        quarantined=len(quarantined),
    )


@router.get("/quarantined")
async def quarantined(services: UseCases, user: Person, limit: Limit = 100, cursor: Cursor = None) -> QuarantinedAnswer:
    """Bots that an open breaker keeps from entering."""
    found = await services.guardrails.quarantined(user.user_id)
    page, after = page_of(found, lambda bot: bot.bot_id, limit, cursor)
    return QuarantinedAnswer(bots=[QuarantinedPart.model_validate(bot) for bot in page], cursor=after)


@router.post("/quarantine/reset/{bot_id}", status_code=status.HTTP_202_ACCEPTED)
async def reset(
    bot_id: Annotated[str, Path(max_length=64)], body: ResetRequest, caller: Asking, runner: Tools
) -> Proposed:
    """Propose to close the breaker that keeps a bot from entering; an admin may name anybody's bot."""
    return await propose(runner, caller, "reset_circuit_breaker", {"bot_id": bot_id, "reason": body.reason})
