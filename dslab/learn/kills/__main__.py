"""The same as `dslab kills`."""

import sys
from runpy import run_module

if __name__ == "__main__":
    sys.argv.insert(1, "kills")
    run_module("dslab", run_name="__main__")
