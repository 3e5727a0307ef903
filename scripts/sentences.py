"""How the scripts end where they can't go on: one sentence, and exit code 2."""

import shutil
import sys
from collections.abc import Callable

from dslab.errors import DslabError


def ending(main: Callable[[], int | None]) -> int:
    """Run a script's `main`, and return its exit code: 2 after one sentence on standard error where
    it raised DslabError, or where the system refused it something (a full disk, a file that is not
    there).
    """
    try:
        return main() or 0
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
    except OSError as error:
        print(f"dslab: stopped, and kept what was finished: {reason(error)}.", file=sys.stderr)
    return 2


def reason(error: OSError) -> str:
    """What the system says, and of which file."""
    if isinstance(error, shutil.Error):  # Of a whole tree; the first file's will do.
        _, place, said = error.args[0][0]
        return f"{said} ({place})"
    return f"{error.strerror or error}" + (f" ({error.filename})" if error.filename else "")
