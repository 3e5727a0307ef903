"""Stands in for IPython in a page: display classes and pretty printer, over `dslab_page.shell`."""

__version__ = "9.0"
version_info = (9, 0, 0, "")
__all__ = ["display", "get_ipython", "version_info"]


def get_ipython():
    from dslab_page.shell import (
        InteractiveShell,  # Here, since that module needs this package's pretty printer.
    )

    return InteractiveShell.instance()


def __getattr__(name):
    if name == "display":
        from IPython.display import display

        return display
    raise AttributeError(
        f"module 'IPython' has no attribute {name!r}: a page has only IPython.display and "
        "get_ipython"
    )
