"""Symbols as people write them: btc, bitcoin, ETH-USDT, eth/usdt."""

from collections.abc import Sequence

from core.domain.errors import NotFound

_NAMES = {"BITCOIN": "BTC", "ETHEREUM": "ETH", "ETHER": "ETH", "SOLANA": "SOL", "RIPPLE": "XRP", "LITECOIN": "LTC"}


def resolve_symbol(text: str, served: Sequence[str]) -> str:
    """The served symbol that is meant; a bare currency means its pair with USDT, or its first one.

    Raises:
        NotFound: not served; the message lists what is.
    """
    wanted = text.strip().upper().replace("-", "/").replace(" ", "/")
    base, _, quote = wanted.partition("/")
    base = _NAMES.get(base, base)
    candidates = [s for s in served if s.split("/")[0] == base and (not quote or s.split("/")[1] == quote)]
    if not candidates and not quote:
        candidates = [s for s in served if s.replace("/", "") == wanted]
    if not candidates:
        raise NotFound(f"{text[:20]} is not served by the present market data. There is: {', '.join(served)}.")
    preferred = f"{base}/USDT"
    return preferred if preferred in candidates else candidates[0]
