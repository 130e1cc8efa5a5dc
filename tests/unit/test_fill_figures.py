"""Plain fills give the worked example's figures and refuse what cannot be true (`amarktai figures`)."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import InvalidInput
from web import cli_figures

EXAMPLE = [
    ("A", "BTC/USDT", "buy", "0.01", "50000", "0.5", "USDT"),
    ("A", "BTC/USDT", "buy", "0.005", "52000", "0.26", "USDT"),
    ("A", "BTC/USDT", "sell", "0.012", "53000", "0.636", "USDT"),
]


def _write(directory: Path, fills: list[tuple[Any, ...]], marks: dict[str, Any]) -> argparse.Namespace:
    names = ("bot", "symbol", "side", "quantity", "price", "fee", "fee_currency")
    lines = [
        json.dumps(dict(zip(names, fill, strict=True)) | {"ts": f"2026-01-05T12:00:{n:02d}.000Z"})
        for n, fill in enumerate(fills)
    ]
    (directory / "fills.jsonl").write_text("\n".join(lines) + "\n")
    (directory / "marks.json").write_text(json.dumps(marks))
    return argparse.Namespace(fills=directory / "fills.jsonl", marks=directory / "marks.json")


def _figures(capsys: pytest.CaptureFixture[str], arguments: argparse.Namespace) -> dict[str, Any]:
    assert cli_figures.run(arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_the_worked_example_comes_out_to_the_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = _figures(capsys, _write(tmp_path, EXAMPLE, {"BTC/USDT": "54000"}))
    for part in (out, out["by_bot"]["A"]):
        assert [part[n] for n in ("realized_pnl", "unrealized_pnl", "fees", "net_pnl")] == [
            "32",
            "6",
            "1.396",
            "36.604",
        ]
        assert [(lot["quantity"], lot["price"]) for lot in part["lots"]] == [("0.003", "52000")]
        assert [(t["gross_pnl"], t["fees"], t["net_pnl"]) for t in part["trades"]] == [("32", "1.24", "30.76")]
        assert (part["win_rate"], part["profit_factor"], part["expectancy"]) == ("1", None, "30.76")
        assert part["currency"] == "USDT"


def test_a_fee_in_base_makes_the_lot_smaller(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    fills = [("A", "ETH/USDT", "buy", 2, 1000.5, "0.002", "ETH"), ("A", "ETH/USDT", "sell", "1", "1100", 0, "USDT")]
    out = _figures(capsys, _write(tmp_path, fills, {"ETH/USDT": 1200}))
    assert out["fees"] == "2.001"
    assert out["realized_pnl"] == "99.5"
    assert out["lots"][0]["quantity"] == "0.998"
    assert out["unrealized_pnl"] == "199.101"


def test_bots_have_lots_of_their_own_and_the_total_is_their_sum(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    fills = [
        ("A", "BTC/USDT", "buy", "1", "100", "0", "USDT"),
        ("B", "BTC/USDT", "buy", "1", "200", "0", "USDT"),
        ("B", "BTC/USDT", "sell", "1", "150", "1", "USDT"),
        ("A", "BTC/USDT", "sell", "1", "150", "1", "USDT"),
    ]
    out = _figures(capsys, _write(tmp_path, fills, {}))
    assert (out["by_bot"]["A"]["realized_pnl"], out["by_bot"]["B"]["realized_pnl"]) == ("50", "-50")
    assert (out["realized_pnl"], out["net_pnl"], out["win_rate"], out["expectancy"]) == ("0", "-2", "0.5", "-1")
    assert out["profit_factor"] == "0.960784313725490196"  # 49 of 51


def test_two_quote_currencies_are_never_added_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    fills = [
        ("A", "BTC/USDT", "buy", "1", "100", "1", "USDT"),
        ("B", "ETH/BTC", "buy", "1", "0.05", "0.0001", "BTC"),
    ]
    out = _figures(capsys, _write(tmp_path, fills, {"BTC/USDT": "110", "ETH/BTC": "0.06"}))
    assert out["net_pnl"] is None
    assert out["by_currency"]["USDT"]["net_pnl"] == "9"
    assert out["by_currency"]["BTC"]["net_pnl"] == "0.0099"
    assert out["by_bot"]["B"]["net_pnl"] == "0.0099"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"side": "short"}, "line 1: side is buy or sell"),
        ({"side": "sell"}, "line 1: A sells 0.01 BTC/USDT and holds 0"),
        ({"quantity": "NaN"}, "quantity must be above zero"),
        ({"quantity": "-1"}, "quantity must be above zero"),
        ({"price": "1e400"}, "price must be above zero"),
        ({"price": True}, "price is not a number"),
        ({"fee": "-0.1"}, "fee must be at least zero"),
        ({"fee_currency": "BNB"}, "A fee in BNB does not fit"),
        ({"fee": "0.01", "fee_currency": "BTC"}, "leaves nothing"),
        ({"symbol": "BTCUSDT"}, "A symbol looks like BTC/USDT"),
        ({"ts": "yesterday"}, "ts is an ISO 8601 time"),
    ],
)
def test_a_line_that_cannot_be_true_is_named(tmp_path: Path, change: dict[str, Any], words: str):
    arguments = _write(tmp_path, EXAMPLE[:1], {"BTC/USDT": "1"})
    fill = json.loads(arguments.fills.read_text())
    arguments.fills.write_text(json.dumps(fill | change))
    with pytest.raises(InvalidInput, match=words):
        cli_figures.run(arguments)


def test_a_position_without_a_mark_is_not_valued_at_zero(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"A holds 0\.003 BTC/USDT, which has no mark"):
        cli_figures.run(_write(tmp_path, EXAMPLE, {}))


def test_files_that_are_not_what_they_should_be_are_named(tmp_path: Path):
    arguments = _write(tmp_path, EXAMPLE, {"BTC/USDT": "1"})
    arguments.fills.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="cannot be read"):
        cli_figures.run(arguments)
    arguments.fills.write_text("{oops")
    with pytest.raises(InvalidInput, match="line 1 is not JSON"):
        cli_figures.run(arguments)
    with pytest.raises(InvalidInput, match="cannot be read"):
        cli_figures.run(argparse.Namespace(fills=tmp_path / "none", marks=arguments.marks))
