# `make help` lists what there is to do here. Everything long says what it does while it does it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Set one on make's command line; the environment's are not looked at, so that no cluster is chosen by accident.
KUBECONFIG_NAMED := $(if $(filter command line,$(origin KUBECONFIG)),yes)
PROFILE := plain
CLUSTER := $(PROFILE)
PLATFORM :=
FROM :=
ARGS :=
NAME :=

comma := ,
cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kubeflow.bootstrap
local_kubeconfig := $(cache)/clusters/$(CLUSTER)/kubeconfig
local_record := $(cache)/clusters/$(CLUSTER)/cluster.json
# Local clusters come and go; their application is kept apart from that of a cluster of your own, and moves from one to the next.
local_app := $(if $(KUBECONFIG_NAMED),,-e "kubeflow_app_dir='$(CURDIR)/kubeflow-app-local$(if $(PLATFORM),-platform)'" -e '{"kubeflow_allow_other_cluster": true}')
kubeconfig := $(if $(KUBECONFIG_NAMED),$(KUBECONFIG),$(local_kubeconfig))
# The platform's webhooks and controllers are pods, and those of a local cluster are stand-ins: there it is compared, not applied.
platform := $(if $(PLATFORM),-e '{"kubeflow_platform": {"release": "$(PLATFORM)"$(if $(FROM),$(comma) "source": "$(abspath $(FROM))")}}')
apply := $(if $(PLATFORM),$(if $(KUBECONFIG_NAMED),true,false),true)

# The newest Python that the collection is tested with comes first.
pythons := 3.13 3.12 3.11 3.14
steps := lint sanity unit conformance docs integration package

# What is in this checkout is what runs, with its own settings, and Python keeps what it compiles.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
unexport ANSIBLE_COLLECTIONS_PATH PYTHONPATH PYTHONDONTWRITEBYTECODE

run := PATH="$(CURDIR)/.venv/bin:$$PATH"
dev := PATH="$(CURDIR)/.venv-dev/bin:$$PATH"
say = @printf '\n-- %s\n'

.PHONY: help bootstrap local-cluster clean-cluster bench venv test soak $(steps) docs-links format generate lock venv-dev ee release clean

help:
	@echo 'Take a cluster to Kubeflow'
	@echo '  make bootstrap                    on a local cluster, started for it; PROFILE=gke-gpu chooses another kind,'
	@echo '                                    PROFILE=real one whose pods run, and a page to open (root on Linux)'
	@echo '  make bootstrap KUBECONFIG=FILE    on your own cluster: its current context, which stays as it is'
	@echo '                                    (KUBECONFIG counts only when given like this, not from the environment)'
	@echo '      PLATFORM=26.03.1 FROM=DIR         the Kubeflow platform instead: that release, from a folder or an archive. On the'
	@echo '                                    local cluster, whose pods are stand-ins, it is planned and compared, not applied'
	@echo '      ARGS="-e kubeflow_namespace=ml"   more arguments for ansible-playbook, with either'
	@echo '  make clean-cluster                stop and remove the local cluster (PROFILE=... as above)'
	@echo
	@echo 'Work on the collection'
	@echo '  make test                         all tests; what CI runs. Its steps alone:'
	@echo '      make $(steps)'
	@echo '  make soak                         long campaigns of tests, hours on a slow machine'
	@echo '  make docs-links                   ask for every address elsewhere that the documentation names; needs a network'
	@echo '  make format                       format the Python files'
	@echo '  make generate                     write what follows from other files: registry/README.md, docs/choices.schema.json'
	@echo '  make ee                           write the build context of the container image to .ee: docs/container.md'
	@echo '  make release                      turn changelogs/fragments into the notes of the version in galaxy.yml'
	@echo '  make bench NAME=facts             measure beside peers; writes .bench/facts.json'
	@echo '  make lock                         pin the newest releases that the ranges allow, with hashes: requirements/*.txt'
	@echo '  make clean                        remove what make made in this folder'
	@echo
	@echo 'PYTHON=/path/to/python3 chooses the Python; otherwise the first of $(pythons) that runs.'

# --- for users

venv:
	@tools/venv requirements/run.txt .venv $(pythons) || { [ $$? != 3 ] || \
		echo 'No Python 3.11 or newer with the modules venv and ensurepip found. Install one, or name it: make PYTHON=...'; exit 1; }

