// Values of a run in words, as dslab/values.py says them.

export function milliseconds(microseconds) {
  const tenths = Math.floor((microseconds + 50) / 100);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

export function show(value) {
  if (value === null || value === undefined) return "–";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (typeof value === "string") return value === "" ? "''" : value;
  if (typeof value === "number")
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (Array.isArray(value)) return `(${value.map(show).join(", ")})`;
  if (value.$ === "set") return `{${value.items.map(show).join(", ")}}`;
  const pairs = Object.entries(value).filter(([key]) => key !== "$");
  if (!value.$)
    return (
      "{" + pairs.map(([key, item]) => `${key === "" ? "''" : key}: ${show(item)}`).join(", ") + "}"
    );
  return pairs.length
    ? `${value.$}(${pairs.map(([key, item]) => `${key}=${show(item)}`).join(", ")})`
    : value.$;
}

/** A value without the names of its fields. */
export function terse(value) {
  if (!value || typeof value !== "object" || value.$ === "set") return show(value);
  if (Array.isArray(value)) return `(${value.map(terse).join(", ")})`;
  if (value.$)
    return Object.entries(value)
      .filter(([key]) => key !== "$")
      .map(([, item]) => terse(item))
      .join(" ");
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}: ${terse(item)}`)
    .join(", ")}}`;
}

/** The class of a message or timer, such as "RequestVote". */
export function className(value) {
  return value && typeof value === "object" && value.$ ? value.$ : show(value);
}
