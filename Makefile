# make demo        set everything up and run the main job: out/lenet.glb, out/lenet.html, out/lenet.pt (needs Python 3.11)
# make gallery     a scene and a picture of each kind of network: out/gallery (minutes; DATA=DIR where MNIST is)
# make test        set everything up, then lint and run the tests (needs Python 3.11 and Node 20)
# make test-full   the same with the amounts that the issues name
# make test-zoo    models of timm and transformers, in an environment of their own
# make zoo-report  every model of the zoo, beside torch.export: docs/zoo.md (half an hour)
# make lint        style, types, import rules, and the viewer's own
# make bench       the benchmarks
# make blender     one environment per Blender version, for the tests that open scenes in Blender
# make clean       remove everything that make made
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# PyPI's Linux wheel of torch brings 2.8 GB of CUDA; the CPU index is used when it answers. Turn it off: make TORCH_INDEX=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PYTEST_OPTIONS ?=

BPY_VERSIONS := 4.2 5.0
BPY_STAMPS   := $(BPY_VERSIONS:%=.venvs/bpy-%/.installed)
VIEWER_FILES := $(shell find viewer \( -name node_modules -o -name dist -o -name test \) -prune -o -type f -print)
PROJECT      := pyproject.toml constraints.txt hatch_build.py $(VIEWER_FILES)

.PHONY: demo gallery test test-full test-zoo zoo-report lint bench blender node-tools setup clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/nn2gltf demo -o out

gallery: setup
	$(BIN)/python samples/gallery.py -o out/gallery --pictures out/gallery $(if $(DATA),--data-dir $(DATA))

test: lint
	cd viewer && npm test
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

test-full: lint
	cd viewer && npm test
	$(BIN)/python -m pytest --full $(PYTEST_OPTIONS)

test-zoo: .venvs/zoo/.installed
	NN2GLTF_ZOO=1 .venvs/zoo/bin/python -m pytest tests/zoo/test_zoo_timm.py tests/zoo/test_zoo_transformers.py $(PYTEST_OPTIONS)

zoo-report: .venvs/zoo/.installed
	.venvs/zoo/bin/python tests/zoo/report.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd viewer && npm run lint
	cd tests/js && ../../viewer/node_modules/.bin/eslint .

bench: setup
	$(BIN)/python benchmarks/run.py

setup: $(VENV)/.installed-dev node-tools
node-tools: viewer/node_modules/.installed tests/js/node_modules/.installed
blender: $(BPY_STAMPS)

# pip waits some 7 s per package for an index that does not answer, so it is asked once, for 5 s at most.
define pip_install
	@echo "Installing into $(VENV); the first time PyTorch takes some minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@extra=; if [ -n '$(TORCH_INDEX)' ] && $(BIN)/python -c "import urllib.request as r; \
	  r.urlopen('$(TORCH_INDEX)/torch/', timeout=5).close()" 2>/dev/null; \
	then extra='--extra-index-url $(TORCH_INDEX)'; fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$extra -c constraints.txt -e '$(1)'
endef

$(VENV)/.installed: $(PROJECT)
	$(call pip_install,.)
	@touch $@

$(VENV)/.installed-dev: $(PROJECT) | viewer/node_modules/.installed
	$(call pip_install,.[dev])
	@touch $@ $(VENV)/.installed

# Nothing that is installed runs scripts: all programs come as files of their packages.
%/node_modules/.installed: %/package-lock.json
	@echo "Installing the packages of $*"
	@cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.venvs/bpy-%/.installed: tests/consumers/bpy-%.txt
	@$(PYTHON) -c "import sys; sys.exit('bpy needs Python 3.11' if sys.version_info[:2] != (3, 11) else 0)"
	@echo "Installing Blender $* as a Python module into .venvs/bpy-$*"
	@$(PYTHON) -m venv .venvs/bpy-$*
	@.venvs/bpy-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

# Sees the packages of the project's own environment, and adds what only the zoo needs.
.venvs/zoo/.installed: tests/zoo/requirements.txt $(VENV)/.installed-dev
	@echo "Installing timm and transformers into .venvs/zoo"
	@$(BIN)/python -m venv .venvs/zoo
	@echo "import site; site.addsitedir('$$(cd $(VENV)/lib/python3.*/site-packages && pwd)')" \
	  > $$(echo .venvs/zoo/lib/python3.*/site-packages)/project.pth
	@.venvs/zoo/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

clean:
	rm -rf $(VENV) .venvs out build dist viewer/node_modules viewer/dist tests/js/node_modules tests/js/dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
