# A fresh machine needs Python 3.11, make and a package index; nothing here needs root.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
SOURCES := outreach migrations tests benchmarks config.py wsgi.py
# The domain on one database: an answer within minutes. `make test` has the rest.
FAST := $(filter-out $(addprefix tests/,browser/ cli/ delivery/ engine/ faults/ flows/ letters/ web/),$(wildcard tests/*/)) $(wildcard tests/test_*.py)
# The demo's own folder, apart from ./instance of a real installation.
DEMO := OUTREACH_ENV=demo OUTREACH_INSTANCE=$${OUTREACH_INSTANCE:-instance/demo}

# Each command starts a second faster once Python may keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test check soak bench

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Outreach needs Python 3.11 or newer; name one with PYTHON=." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-compile --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	$(PIP) install --quiet --no-compile --group test
	@$(BIN)/python -m tests.calendars.ical_js
	@touch $@

run: install
	@$(DEMO) $(BIN)/outreach serve --port $(PORT)

test: $(VENV)/tested
	@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) -m "not soak and not browser and not faults" -n auto
	$(PYTEST) -m "(browser or faults) and not soak" -n 2 --dist worksteal

check: $(VENV)/tested
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/lint-imports
	$(PYTEST) $(FAST) -m "not soak and not browser and not faults" -k "not postgresql" -n auto

soak: $(VENV)/tested
	$(PYTEST) -m soak

bench: $(VENV)/tested
	@for file in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done
