# Everything a fresh machine with python3 (3.11 or later) and git needs: `make repro` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: repro compare test check lint format benchmark curves ship sandbox clean help

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

repro: $(READY) ## Run the pipeline, from sky to reports/index.html
	python -m stages.mend && dvc repro

compare: $(READY) ## Say whether the metrics here are the committed ones, within tolerance
	python -m halflight.reproduction

test: $(READY) ## Run the tests, style and types included
	ruff check . && ruff format --check . && mypy core/halflight stages
	pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: $(READY) ## Run the tests that take minutes for what they give: other CPUs, long cases
	pytest -m thorough --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: $(READY) ## Check style and types
	ruff check . && ruff format --check . && mypy core/halflight stages

format: $(READY) ## Rewrite the code in the house style
	ruff check --fix . && ruff format .

benchmark: $(READY) ## Measure beside PyTorch (pip install it first)
	python -m tests.benchmarks.cpu

curves: $(READY) ## Draw learning curves of under- and overfitting
	dvc repro capacity

ship: $(READY) ## Put the estimator of the default run into the package
	python -m stages.ship radius

sandbox: $(READY) ## Serve the synthetic sky on loopback until Ctrl-C
	python -m halflight.sandbox --sky synthetic

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else f"halflight needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean: ## Remove the virtual environment and caches, never data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
