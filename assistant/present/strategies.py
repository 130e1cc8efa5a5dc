"""A strategy explained: what it does in a sentence, and its settings with defaults and bounds."""

from assistant import formats as f
from assistant.blocks import Block, Choices, Table, Text
from assistant.present.base import PAPER
from core.domain.strategies.base import StrategyKind
from core.domain.strategies.catalog import STRATEGIES


def strategy_named(topic: str) -> StrategyKind | None:
    """The strategy of that name or title, written with spaces or as in the catalogue."""
    wanted = topic.strip().casefold().replace("_", " ").replace("-", " ")
    kinds = STRATEGIES.values()
    return next((kind for kind in kinds if wanted in {kind.name.replace("_", " "), kind.title.casefold()}), None)


def explained(kind: StrategyKind) -> tuple[Block, ...]:
    """Blocks that say how a strategy trades."""
    rows = tuple(
        (parameter.name, str(parameter.default), f"{parameter.minimum:,} to {parameter.maximum:,}", parameter.meaning)
        for parameter in kind.parameters
    )
    wishes = (f"create a {kind.name} bot on btc", f"backtest {kind.name} on btc")
    return (
        Text(f"**{f.escape(kind.title)}** · {f.escape(kind.description)}"),
        Table(f"Settings of {kind.name}", ("Setting", "Default", "From, to", "Meaning"), rows, PAPER, whole=True),
        Choices("Try it:", tuple((wish, wish) for wish in wishes)),
    )
