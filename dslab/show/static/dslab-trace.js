// <dslab-trace>: plays a recorded run. The run stands in a JSON script inside the element, beside a picture for readers
// without scripts. trace-model.js knows the data, trace-view.js draws it, and this file is the controls.

import { BadRun, Run, milliseconds, show } from "./trace-model.js";
import { View } from "./trace-view.js";

const STYLE = `
:host { display: block; margin: 1rem 0; font: 14px/1.5 system-ui, sans-serif; --ink: #1f2328; --soft: #57606a; --line: #d0d7de; --paper: #fff; --tint: #f6f8fa; --mark: #0072b2; --new: #fff3d6; color: var(--ink); }
:host([dark]) { --ink: #e6e6e6; --soft: #9ba4ae; --line: #3a4048; --paper: #14181d; --tint: #1c2229; --mark: #6cb9f0; --new: #4a3a10; }
* { box-sizing: border-box; }
.player { border: 1px solid var(--line); border-radius: 8px; background: var(--paper); overflow: hidden; }
.player:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible, canvas:focus-visible, .scroll:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
.title { margin: 0; padding: .5rem .75rem .1rem; font-weight: 600; }
canvas { display: block; width: 100%; cursor: crosshair; touch-action: pan-y; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem; padding: .35rem .75rem; border-top: 1px solid var(--line); background: var(--tint); }
button, select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; min-width: 2.25rem; height: 2.1rem; padding: 0 .5rem; cursor: pointer; }
button svg { display: block; margin: auto; }
button:hover { border-color: var(--mark); }
button.play { background: var(--mark); border-color: var(--mark); color: var(--paper); min-width: 3rem; }
input[type=range] { flex: 1 1 9rem; min-width: 6rem; height: 2.1rem; accent-color: var(--mark); }
.gap { width: .4rem; }
.sentence { margin: 0; padding: .5rem .75rem; border-top: 1px solid var(--line); min-height: 3.6em; overflow-wrap: anywhere; }
.count { color: var(--soft); font-variant-numeric: tabular-nums; margin-inline-end: .4em; }
.scroll { overflow: auto; border-top: 1px solid var(--line); max-height: 22rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
td { white-space: pre-line; min-width: 6.5rem; }
th, td { text-align: start; padding: .16rem .6rem; vertical-align: top; font-weight: 400; max-width: 16rem; overflow-wrap: anywhere; }
thead th { font-weight: 600; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--paper); }
tbody th { color: var(--soft); white-space: nowrap; }
td.new { background: var(--new); font-weight: 600; }
td.new::before { content: "● "; }
details { border-top: 1px solid var(--line); padding: .35rem .75rem; }
summary { cursor: pointer; color: var(--soft); }
ol { max-height: 16rem; overflow: auto; padding-inline-start: 3.2rem; margin: .3rem 0; }
ol button { border: 0; background: none; padding: .05rem 0; height: auto; text-align: start; width: 100%; }
ol li[aria-current] { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .3rem 0; }
dt { font-weight: 600; } dd { margin: 0; color: var(--soft); }
.bad { margin: 0; padding: .6rem .75rem; border: 1px solid var(--line); border-inline-start: 4px solid #b3261e; border-radius: 6px; background: var(--tint); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .1rem .75rem .4rem; color: var(--soft); font-size: 12.5px; }
@media (max-width: 480px) { .controls { padding: .35rem .5rem; } button, select { min-width: 2rem; padding: 0 .35rem; } .sentence { padding: .5rem; } }
@media print { .controls, details { display: none; } .scroll { max-height: none; } }
`;

