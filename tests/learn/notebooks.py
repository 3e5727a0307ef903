"""Notebooks as a reader hands them in."""

import json
from pathlib import Path


def notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of these code cells."""
    markdown = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Chapter"]}
    code = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": cell.splitlines(True),
        }
        for number, cell in enumerate(cells)
    ]
    form = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    path.write_text(json.dumps(form | {"cells": [markdown, *code]}))
    return path
