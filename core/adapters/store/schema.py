"""Collections, their access paths and MongoDB validators (spec/product.md, Collections)."""

from collections.abc import Mapping
from typing import Any

from core.domain.errors import Unavailable
from core.ports import Collection, Index

SCHEMA_VERSION = 1
"""Rises when stored documents change shape; data of a newer program is refused."""

META = "meta"
SCHEMA_DOCUMENT_ID = "schema_version"

_TEXT: Mapping[str, Any] = {"bsonType": "string"}
_INT: Mapping[str, Any] = {"bsonType": ["int", "long"]}
_COUNT: Mapping[str, Any] = {"bsonType": ["int", "long"], "minimum": 1}
_BOOL: Mapping[str, Any] = {"bsonType": "bool"}
_OBJECT: Mapping[str, Any] = {"bsonType": "object"}
_SHA256: Mapping[str, Any] = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}
_ROLE: Mapping[str, Any] = {"enum": ["user", "admin"]}


def _requires(**fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A `$jsonSchema` that wants these fields with these types and tolerates any other."""
    return {"bsonType": "object", "required": ["_id", *fields], "properties": {"_id": _TEXT, **fields}}


COLLECTIONS: tuple[Collection, ...] = (
    Collection(
        "ledger_events",
        (
            Index("user_seq", ("user_id", "seq"), unique=True),
            Index("user_key", ("user_id", "idempotency_key"), unique=True),
        ),
        _requires(
            user_id=_TEXT,
            seq=_COUNT,
            type=_TEXT,
            payload=_OBJECT,
            idempotency_key=_TEXT,
            epoch=_INT,
            ts=_TEXT,
            recorded_at=_TEXT,
            prev_hash=_TEXT,
            hash=_SHA256,
        ),
    ),
    Collection(
        "users",
        (Index("email", ("email",), unique=True),),
        _requires(email=_TEXT, password_hash=_TEXT, role=_ROLE, token_version=_INT, disabled=_BOOL, version=_COUNT),
    ),
    Collection("bots", (Index("user", ("user_id", "name_key")),), _requires(user_id=_TEXT, name_key=_TEXT)),
    Collection(
        "trades",
        (
            Index("user_time", ("user_id", "closed_at")),
            Index("user_seq", ("user_id", "seq")),
            Index("bot_time", ("bot_id", "closed_at")),
        ),
        _requires(user_id=_TEXT, bot_id=_TEXT, closed_at=_TEXT),
    ),
    Collection(
        "fills_ledger",
        (Index("user_time", ("user_id", "ts")), Index("bot_time", ("bot_id", "ts"))),
        _requires(user_id=_TEXT, bot_id=_TEXT, ts=_TEXT),
    ),
    Collection("equity_points", (Index("user_seq", ("user_id", "seq")),), _requires(user_id=_TEXT, seq=_COUNT)),
    Collection("equity_hours", (Index("user_seq", ("user_id", "seq")),), _requires(user_id=_TEXT, seq=_COUNT)),
    Collection(
        "daily_rollups",
        (Index("scope_day", ("scope_key", "day_seq")), Index("user_day", ("user_id", "day_seq"))),
        _requires(user_id=_TEXT, scope_key=_TEXT, day=_TEXT, day_seq=_COUNT, seq=_COUNT),
    ),
    Collection("projection_heads"),
    Collection("snapshots"),
    Collection("snapshot_parts", (Index("user_seq", ("user_id", "seq")),), _requires(user_id=_TEXT, seq=_COUNT)),
    Collection(
        "pending_orders",
        (
            Index("client_key", ("user_id", "client_order_id")),
            Index("open", ("user_id", "open")),
        ),
        _requires(user_id=_TEXT, order_id=_TEXT, client_order_id=_TEXT, open=_BOOL),
    ),
    Collection("circuit_breaker_state", (Index("user", ("user_id", "scope")),), _requires(user_id=_TEXT, scope=_TEXT)),
    Collection(
        "circuit_breaker_history",
        (Index("user_seq", ("user_id", "seq")),),
        _requires(user_id=_TEXT, seq=_COUNT, change=_TEXT, ts=_TEXT),
    ),
    Collection("system_modes", (), _requires()),
    Collection("api_keys", (Index("user", ("user_id", "provider")),), _requires(user_id=_TEXT, provider=_TEXT)),
    Collection("alerts", (Index("user", ("user_id", "last_seen")),), _requires(user_id=_TEXT, last_seen=_TEXT)),
    Collection(
        "chat_messages",
        (
            Index("conversation_seq", ("conversation_id", "seq"), unique=True),
            Index("user_time", ("user_id", "ts")),
        ),
        _requires(conversation_id=_TEXT, seq=_INT, user_id=_TEXT, ts=_TEXT),
    ),
    Collection(
        "confirmations",
        (Index("status", ("status", "expires_at")), Index("conversation", ("conversation_id", "created_at"))),
    ),
    Collection("decision_traces", (Index("bot_time", ("bot_id", "ts")),)),
    Collection("leases"),
    Collection("feed_positions"),
    Collection("backtests", (Index("user_time", ("user_id", "ran_at")),), _requires(user_id=_TEXT, ran_at=_TEXT)),
    Collection("backtest_details", (), _requires(user_id=_TEXT)),
    Collection("settings_state"),
    Collection("user_settings"),
    Collection("job_runs"),
    Collection(META),
)


def refuse_newer(stored_version: int) -> None:
    """Stop when the data was written by a newer program.

    Raises:
        Unavailable: names both versions.
    """
    if stored_version > SCHEMA_VERSION:
        raise Unavailable(
            f"The data has schema version {stored_version}, but this program knows versions up to {SCHEMA_VERSION}. "
            "Start the newer program, or restore a backup made with this one."
        )
