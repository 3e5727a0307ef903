// What the clients saw: each call a bar, with the run's faults over the same time, and in each bar
// the moment at which the call took effect: its linearization point, to be dragged or moved by
// keys. At each drop the order of the points is replayed on one copy.
//
// It reads the calls of any run. Attributes of the element, as in play(run, "history",
// model="queue"):
//
//     model   the sequential object, a name in parts/history-models.js; by default the first that
//             knows all operations of the run
//     core    the numbers of the invoke events of a smallest bad core, which play(verdict,
//             "history") gives
//
// A call without an answer may have taken effect at any later moment or never: its point is left
// out until somebody places it.

import { css } from "../core/css.js";
import { faults, ground, operations, readable, rows, shorten } from "../parts/history-calls.js";
import { html, svg } from "../core/draw.js";
import { MODELS, fitting, replay, suggest } from "../parts/history-models.js";
import { Points } from "../parts/history-points.js";
import { upper } from "../core/run.js";
import { BAR, ROW, account, bar, legend, tools } from "../parts/history-elements.js";

const FAULT = 20,
  AXIS = 24,
  HEAD = 104,
  MOST = 1000,
  WIDEST = 8000,
  TAIL = 80;

export default class History {
  static label = "Client operations";
  static style = css(new URL("./history.css", import.meta.url));
  static zooms = true;

  static lacks({ calls }, host) {
    const model = host.getAttribute("model");
    if (model && !MODELS[model])
      return (
        `There is no model “${model}” of a sequential object: choose ` +
        `${Object.keys(MODELS).join(", ")}.`
      );
    if (!calls.length)
      return "No client called anything in this run, so there is no history to show.";
    return calls.length > MOST
      ? `This run has ${calls.length.toLocaleString("en")} calls, more than can be ` +
          "told apart here: show a part of it."
      : null;
  }

  constructor(host) {
    const { run } = host,
      core = new Set((host.getAttribute("core") ?? "").split(" ").filter(Boolean).map(Number));
    Object.assign(this, { host, run, scale: null, faults: faults(run), calls: operations(run) });
    for (const call of this.calls) call.core = core.has(call.invoked);
    this.rows = rows(this.calls, run.lanes);
    this.movable = this.calls.filter(({ outcome }) => outcome !== "fail");
    this.points = new Points(this.movable);
    this.begins = this.calls.map(({ begin }) => begin);
    this.models = fitting(this.movable);
    this.model = host.getAttribute("model") ?? this.models[0];
    this.top = this.faults.length * FAULT + 4;
    this.height = this.top + this.rows.length * ROW + AXIS;
    this.build();
    this.check(false);
  }

  // The elements.

  build() {
    const { host, run } = this;
    this.names = html("div", {
      class: "who",
      "aria-hidden": "true",
      style: `height:${this.height}px`,
    });
    this.faults.forEach(([name], row) =>
      this.names.append(
        html("span", { class: "soft", style: `top:${row * FAULT}px;height:${FAULT}px` }, name),
      ),
    );
    this.rows.forEach((who, row) =>
      this.names.append(
        html(
          "span",
          { style: `top:${this.top + row * ROW}px;height:${BAR}px` },
          this.rows.indexOf(who) < row ? html("small", {}, "↳ again") : who,
        ),
      ),
    );
    this.svg = svg("svg", {
      role: "group",
      "aria-label": `Client operations of run ${host.number}: ${run.title}`,
      height: this.height,
    });
    ((this.under = svg("g")),
      (this.over = svg("g")),
      (this.path = svg("path", { class: "path" })),
      (this.head = svg("line", { class: "head", y1: 0, y2: this.height - AXIS + 4 })));
    for (const call of this.calls) bar(this, call);
    this.svg.append(
      svg(
        "defs",
        {},
        svg(
          "pattern",
          {
            id: "down",
            width: 7,
            height: 7,
            patternUnits: "userSpaceOnUse",
            patternTransform: "rotate(45)",
          },
          svg("rect", { width: 7, height: 7, class: "ground" }),
          svg("line", { y2: 7, class: "stripe" }),
        ),
      ),
      this.under,
      ...this.calls.map(({ bar }) => bar),
      this.path,
      this.over,
      ...this.movable.map(({ point }) => point),
      this.head,
    );
    this.box = html("div", { class: "calls" }, this.names, this.svg);
    this.element = html(
      "div",
      { class: "history" },
      tools(this),
      this.box,
      (this.word = html("p", { class: "word", role: "status", "aria-live": "polite" })),
      legend(this),
      account(this),
    );
    this.movable[0]?.point.setAttribute("tabindex", 0);
    this.listen();
  }

