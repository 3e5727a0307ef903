"""SQL in texts, and what is done with a connection."""

import ast
import re

from dslab.learn.kills.operators import changed, operator

IS_SQL = re.compile(r"\s*(SELECT|INSERT|CREATE|UPDATE|DELETE|BEGIN|COMMIT|ROLLBACK|PRAGMA)\b", re.I)
#: What a table promises and a statement asks for, and what may stand in its place.
CONSTRAINTS = (
    (r",?\s*UNIQUE\s*\([^)]*\)", ""),
    (r"\s+NOT\s+NULL", ""),
    (r"\s+PRIMARY\s+KEY(\s+AUTOINCREMENT)?", ""),
    (r"\s+AUTOINCREMENT", ""),
    (r"\s+UNIQUE(?!\s*\()", ""),
    (r"\s+IF\s+NOT\s+EXISTS", ""),
    (r"\bTEXT\b", "NUMERIC"),
    (r"\bTEXT\b", "TEXT COLLATE NOCASE"),
    (r"\bCREATE\s+TABLE\b", "CREATE TEMP TABLE"),
)
CLAUSES = (
    (r"\s+ORDER\s+BY\s+[\w, ]+", ""),
    (r"(\s+ORDER\s+BY\s+\w+)", r"\1 DESC"),
    (r"\bAND\b", "OR"),
    (r"\bmax\(", "min("),
    (r"\bmax\((\w+)\)", "count(*)"),
    (r"\bcoalesce\((.*?\)), -?\d+\)", r"\1"),
    (r">(?!=)", ">="),
    (r">(?!=)", "<"),
    (r"=", "<="),
    (r"=", ">="),
    (r"= \?", "LIKE ?"),
    (r"-1\b", "0"),
    (r"\bEXISTS\b", "NOT EXISTS"),
    (r"\bINSERT\s+INTO\b", "INSERT OR IGNORE INTO"),
    (r"\bINSERT\s+INTO\b", "INSERT OR REPLACE INTO"),
)
LOCKS = (
    (r"BEGIN\s+(IMMEDIATE|EXCLUSIVE)", "BEGIN"),
    (r"COMMIT", "ROLLBACK"),
    (r"ROLLBACK", "COMMIT"),
)


def _sql(node):
    match node:
        case ast.Constant(str(text)) if IS_SQL.match(text):
            return text
    return None


def _rewritten(text, rules):
    """The text with one rule used in one place."""
    for pattern, new in rules:
        for found in re.finditer(pattern, text, re.I):
            yield text[: found.start()] + found.expand(new) + text[found.end() :]


@operator
def constraint_dropped(place):
    """Leave out what a table promises."""
    if (text := _sql(place.node)) and text.lstrip().upper().startswith("CREATE"):
        yield from map(ast.Constant, _rewritten(text, CONSTRAINTS))


@operator
def clause_altered(place):
    """Order by nothing or backwards, count for max, let a bound count or not."""
    text = _sql(place.node)
    if text and not text.lstrip().upper().startswith(("CREATE", "PRAGMA")):
        yield from map(ast.Constant, _rewritten(text, CLAUSES))


@operator
def lock_altered(place):
    """Lock only when something is written, or undo what was to be done."""
    if text := _sql(place.node):
        yield from map(ast.Constant, _rewritten(text, LOCKS))


@operator
def rows_limited(place):
    """Read the first rows alone."""
    text = _sql(place.node)
    if text and text.lstrip().upper().startswith("SELECT") and "ORDER BY" in text.upper():
        for most in (10, 100, 1000):
            yield ast.Constant(f"{text} LIMIT {most}")


@operator
def where_dropped(place):
    """Ask for all rows, and bind nothing."""
    match place.node:
        case ast.Call(ast.Attribute(_, "execute"), [ast.Constant(str(text)), values, *_]):
            found = re.search(r"\s+WHERE\s+[^)]*?(?=\s+ORDER\s+BY|\)|$)", text, re.I)
            if found and isinstance(values, ast.Tuple):
                bound, before = found[0].count("?"), text[: found.start()].count("?")
                kept = values.elts[:before] + values.elts[before + bound :]
                rest = ast.Constant(text[: found.start()] + text[found.end() :])
                yield changed(place.node, args=[rest, changed(values, elts=kept)])


