// The stream scrubber: the events of a stream, and beside them the state that they fold to, up to
// the one where the run stands. Above them the numbers of the state are drawn over the whole
// stream: a click goes to a moment.
//
// It shows a run whose lanes are streams: a lane's state has `event` (the event's type) and may
// have `version` and `data`; every other field is the folded state. A pinned moment is compared
// with the current one.

import { css } from "../core/css.js";
import { html, svg } from "../core/draw.js";
import { show } from "../core/values.js";

const OWN = new Set(["event", "version", "data"]);
const PAGE = 100;
/** So many numbers are drawn, each on a chart of this height (px). */
const CHARTS = 3,
  HIGH = 46;

export default class Stream {
  static label = "Stream of events";
  static style = css(new URL("./stream.css", import.meta.url));

  static lacks(run) {
    return run.fields.includes("event")
      ? null
      : "This run has no streams of events: its lanes have no field “event”.";
  }

  constructor(host) {
    this.host = host;
    const { run } = host;
    this.field = Object.fromEntries([...OWN].map((name) => [name, run.fields.indexOf(name)]));
    this.shown = run.fields
      .map((name, field) => field)
      .filter((field) => !OWN.has(run.fields[field]));
    this.streams = run.nodes.map((_, lane) =>
      run.steps.map((_, step) => step).filter((step) => run.place[run.steps[step].first] === lane),
    );
    this.firsts = this.streams.map((steps, lane) => this.version(lane, steps[0]));
    this.pins = run.nodes.map(() => null);
    this.lane = run.steps.length ? run.place[run.steps[host.step].first] : 0;
    this.build();
  }

