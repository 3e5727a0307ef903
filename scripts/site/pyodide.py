"""Assembles the Python that runs in a reader's browser into build/python: Pyodide, and the wheels
that the chapters need.

Pyodide comes from npm (scripts/web/package-lock.json). What a page imports is compiled beforehand
(scripts/web/*.mjs): otherwise a reader's browser compiles it at each start, which takes longer than
all the rest. The same tree gives the same bytes.

A config.json tells a page what to load and how large it is. Without npm the page takes Pyodide
itself from its public address; the wheels still come from the site.
"""

import gzip
import hashlib
import json
import shutil
import subprocess
import zipfile
from fnmatch import fnmatch
from pathlib import Path

from dslab.errors import DslabError
from scripts.site import folders, wheels
from scripts.site.folders import ROOT, WEB, fresh, made, recipe, replace
from scripts.site.wheels import INFO

NPM = WEB / "node_modules" / "pyodide"

#: The parts of Pyodide, as npm has them and as a page loads them: scripts/web/pyodide.mjs unpacks
#: the WebAssembly.
STDLIB, WASM = "python_stdlib.zip", "pyodide.asm.wasm"
PARTS = {
    "pyodide.mjs": "pyodide.core.mjs",
    "pyodide.asm.mjs": "pyodide.asm.mjs",
    WASM: "pyodide.asm.packed",
    STDLIB: STDLIB,
}
PUBLIC = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"

#: What a page loads for a live chapter; it has an IPython of its own. The rest of the lock is for
#: JupyterLite.
PAGE = (
    "dslab-book",
    "simpy",
    "ipywidgets",
    "anywidget",
    "comm",
    "traitlets",
    "psygnal",
    "typing-extensions",
)
#: What is compiled beforehand, with all that it needs.
COMPILED = (
    "simpy",
    "ipywidgets",
    "anywidget",
    "micropip",
    "piplite",
    "pyodide-kernel",
    "ipykernel",
)
#: … and what of dslab is not, since only a shell or a chapter's one cell wants it: bytecode doubles
#: what is loaded.
NOT_COMPILED = (
    "dslab/__main__.py",
    "dslab/cli/*",
    "dslab/live/*",
    "dslab/chapters/*/instruments.py",
    "dslab/learn/shell/*",
)


def foreign(with_npm: bool) -> Path:
    """build/python-base: all but dslab. Made again only where a pin or a script changed."""
    target = folders.BUILD / "python-base"
    made_from = (
        recipe(
            Path(__file__),
            Path(wheels.__file__),
            *sorted(WEB.glob("*.mjs")),
            *sorted(WEB.glob("matplotlib/*.py")),
            wheels.PINS,
            WEB / "package-lock.json",
            wheels.KERNEL / "all.json",
        )
        + " npm" * with_npm
    )
    if made(target, made_from):
        return target
    contents = [*map(wheels.parts, wheels.fetch()), *wheels.kernel(), *wheels.stand_ins()]
    print(
        "Packing the browser's Python (half a minute; again only when its parts change) …",
        flush=True,
    )
    new = fresh(folders.BUILD / "python-base.new")
    write_wheels(new, contents)
    if with_npm:
        compiled = bytecode(new)
        write_wheels(fresh(new), [with_bytecode(files, compiled) for files in contents])
        write_pyodide(new, compiled)
    return replace(target, new, made_from)


