# goldloop. `make help` lists what there is. Each target sets up what it needs in .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

.PHONY: help demo label-studio screenshots browser test check bench bench-search format lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: .venv/run ## improve the sample's prompt with the embedded model: no key, no account, 8 to 13 minutes
	$(BIN)/goldloop study=demo epochs=2 optimizer=demos 'optimizer.nearest=[]'

label-studio: .venv/run .venv/label-studio/done ## start a Label Studio on this machine, with its data in outputs/label-studio
	@exec $(BIN)/python -m runner.label_studio.dev_server.server

test: .venv/dev .venv/label-studio/done ## run the tests and report coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n 3
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

screenshots: .venv/dev .venv/label-studio/done browser ## take the pictures of docs/label-studio.md anew
	GOLDLOOP_SCREENSHOTS=1 $(BIN)/python -m pytest -q tests/label_studio/browser

browser: ## install Debian's Chromium, which the tests of report.html and compare.html drive (needs root)
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null) \
		|| echo "Chromium could not be installed: the tests that need it will say so and be skipped"

check: .venv/dev ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: LABEL_ROWS ?= 10000 50000
bench: .venv/dev .venv/peers/done ## measure speed and memory beside raw clients and peers, and write docs/benchmarks.md
	LABEL_ROWS="$(LABEL_ROWS)" $(BIN)/python tests/benchmarks

bench-search: .venv/dev .venv/peers/done ## measure the ways to search beside the peers': for hours, resumable (SEARCH="--seeds 1,2")
	$(BIN)/python tests/benchmarks/search $(SEARCH)

lock: ## resolve the dependencies anew (needs uv)
	$(LOCK) requirements/build.in -o requirements/build.lock
	$(LOCK) pyproject.toml --extra local -o requirements/run.lock
	$(LOCK) requirements/peers.in -o requirements/peers.lock
	$(LOCK) requirements/label-studio.in -o requirements/label-studio.lock
	$(LOCK) pyproject.toml --all-extras -o requirements/dev.lock

clean: ## remove the virtual environment and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .coverage* dist

.venv/base: requirements/build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "goldloop needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements/build.lock
	@touch $@

.venv/run: .venv/base requirements/run.lock pyproject.toml
	@echo "Installing goldloop and the embedded model (1.1 GB) into .venv ..."
	@$(PIP) --no-build-isolation -r requirements/run.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/peers/done: .venv/base requirements/peers.lock
	@echo "Installing the peers into an environment of their own ..."
	@$(PYTHON) -m venv .venv/peers
	@.venv/peers/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/peers.lock
	@touch $@

# Compiled when it first runs: that takes less time than compiling all of it here.
.venv/label-studio/done: .venv/base requirements/label-studio.lock
	@echo "Installing Label Studio (1 GB) into an environment of its own ..."
	@$(PYTHON) -m venv .venv/label-studio
	@.venv/label-studio/bin/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements/label-studio.lock
	@touch $@

.venv/dev: .venv/run requirements/dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) --no-build-isolation -r requirements/dev.lock
	@touch $@
