"""One file a protocol, each after its paper.

They import the node contract, the machine, values and errors, and nothing else.

A protocol is found by the `name` that its class declares. Nothing is imported to
find it: the files are read, so that a name brings its own module and no other.
"""

import ast
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dslab.errors import DslabError
from dslab.node import Node

__all__ = ["protocol", "protocol_names"]


def protocol(name: str) -> type[Node]:
    """The node class of this name. Raises DslabError where there is none."""
    where = _declared()
    if name not in where:
        near = get_close_matches(str(name), where, 1)
        raise DslabError(
            f"there is no protocol {name!r}: "
            + (f"did you mean {near[0]}? There are " if near else "choose ")
            + f"{', '.join(where)}."
        )
    module, kind = where[name]
    return getattr(import_module(f"{__name__}.{module}"), kind)


def protocol_names() -> tuple[str, ...]:
    """All names, in order."""
    return tuple(_declared())


@cache
def _declared() -> dict[str, tuple[str, str]]:
    """Where each name is declared: the module, and the class with `name = …`."""
    found: dict[str, tuple[str, str]] = {}
    for finder, module, _ in iter_modules(__path__):
        source = finder.find_spec(module).loader.get_source(module)
        for kind in ast.parse(source or "").body:
            for line in kind.body if isinstance(kind, ast.ClassDef) else ():
                match line:
                    case ast.Assign(
                        [ast.Name("name")], ast.Constant(str(name))
                    ) if name in found:
                        raise DslabError(
                            f"{module}.{kind.name} and {'.'.join(found[name])} are "
                            f"both called {name!r}: give one of them another name."
                        )
                    case ast.Assign([ast.Name("name")], ast.Constant(str(name))):
                        found[name] = module, kind.name
    return dict(sorted(found.items()))
