# `make help` lists what there is. Everything goes through .ci/setup, which does only what has not been done yet.

PYTHON ?= python3
BIN := .venv/bin
export PYTHON
# A test at a time for each core; whoever has none left takes over some of another's. End-to-end tests have one screen.
PARALLEL := -n auto --dist worksteal

.PHONY: help run test bench base reliability gallery constraints clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: ## set up what is missing and open the studio (without a display: train on the sample, leave the results in demo/)
	@.ci/setup run
	@$(BIN)/python -P .ci/open.py

test: ## set up what is missing, also for tests, and run every test but the long trainings
	@.ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(PARALLEL) tests/unit
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest $(PARALLEL) tests/qt
	$(BIN)/pytest tests/e2e

bench: ## train for long and print the figures: are the patterns learned, how fast is it
	@.ci/setup test
	$(BIN)/pytest tests/benchmarks -s

base: ## train the weights that drawing begins with again, from ../shared/data/quickdraw_raw: ten minutes of one core
	@.ci/setup test
	$(BIN)/python tests/benchmarks/base.py

reliability: ## attack, kill and soak the studio for hours, and print one page of figures with date and commit
	@.ci/setup test
	@$(BIN)/python tests/fuzz/page.py

gallery: ## draw the README's pictures again
	@.ci/setup test
	$(BIN)/python tests/benchmarks/gallery.py

constraints: ## write constraints.txt again, with the newest versions that pyproject.toml allows
	@.ci/setup test
	@.ci/constraints

clean: ## remove what tests and builds leave behind (.venv and demo/ stay)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find studio tests sample_data .ci -name __pycache__ -type d -prune -exec rm -rf {} +
