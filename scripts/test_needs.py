"""Installs what the tests need beside Python packages: Chromium and the real servers of the labs.

As root on Debian or Ubuntu it installs them; otherwise it says which command does, and which tests
are skipped without them. Under CI nothing may be skipped.
"""

import os
import shutil
import subprocess
import sys

NEEDS = {
    "chromium": (
        ("chromium", "chromium-browser", "google-chrome"),
        "tests/browser (the pages of the built book)",
    ),
    "etcd-server": (("etcd",), "tests/live (the lab with a real etcd)"),
}


def missing() -> dict[str, str]:
    return {
        package: tests
        for package, (commands, tests) in NEEDS.items()
        if not any(map(shutil.which, commands))
    }


def main() -> int:
    lacking = missing()
    if lacking and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(lacking)} …", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking],
            check=False,
            env=quiet,
            stdout=subprocess.DEVNULL,
        )
        lacking = missing()
    for package, tests in lacking.items():
        print(
            f"{package} is not installed, so {tests} will be skipped: run `sudo apt-get "
            f"install {package}`.",
            file=sys.stderr,
        )
    return 2 if lacking and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
