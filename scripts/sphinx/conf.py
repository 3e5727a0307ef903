"""The same book with plain Sphinx: what _config.yml says, without Jupyter Book, which is the way
out when that is no longer kept.

    python -m sphinx -b html -c scripts/sphinx -W -n --keep-going . _build/html

The pages are the same; tests/book/test_plain_sphinx.py compares them.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
CONFIG = BOOK["sphinx"]["config"]

sys.path[:0] = [str(ROOT / folder) for folder in {*BOOK["sphinx"]["local_extensions"].values()}]

globals().update(CONFIG)
project, author, copyright = BOOK["title"], BOOK["author"], BOOK["copyright"]
extensions = [name for name in CONFIG["extensions"] if name != "jupyter_book"]
exclude_patterns = BOOK["exclude_patterns"]
external_toc_exclude_missing = BOOK["only_build_toc_files"]
nb_execution_mode = BOOK["execute"]["execute_notebooks"]
myst_enable_extensions, myst_heading_anchors = (
    BOOK["parse"]["myst_enable_extensions"],
    BOOK["parse"]["myst_heading_anchors"],
)
html_theme, html_favicon = "sphinx_book_theme", str(ROOT / BOOK["html"]["favicon"])
html_theme_options = CONFIG["html_theme_options"] | {"launch_buttons": BOOK["launch_buttons"]}
# Sphinx looks for these beside this file.
html_static_path = [
    str(ROOT / folder) for folder in CONFIG["html_static_path"] if (ROOT / folder).is_dir()
]
