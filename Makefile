# `make run` and `make test` work from an empty clone; everything else is `selfcard --help`.

PYTHON ?= python3
VENV := .venv
SELFCARD := $(VENV)/bin/selfcard
UV_INSTALL := $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python

# Compiled files make every later start faster, whatever the shell we come from prefers.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lock pictures

run: $(VENV)/.installed
	@exec $(SELFCARD) run

# make test ARGS="tests/custody -x"
test: $(VENV)/.installed-dev
	@exec $(SELFCARD) test $(ARGS)

pictures: $(VENV)/.installed-dev
	@exec $(SELFCARD) pictures

# Hashes are written down, addresses never: where packages come from is each machine's business.
lock: $(VENV)/.uv
	@for name in requirements requirements-dev requirements-uv; do \
		$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
			$$name.in --output-file $$name.txt || exit 1; \
	done
	@! grep -nE 'https?:|file:|find-links' requirements*.txt

$(VENV)/.uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit("Selfcard needs Python 3.11 or later: make PYTHON=/path/to/python3" if sys.version_info < (3, 11) else 0)'
	@echo "Installing what Selfcard runs on …"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.uv requirements.txt pyproject.toml
	@$(UV_INSTALL) --compile-bytecode --require-hashes -r requirements.txt
	@$(UV_INSTALL) --offline --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@$(UV_INSTALL) --compile-bytecode --require-hashes -r requirements-dev.txt
	@touch $@
