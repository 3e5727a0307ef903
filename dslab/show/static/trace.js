// <dslab-trace views="stage space-time fields">: plays a recorded run. The views stand one under
// the other (or beside each other, where there is room) over one set of controls, one sentence and
// one account in words. All elements of one run share their moment.
//
// A view is a file in views/:
//
//     export default class View {
//       static label = "Space-time diagram";
//       // optional: its rules
//       static style = css(new URL("./NAME.css", import.meta.url));
//       // optional: it stands under the controls and the sentence
//       static below = true;
//       // optional: the controls get − + ↔, which arrive as press("out"), press("in"),
//       // press("fit")
//       static zooms = true;
//       // a sentence where this run has not what the view shows, else null
//       static lacks(run, host) { … }
//       // host.run, host.step, host.colors, host.lit, host.light(keys), host.go(step),
//       // host.act(detail)
//       constructor(host) { … }
//       // its root element, made in the constructor
//       element
//       // before the first paint and after each change of the width
//       resized(width) { … }
//       // draw the moment host.step, at most once a frame
//       paint() { … }
//       // optional: what the picture shows now, for the picture's accessible name
//       words() { … }
//       // optional: lines of keys as Widget.keys
//       keys() { … }
//     }

import { Channel } from "./core/channel.js";
import { html } from "./core/draw.js";
import { BadRun, Run } from "./core/run.js";
import { BadData, Widget, define } from "./core/widget.js";

export const VIEWS = {
  "space-time": () => import("./views/space-time.js"),
  stage: () => import("./views/stage.js"),
  fields: () => import("./views/fields.js"),
  stream: () => import("./views/stream.js"),
  pipeline: () => import("./views/pipeline.js"),
  saga: () => import("./views/saga.js"),
  history: () => import("./views/history.js"),
  logs: () => import("./views/logs.js"),
};

const icon = (path) =>
  `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path ` +
  `fill="currentColor" d="${path}"/></svg>`;
const ICONS = {
  start: icon("M2 3h2v10H2zM14 3v10L5 8z"),
  back: icon("M12 3v10L4 8z"),
  play: icon("M4 2v12l10-6z"),
  pause: icon("M3 2h4v12H3zM9 2h4v12H9z"),
  step: icon("M4 3v10l8-5z"),
  end: icon("M12 3h2v10h-2zM2 3v10l9-5z"),
};
const BUTTONS = [
  ["start", "To the start"],
  ["back", "One step back"],
  ["play", "Play"],
  ["step", "One step on"],
  ["end", "To the end"],
];
const SPEEDS = [
  ["¼×", 0.25],
  ["½×", 0.5],
  ["1×", 1],
  ["2×", 2],
  ["4×", 4],
  ["16×", 16],
];
const ACCOUNT_PAGE = 400;
const runs = new Map(); // Decoded runs by fingerprint: several elements may show one.

class Trace extends Widget {
  load(data) {
    this.fingerprint = this.getAttribute("run") || `run ${this.number}`;
    const again = !this.given && runs.get(this.fingerprint);
    try {
      this.run = again || new Run(data);
    } catch (error) {
      throw error instanceof BadRun ? new BadData(error.message) : error;
    }
    if (!this.given) runs.set(this.fingerprint, this.run);
  }

  read() {
    if (runs.has(this.getAttribute("run"))) return null;
    return super.read();
  }

  async build() {
    const { run } = this;
    const names = (this.getAttribute("views") || "space-time fields").split(" ").filter(Boolean);
    for (const name of names)
      if (!VIEWS[name])
        throw new BadData(
          `There is no view “${name}”: a run can be shown as ${Object.keys(VIEWS).join(", ")}.`,
        );
    const kinds = (await Promise.all(names.map((name) => VIEWS[name]()))).map(
      (module) => module.default,
    );
    const styles = await Promise.all(kinds.map((kind) => kind.style));
    this.zooms = kinds.some((kind) => kind.zooms);
    this.step = this.seen = this.first();
    this.body.setAttribute("aria-label", `Player of run ${this.number}: ${run.title}`);
    this.body.append(
      html("p", { class: "title" }, run.title),
      (this.stand = html("div", { class: "views" })),
      this.controls(),
      (this.sentence = html("p", { class: "sentence", role: "status", "aria-live": "polite" })),
      (this.help = html("div", { class: "keys", hidden: true })),
      (this.under = html("div", { class: "views" })),
    );
    this.views = [];
    for (const [place, kind] of kinds.entries()) {
      const lack = kind.lacks?.(run, this);
      if (lack) {
        this.stand.append(html("p", { class: "bad", role: "note" }, lack));
        continue;
      }
      const view = new kind(this);
      if (styles[place]) view.element.prepend(html("style", {}, styles[place]));
      this.views.push(view);
      (kind.below ? this.under : this.stand).append(view.element);
    }
    this.body.append((this.account = this.words()));
    this.help.append(
      html(
        "dl",
        {},
        ...this.keys().flatMap(([keys, what]) => [html("dt", {}, keys), html("dd", {}, what)]),
      ),
    );
    // A long sentence gets room for good, so that what stands below doesn't jump while the run
    // plays.
    const room = new ResizeObserver(() => {
      this.sentence.style.minHeight = `${Math.min(this.sentence.offsetHeight, 180)}px`;
    });
    room.observe(this.sentence);
    this.channel = Channel.named(this.getAttribute("group") || this.fingerprint);
    this.channel.join(this);
    addEventListener("hashchange", (this.jump = () => this.visit()));
  }

