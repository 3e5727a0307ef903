// Saga lanes: the steps of a saga from left to right, each with its compensation below, and what
// has become of them; in them every point where the orchestrator can crash, as a dot to press,
// where such runs were recorded (show.runs). A run of the name that dslab.events.saga.every_crash
// gives it has its dot in its step; the others stand above.
//
// It shows a run in which a lane has fields of these names (what dslab.events.saga records): steps:
// list of names; status: name → waiting, doing, done, rejected, undoing, undone, stuck; written:
// how many events its log holds; crashed; outcome.

import { css } from "../core/css.js";
import { html } from "../core/draw.js";
import { show } from "../core/values.js";

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
  static style = css(new URL("./saga.css", import.meta.url));

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
