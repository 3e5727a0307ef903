// <dslab-frontier>: runs as points between two figures, and the frontier of those that no other run
// beats. Data:
//
//     figures  [{ name, unit, more: whether more is better, log: whether its axis is logarithmic at first }]
//     points   [{ name, config: texts, values: a number or null for each figure }]; config: names; series: a number of config, or null
//     x, y     numbers of the figures that are shown at first
//
// A point is beaten where another is at least as good on both axes and better on one. Limits grey
// points out, and what they leave has a frontier of its own.

import { css } from "./core/css.js";
import { html, svg } from "./core/draw.js";
import { show } from "./core/run.js";
import { BadData, Widget, define } from "./core/widget.js";

const SHAPES = [
  "M0 -6A6 6 0 1 1 0 6A6 6 0 1 1 0 -6Z",
  "M-5.5 -5.5H5.5V5.5H-5.5Z",
  "M0 -7.5L7 5.5H-7Z",
  "M0 -8L8 0L0 8L-8 0Z",
  "M0 7.5L7 -5.5H-7Z",
  "M-2.4 -7H2.4V-2.4H7V2.4H2.4V7H-2.4V2.4H-7V-2.4H-2.4Z",
];
const SIGNS = "●■▲◆▼✚",
  TOP = 26,
  BOTTOM = 42,
  RIGHT = 18,
  STEPS = 200;

class Frontier extends Widget {
  static format = "dslab-frontier";
  static style = css(new URL("./frontier.css", import.meta.url));

  load(data) {
    super.load(data);
    const { figures, points, x, y } = data,
      whole = (number, list) => Number.isInteger(number) && list[number] !== undefined;
    const fits =
      Array.isArray(figures) &&
      Array.isArray(points) &&
      points.length &&
      whole(x, figures) &&
      whole(y, figures) &&
      points.every(
        (point) =>
          point.values?.length === figures.length &&
          point.values.every((value) => value === null || Number.isFinite(value)),
      );
    if (!fits)
      throw new BadData("The data of these runs is cut short or damaged: run its cell again.");
    Object.assign(this, {
      x,
      y,
      logs: figures.map((figure) => figure.log),
      limits: figures.map(() => null),
      chosen: -1,
      pointed: -1,
    });
    this.kinds =
      data.series === null ? [] : [...new Set(points.map((point) => point.config[data.series]))];
  }

  build() {
    const { content: data } = this,
      title = data.title || "Trade-off";
    this.body.setAttribute("aria-label", `Frontier ${this.number}: ${title}`);
    this.picture = svg("svg", { tabindex: 0, role: "img" });
    for (const [kind, act] of [
      ["pointermove", (at) => this.point(at)],
      ["pointerleave", () => this.point(-1)],
      [
        "click",
        (at) => {
          if (at >= 0) this.choose(at);
        },
      ],
    ])
      this.picture.addEventListener(kind, (event) => act(this.near(event)));
    this.rows = html("tbody");
    this.body.append(
      html("p", { class: "title" }, title),
      (this.hint = html("p", { class: "hint" })),
      html(
        "div",
        { class: "picture" },
        this.picture,
        (this.legend = html("div", { class: "legend" })),
      ),
      (this.sentence = html("p", { class: "sentence", role: "status", "aria-live": "polite" })),
      this.axes(),
      this.limiting(),
      html(
        "details",
        { class: "account" },
        html("summary", {}, `All ${data.points.length} runs as a table`),
        html(
          "div",
          {
            class: "scroll",
            tabindex: 0,
            role: "region",
            "aria-label": `The runs of frontier ${this.number}`,
          },
          html(
            "table",
            {},
            html(
              "thead",
              {},
              html(
                "tr",
                {},
                ...[
                  ...data.config,
                  ...data.figures.map((_, axis) => this.axisName(axis)),
                  "frontier",
                ].map((name) => html("th", { scope: "col" }, name)),
              ),
            ),
            this.rows,
          ),
        ),
      ),
    );
  }

