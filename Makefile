# What can be done here: `make` lists it.

PYTHON ?= python3
BIN := .venv/bin
# Tests wait for processes and time-outs as long as they compute: two of them for each processor.
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

# What a shell may have left behind must not reach the tests, the demo or pip.
unexport $(filter METERCTL_% PYTEST_%,$(.VARIABLES))
unexport GOOGLE_APPLICATION_CREDENTIALS MYPYPATH PIP_TARGET PIP_USER PYTHONHOME PYTHONPATH VIRTUAL_ENV

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(PATH):/usr/sbin:/sbin # where mkfs.ext4 and losetup live, often off a user's PATH

.PHONY: help demo test lint types bench soak release lock licences reference pictures venv tools clean
.DELETE_ON_ERROR:
.SILENT:

help: ## List these targets
	awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: venv ## Rehearse everything against local stand-ins, no account needed
	$(BIN)/meterctl demo

test: lint types tools ## Run lint, types and every test but the soaks
	$(BIN)/pytest --quiet --numprocesses $(WORKERS) --dist worksteal

lint: venv ## Check style, format and security
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml meterctl

types: venv ## Check types
	$(BIN)/mypy --no-error-summary

bench: venv ## Measure what the budgets promise
	$(BIN)/python -m bench
	$(BIN)/python -m bench.scale

soak: venv tools ## Run the long loops of faults; they end with one table
	$(BIN)/pytest --quiet -m soak --hypothesis-profile=default -p no:xdist -s

# The wheel comes out of the sdist, so that the sdist has all it takes; what it needs comes from PyPI, as
# for anyone who installs it. SOURCE_DATE_EPOCH: the same tree gives the same bytes.
release: venv ## Build sdist and wheel, install the wheel into an empty environment, run the demo from it
	test -z "$$(git status --porcelain 2>/dev/null)" || { echo "commit first: what is built would be in no commit" >&2; exit 1; }
	rm -rf dist build/release && mkdir -p build/release
	tests/release.sh $(BIN) dist build/release
	$(PYTHON) -m venv build/release/empty
	build/release/empty/bin/pip install -qq --only-binary :all: dist/*.whl
	cd build/release && env -i HOME="$$PWD" PATH="$$PATH" LC_ALL=C.UTF-8 empty/bin/meterctl demo
	build/release/empty/bin/meterctl --version && ls -l dist

venv: .venv/.installed ## Make .venv from the lock file

# PYTHON says which Python: make venv PYTHON=python3.13
.venv/.installed: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=python3.13" >&2; exit 1; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		tests/install-tools.sh "$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	touch $@

tools:
	tests/install-tools.sh

COMPILE = build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
lock: ## Renew the lock files: newest versions, every platform
	$(PYTHON) -m venv --clear build/uv
	build/uv/bin/pip install -qq uv
	$(COMPILE) --upgrade pyproject.toml --extra http --extra plot --extra portal --extra postgres --extra sentry \
		--group dev --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock pyproject.toml --extra http --extra postgres --extra sentry \
		--output-file deploy/slim.lock
	$(COMPILE) --constraint requirements.lock pyproject.toml --extra http --extra portal --extra postgres --extra sentry \
		--output-file deploy/chromium.lock
	echo hatchling | $(COMPILE) --constraint requirements.lock --output-file deploy/build.lock -

licences: venv ## Renew docs/licences.md: what is installed, and under which licence
	$(BIN)/python tests/licences.py > docs/licences.md

reference: venv ## Renew what is made from the program: docs/commands.md, manual page, completions
	$(BIN)/meterctl help reference > docs/commands.md
	mkdir -p deploy/man deploy/completions
	$(BIN)/meterctl help man > deploy/man/meterctl.1
	for shell in bash zsh fish; do \
		$(BIN)/meterctl help completion $$shell > deploy/completions/meterctl.$$shell; done

pictures: venv tools ## Renew the pictures of README and docs
	$(BIN)/python -m tests.pictures

clean: ## Remove all that make made
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
