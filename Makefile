# Two commands do everything on a fresh machine with Python 3.11: `make run` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench peers clean

run: $(VENV)/.run
	@$(BIN)/mali-index build </dev/null
	@if [ -n "$$TELEGRAM_BOT_TOKEN" ]; then exec $(BIN)/mali-bot run; else exec $(BIN)/mali-bot chat; fi

test: lint
	@$(BIN)/pytest

lint: $(VENV)/.test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(VENV)/.test $(VENV)/.bench
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.peers

peers: $(VENV)/.bench
	@$(BIN)/python -m tests.bench.peers

clean:
	rm -rf $(VENV) .index .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is written only after the install ended well, so an interrupted one is done again.
$(VENV)/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; found %d.%d. Try: make PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@[ -x $(BIN)/python ] || { echo "creating $(VENV)" >&2; $(PYTHON) -m venv $(VENV); }
	@echo "installing (once; a few minutes on a slow line)" >&2
	@$(BIN)/python -m pip install -q -e . >&2
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(BIN)/python -m pip install -q -e '.[test]' >&2
	@touch $@

# LlamaIndex's BM25 asks for an older PyStemmer than ours, but works with it: hence no dependencies.
$(VENV)/.bench: $(VENV)/.run
	@$(BIN)/python -m pip install -q -e '.[bench]' >&2
	@$(BIN)/python -m pip install -q --no-deps 'llama-index-retrievers-bm25>=0.8,<0.9' >&2
	@touch $@
