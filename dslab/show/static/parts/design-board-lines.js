// A requirement of a design board: whether it is met, in words and on a strip of all designs.

import { html, svg } from "../core/draw.js";

const round = (number) => Number(number.toPrecision(4));

/**
 * All designs on the requirement's figure: what is asked for as a ground, and this one as the
 * large sign.
 */
function strip(board, number, value) {
  const { limit, more } = board.content.requirements[number],
    values = board.content.table
      .map((row) => row?.[number] ?? null)
      .filter((each) => each !== null),
    [low, high] = [Math.min(limit, ...values), Math.max(limit, ...values)];
  const log = low > 0 && high / low > 20,
    change = log ? Math.log : Number,
    part = (each) => (change(each) - change(low)) / (change(high) - change(low) || 1),
    at = (each) => `${(3 + 94 * part(each)).toFixed(2)}%`;
  return svg(
    "svg",
    { class: "strip", "aria-hidden": "true" },
    svg("line", { class: "track", x1: "0%", x2: "100%", y1: 10, y2: 10 }),
    svg("rect", {
      class: "wanted",
      x: more ? at(limit) : "0%",
      y: 3,
      width: more ? `${100 - parseFloat(at(limit))}%` : at(limit),
      height: 14,
    }),
    svg("line", { class: "limit", x1: at(limit), x2: at(limit), y1: 2, y2: 18 }),
    ...[...new Set(values)].map((each) =>
      svg("circle", { class: "other", cx: at(each), cy: 10, r: 2.5 }),
    ),
    ...(value === null
      ? []
      : [
          svg(
            "svg",
            { x: at(value), y: 10, overflow: "visible" },
            svg("path", {
              class: "here",
              d: board.met(number, value) ? "M0 -7L7 0L0 7L-7 0Z" : "M-6 -6H6V6H-6Z",
            }),
          ),
        ]),
  );
}

export function line(board, number, value) {
  const { name } = board.content.requirements[number],
    met = board.met(number, value);
  return html(
    "div",
    { class: `requirement ${met ? "" : "missed"}` },
    html(
      "p",
      { class: "sign", "aria-label": met ? "met" : "missed", role: "img" },
      met ? "✓" : "✗",
    ),
    html("p", { class: "name" }, name),
    html("p", { class: "by" }, by(board, number, value)),
    strip(board, number, value),
  );
}

export function by(board, number, value) {
  const { figure, limit, more } = board.content.requirements[number],
    wanted = `${more ? "at least" : "at most"} ${board.value(number, limit)}`;
  if (value === null) return `${figure}: the run has no figure; ${wanted} is asked`;
  const off = round(Math.abs(value - limit)),
    margin =
      off === 0
        ? "just so"
        : board.met(number, value)
          ? `${board.value(number, off)} to spare`
          : `${board.value(number, off)} too ${more ? "little" : "much"}`;
  return `${figure} ${board.value(number, value)}, ${wanted}: ${margin}`;
}
