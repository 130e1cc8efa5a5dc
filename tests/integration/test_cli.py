"""The command line (spec/product.md, The first ten minutes): errors of the first start are one plain line."""

import shutil
import socket
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