  axes() {
    const choice = (axis, label) =>
      html(
        "label",
        {},
        `${label} `,
        html(
          "select",
          {
            "aria-label": `${label} axis`,
            onchange: (event) => {
              this[axis] = Number(event.target.value);
              this.sync();
            },
          },
          ...this.content.figures.map((figure, number) =>
            html("option", { value: number, selected: this[axis] === number }, figure.name),
          ),
        ),
      );
    const log = (axis, label) =>
      html(
        "label",
        {},
        (this[`${axis}Log`] = html("input", {
          type: "checkbox",
          "aria-label": `${label} axis logarithmic`,
          onchange: (event) => {
            this.logs[this[axis]] = event.target.checked;
            this.sync();
          },
        })),
        "log",
      );
    const bar = html(
      "div",
      { class: "controls axes", role: "group", "aria-label": "Axes" },
      choice("x", "Across"),
      log("x", "Across"),
      choice("y", "Up"),
      log("y", "Up"),
    );
    this.sync();
    return bar;
  }

  sync() {
    for (const axis of ["x", "y"]) {
      this[`${axis}Log`].disabled = !this.above(this[axis]);
      this[`${axis}Log`].checked = this.isLog(this[axis]);
    }
    this.repaint();
  }

  /** A slider for each figure: its loosest end is no limit. */
  limiting() {
    return html(
      "details",
      { open: matchMedia("(min-width: 520px)").matches },
      html("summary", {}, "Limits: what must hold"),
      html(
        "div",
        { class: "limits" },
        ...this.content.figures.flatMap((figure, axis) => {
          const said = html("output", {}, "no limit"),
            id = `limit${axis}`,
            [low, high] = this.range(axis),
            loose = figure.more ? 0 : STEPS;
          const range = html("input", {
            id,
            type: "range",
            min: 0,
            max: STEPS,
            step: 1,
            value: loose,
            oninput: () => {
              const place = Number(range.value);
              this.limits[axis] =
                place === loose
                  ? null
                  : rounded(
                      this.isLog(axis)
                        ? low * (high / low) ** (place / STEPS)
                        : low + ((high - low) * place) / STEPS,
                      high - low,
                    );
              said.textContent =
                this.limits[axis] === null
                  ? "no limit"
                  : `${figure.more ? "at least" : "at most"} ${this.say(axis, this.limits[axis])}`;
              range.setAttribute("aria-valuetext", said.textContent);
              this.repaint();
            },
          });
          range.setAttribute("aria-valuetext", "no limit");
          return [html("label", { for: id }, figure.name), range, said];
        }),
      ),
    );
  }

  keys() {
    return [
      [
        "← →",
        "the next run across",
        { ArrowLeft: () => this.walk("x", -1), ArrowRight: () => this.walk("x", 1) },
      ],
      [
        "↑ ↓",
        "the next run up",
        { ArrowUp: () => this.walk("y", 1), ArrowDown: () => this.walk("y", -1) },
      ],
    ];
  }

  key(event) {
    if (event.composedPath()[0] === this.picture) super.key(event);
  }

  // Figures.

  value(number, axis) {
    return this.content.points[number].values[axis];
  }
  above(axis) {
    return this.content.points.every(({ values }) => values[axis] === null || values[axis] > 0);
  }
  isLog(axis) {
    return this.logs[axis] && this.above(axis);
  }
  say(axis, value) {
    return value === null
      ? "–"
      : `${show(value)}${this.content.figures[axis].unit ? ` ${this.content.figures[axis].unit}` : ""}`;
  }
  axisName(axis) {
    return `${this.content.figures[axis].name}${this.content.figures[axis].unit ? ` (${this.content.figures[axis].unit})` : ""}`;
  }

  range(axis) {
    const values = this.content.points
      .map(({ values }) => values[axis])
      .filter((value) => value !== null);
    return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  }

  /** The limits that a run fails, as numbers of figures; a figure that it lacks fails any. */
  fails(number) {
    return this.limits.flatMap((limit, axis) =>
      limit !== null &&
      (this.value(number, axis) === null ||
        (this.content.figures[axis].more
          ? this.value(number, axis) < limit
          : this.value(number, axis) > limit))
        ? [axis]
        : [],
    );
  }

