// The space-time diagram on a canvas: lanes from top to bottom, time from left to right. It draws
// only what is in its window.

import { DASHES, FONT, SMALL, cross, fitted, head, html, line, sharpen } from "../core/draw.js";
import { upper } from "../core/run.js";
import { show } from "../core/values.js";
import { AXIS, Ground, LANE, TOP } from "../parts/space-time-ground.js";

const MANY = 200;

export default class SpaceTime extends Ground {
  static label = "Space-time diagram";
  static zooms = true;

  constructor(host) {
    super();
    const { run } = host;
    Object.assign(this, { host, run, from: 0, to: Math.max(run.end, 1000), opened: false });
    this.canvas = html("canvas", { tabindex: 0, role: "img" });
    this.element = html("div", { class: "picture" }, this.canvas);
    this.height = TOP + run.lanes.length * LANE + AXIS;
    this.styleOf = new Map(run.messageNames.map((name, place) => [name, place % DASHES.length]));
    this.nextCall = new Map(
      run.calls.map((call) => [
        call,
        run.calls.find((other) => other.lane === call.lane && other.begin > call.begin),
      ]),
    );
    this.listen();
  }

  listen() {
    const { canvas, host } = this;
    canvas.addEventListener("pointerdown", (event) => {
      this.dragging = true;
      canvas.setPointerCapture(event.pointerId);
      host.pause();
      host.go(this.stepNear(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.dragging) host.go(this.stepNear(event.offsetX, event.offsetY));
      else host.light(...this.under(event.offsetX, event.offsetY));
    });
    for (const end of ["pointerup", "pointercancel"])
      canvas.addEventListener(end, () => {
        this.dragging = false;
      });
    canvas.addEventListener("pointerleave", () => host.light());
  }

  /** The keys of what stands at (x, y): a message, a call or a node. */
  under(x, y) {
    if (x < this.left) {
      const lane = Math.floor((y - TOP) / LANE);
      return this.run.nodes[lane] === undefined ? [] : [`node ${this.run.nodes[lane]}`];
    }
    const call = this.run.calls.find(
      (each) =>
        Math.abs(this.y(each.lane) - y) < 11 &&
        this.x(each.begin) <= x &&
        x <= this.x(each.end ?? this.run.end),
    );
    if (call) return [`call ${call.event}`];
    let best = null,
      least = 6;
    for (const arrow of this.inWindow()) {
      for (const { time } of arrow.arrivals) {
        const away = distance(
          x,
          y,
          this.x(arrow.begin),
          this.y(arrow.from),
          this.x(time),
          this.y(arrow.to),
        );
        if (away < least) [best, least] = [arrow, away];
      }
    }
    return best ? [`message ${best.send}`] : [];
  }

  keys() {
    const on = (name) => () => {
      this.press(name);
      this.host.repaint();
    };
    return [
      ["+ −", "zoom in, zoom out", { "+": on("in"), "=": on("in"), "-": on("out") }],
      ["0", "the whole run", { 0: on("fit") }],
    ];
  }

  press(name) {
    const wide = this.to - this.from;
    ({
      in: () => this.window(wide / 1.6),
      out: () => this.window(wide * 1.6),
      fit: () => this.window(Infinity),
    })[name]?.();
  }

  get step() {
    return this.host.step;
  }
  get dark() {
    return this.host.dark;
  }

  resized(width) {
    this.width = width;
    this.pen = sharpen(this.canvas, width, this.height);
    this.pen.font = FONT;
    const longest = Math.max(...this.run.lanes.map((lane) => this.pen.measureText(lane).width));
    this.left = Math.max(longest + 26, this.run.speaks ? 78 : 0);
    this.right = 12;
    if (!this.opened) this.open();
  }

  /**
   * It opens on as many steps as can be told apart, from the start or around the moment that it is
   * to show.
   */
  open() {
    this.opened = true;
    // A run that takes another's place in this element, or stands beside it as a branch, keeps the
    // reader's window.
    if (this.host.memory?.window) return Object.assign(this, this.host.memory.window);
    const { run } = this,
      first = this.step,
      room = Math.round(this.width / 18);
    const last = Math.min(run.steps.length - 1, first + room),
      span = (run.stepTimes[last] ?? 0) - (run.stepTimes[Math.max(0, last - room)] ?? 0);
    this.window(
      Math.min(run.end || 1000, Math.max(20_000, span * 1.15)),
      run.stepTimes[first] ?? 0,
    );
  }

  /**
   * Show `span` µs around `time`, which stands at 60 % of the width; the window stays within the
   * run.
   */
  window(span, time = this.run.stepTimes[this.step] ?? 0) {
    const whole = Math.max(this.run.end * 1.04, 1000);
    const wide = Math.min(whole, Math.max(2000, span));
    this.from = Math.max(-wide * 0.02, Math.min(time - wide * 0.6, whole - wide));
    this.to = this.from + wide;
    (this.host.memory ??= {}).window = { from: this.from, to: this.to };
  }

  follow() {
    const time = this.run.stepTimes[this.step] ?? 0,
      span = this.to - this.from;
    if (time < this.from + span * 0.05 || time > this.to - span * 0.15) this.window(span, time);
  }

  hue(name) {
    return this.host.colors.hue(this.styleOf.get(name) ?? 0);
  }

  paint() {
    const { run } = this,
      pen = (this.pen = sharpen(this.canvas, this.width, this.height));
    this.follow();
    this.canvas.setAttribute(
      "aria-label",
      `Space-time diagram. ${run.steps.length ? run.sentence(this.step) : "Nothing happened."}`,
    );
    Object.assign(this, {
      ink: this.host.colors.ink,
      soft: this.host.colors.soft,
      faint: this.host.colors.faint,
      paper: this.host.colors.paper,
    });
    pen.fillStyle = this.paper;
    pen.fillRect(0, 0, this.width, this.height);
    this.now = run.steps.length ? run.steps[this.step] : { first: 0, end: 0, time: 0 };
    pen.save();
    pen.beginPath();
    pen.rect(this.left - 8, 0, this.width - this.left + 8, this.height);
    pen.clip();
    this.drawAxis();
    this.drawSpans();
    this.drawLanes();
    this.drawCalls();
    this.drawArrows();
    if (!this.layered) this.drawMarks();
    this.drawParting();
    this.drawPlayhead();
    pen.restore();
    this.drawNames();
  }

  drawArrows() {
    const { pen } = this,
      here = [],
      visible = [];
    for (const arrow of this.inWindow()) (this.touches(arrow) ? here : visible).push(arrow);
    const layered = visible.length > MANY;
    if (layered) this.drawLayers();
    // The current step's labels are placed first, then the nearest; others are left out where they
    // would cover one.
    this.taken = [];
    const labels = [],
      named = new Set();
    // Of many arrows, those under way now are drawn over the layers, and no label of theirs would
    // be read.
    for (const arrow of visible)
      if (!layered || (arrow.begin <= this.now.time && (arrow.end ?? Infinity) > this.now.time))
        this.drawArrow(arrow, false, labels);
    for (const arrow of here) this.drawArrow(arrow, true, labels);
    this.layered = layered;
    if (visible.length > 150) labels.splice(0, labels.length - here.length);
    const away = ({ x, current }) => (current ? -1 : Math.abs(x - this.x(this.now.time)));
    for (const label of labels.sort((one, other) => away(one) - away(other))) {
      const group = `${label.text} ${label.group}`;
      if (named.has(group) || !this.placeLabel(label)) continue;
      named.add(group);
    }
    pen.globalAlpha = 1;
  }

  /**
   * Many arrows and signs are drawn once for a window, as past and as future; each moment lays the
   * two beside each other.
   */
  drawLayers() {
    const { pen, canvas } = this,
      ratio = canvas.width / this.width,
      whole = (x) => Math.round(x * ratio);
    const now = Math.max(this.left, Math.min(this.width, this.x(this.now.time)));
    for (const [past, from, to] of [
      [true, whole(this.left - 8), whole(now)],
      [false, whole(now), canvas.width],
    ]) {
      if (to > from)
        pen.drawImage(
          this.layer(past),
          from,
          0,
          to - from,
          canvas.height,
          from / ratio,
          0,
          (to - from) / ratio,
          this.height,
        );
    }
  }

  layer(past) {
    const sign = [this.from, this.to, this.width, this.dark].join(),
      layer = ((this.layers ??= {})[past] ??= { canvas: document.createElement("canvas") });
    if (layer.sign === sign) return layer.canvas;
    const { pen } = this;
    layer.sign = sign;
    layer.canvas.width = 0; // Cleared.
    Object.assign(this, { pen: sharpen(layer.canvas, this.width, this.height), all: past });
    for (const arrow of this.inWindow()) this.drawArrow(arrow, false, []);
    this.drawMarks();
    Object.assign(this, { pen, all: null });
    return layer.canvas;
  }

  /** Whether something at `time` is drawn as past. */
  past(time) {
    return this.all ?? time <= this.now.time;
  }

  /** The arrows of which something is in the window. */
  *inWindow() {
    const { run } = this;
    for (
      let place = upper(this.begins(), this.from - run.longest - 1);
      place < run.arrows.length && run.arrows[place].begin <= this.to;
      place++
    ) {
      if ((run.arrows[place].end ?? this.to) >= this.from) yield run.arrows[place];
    }
  }

  begins() {
    this.arrowBegins ??= this.run.arrows.map((arrow) => arrow.begin);
    return this.arrowBegins;
  }

  /** Whether an arrow is lit, or leaves or arrives in the current step. */
  touches(arrow) {
    const { first, end } = this.now;
    return (
      this.host.lit.has(`message ${arrow.send}`) ||
      (arrow.send >= first && arrow.send < end) ||
      arrow.arrivals.some(({ event }) => event === first)
    );
  }

  drawArrow(arrow, current, labels) {
    const { pen } = this,
      style = this.styleOf.get(arrow.name) ?? 0,
      past = this.past(arrow.begin);
    const fromX = this.x(arrow.begin),
      fromY = this.y(arrow.from);
    const arrivals = arrow.arrivals.length ? arrow.arrivals : [{ time: null, lost: null }];
    for (const { time, lost, altered } of arrivals) {
      let toX = this.x(time ?? this.run.end),
        toY = this.y(arrow.to);
      if (arrow.from === arrow.to) {
        toY -= 1;
      }
      const instantly = lost !== null && time === arrow.begin;
      if (instantly) toX = fromX + 10;
      if (lost !== null) {
        toX = fromX + (toX - fromX) * 0.75;
        toY = fromY + (toY - fromY) * (instantly ? 0.35 : 0.75);
      }
      pen.globalAlpha = current ? 1 : past ? 0.62 : 0.32;
      pen.strokeStyle = pen.fillStyle =
        lost !== null || altered ? this.host.colors.bad : this.hue(arrow.name);
      pen.lineWidth = current ? 2.4 : 1.15;
      pen.setLineDash(DASHES[style]);
      line(pen, fromX, fromY, toX, toY);
      pen.setLineDash([]);
      if (lost !== null) cross(pen, toX, toY, current ? 5 : 3.5);
      else if (time !== null) head(pen, fromX, fromY, toX, toY, current ? 8 : 6);
      const text = arrow.name + (lost !== null ? ` (${lost})` : altered ? " (altered)" : "");
      labels.push({
        text,
        x: (fromX + toX) / 2,
        y: (fromY + toY) / 2,
        color: pen.fillStyle,
        alpha: pen.globalAlpha,
        current,
        group: current ? 0 : `${arrow.from} ${arrow.begin}`,
      });
    }
    pen.globalAlpha = 1;
  }

  /** Write a label beside its arrow, or at the nearest free place; false where there is none. */
  placeLabel({ text, x, y, color, alpha, current }) {
    const { pen } = this;
    pen.font = current ? `600 ${SMALL}` : SMALL;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const half = pen.measureText(text).width / 2 + 4;
    const middle = Math.min(this.width - 6 - half, Math.max(this.left + half, x));
    if (Math.abs(middle - x) > half + 20) return false;
    // Messages of one kind that lie close are told apart from others by their strokes: one name is
    // enough.
    if (
      !current &&
      this.taken.some(
        (box) => box.text === text && Math.abs(box.x - middle) < Math.min(110, this.width / 6),
      )
    )
      return false;
    const free = [y, y - 15, y + 15].find((at) =>
      this.taken.every(
        (box) => Math.abs(box.x - middle) >= box.half + half || Math.abs(box.y - at) >= 15,
      ),
    );
    if (free === undefined) return false;
    this.taken.push({ text, x: middle, y: free, half });
    pen.globalAlpha = Math.min(1, alpha + 0.3);
    pen.fillStyle = this.paper;
    pen.fillRect(middle - half, free - 7, half * 2, 14);
    pen.fillStyle = color;
    pen.fillText(text, middle, free + 0.5);
    return true;
  }

  drawMarks() {
    const { pen, run } = this;
    let free = 0; // Where the last words end: two at once would hide each other.
    for (const { event, kind, lane, time } of run.marks) {
      const x = this.x(time);
      if (x < this.left - 8 || x > this.width + 8) continue;
      pen.globalAlpha = this.past(time) ? 1 : 0.35;
      pen.fillStyle = pen.strokeStyle = this.ink;
      pen.lineWidth = 1.4;
      if (kind === "mark" || kind === "fault") {
        pen.font = SMALL;
        pen.textAlign = "left";
        pen.fillStyle = this.soft;
        const words = kind === "mark" ? `¶ ${run.payload(event)}` : `⚠ ${run.payload(event)[2]}`,
          from = Math.max(this.left, x);
        if (from >= free) {
          fitted(pen, words, from, 8, this.width - x - 6);
          free = from + Math.min(pen.measureText(words).width + 6, this.width - x - 6);
        }
        line(pen, x, 14, x, this.height - AXIS);
      } else this.drawSign(kind, x, this.y(lane));
    }
    pen.globalAlpha = 1;
  }

  drawSign(kind, x, y) {
    const { pen } = this;
    if (["fire", "act", "tell"].includes(kind)) {
      pen.beginPath();
      pen.moveTo(x, y - 5);
      pen.lineTo(x + 5, y);
      pen.lineTo(x, y + 5);
      pen.lineTo(x - 5, y);
      pen.closePath();
      pen.fillStyle = this.paper;
      pen.fill();
      pen.stroke();
    } else if (kind === "start" || kind === "restart") {
      pen.beginPath();
      pen.arc(x, y, 4, 0, 7);
      pen.fillStyle = this.paper;
      pen.fill();
      pen.stroke();
    } else if (kind === "crash") cross(pen, x, y, 6);
  }

  /** Where this branch parts from another one. */
  drawParting() {
    const { pen, run, host } = this,
      time = run.stepTimes[host.parting];
    if (time === undefined) return;
    const x = this.x(time);
    pen.strokeStyle = pen.fillStyle = host.colors.bad;
    pen.lineWidth = 1;
    for (const at of [x - 1.5, x + 1.5]) line(pen, at, 14, at, this.height - AXIS);
    pen.font = FONT;
    pen.textAlign = "center";
    pen.fillText("≠", x, this.height - AXIS - 6);
  }

  drawPlayhead() {
    const { pen, run } = this,
      x = this.x(this.now.time),
      lane = run.count ? run.place[this.now.first] : -1;
    pen.strokeStyle = this.host.colors.mark;
    pen.lineWidth = 1.2;
    pen.globalAlpha = 0.75;
    line(pen, x, 16, x, this.height - AXIS + 4);
    pen.globalAlpha = 1;
    if (lane < 0) return;
    pen.fillStyle = pen.strokeStyle;
    pen.beginPath();
    pen.arc(x, this.y(lane), 5, 0, 7);
    pen.fill();
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, this.y(lane), 9, 0, 7);
    pen.stroke();
  }

