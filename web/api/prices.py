"""Present prices over REST."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from core.services.services import Services
from tools.market import price_age, price_of
from tools.results import Price
from web.api.fields import Answer, Cursor, Figure, Limit, Person, Time, UseCases
from web.api.pages import page_of

router = APIRouter(prefix="/api/prices", tags=["market"])

_MOST_ASKED = 20
_Asked = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Za-z0-9/\-]+$")]


class PricePart(Answer):
    """Best prices of a pair; `age_secs` of engine time, `stale` when the gates would refuse to enter on it."""

    symbol: str
    bid: Figure
    ask: Figure
    mid: Figure
    ts: Time
    age_secs: Figure
    stale: bool
    source: str


class PricesAnswer(Answer):
    """Present prices, most usual pair first."""

    prices: list[PricePart]
    cursor: str | None


@router.get("/live")
async def live(
    services: UseCases,
    _: Person,
    symbol: Annotated[list[_Asked] | None, Query(max_length=_MOST_ASKED, description="Only these pairs.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PricesAnswer:
    """Prices of all pairs that are followed now; those asked for by name are followed from here on."""
    if symbol:
        found = [await price_of(services, text) for text in symbol]
    else:
        states = (services.hub.latest(one) for one in services.hub.feed.symbols)
        found = [Price(s.symbol, s.bid, s.ask, s.mid, s.ts, s.source) for s in states if s is not None]
    page, after = page_of(found, lambda price: price.symbol, limit, cursor)
    return PricesAnswer(prices=[price_part(services, price) for price in page], cursor=after)


def price_part(services: Services, price: Price) -> PricePart:
    """A price with its age."""
    age, stale = price_age(services, price)
    return PricePart(
        symbol=price.symbol,
        bid=price.bid,
        ask=price.ask,
        mid=price.mid,
        ts=price.ts,
        age_secs=age,
        stale=stale,
        source=price.source,
    )
