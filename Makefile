# `make synth` and `make test` set themselves up on a fresh clone; a second run of either does no set-up.

PYTHON ?= python3
VENV := .venv
STACKS := cdktf.out/stacks
# The file that `make local` sends.
EVENTS ?= examples/events/orders.json
# The picture that `make demo` writes; none by default.
RECORD ?=
DIST := dist
# The sources of the distribution for cdktn, which `make wheels` writes.
BUILD := build
# Its rules for Terraform's language are part of it, so the version decides which rules the bundles pass.
TFLINT_VERSION := 0.64.0
# Not compiled: Python compiles the few modules that a program imports, and the provider's package has 2,213.
INSTALL := -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes
# The project for cdktn, the maintained fork of cdktf, and an environment for its tests.
FORK := build/cdktn
FORK_VENV := .venv-cdktn
FORK_PACKAGES := tools/cdktn/node_modules
FORK_PATH := $(abspath $(FORK_VENV))/bin:$(abspath $(FORK_PACKAGES))/.bin
# tests/conftest.py puts the files that take long first, so that no core is idle at the end. The list of the slowest tests
# shows where time can be saved.
PYTEST := pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25
# An installation uses one core and waits for the network, so several run at the same time.
ifeq ($(filter clean,$(MAKECMDGOALS)),)
MAKEFLAGS += --jobs=4
endif

export PATH := $(abspath $(VENV))/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# The installed packages are compiled when they are imported, and the next process needs the result.
unexport PYTHONDONTWRITEBYTECODE
# Without it, cdktf connects to HashiCorp to look for a newer version.
export CHECKPOINT_DISABLE := 1
# jsii warns at every start that Node.js 20, which cdktf still supports, is past its end of life.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# The site's theme advertises its successor at every build.
export NO_MKDOCS_2_WARNING := 1

# Tests with the mark "slow" do not run on cdktn: they run terraform on files that the golden files show to be the same.
define TEST_FORK
	python tools/rename_to_cdktn.py $(FORK)
	ln -s $(abspath $(FORK_PACKAGES)) $(FORK)/node_modules
	cd $(FORK) && PATH="$(FORK_PATH):$$PATH" mypy ddb_stream_lambda stacks main.py
	cd $(FORK) && PATH="$(FORK_PATH):$$PATH" $(PYTEST) -m "not slow"
endef

.PHONY: synth test check cdktn e2e tflint lint bench local demo docs wheels handoff props lock clean help

