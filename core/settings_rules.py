"""What a configured value must look like, and how a wrong one is explained."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from core.domain.credentials import check_new_password, normalise_email
from core.domain.errors import InvalidInput

MIN_SECRET_BYTES = 32
_MIN_DISTINCT_CHARACTERS = 10

#: Fragments of the secrets that tutorials and templates ship with.
_KNOWN_SECRETS = (
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "your-secret",
    "your_secret",
    "secret-key",
    "secret_key",
    "super-secret",
    "supersecret",
    "example",
    "password",
    "09d25e094faa6ca2",  # the key in FastAPI's tutorial
)

#: Exchanges whose fees are known here, but which have no client in ccxt.
NOT_IN_CCXT = ("valr", "ovex")

_EXAMPLES = {
    "ADMIN_EMAIL": "you@your-company.com",
    "ADMIN_PASSWORD": "a phrase of several words",
    "JWT_SECRET": "the output of: openssl rand -base64 48",
    "MONGO_URL": "mongodb://127.0.0.1:27017/amarktai",
    "OPENAI_BASE_URL": "https://api.openai.com/v1",
    "MARKET_DATA": "live:binance",
    "ALLOWED_ORIGINS": "https://trade.example.com",
    "SIMULATION_SEED": "42",
}


def fraction(value: Decimal) -> Decimal:
    """Refuse 20 where 0.20 is meant."""
    if value >= 1:
        raise ValueError("must be below 1: it is a fraction, 0.20 means 20 %")
    return value


def email(value: str) -> str:
    """An address as accounts keep it."""
    try:
        return normalise_email(value)
    except InvalidInput as error:
        raise ValueError("is not an e-mail address") from error


def password(value: SecretStr) -> SecretStr:
    """Empty, or good enough for an account."""
    if value.get_secret_value():
        try:
            check_new_password(value.get_secret_value())
        except InvalidInput as error:
            raise ValueError(f"cannot be used: {error.message}") from error
    return value


def jwt_secret(value: SecretStr) -> SecretStr:
    """Empty, or long and not copied from a template."""
    text = value.get_secret_value()
    if not text:
        return value
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"is shorter than {MIN_SECRET_BYTES} bytes")
    if len(set(text)) < _MIN_DISTINCT_CHARACTERS or any(known in text.lower() for known in _KNOWN_SECRETS):
        raise ValueError("is a known default or too regular to be secret")
    return value


def mongo_url(value: SecretStr) -> SecretStr:
    """Empty, or a MongoDB connection string."""
    text = value.get_secret_value()
    if text and not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("does not start with mongodb:// or mongodb+srv://")
    return value


def http_url(value: str) -> str:
    """Empty, or an http(s) address."""
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("is not an http:// or https:// address")
    return value


def origins(value: str) -> str:
    """Origins separated by commas: scheme and host, without a path."""
    for origin in filter(None, (one.strip() for one in value.split(","))):
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", origin):
            raise ValueError(f"holds {origin[:60]!r}, which is not an origin like https://trade.example.com")
    return value


def market_data(value: str) -> str:
    """`auto`, `live`, `live:<exchange>`, `simulated` or `replay:<path>` of something that exists."""
    kind, colon, what = value.partition(":")
    if kind == "live":
        if what in NOT_IN_CCXT:
            raise ValueError(f"cannot be {value}: ccxt, which fetches live prices, does not support {what}")
        if colon and not re.fullmatch(r"[a-z][a-z0-9]{1,39}", what):
            raise ValueError("live needs an exchange as ccxt names it, in small letters: live:kraken")
    elif kind == "replay":
        if not what:
            raise ValueError("replay needs a path: replay:<path>")
        if not Path(what).exists():
            raise ValueError(f"there is no recording at {what}")
    elif value not in {"auto", "simulated"}:
        raise ValueError("must be auto, live, live:<exchange>, simulated or replay:<path>")
    return value


def missing_in_production(given: Mapping[str, str]) -> list[str]:
    """One line for each variable that production demands and nobody gave."""
    needed = ("JWT_SECRET", "ADMIN_EMAIL", "ADMIN_PASSWORD")
    return [
        f"{name}: is missing; ENVIRONMENT=production demands it. Example: {name}={_EXAMPLES[name]}"
        for name in needed
        if name.lower() not in given
    ]


def explain(section: type[BaseModel], error: ValidationError) -> list[str]:
    """One line per problem: the variable, what is wrong, an example."""
    lines: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        field = str(detail["loc"][0])
        name = field.upper()
        lines.setdefault(name, f"{name}: {_problem(detail)}. Example: {name}={_example(section, field)}")
    return list(lines.values())


def _problem(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "int_parsing" | "int_from_float" | "int_type":
            text = "is not a whole number"
        case "decimal_parsing" | "float_parsing" | "finite_number":
            text = "is not a number"
        case "greater_than":
            text = f"must be above {context['gt']}"
        case "greater_than_equal":
            text = f"must be at least {context['ge']}"
        case "less_than":
            text = f"must be below {context['lt']}"
        case "less_than_equal":
            text = f"must be at most {context['le']}"
        case "enum" | "literal_error":
            text = f"must be {context['expected']}"
        case "value_error":
            text = str(context["error"]).removesuffix(".")
        case _:
            text = detail["msg"]
    return text


def _example(section: type[BaseModel], field: str) -> str:
    info = section.model_fields[field]
    if field.upper() in _EXAMPLES:
        return _EXAMPLES[field.upper()]
    return str(info.examples[0]) if info.examples else str(info.default)
