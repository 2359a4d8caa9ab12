# make demo · test · matrix · test-browser · acceptance · lint · bench. PYTHON= names the interpreter; pip's own configuration
# (index, certificates, proxies) is honoured.
PYTHON ?= python3
VENV ?= .venv
MATRIX ?= 3.6.0 4.0.0 4.8.4
# What the short form of the matrix runs: loading, publishing, formats and ops on each version.
SHORT_TESTS = tests/builders tests/formats/test_converting.py tests/publishing/test_publish.py \
  tests/publishing/test_oldest_form.py tests/publishing/test_hub.py \
  tests/contracts/test_ops.py tests/contracts/test_formats.py
export HF_UPDATE_DOWNLOAD_COUNTS = 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test smoke matrix test-browser acceptance lint bench clean

demo: $(VENV)/.core
	$(VENV)/bin/python examples/demo.py

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest -n 2 -q -m "not browser"
	$(MAKE) --no-print-directory smoke

# The oldest `datasets` that LLaMA-Factory's ceiling allows, in an environment of its own.
smoke: $(VENV)-4.0.0/.test
	$(VENV)-4.0.0/bin/python -m pytest -q tests/builders/test_loading.py

# The short form leaves the newest version to `make test`.
matrix: $(foreach version,$(MATRIX),$(VENV)-$(version)/.test) $(VENV)/.test
	@set -e; for env in $(foreach version,$(MATRIX),$(VENV)-$(version)) $(if $(SHORT),,$(VENV)); do \
	  echo "== datasets $$($$env/bin/python -c 'import datasets; print(datasets.__version__)')"; \
	  HF_SFT_OLD_PYTHON=$(abspath $(VENV)-3.6.0/bin/python) \
	    $$env/bin/python -m pytest -n 2 -q $(if $(SHORT),$(SHORT_TESTS)) -m "not static and not browser"; \
	done

# The review page in a real browser: Chromium from PATH, or HF_SFT_CHROMIUM=/path/to/it.
test-browser: $(VENV)/.test
	$(VENV)/bin/python -m pip install -q -e '.[test,test-browser]'
	$(VENV)/bin/python -m pytest -n 2 -q -rs tests/browser

# The real trainers, each in an environment of its own, on the CPU; writes docs/acceptance.md.
# TORCH= names another build (a CPU one is ten times smaller). What the trainers import is installed;
# what only their web pages need is not.
TORCH ?= torch
ACCEPTANCE = trl llamafactory loaders unsloth
IN_TRL = test_trl.py
IN_LLAMAFACTORY = test_llamafactory.py
IN_LOADERS = test_ms_swift.py test_axolotl.py test_torchtune.py
IN_UNSLOTH = test_unsloth.py
NEEDED_TRL = 'datasets==5.2.0' 'trl==1.16.0' jinja2 pillow
NEEDED_LLAMAFACTORY = 'datasets==4.0.0' 'transformers==5.6.0' 'trl==0.24.0' 'peft==0.18.1' \
  'accelerate<=1.11.0' 'av<=16.0.0' 'tyro<0.9' omegaconf sentencepiece tiktoken einops scipy pandas \
  hf-transfer matplotlib fire pillow jinja2
NEEDED_LOADERS = 'datasets==4.8.4' 'transformers==5.16.1' 'trl==1.9.0' 'pydantic==2.12.5' peft \
  accelerate addict colorama modelscope simplejson json-repair requests python-dotenv fire scipy \
  einops tyro rich psutil omegaconf kagglehub blobfile safetensors oss2 evaluate binpacking \
  qwen-vl-utils rouge jieba nltk sentencepiece tiktoken pillow jinja2
NEEDED_UNSLOTH = 'datasets==4.8.4' 'transformers==5.16.1' 'trl==1.9.0' peft accelerate psutil \
  sentencepiece protobuf tyro hf_transfer pillow jinja2
ALONE_TRL =
ALONE_LLAMAFACTORY = 'llamafactory==0.9.5'
ALONE_LOADERS = 'axolotl==0.19.0' 'ms-swift==4.6.0' 'torchtune==0.6.1' 'torchao==0.9.0'
ALONE_UNSLOTH = 'unsloth==2026.10.9' 'unsloth_zoo==2026.10.9'

acceptance: $(foreach env,$(ACCEPTANCE),$(VENV)-$(env)/.acceptance)
	rm -rf .make/acceptance
	@set -e; run() { env=$$1; shift; echo "== $$env"; (cd acceptance && \
	  PYTHONPATH=stand_ins $(abspath $(VENV))-$$env/bin/python -m pytest -q -c /dev/null \
	  --rootdir . -p no:cacheprovider "$$@"); }; \
	run trl $(IN_TRL); run llamafactory $(IN_LLAMAFACTORY); run loaders $(IN_LOADERS); \
	run unsloth $(IN_UNSLOTH)
	$(VENV)-trl/bin/python acceptance/results.py

$(VENV)-trl/.acceptance: needed = $(NEEDED_TRL)
$(VENV)-trl/.acceptance: alone = $(ALONE_TRL)
$(VENV)-llamafactory/.acceptance: needed = $(NEEDED_LLAMAFACTORY)
$(VENV)-llamafactory/.acceptance: alone = $(ALONE_LLAMAFACTORY)
$(VENV)-loaders/.acceptance: needed = $(NEEDED_LOADERS)
$(VENV)-loaders/.acceptance: alone = $(ALONE_LOADERS)
$(VENV)-unsloth/.acceptance: needed = $(NEEDED_UNSLOTH)
$(VENV)-unsloth/.acceptance: alone = $(ALONE_UNSLOTH)

$(VENV)-%/.acceptance: pyproject.toml Makefile | $(VENV)-%/bin/python
	$(VENV)-$*/bin/python -m pip install -q '$(TORCH)' pytest pyyaml $(needed) -e .
	$(if $(strip $(alone)),$(VENV)-$*/bin/python -m pip install -q --no-deps $(alone))
	@touch $@

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
	$(VENV)/bin/python -m pip install -q -e '.[test,test-ray]'
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
