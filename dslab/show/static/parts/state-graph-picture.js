// The picture of a state graph on a canvas, in a window that zooms and moves. Only what is in the
// window is drawn.

import { SMALL, head, html, sharpen } from "../core/draw.js";
import { laidOut } from "./state-graph-layout.js";
import { ring, signs, states } from "./state-graph-stamps.js";

/**
 * More steps than this hide each other: then each state has the one that found it, and the chosen
 * state all of its own.
 */
const STEPS = 4000;
/** Where states stand so far apart (px), their numbers have room. */
const NUMBERED = 40;

const clamp = (zoom) => Math.max(1, Math.min(60, zoom));

/** Where one finger or two are, and how far apart. */
function grip([[x, y], [x2, y2] = [x, y]]) {
  return { x: (x + x2) / 2, y: (y + y2) / 2, apart: Math.hypot(x - x2, y - y2) };
}

export class Picture {
  constructor(host, graph) {
    Object.assign(this, { host, graph, zoom: 1, left: 0, top: 0 });
    this.canvas = html("canvas", { tabindex: 0, role: "img" });
    this.pointers();
  }

  resized(width) {
    this.width = width;
    Object.assign(this, laidOut(this.graph.layers, width), {
      zoom: 1,
      left: 0,
      top: 0,
      drawn: null,
    });
  }

  x(number) {
    return this.at[2 * number] * this.zoom + this.left;
  }
  y(number) {
    return this.at[2 * number + 1] * this.zoom + this.top;
  }
  get radius() {
    return Math.max(1.5, Math.min(13, this.pitch * 0.34 * this.zoom));
  }

  // The window.

  scale(factor, x = this.width / 2, y = this.height / 2) {
    const zoom = clamp(this.zoom * factor),
      by = zoom / this.zoom;
    this.left = x - (x - this.left) * by;
    this.top = y - (y - this.top) * by;
    this.zoom = zoom;
    this.within();
  }

  fit() {
    this.zoom = 1;
    this.within();
  }

  /** The picture never leaves its frame. */
  within() {
    this.left = Math.min(0, Math.max(this.width * (1 - this.zoom), this.left));
    this.top = Math.min(0, Math.max(this.height * (1 - this.zoom), this.top));
    this.canvas.style.touchAction = this.zoom > 1 ? "none" : "pan-y";
    this.host.repaint();
  }

  /** Move the window so that a state is well inside. */
  reveal(number) {
    const x = this.x(number),
      y = this.y(number),
      edge = Math.min(60, this.width / 5);
    if (x < edge || x > this.width - edge) this.left += this.width / 2 - x;
    if (y < edge || y > this.height - edge) this.top += this.height / 2 - y;
    this.within();
  }

  /**
   * One finger or the mouse: a tap chooses, a drag moves the window. Two fingers: the window zooms
   * and moves under them.
   */
  pointers() {
    const { canvas, host } = this,
      down = new Map();
    let held = null;
    const hold = () => {
      held = { ...grip([...down.values()]), left: this.left, top: this.top, zoom: this.zoom };
    };
    canvas.addEventListener("pointerdown", (event) => {
      down.set(event.pointerId, [event.offsetX, event.offsetY]);
      canvas.setPointerCapture(event.pointerId);
      this.moving ||= down.size > 1; // What two fingers touched is no choice.
      hold();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!down.has(event.pointerId)) return host.point(this.near(event.offsetX, event.offsetY));
      down.set(event.pointerId, [event.offsetX, event.offsetY]);
      const now = grip([...down.values()]);
      this.moving ||= Math.hypot(now.x - held.x, now.y - held.y) > 4;
      if (this.moving) this.drag(held, now);
    });
    const end = (event) => {
      const found =
        this.moving || event.type === "pointercancel"
          ? -1
          : this.near(event.offsetX, event.offsetY);
      down.delete(event.pointerId);
      if (down.size) return hold();
      this.moving = false;
      if (found >= 0) host.go(found);
      else host.repaint();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", () => host.point(-1));
    // Two fingers are for the graph: the page neither scrolls nor zooms under them.
    canvas.addEventListener(
      "touchmove",
      (event) => {
        if (event.touches.length > 1) event.preventDefault();
      },
      { passive: false },
    );
    canvas.addEventListener(
      "wheel",
      (event) => {
        // Pinching on a trackpad comes as a wheel with Control; a bare wheel scrolls the page.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.scale(Math.exp(-event.deltaY / 200), event.offsetX, event.offsetY);
      },
      { passive: false },
    );
  }