  listen() {
    const { svg: picture, host } = this,
      of = (event) => event.target.closest?.(".point")?.call,
      over = (event) => (event.target.closest?.(".point, .bar") ?? {}).call;
    picture.addEventListener("pointerdown", (event) => {
      const call = of(event);
      if (!call) return this.scrub(event);
      event.preventDefault();
      call.point.focus({ preventScroll: true });
      picture.setPointerCapture(event.pointerId);
      this.held = { call, from: event.clientX, moved: false };
    });
    picture.addEventListener("pointermove", (event) => {
      if (!this.held)
        return event.buttons
          ? this.scrub(event)
          : host.light(...(over(event) ? [`call ${over(event).invoked}`] : []));
      if (Math.abs(event.clientX - this.held.from) > 3) this.held.moved = true;
      if (!this.held.moved) return;
      this.points.place(this.held.call, this.timeAt(event));
      this.draw();
    });
    picture.addEventListener("pointerup", () => {
      const { held } = this;
      this.held = null;
      if (held?.moved) this.check(true);
      else if (held?.call.returned === null) this.toggle(held.call);
    });
    picture.addEventListener("pointercancel", () => {
      this.held = null;
      this.check(true);
    });
    picture.addEventListener("pointerleave", () => host.light());
    picture.addEventListener("focusin", (event) => {
      if (of(event)) {
        this.rove(of(event));
        host.light(`call ${of(event).invoked}`);
      }
    });
    picture.addEventListener("focusout", () => host.light());
    picture.addEventListener("keydown", (event) => this.key(event, of(event)));
    this.box.addEventListener(
      "scroll",
      () => {
        this.left = this.box.scrollLeft;
      },
      { passive: true },
    );
  }

  keys() {
    return [
      ["← →", "on a point: past the neighbouring point", {}],
      ["↑ ↓", "on a point: to the point of another call", {}],
      ["Enter", "on a call without an answer: place it, leave it out", {}],
      [
        "+ −",
        "zoom in, zoom out",
        {
          "+": () => this.host.press("in"),
          "=": () => this.host.press("in"),
          "-": () => this.host.press("out"),
        },
      ],
      ["0", "the whole run", { 0: () => this.host.press("fit") }],
    ];
  }

