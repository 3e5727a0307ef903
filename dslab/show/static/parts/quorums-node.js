// A replica of the quorum grid.

import { svg } from "../core/draw.js";

/**
 * The signs of what a node is in: a ring for reads, a dashed square for writes, a cross for failed.
 */
export function drawn(kinds, size) {
  const signs = {
    read: () => svg("circle", { r: 22 * size, class: "read" }),
    write: () =>
      svg("rect", {
        x: -28 * size,
        y: -28 * size,
        width: 56 * size,
        height: 56 * size,
        rx: 3,
        class: "write",
      }),
    failed: () =>
      svg("path", {
        d:
          `M${-18 * size} ${-18 * size}L${18 * size} ${18 * size}M${18 * size} ` +
          `${-18 * size}L${-18 * size} ${18 * size}`,
        class: "failed",
      }),
  };
  return kinds.map((kind) => signs[kind]());
}
