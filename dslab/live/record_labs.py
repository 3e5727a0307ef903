"""Record the labs again from real runs: `python -m dslab.live.record_labs`."""

import json
import sys
from dataclasses import asdict

from dslab.errors import DslabError
from dslab.live.lab import RECORDING, live_run


def main() -> int:
    """Run each lab, and write what it saw where the package keeps it; returns the exit code."""
    try:
        lab = live_run()
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
        return 2
    data = {"version": lab.version, "steps": [asdict(step) for step in lab.steps]}
    RECORDING.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(lab.origin, lab, f"written to {RECORDING}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
