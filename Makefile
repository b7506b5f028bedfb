# Everything a developer does here, by one word each. Needs Python 3.11 or newer and make; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The version of uv that writes the lock files; it lives in an environment of its own, since nothing else needs it.
UV_VERSION := 0.13.9
# Tickets in the benchmark.
N ?= 100000
# More flags for pytest: make test PYTEST_FLAGS="-x -k tags"
PYTEST_FLAGS ?=

SOURCES := src tests $(wildcard bench)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help:  ## show this text
	@echo 'usage: make WORD'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'PYTHON=python3.13 chooses the interpreter for "make setup".'

.PHONY: setup
setup: $(READY)  ## make .venv with the locked packages and Deskline itself

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Deskline needs Python 3.11 or newer; "$(PYTHON)" is not that. Name another one: make setup PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo '"$(PYTHON)" cannot make environments; install its venv package (on Debian and Ubuntu: apt install python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: $(READY)  ## start a server with two years of believable tickets and show how to talk to it
	$(BIN)/deskline demo

.PHONY: test
test: lint types layers tests  ## everything that must pass before a change goes in

.PHONY: lint
lint: $(READY)  ## style and common mistakes
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

.PHONY: types
types: $(READY)  ## types, strictly
	$(BIN)/mypy $(SOURCES)

.PHONY: layers
layers: $(READY)  ## each module imports only from the layers below it
	$(BIN)/lint-imports --no-logo

.PHONY: tests
tests: $(READY)  ## the tests alone, a quick round of each
	$(BIN)/pytest $(PYTEST_FLAGS)

# What is tried on a server that is named; what is about the server itself goes on using that of the wheel.
ON_A_SERVER := tests/storage tests/actions tests/web tests/cli/test_postgres.py

.PHONY: test-postgres
test-postgres: $(READY)  ## the tests of storage, actions and the API on your server: DSN=postgresql://…
	@test -n '$(DSN)' || { echo 'Name an empty database: make $@ DSN=postgresql://user@host/name' >&2; exit 1; }
	DESKLINE_TEST_SERVER='$(DSN)' $(BIN)/pytest $(ON_A_SERVER) $(PYTEST_FLAGS)

.PHONY: test-citus
test-citus: export DESKLINE_TEST_CITUS = 1
test-citus: test-postgres  ## likewise on your Citus coordinator, with its workers

.PHONY: format
format: $(READY)  ## put the code in shape
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: faults
faults: $(READY)  ## the long round of kills, power cuts, restarts and full disks
	DESKLINE_TEST_ROUND=long $(BIN)/pytest -m '' tests/faults $(PYTEST_FLAGS)

.PHONY: fuzz
fuzz: $(READY)  ## the long round of everything that is tried with random values
	DESKLINE_TEST_ROUND=long $(BIN)/pytest -m 'fuzz or hypothesis' $(PYTEST_FLAGS)

.PHONY: bench
bench: $(READY)  ## measure against bare references; N=1000000 for more tickets
	N=$(N)$(if $(BEFORE), BEFORE='$(BEFORE)')$(if $(DATA), DATA='$(DATA)') $(BIN)/python -m bench

.PHONY: lock
lock:  ## write the lock files again from pyproject.toml; UPGRADE=1 takes newer versions
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(VENV)/lock/bin/uv pip compile pyproject.toml $(LOCK_FLAGS) --output-file requirements.lock
	$(VENV)/lock/bin/uv pip compile pyproject.toml $(LOCK_FLAGS) --group dev --output-file requirements-dev.lock

# One text for all supported versions and systems; pins and hashes only, nothing about where the packages came from.
LOCK_FLAGS = --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean:  ## remove everything that was made here
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
