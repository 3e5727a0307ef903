"""What "Run this page" needs, into the site: the page's modules, the runner for Pyodide, and the
editor and widgets from npm.

The sources are in book/run. Pyodide and the wheels are put into python/ by scripts/site/pyodide.py.
Without npm the editor is a plain text field, and controls say that they have no program.
"""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import IPython

from dslab.errors import DslabError
from dslab.learn import known_exercises
from scripts.site.chapters import chapters
from scripts.site.folders import ROOT, WEB

SOURCES = ROOT / "book" / "run"
#: IPython's own display classes and pretty printer, so that the page prints what the notebooks
#: hold.
BORROWED = (
    "display.py",
    "core/display.py",
    "core/display_functions.py",
    "lib/display.py",
    "lib/pretty.py",
    "testing/skipdoctest.py",
)
BUNDLES = ("codemirror", "widgets")


def write_assets(assets: Path, bundled: bool) -> None:
    """Write the page's files into `assets`/run; `bundled` tells whether npm's packages are in."""
    target = assets / "run"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in SOURCES.iterdir():
        if path.is_file():
            shutil.copy(path, target)
    _write_runner(target / "runner.zip")
    (target / "chapters.json").write_text(json.dumps(progress(), indent=1), encoding="utf-8")
    if bundled:
        for name in BUNDLES:
            done = subprocess.run(
                [
                    WEB / "node_modules/.bin/esbuild",
                    SOURCES / "bundle" / f"{name}.mjs",
                    "--bundle",
                    "--minify",
                    "--format=esm",
                    "--legal-comments=none",
                    "--log-level=error",
                    '--define:process.env.NODE_ENV="production"',
                    "--define:global=globalThis",
                    "--loader:.svg=dataurl",
                    f"--outfile={target / 'vendor' / name}.mjs",
                ],
                env=os.environ | {"NODE_PATH": str(WEB / "node_modules")},
            )
            if done.returncode:
                raise DslabError(f"esbuild could not bundle {name}.mjs; what it says stands above.")


def _write_runner(path: Path) -> None:
    """The runner as a zip, the same bytes each time."""
    ours = SOURCES / "python"
    files = {str(file.relative_to(ours)): file for file in ours.rglob("*.py")}
    files |= {f"IPython/{name}": Path(IPython.__file__).parent / name for name in BORROWED}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)


def progress() -> list[dict]:
    """The chapters with graded exercises, in the book's order, for the page of progress."""
    known, found = known_exercises(), []
    for chapter in chapters(ROOT):
        exercises = [known[name] for name in chapter.checked if name in known]
        if exercises:
            found.append(
                {
                    "page": chapter.page,
                    "title": chapter.title,
                    "exercises": [
                        {"name": each.name, "title": each.title, "of": each.points}
                        for each in exercises
                    ],
                }
            )
    return found
