"""What all tool arguments share: a strict base model and bounded field types."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

BotName = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
SymbolText = Annotated[str, StringConstraints(min_length=2, max_length=20, pattern=r"^[A-Za-z0-9/\- ]+$")]
CurrencyCode = Annotated[
    str,
    StringConstraints(min_length=2, max_length=12, pattern=r"^[A-Za-z0-9]+$", strip_whitespace=True, to_upper=True),
]
Amount = Annotated[Decimal, Field(gt=0, le=Decimal(1_000_000_000), decimal_places=8, allow_inf_nan=False)]


class Arguments(BaseModel):
    """Base of all tool arguments: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    """A tool that needs nothing said."""
