// The cluster at one moment: nodes on a ring, clients outside it, messages on their way, timers as
// arcs that shrink, cuts as walls.
//
// A node is asked whether it leads and for its role in a word, and its class says which fields are
// its term, its log and its commit index (dslab/node.py). The other badges are its first numbers; a
// node that says nothing is shown by its name and these. With `live` at the element, what is chosen
// can be acted upon (parts/stage-palette.js).

import { css } from "../core/css.js";
import { html, svg } from "../core/draw.js";
import { Palette } from "../parts/stage-palette.js";
import { groupsOf } from "../core/run.js";
import { className, milliseconds, show } from "../core/values.js";
import { StagePlan } from "../parts/stage-plan.js";
import { SHAPES } from "../parts/stage-shapes.js";
import { World } from "../parts/stage-world.js";
import { laneElement, settleClient, settleNode } from "../parts/stage-lanes.js";

const worlds = new WeakMap(); // One for each run, however many stages show it.
let count = 0;

export default class Stage {
  static label = "Cluster stage";
  static style = css(new URL("./stage.css", import.meta.url));

  static lacks(run) {
    return run.nodes.length ? null : "This run has no nodes, so there is no stage to show.";
  }

  constructor(host) {
    const { run } = host;
    if (!worlds.has(run)) worlds.set(run, new World(run));
    Object.assign(this, {
      host,
      run,
      world: worlds.get(run),
      id: `stage-${++count}`,
      moving: new Map(),
    });
    // What was chosen survives a new run in the same element: that is what acting gives.
    this.memory = (host.memory ??= {}).stage ??= { chosen: null, also: [], focused: false };
    this.layers = Object.fromEntries(
      ["links", "walls", "tracks", "nodes", "messages"].map((name) => [
        name,
        svg("g", { class: name }),
      ]),
    );
    this.picture = svg("svg", { role: "group" }, this.patterns(), ...Object.values(this.layers));
    this.palette = new Palette(this);
    this.element = html(
      "div",
      { class: host.live ? "stage live" : "stage" },
      html("div", { class: "ring" }, this.picture, this.legend()),
      this.palette.element,
    );
    this.lanes = run.lanes.map((name, lane) => laneElement(this, name, lane));
    this.layers.nodes.append(...this.lanes.map(({ outer }) => outer));
    this.layers.links.addEventListener("click", (event) => this.chooseLink(event));
    this.element.addEventListener("focusin", () => {
      this.memory.focused = true;
    });
    // Where the focus went, once it is there. That an acted-upon run takes its elements with it is
    // no leaving.
    this.element.addEventListener("focusout", () =>
      setTimeout(() => {
        if (this.element.isConnected)
          this.memory.focused = this.element.contains(this.element.getRootNode().activeElement);
      }),
    );
  }

  keys() {
    return [
      [
        "↑ ↓",
        "to the node, client or message before, or after",
        { ArrowUp: () => this.walk(-1), ArrowDown: () => this.walk(1) },
      ],
      [
        "Enter",
        this.host.live
          ? "choose it, to act upon it (with Shift: together with what is chosen)"
          : "choose it, to read its details",
        {},
      ],
      ["Escape", "choose nothing", { Escape: () => this.choose(null) }],
    ];
  }

  // Elements, made once; messages come and go.

  patterns() {
    const hatch = svg(
      "pattern",
      {
        id: `${this.id}-hatch`,
        width: 7,
        height: 7,
        patternUnits: "userSpaceOnUse",
        patternTransform: "rotate(45)",
      },
      svg("rect", { width: 7, height: 7, class: "paper" }),
      svg("line", { y2: 7, class: "hatch" }),
    );
    return svg(
      "defs",
      {},
      hatch,
      svg(
        "marker",
        {
          id: `${this.id}-head`,
          viewBox: "0 0 8 8",
          refX: 7,
          refY: 4,
          markerWidth: 7,
          markerHeight: 7,
          orient: "auto",
        },
        svg("path", { d: "M0 0L8 4L0 8z", class: "head" }),
      ),
    );
  }

