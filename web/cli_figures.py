"""`amarktai figures`: PnL, lots and trades of plain fills, for anyone to compare with; needs no store."""

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.domain.codec import encode, iso
from core.domain.errors import InvalidInput
from core.domain.figures import FillBook, FillFigures, PlainFill
from core.domain.money import MAX_AMOUNT, plain
from core.domain.order import Side

_MAX_DECIMALS = 18
_MONEY = ("realized_pnl", "unrealized_pnl", "fees", "net_pnl")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `figures`."""
    figures = commands.add_parser("figures", help="figures of plain fills in a file, without a store")
    figures.add_argument("--fills", type=Path, required=True, metavar="FILE.jsonl", help="one fill a line")
    figures.add_argument("--marks", type=Path, required=True, metavar="FILE.json", help="{symbol: price}")
    figures.set_defaults(offline=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one JSON object.

    Raises:
        InvalidInput: a file cannot be read or a line is wrong; the message names it.
    """
    book = FillBook()
    for number, fill in read_fills(arguments.fills):
        try:
            book.add(fill)
        except (InvalidInput, ArithmeticError) as error:
            raise InvalidInput(f"{arguments.fills.name}, line {number}: {error}") from error
    print(json.dumps(report(book, read_marks(arguments.marks)), indent=2, ensure_ascii=False))
    return 0


def report(book: FillBook, marks: Mapping[str, Decimal]) -> dict[str, Any]:
    """The figures in total and by bot; by currency too where there are several, whose sums would mean nothing."""
    total = _part(book, marks, None)
    return total | {"by_bot": {bot: _part(book, marks, bot) for bot in book.bots}}


def _part(book: FillBook, marks: Mapping[str, Decimal], bot: str | None) -> dict[str, Any]:
    parts = [book.figures(currency, marks, bot) for currency in book.currencies]
    if bot is not None:
        parts = [part for part in parts if part.volume]
    if len(parts) == 1:
        return _document(parts[0])
    empty = FillBook().figures("", marks)
    if not parts:
        return _document(empty)
    unknown = dict.fromkeys(_document(empty))
    return unknown | {"by_currency": {part.currency: _document(part) for part in parts}}


def _document(part: FillFigures) -> dict[str, Any]:
    of_trades = part.of_trades
    return {
        "currency": part.currency or None,
        **{name: plain(getattr(part, name)) for name in _MONEY},
        "volume": plain(part.volume),
        "lots": [encode(lot) for lot in part.lots],
        "trades": [encode(trade) for trade in part.trades],
        "total_trades": of_trades.trades,
        "wins": of_trades.wins,
        "losses": of_trades.losses,
        **{name: _optional(getattr(of_trades, name)) for name in ("win_rate", "profit_factor", "expectancy")},
    }


def _optional(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure)


def read_fills(path: Path) -> Iterator[tuple[int, PlainFill]]:
    """Fills with their line numbers; blank lines are skipped."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _fill(_json(line, f"{path.name}, line {number}"), f"{path.name}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from error


def read_marks(path: Path) -> dict[str, Decimal]:
    """Prices by symbol."""
    try:
        document = _json(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from error
    return {str(symbol): _number(price, f"{path.name}, {symbol}", above=True) for symbol, price in document.items()}


def _json(text: str, where: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise InvalidInput(f"{where} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{where} is not a JSON object.")
    return document


def _fill(document: Mapping[str, Any], where: str) -> PlainFill:
    missing = [name for name in PlainFill.__dataclass_fields__ if name not in document]
    if missing:
        raise InvalidInput(f"{where} lacks {', '.join(missing)}.")
    side = str(document["side"]).lower()
    if side not in set(Side):
        raise InvalidInput(f"{where}: side is buy or sell, not {side[:20]!r}.")
    return PlainFill(
        bot=str(document["bot"]),
        symbol=str(document["symbol"]),
        side=Side(side),
        quantity=_number(document["quantity"], f"{where}, quantity", above=True),
        price=_number(document["price"], f"{where}, price", above=True),
        fee=_number(document["fee"], f"{where}, fee", above=False),
        fee_currency=str(document["fee_currency"]),
        ts=_time(document["ts"], where),
    )


def _number(value: object, where: str, *, above: bool) -> Decimal:
    """A finite number, from text or JSON's own, above zero (or zero too)."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidInput(f"{where} is not a number.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise InvalidInput(f"{where} is not a number: {str(value)[:40]!r}.") from None
    if not number.is_finite() or number < 0 or number > MAX_AMOUNT or (above and not number):
        raise InvalidInput(f"{where} must be {'above' if above else 'at least'} zero and at most {MAX_AMOUNT:f}.")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _MAX_DECIMALS:
        raise InvalidInput(f"{where} has more than {_MAX_DECIMALS} decimals.")
    return number


def _time(value: object, where: str) -> datetime:
    try:
        ts = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"{where}: ts is an ISO 8601 time like {iso(datetime(2026, 1, 1, tzinfo=UTC))}.") from None
    return ts if ts.tzinfo else ts.replace(tzinfo=UTC)