bootstrap: venv $(if $(KUBECONFIG_NAMED),,local-cluster)
	$(say) 'Bootstrapping Kubeflow'
	@$(run) ansible-playbook playbooks/bootstrap.yml -e '{"kubeflow_apply": $(apply)}' -e "kubeflow_kubeconfig='$(kubeconfig)'" $(local_app) $(platform) $(ARGS)
	@$(if $(KUBECONFIG_NAMED),:,! grep -q '"real": true' '$(local_record)' || \
		echo "Open http://kubeflow.kubeflow.localhost:$$(sed -n 's/^ *"web": \([0-9]*\).*/\1/p' '$(local_record)')/ (with -e kubeflow_namespace=ml, kubeflow.ml.localhost)")

local-cluster: venv
	$(say) 'Starting the local cluster "$(CLUSTER)" (the first time its programs are downloaded, or built: some ten minutes)'
	@$(run) ansible-playbook playbooks/local_cluster.yml -e kubeflow_local_cluster_name='$(CLUSTER)' -e kubeflow_local_cluster_profile='$(PROFILE)'

clean-cluster: venv
	$(say) 'Removing the local cluster "$(CLUSTER)"'
	@$(run) ansible-playbook playbooks/local_cluster.yml -e kubeflow_local_cluster_name='$(CLUSTER)' -e kubeflow_local_cluster_state=absent
	@left=$$(ls '$(cache)/clusters' 2>/dev/null | grep -vx '$(CLUSTER)' | paste -sd' ' -); \
		[ -z "$$left" ] || echo "Other local clusters: $$left (make clean-cluster CLUSTER=...)"

# --- for developers

bench: venv
	@[ -f 'tests/bench/$(NAME).py' ] || { echo 'Say which: make bench NAME=<one of>:' \
		$(sort $(notdir $(basename $(wildcard tests/bench/[a-z]*.py)))); exit 2; }
	@mkdir -p .bench
	@$(run) PYTHONPATH=playbooks/collections python 'tests/bench/$(NAME).py' $(ARGS)

venv-dev:
	@tools/venv requirements/dev.txt .venv-dev $(pythons) || { [ $$? != 3 ] || \
		echo 'No Python 3.11 or newer with the modules venv and ensurepip found. Install one, or name it: make PYTHON=...'; exit 1; }
	@if [ -n '$(PYTHON)' ]; then rm -f .venv-dev-oldest; \
	else tools/venv requirements/test.txt .venv-dev-oldest 3.11 || { [ $$? = 3 ] && rm -f .venv-dev-oldest; } || exit 1; \
		if [ .venv-dev -ef .venv-dev-oldest ]; then rm -f .venv-dev-oldest; fi; fi; \
	[ -e .venv-dev-oldest ] || echo "Note: tested with one Python only, $$(.venv-dev/bin/python -V)"

# Files of tests side by side, two processes a core, for much of the time is spent waiting; each process has clusters of its own.
side_by_side := -n $$(( $$(nproc) > 2 ? 6 : $$(nproc) * 2 )) --dist=loadfile --no-loadscope-reorder

# Runs a command for each environment, with VENV set; fails at the end if it failed for one.
each_venv = failed=; for VENV in .venv-dev .venv-dev-oldest; do [ -e $$VENV ] || continue; \
	echo "with $$($$VENV/bin/python -V), $$($$VENV/bin/ansible --version | sed -n '1s/.*\[\(.*\)\]/\1/p')"; $(1) || failed=yes; done; [ -z "$$failed" ]

test:
	@tools/test $(steps)

# Long campaigns with random moments, graphs and sizes; a short form of each is in `make test`.
soak: venv-dev
	$(say) 'long campaigns'
	@$(dev) python -m pytest -v --durations=20 tests/soak tests/real
	@$(dev) python -m pytest -v --durations=20 -m soak tests/integration tests/unit
	@[ ! -e .venv-dev-oldest ] || tools/sanity .venv-dev-oldest
	@[ ! -e .venv-dev-oldest ] || PATH="$(CURDIR)/.venv-dev-oldest/bin:$$PATH" .venv-dev-oldest/bin/python -m pytest -q -n auto tests/unit

