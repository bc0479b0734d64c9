# make demo: see it work.  make test: everything that must hold.  Both set up all they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MAIL ?=

.PHONY: demo test lint format image servers torture bench screenshots clean
.DEFAULT_GOAL := help

help:
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.demo ## the whole thing with example mails, on servers inside one process; MAIL=my.eml adds yours
	@$(BIN)/inbox-worker demo $(foreach mail,$(MAIL),--mail $(mail))

test: $(VENV)/.dev servers lint ## all checks and all tests, against real Dovecot and Postfix
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev ## style, types, import rules, Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: $(VENV)/.dev ## put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

image: ## the container image
	docker build --tag inbox-worker .

torture: $(VENV)/.dev servers ## kills, floods and restores in their long forms, with figures; TORTURE_SEED=N repeats the draws
	$(BIN)/pytest -m torture -s -p no:randomly tests/torture

bench: $(VENV)/.dev servers ## a whole pass against the protocol floor, understanding stage by stage, a large journal
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/journal.py
	$(BIN)/python benchmarks/pass.py

screenshots: $(VENV)/.dev ## the answers as pictures, under docs/screenshots (needs chromium, fonts-liberation, pngquant)
	$(BIN)/python docs/screenshots.py

clean: ## everything that make made
	rm -rf $(VENV) demo-output preview build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# The real servers of the tests. They are only installed here; the tests start private ones with a private
# configuration. Debian's packages would start services of their own at installation: policy-rc.d says no.
servers:
	@if ! { command -v dovecot && command -v postconf; } >/dev/null 2>&1 \
	   && ! { [ -x /usr/sbin/dovecot ] && [ -x /usr/sbin/postconf ]; }; then \
	  if [ "$$(id -u)" != 0 ]; then \
	    echo "make: Dovecot and Postfix are missing: as root, apt-get install dovecot-imapd dovecot-lmtpd postfix" >&2; exit 1; \
	  fi; \
	  set -e; export DEBIAN_FRONTEND=noninteractive; \
	  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; \
	    chmod 755 /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }; \
	  apt-get -qq update; \
	  apt-get -qq install -y --no-install-recommends dovecot-imapd dovecot-lmtpd postfix openssl >/dev/null; \
	fi

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed (PYTHON=...)" >&2; exit 1; }
	@if ! $(PYTHON) -m venv $(VENV); then \
	  rm -rf $(VENV); [ "$$(id -u)" = 0 ] || { echo "make: as root, apt-get install python3-venv" >&2; exit 1; }; \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); \
	fi

# One stamp for each set of extras, renewed when pyproject.toml changes.
$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@touch $@ $(VENV)/.demo
