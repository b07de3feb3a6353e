# Everything a newcomer types. Each target sets up what it needs and never installs twice.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FORGE  := ../anvil/forge
AUDITOR := .venv-audit
AUDITED := contracts/audit/build/passed
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export FOUNDRY_DISABLE_NIGHTLY_WARNING := 1
# The hundreds of processes of the tests would each compile flock's modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test quick check compiled contracts audit prove mutation abi vectors snapshot bench constraints clean

demo: $(VENV)/.ready anvil/.ready
	@$(BIN)/flock demo $(DEMO_ARGS)
	@$(BIN)/flock demo arena $(ARENA_ARGS)
	@$(BIN)/flock demo market $(MARKET_ARGS)

# Linters and the audit beside the contracts' compiler; then four workers, as all of them wait often: two for whole networks
# and two for the rest.
test:
	@$(MAKE) --no-print-directory -j4 check contracts audit compiled
	$(BIN)/pytest -n 4

# For the inner loop: tests that start no process, train no model and play no season; contracts with few examples of each fuzz
# test, and no invariants.
quick: $(VENV)/.ready anvil/.ready
	@$(MAKE) --no-print-directory check
	cd contracts && FOUNDRY_PROFILE=quick $(FORGE) test --no-match-path '*.invariant.t.sol'
	$(BIN)/pytest --pure -m 'not long' -n 2

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# pytest rewrites what tests assert, and keeps that: each of its workers would do it anew. What fails here fails there.
compiled: $(VENV)/.ready
	@$(BIN)/pytest --collect-only --quiet >/dev/null || true

contracts: $(VENV)/.ready anvil/.ready
	cd contracts && $(FORGE) fmt --check
	cd contracts && FORGE_SNAPSHOT_CHECK=true $(FORGE) test

# Slither and proofs (docs/audit.md), again whenever a contract, a proof or a tool has changed.
audit: $(AUDITED)

$(AUDITED): $(AUDITOR)/.ready anvil/.ready Makefile $(shell find contracts/src contracts/audit -name '*.sol' -o -name '*.py' -o -name '*.toml' | grep -v /build/)
	cd contracts && $(FORGE) fmt --check audit/proofs
	cd contracts/audit && ../../$(AUDITOR)/bin/python -m unittest --quiet test_integers
	$(AUDITOR)/bin/python contracts/audit/analysis.py
	$(AUDITOR)/bin/python contracts/audit/prove.py
	@touch $@

# The proofs, even if nothing that they depend on has changed.
prove: $(AUDITOR)/.ready anvil/.ready
	$(AUDITOR)/bin/python contracts/audit/prove.py --again

# Changes one thing in the rules at a time, and says which changes no test of tests/protocol notices (docs/mutation.md).
# `make mutation RULES='flock.protocol.economy.locks.*'` tries those of one module.
mutation: $(VENV)/.mutation
	$(BIN)/mutmut run --max-children 1 $(RULES)
	$(BIN)/mutmut results

snapshot: anvil/.ready
	cd contracts && $(FORGE) build && FORGE_SNAPSHOT_CHECK=false $(FORGE) test --match-contract Gas

abi: $(VENV)/.ready anvil/.ready
	$(BIN)/flock chain compile

vectors: $(VENV)/.ready
	$(BIN)/python tests/vectors/generate.py

bench: $(VENV)/.ready anvil/.ready
	$(BIN)/python -m bench

# torch first: a package that pulls it in by itself would bring gigabytes of CUDA along.
# byzfl is an oracle for the aggregation rules; its own requirements would replace torch.
$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up the Python environment in $(VENV) (a few minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "flock needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --constraint constraints.txt torch==2.13.0
	@$(PIP) --constraint constraints.txt --editable '.[dev]'
	@$(PIP) --no-deps byzfl==0.0.11
	@touch $@

$(VENV)/.mutation: $(VENV)/.ready
	@$(PIP) --constraint constraints.txt --editable '.[mutation]'
	@touch $@

# An environment of its own: Slither and halmos pin packages that flock has in other versions.
$(AUDITOR)/.ready: contracts/audit/requirements.txt
	@echo "Setting up Slither and halmos in $(AUDITOR) (once)"
	@test -x $(AUDITOR)/bin/python || $(PYTHON) -m venv $(AUDITOR)
	@$(AUDITOR)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

anvil/.ready: anvil/package.json anvil/package-lock.json
	@echo "Setting up the chain toolchain in anvil/node_modules (once)"
	@cd anvil && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

constraints: $(VENV)/.ready
	@(head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' | grep -v byzfl) > constraints.new && mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) $(AUDITOR) mutants .flock anvil/node_modules anvil/.ready contracts/out contracts/cache contracts/audit/build
