# Everything a person or a CI does here. Needs Python >= 3.11 and make; each target makes the environments it needs, and
# makes them again when their constraints change.
#
#   .venv          the project, its command (`.venv/bin/batchdrop`), its tests
#   .envs/sam      the SAM CLI
#   .envs/runtime  what a Lambda function finds beside its layer: boto3 and nothing else
#   .envs/emulator the local AWS, a folder of packages for the interpreter above
#   .envs/awscli   the AWS CLI, for the commands of the README
#   .envs/client   geobatchpy, a Geoapify client nobody here wrote
#   .envs/fuzz     atheris, the fuzzer
#   .envs/schemathesis  schemathesis, which looks for faults in the Jobs API
#   .envs/asl      asl-validator, where npm is there
#   .envs/iam      iam-simulate, which evaluates the template's policies, where npm is there
#   .envs/npm-clients  node-geocoder, a client of HERE's batch geocoder, and decoders of isolines, where npm is there
#   .envs/mutmut   mutation tests
#   .envs/microburst  a proxy that breaks calls of AWS
#
# Apart, because they pin different versions of the same things.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ifndef PYTHON
PYTHON := $(shell for each in python3 python3.13 python3.12 python3.11; do \
  "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$each"; break; }; done)
endif
ifeq ($(PYTHON),)
$(error batchdrop needs Python 3.11 or newer: none was found)
endif
# Handlers run on the interpreter of .envs/runtime; Lambda's own version is taken where it is there.
ifndef RUNTIME_PYTHON
RUNTIME_PYTHON := $(shell python3.13 -c 'import ensurepip; print("python3.13")' 2>/dev/null || echo $(PYTHON))
endif

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1
# The order of the tests: random and printed, unless it is given. `make test SEED=1234` repeats an order.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
PYTEST := .venv/bin/pytest --randomly-seed=$(SEED)
# End-to-end tests share one stack, whose jobs and rings outlive the test that began them: they keep their order.
PYTEST_IN_ORDER := .venv/bin/pytest -p no:randomly
# What is installed is compiled when it is first imported: most of it never is.
PIP_INSTALL := -m pip install -qq --no-compile
SAM := .envs/sam/bin/sam
PROJECT := pyproject.toml constraints/dev.txt layers/batchdrop/requirements.txt layers/batchdrop/constraints.txt
SANDBOX := .venv/.local .envs/sam/.made .envs/emulator/.made
# What the end-to-end tests need beside the project itself.
PARTNERS := .envs/awscli/.made .envs/client/.made .envs/schemathesis/.made .envs/microburst/.made
NPM := $(if $(shell command -v npm),.envs/asl/.made .envs/iam/.made .envs/npm-clients/.made)
ALL := .venv/.dev $(SANDBOX) $(PARTNERS) .envs/mutmut/.made $(NPM)
# Environments do not depend on each other (but for one), so they are made side by side.
make-environments = @$(MAKE) --no-print-directory -j4 $(1)

.PHONY: help install demo tour browser test e2e permissions faults bench fuzz mutation ten-million lint check docs build deploy clean distclean
help: ## show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## make the environments
	$(call make-environments,$(ALL))

demo: ## the whole product on this machine: a real file through simulated services
	$(call make-environments,$(SANDBOX))
	@.venv/bin/batchdrop sandbox demo

tour: ## every API of every service on this machine; writes the table of the README
	$(call make-environments,.venv/.dev $(SANDBOX))
	.venv/bin/python -m tests.docs.tour

browser: ## bring Chromium, in which tests open the reports, where apt-get is there
	@tests/report/browser.sh

test: browser ## the tests of every tier, whole jobs on a local AWS too; some five minutes on 2 cores
	$(call make-environments,.venv/.dev $(SANDBOX) $(filter .envs/iam/.made,$(ALL)))
	@rm -rf build/permissions
	RECORD_AWS_CALLS=build/permissions $(PYTEST) -n auto -m "not e2e"
	RECORD_AWS_CALLS=build/permissions $(PYTEST_IN_ORDER) -m "e2e and not long"
ifneq ($(filter .envs/iam/.made,$(ALL)),)
	.venv/bin/python -m tests.permissions.proof build/permissions --denied
else
	@echo "no npm here: iam-simulate did not look at the calls that were made"
endif

