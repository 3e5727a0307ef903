"""The little of IPython that libraries ask for. Its own pretty printer and display classes are used
as they are.
"""

import base64
import inspect
import io

from IPython.lib.pretty import RepresentationPrinter

__all__ = ["InteractiveShell", "formatted"]

METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "application/pdf": "_repr_pdf_",
    "image/jpeg": "_repr_jpeg_",
    "text/latex": "_repr_latex_",
    "application/json": "_repr_json_",
    "application/javascript": "_repr_javascript_",
}
CANARY = "_ipython_canary_method_should_not_exist_"


def pretty(value) -> str:
    """The text of a value as IPython prints it: wrapped at 79 characters."""
    stream = io.StringIO()
    printer = RepresentationPrinter(
        stream, verbose=False, max_width=79, newline="\n", max_seq_length=1000
    )
    printer.pretty(value)
    printer.flush()
    return stream.getvalue()


def _method(value, name):
    """A method for display; None for a class, and for an object that answers to any name."""
    if inspect.isclass(value) or callable(getattr(value, CANARY, None)):
        return None
    method = getattr(value, name, None)
    return method if callable(method) else None


def formatted(value, include=None, exclude=None, complain=None) -> tuple[dict, dict]:
    """(data, metadata) by MIME type.

    What a method raises goes to `complain`, and the other forms are shown.
    """

    def asked(name, *arguments, **more):
        method = _method(value, name)
        try:
            return method(*arguments, **more) if method else None
        except NotImplementedError:
            return None
        except Exception as error:
            if complain is None:
                raise
            complain(error)
            return None

    if _method(value, "_ipython_display_"):
        asked("_ipython_display_")
        return {}, {}
    data, metadata = _pair(asked("_repr_mimebundle_", include=include, exclude=exclude), {})
    data, metadata = dict(data or {}), dict(metadata or {})
    for kind in ("text/plain", *METHODS):
        if kind not in data:
            try:
                found, about = _pair(
                    pretty(value) if kind == "text/plain" else asked(METHODS[kind]), None
                )
            except Exception as error:  # A __repr__ that fails.
                if complain is None:
                    raise
                complain(error)
                continue
            if found is not None:
                data[kind] = found
            if about is not None:
                metadata[kind] = about
    wanted = [
        kind
        for kind in data
        if (not include or kind in include) and (not exclude or kind not in exclude)
    ]
    return {kind: _text(data[kind]) for kind in wanted}, metadata


def _pair(answer, default):
    return answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, default)


def _text(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


class _Formatter:
    def __init__(self, shell):
        self._shell = shell

    def format(self, value, include=None, exclude=None):
        return formatted(value, include, exclude, self._shell.showtraceback)


class _Publisher:
    def __init__(self, outlet):
        self._outlet = outlet

    def publish(self, data, metadata=None, transient=None, update=False, **_):
        self._outlet.show(
            {"output_type": "display_data", "data": data, "metadata": metadata or {}},
            (transient or {}).get("display_id"),
            update,
        )

    def clear_output(self, wait=False):
        self._outlet.clear(wait)


class _Events:
    def trigger(self, *_):
        pass

    register = unregister = trigger


class InteractiveShell:
    """As libraries see it: `initialized`, `instance`, and what to display with."""

    _one = None
    kernel = None
    user_ns: dict = {}

    def __init__(self, outlet, user_ns):
        self.outlet, self.user_ns, self.events = outlet, user_ns, _Events()
        self.display_formatter, self.display_pub = _Formatter(self), _Publisher(outlet)
        InteractiveShell._one = self

    @classmethod
    def initialized(cls):
        return cls._one is not None

    @classmethod
    def instance(cls):
        return cls._one

    def showtraceback(self, error=None, **_):
        from dslab_page.errors import as_output

        self.outlet.show(as_output(error[1] if isinstance(error, tuple) else error))
