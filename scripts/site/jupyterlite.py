"""Builds the full notebooks for the reader's browser: JupyterLite in build/lite, to be published as
lite/ in the site.

It shares Pyodide and the wheels with the pages (python/), knows no other host, and opens each
notebook with its kernel: the copies name JupyterLite's kernel, and their outputs are trusted, so
that stored runs play. Made again only where something changed.
"""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat

from dslab.errors import DslabError
from scripts.site.folders import BUILD, ROOT, fresh, made, recipe, replace
from scripts.site.wheels import PINS, fetch

NOTEBOOKS = ROOT / "notebooks"
#: The kernel's plugin in JupyterLite.
PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
KERNELSPEC = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
#: What the kernel would install by itself, in the order in which it does; here Pyodide loads it
#: from the lock. dslab comes with the first import of it, and so does everything else.
PACKAGES = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
#: What a browser refuses, with a sentence: other processes, and Matplotlib.
ELSEWHERE = re.compile(r"\b(?:subprocess|multiprocessing|plt)\.")
STATIC = ROOT / "dslab" / "show" / "static"
INSTALLED = Path(sysconfig.get_path("data")) / "share" / "jupyter" / "labextensions"
EXTENSIONS = ("@jupyterlite/pyodide-kernel-extension", "@jupyter-widgets/jupyterlab-manager")


def copies(folder: Path) -> None:
    """The notebooks, with JupyterLite's kernel, and the outputs marked as trusted."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata["kernelspec"] = KERNELSPEC
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.metadata["trusted"] = True
                if ELSEWHERE.search(cell.source):
                    # So that "Run All" goes on behind what a browser refuses.
                    cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
        # Each source as one text, as a server would send it: the table of contents knows no lists
        # of lines.
        (folder / path.name).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def player(folder: Path) -> Path:
    """dslab's own extension, put together as an installation would."""
    shutil.copytree(STATIC, folder / "static")
    shutil.copy(ROOT / "labextension" / "package.json", folder)
    shutil.copy(ROOT / "labextension" / "remoteEntry.js", folder / "static")
    return folder


def settings(python: Path) -> dict:
    """JupyterLite's configuration: Pyodide from the site's python/, packages from nowhere else."""
    about = json.loads((python / "config.json").read_text(encoding="utf-8"))
    local = about["index"] == "./"
    kernel = {
        "pyodideUrl": "./../python/pyodide.mjs" if local else f"{about['index']}pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "lockFileURL": f"../python/pyodide-lock.json?{about['build']}",
            "packages": PACKAGES,
        },
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Distributed systems you can break",
            "exposeAppInBrowser": True,
            "litePluginSettings": {PLUGIN: kernel},
        },
    }


def build(python: Path) -> Path:
    """build/lite, for the Python that stands in `python`."""
    target = BUILD / "lite"
    inputs = [
        Path(__file__),
        PINS,
        python / "config.json",
        *sorted(NOTEBOOKS.glob("*.ipynb")),
        *sorted((ROOT / "labextension").iterdir()),
        *sorted(path for path in STATIC.rglob("*.*") if path.is_file()),
        *(INSTALLED / name / "package.json" for name in EXTENSIONS),
    ]
    made_from = recipe(*inputs)
    if made(target, made_from):
        return target
    print(
        "Building JupyterLite with the notebooks (some ten seconds; again only when they change) …",
        flush=True,
    )
    work = fresh(BUILD / "lite.work")
    (work / "notebooks").mkdir()
    copies(work / "notebooks")
    [anywidget] = [path for path in fetch() if path.name.startswith("anywidget-")]
    extensions = [str(INSTALLED / name) for name in EXTENSIONS] + [
        str(player(work / "dslab-trace")),
        str(anywidget),
    ]
    (work / "jupyter-lite.json").write_text(json.dumps(settings(python)), encoding="utf-8")
    (work / "jupyter_lite_config.json").write_text(
        json.dumps(
            {
                "LiteBuildConfig": {
                    "apps": ["lab", "notebooks"],
                    "contents": [str(work / "notebooks")],
                    "federated_extensions": extensions,
                    "ignore_sys_prefix": ["federated_extensions"],
                    "no_sourcemaps": True,
                    "no_unused_shared_packages": True,
                    "output_dir": str(work / "out"),
                }
            }
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlite_core.app", "build", "--lite-dir", work],
        cwd=work,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise DslabError(
            f"JupyterLite could not be built: {(done.stderr or done.stdout).strip()[-800:]}"
        )
    finish(work / "out")
    made_folder = replace(target, work / "out", made_from)
    shutil.rmtree(work)
    return made_folder


def finish(folder: Path) -> None:
    """Check what the book promises of it, and drop what a browser never asks for."""
    config = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))[
        "jupyter-config-data"
    ]
    names = {each["name"] for each in config["federated_extensions"]}
    lacking = {*EXTENSIONS, "dslab-trace", "anywidget"} - names
    kernel = config["litePluginSettings"][PLUGIN]
    if lacking or not kernel.get("disablePyPIFallback"):
        raise DslabError(
            "JupyterLite was built without "
            f"{', '.join(sorted(lacking)) or 'its settings'}: install requirements.txt again."
        )
    for name in ("rspack.config.js", "rspack.config.analyze.js", "rspack.config.watch.js"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "doc", ignore_errors=True)
