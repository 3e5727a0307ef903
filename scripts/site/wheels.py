"""The wheels of the browser's Python: those that are pinned, JupyterLite's own, and dslab's.

The pinned ones come from PyPI (scripts/web/browser-requirements.txt), held to their hashes, and
nothing else is fetched. The wheel of dslab is written from this tree. What a browser never runs is
left out of the wheels, and each bears its hash in its name, so that a cache can't mix two builds.
"""

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
from scripts.site import folders
from scripts.site.folders import ROOT, WEB

PINS = WEB / "browser-requirements.txt"
KERNEL = (
    Path(sysconfig.get_path("data"))
    / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
)

#: The Python of the pinned Pyodide, as its own lock says; checked wherever npm is there.
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
LANGUAGES = "css html javascript jvm markup perl python ruby shell".split()
KEPT = {
    "pygments": (
        *("*/__init__.py", "*/_mapping.py"),
        *(f"pygments/lexers/{name}.py" for name in LANGUAGES),
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
    folder = folders.BUILD / "wheels"
    wanted = {digest: name for name, (_, digest) in pins().items()}
    have = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(folder.glob("*.whl"))
    }
    if not wanted.keys() <= have.keys():
        print(f"Fetching {len(wanted)} wheels for the browser's Python with pip …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(
            [
                sys.executable,
                *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--require-hashes", "--only-binary=:all:"),
                *("--python-version=3.14", "--dest", folder, "-r", PINS),
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
