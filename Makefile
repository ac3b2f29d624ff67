# Every verb of this project. `make help` prints them; the CI calls nothing else.
#   PYTHON=...      the Python to create .venv with (default: the first one of 3.11 or later)
#   ARGUMENTS=...   more arguments for the program behind the verb: make test ARGUMENTS="-k replay"

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

export PYTHON
# rustup installs there, and not every shell has it on its path
export PATH := $(PATH):$(HOME)/.cargo/bin
# one interpreter for every cargo call, or the bindings are compiled anew at each change of caller
export PYO3_PYTHON := $(CURDIR)/.venv/bin/python

BIN := .venv/bin
ENVIRONMENT = python=$$(scripts/prerequisites) && "$$python" scripts/environment.py
CARGO := cd rust && cargo
WHEELS := dist
POSTGRES_15 := /usr/lib/postgresql/15/bin

##@ Run
.PHONY: run simulate
run: ## Install what is missing, start PostgreSQL and the server on 127.0.0.1:8583, load the demo
	@$(ENVIRONMENT) run
	@exec $(BIN)/cbs serve --migrate --demo $(ARGUMENTS)

simulate: ## Play stories to a running server, or ARGUMENTS="purchase --amount 42.50"
	@$(ENVIRONMENT) run
	@exec $(BIN)/cbs simulate $(or $(ARGUMENTS),stories)

##@ Develop
.PHONY: environment test test-python test-rust lint format lock wheel clean
environment: ## Bring .venv with everything in it up to date
	@$(ENVIRONMENT) all

test: environment test-rust test-python ## Run every test; sets up all it needs

test-rust: environment ## Run the tests of the Rust crates
	@# the binding crate holds no logic and is tested through Python
	$(CARGO) test --workspace --exclude cbs-native --quiet

test-python: environment ## Run the tests of Python, SQL and the whole server
	$(BIN)/python -m pytest $(ARGUMENTS)

lint: environment ## Check formatting, types, the extension's stub and the usual mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest cbs._native
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

format: environment ## Format all sources and mend what can be mended by itself
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .
	$(CARGO) fmt --all

lock: environment ## Move every dependency to its newest version: constraints.txt, Cargo.lock
	$(BIN)/python scripts/lock.py
	$(CARGO) update

wheel: environment ## Build the wheel into dist/
	@# the build calls maturin by its bare name
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip --disable-pip-version-check \
		wheel --no-deps --no-build-isolation --wheel-dir $(WHEELS) .

clean: ## Remove all that was built; keeps the data in .cbs
	rm -rf .venv .make dist rust/target rust/fuzz/target .benchmarks
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f python/cbs/_native*.so

##@ Measure
.PHONY: bench instructions loadtest
bench: environment ## Run the benches against this machine; refuses a debug build
	$(CARGO) build --quiet --release -p cbs-measure
	$(BIN)/python -m pytest bench --benchmark-enable $(ARGUMENTS)

instructions: environment ## Count the codec's instructions by callgrind against the baseline
	$(CARGO) build --quiet --release -p cbs-measure
	$(BIN)/python bench/instructions.py $(ARGUMENTS)

loadtest: environment ## Run a lunch hour in short against a server of its own
	$(BIN)/python -m loadtest $(ARGUMENTS)

##@ Deliver
.PHONY: ci fuzz-smoke test-postgres-15
ci: lint test fuzz-smoke instructions test-postgres-15 ## Everything that must pass before a change is merged

fuzz-smoke: environment ## Run every fuzz target on a few thousand inputs; docs/howto/fuzz-the-codec.md has more
	cd rust/fuzz && cargo run --quiet --release -p cbs-fuzz-targets --bin runner -- all 6000
	$(BIN)/python -m tests.fuzz.imports 1000

test-postgres-15: environment ## Run the SQL and server tests on PostgreSQL 15, where installed
	@if [ -x $(POSTGRES_15)/postgres ]; then \
		CBS_TEST_POSTGRES_BIN=$(POSTGRES_15) $(BIN)/python -m pytest \
			$(wildcard tests/sql tests/migrations tests/concurrency tests/e2e) $(ARGUMENTS); \
	else \
		echo "PostgreSQL 15 is not installed: apt-get install postgresql-15 to test on it too"; \
	fi

.PHONY: help
help: ## Print every verb
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
