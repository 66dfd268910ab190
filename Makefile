# Klartext. `make run` is all that a new user needs; `make help` lists the rest.

SHELL := /bin/bash
# Rasa would report to its makers otherwise, and wait for them where they cannot be reached.
export RASA_TELEMETRY_ENABLED := false
VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

.PHONY: help run test lint bench bench-nlu chaos breaks fuzz lock install clean

help:
	@echo "make run     set up, train if needed, start everything, print the addresses"
	@echo "make test    lint and all tests (a browser is needed for some: Debian's chromium)"
	@echo "make lint    ruff, mypy, import contracts, wording"
	@echo "make bench   measure beside stock Rasa; make bench-nlu DATA=folder: understanding on your own data"
	@echo "make chaos   the long kill test over real processes"
	@echo "make fuzz    ten minutes of damaged webhooks against a real edge"
	@echo "make breaks  break each guarantee on a copy and see its test fail"
	@echo "make lock    pin the dependencies of pyproject.toml anew, with hashes"
	@echo "make clean   remove what was installed, trained and stored here"

run: install
	@$(VENV)/bin/klartext run

test: install lint
	@$(PYTHON) -m pytest -n 2 --dist loadfile

lint: install
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m bot.transparency.lint

bench: install
	@$(PYTHON) -m bench --write

bench-nlu: install
	@$(PYTHON) -W ignore -m bench.nlu $(DATA) --pictures docs/pictures

chaos: install
	@$(PYTHON) -m bench.chaos --write

fuzz: install
	@$(PYTHON) -m tests.fuzz.whatsapp --seconds 600

breaks: install
	@$(PYTHON) -m tests.breaks

install: $(INSTALLED)

$(INSTALLED): requirements/all.txt pyproject.toml
	@bash deploy/install.sh $(VENV)
	@touch $@

lock:
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile pyproject.toml --extra brain --extra english --extra dev \
	  --override requirements/overrides.txt --python-version 3.10 --generate-hashes --no-emit-index-url \
	  --no-annotate -o requirements/all.txt

clean:
	rm -rf $(VENV) models var .rasa
