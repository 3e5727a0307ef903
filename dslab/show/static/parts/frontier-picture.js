// The layers of a frontier plot, each a list of SVG elements or one of them: axes, limits, the
// frontier as a stair, and the points with their names.

import { svg } from "../core/draw.js";
import { show } from "../core/values.js";

const SHAPES = [
  "M0 -6A6 6 0 1 1 0 6A6 6 0 1 1 0 -6Z",
  "M-5.5 -5.5H5.5V5.5H-5.5Z",
  "M0 -7.5L7 5.5H-7Z",
  "M0 -8L8 0L0 8L-8 0Z",
  "M0 7.5L7 -5.5H-7Z",
  "M-2.4 -7H2.4V-2.4H7V2.4H2.4V7H-2.4V2.4H-7V-2.4H-2.4Z",
];
export const SIGNS = "●■▲◆▼✚",
  TOP = 26,
  BOTTOM = 42,
  RIGHT = 18,
  STEPS = 200;

export function grid(plot) {
  const made = [],
    { width, height, left } = plot;
  for (const tick of ticks(plot.range(plot.x), plot.isLog(plot.x), width / 110))
    made.push(
      svg("line", {
        class: "grid",
        x1: plot.across(tick),
        x2: plot.across(tick),
        y1: TOP,
        y2: height - BOTTOM,
      }),
      svg(
        "text",
        { x: plot.across(tick), y: height - BOTTOM + 15, "text-anchor": "middle" },
        show(tick),
      ),
    );
  for (const tick of ticks(plot.range(plot.y), plot.isLog(plot.y), height / 60))
    made.push(
      svg("line", {
        class: "grid",
        y1: plot.up(tick),
        y2: plot.up(tick),
        x1: left,
        x2: width - RIGHT,
      }),
      svg("text", { x: left - 6, y: plot.up(tick) + 4, "text-anchor": "end" }, show(tick)),
    );
  const better = (axis, less, more) => (plot.content.figures[axis].more ? more : less);
  made.push(
    svg(
      "text",
      { x: width - RIGHT, y: height - 8, "text-anchor": "end" },
      `${plot.axisName(plot.x)} · better ${better(plot.x, "←", "→")}`,
    ),
    svg("text", { x: 8, y: 14 }, `${plot.axisName(plot.y)} · better ${better(plot.y, "↓", "↑")}`),
  );
  return made;
}

export function limitLines(plot) {
  const made = [],
    [x, y] = [plot.limits[plot.x], plot.limits[plot.y]];
  if (x !== null)
    made.push(
      svg("line", {
        class: "limit",
        x1: plot.across(x),
        x2: plot.across(x),
        y1: TOP,
        y2: plot.height - BOTTOM,
      }),
    );
  if (y !== null)
    made.push(
      svg("line", {
        class: "limit",
        y1: plot.up(y),
        y2: plot.up(y),
        x1: plot.left,
        x2: plot.width - RIGHT,
      }),
    );
  return made;
}

/**
 * The frontier's corners from left to right, and the way from one to the next: with less being
 * better across, level and then up or down.
 */
function stair(plot) {
  const corners = plot.front.map((number) => plot.at(number)).sort(([one], [other]) => one - other),
    level = !plot.content.figures[plot.x].more;
  return {
    corners,
    way: corners
      .map(([x, y], place) => (place ? (level ? `H${x}V${y}` : `V${y}H${x}`) : `${x} ${y}`))
      .join(""),
    level,
  };
}

/** Between two runs of the frontier nothing is known to be had. */
export function edge(plot) {
  const { corners, way } = stair(plot);
  return corners.length < 2 ? [] : [svg("path", { class: "edge", d: `M${way}` })];
}

/**
 * Where a run of the frontier is at least as good in both figures: no run that stands here is a
 * choice.
 */