  /** Whether run `one` is at least as good as `other` on both axes, and better on one. */
  beats(one, other) {
    const gains = [this.x, this.y].map(
      (axis) =>
        (this.value(one, axis) - this.value(other, axis)) *
        (this.content.figures[axis].more ? 1 : -1),
    );
    return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
  }

  judge() {
    const all = this.content.points.map((_, number) => number);
    this.shown = all.filter(
      (number) => this.value(number, this.x) !== null && this.value(number, this.y) !== null,
    );
    this.passing = this.shown.filter((number) => !this.fails(number).length);
    this.front = this.passing.filter(
      (number) => !this.passing.some((other) => this.beats(other, number)),
    );
  }

  // Choosing a run.

  at(number) {
    return [this.across(this.value(number, this.x)), this.up(this.value(number, this.y))];
  }

  near(event) {
    const box = this.picture.getBoundingClientRect(),
      x = event.clientX - box.left,
      y = event.clientY - box.top;
    let best = -1,
      least = event.pointerType === "touch" ? 28 : 16; // A finger is wide.
    for (const number of this.shown ?? []) {
      const [px, py] = this.at(number),
        away = Math.hypot(px - x, py - y);
      if (away < least) [best, least] = [number, away];
    }
    return best;
  }

  point(number) {
    if (number === this.pointed) return;
    this.pointed = number;
    this.repaint();
  }

  choose(number) {
    this.chosen = number;
    this.pointed = -1;
    this.repaint();
  }

  walk(axis, by) {
    const other = axis === "x" ? "y" : "x",
      order = [...this.shown].sort(
        (one, two) =>
          this.value(one, this[axis]) - this.value(two, this[axis]) ||
          this.value(one, this[other]) - this.value(two, this[other]) ||
          one - two,
      );
    const place = order.indexOf(this.chosen);
    if (order.length)
      this.choose(
        order[
          place < 0
            ? by > 0
              ? 0
              : order.length - 1
            : Math.max(0, Math.min(order.length - 1, place + by))
        ],
      );
  }

  // Painting.

  paint() {
    this.judge();
    this.height = this.width < 520 ? 300 : 360;
    this.left = 52;
    this.across = scale(
      this.range(this.x),
      this.isLog(this.x),
      this.left + 14,
      this.width - RIGHT - 10,
    );
    this.up = scale(this.range(this.y), this.isLog(this.y), this.height - BOTTOM - 12, TOP + 12);
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.picture.setAttribute("height", this.height);
    this.picture.replaceChildren(
      ...this.grid(),
      ...this.beaten(),
      ...this.limitLines(),
      ...this.edge(),
      ...this.marks(),
      ...this.names(),
      ...this.ring(),
    );
    this.tell();
  }

  grid() {
    const made = [],
      { width, height, left } = this;
    for (const tick of ticks(this.range(this.x), this.isLog(this.x), width / 110))
      made.push(
        svg("line", {
          class: "grid",
          x1: this.across(tick),
          x2: this.across(tick),
          y1: TOP,
          y2: height - BOTTOM,
        }),
        svg(
          "text",
          { x: this.across(tick), y: height - BOTTOM + 15, "text-anchor": "middle" },
          show(tick),
        ),
      );
    for (const tick of ticks(this.range(this.y), this.isLog(this.y), height / 60))
      made.push(
        svg("line", {
          class: "grid",
          y1: this.up(tick),
          y2: this.up(tick),
          x1: left,
          x2: width - RIGHT,
        }),
        svg("text", { x: left - 6, y: this.up(tick) + 4, "text-anchor": "end" }, show(tick)),
      );
    const better = (axis, less, more) => (this.content.figures[axis].more ? more : less);
    made.push(
      svg(
        "text",
        { x: width - RIGHT, y: height - 8, "text-anchor": "end" },
        `${this.axisName(this.x)} · better ${better(this.x, "←", "→")}`,
      ),
      svg("text", { x: 8, y: 14 }, `${this.axisName(this.y)} · better ${better(this.y, "↓", "↑")}`),
    );
    return made;
  }

