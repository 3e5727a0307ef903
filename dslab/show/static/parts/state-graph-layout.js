// Where the states of a graph stand: layers by distance from a start, from left to right, or
// downwards where it is narrow. A layer with more states than stand in one line is folded into
// several, so that up to 5,000 states have cells of one size to themselves.

/** Between layers, in cells. */
const GAP = 1.6;
/**
 * Cells of this size (px) are large enough not to fold a layer; none is larger than the largest.
 */
const ENOUGH = 24,
  LARGEST = 46;

/**
 * { down, height, pitch, at: [x, y, x, y …], bands: [from, to] of each layer } for a picture of
 * this width, in pixels.
 */
export function laidOut(layers, width) {
  const down = width < 520,
    most = down ? 460 : 400,
    along = (down ? most : width) - 56,
    across = (down ? width : most) - 40;
  const { pitch, rows, lines, cells } = folded(layers, along, across),
    wide = Math.min(along / Math.max(1, cells), pitch * 2.6),
    high = Math.min(across / rows, pitch * 1.8);
  const height = Math.round(
      down ? Math.min(most, wide * cells + 64) : Math.min(most, Math.max(150, high * rows + 40)),
    ),
    middle = (down ? width : height) / 2;
  const at = new Float32Array(2 * layers.reduce((sum, each) => sum + each, 0)),
    bands = [];
  let from = ((down ? height : width) - wide * cells) / 2,
    number = 0;
  for (const [depth, count] of layers.entries()) {
    const used = Math.ceil(count / lines[depth]),
      to = from + (lines[depth] - 1) * wide;
    for (let each = 0; each < count; each++, number++) {
      const u = from + (each % lines[depth]) * wide,
        v = middle + (Math.floor(each / lines[depth]) - (used - 1) / 2) * high;
      at.set(down ? [v, u] : [u, v], 2 * number);
    }
    bands.push([from, to]);
    from = to + GAP * wide;
  }
  return { down, height, pitch, at, bands };
}

/**
 * How many states stand in a line at most, so that cells become as large as can be: { rows, lines:
 * of each layer, cells, pitch }.
 */
function folded(layers, along, across) {
  let best = { pitch: 0 };
  for (let rows = Math.max(...layers); rows > 0 && best.pitch < ENOUGH; rows--) {
    const lines = layers.map((count) => Math.ceil(count / rows)),
      cells = lines.reduce((sum, each) => sum + each - 1, 0) + GAP * (lines.length - 1);
    const pitch = Math.min(along / Math.max(1, cells), across / rows, LARGEST);
    if (pitch > best.pitch + 1e-9) best = { pitch, rows, lines, cells };
  }
  return best;
}
