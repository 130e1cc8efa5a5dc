"""`amarktai backtest` works on a file alone, without store or settings, and says what is wrong (spec/bots.md)."""

import csv
import gzip
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.backtest_twin import market

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bars") / "BTC_USDT-1m.csv.gz"
    with gzip.open(path, "wt", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(("timestamp", "open", "high", "low", "close", "volume"))
        for bar in market(12, 900):
            rows.writerow((int(bar.open_time.timestamp() * 1000), bar.open, bar.high, bar.low, bar.close, bar.volume))
    return path


def backtest(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command in an empty directory, with nothing set."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    command = [sys.executable, "-m", "web.cli", "backtest", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_file_is_enough_for_a_report_as_json_and_trades_as_csv(data: Path, tmp_path: Path):
    wanted = ("--strategy", "ema_cross", "--symbol", "BTC/USDT", "--timeframe", "5m", "--data", data)
    ended = backtest(*wanted, "--capital", "1000", "--param", "fast=3", "--csv", "trades.csv", "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    figures = report["figures"]
    assert report["plan"]["parameters"] == {"fast": 3, "slow": 21}
    assert Decimal(figures["net_profit"]) == Decimal(figures["final_equity"]) - 1000
    assert figures["trades"] == len(report["trades"]) > 0
    with (tmp_path / "trades.csv").open(newline="") as text:
        assert [row["net_pnl"] for row in csv.DictReader(text)] == [trade["net_pnl"] for trade in report["trades"]]
    assert "100 %" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["trades.csv"]
    again = backtest(*wanted, "--capital", "1000", "--param", "fast=3", "--json", cwd=tmp_path)
    assert again.stdout == ended.stdout


def test_without_json_people_read_a_table(data: Path, tmp_path: Path):
    ended = backtest("--strategy", "dca", "--data", data, "--from", "2026-01-05T04:00", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("dca ")
    assert "2026-01-05 04:00 to" in ended.stdout
    for words in ("Net profit", "Max drawdown", "Buy and hold", "square root of 365"):
        assert words in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--strategy", "luck"), "There is no strategy 'luck'"),
        (("--strategy", "dca", "--param", "levels"), "--param is NAME=NUMBER"),
        (("--strategy", "dca", "--capital", "much"), "The capital is not a number"),
        (("--strategy", "dca", "--symbol", "ETH/USDT"), "holds BTC/USDT, not ETH/USDT"),
        (("--strategy", "dca", "--from", "soon"), "is no time like"),
        (("--strategy", "dca", "--from", "2031-01-01"), "There are no bars in that period"),
        (("--strategy", "dca", "--risk", "wild"), "There is no risk mode 'wild'"),
    ],
)
def test_what_is_wrong_is_one_plain_line(data: Path, tmp_path: Path, arguments: tuple[str, ...], words: str):
    ended = backtest("--data", data, *arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("amarktai: ")
    assert words in line


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    ended = backtest("--strategy", "dca", "--data", tmp_path / "BTC_USDT-1m.csv", cwd=tmp_path)
    assert ended.returncode == 1
    assert "There is no file" in ended.stderr
