# Everything a fresh machine with python3 (3.11 or later) and git needs: `make repro` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: repro quick compare test test-newest test-page check lint format benchmark curves ship vega sandbox clean help
.PHONY: ci-report ci-summary ci-comment ci-lock ci-reproduce ci-compare package

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

repro: $(READY) ## Run the pipeline, from sky to reports/index.html
	python -m stages.mend && dvc repro

quick: $(READY) ## Run it small, in some minutes, in a folder of its own: quick/
	halflight quick

compare: $(READY) ## Say whether the metrics here are the committed ones, within tolerance
	python -m halflight.reproduction

test: $(READY) ## Run the tests, style and types included
	ruff check . && ruff format --check . && mypy core/halflight stages
	pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test-newest: ## Run the tests on the newest of every dependency, in an environment of their own
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --disable-pip-version-check --quiet --upgrade --editable '.[test]'
	.venv-newest/bin/python -m pip list --disable-pip-version-check
	PATH="$(CURDIR)/.venv-newest/bin:$$PATH" pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: $(READY) ## Run the tests that take minutes for what they give: other CPUs, long cases
	pytest -m thorough --numprocesses auto --dist loadfile --no-loadscope-reorder

test-page: $(READY) ## Try the page in a browser that is there, a Chromium or Chrome: width, axe, what leaves it
	python -m pip install --disable-pip-version-check --quiet --no-build-isolation --editable '.[page]'
	pytest -m thorough tests/halflight/report/test_browser.py

lint: $(READY) ## Check style and types
	ruff check . && ruff format --check . && mypy core/halflight stages

format: $(READY) ## Rewrite the code in the house style
	ruff check --fix . && ruff format .

benchmark: $(READY) ## Measure beside PyTorch (pip install it first)
	python -m tests.benchmarks.cpu

curves: $(READY) ## Draw learning curves of under- and overfitting
	dvc repro capacity

ship: $(READY) ## Put the estimator of the full run into the package
	python -m stages.ship radius

vega: $(READY) ## Put another version of Vega into the frame of DVC's plots (needs the internet)
	python -m stages.plots

sandbox: $(READY) ## Serve the synthetic sky on loopback until Ctrl-C
	python -m halflight.sandbox --sky synthetic

# What continuous integration runs; each the same here.
REVIEW := review
BASE ?=
PULL ?=
TAG ?=
export BASE PULL TAG # to the shell as they are: a branch may have any name

ci-report: $(READY) ## Say what this commit changes beside BASE (main): parameters, metrics, a stale dvc.lock
	halflight review --output $(REVIEW) $(if $(BASE),--base "$$BASE")

ci-summary: ## Print that review, and the report of its small run, in Markdown
	@if [ -f $(REVIEW)/review.md ]; then cat $(REVIEW)/review.md; else echo 'The review did not end: see the log.'; fi
	@if [ -f $(REVIEW)/report.md ]; then echo; grep -v '^!\[' $(REVIEW)/report.md; fi

ci-comment: ## Put it beside pull request PULL, in place of the one before
	test ! -f $(REVIEW)/review.md || gh pr comment "$$PULL" --body-file $(REVIEW)/review.md --edit-last --create-if-none

ci-lock: $(READY) ## Say whether the committed dvc.lock belongs to the committed code
	python -m halflight.review.lock

ci-reproduce: repro ## Run everything anew: dvc.lock must come out as committed, to the byte
	git diff --exit-code dvc.lock

ci-compare: repro compare ## Run everything anew: metrics must be the committed ones within tolerance

package: $(READY) ## Build the package into dist/, of version TAG where that is given
	python -c 'import os, sys, halflight; tag = os.environ["TAG"]; sys.exit(f"tag {tag}, but version {halflight.__version__}" if tag not in ("", f"v{halflight.__version__}") else None)'
	python -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else f"halflight needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean: ## Remove the virtual environment and caches, never data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