  limitLines() {
    const made = [],
      [x, y] = [this.limits[this.x], this.limits[this.y]];
    if (x !== null)
      made.push(
        svg("line", {
          class: "limit",
          x1: this.across(x),
          x2: this.across(x),
          y1: TOP,
          y2: this.height - BOTTOM,
        }),
      );
    if (y !== null)
      made.push(
        svg("line", {
          class: "limit",
          y1: this.up(y),
          y2: this.up(y),
          x1: this.left,
          x2: this.width - RIGHT,
        }),
      );
    return made;
  }

  /**
   * The frontier's corners from left to right, and the way from one to the next: with less being
   * better across, level and then up or down.
   */
  stair() {
    const corners = this.front
        .map((number) => this.at(number))
        .sort(([one], [other]) => one - other),
      level = !this.content.figures[this.x].more;
    return {
      corners,
      way: corners
        .map(([x, y], place) => (place ? (level ? `H${x}V${y}` : `V${y}H${x}`) : `${x} ${y}`))
        .join(""),
      level,
    };
  }

  /** Between two runs of the frontier nothing is known to be had. */
  edge() {
    const { corners, way } = this.stair();
    return corners.length < 2 ? [] : [svg("path", { class: "edge", d: `M${way}` })];
  }

  /**
   * Where a run of the frontier is at least as good in both figures: no run that stands here is a
   * choice.
   */
  beaten() {
    const { corners, way, level } = this.stair();
    if (!corners.length) return [];
    const far = this.content.figures[this.y].more ? this.height - BOTTOM : TOP,
      [left, right] = [this.left, this.width - RIGHT];
    return [
      svg("path", {
        class: "beaten",
        d: level
          ? `M${corners[0][0]} ${far}L${way}H${right}V${far}Z`
          : `M${left} ${far}V${corners[0][1]}L${way}V${far}Z`,
      }),
    ];
  }

  marks() {
    return this.shown.map((number) => {
      const [x, y] = this.at(number),
        kind = this.kindOf(number),
        fails = this.fails(number).length > 0,
        front = this.front.includes(number),
        color = fails ? this.colors.soft : this.colors.hue(kind);
      return svg(
        "g",
        { transform: `translate(${x} ${y})`, opacity: front ? 1 : 0.55 },
        svg("path", {
          d: SHAPES[kind % SHAPES.length],
          fill: front ? color : this.colors.paper,
          stroke: color,
          "stroke-width": 1.6,
        }),
        ...(fails
          ? [svg("path", { d: "M-8 8L8 -8", stroke: this.colors.bad, "stroke-width": 1.6 })]
          : []),
      );
    });
  }