  legend() {
    return html(
      "div",
      { class: "legend" },
      ...this.run.messageNames.map((name, type) => {
        const mark = svg(
          "svg",
          { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" },
          svg("path", { d: SHAPES[type % SHAPES.length], style: `fill: var(--hue-${type % 6})` }),
        );
        return html("span", {}, mark, name);
      }),
    );
  }

  /** Make a group one of those that the arrow keys walk over. */
  item(group, key) {
    for (const [name, value] of Object.entries({ tabindex: -1, role: "button", "data-key": key }))
      group.setAttribute(name, value);
    const choose = (event) => this.choose(key, event.shiftKey);
    group.addEventListener("click", choose);
    group.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      choose(event);
    });
    group.addEventListener("focus", () => this.stop(group));
    group.addEventListener("pointerenter", () => this.host.light(key));
    group.addEventListener("pointerleave", () => this.host.light());
    return group;
  }

  // What is chosen, and where the focus stands.

  items() {
    return [...this.lanes.map(({ group }) => group), ...this.layers.messages.children];
  }

  /** The one of all items that the Tab key stops at. */
  stop(item) {
    this.stopped?.setAttribute("tabindex", -1);
    this.stopped = item;
    item.setAttribute("tabindex", 0);
  }

  walk(by) {
    const items = this.items(),
      at = items.indexOf(this.stopped),
      focused = this.element.getRootNode().activeElement === this.stopped;
    items[focused ? (at + by + items.length) % items.length : Math.max(0, at)].focus();
  }

  choose(key, together = false) {
    const { memory } = this,
      kind = (each) => each?.split(" ")[0];
    if (
      together &&
      kind(key) === "node" &&
      kind(memory.chosen) === "node" &&
      key !== memory.chosen
    ) {
      memory.also = memory.also.includes(key)
        ? memory.also.filter((each) => each !== key)
        : [...memory.also, key];
    } else
      Object.assign(memory, { chosen: memory.chosen === key && !together ? null : key, also: [] });
    this.shown = null;
    this.host.pause();
    this.host.repaint();
  }

  /** A link is its two nodes, chosen together. */
  chooseLink(event) {
    const link = event.target.closest("[data-link]")?.dataset.link.split(" ");
    if (!link) return;
    Object.assign(this.memory, { chosen: `node ${link[0]}`, also: [`node ${link[1]}`] });
    this.shown = null;
    this.host.pause();
    this.host.repaint();
  }

  // Where everything stands.

  resized(width) {
    const beside = this.host.live && width >= 720;
    this.element.classList.toggle("beside", beside);
    this.plan = new StagePlan(this.run, beside ? width - 270 : width);
    this.picture.setAttribute("viewBox", `0 0 ${this.plan.width} ${this.plan.height}`);
    this.picture.style.height = `${this.plan.height}px`;
    this.lanes.forEach((lane, number) => this.plan.place(lane, number));
    for (const key of this.moving.keys()) this.forget(key);
    this.shown = null;
  }

  // Painting: `settle` where the step, the choice or the colours changed, `move` at every frame.

  paint() {
    const { host, run } = this,
      now = run.steps[host.step],
      sign = `${host.step} ${host.dark} ${[...host.lit]} ${Boolean(host.timer)}`;
    if (this.shown !== sign) {
      this.shown = sign;
      this.event = now.end - 1;
      this.settle(now);
    }
    cancelAnimationFrame(this.frame);
    if (host.timer && !host.still && host.step + 1 < run.steps.length)
      this.glide(now.time, run.stepTimes[host.step + 1], host.rest());
    else this.move(now.time, 0);
  }

  /** While it plays, the time between two steps passes evenly. */
  glide(from, to, takes) {
    const start = performance.now();
    const frame = (at) => {
      const part = Math.max(0, Math.min(1, (at - start) / takes));
      this.move(from + (to - from) * part, part);
      if (part < 1 && this.host.timer) this.frame = requestAnimationFrame(frame);
    };
    frame(start);
  }

  settle(now) {
    const { host, world, event, run } = this,
      { colors } = host;
    for (let type = 0; type < 6; type++)
      this.element.style.setProperty(`--hue-${type}`, colors.hue(type));
    for (const name of ["good", "warn", "bad"])
      this.element.style.setProperty(`--${name}`, colors[name]);
    this.troubles = world.troubles(event);
    // Its arc is this stage's own.
    this.timers = world.pending(event).map((timer) => ({ ...timer }));
    this.lanes.forEach((lane, number) =>
      lane.node ? settleNode(this, lane, number, now) : settleClient(this, lane, number),
    );
    this.settleMessages(now);
    this.settleCuts();
    if (!this.stopped?.isConnected) this.stop(this.lanes[0].group);
    const { chosen } = this.memory;
    for (const item of this.items())
      item.setAttribute(
        "aria-pressed",
        String(item.dataset.key === chosen || this.memory.also.includes(item.dataset.key)),
      );
    if (!host.timer)
      this.picture.setAttribute(
        "aria-label",
        `Cluster stage at ${run.moment(run.time[event])}. ${this.words()}`,
      );
    this.palette.settle();
    if (!this.settled && this.memory.focused) this.refocus();
    this.settled = true;
  }

  /**
   * After acting the run is a new one, and so are the elements: the focus stays on what was acted
   * upon.
   */
  refocus() {
    (
      this.items().find((item) => item.dataset.key === this.memory.chosen) ?? this.lanes[0].group
    ).focus({ preventScroll: true });
  }

  settleMessages(now) {
    const { run, world, event } = this,
      here = world.underWay(event);
    const landing = world.flights.length
      ? world.underWay(now.first - 1).filter((flight) => flight.to === now.first)
      : [];
    const shown = new Map([
      ...landing.map((flight) => [flight, true]),
      ...here.map((flight) => [flight, false]),
    ]);
    for (const [flight, parts] of this.moving) if (!shown.has(flight)) this.forget(flight, parts);
    for (const [flight, lands] of shown) {
      const parts = this.moving.get(flight) ?? this.messageElement(flight),
        key = `message ${flight.arrow.send}`;
      const lit = this.host.lit.has(key) || this.memory.chosen === key,
        lost = lands && flight.lost !== null,
        name =
          flight.arrow.name +
          (lost ? ` (${flight.lost})` : lands && flight.altered ? " (altered)" : "");
      Object.assign(parts, { lands, lost });
      parts.group.setAttribute(
        "class",
        [
          "message",
          lands ? "lands" : "",
          lost ? "lost" : "",
          lands && flight.altered ? "altered" : "",
          lit ? "lit" : "",
        ].join(" "),
      );
      parts.track.setAttribute("class", lit ? "track lit" : "track");
      parts.text.textContent = shown.size <= this.plan.labels || lit || lands ? name : "";
      parts.group.setAttribute(
        "aria-label",
        `${name} from ${run.lanes[flight.arrow.from]} to ` +
          `${run.lanes[flight.arrow.to]}, ` +
          (lost ? "lost" : lands ? "arrives" : "under way"),
      );
    }
  }

  messageElement(flight) {
    const type = this.run.messageNames.indexOf(flight.arrow.name),
      color = `var(--hue-${type % 6})`;
    const mark = svg("path", { d: SHAPES[type % SHAPES.length], style: `fill: ${color}` }),
      ends = this.plan.track(flight.arrow.from, flight.arrow.to);
    // On the side that it comes from.
    const text = svg("text", { "text-anchor": "middle", y: ends.y2 < ends.y1 ? 21 : -12 });
    const group = this.item(
      svg(
        "g",
        { class: "message" },
        svg("circle", { r: 12, class: "reach" }),
        mark,
        svg("path", { class: "gone", d: "M-7 -7L7 7M-7 7L7 -7" }),
        text,
      ),
      `message ${flight.arrow.send}`,
    );
    const track = svg("line", { class: "track", ...ends, style: `stroke: ${color}` });
    this.layers.tracks.append(track);
    this.layers.messages.append(group);
    const parts = { group, track, text, ends };
    this.moving.set(flight, parts);
    return parts;
  }

  forget(flight, { group, track } = this.moving.get(flight)) {
    if (this.element.getRootNode().activeElement === group)
      this.lanes[flight.arrow.to].group.focus();
    group.remove();
    track.remove();
    this.moving.delete(flight);
  }

  settleCuts() {
    const links = this.world.cut(this.event),
      slow = this.troubles.filter(({ kind }) => kind === "slow").map(({ about }) => about),
      sign = [...links, "slow", ...slow].join();
    if (this.layers.walls.dataset.sign === `${sign} ${this.plan.width}`) return;
    this.layers.walls.dataset.sign = `${sign} ${this.plan.width}`;
    this.groups = groupsOf(links, this.run.lanes);
    this.layers.walls.replaceChildren(...this.plan.walls(links, this.groups, `${this.id}-head`));
    this.layers.links.replaceChildren(...this.plan.links(), ...this.plan.slow(slow));
  }

  move(time, part) {
    for (const [flight, { group, ends, lands, lost }] of this.moving) {
      const whole = Math.max(1, flight.due - flight.begin),
        atOnce = lost && flight.due === flight.begin;
      const along = lands
        ? atOnce
          ? 0.3
          : lost
            ? 0.75
            : 1
        : Math.min(0.97, (time - flight.begin) / whole);
      group.setAttribute(
        "transform",
        `translate(${(ends.x1 + (ends.x2 - ends.x1) * along).toFixed(1)} ` +
          `${(ends.y1 + (ends.y2 - ends.y1) * along).toFixed(1)})`,
      );
      if (lands) group.style.opacity = 1 - part;
    }
    for (const timer of this.timers)
      if (timer.arc)
        timer.arc.setAttribute(
          "d",
          this.plan.arc(
            timer.ring,
            Math.max(0, Math.min(1, (timer.due - time) / Math.max(1, timer.due - timer.begin))),
          ),
        );
  }

  // Words.

  words() {
    const { run } = this,
      links = this.world.cut(this.event);
    const nodes = this.lanes
      .filter(({ node }) => node)
      .map(({ group }) => group.getAttribute("aria-label"));
    const messages = [...this.moving.values()].map(({ group }) => group.getAttribute("aria-label"));
    return (
      `${nodes.join("; ")}. ` +
      (messages.length
        ? `${messages.length} messages: ${messages.slice(0, 8).join("; ")}`
        : "No message is under way") +
      `.${links.size ? ` Cut: ${run.cutLabel(links)}.` : ""}`
    );
  }

  /** What stands in the panel about what is chosen: lines of text. */
  about(key) {
    const { run, event } = this,
      [kind, name] = key.split(" "),
      label = this.items()
        .find((item) => item.dataset.key === key)
        ?.getAttribute("aria-label");
    if (kind === "message") {
      const send = Number(name);
      return [
        label ??
          `${className(run.payload(send))} from ${run.lanes[run.place[send]]} to ` +
            `${run.lanes[run.other[send]]}: not under way now`,
        show(run.payload(send)),
        `sent at ${run.moment(run.time[send])}, event ${send}`,
      ];
    }
    const lane = run.lanes.indexOf(name),
      timers = this.timers.filter((timer) => timer.lane === lane);
    return [
      label ?? name,
      ...timers.map(
        (timer) =>
          `${timer.name} runs out in ${milliseconds(Math.max(0, timer.due - run.time[event]))} ms`,
      ),
    ];
  }
}