  build() {
    const { run } = this.host;
    this.choice = html(
      "div",
      { class: "choice", role: "group", "aria-label": "Stream", hidden: run.nodes.length < 2 },
      ...run.nodes.map((name, lane) =>
        html("button", { type: "button", onclick: () => this.choose(lane) }, name),
      ),
    );
    this.charts = html("div", {
      class: "charts",
      onpointerdown: (event) => this.reach(event),
      onpointermove: (event) => event.buttons && this.reach(event),
    });
    this.list = html("ol", { class: "events" });
    this.pin = html("button", { type: "button", onclick: () => this.toggle() }, "Pin this moment");
    this.caption = html("caption");
    this.head = [html("th", { scope: "col" }), html("th", { scope: "col" })];
    this.body = html("tbody");
    this.element = html(
      "div",
      { class: "stream" },
      this.choice,
      this.charts,
      html(
        "div",
        {
          class: "list scroll",
          tabindex: 0,
          role: "region",
          "aria-label": `Events of run ${this.host.number}`,
        },
        this.list,
      ),
      html(
        "div",
        { class: "fold" },
        html(
          "table",
          {},
          this.caption,
          html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "state"), ...this.head)),
          this.body,
        ),
        this.pin,
      ),
    );
  }

  choose(lane) {
    const last = this.streams[lane].filter((step) => step <= this.host.step).pop();
    this.host.go(last ?? this.streams[lane][0]);
  }

  /** Go to the event below the pointer on a chart. */
  reach(event) {
    const box = this.charts.querySelector("svg")?.getBoundingClientRect(),
      steps = this.streams[this.lane];
    if (!box) return;
    const place = Math.floor(((event.clientX - box.left) / box.width) * steps.length);
    this.host.pause();
    this.host.go(steps[Math.max(0, Math.min(steps.length - 1, place))]);
  }

  toggle() {
    this.pins[this.lane] = this.pins[this.lane] === null ? this.at : null;
    this.host.repaint();
  }

  /**
   * The values of a lane's state (numbers in run.values) at its event `place`; -1 is before the
   * first.
   */
  state(place) {
    const { run } = this.host,
      step = this.streams[this.lane][place];
    return step === undefined ? null : run.stateAfter(this.lane, run.steps[step].end - 1);
  }

  /**
   * The version that an event has in its stream; where the run says nothing of it, events are
   * counted from 0.
   */
  version(lane, step) {
    const { run } = this.host,
      state = step === undefined ? null : run.stateAfter(lane, run.steps[step].end - 1);
    return state && this.field.version >= 0 && state[this.field.version] >= 0
      ? run.values[state[this.field.version]]
      : 0;
  }

  paint() {
    const { run, step } = this.host,
      lane = run.place[run.steps[step].first];
    this.lane = lane >= 0 && lane < run.nodes.length ? lane : this.lane;
    this.at = this.streams[this.lane].filter((each) => each <= step).length - 1;
    [...this.choice.children].forEach((button, each) =>
      button.setAttribute("aria-pressed", String(each === this.lane)),
    );
    this.paintCharts();
    this.paintList();
    this.paintState();
  }

  /**
   * Each number of the state over the stream, as a stair: it stays what it is until the next event.
   */
  paintCharts() {
    const steps = this.streams[this.lane];
    if (this.charted !== this.lane) {
      this.charted = this.lane;
      this.charts.replaceChildren(
        ...this.numbers()
          .slice(0, CHARTS)
          .map(([field, values]) => this.chart(field, values)),
      );
    }
    for (const mark of this.charts.querySelectorAll(".now")) {
      const x = `${((Math.max(0, this.at) + 0.5) / steps.length) * 100}%`;
      for (const name of ["x1", "x2"]) mark.setAttribute(name, x);
    }
  }

  /**
   * [field, its value at each event or null] of the fields that are numbers, and not always the
   * same one.
   */
  numbers() {
    const { run } = this.host,
      steps = this.streams[this.lane],
      found = [];
    if (steps.length < 2) return found;
    for (const field of this.shown) {
      const values = steps.map((_, place) => {
        const number = this.state(place)[field];
        return number < 0 ? null : run.values[number];
      });
      if (
        values.every((value) => value === null || Number.isFinite(value)) &&
        new Set(values).size > 1
      )
        found.push([field, values]);
    }
    return found;
  }

  chart(field, values) {
    const known = values.filter((value) => value !== null),
      [low, high] = [Math.min(0, ...known), Math.max(...known)],
      y = (value) => 4 + (HIGH - 8) * (1 - (value - low) / (high - low || 1));
    let way = "";
    values.forEach((value, place) => {
      if (value !== null)
        way += way ? `V${y(value)}H${place + 1}` : `M${place} ${y(value)}H${place + 1}`;
    });
    return html(
      "div",
      { class: "chart" },
      html(
        "span",
        { class: "name" },
        this.host.run.fields[field],
        html("br"),
        html("small", {}, `${show(low)} … ${show(high)}`),
      ),
      svg(
        "svg",
        { height: HIGH, "aria-hidden": "true" },
        svg(
          "svg",
          {
            viewBox: `0 0 ${values.length} ${HIGH}`,
            preserveAspectRatio: "none",
            width: "100%",
            height: HIGH,
          },
          svg("path", { class: "ground", d: `M0 ${y(0)}H${values.length}` }),
          svg("path", { class: "way", d: way }),
        ),
        svg("line", { class: "now", y1: 0, y2: HIGH }),
      ),
    );
  }

  paintList() {
    const steps = this.streams[this.lane],
      page = Math.floor(Math.max(0, this.at) / PAGE) * PAGE,
      key = `${this.lane} ${page}`;
    if (this.listed !== key) {
      this.listed = key;
      this.list.start = this.firsts[this.lane] + page;
      this.list.replaceChildren(
        ...steps
          .slice(page, page + PAGE)
          .map((step, place) => html("li", {}, this.eventButton(step, page + place))),
      );
    }
    [...this.list.children].forEach((item, place) => {
      item.classList.toggle("later", page + place > this.at);
      item.classList.toggle("pinned", page + place === this.pins[this.lane]);
      item.toggleAttribute("aria-current", page + place === this.at);
    });
    const item = this.list.children[this.at - page],
      box = this.list.parentElement;
    if (
      item &&
      (item.offsetTop < box.scrollTop ||
        item.offsetTop + item.offsetHeight > box.scrollTop + box.clientHeight)
    )
      box.scrollTop = item.offsetTop - box.clientHeight / 2;
  }

  eventButton(step, place) {
    const state = this.state(place),
      { values } = this.host.run,
      data = this.field.data < 0 ? -1 : state[this.field.data];
    return html(
      "button",
      {
        type: "button",
        onclick: () => {
          this.host.pause();
          this.host.go(step);
        },
      },
      html("strong", {}, show(values[state[this.field.event]])),
      data >= 0
        ? ` ${Object.entries(values[data])
            .map(([name, value]) => `${name} ${show(value)}`)
            .join(", ")}`
        : "",
    );
  }

  paintState() {
    const { run } = this.host,
      pin = this.pins[this.lane],
      old = this.state(pin ?? this.at - 1),
      now = this.state(this.at);
    const first = this.firsts[this.lane],
      name = (place) => (place < 0 ? "before its first event" : `version ${first + place}`);
    this.caption.textContent =
      `${run.nodes[this.lane]}, ${name(this.at)}` +
      (this.at < 0 ? "" : ` of ${first + this.streams[this.lane].length - 1}`);
    this.head[0].textContent = pin === null ? "before" : `pinned, ${name(pin)}`;
    this.head[1].textContent = "now";
    this.pin.textContent = pin === null ? "Pin this moment" : "Remove the pin";
    this.pin.disabled = this.at < 0;
    this.body.replaceChildren(
      ...this.shown
        .filter((field) => (now?.[field] ?? -1) >= 0 || (old?.[field] ?? -1) >= 0)
        .map((field) => {
          const text = (state) =>
            state && state[field] >= 0 ? show(run.values[state[field]]) : "";
          return html(
            "tr",
            {},
            html("th", { scope: "row" }, run.fields[field]),
            html("td", {}, text(old)),
            html("td", { class: text(old) === text(now) ? "" : "new" }, text(now)),
          );
        }),
    );
  }

  words() {
    return this.caption.textContent;
  }
}
