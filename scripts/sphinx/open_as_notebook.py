"""A link on each chapter's page, beside the theme's buttons, that opens it in JupyterLite."""

from urllib.parse import quote


def add_button(app, pagename, templatename, context, doctree):
    if pagename.startswith("notebooks/") and "header_buttons" in context:
        name = quote(pagename.removeprefix("notebooks/"))
        place = context["pathto"]("lite/notebooks/index.html", 1)
        context["header_buttons"].append(
            {
                "type": "link",
                "url": f"{place}?path={name}.ipynb",
                "tooltip": "Open as a notebook, in your browser",
                "text": "Open as a notebook",
                "icon": "fas fa-book-open",
                "label": "open-as-notebook",
            }
        )


def setup(app):
    # After the theme has begun its list of buttons (500), before it adds its last ones (501 and
    # later).
    app.connect("html-page-context", add_button, priority=501)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
