"""ccxt's exchange objects: made for public spot data alone, and guarded against garbage.

ccxt is imported when an exchange is made, not before: it costs half a second and 70 MB.
"""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any, Protocol, cast

import structlog

from core.adapters.feeds.live_tally import Tally
from core.domain.errors import InvalidInput

_TIMEOUT_MS = 10_000
_KEEP_ALIVE_MS = 15_000
"""A connection that answers no ping for twice as long is taken for dead; ccxt would wait six minutes on some."""

_KNOWN = ("binance", "kucoin", "kraken", "luno", "bybit", "okx", "coinbase")

#: One connection per exchange, so that trades and books come in the order in which they were sent; spot pairs only.
_OPTIONS: dict[str, Any] = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "streamLimits": {"spot": 1},
    "subscriptionLimitByStream": {"spot": 1_000},
    "tradesLimit": 10_000,
}

_log = structlog.get_logger(__name__)


class Connection(Protocol):
    """One WebSocket connection of ccxt's."""

    handle_message: Callable[[object], None]


class Ccxt(Protocol):
    """What is used of a ccxt exchange; numbers are Decimal where it parses them, floats in streamed books."""

    has: dict[str, Any]
    timeframes: dict[str, str] | None
    markets: dict[str, dict[str, Any]] | None
    precisionMode: int  # noqa: N815 - ccxt's name
    rateLimit: float  # noqa: N815 - ccxt's name
    last_response_headers: Mapping[str, str] | None
    urls: dict[str, Any]
    streaming: dict[str, Any]
    load_markets: Callable[[bool], Awaitable[object]]
    fetch_time: Callable[[], Awaitable[int | None]]
    fetch_trades: Callable[[str, int | None, int | None, dict[str, str]], Awaitable[list[dict[str, Any]]]]
    fetch_order_book: Callable[[str], Awaitable[dict[str, Any]]]
    fetch_ohlcv: Callable[[str, str, int, int], Awaitable[list[list[Any]]]]
    watch_trades: Callable[[str], Awaitable[list[dict[str, Any]]]]
    watch_order_book: Callable[[str], Awaitable[dict[str, Any]]]
    watch_bids_asks: Callable[[list[str]], Awaitable[dict[str, dict[str, Any]]]]
    close: Callable[[], Awaitable[None]]
    bidsasks: Mapping[str, dict[str, Any]]
    client: Callable[[str], Connection]
    handle_message: Callable[[Connection, object], object]
    on_connected: Callable[..., object]
    on_close: Callable[..., object]
    on_error: Callable[..., object]


def make(exchange_id: str, loopback: str | None) -> Ccxt:
    """A client of one exchange; nothing is asked of the exchange yet. Takes half a second the first time.

    Args:
        exchange_id: ccxt's name of it.
        loopback: `host:port` of a stand-in that serves what the exchange does.

    Raises:
        InvalidInput: ccxt does not know the exchange; the message lists some that it does.
    """
    streaming, polling = import_module("ccxt.pro"), import_module("ccxt.async_support")
    module = streaming if exchange_id in streaming.exchanges else polling
    if exchange_id not in module.exchanges:
        why = "ccxt, which fetches live prices, does not support it"
        raise InvalidInput(
            f"There are no live prices of {exchange_id[:40]}: {why}. Among those it supports: {', '.join(_KNOWN)}."
        )
    config = {"number": Decimal, "enableRateLimit": True, "timeout": _TIMEOUT_MS, "newUpdates": True}
    made = cast("Ccxt", getattr(module, exchange_id)(config | {"options": _OPTIONS}))
    if hasattr(made, "streaming"):
        made.streaming["keepAlive"] = min(made.streaming.get("keepAlive", _KEEP_ALIVE_MS), _KEEP_ALIVE_MS)
    if loopback is not None:
        made.urls["api"] = _moved(made.urls["api"], loopback)
    return made


def _moved(url: object, loopback: str) -> object:
    if isinstance(url, dict):
        return {name: _moved(inner, loopback) for name, inner in cast("dict[str, object]", url).items()}
    scheme, _, rest = str(url).partition("://")
    # ccxt's Binance client takes an address with /stream for one of spot data.
    return f"ws://{loopback}/stream" if scheme == "wss" else f"http://{loopback}/{rest.partition('/')[2]}"


def guard(ccxt: Ccxt, tally: Tally, connection_changed: Callable[[], None]) -> None:
    """Count what connections bring that cannot be read: unguarded, one such frame would end all reading for good.

    `connection_changed` is called when a connection opens, breaks or ends, which ccxt tells nobody who does not happen
    to wait at that moment.
    """
    if not hasattr(ccxt, "handle_message"):  # a client without streams
        return
    made, handle = ccxt.client, ccxt.handle_message
    guarded: dict[str, Connection] = {}

    def client(url: str) -> Connection:
        found = made(url)
        if guarded.get(url) is not found:
            guarded[url] = found
            found.handle_message = _guarded(tally, found.handle_message)
        return found

    def handle_message(client: Connection, message: object) -> object:
        if isinstance(message, str) and message.strip().lower() not in {"ping", "pong"}:
            tally.refused += 1
            return None
        return handle(client, message)

    ccxt.client, ccxt.handle_message = client, handle_message
    for name in ("on_connected", "on_close", "on_error"):
        setattr(ccxt, name, _also(getattr(ccxt, name), connection_changed))


def _guarded(tally: Tally, read: Callable[[object], None]) -> Callable[[object], None]:
    def handle(message: object) -> None:
        try:
            read(message)
        except Exception as error:  # noqa: BLE001 - a frame may be anything at all
            tally.refused += 1
            _log.debug("a frame could not be read", problem=type(error).__name__)

    return handle


def _also(call: Callable[..., object], then: Callable[[], None]) -> Callable[..., object]:
    def both(*arguments: object) -> object:
        then()
        return call(*arguments)

    return both
