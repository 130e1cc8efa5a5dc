"""Rows of Parquet and Feather files, as texts: what a CSV of the same bars would say, whatever their columns' types.

The library comes without types, and is loaded only when such a file is read.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from core.adapters.feeds.ohlcv_rows import Row, refuse_too_many
from core.domain.errors import InvalidInput

_BATCH = 10_000

TIMES = ("timestamp", "date")
"""Names that the column of opening times may have."""

VALUES = ("open", "high", "low", "close", "volume")


def column_rows(path: Path) -> Iterator[Row]:
    """One row after the other; a missing value is an empty text. Columns may be in any order, others are ignored.

    Raises:
        InvalidInput: not such a file, or not with these columns; the message says what is expected.
        FileNotFoundError: no such file.
    """
    pa = import_module("pyarrow")

    try:
        table = _table(path)
        names = _columns(table, path)
        for batch in table.select(names).to_batches(max_chunksize=_BATCH):
            times, *values = batch.columns
            texts = [_millis(times, path), *(column.cast(pa.string()).to_pylist() for column in values)]
            for row in zip(*texts, strict=True):
                yield [cell or "" for cell in row]
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        kind = path.suffix.removeprefix(".")
        raise InvalidInput(f"{path} cannot be read ({error}): is it a whole {kind} file?") from error


def _table(path: Path) -> Any:  # noqa: ANN401
    """All columns of the file; its number of rows is looked at before they are read where the format tells it."""
    if path.suffix == ".feather":
        table = import_module("pyarrow.feather").read_table(path, memory_map=False)
        refuse_too_many(table.num_rows, path)
        return table
    with import_module("pyarrow.parquet").ParquetFile(path) as file:
        refuse_too_many(file.metadata.num_rows, path)
        return file.read()


def _columns(table: Any, path: Path) -> list[str]:  # noqa: ANN401
    """The file's own names of time and values, in our order."""
    found: dict[str, list[str]] = {}
    for name in table.column_names:
        found.setdefault(name.strip().lower(), []).append(name)
    time = next((name for name in TIMES if name in found), TIMES[0])
    if any(len(found.get(name, [])) != 1 for name in (time, *VALUES)):
        raise InvalidInput(f"{path} must have the columns {TIMES[0]} (or {TIMES[1]}), {', '.join(VALUES)}, each once.")
    return [found[name][0] for name in (time, *VALUES)]


def _millis(times: Any, path: Path) -> list[str | None]:  # noqa: ANN401
    """Opening times as milliseconds since 1970; times without a zone are UTC."""
    pa = import_module("pyarrow")

    if pa.types.is_timestamp(times.type) or pa.types.is_date(times.type):
        zone = times.type.tz if pa.types.is_timestamp(times.type) else None
        times = times.cast(pa.timestamp("ms", zone), safe=False).cast(pa.int64())
    elif not (
        pa.types.is_integer(times.type) or pa.types.is_string(times.type) or pa.types.is_large_string(times.type)
    ):
        raise InvalidInput(
            f"{path}: the opening times must be milliseconds since 1970 or timestamps, not {times.type}."
        )
    return times.cast(pa.string()).to_pylist()
