"""The code cells of a notebook's file, whatever wrote it, and the exercises that they check."""

import ast
import io
import json
import re
import stat
import tokenize
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import Any

from dslab.errors import DslabError

__all__ = ["cells_of", "exercises_in", "plain_python"]

#: Bytes of a file: outputs may be many.
LARGEST = 2**29
BOMS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}


def cells_of(path: Path) -> list[str]:
    """The code cells of a notebook, as Python. Raises DslabError where the file is none."""
    data = _data(path)
    if not isinstance(data, dict):
        raise DslabError(f"{path} is no notebook: it has no cells.")
    sheets = data.get("worksheets")  # In nbformat 3.
    if isinstance(sheets, list) and "cells" not in data:
        data = data | {
            "cells": [
                cell
                for sheet in sheets
                if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
                for cell in sheet["cells"]
            ]
        }
    if not isinstance(data.get("cells"), list):
        raise DslabError(f"{path} is no notebook: it has no cells.")
    found = []
    for number, cell in enumerate(data["cells"], 1):
        source = _source(cell)
        if isinstance(source, list):
            raise DslabError(f"{path} is no notebook: cell {number} {source[0]}.")
        if source is not None:
            found.append(source)
    if (language := _language(data)) != "python":
        raise DslabError(f"{path} is a notebook of {language:.40}: the exercises are in Python.")
    return [plain_python(source) for source in found]


def _data(path: Path) -> Any:
    try:
        what = path.stat()
        if not stat.S_ISREG(what.st_mode):
            raise DslabError(f"{path} can't be read: it is no file.")
        if what.st_size > LARGEST:
            raise DslabError(f"{path} is too large: {LARGEST:,} bytes are the most.")
        content = path.read_bytes()
    except OSError as error:
        raise DslabError(f"{path} can't be read: {error.strerror}.") from None
    except DslabError:
        raise
    except ValueError:
        raise DslabError(f"{str(path)!r} can't be read: it is no name of a file.") from None
    if not content.strip():
        raise DslabError(f"{path} is no notebook: it is empty.")
    try:
        coding = next((name for bom, name in BOMS.items() if content.startswith(bom)), "utf-8")
        return json.loads(content.decode(coding))
    except (ValueError, RecursionError):
        raise DslabError(f"{path} is no notebook: it is not JSON.") from None


def _source(cell: Any) -> str | None | list[str]:
    """A code cell's text; None for a cell of another kind; in a list, what makes it no cell."""
    if not isinstance(cell, dict):
        return [f"is {cell!r:.60}, and not an object"]
    if "cell_type" not in cell:
        return ['has no "cell_type"']
    if cell["cell_type"] != "code":
        return None
    name = "input" if "input" in cell and "source" not in cell else "source"
    if name not in cell:
        return ['has no "source"']
    lines = cell[name] if isinstance(cell[name], list) else [cell[name] or ""]
    if not all(isinstance(line, str) for line in lines):
        what = "a text, or a list of texts, belongs there"
        return [f'has {cell[name]!r:.60} for its "{name}": {what}']
    # A text may hold half of a pair of UTF-16, which no file can.
    text = "".join(lines).encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _language(data: dict) -> str:
    metadata = data.get("metadata")
    for part, name in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(said, dict) and isinstance(said.get(name), str):
            return re.sub(r"^i?python.*", "python", said[name].lower())
    return "python"


#: Cells of these words are Python below their first line.
RUN = re.compile(r"\s*%%(time|capture|prun|timeit)\b")
COMMAND = re.compile(r"\s*(%|!|\?|[\w.*]+\?\??\s*$)")
ASSIGNED = re.compile(r"(\s*[A-Za-z_][\w, ]*=\s*)[%!][^=]")


def plain_python(cell: str) -> str:
    """A cell without IPython's own lines, which a plain interpreter doesn't know. Other lines keep
    their numbers; a line within an expression or a text is what it looks like.
    """
    lines = cell.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        if not RUN.match(lines[first]):
            return ""
        lines[first] = ""
    for number, line in enumerate(lines):
        assigned = ASSIGNED.match(line)
        if (assigned or COMMAND.match(line)) and _begins_here(lines[:number]):
            indent = line[: len(line) - len(line.lstrip())]
            lines[number] = f"{assigned[1]}None" if assigned else f"{indent}pass"
    return "\n".join(lines)


def _begins_here(before: list[str]) -> bool:
    """Whether a statement may begin after these lines."""
    if before and before[-1].endswith("\\"):
        return False
    try:
        for _ in tokenize.generate_tokens(io.StringIO("\n".join(before) + "\n").readline):
            pass
    except tokenize.TokenError as error:
        return "EOF in multi-line" not in str(error)
    except SyntaxError:
        pass
    return True


#: What a name must have been imported from to be the book's `check`.
LEARN = "dslab.learn", "dslab.learn.grading"


def exercises_in(cells: list[str]) -> dict[str, int]:
    """The exercises that cells check, each with the number of the last cell that does, from 1."""
    found, names, modules = {}, {"check"}, set()
    for number, cell in enumerate(cells, 1):
        try:
            tree = ast.parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            code = "\n".join(
                line for line in cell.splitlines() if not line.lstrip().startswith("#")
            )
            found |= dict.fromkeys(re.findall(r"\bcheck\(\s*[\"']([^\"'\n]+)[\"']", code), number)
            continue
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="dslab.learn" | "dslab.learn.grading", names=parts):
                    names |= {each.asname or "check" for each in parts if each.name == "check"}
                case ast.ImportFrom(module="dslab", names=parts):
                    modules |= {each.asname or "learn" for each in parts if each.name == "learn"}
                case ast.Import(names=parts):
                    modules |= {each.asname or each.name for each in parts if each.name in LEARN}
                case ast.Assign(targets=[ast.Name(id)], value=value) if _is(value, names, modules):
                    names.add(id)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is(node.func, names, modules):
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "name")]
                match given:
                    case [ast.Constant(str(name)), *_]:
                        found[name] = number
    return found


def _is(node: ast.AST, names: set[str], modules: set[str]) -> bool:
    match node:
        case ast.Name(id):
            return id in names
        case ast.Attribute(value, "check"):
            return ast.unparse(value) in modules
    return False
