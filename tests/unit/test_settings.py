"""A wrong setting stops the start with one clear line; `.env.example` tells the truth (spec/product.md)."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.adapters.secrets_file import SecretsFile, SecretsUnreadable
from core.settings import Environment, Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
GOOD_SECRET = "fT4v9-Qm2xLr7_Zk1pWc8Yb3Nd6Hs0Ja"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "JWT_SECRET": GOOD_SECRET,
    "ADMIN_EMAIL": "ops@amarktai.test",
    "ADMIN_PASSWORD": "correct horse battery",
}


def complaint(**environ: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        load_settings(environ, None)
    return refusal.value.message


def known_variables() -> dict[str, object]:
    sections = [getattr(Settings(), name) for name in Settings.model_fields]
    return {field.upper(): value for section in sections for field, value in section}


def example_lines() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_example_lists_exactly_the_variables_that_are_read():
    assert set(example_lines()) == set(known_variables())


def test_the_example_as_it_is_gives_the_defaults():
    assert load_settings({}, EXAMPLE) == Settings()
    assert load_settings({}, None) == Settings()


def test_the_example_shows_every_default_that_is_not_empty():
    for name, default in known_variables().items():
        plain = default.get_secret_value() if isinstance(default, SecretStr) else default
        assert (example_lines()[name] == "") == (plain in ("", None)), name


def test_defaults_are_those_of_the_specification():
    trading = Settings().trading
    assert (trading.max_trades_per_bot_daily, trading.max_trades_per_user_daily) == (50, 500)
    assert (trading.burst_limit_orders_per_exchange, trading.burst_limit_window_seconds) == (10, 10)
    assert (trading.max_drawdown_percent, trading.max_daily_loss_percent) == (Decimal("0.20"), Decimal("0.10"))
    assert (trading.max_consecutive_losses, trading.max_errors_per_hour) == (5, 10)
    assert (trading.min_edge_bps, trading.safety_margin_bps, trading.slippage_buffer_bps) == (10, 5, 10)
    assert Settings().market.simulation_speed == 60
    assert Settings().web.environment is Environment.DEVELOPMENT


def test_the_environment_wins_over_the_file_and_an_empty_value_is_the_default(tmp_path: Path):
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nHOST=0.0.0.0\nADMIN_PASSWORD='pa$$word with ${HOME}'\nMAX_ERRORS_PER_HOUR=\n")
    settings = load_settings({"PORT": "9100", "HOST": ""}, file)
    assert settings.web.port == 9100
    assert settings.web.host == "127.0.0.1"
    assert settings.trading.max_errors_per_hour == 10
    assert settings.accounts.admin_password.get_secret_value() == "pa$$word with ${HOME}"


def test_twenty_per_cent_written_as_20_is_explained():
    line = complaint(MAX_DRAWDOWN_PERCENT="20")
    assert line.startswith("MAX_DRAWDOWN_PERCENT: must be below 1")
    assert "0.20 means 20 %" in line
    assert line.endswith("Example: MAX_DRAWDOWN_PERCENT=0.20")
    assert "MAX_DAILY_LOSS_PERCENT" in complaint(MAX_DAILY_LOSS_PERCENT="1")


def test_each_wrong_variable_gets_one_line_with_an_example():
    lines = complaint(PORT="eighty", MAX_TRADES_PER_BOT_DAILY="0", OPENAI_API="grpc", SIMULATION_SPEED="inf").split(
        "\n"
    )
    assert len(lines) == 4
    for line in lines:
        name = line.split(":")[0]
        assert f"Example: {name}=" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_DRAWDOWN_PERCENT", "NaN"),
        ("MAX_DRAWDOWN_PERCENT", "0"),
        ("STARTING_BALANCE", "-1"),
        ("STARTING_BALANCE", "Infinity"),
        ("MIN_EDGE_BPS", "-1"),
        ("SIMULATION_SEED", "1.5"),
        ("SESSION_TIMEOUT_MINUTES", "0"),
        ("PORT", "70000"),
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "loud"),
        ("ADMIN_EMAIL", "nobody"),
        ("OPENAI_BASE_URL", "ftp://models"),
        ("MONGO_URL", "localhost:27017"),
        ("ALLOWED_ORIGINS", "https://a.example.com/path"),
        ("ALLOWED_ORIGINS", "*"),
        ("MARKET_DATA", "replay"),
        ("MARKET_DATA", "replay:/no/such/recording"),
        ("MARKET_DATA", "yesterday"),
        ("MARKET_DATA", "live:"),
        ("MARKET_DATA", "live:../Binance"),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: str):
    assert complaint(**{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("value", "exchange"),
    [("live", "binance"), ("live:kraken", "kraken"), ("auto", "binance"), ("simulated", None)],
)
def test_live_prices_are_of_the_exchange_named_or_of_the_usual_one(value: str, exchange: str | None):
    assert load_settings({"MARKET_DATA": value}, None).market.live_exchange == exchange


@pytest.mark.parametrize("exchange", ["valr", "ovex"])
def test_an_exchange_without_live_prices_is_refused_with_the_reason(exchange: str):
    line = complaint(MARKET_DATA=f"live:{exchange}")
    assert f"ccxt, which fetches live prices, does not support {exchange}" in line
    assert line.endswith("Example: MARKET_DATA=live:binance")


def test_commands_that_trade_nothing_do_not_wait_for_an_exchange(tmp_path: Path):
    live = load_settings({"MARKET_DATA": "live:kraken", "PORT": "9000"}, None).without_live_prices()
    assert (live.market.market_data, live.web.port) == ("simulated", 9000)
    replay = load_settings({"MARKET_DATA": f"replay:{tmp_path}"}, None)
    assert replay.without_live_prices() == replay


def test_a_recording_that_exists_is_taken(tmp_path: Path):
    settings = load_settings({"MARKET_DATA": f"replay:{tmp_path}"}, None)
    assert settings.market.replay_path == tmp_path
    assert Settings().market.replay_path is None


def test_production_demands_its_secrets_and_the_admin():
    missing = complaint(ENVIRONMENT="production")
    assert [line.split(":")[0] for line in missing.split("\n")] == ["JWT_SECRET", "ADMIN_EMAIL", "ADMIN_PASSWORD"]
    assert load_settings(PRODUCTION, None).web.production


@pytest.mark.parametrize(
    "secret", ["tooshort1", "your-secret-key-change-in-production-please", "changeme" * 5, "a" * 40, "abcdefgh" * 5]
)
def test_a_weak_token_secret_is_refused_and_not_repeated(secret: str):
    line = complaint(JWT_SECRET=secret)
    assert line.startswith("JWT_SECRET: ")
    assert secret not in line


def test_secrets_show_up_neither_in_complaints_nor_in_the_settings_text():
    canary = "canary-7d1f"
    refused = complaint(MONGO_URL=f"http://u:{canary}@host", ADMIN_PASSWORD=canary[:9], OPENAI_API="x")
    assert canary[:9] not in refused
    assert canary not in repr(load_settings(PRODUCTION | {"OPENAI_API_KEY": canary}, None))


def test_origins_are_read_as_a_set():
    settings = load_settings({"ALLOWED_ORIGINS": "https://a.example.com, http://localhost:3000"}, None)
    assert settings.web.origins == {"https://a.example.com", "http://localhost:3000"}
    assert Settings().web.origins == frozenset()


def test_a_kept_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path):
    secrets = SecretsFile(tmp_path / "data")
    first = secrets.get_or_create("jwt_secret")
    assert len(first.encode()) >= 32
    assert SecretsFile(tmp_path / "data").get_or_create("jwt_secret") == first
    assert secrets.get_or_create("other") != first
    assert (tmp_path / "data" / "jwt_secret").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["jwt_secret", "other"]


def test_a_secret_that_cannot_be_kept_is_named(tmp_path: Path):
    (tmp_path / "data").write_text("a file where the directory should be")
    with pytest.raises(SecretsUnreadable, match="jwt_secret"):
        SecretsFile(tmp_path / "data").get_or_create("jwt_secret")
    (tmp_path / "empty").touch()
    with pytest.raises(SecretsUnreadable, match="is empty"):
        SecretsFile(tmp_path).get_or_create("empty")