  key(event, call) {
    if (
      !call ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter"].includes(event.key)
    )
      return;
    event.preventDefault();
    event.stopPropagation(); // Outside the points these keys step through the run.
    const at = this.movable.indexOf(call);
    if (event.key === "Enter") return call.returned === null ? this.toggle(call) : undefined;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const next = this.movable[at + (event.key === "ArrowDown" ? 1 : -1)];
      next?.point.focus({ preventScroll: true });
      if (next) this.bring(next.time);
      return;
    }
    if (!this.points.order.includes(call))
      return this.say(`${call.words} is left out: Enter places it.`);
    const stopped = this.points.pass(call, event.key === "ArrowRight" ? 1 : -1);
    if (stopped)
      return this.say(
        `${call.words} can’t pass ${stopped.words}: one was over before the other was called.`,
      );
    if (stopped === null)
      return this.say(`${call.words} is ${event.key === "ArrowRight" ? "last" : "first"} already.`);
    this.check(true);
    this.draw();
    this.bring(call.time);
  }

  rove(call) {
    for (const other of this.movable)
      if (other.point.getAttribute("tabindex") === "0") other.point.setAttribute("tabindex", -1);
    call.point.setAttribute("tabindex", 0);
  }

  toggle(call) {
    if (this.points.order.includes(call)) this.points.leave(call);
    else this.points.place(call, (call.begin + call.end) / 2);
    this.check(true);
    this.draw();
  }

  scrub(event) {
    this.host.pause();
    this.host.go(this.run.stepAt(this.timeAt(event)));
  }

  timeAt(event) {
    return (event.clientX - this.svg.getBoundingClientRect().left - 14) / this.scale;
  }

  // The checker's word.

  check(aloud) {
    const { order } = this.points,
      model = MODELS[this.model];
    this.wrong = model ? replay(model, order) : null;
    const out = this.movable.length - order.length,
      left = !out
        ? ""
        : out === 1
          ? " One call without an answer is left out."
          : ` ${out} calls without an answer are left out.`;
    const bad = this.wrong && order[this.wrong.place];
    this.verdict = !model
      ? "No model knows all of these operations (" +
        `${[...new Set(this.movable.map(({ f }) => f))].join(", ")}), so an order ` +
        "can’t be checked."
      : bad
        ? `✗ Not in this order. Place ${this.wrong.place + 1}: ${bad.who}’s ${bad.asked} ` +
          `${this.wrong.why}.${left}`
        : `✓ This order is legal: one copy, asked in this order, would have answered so.${left}`;
    this.say(this.verdict, bad ? "no" : model ? "yes" : "");
    if (aloud) this.host.repaint();
    this.dirty = true;
  }

  say(words, kind = null) {
    if (kind !== null) this.word.className = `word ${kind}`;
    this.word.textContent = words;
  }

  suggest() {
    const { order } = suggest(MODELS[this.model], this.movable),
      cores = this.calls.filter(({ core }) => core).length;
    if (order) {
      this.points.take(order);
      this.check(true);
      this.draw();
    } else if (order === null)
      this.say(
        "✗ No order of these calls is legal." +
          (cores
            ? ` The ${cores === 1 ? "call" : `${cores} calls`} marked ◆ alone can’t be put ` +
              "into any."
            : ""),
        "no",
      );
    else
      this.say(
        "There are more orders than can be tried here: whether one is legal is not " +
          "decided. Python’s checker has a larger budget.",
        "",
      );
  }

  /** The order as a list, while it is open. */
  tell() {
    if (!this.details.open) return;
    this.list.replaceChildren(
      ...this.points.order.map((call, place) =>
        html("li", {}, `${call.words}${this.wrong?.place === place ? ` — ${this.wrong.why}` : ""}`),
      ),
    );
  }

  // Painting.

  press(name) {
    const middle = ((this.left ?? 0) + this.room / 2) / this.scale;
    this.scale =
      { in: this.scale * 1.6, out: Math.max(this.fit, this.scale / 1.6), fit: this.fit }[name] ??
      this.scale;
    this.lay();
    this.box.scrollLeft = this.left = middle * this.scale - this.room / 2;
    this.host.repaint();
  }

  resized(width) {
    const head = width < 480 ? 76 : HEAD;
    this.names.style.width = `${head}px`;
    this.room = width - head;
    this.fit = (this.room - 28 - TAIL) / Math.max(this.run.end, 1000);
    this.scale ??= Math.min(readable(this.calls), WIDEST / Math.max(this.run.end, 1000));
    this.scale = Math.max(this.scale, this.fit);
    this.lay();
    if (this.opened) return;
    this.opened = true;
    const now = this.run.stepTimes[this.host.step] ?? 0,
      first = this.begins[0] ?? 0;
    this.box.scrollLeft = this.left = Math.max(
      0,
      this.x(Math.max(now, first)) - (now > first ? this.room / 2 : 30),
    );
  }

  x(time) {
    return 14 + time * this.scale;
  }

  /** Everything that a change of the scale moves. */
  lay() {
    const wide = Math.max(this.room, 28 + TAIL + this.run.end * this.scale),
      next = new Map();
    this.svg.setAttribute("width", wide);
    for (const call of [...this.calls].reverse()) {
      const x = this.x(call.begin),
        width = Math.max(4, this.x(call.end) - x + (call.returned === null ? 10 : 0)),
        room = (next.get(call.row) ?? wide) - x - 8;
      call.box.setAttribute("x", x);
      call.box.setAttribute("width", width);
      call.label.setAttribute("x", x + 5);
      call.label.textContent = shorten(
        `${call.core ? "◆ " : ""}${call.text}`,
        Math.max(room, 0) / 6.1,
      );
      next.set(call.row, x);
    }
    this.under.replaceChildren(
      ...ground(this.faults, {
        x: (time) => this.x(time),
        scale: this.scale,
        wide,
        end: this.run.end,
        top: this.top,
        foot: this.height - AXIS,
        row: FAULT,
      }),
    );
    this.draw();
  }

  /** The points, and the line through them in their order. */
  draw() {
    const { order } = this.points,
      y = (call) => this.top + call.row * ROW + 26;
    const places = new Map(order.map((call, place) => [call, place]));
    for (const call of this.movable) {
      const place = places.get(call) ?? -1,
        x = place < 0 ? this.x(call.begin) + 12 : this.x(call.time),
        wrong = this.wrong?.place === place && place >= 0;
      call.point.setAttribute("transform", `translate(${x.toFixed(1)} ${y(call)})`);
      call.point.setAttribute("class", `point${place < 0 ? " out" : ""}${wrong ? " wrong" : ""}`);
      call.number.textContent = place < 0 ? "–" : place + 1;
      this.describe(call, place, wrong);
    }
    this.path.setAttribute(
      "d",
      order
        .map((call, place) => `${place ? "L" : "M"}${this.x(call.time).toFixed(1)} ${y(call)}`)
        .join(""),
    );
  }

  describe({ point }, place, wrong) {
    const { order } = this.points,
      told =
        place < 0
          ? "left out"
          : [
              `place ${place + 1} of ${order.length}`,
              place && `after ${order[place - 1].words}`,
              place < order.length - 1 && `before ${order[place + 1].words}`,
              wrong && `impossible here: it ${this.wrong.why}`,
            ]
              .filter(Boolean)
              .join(", ");
    for (const [name, value] of [
      ["min", place < 0 ? 0 : 1],
      ["max", Math.max(order.length, 1)],
      ["now", place + 1],
    ])
      point.setAttribute(`aria-value${name}`, value);
    point.setAttribute("aria-valuetext", told);
  }

  paint() {
    const { run, host } = this,
      now = run.stepTimes[host.step] ?? 0,
      began = upper(this.begins, now);
    if (this.dirty) {
      this.dirty = false;
      this.draw();
      this.tell();
    }
    for (
      let at = Math.min(began, this.began ?? 0);
      at < Math.max(began, this.began ?? this.calls.length);
      at++
    )
      this.calls[at].bar.classList.toggle("later", at >= began);
    this.began = began;
    this.head.setAttribute("transform", `translate(${this.x(now).toFixed(1)} 0)`);
    if (this.step !== undefined && this.step !== host.step) this.bring(now);
    this.step = host.step;
    for (const call of this.lit ?? []) call.bar.classList.remove("lit");
    this.lit = host.lit.size
      ? this.calls.filter(({ invoked }) => host.lit.has(`call ${invoked}`))
      : [];
    for (const call of this.lit) call.bar.classList.add("lit");
  }

  bring(time) {
    const x = this.x(time),
      left = this.left ?? 0;
    if (x < left + 10 || x > left + this.room - 20)
      this.box.scrollLeft = this.left = Math.max(0, x - this.room / 2);
  }
}
