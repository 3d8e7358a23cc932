# The verbs. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
SECONDS ?=
RATE ?= 200
BARS ?=
MINUTES ?=
TARGETS ?=
MODULES ?=
LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q pyproject.toml
TORTURE := tests/torture/test_short.py
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types architecture unit bench torture quality fuzz mutation soak load clean lock

help: ## list the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## make the virtual environment, dependencies pinned and hashed

$(STAMP): deploy/lock/serve.txt deploy/lock/test.txt deploy/lock/load.txt deploy/preflight.sh
	@sh deploy/preflight.sh $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing dependencies (about a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/lock/test.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/lock/load.txt
	@touch $(STAMP)

demo: setup ## see it work: make demo, or make demo SECONDS=30 RATE=200
	@$(RUN) adserver demo --rate $(RATE) $(if $(SECONDS),--seconds $(SECONDS))

test: setup lint types architecture unit ## all checks and tests, under 12 minutes on two cores

lint: setup ## style, dead code, dependencies
	@echo "ruff: style and formatting"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@echo "vulture: dead code"
	@$(BIN)/vulture
	@echo "deptry: dependencies"
	@$(BIN)/deptry . --no-ansi 2>&1 | tail -n 20 | sed -n '/Found\|Success\|DEP/p'

types: setup ## mypy --strict
	@echo "mypy: types"
	@$(BIN)/mypy

architecture: setup ## who may import whom
	@echo "import-linter: architecture"
	@$(BIN)/lint-imports --no-logo

unit: setup ## pytest
	@echo "pytest: tests"
	@$(RUN) pytest -q -n 2 --dist loadfile --ignore $(TORTURE)
	@echo "pytest: the short tortures, alone: what they measure, other tests beside them would disturb"
	@$(RUN) pytest -q $(TORTURE)

bench: setup ## all speed figures beside their bars and last values; make bench BARS="P1 P2"
	@$(RUN) tests.bench $(BARS) || test $$? -eq 3

torture: setup ## what the server must survive, each figure beside its bar; make torture BARS="R1 R9"
	@$(RUN) tests.torture $(BARS)

quality: setup ## how well it decides, each figure beside its bar; make quality BARS="M6" (needs ADSERVER_CORPUS)
	@$(RUN) tests.quality $(BARS)

fuzz: setup ## every parser under atheris, a minute each; make fuzz TARGETS="token price" SECONDS=600
	@$(RUN) tests.fuzz $(TARGETS) $(if $(SECONDS),--seconds $(SECONDS))

mutation: setup ## small faults in the modules of money, leases and caps: does a test notice each? make mutation MODULES="adserver/domain/ledger.py"
	@$(RUN) tests.mutation $(MODULES)

soak: setup ## a long time at 70 % of capacity, what must be flat beside its bar: make soak MINUTES=20
	@$(RUN) tests.torture.soak --chart $(if $(MINUTES),--minutes $(MINUTES))

load: setup ## ten seconds of open-loop load on a running server at port 8080
	@$(RUN) loadtest traffic --out $(VENV)/requests.jsonl --requests 1000
	@$(RUN) loadtest openloop --url http://127.0.0.1:8080/openrtb2/demo --rate $(RATE) --seconds 10 --requests $(VENV)/requests.jsonl

lock: ## pin dependencies anew (needs uv): hashes, no index addresses
	$(LOCK) -o deploy/lock/serve.txt
	$(LOCK) --group test -o deploy/lock/test.txt
	$(LOCK) --group load -c deploy/lock/test.txt -o deploy/lock/load.txt

clean: ## remove the environment, the demo world and caches
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
