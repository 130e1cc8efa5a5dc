# Amarktai: what can be done here.
#
#   make run      install what is missing and start (the address and the first login are printed)
#   make install  only install
#   make test     the tests that take seconds (browser tests need chromium)
#   make check    formatting, lint, types, dependency rules, rules for tests
#   make bench    the benchmarks
#   make drill    kill -9 a trading process again and again, on both stores (several minutes)
#   make lock     write the lock files anew from pyproject.toml
#   make clean    remove the virtual environment and all caches (never ./data)
#
# PYTHON=/path/to/python3.12 chooses the interpreter.

export PYTHON
version := $(shell PYTHON="$(PYTHON)" sh .ci/setup --version)
run_stamp := .venv/.run-$(version)
dev_stamp := .venv/.dev-$(version)

.PHONY: install run test check bench drill lock clean
.DEFAULT_GOAL := run

install: $(run_stamp)

$(run_stamp): requirements.txt .ci/setup
	@GOAL="$(firstword $(MAKECMDGOALS))" sh .ci/setup requirements.txt $@

# The development lock holds the same versions of everything the program needs, and more.
$(dev_stamp): requirements-dev.txt .ci/setup
	@GOAL="$(firstword $(MAKECMDGOALS))" sh .ci/setup requirements-dev.txt $@ $(run_stamp)

run: install
	@exec .venv/bin/python -m web.cli run

test: $(dev_stamp)
	@sh .ci/browser
	.venv/bin/python -m pytest -m "not slow"

check: $(dev_stamp)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	.venv/bin/python .ci/check_tests.py

bench: $(dev_stamp)
	.venv/bin/python -m bench

drill: $(dev_stamp)
	.venv/bin/python -m bench.drill

compile := .venv/bin/uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate

lock: $(dev_stamp)
	$(compile) pyproject.toml -o requirements.txt
	$(compile) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(compile) requirements-bench.in -o requirements-bench.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
