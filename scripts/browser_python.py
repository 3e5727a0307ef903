"""Assembles the Python that runs in a reader's browser into build/python: Pyodide, and the wheels
that the chapters need.

Pyodide comes from npm (scripts/web/package-lock.json), the wheels from PyPI
(scripts/web/browser-requirements.txt); both are held to their hashes, and nothing else is fetched.
The wheel of dslab is written from this tree. What a browser never runs is left out of the wheels,
and each bears its hash in its name, so that a cache can't mix two builds. What a page imports is
compiled beforehand (scripts/web/*.mjs): otherwise a reader's browser compiles it at each start,
which takes longer than all the rest. The same tree gives the same bytes.

`publish` puts the folder into the built site as python/, with a config.json that tells a page what
to load and how large it is. Without npm the page takes Pyodide itself from its public address; the
wheels still come from the site.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from fnmatch import fnmatch
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dslab.errors import DslabError

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "scripts" / "web"
PINS = WEB / "browser-requirements.txt"
BUILD = ROOT / "build"
NPM = WEB / "node_modules" / "pyodide"
KERNEL = (
    Path(sysconfig.get_path("data"))
    / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
)

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
#: What the pinned Pyodide's own lock says of itself; checked wherever npm is there.
INFO = {
    "abi_version": "2026_0",
    "arch": "wasm32",
    "platform": "emscripten_5_0_3",
    "python": "3.14.2",
}
BROWSER = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "os_name": "posix",
    "python_version": "3.14",
    "python_full_version": INFO["python"],
    "platform_machine": "wasm32",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "extra": "",
}

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
    "dslab/shell/*",
    "dslab/live/*",
    "dslab/chapters/*/instruments.py",
    "dslab/learn/shell/*",
)
#: What JupyterLite's kernel brings itself.
FROM_KERNEL = ("ipykernel", "piplite", "pyodide-kernel")
#: Asked for by the wheels, and not needed here: the front ends of widgets are scripts, and IPython
#: completes names without jedi (4.9 MB) from the objects themselves.
DONE_WITHOUT = {"jedi", "jupyterlab-widgets", "widgetsnbextension"}

#: What is left out of the wheels: tests, front ends that JupyterLab serves, and what only a
#: terminal needs.
LEFT_OUT = {
    "*": ("*/tests/*", "*.pyi", "*/py.typed", "*.dist-info/licenses/*.md"),
    "anywidget": ("*.data/*", "anywidget/labextension/*", "anywidget/nbextension/*"),
    "ipython": ("IPython/sphinxext/*", "*.data/*"),
    "pygments": ("pygments/lexers/*", "pygments/formatters/*"),
    "wcwidth": ("wcwidth/table_grapheme_overrides/_known_*",),
}
#: … but for these: the languages of IPython's cell magics, and what their modules import.
KEPT = {
    "pygments": (
        "*/__init__.py",
        "*/_mapping.py",
        *(
            f"pygments/lexers/{name}.py"
            for name in (
                "css",
                "html",
                "javascript",
                "jvm",
                "markup",
                "perl",
                "python",
                "ruby",
                "shell",
            )
        ),
        *(f"pygments/formatters/{name}.py" for name in ("html", "terminal", "terminal256")),
    )
}


def pins() -> dict[str, tuple[str, str]]:
    """The wheels to fetch: name to version and sha256."""
    found = {}
    for line in PINS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})", line)
            if match is None:
                raise DslabError(
                    f"{PINS.name} has a line that is no pin: {line!r}; write "
                    "NAME==VERSION --hash=sha256:HEX."
                )
            found[canonicalize_name(match[1])] = match[2], match[3]
    return found


def fetch() -> list[Path]:
    """The pinned wheels, in build/wheels. Raises DslabError, and keeps nothing, where one is not
    what its pin says.
    """
    folder, wanted = BUILD / "wheels", {digest: name for name, (_, digest) in pins().items()}
    have = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(folder.glob("*.whl"))
    }
    if not wanted.keys() <= have.keys():
        print(f"Fetching {len(wanted)} wheels for the browser's Python with pip …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
                "--only-binary=:all:",
                "--python-version=3.14",
                "--dest",
                folder,
                "-r",
                PINS,
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise DslabError(reason(done.stderr))
        have = {
            hashlib.sha256(path.read_bytes()).hexdigest(): path
            for path in sorted(folder.glob("*.whl"))
        }
    return [have[digest] for digest in sorted(wanted, key=wanted.get)]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def reason(said: str) -> str:
    """pip's many lines in one sentence."""
    other = re.search(r"^\s+(\S+)[^\n]*:\s+Expected sha256 (\w+)\s+Got\s+(\w+)", said, re.MULTILINE)
    if other:
        return (
            f"the wheel of {other[1]} is not the one that {shown(PINS)} names (its sha256 "
            f"is {other[3][:12]}…, "
            f"not {other[2][:12]}…): nothing was written; find out why before you change the pin."
        )
    errors = [
        line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")
    ]
    return (
        "the wheels for the browser's Python could not be fetched "
        f"({(errors or ['pip failed'])[-1].rstrip('.')}): try again with a network."
    )


