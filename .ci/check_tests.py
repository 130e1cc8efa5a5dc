"""Rules for tests that no linter knows: fakes instead of patches, no waiting, no timing, each one says what it is.

Run: python .ci/check_tests.py; prints one line per breach and fails when there is any.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"

_BANNED_MODULES = {"unittest.mock", "mock", "pytest_mock"}
_BANNED_FIXTURES = {"monkeypatch", "mocker"}
_STOPWATCHES = {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "process_time_ns"}
_MIN_WORDS = 3


def breaches(path: Path) -> Iterator[tuple[int, str]]:
    """Line and reason of each breach in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name.startswith("test_") and not ast.get_docstring(tree):
        yield 1, "has no docstring that says which promise it keeps"
    for node in ast.walk(tree):
        yield from _in_imports(node)
        yield from _in_calls(node)
        yield from _in_asserts(node)
        yield from _in_arguments(node)
    for node in tree.body:  # a class's name is part of its tests' sentences
        yield from _in_name(node)


def _in_imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    for name in names:
        if name in _BANNED_MODULES:
            yield node.lineno, f"imports {name}: write a fake of the port instead"


def _in_calls(node: ast.AST) -> Iterator[tuple[int, str]]:
    if not isinstance(node, ast.Call):
        return
    called = ast.unparse(node.func)
    if called == "time.sleep":
        yield node.lineno, "sleeps: wait for what must happen instead"
    if called == "pytest.mark.xfail" or (called.startswith("pytest.mark.skip") and not (node.args or node.keywords)):
        yield node.lineno, f"{called}: a test passes, fails, or is skipped for a stated reason"


def _in_asserts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Assert):
        names = {n.attr if isinstance(n, ast.Attribute) else getattr(n, "id", "") for n in ast.walk(node.test)}
        if names & _STOPWATCHES:
            yield node.lineno, "asserts a duration: timing belongs to bench/"


def _in_arguments(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.arg) and node.arg in _BANNED_FIXTURES:
        yield node.lineno, f"uses {node.arg}: write a fake of the port instead"


def _in_name(node: ast.stmt) -> Iterator[tuple[int, str]]:
    is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    if is_test and len(node.name.split("_")) <= _MIN_WORDS:
        yield node.lineno, f"{node.name}: the name should read as a sentence"


def main() -> int:
    """Check all test files."""
    found = [
        f"{path.relative_to(TESTS.parent)}:{line}: {reason}"
        for path in sorted(TESTS.rglob("*.py"))
        for line, reason in breaches(path)
    ]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
