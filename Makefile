# Two commands on a fresh machine: `make demo` (the main job, small) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One thread per process: several were slower, and bit-for-bit resuming is promised for one.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: demo test lint bench clean install install-dev
.DEFAULT_GOAL := help
.PHONY: help
help:
	@echo "make demo   install into $(VENV) and run the main job, small, on the embedded data"
	@echo "make test   install into $(VENV) and run all tests"
	@echo "make lint   ruff and mypy"
	@echo "make bench  the speed claims, each as a ratio measured in one run"
	@echo "make clean  remove $(VENV) and caches (never runs/)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, found $$($(PYTHON) --version); name one: make PYTHON=python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python venv failed; on Debian install it: apt-get install python3-venv" >&2; exit 2; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

demo: install
	$(BIN)/scsc demo

test: install-dev
	$(BIN)/python -m pytest -q -n 2 -m "not slow" --durations=5
	$(BIN)/python -m pytest -q -n 2 -m slow --durations=5

lint: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks/*.py

bench: install-dev
	@for script in $(filter-out %/motion_solver.py %/watched.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
