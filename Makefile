# make demo · test · matrix · lint · bench. PYTHON= names the interpreter; pip's own configuration
# (index, certificates, proxies) is honoured.
PYTHON ?= python3
VENV ?= .venv
MATRIX ?= 3.6.0 4.0.0 4.8.4
# What the short form of the matrix runs: loading, publishing, formats and ops on each version.
SHORT_TESTS = tests/builders tests/publishing tests/formats tests/contracts
export HF_UPDATE_DOWNLOAD_COUNTS = 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test smoke matrix lint bench clean

demo: $(VENV)/.core
	$(VENV)/bin/python examples/demo.py

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest -n 2 -q
	$(MAKE) --no-print-directory smoke

# The oldest `datasets` that LLaMA-Factory's ceiling allows, in an environment of its own.
smoke: $(VENV)-4.0.0/.test
	$(VENV)-4.0.0/bin/python -m pytest -q tests/builders/test_loading.py

matrix: $(foreach version,$(MATRIX),$(VENV)-$(version)/.test) $(VENV)/.test
	@set -e; for env in $(foreach version,$(MATRIX),$(VENV)-$(version)) $(VENV); do \
	  echo "== datasets $$($$env/bin/python -c 'import datasets; print(datasets.__version__)')"; \
	  HF_SFT_OLD_PYTHON=$(abspath $(VENV)-3.6.0/bin/python) \
	    $$env/bin/python -m pytest -n 2 -q $(if $(SHORT),$(SHORT_TESTS)) -m "not static"; \
	done

lint: $(VENV)/.test
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

bench: $(VENV)/.test
	@for script in benchmarks/*.py; do echo "== $$script"; $(VENV)/bin/python $$script; done

clean:
	rm -rf $(VENV) $(VENV)-* demo-output

# The stamps depend on what decides an installation, so pulling a new version installs again.
$(VENV)/.core: pyproject.toml src/hf_sft_builders/version.py | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install -q -e .
	@touch $@

$(VENV)/.test: pyproject.toml src/hf_sft_builders/version.py | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install -q -e '.[test]'
	@touch $@ $(VENV)/.core

$(VENV)-%/.test: pyproject.toml src/hf_sft_builders/version.py | $(VENV)-%/bin/python
	$(VENV)-$*/bin/python -m pip install -q 'datasets==$*' -e '.[test]'
	@touch $@

define make_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
  { echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
$(PYTHON) -m venv $(patsubst %/bin/python,%,$@)
endef

.PRECIOUS: $(VENV)-%/bin/python
$(VENV)/bin/python:
	$(make_venv)

$(VENV)-%/bin/python:
	$(make_venv)