lint: venv-dev
	$(say) 'ruff'
	@$(dev) ruff check && $(dev) ruff format --check
	$(say) 'mypy'
	@set -o pipefail; $(dev) mypy -p ansible_collections.kubeflow.bootstrap.plugins | sed 's|^playbooks/collections/ansible_collections/kubeflow/bootstrap/||'
	$(say) 'yamllint'
	@$(dev) yamllint --strict .
	$(say) 'ansible-lint'
	@$(dev) ansible-lint --offline
	$(say) 'words'
	@$(dev) python tools/words.py
	$(say) 'generated files'
	@$(dev) python tools/generate.py --check
	$(say) 'antsibull-changelog'
	@$(dev) antsibull-changelog lint
	$(say) 'antsibull-docs'
	@$(dev) antsibull-docs lint-collection-docs . --plugin-docs --validate-collection-refs=all

# With the oldest versions only what another ansible-core or Python judges otherwise; all of it is in `make soak`.
older_sanity := --test compile --test import --test validate-modules
sanity: venv-dev
	$(say) 'ansible-test sanity'
	@$(call each_venv,tools/sanity $$VENV $$([ $$VENV = .venv-dev ] || echo '$(older_sanity)'))

# With the oldest versions what rests on Ansible, and how the work starts; `ansible-test` imports all of it with them.
older_unit := $(addprefix tests/unit/,action inventory modules test_role.py module_utils/kube module_utils/kubeconfig module_utils/test_run.py)
unit: venv-dev
	$(say) 'unit tests'
	@$(call each_venv,PATH="$(CURDIR)/$$VENV/bin:$$PATH" $$VENV/bin/python -m pytest -q -n auto -m 'not soak' $$([ $$VENV = .venv-dev ] && echo tests/unit || echo '$(older_unit)'))

conformance: venv-dev
	$(say) 'conformance with ks 0.10.0'
	@$(dev) python -m pytest -q tests/conformance

docs: venv-dev
	$(say) 'documentation site, and the links in it'
	@$(dev) python tools/docs.py

# Not a step of `make test`: what others serve comes and goes.
docs-links: venv-dev
	@$(dev) python tools/docs.py --links

integration: venv-dev
	$(say) 'integration tests on the local cluster'
	@failed=; $(dev) python -m pytest -v --durations=30 $(side_by_side) -m 'not soak' tests/integration tests/real || failed=yes; \
	[ ! -e .venv-dev-oldest ] || { echo "the main job with $$(.venv-dev-oldest/bin/python -V) and the oldest ansible-core"; \
		PATH="$(CURDIR)/.venv-dev-oldest/bin:$$PATH" .venv-dev-oldest/bin/python -m pytest -v tests/integration/test_bootstrap.py -k second_run; } || failed=yes; \
	[ -z "$$failed" ]

package: venv-dev
	$(say) 'build, import, install and find the collection'
	@$(dev) tools/package
	$(say) 'the build context of the container image'
	@$(dev) tools/execution-environment

ee: venv-dev
	@$(dev) tools/execution-environment .ee

release: venv-dev
	@$(dev) antsibull-changelog release

format: venv-dev
	@$(dev) ruff check --fix --exit-zero --quiet; $(dev) ruff format

generate: venv-dev
	@$(dev) python tools/generate.py

lock: venv-dev
	@tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	.venv-dev/bin/python -m venv "$$tmp" && "$$tmp/bin/pip" install -q uv && export UV_CUSTOM_COMPILE_COMMAND='make lock' && \
	for pair in requirements/uv.in:uv.txt requirements/run.in:run.txt requirements/test.in:test.txt requirements/dev.in:dev.txt requirements/faults.in:faults.txt requirements/importer.in:importer.txt; do \
		"$$tmp/bin/uv" pip compile --quiet --universal --python-version 3.11 --no-annotate --no-emit-index-url --generate-hashes --upgrade \
			"$${pair%:*}" -o "requirements/$${pair#*:}" || exit 1; done && \
	for image in hub notebook; do \
		"$$tmp/bin/uv" pip compile --quiet --python-platform linux --python-version 3.11 --no-annotate --no-emit-index-url --generate-hashes --upgrade \
			"roles/local_cluster/files/images/$$image.in" -o "roles/local_cluster/files/images/$$image.txt" || exit 1; done
	@$(dev) PYTHONPATH=playbooks/collections python tools/releases.py

clean:
	rm -rf .venv .venv-dev .venv-dev-oldest .test .bench .docs .ee .ansible .mypy_cache .pytest_cache .ruff_cache tests/output kubeflow-bootstrap-*.tar.gz
	find plugins tests -name __pycache__ -prune -exec rm -rf {} +