def assemble(with_npm: bool) -> Path:
    """build/python, made again only where something changed. Raises DslabError, and leaves it as it
    was, on a wrong hash.
    """
    target, base = folders.BUILD / "python", foreign(with_npm)
    made_from = recipe(base / ".made-from", ROOT / "pyproject.toml", *wheels.sources())
    if made(target, made_from):
        return target
    new = folders.BUILD / "python.new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(base, new)
    packages = write_wheels(
        new,
        [with_bytecode(wheels.own(), own_bytecode()) if with_npm else wheels.own()],
        json.loads((base / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"],
    )
    (new / "config.json").write_text(
        json.dumps(config(new, packages, with_npm), indent=1) + "\n", encoding="utf-8"
    )
    return replace(target, new, made_from)


def write_wheels(
    folder: Path, contents: list[dict[str, bytes]], others: dict[str, dict] = {}
) -> dict[str, dict]:
    """The wheels, and Pyodide's lock that lists them and the `others`: its entries by name."""
    known, packages = {*wheels.pins(), *wheels.FROM_KERNEL}, dict(others)
    for files in contents:
        about, packed = wheels.entry(files, known)
        packages[about["name"]] = about
        (folder / about["file_name"]).write_bytes(packed)
    lock = json.dumps({"info": INFO, "packages": dict(sorted(packages.items()))}, indent=1)
    (folder / "pyodide-lock.json").write_text(lock + "\n", encoding="utf-8")
    return packages


def bytecode(shelf: Path) -> dict[str, bytes]:
    """What a page imports of others' modules, compiled for the Python there: path to pyc."""
    return run_node(
        folders.BUILD / "bytecode.zip",
        "bytecode.mjs",
        NPM,
        shelf,
        folders.BUILD / "bytecode.zip",
        *COMPILED,
    )


def own_bytecode() -> dict[str, bytes]:
    """dslab's modules in the same way."""
    (folders.BUILD / "dslab.whl").write_bytes(
        wheels.pack(
            {
                name: text
                for name, text in wheels.own().items()
                if not any(fnmatch(name, each) for each in NOT_COMPILED)
            }
        )
    )
    return run_node(
        folders.BUILD / "dslab.zip",
        "compile.mjs",
        NPM,
        folders.BUILD / "dslab.whl",
        folders.BUILD / "dslab.zip",
    )


def run_node(out: Path, program: str, *arguments) -> dict[str, bytes]:
    """Run a program of scripts/web, and read the zip that it wrote."""
    done = subprocess.run(["node", WEB / program, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise DslabError(
            f"the browser's Python could not be compiled: {done.stderr.strip()[-500:]}"
        )
    with zipfile.ZipFile(out) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def with_bytecode(files: dict[str, bytes], compiled: dict[str, bytes]) -> dict[str, bytes]:
    """A wheel's files, and beside each module in it what it was compiled to."""
    found = {}
    for name in files:
        if f"site-packages/{name}c" in compiled:
            folder, _, module = name.rpartition("/")
            cache = f"{folder}/__pycache__" if folder else "__pycache__"
            pyc = f"{cache}/{module.removesuffix('.py')}.cpython-314.pyc"
            found[pyc] = compiled[f"site-packages/{name}c"]
    return files | found


def write_pyodide(folder: Path, compiled: dict[str, bytes]) -> None:
    """Pyodide's own files: its standard library with bytecode, its WebAssembly compressed."""
    info = json.loads((NPM / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    if info != INFO:
        raise DslabError(
            f"Pyodide's lock says {info}, and scripts/site/wheels.py expects {INFO}: "
            "change INFO with the version."
        )
    for name, new in PARTS.items():
        shutil.copyfile(NPM / name, folder / new)
    shutil.copyfile(WEB / "pyodide.mjs", folder / "pyodide.mjs")
    (folder / PARTS[WASM]).write_bytes(gzip.compress((NPM / WASM).read_bytes(), mtime=0))
    with zipfile.ZipFile(NPM / STDLIB) as packed:
        library = {name: packed.read(name) for name in packed.namelist()}
    library |= {
        name.removeprefix("python314.zip/"): text
        for name, text in compiled.items()
        if name.startswith("python314.zip/")
    }
    (folder / STDLIB).write_bytes(wheels.archive(dict(sorted(library.items()))))


def config(folder: Path, packages: dict[str, dict], with_npm: bool) -> dict:
    """What a page reads first: where Pyodide is, what to load, and each file's bytes."""
    version = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"][
        "pyodide"
    ]
    files = [
        *(["pyodide.mjs", *PARTS.values()] if with_npm else ()),
        "pyodide-lock.json",
        *(packages[name]["file_name"] for name in PAGE),
    ]
    total = hashlib.sha256(
        "".join(
            path.name + hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob("[!.]*"))
        ).encode()
    )
    return {
        "build": total.hexdigest()[:16],
        "version": version,
        "index": "./" if with_npm else PUBLIC.format(version=version),
        "lock": "./pyodide-lock.json",
        "packages": list(PAGE),
        "files": {name: (folder / name).stat().st_size for name in files},
    }
