"""Builds the site: MathJax from npm into build/assets, the browser's Python into build/python, then
Jupyter Book with every warning an error.

All is served from the site, so that a page asks no other host for anything. Without npm the build
says so, and the pages take MathJax and Pyodide from their public addresses.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser_python  # noqa: E402
import lite  # noqa: E402
import offline  # noqa: E402
import page_python  # noqa: E402

from dslab.errors import DslabError  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "scripts" / "web"
ASSETS = ROOT / "build" / "assets"
HTML = ROOT / "_build" / "html"
MATHJAX = "node_modules/mathjax/es5"


def modules() -> bool:
    """Install what scripts/web/package-lock.json pins; False where there is no npm."""
    npm, mark = shutil.which("npm"), WEB / "node_modules" / ".made-from"
    if npm is None:
        print(
            "npm is not installed: the pages will load MathJax and Pyodide from their "
            "public addresses.",
            flush=True,
        )
        return False
    recipe = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if not (mark.is_file() and mark.read_text() == recipe):
        print("Fetching MathJax and Pyodide with npm …", flush=True)
        if subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=WEB
        ).returncode:
            raise DslabError(
                "npm could not install what scripts/web/package-lock.json pins; what it "
                "says stands above."
            )
        mark.write_text(recipe)
    return True


def vendor() -> None:
    """Put MathJax into build/assets/vendor."""
    mark, recipe = (
        ASSETS / "vendor" / ".made-from",
        (WEB / "node_modules" / ".made-from").read_text(),
    )
    if mark.is_file() and mark.read_text() == recipe:
        return
    target = ASSETS / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    (target / "mathjax" / "output" / "chtml" / "fonts").mkdir(parents=True)
    shutil.copy(WEB / MATHJAX / "tex-mml-chtml.js", target / "mathjax")
    shutil.copytree(
        WEB / MATHJAX / "output/chtml/fonts/woff-v2", target / "mathjax/output/chtml/fonts/woff-v2"
    )
    mark.write_text(recipe)


def config(vendored: bool) -> Path:
    """The configuration to build with: _config.yml, less the local parts where they could not be
    had.
    """
    if vendored:
        return ROOT / "_config.yml"
    data = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    data["sphinx"]["config"].pop("mathjax_path")
    # Looked for beside the configuration, which stands elsewhere here.
    data["sphinx"]["local_extensions"] = {
        name: str(ROOT / folder) for name, folder in data["sphinx"]["local_extensions"].items()
    }
    path = ROOT / "build" / "_config.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def forget_pages() -> None:
    """Have Sphinx write all pages again where a static file changed: it looks at texts only, and
    pages name such files by hash.
    """
    folders = (ROOT / "book" / "assets", ROOT / "dslab" / "show" / "static", ASSETS)
    recipe = browser_python.recipe(
        *sorted(path for folder in folders for path in folder.rglob("*"))
    )
    mark = ROOT / "build" / ".static"
    if not (mark.is_file() and mark.read_text() == recipe):
        if HTML.is_dir():
            (HTML / ".buildinfo").write_text(
                "# Sphinx build info version 1\n# Of another build.\nconfig: "
                "another\ntags: another\n"
            )
        mark.write_text(recipe)


def book(vendored: bool) -> int:
    """Build the pages; Jupyter Book's exit code."""
    forget_pages()
    return subprocess.run(
        [
            Path(sys.executable).with_name("jupyter-book"),
            "build",
            str(ROOT),
            "--config",
            str(config(vendored)),
            "--path-output",
            str(ROOT),
            "-W",
            "-n",
            "--keep-going",
            "-q",
        ],
        cwd=ROOT,
    ).returncode


def main() -> int:
    ASSETS.mkdir(parents=True, exist_ok=True)
    try:
        with_npm = modules()
        if with_npm:
            vendor()
        lite.build(browser_python.assemble(with_npm))
        page_python.write_assets(ASSETS, with_npm)
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
        return 2
    failed = book(with_npm)
    browser_python.publish(HTML)
    lite.publish(HTML)
    offline.write(HTML)
    return failed


if __name__ == "__main__":
    sys.exit(main())