  drawNames() {
    const { pen, run } = this,
      last = this.now.end - 1;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    run.lanes.forEach((name, lane) => {
      const state = lane < run.nodes.length ? run.stateAfter(lane, last) : null,
        { leads, word } = state ? run.roleAfter(lane, last) : {},
        term = word ? run.fieldOf(state, run.pictured.term) : null;
      const text = word ? `${leads ? "★" : ""}${word}${term === null ? "" : ` ${show(term)}`}` : "";
      pen.fillStyle = this.ink;
      pen.font = `600 ${FONT}`;
      pen.fillText(name, 8, this.y(lane) - (text ? 7 : 0));
      pen.font = leads ? `600 ${SMALL}` : SMALL;
      pen.fillStyle = leads ? this.ink : this.soft;
      pen.fillText(text, 8, this.y(lane) + 8, this.left - 12);
    });
  }

  /** The step that a click at (x, y) means: the nearest in time, those of the lane first. */
  stepNear(x, y) {
    const { run } = this,
      time = this.timeAt(x),
      lane = Math.floor((y - TOP) / LANE);
    const reach = (this.to - this.from) * 0.02,
      near = run.stepAt(time);
    let best = near,
      least = Infinity;
    for (
      let step = Math.max(0, near - 200);
      step <= Math.min(run.steps.length - 1, near + 200);
      step++
    ) {
      const away =
        Math.abs(run.stepTimes[step] - time) +
        (run.place[run.steps[step].first] === lane ? 0 : reach);
      if (away < least) [best, least] = [step, away];
    }
    return best;
  }
}

/** How far (x, y) is from the stroke between two points. */
function distance(x, y, x1, y1, x2, y2) {
  const long = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1,
    along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / long));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