  /**
   * What was `held` (a place, how far apart the fingers were, and the window then) is `now` here.
   */
  drag(held, now) {
    const zoom = clamp(held.zoom * (held.apart ? now.apart / held.apart : 1)),
      by = zoom / held.zoom;
    Object.assign(this, {
      zoom,
      left: now.x - (held.x - held.left) * by,
      top: now.y - (held.y - held.top) * by,
    });
    this.within();
  }

  pan(x, y) {
    this.left += x;
    this.top += y;
    this.within();
  }

  /** The state at (x, y), or -1. */
  near(x, y) {
    let best = -1,
      least = Math.max(9, this.radius + 4);
    for (let number = 0; number < this.graph.count; number++) {
      const away = Math.hypot(this.x(number) - x, this.y(number) - y);
      if (away < least) [best, least] = [number, away];
    }
    return best;
  }

  // Drawing.

  /**
   * What lies still while a reader walks is drawn once for each window, and copied; while they move
   * the window, it is moved and stretched.
   */
  paint() {
    const { host, left, top, zoom } = this,
      now = [this.width, this.height, host.dark].join(" "),
      pen = sharpen(this.canvas, this.width, this.height);
    const moved = this.drawn?.left !== left || this.drawn.top !== top || this.drawn.zoom !== zoom;
    if (this.drawn?.now !== now || (!this.moving && moved)) {
      this.drawn = { now, left, top, zoom };
      this.ground ??= document.createElement("canvas");
      this.pen = sharpen(this.ground, this.width, this.height);
      this.drawGround();
    }
    this.pen = pen;
    pen.fillStyle = host.colors.paper;
    pen.fillRect(0, 0, this.width, this.height);
    const by = zoom / this.drawn.zoom;
    pen.drawImage(
      this.ground,
      left - this.drawn.left * by,
      top - this.drawn.top * by,
      this.width * by,
      this.height * by,
    );
    this.drawChosen();
    this.drawSigns();
  }

  drawGround() {
    const { colors } = this.host,
      seen = [];
    this.pen.fillStyle = colors.paper;
    this.pen.fillRect(0, 0, this.width, this.height);
    for (let number = 0; number < this.graph.count; number++)
      if (this.sees(number)) seen.push(number);
    this.drawBands();
    this.drawSteps(seen);
    this.drawPath();
    this.stamps = [...states(this, seen), ...signs(this)].map(([stamp, numbers]) => [
      stamp,
      new Set(numbers),
    ]);
    for (const [stamp, numbers] of this.stamps) this.put(stamp, numbers);
    this.drawNumbers(seen);
  }

  /** The numbers by which the words and the panel name states, where they have room. */
  drawNumbers(seen) {
    if (this.pitch * this.zoom < NUMBERED) return;
    const {
        pen,
        host: { colors },
      } = this,
      off = this.radius + (this.down ? 9 : 11);
    Object.assign(pen, {
      font: SMALL,
      textAlign: this.down ? "left" : "center",
      textBaseline: "middle",
      fillStyle: colors.soft,
      strokeStyle: colors.paper,
      lineWidth: 3,
    });
    for (const number of seen) {
      const at = [
        String(number + 1),
        this.x(number) + (this.down ? off : 0),
        this.y(number) + (this.down ? 0 : off),
      ];
      pen.strokeText(...at);
      pen.fillText(...at);
    }
  }

  sees(number) {
    const x = this.x(number),
      y = this.y(number);
    return x > -30 && x < this.width + 30 && y > -30 && y < this.height + 30;
  }

  put({ canvas, half }, numbers) {
    for (const number of numbers)
      if (this.sees(number))
        this.pen.drawImage(
          canvas,
          this.x(number) - half,
          this.y(number) - half,
          2 * half,
          2 * half,
        );
  }

  /**
   * How far from a start each layer is, and, where layers are folded, a ground for every other one.
   */
  drawBands() {
    const {
        pen,
        host: { colors },
      } = this,
      [length, origin] = this.down ? [this.width, this.top] : [this.height, this.left],
      pad = this.pitch * 0.7;
    let free = -Infinity;
    pen.font = SMALL;
    pen.textBaseline = "middle";
    pen.textAlign = this.down ? "left" : "center";
    for (const [depth, [from, to]] of this.bands.entries()) {
      const start = (from - pad) * this.zoom + origin,
        end = (to + pad) * this.zoom + origin,
        middle = (start + end) / 2;
      pen.fillStyle = colors.tint;
      if (depth % 2 && this.bands.some(([one, other]) => other > one))
        pen.fillRect(
          ...(this.down ? [0, start, length, end - start] : [start, 0, end - start, length]),
        );
      if (middle < free) continue;
      free = middle + 20;
      pen.fillStyle = colors.soft;
      pen.fillText(String(depth), this.down ? 4 : middle, this.down ? middle : 11);
    }
  }