synth: $(VENV)/.app node_modules/.ready ## Write the example stack's Terraform
	@[ -t 1 ] || export CI=1; cdktf synth
	@for stack in $(STACKS)/*/; do echo "Terraform: $(CURDIR)/$${stack}cdk.tf.json"; done

test: lint node_modules/.ready $(FORK_VENV)/.ready $(FORK_PACKAGES)/.ready .e2e/ready .engines/ready docs ## Run everything: lint, types, prose, docs, tests with coverage, deployment, cdktn
	$(PYTEST) -rs --cov --cov-report=term:skip-covered
	$(TEST_FORK)

check: lint node_modules/.ready ## Run the quick half: lint, types, prose, unit tests
	$(PYTEST) -m "not slow" --ignore=tests/e2e

cdktn: $(VENV)/.dev $(FORK_VENV)/.ready $(FORK_PACKAGES)/.ready ## Run the type check and the quick tests of the distribution for cdktn
	$(TEST_FORK)

e2e: $(VENV)/.dev node_modules/.ready $(FORK_VENV)/.ready $(FORK_PACKAGES)/.ready .e2e/ready .engines/ready ## Deploy to an AWS on loopback with the real terraform and provider
	$(PYTEST) tests/e2e -rs

tflint: .e2e/bin/tflint ## Compile tflint, with which the tests then check the bundles of the hand-off; needs Go and some minutes

lint: $(VENV)/.dev ## Check the code's style and types, and the prose
	ruff check
	ruff format --check
	mypy
	python tools/check_prose.py

bench: $(VENV)/.dev .e2e/ready ## Compare speed and memory with plain imports, Solutions Constructs and a plain function; measure the backfill and redrive
	python benchmarks/synth.py
	python benchmarks/function.py
	python benchmarks/backfill.py
	python benchmarks/operations.py

local: $(VENV)/.dev ## Run the sample function on this machine; EVENTS=events.json sends your own events
	@python tools/local.py $(EVENTS)

demo: $(VENV)/.dev node_modules/.ready .e2e/ready ## Deploy the example to an emulator of AWS on this machine, and show the way of each record; RECORD=docs/demo.svg records it
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tools python -m demo $(if $(RECORD),--record $(RECORD))

docs: .venv-docs/.ready ## Build the documentation into site/; fails on a broken link
	.venv-docs/bin/mkdocs build --strict --quiet

wheels: $(VENV)/.dev ## Build both distributions, for cdktf and for cdktn, into dist/
	rm -f $(DIST)/*.whl $(DIST)/*.tar.gz
	python -m build --no-isolation --outdir $(DIST)
	python tools/rename_to_cdktn.py $(BUILD)/wheels-cdktn
	python -m build --no-isolation --outdir $(DIST) $(BUILD)/wheels-cdktn

handoff: synth ## Write an operations team's bundle into dist/<stack>/; HANDOFF="--format hcl" adds options
	@python -m ddb_stream_lambda handoff $(HANDOFF)

props: $(VENV)/.dev $(FORK_VENV)/.ready ## Generate the types of the props from the provider's bindings, for cdktf and for cdktn
	python tools/generate_props.py
	python tools/rename_to_cdktn.py build/cdktn
	.venv-cdktn/bin/python build/cdktn/tools/generate_props.py
	cp build/cdktn/ddb_stream_lambda/arguments/_generated.py tools/cdktn/_generated.py

lock: $(VENV)/.dev ## Resolve pyproject.toml into the requirements files; LOCK=--upgrade takes newer versions
	python tools/lock.py $(LOCK)

clean: ## Remove everything that make created; refuses while cdktf.out holds a Terraform state
	@states=$$(find cdktf.out -name '*.tfstate' -size +0 -not -path '*/.terraform/*' 2>/dev/null); if [ -n "$$states" ]; then \
		echo "Kept: cdktf.out holds the state of deployed resources. Move it, or destroy the stack, first:" >&2; \
		echo "$$states" >&2; exit 1; fi
	rm -rf cdktf.out $(DIST) site $(VENV) .venv-benchmark .venv-benchmark-function .venv-e2e .e2e .engines .venv-checkov .venv-docs node_modules
	rm -rf build $(FORK_VENV) $(FORK_PACKAGES)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Set its path: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.app: requirements.txt | $(VENV)/.made
	$(VENV)/bin/python $(INSTALL) -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(VENV)/bin/python $(INSTALL) -r requirements-dev.txt
	touch $@

$(FORK_VENV)/.ready: requirements-cdktn.txt | $(VENV)/.made
	$(VENV)/bin/python -m venv --clear $(FORK_VENV)
	$(FORK_VENV)/bin/python $(INSTALL) -r requirements-cdktn.txt
	touch $@

.venv-docs/.ready: requirements-docs.txt | $(VENV)/.made
	$(VENV)/bin/python -m venv --clear .venv-docs
	.venv-docs/bin/python $(INSTALL) -r requirements-docs.txt
	touch $@

# Exists if everything could be installed. The next run tries again what is missing, and the tests that need it are skipped.
.e2e/ready: tests/e2e/requirements.txt requirements-checkov.txt tests/e2e/install.py | $(VENV)/.made
	python tests/e2e/install.py

.e2e/bin/tflint:
	GOBIN=$(CURDIR)/.e2e/bin go install github.com/terraform-linters/tflint@v$(TFLINT_VERSION)

# Exists if every search engine could be installed, as above.
.engines/ready: tests/engines/install.py $(wildcard tests/engines/opensearch_*/*) | $(VENV)/.made
	python tests/engines/install.py

node_modules/.ready: package-lock.json
	@command -v node >/dev/null || { echo "Node.js 20 or later is needed: https://nodejs.org" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

# One npm at a time, since both write npm's cache.
$(FORK_PACKAGES)/.ready: tools/cdktn/package-lock.json | node_modules/.ready
	cd tools/cdktn && npm ci --no-audit --no-fund --loglevel=error
	touch $@
