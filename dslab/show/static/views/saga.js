// Saga lanes: the steps of a saga from left to right, each with its compensation below, and what
// has become of them; in them every point where the orchestrator can crash, as a dot to press,
// where such runs were recorded (show.runs). A run of the name that dslab.events.saga.every_crash
// gives it has its dot in its step; the others stand above.
//
// It shows a run in which a lane has fields of these names (what dslab.events.saga records): steps:
// list of names; status: name → waiting, doing, done, rejected, undoing, undone, stuck; written:
// how many events its log holds; crashed; outcome.

import { html } from "../core/draw.js";
import { show } from "../core/run.js";

const SIGNS = {
  waiting: "·",
  doing: "…",
  done: "✓",
  rejected: "✗",
  undoing: "…",
  undone: "↩",
  stuck: "!",
};
const WORDS = {
  waiting: "not begun",
  doing: "called, no answer yet",
  done: "done",
  rejected: "rejected",
  undoing: "being undone",
  undone: "undone",
  stuck: "can't be undone: parked for a person",
};

/**
 * Which events of the saga's log a crash may come before, in a step and in its compensation: first
 * and last, as the log has them.
 */
const CALL = ["StepBegun", ["StepDone", "StepRejected"]],
  UNDO = ["UndoBegun", ["Undone", "UndoFailed"]];

export default class Saga {
  static label = "Saga lanes";

  static lacks(run) {
    return ["steps", "status"].every((name) => run.fields.includes(name))
      ? null
      : "This run has no saga: no lane has the fields “steps” and “status”.";
  }

  constructor(host) {
    this.host = host;
    const { run } = host;
    this.field = Object.fromEntries(
      ["steps", "status", "written", "crashed", "outcome"].map((name) => [
        name,
        run.fields.indexOf(name),
      ]),
    );
    this.lane = run.nodes.findIndex((_, lane) =>
      run.history[lane].states.some((state) => state && state[this.field.steps] >= 0),
    );
    this.element = html(
      "div",
      { class: "saga" },
      html("style", {}, STYLE),
      (this.dots = html("div", { class: "dots", role: "group", "aria-label": "Runs" })),
      html(
        "div",
        {
          class: "scroll",
          tabindex: 0,
          role: "region",
          "aria-label": `Steps of the saga in run ${host.number}`,
        },
        (this.lanes = html("div", { class: "lanes" })),
      ),
      (this.end = html("p", { class: "outcome", "aria-live": "off" })),
    );
    const first = run.history[this.lane].states.find(
      (state) => state && state[this.field.steps] >= 0,
    );
    this.build(run.values[first[this.field.steps]]);
    this.opening =
      host.alternatives && host.alternatives.shown !== host.alternatives.names[0]
        ? this.firstCrash()
        : null;
  }

  /** The step of the run in which the orchestrator is down. */
  firstCrash() {
    const { run } = this.host,
      place = run.steps.findIndex(({ end }) => {
        const state = run.stateAfter(this.lane, end - 1);
        return state && run.values[state[this.field.crashed]] === true;
      });
    return place < 0 ? null : place;
  }

  value(name) {
    const { run, step } = this.host,
      state = run.stateAfter(this.lane, run.steps[step].end - 1);
    return state && this.field[name] >= 0 && state[this.field[name]] >= 0
      ? run.values[state[this.field[name]]]
      : null;
  }

  paint() {
    if (this.opening !== null) {
      // Who pressed a crash point wants to see the crash.
      this.host.go(this.opening);
      this.opening = null;
    }
    const steps = this.value("steps") ?? [],
      status = this.value("status") ?? {},
      crashed = this.value("crashed"),
      outcome = this.value("outcome"),
      written = this.value("written");
    this.build(steps);
    steps.forEach((name, at) => this.paintStep(at, status[name] ?? "waiting"));
    this.lanes.classList.toggle("crashed", Boolean(crashed));
    this.end.textContent = crashed
      ? `✕ The orchestrator is down. Its log holds ${written} events.`
      : outcome
        ? `The saga is ${outcome}.`
        : `The log holds ${show(written)} events.`;
  }

  paintStep(at, status) {
    const back = ["undoing", "undone", "stuck"].includes(status),
      action = back ? "done" : status;
    this.actions[at].show(action, WORDS[action]);
    this.undos[at].show(back ? status : "waiting", back ? WORDS[status] : "");
  }

  // The cells and the dots are made once, so that the keyboard keeps its place.

