"""Writes what the book needs to open without a network: its service worker, and the list of its
files with their hashes.
"""

import hashlib
import json
from pathlib import Path

from scripts.site.folders import ROOT

WORKER = ROOT / "book" / "offline" / "service-worker.js"

#: Never asked for by a page.
UNUSED = (".map", ".ttf", ".LICENSE.txt", ".po", ".mo", "objects.inv", ".buildinfo", ".built")
#: What only a page that runs Python asks for, beside Python itself.
RUN = "_static/run/"


def group(path: str, page: set[str]) -> int | None:
    """0 book, 1 what runs in a page, 2 JupyterLite; None for what no page asks for. `page`: the
    parts of python/ for a page.
    """
    if path.endswith(UNUSED) or "/locales/" in path:
        return None
    if path.startswith("lite/"):
        return 2
    if path.startswith("python/"):
        return 1 if path.removeprefix("python/") in page else 2
    if path.startswith("_sources/"):
        # The notebooks are what a live page runs; nobody asks for the rest.
        return 1 if path.endswith(".ipynb") else None
    return 1 if path.startswith(RUN) and path != f"{RUN}start.js" else 0


def write(html: Path) -> None:
    """Write offline.json and the workers into the built site."""
    config = json.loads((html / "python" / "config.json").read_text(encoding="utf-8"))
    page = {"config.json", *config["files"]}
    for name in ("offline.json", "service-worker.js"):
        (html / name).unlink(missing_ok=True)
    lite = html / "lite" / "service-worker.js"
    if not lite.with_name("jupyterlite-worker.js").exists():
        lite.rename(lite.with_name("jupyterlite-worker.js"))
    lite.unlink(missing_ok=True)
    files = {}
    for path in sorted(html.rglob("*")):
        name = path.relative_to(html).as_posix()
        number = group(name, page) if path.is_file() else None
        if number is not None:
            content = path.read_bytes()
            files[name] = hashlib.sha256(content).hexdigest()[:16], len(content), number
    worker = WORKER.read_text(encoding="utf-8")
    build = hashlib.sha256(f"{json.dumps(files)}{worker}".encode()).hexdigest()[:16]
    # Only where all comes from the site can its pages be kept apart from others.
    manifest = {"build": build, "isolate": config["index"] == "./", "files": files}
    (html / "offline.json").write_text(
        json.dumps(manifest, separators=(",", ":")), encoding="utf-8"
    )
    (html / "service-worker.js").write_text(
        f'(() => {{\nconst BUILD = "{build}";\n{worker}}})();\n', encoding="utf-8"
    )
    # JupyterLite's worker carries files between its pages and Python; ours stands before it, and
    # answers for the files of the site.
    lite.write_text(
        f'// {build}\nself.BOOK = new URL("../", '
        'registration.scope);\nimportScripts("../service-worker.js", "jupyterlite-worker.js");\n',
        encoding="utf-8",
    )