@operator
def value_in_the_text(place):
    """Write a text into a statement instead of binding it."""
    for text, values, n in _bound_texts(place):
        parts = text.split("?")
        before, after = "?".join(parts[: n + 1]) + "'", "'" + "?".join(parts[n + 1 :])
        shown = ast.FormattedValue(values[n], -1, None)
        whole = ast.JoinedStr([ast.Constant(before), shown, ast.Constant(after)])
        bound = ast.Tuple(values[:n] + values[n + 1 :], ast.Load())
        yield changed(place.node, args=[whole, bound])


@operator
def name_folded(place):
    """Take names for the same that differ in case, or in blanks at their ends."""
    for _, values, n in _bound_texts(place):
        if isinstance(values[n], ast.Name):
            for method in ("lower", "strip"):
                folded = ast.Call(ast.Attribute(values[n], method, ast.Load()), [], [])
                new = ast.Tuple([*values[:n], folded, *values[n + 1 :]], ast.Load())
                yield changed(place.node, args=[place.node.args[0], new])


def _bound_texts(place):
    """(text of the statement, its values, which of them may be a text) of a call."""
    match place.node:
        case ast.Call(ast.Attribute(_, "execute"), [ast.Constant(str(text)), ast.Tuple(values)]):
            parts = text.split("?")
            for n, value in enumerate(values if len(parts) == len(values) + 1 else ()):
                counted = isinstance(value, ast.Name) and value.id in _counted_in(place.function)
                if not counted and not parts[n].rstrip().endswith(("<", ">")):
                    yield text, values, n


def _counted_in(function):
    """Names that a function compares or adds up, so that they are numbers."""
    found = set()
    for node in ast.walk(function or ast.Module([], [])):
        match node:
            case ast.AugAssign(ast.Name(name)):
                found.add(name)
            case ast.Compare(ast.Name(name), _, [ast.Name(other)]):
                found |= {name, other}
            case ast.BinOp(ast.Name(name), ast.Add()):
                found.add(name)
    return found


@operator
def in_memory(place):
    """Keep in memory what was to be kept in a file."""
    match place.node:
        case ast.Call(ast.Name("connect") | ast.Attribute(_, "connect"), [_, *rest]):
            yield changed(place.node, args=[ast.Constant(":memory:"), *rest])


@operator
def payload_cut(place):
    """Lose a part of what is stored, or of what is read."""
    match place.node:
        case ast.Call(ast.Attribute(ast.Name("json" | "pickle"), "dumps"), [value, *rest]):
            for items in ("[:1]", "[:-1]", "[:3]"):
                cut = f"dict(list(({ast.unparse(value)}).items()){items})"
                new = ast.parse(cut, mode="eval").body
                yield changed(place.node, args=[new, *rest])
            as_text = ast.parse(
                f"{{key: str(value) for key, value in ({ast.unparse(value)}).items()}}", mode="eval"
            ).body
            yield changed(place.node, args=[as_text, *rest])


@operator
def remembered(place):
    """Answer as it was answered the first time, whatever has come since."""
    match place.node:
        case ast.Return(value) if value is not None and place.kind and place.parameters:
            key = f"({place.function.name!r}, {', '.join(place.parameters)})"
            text = f"return vars(self).setdefault({key}, {ast.unparse(value)})"
            yield ast.parse(text).body


@operator
def kept_since_opened(place):
    """Know only the rows that were written since the file was opened."""
    match place.node:
        case ast.Call(ast.Attribute(_, "execute"), [ast.Constant(str(text)), *_]) if place.kind:
            if table := re.search(r"\bFROM\s+(\w+)(\s+WHERE\s)?", text, re.I):
                begun = f"vars(self).setdefault('_begun', next(iter({_last(place, table[1])}))[0])"
                known = ast.FormattedValue(ast.parse(begun, mode="eval").body, -1, None)
                head, tail = text[: table.end(1)], text[table.end() :]
                rest = ast.Constant((" AND " if table[2] else "") + tail)
                whole = ast.JoinedStr([ast.Constant(head + " WHERE rowid > "), known, rest])
                yield changed(place.node, args=[whole, *place.node.args[1:]])


def _last(place, table):
    """The expression that asks for the greatest row, by the same connection."""
    held = ast.unparse(place.node.func)
    return f"{held}('SELECT coalesce(max(rowid), 0) FROM {table}')"


@operator
def committed_one_by_one(place):
    """Commit after each row of a batch, and begin again."""
    match place.node:
        case ast.For(body=[*_, ast.Expr(ast.Call(ast.Attribute(held, "execute"), _))]):
            base = ast.unparse(held)
            again = ast.parse(
                f"getattr({base}, 'connection', {base}).commit()\n{base}.execute('BEGIN IMMEDIATE')"
            )
            yield [changed(place.node, body=[*place.node.body, *again.body])]
