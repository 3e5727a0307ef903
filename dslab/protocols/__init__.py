"""One file a protocol, each after its paper.

They import the node contract, the machine, values and errors, and nothing else.

A protocol is found by the `name` that its class declares. Nothing is imported to
find it: the files are read, so that a name brings its own module and no other. A
file that is no Python is passed over, and told where a name isn't found.
"""

import ast
from functools import cache
from pkgutil import iter_modules
from typing import NamedTuple

from dslab.errors import DslabError, error_at, imported, instead
from dslab.node import Node

__all__ = ["protocol", "protocol_names"]


class _Place(NamedTuple):
    """Where a name is declared: a module, and the class with `name = …`."""

    module: str
    kind: str

    @property
    def file(self) -> str:
        return _file(self.module)


def protocol(name: str) -> type[Node]:
    """The node class of this name.

    Raises DslabError where there is none, or there are several.
    """
    declared, passed_over = _declared()
    places = declared.get(name, ())
    if not places:
        no = f"there is no protocol {name!r}: {instead(name, declared)}"
        raise DslabError(" ".join([no, *passed_over]))
    if len(places) > 1:
        files = " and ".join(dict.fromkeys(place.file for place in places))
        raise DslabError(
            f"the protocol {name!r} is declared "
            f"{'twice ' if ' and ' not in files else ''}in {files}: give one of "
            "them another name."
        )
    [place] = places
    kind = getattr(
        imported(f"{__name__}.{place.module}", place.file), place.kind, None
    )
    if not (isinstance(kind, type) and issubclass(kind, Node)):
        raise DslabError(
            f"{place.kind} in {place.file} is no node class, although it has the "
            f"name {name!r}: make it a subclass of dslab.node.Node."
        )
    return kind


def protocol_names() -> tuple[str, ...]:
    """All names, in order."""
    return tuple(_declared()[0])


@cache
def _declared() -> tuple[dict[str, list[_Place]], tuple[str, ...]]:
    """Where each name is declared, and a sentence for each file passed over."""
    found: dict[str, list[_Place]] = {}
    passed_over = []
    for finder, module, _ in iter_modules(__path__):
        try:
            body = ast.parse(
                finder.find_spec(module).loader.get_source(module) or ""
            ).body
        except (
            ImportError,
            MemoryError,
            RecursionError,
            SyntaxError,
            ValueError,
        ) as error:
            passed_over.append(
                f"{_file(module)} is passed over: {error_at(error)}."
            )
            continue
        for kind in body:
            for line in kind.body if isinstance(kind, ast.ClassDef) else ():
                match line:
                    case ast.Assign([ast.Name("name")], ast.Constant(str(name))):
                        found.setdefault(name, []).append(_Place(module, kind.name))
    return dict(sorted(found.items())), tuple(passed_over)


def _file(module: str) -> str:
    return f"{__name__.replace('.', '/')}/{module}.py"