def parts(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel that a browser may run."""
    name = canonicalize_name(wheel.name.split("-")[0])
    with zipfile.ZipFile(wheel) as packed:
        return {
            each: packed.read(each)
            for each in packed.namelist()
            if not each.endswith("/") and wanted(name, each)
        }


def wanted(name: str, path: str) -> bool:
    dropped = any(
        fnmatch(f"/{path}", f"*{pattern}" if pattern.startswith("*") else f"/{pattern}")
        for pattern in LEFT_OUT["*"] + LEFT_OUT.get(name, ())
    )
    return not dropped or any(fnmatch(path, pattern) for pattern in KEPT.get(name, ()))


def own() -> dict[str, bytes]:
    """dslab itself, from this tree, with the metadata that pyproject.toml gives it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sources()}
    info = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    needs = "".join(f"Requires-Dist: {need}\n" for need in project["dependencies"])
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
        f"Summary: {project['description']}\n{needs}"
    ).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: dslab\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    return files


def sources() -> list[Path]:
    """What the package consists of: its modules and its data."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]["package-data"]
    found = set((ROOT / "dslab").rglob("*.py"))
    for package, patterns in data.items():
        for pattern in patterns:
            found |= set((ROOT / package.replace(".", "/")).glob(pattern))
    return sorted(found)


def stand_in(name: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """A wheel in the place of one that is asked for by name and can't be had, or is not needed."""
    info = f"{name}-0.dist-info"
    return files | {
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: 0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: "
        b"dslab\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }


def stand_ins() -> list[dict[str, bytes]]:
    drawing = {
        path.relative_to(WEB).as_posix(): path.read_bytes()
        for path in sorted((WEB / "matplotlib").glob("*.py"))
    }
    return [stand_in("jedi", {}), stand_in("matplotlib", drawing)]


def archive(files: dict[str, bytes]) -> bytes:
    """A zip's bytes, the same for the same files: in the order given, without dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, text in files.items():
            item = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            item.compress_type, item.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(item, text, compresslevel=9)
    return buffer.getvalue()


def pack(files: dict[str, bytes]) -> bytes:
    """A wheel's bytes, with a RECORD of what is in it."""
    info = next(name.split("/")[0] for name in files if name.endswith(".dist-info/METADATA"))
    files = {name: files[name] for name in sorted(files) if name != f"{info}/RECORD"}
    record = (
        "".join(f"{name},,{len(text)}\n" for name, text in files.items()) + f"{info}/RECORD,,\n"
    )
    return archive(files | {f"{info}/RECORD": record.encode()})


def entry(files: dict[str, bytes], known: Iterable[str]) -> tuple[dict, bytes]:
    """A package's entry in Pyodide's lock, and its wheel."""
    [path] = [name for name in files if name.endswith(".dist-info/METADATA")]
    about = HeaderParser().parsestr(files[path].decode("utf-8"))
    name, packed = canonicalize_name(about["Name"]), pack(files)
    depends = []
    for need in map(Requirement, about.get_all("Requires-Dist", [])):
        other = canonicalize_name(need.name)
        if (need.marker is None or need.marker.evaluate(BROWSER)) and other not in DONE_WITHOUT:
            if other not in known:
                raise DslabError(
                    f"{name} needs {need}, which {shown(PINS)} does not pin: add it there."
                )
            depends.append(other)
    digest = hashlib.sha256(packed).hexdigest()
    tops = {part.split("/")[0].removesuffix(".py") for part in files if part.endswith(".py")}
    return {
        "name": name,
        "version": about["Version"],
        "file_name": f"{path.split('.dist-info')[0]}-0{digest[:10]}-py3-none-any.whl",
        "install_dir": "site",
        "sha256": digest,
        "package_type": "package",
        "imports": sorted(tops),
        "depends": sorted(depends),
        "unvendored_tests": False,
    }, packed


def kernel() -> list[dict[str, bytes]]:
    """The wheels that JupyterLite's kernel brings, held to the hashes of its own index; none where
    it is not installed.
    """
    if not (KERNEL / "all.json").is_file():
        return []
    index, found = json.loads((KERNEL / "all.json").read_text(encoding="utf-8")), []
    for name in FROM_KERNEL:
        [[release]] = index[name]["releases"].values()
        path = KERNEL / release["filename"]
        if hashlib.sha256(path.read_bytes()).hexdigest() != release["digests"]["sha256"]:
            raise DslabError(
                f"{path.name} of jupyterlite-pyodide-kernel is not what its index says: "
                "install it again."
            )
        found.append(parts(path))
    return found


def recipe(*inputs: Path) -> str:
    """A hash of files' contents."""
    total = hashlib.sha256()
    for path in filter(Path.is_file, inputs):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def made(folder: Path, made_from: str) -> bool:
    mark = folder / ".made-from"
    return mark.is_file() and mark.read_text() == made_from


def replace(folder: Path, new: Path, made_from: str) -> Path:
    """Put a finished folder in the place of an old one."""
    (new / ".made-from").write_text(made_from)
    shutil.rmtree(folder, ignore_errors=True)
    return new.rename(folder)


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def foreign(with_npm: bool) -> Path:
    """build/python-base: all but dslab. Made again only where a pin or a script changed."""
    target = BUILD / "python-base"
    made_from = (
        recipe(
            Path(__file__),
            *sorted(WEB.glob("*.mjs")),
            *sorted(WEB.glob("matplotlib/*.py")),
            PINS,
            WEB / "package-lock.json",
            KERNEL / "all.json",
        )
        + " npm" * with_npm
    )
    if made(target, made_from):
        return target
    contents = [*map(parts, fetch()), *kernel(), *stand_ins()]
    print(
        "Packing the browser's Python (half a minute; again only when its parts change) …",
        flush=True,
    )
    new = fresh(BUILD / "python-base.new")
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
    target, base = BUILD / "python", foreign(with_npm)
    made_from = recipe(base / ".made-from", ROOT / "pyproject.toml", *sources())
    if made(target, made_from):
        return target
    new = BUILD / "python.new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(base, new)
    packages = write_wheels(
        new,
        [with_bytecode(own(), own_bytecode()) if with_npm else own()],
        json.loads((base / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"],
    )
    (new / "config.json").write_text(
        json.dumps(config(new, packages, with_npm), indent=1) + "\n", encoding="utf-8"
    )
    return replace(target, new, made_from)


def write_wheels(
    folder: Path, contents: list[dict[str, bytes]], others: dict[str, dict] = {}
) -> dict[str, dict]:
    """The wheels, and Pyodide's lock that lists them and the `others`; the lock's entries by
    name.
    """
    known, packages = {*pins(), *FROM_KERNEL}, dict(others)
    for files in contents:
        about, packed = entry(files, known)
        packages[about["name"]] = about
        (folder / about["file_name"]).write_bytes(packed)
    lock = json.dumps({"info": INFO, "packages": dict(sorted(packages.items()))}, indent=1)
    (folder / "pyodide-lock.json").write_text(lock + "\n", encoding="utf-8")
    return packages


def bytecode(wheels: Path) -> dict[str, bytes]:
    """What a page imports of others' modules, compiled by the Python that will run it: path to
    pyc.
    """
    return run_node(
        BUILD / "bytecode.zip", "bytecode.mjs", NPM, wheels, BUILD / "bytecode.zip", *COMPILED
    )


def own_bytecode() -> dict[str, bytes]:
    """dslab's modules in the same way."""
    (BUILD / "dslab.whl").write_bytes(
        pack(
            {
                name: text
                for name, text in own().items()
                if not any(fnmatch(name, each) for each in NOT_COMPILED)
            }
        )
    )
    return run_node(
        BUILD / "dslab.zip", "compile.mjs", NPM, BUILD / "dslab.whl", BUILD / "dslab.zip"
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
            found[
                f"{folder}{'/' if folder else ''}__pycache__/{module.removesuffix('.py')}.cpython-314.pyc"
            ] = compiled[f"site-packages/{name}c"]
    return files | found


def write_pyodide(folder: Path, compiled: dict[str, bytes]) -> None:
    """Pyodide's own files: its standard library with bytecode, its WebAssembly compressed."""
    info = json.loads((NPM / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    if info != INFO:
        raise DslabError(
            f"Pyodide's lock says {info}, and scripts/browser_python.py expects {INFO}: "
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
    (folder / STDLIB).write_bytes(archive(dict(sorted(library.items()))))


def config(folder: Path, packages: dict[str, dict], with_npm: bool) -> dict:
    """What a page reads first: where Pyodide is, what to load, and the bytes of each file that this
    takes.
    """
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


def publish(html: Path) -> None:
    """Put build/python into the built site."""
    target = html / "python"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(BUILD / "python", target, ignore=shutil.ignore_patterns(".made-from"))


if __name__ == "__main__":
    try:
        print(assemble(NPM.is_dir()))
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
        sys.exit(2)