export function beaten(plot) {
  const { corners, way, level } = stair(plot);
  if (!corners.length) return [];
  const far = plot.content.figures[plot.y].more ? plot.height - BOTTOM : TOP,
    [left, right] = [plot.left, plot.width - RIGHT];
  return [
    svg("path", {
      class: "beaten",
      d: level
        ? `M${corners[0][0]} ${far}L${way}H${right}V${far}Z`
        : `M${left} ${far}V${corners[0][1]}L${way}V${far}Z`,
    }),
  ];
}

export function marks(plot) {
  return plot.shown.map((number) => {
    const [x, y] = plot.at(number),
      kind = plot.kindOf(number),
      fails = plot.fails(number).length > 0,
      front = plot.front.includes(number),
      color = fails ? plot.colors.soft : plot.colors.hue(kind);
    return svg(
      "g",
      { transform: `translate(${x} ${y})`, opacity: front ? 1 : 0.55 },
      svg("path", {
        d: SHAPES[kind % SHAPES.length],
        fill: front ? color : plot.colors.paper,
        stroke: color,
        "stroke-width": 1.6,
      }),
      ...(fails
        ? [svg("path", { d: "M-8 8L8 -8", stroke: plot.colors.bad, "stroke-width": 1.6 })]
        : []),
    );
  });
}

/** Names of the frontier's runs, where there is room. */
export function names(plot) {
  const taken = [],
    made = [],
    box = (number) => plot.at(number);
  for (const number of [...plot.front].sort(
    (one, other) => Number(other === plot.chosen) - Number(one === plot.chosen),
  )) {
    const { name } = plot.content.points[number],
      [x, y] = box(number),
      wide = name.length * 6.6,
      flip = x + wide + 14 > plot.width - 4;
    const left = flip ? x - wide - 12 : x + 12,
      free = [y - 9, y + 20, y + 4].find(
        (at) =>
          left > plot.left - 40 &&
          at > TOP &&
          taken.every(
            (other) =>
              left > other.left + other.wide ||
              other.left > left + wide ||
              Math.abs(other.at - at) > 13,
          ) &&
          plot.shown.every((other) => {
            const [px, py] = box(other);
            return (
              other === number ||
              px < left - 6 ||
              px > left + wide + 6 ||
              Math.abs(py - at + 4) > 11
            );
          }),
      );
    if (free === undefined) continue;
    taken.push({ left, wide, at: free });
    made.push(
      svg(
        "text",
        {
          class: "name",
          x: flip ? x - 12 : x + 12,
          y: free,
          "text-anchor": flip ? "end" : "start",
        },
        name,
      ),
    );
  }
  return made;
}

export function ring(plot) {
  const number = plot.pointed >= 0 ? plot.pointed : plot.chosen;
  if (!plot.shown.includes(number)) return [];
  const [x, y] = plot.at(number);
  return [svg("circle", { class: "ring", cx: x, cy: y, r: 12 })];
}

/** Round values within a range, about `count` of them. */
function ticks([low, high], log, count) {
  if (log && high / low > 8) {
    const all = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const factor of [1, 2, 5]) all.push(factor * 10 ** power);
    return all
      .filter((tick) => tick >= low && tick <= high)
      .map((tick) => Number(tick.toPrecision(6)));
  }
  const rough = (high - low || 1) / Math.max(2, count),
    power = 10 ** Math.floor(Math.log10(rough)),
    unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power,
    found = [];
  for (let tick = Math.ceil(low / unit - 1e-9); tick * unit <= high + 1e-9 * unit; tick++)
    found.push(Number((tick * unit).toPrecision(6)));
  return found;
}

/** From a value to a coordinate. */
export function scale([low, high], log, start, end) {
  const change = log ? Math.log10 : Number,
    from = change(low),
    span = change(high) - from || 1;
  return (value) => start + ((change(value) - from) / span) * (end - start);
}

/** A limit that reads well: to a two-hundredth of the range. */
export function rounded(value, span) {
  const unit = 10 ** Math.floor(Math.log10((span || 1) / STEPS));
  return Number((Math.round(value / unit) * unit).toPrecision(6));
}
