"""Small tables: as text in a terminal, as HTML in a notebook and on a page."""

from html import escape

from dslab.errors import DslabError
from dslab.values import show

__all__ = ["Table", "states", "table"]

#: Characters beyond which a value is read as words, not at a glance.
SENTENCE = 32


class Table:
    """Rows under named columns; values are shown as `dslab.values.show` does."""

    def __init__(self, columns, rows, caption: str = ""):
        self.columns = [str(column) for column in columns]
        self.rows = [
            [value if isinstance(value, str) else show(value) for value in row] for row in rows
        ]
        self.caption = caption
        for row in self.rows:
            if len(row) != len(self.columns):
                raise DslabError(
                    f"a row of {len(row)} values ({', '.join(row)}) doesn't fit "
                    f"{len(self.columns)} columns."
                )

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows)]
        lines = [self.columns, ["─" * width for width in widths], *self.rows]
        text = [
            " │ ".join(value.ljust(width) for value, width in zip(line, widths)).rstrip()
            for line in lines
        ]
        return "\n".join(([self.caption] if self.caption else []) + text)

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        # A column of sentences keeps a width at which they can be read; the table is scrolled where
        # a screen is narrower.
        words = [
            ' class="words"' if max(map(len, column)) > SENTENCE else ""
            for column in zip(*self.rows)
        ]
        body = "".join(
            "<tr>"
            + "".join(
                f'<th scope="row"{words[place]}>{escape(value)}</th>'
                if place == 0
                else f"<td{words[place]}>{escape(value)}</td>"
                for place, value in enumerate(row)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return (
            f'<table class="dslab-table">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )


def table(rows, columns=None, caption: str = "") -> Table:
    """A table of dicts that all have the same keys, or of tuples under `columns`."""
    rows = list(rows)
    if columns is None:
        if not rows or not all(isinstance(row, dict) for row in rows):
            raise DslabError(
                "table(rows) takes dicts; for tuples, name the columns: table(rows, columns=(…))."
            )
        columns = list(rows[0])
        rows = [[row.get(column) for column in columns] for row in rows]
    return Table(columns, rows, caption)


def states(cluster, *fields: str) -> Table:
    """Each node's fields at this moment, all or those named; a node that is down says so."""
    known = cluster.node_class.fields
    for field in fields:
        if field not in known:
            raise DslabError(
                f"{cluster.node_class.__name__} has no field {field!r}: it has {', '.join(known)}."
            )
    fields = fields or tuple(known)
    rows = [
        [name]
        + (["down"] * len(fields) if node is None else [getattr(node, field) for field in fields])
        for name, node in cluster.nodes.items()
    ]
    return Table(["node", *fields], rows, f"at {cluster.now:.0f} ms")
