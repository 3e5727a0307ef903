"""Builds the site: MathJax from npm into build/assets, the browser's Python into build/python, then
Jupyter Book with every warning an error.

    python -m scripts.site

All is served from the site, so that a page asks no other host for anything. Without npm, or where
it has no network, the build says so, and the pages take MathJax and Pyodide from their public
addresses.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from dslab.errors import DslabError
from scripts.sentences import ending
from scripts.site import jupyterlite, offline, pyodide, run_this_page
from scripts.site.chapters import bibliographies, glossary
from scripts.site.folders import BUILD, ROOT, WEB, publish, recipe

ASSETS = BUILD / "assets"
HTML = ROOT / "_build" / "html"
MATHJAX = "node_modules/mathjax/es5"
ELSEWHERE = "the pages will load MathJax and Pyodide from their public addresses."
#: A registry that doesn't answer is given up after a minute; npm's own patience is five, thrice.
PATIENCE = "--fetch-timeout=60000 --fetch-retries=1 --fetch-retry-mintimeout=1000".split()


def modules() -> bool:
    """Install what scripts/web/package-lock.json pins; False where there is no npm."""
    npm, mark = shutil.which("npm"), WEB / "node_modules" / ".made-from"
    if npm is None:
        print(f"npm is not installed: {ELSEWHERE}", flush=True)
        return False
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if not (mark.is_file() and mark.read_text() == wanted):
        print(
            "Fetching what scripts/web/package-lock.json pins with npm: MathJax, Pyodide, editors, "
            "and what tests need (some 60 MB) …",
            flush=True,
        )
        told = "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"
        done = subprocess.run(
            [npm, "ci", *told, *PATIENCE], cwd=WEB, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            return without(npm_says(done.stderr))
        mark.write_text(wanted)
    return True


def npm_says(said: str) -> str:
    """Why npm failed: the reason among its lines, or its code."""
    lines = re.findall(r"^npm (?:error|ERR!) (.+)$", said, re.MULTILINE) or ["it said nothing"]
    return next((line for line in lines if "reason:" in line), lines[0])


def without(why: str) -> bool:
    """Go on without what npm could not fetch; where nothing may be left out, say so and end."""
    if os.environ.get("CI"):
        raise DslabError(f"npm could not fetch what scripts/web/package-lock.json pins ({why}).")
    print(
        f"npm could not fetch its packages ({why}): {ELSEWHERE} Run `make site` again with a "
        "network.",
        flush=True,
    )
    return False


def vendor() -> None:
    """Put MathJax into build/assets/vendor."""
    target = ASSETS / "vendor"
    mark, wanted = target / ".made-from", (WEB / "node_modules" / ".made-from").read_text()
    if mark.is_file() and mark.read_text() == wanted:
        return
    shutil.rmtree(target, ignore_errors=True)
    (target / "mathjax" / "output" / "chtml" / "fonts").mkdir(parents=True)
    shutil.copy(WEB / MATHJAX / "tex-mml-chtml.js", target / "mathjax")
    shutil.copytree(
        WEB / MATHJAX / "output/chtml/fonts/woff-v2", target / "mathjax/output/chtml/fonts/woff-v2"
    )
    mark.write_text(wanted)


def config(vendored: bool) -> Path:
    """The configuration to build with: _config.yml, less local parts that could not be had."""
    if vendored:
        return ROOT / "_config.yml"
    data = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    data["sphinx"]["config"].pop("mathjax_path")
    # Looked for beside the configuration, which stands elsewhere here.
    data["sphinx"]["local_extensions"] = {
        name: str(ROOT / folder) for name, folder in data["sphinx"]["local_extensions"].items()
    }
    path = BUILD / "_config.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def forget_pages() -> None:
    """Have Sphinx write all pages again where a static file changed: it looks at texts only, and
    pages name such files by hash.
    """
    static = (ROOT / "book" / "assets", ROOT / "dslab" / "show" / "static", ASSETS)
    now = recipe(*sorted(path for folder in static for path in folder.rglob("*")))
    mark = BUILD / ".static"
    if not (mark.is_file() and mark.read_text() == now):
        if HTML.is_dir():
            (HTML / ".buildinfo").write_text(
                "# Sphinx build info version 1\n# Of another build.\nconfig: "
                "another\ntags: another\n"
            )
        mark.write_text(now)


def pages(vendored: bool) -> None:
    """Build the pages. Raises DslabError where Jupyter Book warns of anything."""
    forget_pages()
    program, settings = Path(sys.executable).with_name("jupyter-book"), str(config(vendored))
    command = [program, "build", str(ROOT), "--config", settings, "--path-output", str(ROOT)]
    if subprocess.run([*command, "-W", "-n", "--keep-going", "-q"], cwd=ROOT).returncode:
        raise DslabError("the pages could not be built; what Jupyter Book says stands above.")


def build() -> None:
    """Build the site into _build/html. Raises DslabError with what is to be done."""
    glossary(ROOT, ""), bibliographies(ROOT)  # A mistake there is told before anything is made.
    ASSETS.mkdir(parents=True, exist_ok=True)
    with_npm = modules()
    if with_npm:
        vendor()
    python = pyodide.assemble(with_npm)
    lite = jupyterlite.build(python)
    run_this_page.write_assets(ASSETS, with_npm)
    pages(with_npm)
    publish(python, HTML / "python")
    publish(lite, HTML / "lite")
    offline.write(HTML)


if __name__ == "__main__":
    sys.exit(ending(build))
