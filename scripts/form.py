"""Gives the code its one form: Python by ruff, scripts and style sheets by prettier.

`python scripts/form.py` is `make format`; a test asks for the same with `check`.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRETTIER = ROOT / "scripts" / "web" / "node_modules" / "prettier" / "bin" / "prettier.cjs"
KINDS = "*.js", "*.mjs", "*.css"
TOOLS = "ruff check", "ruff format", "prettier"


def scripts() -> list[str]:
    """What prettier is for: all that git knows or is about to know."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *KINDS]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in names.splitlines() if (ROOT / name).is_file()]


def run(tool: str, *, check: bool) -> subprocess.CompletedProcess:
    """What a tool says, after it has changed what it can unless it is only to `check`."""
    ruff = [sys.executable, "-m", "ruff"]
    commands = {
        "ruff check": [*ruff, "check", "--quiet", *(() if check else ("--fix",))],
        "ruff format": [*ruff, "format", "--quiet", *(("--check",) if check else ())],
        "prettier": ["node", PRETTIER, "--list-different" if check else "--write", *scripts()],
    }
    return subprocess.run(commands[tool], cwd=ROOT, capture_output=True, text=True)


def main() -> int:
    failed = 0
    for tool in TOOLS:
        if tool == "prettier" and not PRETTIER.is_file():
            print("prettier is not there: run `make site` on a machine with npm.", file=sys.stderr)
            return 2
        done = run(tool, check=False)
        if done.returncode:
            failed = 1
            print(f"{tool}:\n{done.stdout}{done.stderr}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
