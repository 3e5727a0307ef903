"""Builds the site: front-end parts from npm into build/assets, then Jupyter Book with every warning an error.

The parts are served from the site, so that a page asks no other host for anything. Without npm the build says so and the
pages take them from their public addresses.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "scripts" / "web"
ASSETS = ROOT / "build" / "assets"
MATHJAX = "node_modules/mathjax/es5"


def vendor() -> bool:
    """Put MathJax and the widget runtime into build/assets/vendor; False where there is no npm."""
    npm = shutil.which("npm")
    ASSETS.mkdir(parents=True, exist_ok=True)
    if npm is None:
        print("npm is not installed: the pages will load MathJax and the widget runtime from their public addresses.", flush=True)
        return False
    mark, recipe = ASSETS / "vendor" / ".made-from", hashlib.sha256(
        b"".join((WEB / name).read_bytes() for name in ("package-lock.json", "widgets.js", "hub.js"))).hexdigest()
    if mark.is_file() and mark.read_text() == recipe:
        return True
    print("Fetching front-end parts with npm …", flush=True)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=WEB, check=True)
    target = ASSETS / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    (target / "mathjax" / "output" / "chtml" / "fonts").mkdir(parents=True)
    shutil.copy(WEB / MATHJAX / "tex-mml-chtml.js", target / "mathjax")
    shutil.copytree(WEB / MATHJAX / "output/chtml/fonts/woff-v2", target / "mathjax/output/chtml/fonts/woff-v2")
    shutil.copy(WEB / "hub.js", target)
    subprocess.run(["node_modules/.bin/esbuild", "widgets.js", "--bundle", "--minify", "--format=iife", "--log-level=warning",
                    "--loader:.svg=empty", "--loader:.woff=empty", "--loader:.woff2=empty", "--loader:.ttf=empty",
                    "--loader:.eot=empty", f"--outfile={target / 'widgets-mini.js'}"], cwd=WEB, check=True)
    mark.write_text(recipe)
    return True


def config(vendored: bool) -> Path:
    """The configuration to build with: _config.yml, less the local parts where they could not be had."""
    if vendored:
        return ROOT / "_config.yml"
    data = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    for name in ("mathjax_path", "nb_ipywidgets_js"):
        data["sphinx"]["config"].pop(name)
    path = ROOT / "build" / "_config.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def main() -> int:
    path = config(vendor())
    return subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", str(ROOT), "--config", str(path),
                           "--path-output", str(ROOT), "-W", "-n", "--keep-going", "-q"], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