const icon = (path) => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path fill="currentColor" d="${path}"/></svg>`;
const ICONS = { start: icon("M2 3h2v10H2zM14 3v10L5 8z"), back: icon("M12 3v10L4 8z"), play: icon("M4 2v12l10-6z"), pause: icon("M3 2h4v12H3zM9 2h4v12H9z"), step: icon("M4 3v10l8-5z"), end: icon("M12 3h2v10h-2zM2 3v10l9-5z") };
const BUTTONS = [["start", "To the start"], ["back", "One step back"], ["play", "Play"], ["step", "One step on"], ["end", "To the end"]];
const KEYS = [["← →", "one step back, one step on"], ["Space", "play or pause"], ["Home End", "to the start, to the end"], ["+ −", "zoom in, zoom out"], ["0", "the whole run"], ["?", "this help"]];
const ACCOUNT_PAGE = 400;
let players = 0;

/** A value for a narrow cell: a list of records stands on numbered lines, and records lose their field names. */
function brief(value) {
  if (Array.isArray(value) && value.some((item) => item && item.$)) return value.map((item, place) => `${place + 1}. ${terse(item)}`).join("\n");
  return value && typeof value === "object" && !Array.isArray(value) && value.$ !== "set" && Object.keys(value).length > 1 ? terse(value) : show(value);
}

function terse(value) {
  if (!value || typeof value !== "object" || value.$ === "set") return show(value);
  if (Array.isArray(value)) return `(${value.map(terse).join(", ")})`;
  if (value.$) return Object.entries(value).filter(([key]) => key !== "$").map(([, item]) => terse(item)).join(" ");
  return `{${Object.entries(value).map(([key, item]) => `${key}: ${terse(item)}`).join(", ")}}`;
}

class DslabTrace extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" });
    // The parser may still be at work on the children of this element.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.open(), { once: true });
    else queueMicrotask(() => this.open());
  }

  disconnectedCallback() {
    this.pause?.();
    this.watchers?.forEach((watcher) => watcher.disconnect());
    this.watchers = null;
  }

  open() {
    try {
      const script = this.querySelector('script[type="application/json"]');
      if (!script) throw new BadRun("The recorded run is missing from this page.");
      let data;
      try {
        data = JSON.parse(script.textContent);
      } catch {
        throw new BadRun("This recorded run is cut short, so it can't be played: record it again.");
      }
      this.run = new Run(data);
    } catch (error) {
      this.shadowRoot.innerHTML = `<style>${STYLE}</style><p class="bad" role="note"></p><slot></slot>`;
      this.shadowRoot.querySelector(".bad").textContent = error instanceof BadRun ? error.message : "This recorded run can't be played here.";
      return;
    }
    this.build();
  }

  build() {
    const root = this.shadowRoot, run = this.run;
    root.innerHTML = `<style>${STYLE}</style>
      <section class="player">
        <p class="title"></p>
        <div class="picture"><canvas tabindex="0" role="img"></canvas></div>
        <div class="legend" hidden></div>
        <div class="controls" role="group" aria-label="Playback">
          ${BUTTONS.map(([name, label]) => `<button type="button" class="${name}" title="${label}" aria-label="${label}">${ICONS[name]}</button>`).join("")}
          <input type="range" class="scrub" min="0" step="1" aria-label="Step">
          <select class="speed" aria-label="Speed"><option value="0.25">¼×</option><option value="0.5">½×</option><option value="1" selected>1×</option><option value="2">2×</option><option value="4">4×</option><option value="16">16×</option></select>
          <button type="button" class="out" title="Zoom out" aria-label="Zoom out">−</button><button type="button" class="in" title="Zoom in" aria-label="Zoom in">+</button><button type="button" class="fit" title="The whole run" aria-label="Show the whole run">↔</button><button type="button" class="help" title="Keys" aria-label="Keys" aria-expanded="false">?</button>
        </div>
        <p class="sentence" role="status" aria-live="polite"></p>
        <div class="keys" hidden><dl style="padding:.3rem .75rem">${KEYS.map(([key, what]) => `<dt>${key}</dt><dd>${what}</dd>`).join("")}</dl></div>
        <div class="scroll" tabindex="0" role="region" aria-label="State of the nodes"><table><thead></thead><tbody></tbody></table></div>
        <details class="account"><summary></summary><ol></ol></details>
      </section>`;
    const find = (name) => root.querySelector(`.${name}`);
    this.parts = { player: find("player"), canvas: root.querySelector("canvas"), scrub: find("scrub"), sentence: find("sentence"), speed: find("speed"), play: find("play"), keys: find("keys"), help: find("help"), table: root.querySelector("table"), account: find("account") };
    find("title").textContent = run.title;
    const name = `run ${++players}: ${run.title}`;
    this.parts.player.setAttribute("aria-label", `Player of ${name}`);
    root.querySelector(".scroll").setAttribute("aria-label", `State of the nodes in ${name}`);
    root.querySelector(".scroll").hidden = !run.fields.length;  // A recorded real server shows no state.
    this.parts.scrub.max = Math.max(0, run.steps.length - 1);
    this.parts.account.querySelector("summary").textContent = `The run in words: ${run.steps.length.toLocaleString("en")} steps`;
    this.view = new View(this.parts.canvas, run);
    this.fields = run.fields.map((_, field) => field);
    for (const [name] of BUTTONS) find(name).addEventListener("click", () => this.act(name));
    for (const name of ["in", "out", "fit", "help"]) find(name).addEventListener("click", () => this.act(name));
    this.parts.scrub.addEventListener("input", () => this.go(Number(this.parts.scrub.value)));
    this.parts.canvas.addEventListener("click", (event) => this.go(this.view.stepNear(event.offsetX, event.offsetY)));
    this.parts.player.addEventListener("keydown", (event) => this.key(event));
    this.parts.account.addEventListener("toggle", () => this.fillAccount());
    this.watch();
    const at = this.getAttribute("at");
    // It opens on as many steps as can be told apart, from the start or around the moment that it is to show.
    const first = at === null ? 0 : run.stepAt(Number(at) * 1000), room = Math.round(this.view.width / 18);
    const last = Math.min(run.steps.length - 1, first + room), span = (run.stepTimes[last] ?? 0) - (run.stepTimes[Math.max(0, last - room)] ?? 0);
    this.view.window(Math.min(run.end || 1000, Math.max(20_000, span * 1.15)), run.stepTimes[first] ?? 0);
    this.go(first);
    this.paint();
  }

  // The theme, the width and the pixel ratio may change under the player.
  watch() {
    const theme = () => {
      const html = document.documentElement, said = html.dataset.theme || (document.body.dataset.jpThemeLight && (document.body.dataset.jpThemeLight === "true" ? "light" : "dark"));
      const dark = said ? said === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      this.toggleAttribute("dark", dark);
      this.view.dark = dark;
      this.paint();
    };
    const themes = new MutationObserver(theme);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    const sizes = new ResizeObserver(() => {
      if (Math.abs(this.parts.canvas.parentElement.clientWidth - this.view.width) < 1) return;
      this.view.measure();
      this.paint();
    });
    sizes.observe(this.parts.canvas.parentElement);
    this.watchers = [themes, sizes];
    theme();
  }

  act(name) {
    const { view, run } = this;
    const wide = view.to - view.from;
    ({
      start: () => this.go(0), end: () => this.go(run.steps.length - 1), back: () => this.go(view.step - 1), step: () => this.go(view.step + 1),
      play: () => (this.timer ? this.pause() : this.play()),
      in: () => view.window(wide / 1.6), out: () => view.window(wide * 1.6), fit: () => view.window(Infinity),
      help: () => { this.parts.keys.hidden = !this.parts.keys.hidden; this.parts.help.setAttribute("aria-expanded", String(!this.parts.keys.hidden)); },
    })[name]();
    if (["start", "end", "back", "step"].includes(name)) this.pause();
    this.paint();
  }

  key(event) {
    const inside = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || inside.tagName === "SELECT") return;
    const name = { ArrowLeft: "back", ArrowRight: "step", Home: "start", End: "end", "+": "in", "=": "in", "-": "out", 0: "fit", "?": "help", " ": "play" }[event.key];
    if (!name || (event.key === " " && ["BUTTON", "SUMMARY"].includes(inside.tagName))) return;
    if (inside.classList.contains("scroll") && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(name);
  }

  go(step) {
    this.view.step = Math.max(0, Math.min(this.run.steps.length - 1, step));
    this.view.follow();
    this.paint();
  }

  play() {
    if (this.view.step >= this.run.steps.length - 1) this.go(0);
    const tick = () => {
      if (this.view.step >= this.run.steps.length - 1) return this.pause();
      this.go(this.view.step + 1);
      this.timer = setTimeout(tick, this.rest());
    };
    this.timer = setTimeout(tick, this.rest());
    this.showPlaying(true);
  }

  /** How long the current step stays: simulated time stretched, within what an eye can follow. */
  rest() {
    const times = this.run.stepTimes, step = this.view.step;
    const gap = ((times[step + 1] ?? times[step]) - times[step]) / 1000;
    return Math.min(1200, Math.max(140, gap * 40)) / Number(this.parts.speed.value);
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.parts) this.showPlaying(false);
  }

  showPlaying(playing) {
    const label = playing ? "Pause" : "Play";
    this.parts.play.innerHTML = playing ? ICONS.pause : ICONS.play;
    this.parts.play.setAttribute("aria-label", label);
    this.parts.play.title = label;
    // While it plays, a screen reader would fall behind: it speaks again at the pause.
    this.parts.sentence.setAttribute("aria-live", playing ? "off" : "polite");
  }

  paint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.view.draw();
      this.write();
    });
  }

  write() {
    const { run, view, parts } = this, step = view.step;
    if (!run.steps.length) {
      parts.sentence.textContent = "Nothing happened in this run.";
      return;
    }
    const sentence = run.sentence(step);
    parts.scrub.value = step;
    parts.scrub.setAttribute("aria-valuetext", `step ${step + 1} of ${run.steps.length}, ${milliseconds(run.stepTimes[step])} milliseconds`);
    parts.canvas.setAttribute("aria-label", `Space-time diagram. ${sentence}`);
    parts.sentence.replaceChildren(Object.assign(document.createElement("span"), { className: "count", textContent: `${step + 1}/${run.steps.length}` }), " ", sentence);
    this.writeStates(run.steps[step]);
    if (parts.account.open) this.markAccount(true);
  }

  writeStates({ first, end }) {
    const { run, parts } = this, states = run.nodes.map((_, lane) => run.stateAfter(lane, end - 1));
    const fresh = new Set(run.changed(first).map(([field]) => `${run.place[first]} ${field}`));
    if (!this.cells) this.buildTable();
    run.nodes.forEach((_, lane) => this.fields.forEach((field) => {
      const cell = this.cells[lane][field], state = states[lane];
      const text = state === null ? (field === this.fields[0] ? "down" : "") : state[field] < 0 ? "" : brief(run.values[state[field]]);
      const shown = text.length > 160 ? `${text.slice(0, 160)}…` : text;
      if (cell.textContent !== shown) cell.textContent = shown;
      const isNew = fresh.has(`${lane} ${field}`);
      if (cell.classList.contains("new") !== isNew) cell.classList.toggle("new", isNew);
      cell.title = text.length > 160 ? text : "";
    }));
  }

  buildTable() {
    const { run, parts } = this, make = (tag, text, scope) => {
      const cell = document.createElement(tag);
      if (text !== undefined) cell.textContent = text;
      if (scope) cell.scope = scope;
      return cell;
    };
    const head = make("tr");
    head.append(make("th", "field", "col"), ...run.nodes.map((node) => make("th", node, "col")));
    parts.table.tHead.append(head);
    this.cells = run.nodes.map(() => []);
    for (const field of this.fields) {
      const row = make("tr");
      row.append(make("th", run.fields[field], "row"));
      run.nodes.forEach((_, lane) => row.append(this.cells[lane][field] = make("td")));
      parts.table.tBodies[0].append(row);
    }
  }

  // The account in words is filled when it is opened, a part around the current step.

  fillAccount() {
    if (this.parts.account.open) this.markAccount(false);
  }

  markAccount(quiet) {
    const { run, view, parts } = this, list = parts.account.querySelector("ol");
    const page = Math.floor(view.step / ACCOUNT_PAGE) * ACCOUNT_PAGE;
    if (list.start !== page + 1 || !list.children.length) {
      list.start = page + 1;
      list.replaceChildren(...run.steps.slice(page, page + ACCOUNT_PAGE).map((_, place) => {
        const item = document.createElement("li"), button = document.createElement("button");
        button.type = "button";
        button.textContent = run.sentence(page + place);
        button.addEventListener("click", () => { this.pause(); this.go(page + place); });
        item.append(button);
        return item;
      }));
    }
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = list.children[view.step - page];
    item?.setAttribute("aria-current", "step");
    if (item && !quiet) list.scrollTop = item.offsetTop - list.offsetTop;
  }
}

if (!customElements.get("dslab-trace")) customElements.define("dslab-trace", DslabTrace);
