"""Settings: read once from the environment and from `.env`, checked at start. Nothing else reads the environment.

A field's name in capitals is its variable; `.env.example` lists them all with these defaults.
"""

import os
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from core import settings_rules as rules
from core.domain.errors import ProductError

_Fraction = Annotated[Decimal, Field(gt=0, allow_inf_nan=False), AfterValidator(rules.fraction)]
_Bps = Annotated[Decimal, Field(ge=0, le=10_000, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=1, le=1_000_000)]
_Speed = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Origins = Annotated[str, AfterValidator(rules.origins)]


USUAL_EXCHANGE = "binance"
"""Where live prices come from when no exchange is named."""


class SettingsError(ProductError):
    """The configuration cannot be used; the message has one line per problem."""

    code = "settings"


class Environment(StrEnum):
    """What the installation is for."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ModelApi(StrEnum):
    """Which wire protocol the model provider is spoken to with."""

    AUTO = "auto"
    CHAT = "chat"
    RESPONSES = "responses"


class Section(BaseModel):
    """Settings that belong together; the variables of other sections are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, hide_input_in_errors=True)


class StoreSettings(Section):
    """Where data is kept; an empty MONGO_URL means the embedded store under DATA_DIR."""

    mongo_url: Annotated[SecretStr, AfterValidator(rules.mongo_url)] = SecretStr("")
    data_dir: Path = Path("./data")


class AccountSettings(Section):
    """Who may come in; in development a missing secret or password is made up and kept under DATA_DIR."""

    jwt_secret: Annotated[SecretStr, AfterValidator(rules.jwt_secret)] = SecretStr("")
    admin_email: Annotated[str, AfterValidator(rules.email)] = "admin@example.com"
    admin_password: Annotated[SecretStr, AfterValidator(rules.password)] = SecretStr("")
    session_timeout_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60


class ModelSettings(Section):
    """The language model; an empty key leaves everything to the offline router."""

    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: Annotated[str, AfterValidator(rules.http_url)] = ""
    openai_model: Annotated[str, Field(max_length=200)] = "gpt-6-luna"
    openai_api: ModelApi = ModelApi.AUTO


class MarketSettings(Section):
    """Where prices come from; speeds are multiples of real time, 0 is as fast as possible.

    `auto` tries live prices of the usual exchange for a few seconds, and else simulates.
    """

    market_data: Annotated[str, AfterValidator(rules.market_data)] = "auto"
    replay_speed: _Speed = 1
    simulation_seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    simulation_speed: _Speed = 60
    mark_stale_secs: Annotated[int, Field(ge=1, le=86_400)] = 60

    @property
    def replay_path(self) -> Path | None:
        """The recording to replay; None for other sources."""
        kind, colon, path = self.market_data.partition(":")
        return Path(path) if kind == "replay" and colon else None

    @property
    def live_exchange(self) -> str | None:
        """The exchange, as ccxt names it, whose prices are wanted; None for other sources."""
        kind, _, exchange = self.market_data.partition(":")
        return (exchange or USUAL_EXCHANGE) if kind in {"live", "auto"} else None


class TradingSettings(Section):
    """What the gates allow: counts, fractions of equity, and basis points of notional."""

    starting_balance: Annotated[Decimal, Field(gt=0, le=1_000_000_000, allow_inf_nan=False)] = Decimal(10_000)
    max_trades_per_bot_daily: _Count = 50
    max_trades_per_user_daily: _Count = 500
    burst_limit_orders_per_exchange: _Count = 10
    burst_limit_window_seconds: Annotated[int, Field(ge=1, le=86_400)] = 10
    max_drawdown_percent: Annotated[_Fraction, Field(examples=["0.20"])] = Decimal("0.20")
    max_daily_loss_percent: Annotated[_Fraction, Field(examples=["0.10"])] = Decimal("0.10")
    max_consecutive_losses: _Count = 5
    max_errors_per_hour: _Count = 10
    min_edge_bps: _Bps = Decimal(10)
    safety_margin_bps: _Bps = Decimal(5)
    slippage_buffer_bps: _Bps = Decimal(10)


class WebSettings(Section):
    """How the program is reached."""

    environment: Environment = Environment.DEVELOPMENT
    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    allowed_origins: _Origins = ""
    forwarded_allow_ips: Annotated[str, Field(max_length=2_000)] = "127.0.0.1"

    @property
    def production(self) -> bool:
        """Whether real people depend on it: secrets must be given, cookies are always Secure."""
        return self.environment is Environment.PRODUCTION

    @property
    def origins(self) -> frozenset[str]:
        """Origins besides the program's own that browsers may call from."""
        return frozenset(one.strip() for one in self.allowed_origins.split(",") if one.strip())


class Settings(BaseModel):
    """Everything that can be configured, by section."""

    model_config = ConfigDict(frozen=True)

    store: StoreSettings = StoreSettings()
    accounts: AccountSettings = AccountSettings()
    model: ModelSettings = ModelSettings()
    market: MarketSettings = MarketSettings()
    trading: TradingSettings = TradingSettings()
    web: WebSettings = WebSettings()

    def without_live_prices(self) -> "Settings":
        """The same for a command that trades nothing: it should not wait for an exchange."""
        if self.market.live_exchange is None:
            return self
        return self.model_copy(update={"market": self.market.model_copy(update={"market_data": "simulated"})})


def load_settings(environ: Mapping[str, str], env_file: Path | None = Path(".env")) -> Settings:
    """Read and check all settings; the environment wins over the file, an empty value is the default.

    Raises:
        SettingsError: one line per wrong variable, with an example; secrets are never repeated.
    """
    given = {name.lower(): value.strip() for name, value in _merged(environ, env_file).items() if value.strip()}
    sections: dict[str, Any] = {}
    problems: list[str] = []
    for name, field in Settings.model_fields.items():
        section = cast("type[Section]", field.annotation)
        try:
            sections[name] = section.model_validate(given)
        except ValidationError as error:
            problems += rules.explain(section, error)
    if given.get("environment") == Environment.PRODUCTION:
        problems += rules.missing_in_production(given)
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**sections)


def process_environment() -> Mapping[str, str]:
    """A copy of this process's environment, for `load_settings`."""
    return dict(os.environ)  # noqa: TID251  # the one place that reads it


def export(variables: Mapping[str, str]) -> None:
    """Hand values to a library that takes its configuration from the environment only (Chainlit)."""
    os.environ.update(variables)  # noqa: TID251  # the one place that writes it


def _merged(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    if env_file is None or not env_file.is_file():
        return dict(environ)
    try:
        # No interpolation: a `$` in a password is a dollar sign.
        kept = dotenv_values(env_file, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file}: cannot be read ({error}).") from error
    return {name: value for name, value in kept.items() if value is not None} | dict(environ)
