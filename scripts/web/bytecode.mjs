// Compiles what a live page imports, with the very Python that will run it: node bytecode.mjs
// PYODIDE WHEELS OUT NAME …
//
// Loads the packages NAME … out of WHEELS (a folder with a pyodide-lock.json) and writes a zip:
// python314.zip/… for the standard library, site-packages/… for the rest. Only modules that a
// chapter reaches before its own first line are in it. The pycs bear a hash that is not checked
// when they are loaded (PEP 552), so that no date is in them.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, wheels, out, ...packages] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({
  indexURL: pyodide,
  lockFileURL: `${wheels}/pyodide-lock.json`,
  packageBaseUrl: `${wheels}/`,
});
await python.loadPackage(packages, { messageCallback: () => {} });
const made = python.runPython(`
import importlib.util, io, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path

STANDARD, SITE = "/lib/python314.zip/", "/lib/python3.14/site-packages/"
# What dslab imports, widgets, and a shell that has shown a traceback.
import argparse, asyncio, base64, csv, dataclasses, gc, hashlib, html, inspect, itertools
import json, random, sqlite3, subprocess, tempfile, tomllib, uuid
import anywidget, ipywidgets, simpy
from contextlib import redirect_stdout
from IPython.core.interactiveshell import InteractiveShell
with redirect_stdout(io.StringIO()):
    InteractiveShell().run_cell("1 / 0")
import piplite.piplite, pyodide_kernel
sources = {}
for module in list(sys.modules.values()):
    spec = getattr(module, "__spec__", None)
    origin = spec and spec.origin or ""
    if origin.endswith(".py") and origin.startswith(SITE):
        sources["site-packages/" + origin.removeprefix(SITE)] = Path(origin).read_bytes()
    elif origin.startswith(STANDARD):
        path = origin.removeprefix(STANDARD)
        path = path[:-1] if path.endswith(".pyc") else path
        sources["python314.zip/" + path] = zipfile.ZipFile(STANDARD.rstrip("/")).read(path)
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as packed:
    for name in sorted(sources):
        place = "/lib/" + ("python3.14/" if name.startswith("site") else "") + name
        code = compile(sources[name], place, "exec", dont_inherit=True, optimize=0)
        hashed = importlib.util.source_hash(sources[name])
        packed.writestr(zipfile.ZipInfo(name + "c"), _code_to_hash_pyc(code, hashed, False))
buffer.getvalue()
`);
writeFileSync(out, made.toJs());
