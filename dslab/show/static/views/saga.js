// Saga lanes: the steps of a saga from left to right, each with its compensation below, and what has become of them; between
// them every point where the orchestrator can crash, as a dot to press, where such runs were recorded (show.runs).
//
// It shows a run in which a lane has fields of these names (what dslab.events.saga records): steps: list of names; status: name →
// waiting, doing, done, rejected, undoing, undone, stuck; written: how many events its log holds; crashed; outcome.

import { html } from "../core/draw.js";
import { show } from "../core/run.js";

const SIGNS = { waiting: "·", doing: "…", done: "✓", rejected: "✗", undoing: "…", undone: "↩", stuck: "!" };
const WORDS = { waiting: "not begun", doing: "called, no answer yet", done: "done", rejected: "rejected", undoing: "being undone", undone: "undone", stuck: "can't be undone: parked for a person" };

export default class Saga {
  static label = "Saga lanes";

  static lacks(run) {
    return ["steps", "status"].every((name) => run.fields.includes(name)) ? null : "This run has no saga: no lane has the fields “steps” and “status”.";
  }

  constructor(host) {
    this.host = host;
    const { run } = host;
    this.field = Object.fromEntries(["steps", "status", "written", "crashed", "outcome"].map((name) => [name, run.fields.indexOf(name)]));
    this.lane = run.nodes.findIndex((_, lane) => run.history[lane].states.some((state) => state && state[this.field.steps] >= 0));
    this.element = html("div", { class: "saga" }, html("style", {}, STYLE), html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Steps of the saga in run ${host.number}` }, this.lanes = html("ol", { class: "lanes" })), this.dots = this.crashPoints(), this.end = html("p", { class: "outcome", "aria-live": "off" }));
  }

  /** The runs beside this one, one for each crash point: a radio group, in the order in which the log is written. */
  crashPoints() {
    const { alternatives } = this.host;
    if (!alternatives) return html("div", { hidden: true });
    return html("div", { class: "dots", role: "group", "aria-label": "Runs" }, ...alternatives.names.map((name) =>
      html("button", { type: "button", class: "dot", title: name, "aria-label": name, "aria-pressed": String(name === alternatives.shown), onclick: () => alternatives.choose(name) },
        name === alternatives.names[0] ? "○" : "✕")), html("span", { class: "which" }, alternatives.shown));
  }

  value(name) {
    const { run, step } = this.host, state = run.stateAfter(this.lane, run.steps[step].end - 1);
    return state && this.field[name] >= 0 && state[this.field[name]] >= 0 ? run.values[state[this.field[name]]] : null;
  }

  paint() {
    const steps = this.value("steps") ?? [], status = this.value("status") ?? {}, crashed = this.value("crashed"), outcome = this.value("outcome");
    this.lanes.replaceChildren(...steps.map((name) => this.column(name, status[name] ?? "waiting")));
    this.lanes.classList.toggle("crashed", Boolean(crashed));
    const written = this.value("written");
    this.end.textContent = crashed ? `✕ The orchestrator is down. Its log holds ${written} events.` : outcome ? `The saga is ${outcome}.` : `The log holds ${show(written)} events.`;
  }

  column(name, status) {
    const back = ["undoing", "undone", "stuck"].includes(status);
    const action = back ? "done" : status;
    return html("li", { class: "column" },
      html("div", { class: `cell ${action}` }, html("span", { class: "sign", "aria-hidden": "true" }, SIGNS[action]), html("strong", {}, name), html("span", { class: "what" }, WORDS[action])),
      html("div", { class: `cell undo ${back ? status : "waiting"}` }, html("span", { class: "sign", "aria-hidden": "true" }, back ? SIGNS[status] : "·"), html("span", {}, `undo ${name}`), html("span", { class: "what" }, back ? WORDS[status] : "")));
  }
}

const STYLE = `
.saga { padding: .4rem .75rem .5rem; }
.saga .lanes { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(7.5rem, 1fr); gap: 1.1rem; list-style: none; margin: 0; padding: .2rem 0; max-height: none; overflow: visible; min-width: max-content; }
.saga .scroll { border: 0; max-height: none; }
.saga .lanes.crashed { opacity: .55; }
.saga .column { display: grid; gap: .9rem; position: relative; }
.saga .column + .column::before { content: "→"; position: absolute; inset-inline-start: -1.05rem; top: 1.1rem; color: var(--soft); }
.saga .column + .column::after { content: "←"; position: absolute; inset-inline-start: -1.05rem; bottom: 1.1rem; color: var(--soft); }
.saga .cell { position: relative; border: 1.5px solid var(--line); border-radius: 7px; padding: .35rem .5rem .35rem 1.9rem; display: grid; min-height: 3.6rem; align-content: start; }
.saga .cell .sign { position: absolute; inset-inline-start: .55rem; top: .3rem; font-weight: 700; font-size: 1.1em; }
.saga .what { color: var(--soft); font-size: 12.5px; line-height: 1.3; }
.saga .undo { border-style: dashed; min-height: 3.2rem; }
.saga .doing, .saga .undoing { border-color: var(--mark); box-shadow: inset 0 0 0 1px var(--mark); }
.saga .done { border-color: var(--good); } .saga .done .sign { color: var(--good); }
.saga .rejected, .saga .stuck { border-color: var(--bad); border-width: 2.5px; } .saga .rejected .sign, .saga .stuck .sign { color: var(--bad); }
.saga .undone { border-color: var(--warn); } .saga .undone .sign { color: var(--warn); }
.saga .dots { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; margin-top: .5rem; }
.saga .dot { min-width: 1.9rem; height: 1.9rem; border-radius: 50%; padding: 0; }
.saga .dot[aria-pressed=true] { background: var(--mark); color: var(--paper); border-color: var(--mark); }
.saga .which { margin-inline-start: .4rem; font-weight: 600; }
.saga .outcome { margin: .5rem 0 0; font-weight: 600; min-height: 1.5em; }
`;
