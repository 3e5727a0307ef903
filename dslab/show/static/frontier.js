// <dslab-frontier>: runs as points between two figures, and the frontier of those that no other run
// beats. Data:
//
//     figures  [{ name, unit, more: whether more is better, log: whether its axis is logarithmic at
//              first }]
//     points   [{ name, config: texts, values: a number or null for each figure }]; config: names;
//              series: a number of config, or null
//     x, y     numbers of the figures that are shown at first
//
// A point is beaten where another is at least as good on both axes and better on one. Limits grey
// points out, and what they leave has a frontier of its own.

import { css } from "./core/css.js";
import { html, svg } from "./core/draw.js";
import { show } from "./core/values.js";
import { BadData, Widget, define } from "./core/widget.js";
import {
  BOTTOM,
  RIGHT,
  SIGNS,
  STEPS,
  TOP,
  beaten,
  edge,
  grid,
  limitLines,
  marks,
  names,
  ring,
  rounded,
  scale,
} from "./parts/frontier-picture.js";

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
      : `${show(value)}` +
          (this.content.figures[axis].unit ? ` ${this.content.figures[axis].unit}` : "");
  }
  axisName(axis) {
    return (
      `${this.content.figures[axis].name}` +
      (this.content.figures[axis].unit ? ` (${this.content.figures[axis].unit})` : "")
    );
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
      ...grid(this),
      ...beaten(this),
      ...limitLines(this),
      ...edge(this),
      ...marks(this),
      ...names(this),
      ...ring(this),
    );
    this.tell();
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
    this.hint.textContent =
      `Each sign is a run, and better is towards ${corner}. In the grey, a run of ` +
      "the frontier is better. Choose a run to see its figures, other axes, or " +
      "limits to see what they leave.";
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
    const lack = missing === 1 ? "One run lacks" : `${missing} runs lack`,
      without = missing ? ` ${lack} one of these figures.` : "";
    if (!names.length) return `${left}No run is within the limits.${without}`;
    const axes = `${data.figures[this.x].name} and ${data.figures[this.y].name}`,
      others =
        names.length < this.passing.length
          ? ` Each other run is beaten by ${names.length > 1 ? "one of them" : "it"}.`
          : "";
    return `${left}On the frontier between ${axes}: ${names.join(", ")}.${others}${without}`;
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
    return (
      `${data.config.map((name, place) => `${name} ${point.config[place]}`).join(", ")}` +
      `: ${figures}; ${word}.`
    );
  }
}

define("dslab-frontier", Frontier);
