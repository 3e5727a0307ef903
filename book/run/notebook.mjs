// The reader's version of a chapter as a notebook file.

const lines = (text) => text.split(/(?<=\n)/);

/**
 * The chapter's notebook with the reader's text and outputs. Cells that did not run keep the book's
 * outputs.
 */
export function asNotebook(published, cells) {
  const notebook = structuredClone(published),
    own = new Map(cells.map((cell) => [cell.id, cell]));
  for (const cell of notebook.cells) {
    const mine = own.get(cell.id);
    if (!mine) continue;
    cell.source = lines(mine.text);
    if (mine.status === "elsewhere")
      cell.metadata = { ...cell.metadata, dslab: { recorded: mine.why } };
    if (mine.outputs === null) {
      if (mine.edited) Object.assign(cell, { outputs: [], execution_count: null });
      continue;
    }
    cell.execution_count = mine.count;
    cell.outputs = mine.outputs.map((output) => stored(output, mine.count));
  }
  return JSON.stringify(notebook, null, 1) + "\n";
}

function stored(output, count) {
  if (output.output_type === "stream") return { ...output, text: lines(output.text) };
  if (output.output_type === "error") return output;
  const data = {};
  for (const [kind, value] of Object.entries(output.data)) {
    // A live control is of no use without the session that made it.
    if (kind !== "application/vnd.jupyter.widget-view+json")
      data[kind] = typeof value === "string" && !kind.includes("json") ? lines(value) : value;
  }
  return {
    ...output,
    data,
    metadata: output.metadata ?? {},
    ...(output.output_type === "execute_result" ? { execution_count: count } : {}),
  };
}

export function download(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
