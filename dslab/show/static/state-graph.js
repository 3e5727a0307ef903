// <dslab-state-graph>: the states that an exploration looked at, to be walked through. Data,
// written by dslab/show/state_graph.py:
//
//     layers      how many states there are at each distance from a start; states are numbered
//                 along them
//     variables, values, states   names; texts, or [bracket, bracket, items …]; the value's number
//                                 of each variable of each state
//     out, to, label, labels      how many steps leave each state, where each leads, and its name's
//                                 number
//     initial, path, goals, deadlocks   numbers of states; `rule` is what the path's last state
//                                       breaks
//     pruned      by reason, [state, how many steps, …]; `total` states were explored
//     valence     { names, of: for each state a bit for each value that may still be decided }, or
//                 null
//     run         { name, first }: the run of the path, whose step first + n is the path's state n,
//                 or null

import { Channel } from "./core/channel.js";
import { css } from "./core/css.js";
import { html } from "./core/draw.js";
import { BadData, Widget, define } from "./core/widget.js";
import { Picture } from "./parts/state-graph-picture.js";
import { valenceLook } from "./parts/state-graph-stamps.js";
import { decoded } from "./parts/state-graph-data.js";

const REASONS = {
  symmetry: "the same under other names",
  bounds: "cut off by the bounds",
  budget: "not looked at",
  picture: "beyond this picture",
  reduction: "left to another order",
};
const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

class StateGraph extends Widget {
  static format = "dslab-state-graph";
  static style = css(new URL("./state-graph.css", import.meta.url));

  load(data) {
    super.load(data);
    try {
      this.graph = decoded(data);
    } catch {
      throw new BadData("The data of these states is cut short or damaged: run its cell again.");
    }
    this.chosen = this.shown = data.path[0] ?? data.initial[0] ?? 0;
    Object.assign(this, { pointed: -1, matches: [], came: [] });
    this.step = this.firstStep();
  }

  build() {
    const { content: data, graph } = this;
    this.body.setAttribute("aria-label", `State graph ${this.number}: ${data.title}`);
    this.picture = new Picture(this, graph);
    this.body.append(
      html("p", { class: "title" }, data.title),
      html("p", { class: "numbers" }, this.numbers()),
      html("p", { class: "hint" }, this.hint()),
      html(
        "div",
        { class: "picture" },
        this.picture.canvas,
        (this.legend = html("div", { class: "legend" })),
      ),
      this.controls(),
      (this.sentence = html("p", { class: "sentence", role: "status", "aria-live": "polite" })),
      (this.help = html(
        "div",
        { class: "keys", hidden: true },
        html(
          "dl",
          {},
          ...this.keys().flatMap(([keys, what]) => [html("dt", {}, keys), html("dd", {}, what)]),
        ),
      )),
      (this.panel = html("div", {
        class: "panel scroll",
        tabindex: 0,
        role: "region",
        "aria-label": `The state and its steps in graph ${this.number}`,
      })),
      ...this.account(),
    );
    if (data.run) this.channel = Channel.named(data.run.name);
  }

  watch() {
    this.channel?.join(this);
    super.watch();
  }

  disconnectedCallback() {
    this.channel?.leave(this);
    super.disconnectedCallback();
  }

  numbers() {
    const { content: data, graph } = this,
      pruned = Object.entries(data.pruned).map(
        ([why, pairs]) =>
          `${many(
            pairs.filter((_, place) => place % 2).reduce((sum, each) => sum + each, 0),
            why === "bounds" ? "state" : "step",
          )} ${REASONS[why] ?? why}`,
      );
    const states =
      graph.count < data.total
        ? `The first ${graph.count.toLocaleString("en")} of ${many(data.total, "state")}`
        : many(graph.count, "state");
    return (
      `${states}, ${many(data.to.length, "step")}, ${data.layers.length - 1} deep.` +
      (pruned.length ? ` Left out: ${pruned.join("; ")}.` : "")
    );
  }

  hint() {
    const way = this.content.path.length
      ? "✗→ walks to the broken rule."
      : "→ takes the step that is marked.";
    return (
      `Choose a state to see what it holds and what can happen next; ${way} Pinch, ` +
      "or + and −, to zoom; drag to move."
    );
  }

  controls() {
    const button = (sign, label, action) =>
      html("button", { type: "button", title: label, "aria-label": label, onclick: action }, sign);
    this.search = html("input", {
      type: "search",
      placeholder: "Find states …",
      "aria-label": "Find states by text",
      oninput: () => this.find(),
      onkeydown: (event) => event.key === "Enter" && this.nextMatch(),
    });
    return html(
      "div",
      { class: "controls", role: "group", "aria-label": "Walk" },
      button("⌂", "To the start", () => this.go(this.content.initial[0] ?? 0)),
      button("←", "Back", () => this.back()),
      button("→", "Take the chosen step", () => this.forward()),
      ...(this.content.path.length
        ? [button("✗→", "Next state of the counterexample", () => this.along())]
        : []),
      button("−", "Zoom out", () => this.picture.scale(1 / 1.6)),
      button("+", "Zoom in", () => this.zoomIn()),
      button("↔", "Show all", () => this.picture.fit()),
      this.search,
      (this.found = html("span", { class: "found", role: "status" })),
      (this.helpButton = button("?", "Keys", () => this.toggleHelp())),
    );
  }

