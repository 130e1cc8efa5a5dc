"""Past prices as blocks: candles with the person's fills among them."""

from assistant import formats as f
from assistant.blocks import Block, Candles, FillPoint
from assistant.present.base import foot, present
from core.domain.codec import iso
from core.domain.money import plain
from core.domain.order import Side
from tools import results as r


@present.register
def _(result: r.PriceChart) -> tuple[Block, ...]:
    base, quote = result.symbol.split("/")
    counted = (f"{result.left_off} older fills are not marked",) if result.left_off else ()
    return (
        Candles(
            title=f"{result.symbol}, {result.timeframe} candles",
            times=tuple(iso(bar.open_time) for bar in result.bars),
            prices=tuple((plain(bar.open), plain(bar.high), plain(bar.low), plain(bar.close)) for bar in result.bars),
            unit=quote,
            points=tuple(_point(mark, base) for mark in result.marks),
            foot=foot(result.source, f.moment(result.now), *counted),
        ),
    )


def _point(mark: r.FillMark, base: str) -> FillPoint:
    bought = mark.side is Side.BUY
    who = mark.bot or "a bot that is gone"
    words = f"{who} {'bought' if bought else 'sold'} {plain(mark.quantity)} {base} at {f.price(mark.price)}"
    return FillPoint(iso(mark.ts), plain(mark.price), bought, words)
