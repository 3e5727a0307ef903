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
PLAYER := $(wildcard labextension/remoteEntry.js dslab/show/static/*.js)
SOURCES := $(wildcard _config.yml _toc.yml book/*.md book/*.bib book/*/*.md book/*/runs/* book/assets/* notebooks/*.ipynb $(shell find dslab -name '*.py') dslab/show/static/* book/offline/* scripts/*.py labextension/* scripts/web/*.* scripts/web/matplotlib/* scripts/sphinx/* $(shell find book/run -type f))

.PHONY: help book site lab test bench notebooks golden clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

book: site  ## build the book, serve it on this machine and print the address
	@$(BIN)/python scripts/serve.py $(if $(PORT),--port $(PORT))

site: _build/html/.built  ## build the book into _build/html

lab: $(READY) $(EXTENSION)/.copied  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

test: $(READY) $(EXTENSION)/.copied  ## run every test
	@$(BIN)/python scripts/test_needs.py
	@$(MAKE) --no-print-directory site
	@$(BIN)/python -m pytest tests notebooks --nbval --nbval-cell-timeout 240 -n 2 --dist loadfile $(PYTEST)

bench: $(READY)  ## measure ratios against peers, each pair in one run
	@for it in bench/*.py; do $(BIN)/python $$it; done

notebooks: $(READY)  ## run the notebooks again and write their outputs: the same bytes when nothing changed
	@$(BIN)/python scripts/notebooks.py $(ONLY)
	@$(BIN)/python scripts/pictures.py

golden: $(READY)  ## write the golden transcripts again, to be read in the diff
	@$(BIN)/python -m pytest -q tests/protocols/test_golden.py tests/test_scenario.py --rewrite-golden

clean:  ## remove everything that was built or installed
	rm -rf .venv _build build scripts/web/node_modules *.egg-info .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.txt pyproject.toml scripts/environment.sh
	@bash scripts/environment.sh
	@touch $@

$(EXTENSION)/.copied: $(READY) labextension/package.json $(PLAYER)
	@mkdir -p $(EXTENSION)/static
	@cp labextension/package.json $(EXTENSION)/
	@cp $(PLAYER) $(EXTENSION)/static/
	@touch $@

_build/html/.built: $(READY) $(SOURCES)
	@$(BIN)/python scripts/site.py
	@touch $@