  build(steps) {
    if (this.built === steps.join("\n")) return;
    this.built = steps.join("\n");
    const found = this.crashes(steps),
      cells = (kind, label, [first, last]) =>
        steps.map((name, at) =>
          this.cell(
            kind,
            at,
            label(name),
            found.get(`${first} ${name}`),
            last.map((event) => found.get(`${event} ${name}`)).find(Boolean),
          ),
        );
    this.actions = cells("action", (name) => html("strong", {}, name), CALL);
    this.undos = cells("undo", (name) => html("span", {}, `undo ${name}`), UNDO);
    this.lanes.style.setProperty("--steps", steps.length);
    this.lanes.replaceChildren(
      ...this.actions.map(({ element }) => element),
      ...[...this.undos].reverse().map(({ element }) => element),
    ); // As the log is written.
    const { alternatives } = this.host,
      placed = new Set(found.values());
    this.dots.hidden = !alternatives;
    if (alternatives)
      this.dots.replaceChildren(
        ...alternatives.names.filter((name) => !placed.has(name)).map((name) => this.dot(name)),
        html("span", { class: "which" }, alternatives.shown),
        html(
          "span",
          { class: "what" },
          "Press ✕: the orchestrator crashes there, and goes on from its log.",
        ),
      );
  }

  /** The runs that crash in a step: "StepBegun charge" → the run's name. */
  crashes(steps) {
    const found = new Map();
    for (const name of this.host.alternatives?.names ?? []) {
      const [, event, step] = /^a crash before (\w+) of (.+)$/s.exec(name) ?? [];
      if (steps.includes(step)) found.set(`${event} ${step}`, name);
    }
    return found;
  }

  cell(kind, at, label, before, after) {
    const sign = html("span", { class: "sign", "aria-hidden": "true" }),
      what = html("span", { class: "what" });
    const element = html(
      "div",
      { class: "cell", style: `--at: ${at + 1}` },
      sign,
      label,
      what,
      html(
        "span",
        { class: "points" },
        ...[before, after].map((name) => (name ? this.dot(name) : html("span"))),
      ),
    );
    return {
      element,
      show: (status, words) => {
        element.className = `cell ${kind} ${status}`;
        sign.textContent = SIGNS[status];
        what.textContent = words;
      },
    };
  }

  dot(name) {
    const { alternatives } = this.host;
    return html(
      "button",
      {
        type: "button",
        class: "dot",
        title: name,
        "aria-label": name,
        "aria-pressed": String(name === alternatives.shown),
        onclick: () => alternatives.choose(name),
      },
      name === alternatives.names[0] ? "○" : "✕",
    );
  }
}

const STYLE = `
.saga { padding: .4rem .75rem .5rem; }
.saga .lanes { display: grid; grid-template-columns: repeat(var(--steps), minmax(8.5rem, 1fr)); gap: .9rem 1.3rem; padding: .2rem 2px; min-width: max-content; }
.saga .scroll { border: 0; max-height: none; }
.saga .lanes.crashed .cell { opacity: .6; } .saga .lanes.crashed .cell:has([aria-pressed=true]) { opacity: 1; }
.saga .cell { grid-column: var(--at); position: relative; border: 1.5px solid var(--line); border-radius: 7px; padding: .35rem .5rem .3rem 1.9rem; display: grid; grid-template-rows: auto 1fr auto; min-height: 3.4rem; align-content: start; }
.saga .action { grid-row: 1; } .saga .undo { grid-row: 2; border-style: dashed; }
.saga .cell + .action::before, .saga .undo::before { position: absolute; inset-inline-start: -1.2rem; top: .6rem; color: var(--soft); }
.saga .cell + .action::before { content: "→"; } .saga .undo:not(:last-child)::before { content: "←"; }
.saga .cell .sign { position: absolute; inset-inline-start: .55rem; top: .3rem; font-weight: 700; font-size: 1.1em; }
.saga .what { color: var(--soft); font-size: 12.5px; line-height: 1.3; }
.saga .points { display: flex; justify-content: space-between; margin: .15rem 0 0 -1.4rem; } .saga .undo .points { flex-direction: row-reverse; }
.saga .doing, .saga .undoing { border-color: var(--mark); box-shadow: inset 0 0 0 1px var(--mark); }
.saga .done { border-color: var(--good); } .saga .done .sign { color: var(--good); }
.saga .rejected, .saga .stuck { border-color: var(--bad); border-width: 2.5px; } .saga .rejected .sign, .saga .stuck .sign { color: var(--bad); }
.saga .undone { border-color: var(--warn); } .saga .undone .sign { color: var(--warn); }
.saga .dots { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .4rem; padding-bottom: .4rem; } .saga .dots .what { flex: 1 1 14rem; }
.saga .dot { min-width: 1.9rem; width: 1.9rem; height: 1.9rem; border-radius: 50%; padding: 0; background: var(--paper); }
.saga .dot[aria-pressed=true] { background: var(--mark); color: var(--paper); border-color: var(--mark); }
.saga .which { font-weight: 600; }
.saga .outcome { margin: .5rem 0 0; font-weight: 600; min-height: 1.5em; }
@media (max-width: 520px) {
  .saga .lanes { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.2rem .6rem; min-width: 0; }
  .saga .action { grid-column: 1; grid-row: var(--at); } .saga .undo { grid-column: 2; grid-row: var(--at); }
  .saga .cell + .action::before, .saga .undo:not(:last-child)::before { inset-inline-start: 50%; top: -1.35rem; } .saga .cell + .action::before { content: "↓"; } .saga .undo:not(:last-child)::before { content: "↑"; }
}
@media print { .saga .dots .what, .saga .points { display: none; } }
`;