  watch() {
    this.channel.join(this);
    super.watch();
    if (!this.visited) {
      this.visited = true;
      this.visit();
    }
  }

  disconnectedCallback() {
    this.pause();
    this.channel?.leave(this);
    removeEventListener("hashchange", this.jump);
    super.disconnectedCallback();
  }

  // Where it opens: at its attribute, or where the page's address says: #t=412, or
  // #run=FINGERPRINT&t=412.

  first() {
    const at = this.getAttribute("at");
    return at === null ? 0 : this.run.stepAt(Math.round(Number(at) * 1000));
  }

  visit() {
    const asked = new URLSearchParams(location.hash.slice(1)),
      t = Number.parseFloat(asked.get("t"));
    if (!(t >= 0) || asked.has("s") || (asked.has("run") && asked.get("run") !== this.fingerprint))
      return;
    // The page's first run is meant.
    if (!asked.has("run") && document.querySelector(this.localName) !== this) return;
    this.go(this.run.stepAt(Math.round(t * 1000)));
    if (asked.has("run")) this.scrollIntoView({ block: "center" });
  }

  /** The address of this page at this moment of this run. */
  address() {
    const time = (this.run.stepTimes[this.step] ?? 0) / 1000,
      page = location.href.split("#")[0];
    return this.hasAttribute("run")
      ? `${page}#run=${this.fingerprint}&t=${time}`
      : `${page}#t=${time}`;
  }

  async copyAddress() {
    const address = this.address();
    try {
      await navigator.clipboard.writeText(address);
      this.sentence.textContent = "The address of this moment is on the clipboard.";
    } catch {
      history.replaceState(null, "", address);
      this.sentence.textContent = "The address of this moment stands in the address bar.";
    }
  }

  // Controls.

  controls() {
    const bar = html("div", { class: "controls", role: "group", "aria-label": "Playback" });
    for (const [name, label] of BUTTONS) {
      const button = html("button", {
        type: "button",
        class: name,
        title: label,
        "aria-label": label,
        onclick: () => this.press(name),
      });
      button.innerHTML = ICONS[name];
      bar.append(button);
      if (name === "play") this.playButton = button;
    }
    this.scrub = html("input", {
      type: "range",
      class: "scrub",
      min: 0,
      step: 1,
      max: Math.max(0, this.run.steps.length - 1),
      "aria-label": "Step",
      oninput: () => this.go(Number(this.scrub.value)),
    });
    this.speed = html(
      "select",
      { class: "speed", "aria-label": "Speed" },
      ...SPEEDS.map(([label, value]) => html("option", { value, selected: value === 1 }, label)),
    );
    bar.append(
      this.scrub,
      this.speed,
      ...this.extra(),
      html(
        "button",
        {
          type: "button",
          class: "link",
          title: "Copy a link to this moment",
          "aria-label": "Copy a link to this moment",
          onclick: () => this.copyAddress(),
        },
        "#",
      ),
      (this.helpButton = html(
        "button",
        {
          type: "button",
          class: "help",
          title: "Keys",
          "aria-label": "Keys",
          "aria-expanded": "false",
          onclick: () => this.press("help"),
        },
        "?",
      )),
    );
    return bar;
  }

  /** The buttons of a view with a window in time. */
  extra() {
    if (!this.zooms) return [];
    return [
      ["out", "Zoom out", "−"],
      ["in", "Zoom in", "+"],
      ["fit", "Show the whole run", "↔"],
    ].map(([name, label, sign]) =>
      html(
        "button",
        {
          type: "button",
          class: name,
          title: label,
          "aria-label": label,
          onclick: () => this.press(name),
        },
        sign,
      ),
    );
  }

  keys() {
    const on = (name) => () => this.press(name);
    return [
      ["← →", "one step back, one step on", { ArrowLeft: on("back"), ArrowRight: on("step") }],
      ["Space", "play or pause", { " ": on("play") }],
      ["Home End", "to the start, to the end", { Home: on("start"), End: on("end") }],
      ["?", "this help", { "?": on("help") }],
      ...(this.views ?? []).flatMap((view) => view.keys?.() ?? []),
    ];
  }

