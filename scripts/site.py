"""Builds the site: MathJax from npm into build/assets, then Jupyter Book with every warning an error.

It is served from the site, so that a page asks no other host for anything. Without npm the build says so and the pages take
it from its public address.
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
    """Put MathJax into build/assets/vendor; False where there is no npm."""
    npm = shutil.which("npm")
    ASSETS.mkdir(parents=True, exist_ok=True)
    if npm is None:
        print("npm is not installed: the pages will load MathJax from its public address.", flush=True)
        return False
    mark, recipe = ASSETS / "vendor" / ".made-from", hashlib.sha256(
        (WEB / "package-lock.json").read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == recipe:
        return True
    print("Fetching MathJax with npm …", flush=True)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=WEB, check=True)
    target = ASSETS / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    (target / "mathjax" / "output" / "chtml" / "fonts").mkdir(parents=True)
    shutil.copy(WEB / MATHJAX / "tex-mml-chtml.js", target / "mathjax")
    shutil.copytree(WEB / MATHJAX / "output/chtml/fonts/woff-v2", target / "mathjax/output/chtml/fonts/woff-v2")
    mark.write_text(recipe)
    return True


def config(vendored: bool) -> Path:
    """The configuration to build with: _config.yml, less the local parts where they could not be had."""
    if vendored:
        return ROOT / "_config.yml"
    data = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    data["sphinx"]["config"].pop("mathjax_path")
    path = ROOT / "build" / "_config.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def main() -> int:
    path = config(vendor())
    failed = subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", str(ROOT), "--config", str(path),
                           "--path-output", str(ROOT), "-W", "-n", "--keep-going", "-q"], cwd=ROOT).returncode
    for page in (ROOT / "_build" / "html").rglob("*.html"):
        # A role that ARIA has given up, and that screen readers stumble over; docutils writes it on every citation.
        text = page.read_text(encoding="utf-8")
        if 'role="doc-biblioentry"' in text:
            page.write_text(text.replace(' role="doc-biblioentry"', ""), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