  keys() {
    return [
      ["→", "take the chosen step", { ArrowRight: () => this.forward() }],
      ["←", "back to where you came from", { ArrowLeft: () => this.back() }],
      [
        "↑ ↓",
        "choose among the steps",
        { ArrowUp: () => this.turn(-1), ArrowDown: () => this.turn(1) },
      ],
      ["Home", "to the start", { Home: () => this.go(this.content.initial[0] ?? 0) }],
      ...(this.content.path.length
        ? [
            [
              "C",
              "next state of the counterexample",
              { c: () => this.along(), C: () => this.along() },
            ],
          ]
        : []),
      ["/", "find states; Enter goes to the next", { "/": () => this.search.focus() }],
      [
        "+ − 0",
        "zoom in, zoom out, show all",
        {
          "+": () => this.zoomIn(),
          "=": () => this.zoomIn(),
          "-": () => this.picture.scale(1 / 1.6),
          0: () => this.picture.fit(),
        },
      ],
      ["Shift and ← → ↑ ↓", "move the picture", {}],
      ["?", "this help", { "?": () => this.toggleHelp() }],
    ];
  }

  key(event) {
    const by =
      event.shiftKey &&
      event.composedPath()[0] === this.picture.canvas &&
      { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[
        event.key
      ];
    if (!by) return super.key(event);
    event.preventDefault();
    this.picture.pan(...by);
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  zoomIn() {
    this.picture.scale(1.6, this.picture.x(this.chosen), this.picture.y(this.chosen));
    this.picture.reveal(this.chosen);
  }

  // Walking.

  /** The chosen state becomes `number`; `step` is the number of the step that is chosen there. */
  go(number, quiet = false) {
    if (number !== this.chosen) this.came.push(this.chosen);
    this.chosen = this.shown = number;
    this.pointed = -1;
    this.step = this.firstStep();
    if (!quiet) this.tell();
    this.picture.reveal(number);
  }

  /** The step along the counterexample where there is one, else the first. */
  firstStep() {
    const { starts, to } = this.graph,
      { path } = this.content,
      place = path.indexOf(this.chosen),
      next = place < 0 ? -1 : (path[place + 1] ?? -1);
    for (let edge = starts[this.chosen]; edge < starts[this.chosen + 1]; edge++)
      if (to[edge] === next) return edge;
    return starts[this.chosen];
  }

  forward() {
    if (this.step < this.graph.starts[this.chosen + 1]) this.go(this.graph.to[this.step]);
  }

  back() {
    const last = this.came.pop() ?? this.graph.found[this.chosen];
    if (last < 0) return;
    this.go(last);
    this.came.pop();
  }

  turn(by) {
    const first = this.graph.starts[this.chosen],
      count = this.graph.starts[this.chosen + 1] - first;
    if (count) this.step = first + ((this.step - first + by + count) % count);
    this.repaint();
  }

  along() {
    const { path } = this.content,
      place = path.indexOf(this.chosen);
    if (path.length) this.go(path[(place + 1) % path.length]);
  }

  point(number) {
    if (number === this.pointed) return;
    this.pointed = number;
    this.shown = number < 0 ? this.chosen : number;
    this.repaint();
  }

  find() {
    const asked = this.search.value.trim().toLowerCase();
    this.matches = [];
    this.texts ??= Array.from({ length: this.graph.count }, (_, number) =>
      this.graph.words(number).toLowerCase(),
    );
    if (asked)
      this.texts.forEach((text, number) => text.includes(asked) && this.matches.push(number));
    this.found.textContent = asked ? many(this.matches.length, "state") : "";
    this.repaint();
  }

  nextMatch() {
    const next = this.matches.find((number) => number > this.chosen) ?? this.matches[0];
    if (next !== undefined) this.go(next);
  }

  // The players of the counterexample's run.

  tell() {
    const { run, path } = this.content,
      place = path.indexOf(this.chosen);
    if (this.channel && place >= 0) this.channel.move(this, run.name, run.first + place, 0);
  }

  follow(name, step) {
    const { run, path } = this.content,
      number = path[step - run.first];
    if (name === run.name && number !== undefined && number !== this.chosen) this.go(number, true);
  }

  pause() {}

  // Words.

  /** What is to be known of a state, in a few words each. */
  marks(number) {
    const { content: data, graph } = this,
      said = [`depth ${graph.depth[number]}`];
    if (data.valence) {
      const look = valenceLook(data.valence.of[number], data.valence.names, this.colors);
      said.push(`${look.sign} ${look.word}`);
    }
    if (data.initial.includes(number)) said.push("▶ a start");
    for (const [name, found] of Object.entries(data.goals))
      if (found.includes(number)) said.push(`◎ ${name}`);
    if (data.deadlocks.includes(number)) said.push("⊣ nothing more can happen");
    const place = data.path.indexOf(number);
    if (place >= 0) said.push(`state ${place} of the counterexample`);
    if (graph.bad.includes(number)) said.push(`✗ ${data.rule} is broken`);
    for (const [why, pairs] of Object.entries(data.pruned))
      for (let at = 0; at < pairs.length; at += 2)
        if (pairs[at] === number)
          said.push(
            `/// ${why === "bounds" ? "" : `${many(pairs[at + 1], "step")} `}` +
              `${REASONS[why] ?? why}`,
          );
    return said.join(" · ");
  }

  account() {
    const { path, rule } = this.content;
    if (!path.length) return [];
    const sentence = (place) =>
      place
        ? `${this.graph.stepName(path[place - 1], path[place])}: ` +
          `${this.graph.changes(path[place - 1], path[place])}`
        : `It begins: ${this.graph.words(path[0])}`;
    return [
      html(
        "details",
        { class: "account" },
        html(
          "summary",
          {},
          `The counterexample in words: ${many(path.length - 1, "step")} until ${rule} is broken`,
        ),
        html(
          "ol",
          { start: 0 },
          ...path.map((number, place) =>
            html(
              "li",
              {},
              html(
                "button",
                { type: "button", onclick: () => this.go(number) },
                `${sentence(place)}.`,
              ),
            ),
          ),
        ),
      ),
    ];
  }

  // Painting.

  resized(width) {
    this.picture.resized(width);
  }

  paint() {
    const { graph, shown, content: data } = this,
      first = graph.starts[this.chosen],
      count = graph.starts[this.chosen + 1] - first;
    this.picture.paint();
    this.fillLegend();
    const step = count
      ? ` Step ${this.step - first + 1} of ${count}: ` +
        `${data.labels[data.label[this.step]]}, to state ${graph.to[this.step] + 1}.`
      : " No step leads on.";
    const words =
      `State ${this.chosen + 1} of ${graph.count.toLocaleString("en")}, ` +
      `${this.marks(this.chosen)}.${step}`;
    if (this.sentence.textContent !== words) this.sentence.textContent = words;
    this.picture.canvas.setAttribute("aria-label", `States. ${words}`);
    const key = `${shown} ${shown === this.chosen ? this.step : ""}`;
    if (this.filled === key) return;
    this.filled = key;
    this.fillPanel(shown);
  }

  fillPanel(number) {
    const { graph, content: data } = this,
      { starts, to } = graph;
    const item = (other, label, current) =>
      html(
        "button",
        {
          type: "button",
          "aria-current": current ? "step" : null,
          onclick: () => {
            this.go(other);
            this.picture.canvas.focus();
          },
        },
        label,
      );
    const out = [],
      into = graph
        .into(number)
        .map(([one, label]) => item(one, `← ${data.labels[label]} from ${one + 1}`));
    for (let edge = starts[number]; edge < starts[number + 1]; edge++)
      out.push(
        item(
          to[edge],
          `→ ${data.labels[data.label[edge]]} to ${to[edge] + 1}`,
          edge === this.step && number === this.chosen,
        ),
      );
    this.panel.replaceChildren(
      html(
        "div",
        {},
        html("p", { class: "name" }, `State ${number + 1}`),
        html(
          "dl",
          {},
          ...data.variables.flatMap((name, place) => [
            html("dt", {}, name),
            html("dd", {}, graph.value(number, place)),
          ]),
        ),
      ),
      html(
        "div",
        {},
        html("p", { class: "name" }, out.length ? "Steps on" : "No step leads on"),
        ...out,
        ...(into.length ? [html("p", { class: "name" }, "Steps here")] : []),
        ...into,
      ),
    );
  }

  fillLegend() {
    const { content: data, graph } = this,
      said = [],
      key = `${this.dark} ${this.picture.drawsAll}`;
    if (this.legendFor === key) return;
    this.legendFor = key;
    for (const mask of data.valence
      ? [...new Set(data.valence.of)].sort((one, other) => one - other)
      : []) {
      const look = valenceLook(mask, data.valence.names, this.colors);
      said.push(
        html(
          "span",
          {},
          html("span", { style: `color:${look.fill ?? this.colors.soft}` }, look.sign),
          ` ${look.word}: ` +
            `${data.valence.of.filter((each) => each === mask).length.toLocaleString("en")}`,
        ),
      );
    }
    const sign = (shown, text) => shown && said.push(html("span", {}, text));
    sign(true, "▶ start");
    sign(graph.goals.length, `◎ ${Object.keys(data.goals).join(", ")}`);
    sign(graph.bad.length, `✗ ${data.rule}`);
    sign(data.deadlocks.length, "⊣ nothing can happen");
    sign(graph.stubs.length, "/// something was left out");
    sign(!this.picture.drawsAll, "Each state has the step that found it; zoom in for all.");
    this.legend.replaceChildren(...said);
  }
}

define("dslab-state-graph", StateGraph);
