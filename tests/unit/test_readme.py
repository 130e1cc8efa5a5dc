"""README documents every route and every tool (spec/api.md); what is missing there fails here."""

import re
from pathlib import Path

from fastapi import FastAPI

from core.domain.strategies.catalog import STRATEGIES
from tools.catalog import CATALOG
from web.api import install_api
from web.api.routers import ROUTERS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def documented() -> set[tuple[str, str]]:
    """Methods and paths in the table of routes, queries left off."""
    rows = re.findall(r"^\| (`(?:GET|POST|PUT|PATCH|DELETE) /api.*?) \|", README.replace("\\|", "/"), re.MULTILINE)
    return {
        (method.lower(), path)
        for row in rows
        for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/api[^`?]*)[^`]*`", row)
    }


def test_every_route_is_documented_and_nothing_else():
    app = FastAPI()
    install_api(app, *ROUTERS)
    served = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert documented() == served


def test_every_tool_is_in_the_table_of_tools():
    table = {name for row in README.splitlines() if row.startswith("| `") for name in re.findall(r"`([a-z_]+)`", row)}
    assert {name for name in CATALOG if name not in table} == set()


def test_the_table_of_strategies_is_what_the_catalogue_has():
    rows = {
        kind.name: f"| `{kind.name}` | {kind.description} | "
        + "; ".join(f"`{p.name}` {p.default} ({p.minimum} to {p.maximum}): {p.meaning}" for p in kind.parameters)
        + " |"
        for kind in STRATEGIES.values()
    }
    assert {name for name, row in rows.items() if row not in README.splitlines()} == set()