e2e: browser ## the end-to-end tests that `make test` leaves out: every price, order, recipe and command; some seven minutes
	$(call make-environments,$(ALL))
	$(PYTEST_IN_ORDER) -m "e2e and long"

permissions: ## replay every AWS call of the tests against its caller's policies, and take out each action once; some ten minutes
	$(call make-environments,$(ALL))
	@rm -rf build/permissions
	RECORD_AWS_CALLS=build/permissions $(PYTEST) -n auto tests/functions tests/cli tests/faults/test_handlers.py
	RECORD_AWS_CALLS=build/permissions $(PYTEST_IN_ORDER) -m "e2e and not long"
	RECORD_AWS_CALLS=build/permissions $(PYTEST_IN_ORDER) -m "e2e and long" -k "orders or devices or archive_forms or recipes"
	.venv/bin/python -m tests.permissions.proof build/permissions

faults: ## break the sending protocol everywhere: the matrix, 100,000 schedules, 20,000 in wider weather, kill -9, bad days of AWS; some 25 minutes on 2 cores
	$(call make-environments,.venv/.dev $(SANDBOX) .envs/microburst/.made)
	.venv/bin/python -m tests.faults.proof

ten-million: ## ten million records once, checked by set: plan, lanes, collect, a redo, a merge; some minutes and 10 GB of disk
	$(call make-environments,.venv/.dev)
	.venv/bin/python -m tests.scale.ten_million

bench: ## how fast plan and collect are, against copying the same file with the csv module; ends with an error over the limits
	$(call make-environments,.venv/.dev)
	.venv/bin/python -m benchmarks.records

fuzz: ## look for what no test names yet: broken files for FUZZ_SECONDS (60), guided by coverage, then every property with new values
	$(call make-environments,.venv/.dev .envs/fuzz/.made)
	.venv/bin/python -m tests.fuzz.seeds build/fuzz
	PYTHONPATH=layers/batchdrop:. .envs/fuzz/bin/python -m tests.fuzz.run build/fuzz -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=4096 -timeout=20 -artifact_prefix=build/
	$(PYTEST) -n auto -m hypothesis --hypothesis-profile=exploring

mutation: ## how many deliberate mistakes in the protocol the tests find: at least 90 %; two minutes on 2 cores
	$(call make-environments,.venv/.dev .envs/mutmut/.made)
	.venv/bin/python -m tests.mutation.score

