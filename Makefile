# `make book` builds the book and serves it; `make test` proves it. Both install what they need.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Compiled modules are kept: without them every start of Python reads all of them again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
READY := .venv/.ready
# An editable install leaves out JupyterLab's extension, so it is put in its place here, and again when its parts change.
EXTENSION := .venv/share/jupyter/labextensions/dslab-trace
WIDGETS := $(wildcard dslab/show/static/*.*s dslab/show/static/*/*.*s)
SOURCES := $(wildcard _config.yml _toc.yml book/*.md book/*.bib book/*/*.md book/*/runs/* dslab/chapters/*/*.md dslab/chapters/*/*.bib book/assets/* book/offline/* book/*.ipynb notebooks/*.ipynb labextension/* scripts/*.py scripts/*/*.py scripts/web/*.* scripts/web/matplotlib/*) $(WIDGETS) $(shell find dslab -name '*.py') $(shell find book/run -type f -not -name '*.pyc')

.PHONY: help book site lab test quick format bench notebooks golden screens clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

book: site  ## build the book, serve it on this machine and print the address
	@$(BIN)/python -m scripts.serve $(if $(PORT),--port $(PORT))

site: _build/html/.built $(EXTENSION)/.copied  ## build the book into _build/html

lab: $(READY) $(EXTENSION)/.copied  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

test: $(READY) $(EXTENSION)/.copied  ## run every test, or what concerns a chapter (ONLY=12), or a part (PYTEST="-q tests/tidy")
	@$(if $(ONLY),$(BIN)/python -m tests.suite.chapters $(ONLY))
	@$(BIN)/python scripts/test_needs.py
	@$(MAKE) --no-print-directory site
	@$(BIN)/python -m pytest --nbval -n 2 $(if $(ONLY),--only $(ONLY)) $(PYTEST)

quick: $(READY)  ## run the core's tests, without pages and notebooks: under a minute on two quiet cores
	@$(BIN)/python -m pytest --quick -n 2 $(PYTEST)

format: $(READY)  ## give Python and JavaScript their one form
	@$(BIN)/python scripts/form.py

bench: $(READY)  ## measure ratios against peers, each pair in one run
	@for it in bench/*.py; do $(BIN)/python $$it; done

notebooks: $(READY)  ## run the notebooks again and write their outputs: the same bytes when nothing changed
	@$(BIN)/python -m scripts.gallery
	@$(BIN)/python -m scripts.notebooks $(ONLY)
	@$(BIN)/python -m scripts.pictures

golden: $(READY)  ## write the golden transcripts again, to be read in the diff
	@$(BIN)/python -m pytest -q tests/protocols/test_golden.py tests/test_scenario.py $(if $(ONLY),-k $(ONLY)) --rewrite-golden

screens: $(READY)  ## write the stored screenshots again, to be looked at
	@DSLAB_SCREENS=write $(BIN)/python -m pytest -q tests/browser -k looks

clean:  ## remove everything that was built or installed
	rm -rf .venv _build build scripts/web/node_modules *.egg-info .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.txt pyproject.toml scripts/environment.sh
	@bash scripts/environment.sh
	@touch $@

$(EXTENSION)/.copied: $(READY) labextension/package.json labextension/remoteEntry.js $(WIDGETS)
	@rm -rf $(EXTENSION)/static && mkdir -p $(EXTENSION)/static
	@cp labextension/package.json $(EXTENSION)/
	@cp -r labextension/remoteEntry.js dslab/show/static/. $(EXTENSION)/static/
	@touch $@

_build/html/.built: $(READY) $(SOURCES)
	@$(BIN)/python -m scripts.site
	@touch $@
