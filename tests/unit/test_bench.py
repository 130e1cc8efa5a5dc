"""Every benchmark is found by its name (architecture.md, performance goals); how fast one is, is never asserted."""

import inspect
from importlib import import_module

import pytest

from bench.__main__ import BENCHMARKS, main
from bench.table import Table, percentile


def test_list_names_every_benchmark(capsys: pytest.CaptureFixture[str]):
    main(["--list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHMARKS)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_named_benchmark_can_be_run(name: str):
    assert inspect.iscoroutinefunction(import_module(f"bench.{name}").run)


def test_an_unknown_name_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["ordres"])
    assert "there is no benchmark ordres; there are orders, " in capsys.readouterr().err


def test_a_table_lines_its_columns_up():
    table = Table("speed", ("what", "rate"))
    table.add("bare", "1,000/s")
    table.add("whole path", "9/s")
    table.note("on one core")
    expected = ["speed", "  what           rate", "  bare        1,000/s", "  whole path      9/s", "  on one core", ""]
    assert str(table).split("\n") == expected


def test_a_percentile_is_one_of_the_values():
    values = [4.0, 1.0, 3.0, 2.0]
    assert [percentile(values, p) for p in (0, 50, 75, 95, 100)] == [1.0, 2.0, 3.0, 4.0, 4.0]
