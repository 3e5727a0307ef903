// What a reader does stays on the reader's machine, where the browser lets it: private windows and
// full disks may not.

const PREFIX = "dslab:";

/** The value kept under `name`, or null. */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/**
 * Keep `value` under `name`; false where the browser keeps nothing, so that the widget can say so.
 */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** The values kept under names that begin with `start`, as [name, value]. */
export function kept(start) {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(PREFIX + start))
      .sort()
      .map((name) => [name.slice(PREFIX.length), recall(name.slice(PREFIX.length))]);
  } catch {
    return [];
  }
}
