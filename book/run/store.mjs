// What is the reader's: edits of cells and scores. Kept in this browser; where it can't be, kept
// while the tab is open.

const memory = new Map();
let trouble = "";
const listeners = new Set();

/** `tell(sentence)` is called when storage fails. */
export function onTrouble(tell) {
  listeners.add(tell);
  if (trouble) tell(trouble);
}

export const failing = () => trouble !== "";

function fails(error) {
  const full = error?.name === "QuotaExceededError" || error?.code === 22;
  trouble =
    `This browser's storage is ${full ? "full" : "blocked"}: what you write is ` +
    "kept only while this tab is open. Download the notebook to keep it.";
  for (const tell of listeners) tell(trouble);
}

export function read(key) {
  if (memory.has(key)) return memory.get(key);
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch (error) {
    if (!(error instanceof SyntaxError)) fails(error);
    return null;
  }
}

export function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    memory.delete(key);
  } catch (error) {
    memory.set(key, value);
    fails(error);
  }
}

export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch (error) {
    fails(error);
  }
}

/** The keys that begin with `prefix`. */
export function keys(prefix) {
  const found = new Set([...memory.keys()].filter((key) => key.startsWith(prefix)));
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) found.add(key);
  } catch (error) {
    fails(error);
  }
  return [...found].sort();
}

const EDIT = "dslab:edit:",
  OLD = "dslab:old:";

export const editKey = (page, id) => `${EDIT}${page}:${id}`;
export const editKeys = (page) => keys(`${EDIT}${page}:`);

/**
 * Move the edit at `key`, whose cell has changed in the book, to where the next edit of this cell
 * doesn't overwrite it.
 */
export function putAside(key) {
  const edit = read(key);
  write(`${OLD}${key.slice(EDIT.length)}:${edit.hash}`, edit);
  remove(key);
}

/** The edits put aside for the cell at `key`: [[their own key, edit]]. */
export const aside = (key) =>
  keys(`${OLD}${key.slice(EDIT.length)}:`)
    .map((each) => [each, read(each)])
    .filter(([, edit]) => typeof edit?.text === "string");

/**
 * A short name for a text, to see whether it has changed: FNV-1a over its UTF-16, twice, 16
 * hexadecimal digits.
 */
export function hash(text) {
  let a = 0x811c9dc5,
    b = 0x01000193;
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193) >>> 0;
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - at), 0x85ebca6b) >>> 0;
  }
  return a.toString(16).padStart(8, "0") + b.toString(16).padStart(8, "0");
}

// Scores: one record for each exercise of each chapter, {score, of, title, best, when}.

const SCORE = "dslab:score:";

export function keepScore(page, { exercise, title, score, of }) {
  const key = `${SCORE}${page}:${exercise}`,
    before = read(key);
  write(key, {
    title,
    score,
    of,
    best: Math.max(score, before?.of === of ? before.best : 0),
    when: new Date().toISOString(),
  });
}

/** {page: {exercise: record}} */
export function scores() {
  const all = {};
  for (const key of keys(SCORE)) {
    const [page, exercise] = key.slice(SCORE.length).split(":");
    const record = read(key);
    if (exercise && valid(record)) (all[page] ??= {})[exercise] = record;
  }
  return all;
}

export function forgetScores() {
  for (const key of keys(SCORE)) remove(key);
}

function valid(record) {
  return (
    record !== null &&
    typeof record === "object" &&
    [record.score, record.of, record.best].every(Number.isFinite) &&
    record.of > 0 &&
    record.best >= 0 &&
    record.best <= record.of
  );
}

/** All scores and edits as one text, to take elsewhere. */
export function exported() {
  const entries = {};
  for (const key of keys("dslab:")) entries[key] = read(key);
  return JSON.stringify({ format: "dslab-progress", version: 1, entries }, null, 1);
}

/**
 * Take over what `exported` wrote: the better score stays, and an edit made here stays. Throws a
 * sentence.
 */
export function imported(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error(
      "This file is cut short, or is no progress file: choose one that this page exported.",
    );
  }
  if (
    data?.format !== "dslab-progress" ||
    typeof data.entries !== "object" ||
    data.entries === null
  )
    throw new Error("This file is no progress file: choose one that this page exported.");
  if (data.version !== 1)
    throw new Error(
      `This file has version ${data.version}, and this page reads version 1: export ` +
        "it again from a page of the same age.",
    );
  let scores = 0,
    edits = 0;
  for (const [key, value] of Object.entries(data.entries)) {
    const here = read(key);
    if (key.startsWith(SCORE) && valid(value)) {
      if (!valid(here) || here.of !== value.of || value.best > here.best) write(key, value);
      scores += 1;
    } else if (
      (key.startsWith(EDIT) || key.startsWith(OLD)) &&
      typeof value?.text === "string" &&
      typeof value.hash === "string"
    ) {
      if (here === null) write(key, value);
      edits += 1;
    }
  }
  return { scores, edits };
}
