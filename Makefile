# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP_OPTIONS := --quiet --disable-pip-version-check
PIP := $(BIN)/python -m pip install $(PIP_OPTIONS)

# Programs that the tests ask for a second opinion. In an environment of their own: requirements-judges.in says why.
JUDGES := .venv-judges
JUDGES_INSTALLED := $(JUDGES)/.installed
JUDGES_PIP := $(JUDGES)/bin/python -m pip install $(PIP_OPTIONS)

# Extractors that the bench sets beside Sourcekeep's. In an environment of their own: requirements-contenders.in says why.
CONTENDERS := .venv-contenders
CONTENDERS_INSTALLED := $(CONTENDERS)/.installed
CONTENDERS_PIP := $(CONTENDERS)/bin/python -m pip install $(PIP_OPTIONS)

.PHONY: help setup judges contenders demo test soak lint lock bench-crawl bench-extract bench-audit clean

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(INSTALLED)  ## install Sourcekeep and its pinned dependencies into .venv

$(INSTALLED): requirements.lock requirements-build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements-build.lock
	$(PIP) --require-hashes --no-build-isolation -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

judges: $(JUDGES_INSTALLED)  ## install pywb and wacz, which the tests ask for a second opinion

$(JUDGES_INSTALLED): requirements-judges.lock requirements-build.lock
	$(PYTHON) -m venv --clear $(JUDGES)
	$(JUDGES_PIP) --require-hashes -r requirements-build.lock
	$(JUDGES_PIP) --require-hashes --no-build-isolation -r requirements-judges.lock
	@touch $@

contenders: $(CONTENDERS_INSTALLED)  ## install the extractors and language detectors that bench-extract sets beside

$(CONTENDERS_INSTALLED): requirements-contenders.lock requirements-build.lock
	$(PYTHON) -m venv --clear $(CONTENDERS)
	$(CONTENDERS_PIP) --require-hashes -r requirements-build.lock
	$(CONTENDERS_PIP) --require-hashes --no-build-isolation -r requirements-contenders.lock
	@touch $@

demo: $(INSTALLED)  ## run the main job on a small web served from this machine
	$(BIN)/sourcekeep demo

test: $(INSTALLED) $(JUDGES_INSTALLED)  ## run the tests
	$(BIN)/python -m pytest

soak: $(INSTALLED)  ## run the tests that take minutes: kills by the thousand, bodies of a gigabyte
	$(BIN)/python -m pytest -m soak -s

lint: $(INSTALLED)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	printf 'setuptools\nhatchling==1.33.0\neditables\n' | uv pip compile --quiet --upgrade --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements-build.lock
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  requirements-judges.in -o requirements-judges.lock
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  requirements-contenders.in -o requirements-contenders.lock

bench-crawl: $(INSTALLED)  ## crawl the bench pages beside wget: make bench-crawl SEGMENTS=folder
	$(BIN)/python -m bench.crawl $(SEGMENTS)

bench-extract: $(INSTALLED) $(CONTENDERS_INSTALLED)  ## score texts and all else beside others: PAGES=folder UDHR=folder
	$(BIN)/python -m bench.extract $(if $(UDHR),--languages $(UDHR)) $(PAGES)

bench-audit: $(INSTALLED)  ## audit a generated catalogue of a million captures
	$(BIN)/python -m bench.audit

clean:  ## remove what was set up and made
	rm -rf $(VENV) $(JUDGES) $(CONTENDERS) .mypy_cache .pytest_cache .ruff_cache demo-archive
