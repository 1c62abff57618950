# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-all fuzz docs lint format clean
.DELETE_ON_ERROR:

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.installed-lint: $(VENV)/.installed-test
	$(PIP) -e '.[lint]'
	@touch $@

demo: $(VENV)/.installed
	rm -rf demo-output
	$(BIN)/nbtrace demo --outdir demo-output

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

# Everything but what is marked slow; a later -m in ARGS takes the place of this one.
test: $(VENV)/.installed-test
	$(PYTEST) -m 'not slow' $(ARGS)

test-all: $(VENV)/.installed-test
	NBTRACE_THOROUGH=1 $(PYTEST) $(ARGS)

fuzz: SECONDS := 600
fuzz: $(VENV)/.installed-test
	NBTRACE_FUZZ_SECONDS=$(SECONDS) $(BIN)/python -m pytest -s tests/fuzz/test_targets.py $(ARGS)

$(VENV)/.installed-docs: $(VENV)/.installed
	$(PIP) -e '.[docs]'
	@touch $@

# Offline, a warning is an error; then every link of the pages, and that a browser fetches nothing from elsewhere.
docs: $(VENV)/.installed-docs
	rm -rf docs/_build
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs docs/_build
	$(BIN)/python docs/built_links.py docs/_build

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) demo-output docs/_build docs/generated
