# Each target makes what it needs: a bare machine with Python 3.11 or later is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HELD_OUT := models/labels/encoder-held-out.npz
INSTALLED := $(VENV)/.installed

.PHONY: score test test-wheel test-engines test-browser lint types check-data unit models clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

## score the sample articles with the shipped model
score: $(INSTALLED)
	@mkdir -p out
	@$(BIN)/classifier score data/samples --overwrite --format html -o out/samples.html
	@$(BIN)/classifier score data/samples --overwrite --format jsonl -o out/samples.jsonl 2>/dev/null
	@$(BIN)/classifier score data/samples/lions-mane-coffee-vendor-blog.md --format text 2>/dev/null | head -n 40
	@echo "..."
	@echo "All results: out/samples.html (open it in a browser) and out/samples.jsonl"

## everything that must hold: lint, types, the corpus, the tests
test: lint types check-data unit

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check-data: $(INSTALLED)
	$(BIN)/classifier data check data/corpus

unit: $(INSTALLED)
	$(BIN)/python -m pytest

## Spark and Ray in local mode; needs Java 17 or later on the system
test-engines: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[spark,ray]'
	$(BIN)/python -m pytest tests/run/test_engines.py

## the desk in a real browser; needs Chromium on the system
test-browser: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt playwright
	$(BIN)/python -m pytest -o addopts=-q tests/review/test_browser.py

## the package as a user installs it: built, installed in a directory of its own, tried with the shipped model
test-wheel: $(INSTALLED)
	$(BIN)/python -m pytest -o addopts=-q tests/wheel

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

## retrain the shipped models; REAL names labelled pages that are not in this repository
models: $(INSTALLED)
	$(BIN)/classifier train data/corpus $(REAL) --encoder models/default --held-out $(HELD_OUT) -o models/default --overwrite -j 2
	$(BIN)/classifier train data/corpus $(REAL) -o models/fast --overwrite -j 2