  /** Names of the frontier's runs, where there is room. */
  names() {
    const taken = [],
      made = [],
      box = (number) => this.at(number);
    for (const number of [...this.front].sort(
      (one, other) => Number(other === this.chosen) - Number(one === this.chosen),
    )) {
      const { name } = this.content.points[number],
        [x, y] = box(number),
        wide = name.length * 6.6,
        flip = x + wide + 14 > this.width - 4;
      const left = flip ? x - wide - 12 : x + 12,
        free = [y - 9, y + 20, y + 4].find(
          (at) =>
            left > this.left - 40 &&
            at > TOP &&
            taken.every(
              (other) =>
                left > other.left + other.wide ||
                other.left > left + wide ||
                Math.abs(other.at - at) > 13,
            ) &&
            this.shown.every((other) => {
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

  ring() {
    const number = this.pointed >= 0 ? this.pointed : this.chosen;
    if (!this.shown.includes(number)) return [];
    const [x, y] = this.at(number);
    return [svg("circle", { class: "ring", cx: x, cy: y, r: 12 })];
  }

  kindOf(number) {
    return this.content.series === null
      ? 0
      : this.kinds.indexOf(this.content.points[number].config[this.content.series]);
  }

  // Words.

  tell() {
    const { content: data } = this,
      [x, y] = [this.x, this.y].map((axis) => data.figures[axis].more),
      corner = x ? (y ? "↗" : "↘") : y ? "↖" : "↙";
    this.hint.textContent = `Each sign is a run, and better is towards ${corner}. In the grey, a run of the frontier is better. Choose a run to see its figures, other axes, or limits to see what they leave.`;
    const number = this.pointed >= 0 ? this.pointed : this.chosen,
      words = number >= 0 ? this.about(number) : this.overall();
    if (this.sentence.textContent !== words) this.sentence.textContent = words;
    this.picture.setAttribute(
      "aria-label",
      `Trade-off between ${data.figures[this.x].name} and ${data.figures[this.y].name}. ${words}`,
    );
    this.legend.replaceChildren(
      ...this.kinds.map((kind, place) =>
        html(
          "span",
          {},
          html("span", { style: `color:${this.colors.hue(place)}` }, SIGNS[place % SIGNS.length]),
          ` ${kind}`,
        ),
      ),
      html("span", {}, "filled: on the frontier"),
      html("span", {}, "hollow: another run beats it"),
      ...(this.limits.some((limit) => limit !== null)
        ? [html("span", {}, "struck out: fails a limit")]
        : []),
    );
    this.rows.replaceChildren(
      ...data.points.map((point, place) => {
        const front = this.front.includes(place),
          fails = this.fails(place);
        return html(
          "tr",
          { class: `${front ? "" : "dim"} ${fails.length ? "fails" : ""}` },
          ...point.config.map((text, column) =>
            html(column ? "td" : "th", column ? {} : { scope: "row" }, text),
          ),
          ...point.values.map((value) => html("td", {}, value === null ? "–" : show(value))),
          html(
            "td",
            {},
            fails.length
              ? `✗ ${fails.map((axis) => data.figures[axis].name).join(", ")}`
              : front
                ? "✓"
                : "",
          ),
        );
      }),
    );
  }

  overall() {
    const { content: data } = this,
      missing = data.points.length - this.shown.length,
      names = this.front.map((number) => data.points[number].name);
    const left =
      this.passing.length < this.shown.length
        ? `${this.passing.length} of ${this.shown.length} runs are within the limits. `
        : "";
    return `${left}${names.length ? `On the frontier between ${data.figures[this.x].name} and ${data.figures[this.y].name}: ${names.join(", ")}.${names.length < this.passing.length ? ` Each other run is beaten by ${names.length > 1 ? "one of them" : "it"}.` : ""}` : "No run is within the limits."}${missing ? ` ${missing === 1 ? "One run lacks" : `${missing} runs lack`} one of these figures.` : ""}`;
  }

  about(number) {
    const { content: data } = this,
      point = data.points[number],
      fails = this.fails(number),
      by = this.passing.find((other) => this.beats(other, number));
    const figures = data.figures
      .map((figure, axis) => `${figure.name} ${this.say(axis, point.values[axis])}`)
      .join(", ");
    const word = fails.length
      ? `fails the limit of ${fails.map((axis) => data.figures[axis].name).join(" and ")}`
      : by === undefined
        ? "on the frontier"
        : `${data.points[by].name} beats it`;
    return `${data.config.map((name, place) => `${name} ${point.config[place]}`).join(", ")}: ${figures}; ${word}.`;
  }
}

/** From a value to a coordinate. */
function scale([low, high], log, start, end) {
  const change = log ? Math.log10 : Number,
    from = change(low),
    span = change(high) - from || 1;
  return (value) => start + ((change(value) - from) / span) * (end - start);
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

/** A limit that reads well: to a two-hundredth of the range. */
function rounded(value, span) {
  const unit = 10 ** Math.floor(Math.log10((span || 1) / STEPS));
  return Number((Math.round(value / unit) * unit).toPrecision(6));
}

define("dslab-frontier", Frontier);