  drawSteps(seen) {
    const { graph, pen } = this,
      { starts, to, found, depth } = graph;
    this.drawsAll =
      seen.reduce((sum, number) => sum + starts[number + 1] - starts[number], 0) <= STEPS;
    pen.strokeStyle = this.host.dark ? "#5b6570" : "#b3bcc6";
    pen.lineWidth = this.radius > 5 ? 1 : 0.5;
    pen.globalAlpha = this.drawsAll ? 1 : 0.6;
    const on = [],
      back = [];
    if (this.drawsAll)
      for (const one of seen)
        for (let edge = starts[one]; edge < starts[one + 1]; edge++)
          (depth[to[edge]] > depth[one] ? on : back).push([one, to[edge]]);
    else for (const one of seen) if (found[one] >= 0) on.push([found[one], one]);
    this.strokes(on, false);
    pen.setLineDash([3, 3]);
    this.strokes(back, true);
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  strokes(pairs, bent) {
    for (let at = 0; at < pairs.length; at += 100) {
      // A path of thousands of lines is slower than its parts.
      this.pen.beginPath();
      for (const [one, other] of pairs.slice(at, at + 100)) this.trace(one, other, bent);
      this.pen.stroke();
    }
  }

  /** Add a step to the pen's path: straight, or bent where it leads back. */
  trace(one, other, bent = false) {
    const x1 = this.x(one),
      y1 = this.y(one),
      x2 = this.x(other),
      y2 = this.y(other);
    this.pen.moveTo(x1, y1);
    if (bent) this.pen.quadraticCurveTo(...this.bend(x1, y1, x2, y2), x2, y2);
    else this.pen.lineTo(x2, y2);
  }

  bend(x1, y1, x2, y2) {
    const flat = Math.hypot(x2 - x1, y2 - y1) || 1,
      out = Math.min(40, flat * 0.25);
    return [(x1 + x2) / 2 + ((y2 - y1) / flat) * out, (y1 + y2) / 2 - ((x2 - x1) / flat) * out];
  }

  arrow(one, other, color, width) {
    const { pen, graph } = this,
      bent = graph.depth[other] <= graph.depth[one],
      x2 = this.x(other),
      y2 = this.y(other);
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = width;
    pen.beginPath();
    this.trace(one, other, bent);
    pen.stroke();
    const [fromX, fromY] = bent
      ? this.bend(this.x(one), this.y(one), x2, y2)
      : [this.x(one), this.y(one)];
    const angle = Math.atan2(y2 - fromY, x2 - fromX),
      off = this.radius + 1;
    head(
      pen,
      fromX,
      fromY,
      x2 - Math.cos(angle) * off,
      y2 - Math.sin(angle) * off,
      4 + width * 1.6,
    );
  }

  drawPath() {
    const { path } = this.graph;
    for (let place = 1; place < path.length; place++)
      this.arrow(path[place - 1], path[place], this.host.colors.bad, this.radius > 5 ? 3 : 2);
  }

  drawChosen() {
    const { host, graph } = this,
      { starts, to } = graph,
      shown = host.shown;
    for (let edge = starts[shown]; edge < starts[shown + 1]; edge++)
      this.arrow(
        shown,
        to[edge],
        host.colors.mark,
        shown === host.chosen && edge === host.step ? 3.4 : 1.3,
      );
    const touched = [shown, ...to.slice(starts[shown], starts[shown + 1])];
    for (const [stamp, numbers] of this.stamps)
      this.put(
        stamp,
        touched.filter((number) => numbers.has(number)),
      );
  }

  /** The signs of what the reader has found, points at and has chosen. */
  drawSigns() {
    const { host } = this,
      { colors } = host;
    this.put(ring(this, colors.warn, 2.2, 4), host.matches);
    if (host.pointed >= 0) this.put(ring(this, colors.mark, 1.5, 4), [host.pointed]);
    this.put(ring(this, colors.mark, 3, 4), [host.chosen]);
  }
}