  press(name) {
    const last = this.run.steps.length - 1;
    if (["start", "end", "back", "step"].includes(name)) this.pause();
    (
      ({
        start: () => this.go(0),
        end: () => this.go(last),
        back: () => this.go(this.step - 1),
        step: () => this.go(this.step + 1),
        play: () => (this.timer ? this.pause() : this.play()),
        help: () => {
          this.help.hidden = !this.help.hidden;
          this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
        },
      })[name] ?? (() => this.views.forEach((view) => view.press?.(name)))
    )();
    this.repaint();
  }

  go(step) {
    this.step = Math.max(0, Math.min(this.run.steps.length - 1, step));
    this.channel.move(this, this.fingerprint, this.step, this.run.stepTimes[this.step] ?? 0);
    this.repaint();
  }

  /** Somebody else who shows this run, or another branch of it, has moved. */
  follow(run, step, time) {
    this.step =
      run === this.fingerprint
        ? Math.min(step, Math.max(0, this.run.steps.length - 1))
        : this.run.stepAt(time);
    this.repaint();
  }

  play() {
    this.channel.playing(this);
    if (this.step >= this.run.steps.length - 1) this.go(0);
    const tick = () => {
      if (this.step >= this.run.steps.length - 1) return this.pause();
      this.go(this.step + 1);
      this.timer = setTimeout(tick, this.rest());
    };
    this.timer = setTimeout(tick, this.rest());
    this.showPlaying(true);
  }

  /** How long the current step stays: simulated time stretched, within what an eye can follow. */
  rest() {
    const times = this.run.stepTimes,
      gap = ((times[this.step + 1] ?? times[this.step]) - times[this.step]) / 1000;
    return Math.min(1200, Math.max(140, gap * 40)) / Number(this.speed.value);
  }

  pause() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.showPlaying(false);
  }

  showPlaying(playing) {
    const label = playing ? "Pause" : "Play";
    this.playButton.innerHTML = playing ? ICONS.pause : ICONS.play;
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = label;
    // While it plays, a screen reader would fall behind: it speaks again at the pause.
    this.sentence.setAttribute("aria-live", playing ? "off" : "polite");
  }

  // What is lit: a message, node, call or log entry that somebody points at, in every view of this
  // run.

  get lit() {
    return this.channel.lit;
  }

  light(...keys) {
    this.channel.light(keys);
  }

  /**
   * Tell whoever listens (a live kernel) what the reader did: a step of a scenario, as in a
   * scenario file. It happens a microsecond after what is shown, since a scenario's steps come
   * before the messages and timers of their moment.
   */
  act(step) {
    this.pause();
    this.dispatchEvent(
      new CustomEvent("dslab-act", {
        bubbles: true,
        composed: true,
        detail: { at: ((this.run.stepTimes[this.step] ?? 0) + 1) / 1000, ...step },
      }),
    );
  }

  /** The first step that differs from that of another branch, or -1; a live kernel says so. */
  get parting() {
    return Number(this.getAttribute("parts") ?? -1);
  }

  get live() {
    return this.hasAttribute("live");
  }

  // Painting.

  resized(width) {
    this.sentence.style.minHeight = "";
    this.views.forEach((view) => view.resized?.(width));
  }

  paint() {
    const { run, step } = this;
    if (!run.steps.length) {
      this.sentence.textContent = "Nothing happened in this run.";
      return;
    }
    this.seen = Math.max(this.seen, step);
    this.views.forEach((view) => view.paint());
    this.scrub.value = step;
    this.scrub.setAttribute(
      "aria-valuetext",
      `step ${step + 1} of ${run.steps.length}, ${run.moment(run.stepTimes[step])}`,
    );
    this.sentence.replaceChildren(
      html("span", { class: "count" }, `${step + 1}/${run.steps.length}`),
      " ",
      run.sentence(step),
      ...(this.parting === step ? [html("strong", {}, " ≠ Here the branches part.")] : []),
    );
    if (this.account.open) this.markAccount(true);
  }

  // The account in words is filled when it is opened, a part around the current step.

  words() {
    return html(
      "details",
      { class: "account", ontoggle: () => this.account.open && this.markAccount(false) },
      html("summary", {}, `The run in words: ${this.run.steps.length.toLocaleString("en")} steps`),
      html("ol"),
    );
  }

  markAccount(quiet) {
    const { run, step } = this,
      list = this.account.querySelector("ol"),
      page = Math.floor(step / ACCOUNT_PAGE) * ACCOUNT_PAGE;
    if (list.start !== page + 1 || !list.children.length) {
      list.start = page + 1;
      list.replaceChildren(
        ...run.steps.slice(page, page + ACCOUNT_PAGE).map((_, place) =>
          html(
            "li",
            {},
            html(
              "button",
              {
                type: "button",
                onclick: () => {
                  this.pause();
                  this.go(page + place);
                },
              },
              run.sentence(page + place),
            ),
          ),
        ),
      );
    }
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = list.children[step - page];
    item?.setAttribute("aria-current", "step");
    if (item && !quiet) list.scrollTop = item.offsetTop - list.offsetTop;
  }
}

define("dslab-trace", Trace);
