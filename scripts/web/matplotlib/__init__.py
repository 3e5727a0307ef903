"""Stands in for Matplotlib in the reader's browser: importing it works, so that the rest of a cell
does; drawing says why not.
"""

__all__ = ["pyplot"]
WHY = (
    "Matplotlib can't be had in a browser for this Python: the picture in the book is "
    "the stored one. "
    "Run this notebook in JupyterLab on your own machine to draw it."
)


class Missing:
    """Anything of Matplotlib."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def refuse(self, *_, **__):
        raise NotImplementedError(WHY)

    __call__ = __getitem__ = __iter__ = __enter__ = refuse


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Missing()
