// Compiles the modules of a wheel with the very Python that will run them: node compile.mjs PYODIDE
// WHEEL OUT
//
// Writes a zip of pycs, site-packages/NAME.pyc for each NAME.py, in the form of bytecode.mjs.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, wheel, out] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
python.FS.writeFile("/wheel.zip", readFileSync(wheel));
const made = python.runPython(`
import importlib.util, io, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

buffer = io.BytesIO()
with zipfile.ZipFile("/wheel.zip") as wheel, zipfile.ZipFile(buffer, "w") as packed:
    for name in sorted(each for each in wheel.namelist() if each.endswith(".py")):
        source = wheel.read(name)
        place = "/lib/python3.14/site-packages/" + name
        code = compile(source, place, "exec", dont_inherit=True, optimize=0)
        pyc = _code_to_hash_pyc(code, importlib.util.source_hash(source), False)
        packed.writestr(zipfile.ZipInfo("site-packages/" + name + "c"), pyc)
buffer.getvalue()
`);
writeFileSync(out, made.toJs());
