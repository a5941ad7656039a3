# Everything runs in .venv, made on first use from pyproject.toml with the versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: demo test lint clean

# Tags some reports in four file formats with the shipped model and shows the table of indicators.
demo: .venv/demo.stamp
	@$(BIN)/python scripts/demo.py

# Style, types, layers, then the tests.
test: lint
	$(BIN)/python -m pytest -n auto

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[demo]'
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch .venv/demo.stamp $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .import_linter_cache
