"""What a limit order may fill, by sums over the whole tape instead of trade by trade; in ticks and units."""

from tests.oracles.recorded import Moment


def queue_before(moment: Moment, price: int, *, buys: bool) -> int | None:
    """Units the book shows at the order's price on its own side; None beyond the last level shown."""
    own = dict(moment.bids if buys else moment.asks)
    worst = min(own) if buys else max(own)
    beyond = price < worst if buys else price > worst
    return None if beyond else own.get(price, 0)


def taken_on_arrival(moment: Moment, price: int, units: int, *, buys: bool) -> int:
    """Units that the other side offers at no worse than the order's price."""
    offered = sum(q for p, q in (moment.asks if buys else moment.bids) if (p <= price if buys else p >= price))
    return min(units, offered)


def filled_while_resting(tape: list[tuple[int, int]], price: int, units: int, queue: int | None, *, buys: bool) -> int:
    """Units filled by what was traded after the order's arrival.

    All that trades through the price is the order's, and all at the price from the first trade through it on;
    before that, what trades at the price beyond the queue.
    """
    through = [n for n, (traded, _) in enumerate(tape) if (traded < price if buys else traded > price)]
    first = through[0] if through else len(tape)
    beyond = sum(tape[n][1] for n in through)
    at_price_later = sum(q for p, q in tape[first:] if p == price)
    at_price_before = sum(q for p, q in tape[:first] if p == price)
    after_queue = 0 if queue is None else max(at_price_before - queue, 0)
    return min(units, beyond + at_price_later + after_queue)
