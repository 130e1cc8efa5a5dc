"""The command line (spec/product.md, The first ten minutes): errors of the first start are one plain line."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.bootstrap import STORE_FILE
from tests.e2e.server import PASSWORD, Server


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An installation with one account; tests that change it take a copy."""
    made = Server(tmp_path_factory.mktemp("cli") / "data", {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7"})
    made.add_user("ann@example.com")
    return made


@pytest.fixture
def copied(used: Server, tmp_path: Path) -> Server:
    return replace(used, data=Path(shutil.copytree(used.data, tmp_path / "data")))


def test_a_taken_port_is_one_plain_line(used: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = replace(used, port=port).cli("run")
    assert ended.returncode == 1
    assert ended.stderr == f"amarktai: Port {port} on 127.0.0.1 is taken. Stop what uses it, or set PORT to another.\n"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PORT", "eighty"),
        ("MAX_DRAWDOWN_PERCENT", "20"),
        ("MARKET_DATA", "crystal ball"),
        ("JWT_SECRET", "canary"),
        ("MONGO_URL", "http://example.com"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(used: Server, name: str, wrong: str) -> None:
    ended = replace(used, settings=used.settings | {name: wrong}).cli("run")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("amarktai: ")
    assert name in line
    assert name != "JWT_SECRET" or wrong not in line


def test_a_missing_recording_is_one_plain_line(used: Server) -> None:
    ended = replace(used, settings={"MARKET_DATA": "replay:/nowhere/BTC_USDT-1m.csv"}).cli("run")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "/nowhere/BTC_USDT-1m.csv" in line


def test_a_directory_that_cannot_be_written_is_one_plain_line(used: Server, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    ended = replace(used, settings=used.settings | {"DATA_DIR": str(blocked)}).cli("verify")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert str(blocked) in line


def test_a_user_is_added_with_a_password_from_standard_input(copied: Server) -> None:
    added = copied.cli("user", "add", "bob@example.com", "--admin", typed=f"{PASSWORD}\n")
    assert (added.returncode, added.stdout) == (0, "bob@example.com can log in (admin).\n")
    again = copied.cli("user", "add", "Bob@Example.com", typed=f"{PASSWORD}\n")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "bob@example.com already" in again.stderr


def test_a_bad_password_makes_no_account(copied: Server) -> None:
    for password in ("", "password123", "x" * 73):
        refused = copied.cli("user", "add", "bob@example.com", typed=f"{password}\n")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert copied.cli("verify").stdout.count("ok ") == 1


def test_sound_journals_verify(used: Server) -> None:
    ended = used.cli("verify")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "All journals verify."
    assert "1 events" in ended.stdout


def test_a_changed_byte_is_found_and_named(copied: Server) -> None:
    """Promise: journal bytes flipped are always detected."""
    file = copied.data / STORE_FILE
    stored = file.read_bytes()
    assert stored.count(b'"amount":"10000"') == 1
    file.write_bytes(stored.replace(b'"amount":"10000"', b'"amount":"90000"'))
    ended = copied.cli("verify")
    assert ended.returncode == 1
    assert "BROKEN" in ended.stdout
    assert "seq 1, check 2 (the hash chain is unbroken): " in ended.stdout
    assert ended.stdout.splitlines()[-1] == "1 journals are broken."


def test_an_unknown_command_shows_how_it_is_used(used: Server) -> None:
    ended = used.cli("dance")
    assert ended.returncode == 2
    assert "usage: amarktai" in ended.stderr


def test_an_export_is_verified_without_the_store_and_a_change_is_named(used: Server, tmp_path: Path) -> None:
    file = tmp_path / "ann.jsonl"
    assert used.cli("export", "--user", "Ann@example.com", "--out", str(file)).returncode == 0
    elsewhere = replace(used, data=tmp_path / "nothing here")
    ended = elsewhere.cli("verify", "--file", str(file))
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["ok"], told["events"], told["figures"]["equity"]) == (0, True, 1, "10000")
    file.write_bytes(file.read_bytes().replace(b'"amount":"10000"', b'"amount":"90000"'))
    ended = elsewhere.cli("verify", "--file", str(file))
    wrong = [check for check in json.loads(ended.stdout)["checks"] if check["ok"] is False]
    assert (ended.returncode, [check["number"] for check in wrong]) == (1, [2, 10])
    assert list(elsewhere.data.iterdir()) == []  # no store was made
    missing = elsewhere.cli("verify", "--file", str(tmp_path / "missing"))
    assert (missing.returncode, missing.stdout, missing.stderr.count("\n")) == (2, "", 1)


def test_anchors_are_written_and_a_cut_journal_shows(copied: Server, tmp_path: Path) -> None:
    anchored = copied.cli("anchor")
    assert (anchored.returncode, anchored.stdout.startswith("Anchored 1 journals")) == (0, True)
    anchors, file = copied.data / "anchors.jsonl", tmp_path / "ann.jsonl"
    assert copied.cli("export", "--user", "ann@example.com", "--out", str(file)).returncode == 0
    assert copied.cli("verify", "--file", str(file), "--anchors", str(anchors)).returncode == 0
    anchors.write_bytes(anchors.read_bytes().replace(b'"seq":1', b'"seq":2'))
    ended = copied.cli("verify")
    assert (ended.returncode, "check 10" in ended.stdout) == (1, True)


def test_projections_are_written_again_and_one_journal_is_verified(copied: Server) -> None:
    ended = copied.cli("verify", "--rebuild", "--user", "ann@example.com")
    assert (ended.returncode, ended.stderr.startswith("rebuilt ")) == (0, True)
    assert ended.stdout.count("ok ") == 1
    nobody = copied.cli("verify", "--user", "bob@example.com")
    assert (nobody.returncode, nobody.stderr) == (2, "amarktai: There is no account bob@example.com.\n")


def test_a_table_is_exported_as_csv_to_standard_output(used: Server) -> None:
    ended = used.cli("export", "--user", "ann@example.com", "--format", "csv", "--table", "events")
    lines = ended.stdout.splitlines()
    assert (ended.returncode, len(lines), lines[0].split(",")[0]) == (0, 2, "seq")


def _plain_fills(directory: Path) -> list[str]:
    """The worked example as files; gives the command's arguments."""
    fill = {"bot": "A", "symbol": "BTC/USDT", "fee_currency": "USDT", "ts": "2026-01-05T12:00:00.000Z"}
    rows = (("buy", "0.01", "50000", "0.5"), ("buy", "0.005", "52000", "0.26"), ("sell", "0.012", "53000", "0.636"))
    lines = [json.dumps(fill | dict(zip(("side", "quantity", "price", "fee"), row, strict=True))) for row in rows]
    fills, marks = directory / "fills.jsonl", directory / "marks.json"
    fills.write_text("\n".join(lines))
    marks.write_text('{"BTC/USDT": "54000"}')
    return ["figures", "--fills", str(fills), "--marks", str(marks)]


def test_anybodys_fills_are_figured_out_without_an_installation(used: Server, tmp_path: Path) -> None:
    ended = replace(used, settings={"PORT": "not a number"}).cli(*_plain_fills(tmp_path))
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["realized_pnl"], told["net_pnl"]) == (0, "32", "36.604")
    assert told["by_bot"]["A"]["unrealized_pnl"] == "6"


def test_a_reader_that_stops_reading_gets_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "web.cli", *_plain_fills(tmp_path)]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, text=True)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")
