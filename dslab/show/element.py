"""A custom element for a page: its data, and a picture with words where no script runs.

The browser draws it (`static/`), so that it lives on a page without a kernel. The picture is an
`<img>` with an SVG address, which survives where scripts and inline SVG are taken out: in an
untrusted notebook, or on a code host's preview.
"""

import base64
import json
import re
from html import escape
from pathlib import Path

__all__ = ["STATIC", "Element", "standalone"]

STATIC = Path(__file__).with_name("static")
#: How a script names its stylesheet; static/core/css.js fetches it from there.
_STYLESHEET = re.compile(
    r'^(?!\s*//)(.*)new URL\("(\./[^"]+\.css)", import\.meta\.url\)', re.MULTILINE
)
_IMPORT = re.compile(r'''((?:\bfrom|\bimport)\s*\(?\s*)"(\.{1,2}/[^"]+)"''')


class Element:
    """What a notebook shows of a widget; subclasses say what is in it.

    tag         the element's name, such as "dslab-quorums"
    format      its data's format, the same name as a rule
    data()      its data, as JSON types; the envelope (format, version) is put around it
    picture()   a still picture, as SVG text
    words()     the same in a few sentences
    attributes  more of the element's attributes
    """

    tag = ""
    version = 1

    def data(self) -> dict:
        """What the browser draws from, as JSON types."""
        raise NotImplementedError

    def picture(self) -> str:
        """A still picture, as SVG text."""
        raise NotImplementedError

    def words(self) -> str:
        """What the picture shows, in a few sentences."""
        raise NotImplementedError

    def attributes(self) -> dict[str, str]:
        """More of the element's attributes, by name."""
        return {}

    def dumps(self) -> str:
        """The data's JSON text, the same bytes on every machine."""
        return json.dumps(
            {"format": self.tag, "version": self.version} | self.data(),
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def still(self) -> str:
        """What stands beside the data, for where there are no scripts."""
        picture = base64.b64encode(self.picture().encode()).decode()
        return (
            f'<img alt="{escape(self.words())}" src="data:image/svg+xml;base64,{picture}" '
            'style="max-width:100%">'
        )

    def _repr_html_(self) -> str:
        attributes = "".join(
            f' {name}="{escape(value)}"' for name, value in self.attributes().items()
        )
        # So that it can't end the script element that it stands in.
        data = self.dumps().replace("<", "\\u003c")
        return (
            f'<{self.tag} class="dslab"{attributes}><script '
            f'type="application/json">{data}</script>{self.still()}</{self.tag}>'
        )

    def __repr__(self):
        return self.words()


def standalone(title: str, body: str) -> str:
    """A page that shows elements without a server: it carries the widgets' modules inside.

    A module in a file may import no other file and fetch none, so each becomes a data address, and
    an import map gives them names. A stylesheet's address becomes the sheet.
    """
    modules = {
        f"dslab/{path.relative_to(STATIC).as_posix()}": _address("javascript", _by_itself(path))
        for path in sorted(STATIC.rglob("*.js"))
    }
    imports = json.dumps({"imports": modules}, separators=(",", ":"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta '
        'name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><script "
        f'type="importmap">{imports}</script></head><body><main>{body}</main>'
        '<script type="module">import "dslab/dslab.js";</script></body></html>\n'
    )


def _by_itself(path: Path) -> str:
    """A script that names other scripts as the import map does, and holds its stylesheets."""

    def module(found):
        target = (path.parent / found[2]).resolve().relative_to(STATIC.resolve())
        return f'{found[1]}"dslab/{target.as_posix()}"'

    def sheet(found):
        text = (path.parent / found[2]).read_text(encoding="utf-8")
        return f'{found[1]}"{_address("css", text)}"'

    return _STYLESHEET.sub(sheet, _IMPORT.sub(module, path.read_text(encoding="utf-8")))


def _address(kind: str, text: str) -> str:
    return f"data:text/{kind};base64,{base64.b64encode(text.encode()).decode()}"
