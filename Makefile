# `make synth` and `make test` set themselves up on a fresh clone; a second run of either does no set-up.

PYTHON ?= python3
VENV := .venv
STACKS := cdktf.out/stacks

export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# cdktf asks HashiCorp whether it is the newest; nothing here needs the answer.
export CHECKPOINT_DISABLE := 1
# jsii announces at every start that Node.js 20, which cdktf still supports, is past its end of life.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.PHONY: synth test e2e bench props handoff clean help

synth: $(VENV)/.app node_modules/.ready ## Write the example stack's Terraform
	@[ -t 1 ] || export CI=1; cdktf synth
	@for stack in $(STACKS)/*/; do echo "Terraform: $(CURDIR)/$${stack}cdk.tf.json"; done

test: $(VENV)/.dev node_modules/.ready .e2e/ready ## Run every check: lint, format, types, tests, deployment
	ruff check
	ruff format --check
	mypy
	pytest -n auto --dist loadfile -rs

e2e: $(VENV)/.dev node_modules/.ready .e2e/ready ## Deploy to an AWS on loopback with the real terraform and provider
	pytest tests/e2e -n auto --dist loadfile -rs

bench: $(VENV)/.dev ## Compare speed and memory with plain imports, Solutions Constructs and a plain function
	python benchmarks/synth.py
	python benchmarks/function.py

props: $(VENV)/.dev ## Write props.py anew from the provider's bindings
	python tools/generate_props.py

# Made when everything could be installed; what could not is tried again, and is why tests are skipped.
.e2e/ready: tests/e2e/requirements.txt requirements-checkov.txt tests/e2e/install.py | $(VENV)/.dev
	python tests/e2e/install.py

handoff: synth ## Write what an ops team runs, without Python, into dist/; HANDOFF="--format hcl" gives options
	@python -m ddb_stream_lambda handoff $(HANDOFF)

clean: ## Remove what make made; refuses while a local state lies in the output
	@states=$$(find cdktf.out -name '*.tfstate' -size +0 -not -path '*/.terraform/*' 2>/dev/null); if [ -n "$$states" ]; then \
		echo "Kept: cdktf.out holds the state of what is deployed. Move it, or destroy the stack, first:" >&2; \
		echo "$$states" >&2; exit 1; fi
	rm -rf cdktf.out dist $(VENV) .venv-benchmark .venv-e2e .e2e .venv-checkov node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.app: requirements.txt | $(VENV)/.made
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

node_modules/.ready: package-lock.json
	@command -v node >/dev/null || { echo "Node.js 20 or later is needed: https://nodejs.org" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	touch $@