lint: ## style, types, import directions, spelling, template, state machine
	$(call make-environments,.venv/.dev .envs/sam/.made $(filter .envs/asl/.made,$(ALL)))
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/pylint --disable=all --enable=duplicate-code --min-similarity-lines=8 layers/batchdrop/batchdrop/services
	.venv/bin/codespell
	.venv/bin/cfn-lint template.yaml docs/recipes/*.yaml
	$(SAM) validate --lint
ifneq ($(filter .envs/asl/.made,$(ALL)),)
	@mkdir -p build
	sed 's/$${Partition}/aws/' statemachine/batch_job.asl.json > build/batch_job.asl.json
	.envs/asl/node_modules/.bin/asl-validator --json-path build/batch_job.asl.json
else
	@echo "no npm here: asl-validator was not run; the tests in tests/workflow check the state machine too"
endif

check: lint browser ## lint and the fast tests: before each commit
	$(call make-environments,.venv/.dev .envs/runtime/.made)
	$(PYTEST) -n auto -m "not e2e"

docs: ## write the pages that are made from the code
	$(call make-environments,.venv/.dev)
	.venv/bin/python -m tests.docs.matrix
	.venv/bin/python -m tests.docs.codes
	.venv/bin/python -m tests.docs.costs
	.venv/bin/python -m tests.docs.events
	.venv/bin/python -m tests.docs.deliveries
	.venv/bin/python -m tests.docs.routes
	.venv/bin/python -m tests.docs.settings
	.venv/bin/python -m tests.docs.help
	.venv/bin/python -m tests.docs.openapi

build: ## build what `sam deploy` uploads
	$(call make-environments,.envs/sam/.made .venv/.local)
	MAKEFLAGS= PYTHON="$(CURDIR)/.venv/bin/python" $(SAM) build

deploy: build ## deploy to the AWS account of your credentials; asks first
	$(SAM) deploy --guided

clean: ## delete what was built
	rm -rf build dist .aws-sam .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find cli functions layers sandbox tests -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## and the environments
	rm -rf .venv .envs *.egg-info

# ------------------------------------------------------------------------------------------------- environments

.venv/.local: $(PROJECT)
	@echo "making .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python $(PIP_INSTALL) -c constraints/dev.txt setuptools
	@.venv/bin/python $(PIP_INSTALL) -c constraints/dev.txt --no-build-isolation -e '.[local]'
	@touch $@

.venv/.dev: .venv/.local
	@echo "making .venv fit for tests"
	@.venv/bin/python $(PIP_INSTALL) -c constraints/dev.txt --no-build-isolation -e '.[dev]'
	@touch $@

.envs/sam/.made: constraints/sam.txt
	@echo "making .envs/sam"
	@$(PYTHON) -m venv --clear .envs/sam
	@.envs/sam/bin/python $(PIP_INSTALL) -c constraints/sam.txt aws-sam-cli
	@touch $@

.envs/runtime/.made: constraints/runtime.txt
	@echo "making .envs/runtime"
	@$(RUNTIME_PYTHON) -m venv --clear .envs/runtime
	@.envs/runtime/bin/python $(PIP_INSTALL) -c constraints/runtime.txt boto3
	@touch $@

.envs/emulator/.made: constraints/emulator.txt .envs/runtime/.made
	@echo "making .envs/emulator"
	@rm -rf .envs/emulator
	@.envs/runtime/bin/python $(PIP_INSTALL) -c constraints/emulator.txt --target .envs/emulator ministack aws-sam-translator
	@touch $@

.envs/client/.made: constraints/client.txt
	@echo "making .envs/client"
	@$(PYTHON) -m venv --clear .envs/client
	@.envs/client/bin/python $(PIP_INSTALL) -c constraints/client.txt geobatchpy setuptools
	@touch $@

.envs/awscli/.made: constraints/awscli.txt
	@echo "making .envs/awscli"
	@$(PYTHON) -m venv --clear .envs/awscli
	@.envs/awscli/bin/python $(PIP_INSTALL) -c constraints/awscli.txt awscli
	@touch $@

.envs/mutmut/.made: constraints/mutmut.txt constraints/dev.txt layers/batchdrop/requirements.txt
	@echo "making .envs/mutmut"
	@$(PYTHON) -m venv --clear .envs/mutmut
	@.envs/mutmut/bin/python $(PIP_INSTALL) -c constraints/mutmut.txt mutmut pytest hypothesis boto3 -r layers/batchdrop/requirements.txt
	@touch $@

.envs/microburst/.made: constraints/microburst.txt
	@echo "making .envs/microburst"
	@$(PYTHON) -m venv --clear .envs/microburst
	@.envs/microburst/bin/python $(PIP_INSTALL) -c constraints/microburst.txt microburst
	@touch $@

.envs/fuzz/.made: constraints/fuzz.txt
	@echo "making .envs/fuzz"
	@$(PYTHON) -m venv --clear .envs/fuzz
	@.envs/fuzz/bin/python $(PIP_INSTALL) -c constraints/fuzz.txt atheris charset-normalizer
	@touch $@

.envs/schemathesis/.made: constraints/schemathesis.txt
	@echo "making .envs/schemathesis"
	@$(PYTHON) -m venv --clear .envs/schemathesis
	@.envs/schemathesis/bin/python $(PIP_INSTALL) -c constraints/schemathesis.txt schemathesis openapi-spec-validator
	@touch $@

.envs/asl/.made: Makefile
	@echo "making .envs/asl"
	@mkdir -p .envs/asl
	@npm install --prefix .envs/asl --no-package-lock --no-audit --no-fund --silent asl-validator@4.0.0
	@touch $@

.envs/iam/.made: Makefile
	@echo "making .envs/iam"
	@mkdir -p .envs/iam
	@npm install --prefix .envs/iam --no-package-lock --no-audit --no-fund --silent @cloud-copilot/iam-simulate@0.1.173
	@touch $@

.envs/npm-clients/.made: Makefile
	@echo "making .envs/npm-clients"
	@mkdir -p .envs/npm-clients
	@npm install --prefix .envs/npm-clients --no-package-lock --no-audit --no-fund --silent node-geocoder@4.4.1 geobuf@3.0.2 topojson-client@3.1.0
	@touch $@
