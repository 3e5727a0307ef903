"""`python -m dslab` and the script `dslab`: one program, which `dslab.cli` holds."""

import sys

__all__ = ["main"]


def main(name: str = "dslab") -> int:
    """Run the program with this process's arguments, and return its exit code. `name` is what its
    help calls it.
    """
    try:
        import click  # noqa: F401
    except ModuleNotFoundError:
        print(
            "dslab: the command line needs click: run `pip install 'click>=8.2,<9'`.",
            file=sys.stderr,
        )
        return 2
    from dslab.cli.process import main

    return main(name)


if __name__ == "__main__":
    sys.exit(main("python -m dslab"))
