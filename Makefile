SHELL := /bin/bash
.DEFAULT_GOAL := help
ARGS ?=
IN := eval "$$(./safereach env)" &&
SOURCES := src tests tools
PAGES := src/fosp_agent/fosp_agent/console/static

.PHONY: bench-console browser help setup demonstrations finetune test test-core lint type format bench clean

help: ## Say what there is
	@grep -hE "^[a-z-]+:.*##" $(MAKEFILE_LIST) | sed -E "s/^([a-z-]+):.*## /  make \1\t/" | expand -t 20

setup: ## Make everything ready: Debian packages, wheels, the built workspace (done once)
	@tools/setup.sh

DEMONSTRATIONS := data/original/complete.stamp

$(DEMONSTRATIONS): | setup
	@./safereach demonstrate --out $(@D) --episodes 200 --seed 0
	@touch $@

demonstrations: $(DEMONSTRATIONS) ## The 200 demonstrations that the shipped policy learned from

finetune: setup $(DEMONSTRATIONS) ## Fine-tune the shipped policy on an unseen task; ARGS="episodes:=40 seed:=2"
	@./safereach launch finetune planning:=on $(ARGS)

browser: ## Install Chromium for the tests of the console, where that is possible
	@tools/browser.sh

test: setup browser ## Run all tests; ARGS="-k gate"
	@$(IN) pytest $(ARGS)

test-core: setup ## Run the tests of the core as on a machine without ROS
	@$(IN) pytest --no-ros $(ARGS)

lint: setup ## Check style, and that ROS stays in its rooms
	@$(IN) ruff check $(SOURCES) && ruff format --check $(SOURCES)
	@$(IN) oxlint --quiet $(PAGES) && oxfmt --check $(PAGES)/js $(PAGES)/css

type: setup ## Check types
	@$(IN) mypy

format: setup ## Put the code into shape
	@$(IN) ruff format $(SOURCES) && ruff check --fix $(SOURCES)
	@$(IN) oxlint --fix $(PAGES) && oxfmt $(PAGES)/js $(PAGES)/css

bench: setup ## Measure; one script a figure in tests/benchmark; fails at its end where one missed its limit
	@$(IN) missed=0; for script in tests/benchmark/bench_*.py; do python $$script || missed=1; done; exit $$missed

bench-console: setup browser ## Measure the console: cost for the control loop, speed of its pages
	@$(IN) python tests/benchmark/bench_console.py $(ARGS)

clean: ## Remove what is built; keeps .venv, runs and data
	@rm -rf build install log .pytest_cache .mypy_cache .ruff_cache
