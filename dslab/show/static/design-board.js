// <dslab-design-board>: one option for each choice, and whether that design meets its requirements.
// Data:
//
//     id            the board's name within its page
//     requirements  [{ name, figure, limit, more: whether the figure must be at least the limit,
//                   unit }]
//     choices       [{ name, options: texts }]
//     table         for each design, the last choice's options running fastest, a figure or null
//                   for each requirement; null without a run
//
// The reader's design and reason are kept on their machine under design:PAGE#ID, as { options:
// texts, reason }.

import { css } from "./core/css.js";
import { html } from "./core/draw.js";
import { show } from "./core/values.js";
import { keep, recall } from "./core/storage.js";
import { BadData, Widget, define } from "./core/widget.js";
import { by, line } from "./parts/design-board-lines.js";

/** More designs, or more columns of them, are no map that can be read at a glance. */
const MAP = 60,
  ACROSS = 12;

const list = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

class DesignBoard extends Widget {
  static format = "dslab-design-board";
  static style = css(new URL("./design-board.css", import.meta.url));

  load(data) {
    super.load(data);
    const { requirements, choices, table } = data,
      count = choices?.reduce?.((product, choice) => product * (choice.options?.length || 0), 1);
    const fits =
      Array.isArray(requirements) &&
      requirements.length &&
      count > 0 &&
      table?.length === count &&
      table.some((row) => row !== null) &&
      table.every(
        (row) =>
          row === null ||
          (row.length === requirements.length &&
            row.every((value) => value === null || Number.isFinite(value))),
      );
    if (!fits)
      throw new BadData("The data of this board is cut short or damaged: run its cell again.");
    this.name = `design:${location.pathname}#${data.id}`;
    const kept = recall(this.name),
      fitting = Array.isArray(kept?.options) && kept.options.length === choices.length;
    this.chosen = choices.map((choice, place) =>
      Math.max(0, fitting ? choice.options.indexOf(kept.options[place]) : 0),
    );
    this.reason = typeof kept?.reason === "string" ? kept.reason : "";
    this.lasting = true;
  }

  build() {
    const { content: data } = this,
      title = data.title || "A design";
    this.body.setAttribute("aria-label", `Design board ${this.number}: ${title}`);
    const told = html("textarea", {
      id: "reason",
      placeholder: "What decided it, and what you give up",
      oninput: () => {
        this.reason = told.value;
        this.save();
      },
    });
    told.value = this.reason;
    this.body.append(
      html("p", { class: "title" }, title),
      html("p", { class: "hint" }, this.hint()),
      html(
        "div",
        { class: "choices" },
        ...data.choices.map((choice, place) =>
          html(
            "fieldset",
            {},
            html("legend", {}, choice.name),
            ...choice.options.map((option, number) =>
              html(
                "label",
                { class: "option" },
                html("input", {
                  type: "radio",
                  name: `choice${place}`,
                  checked: this.chosen[place] === number,
                  onchange: () => this.choose(place, number),
                }),
                html("span", {}, option),
                html("span", { class: "marks" }),
              ),
            ),
          ),
        ),
      ),
      (this.sentence = html("p", { class: "sentence", role: "status" })),
      (this.board = html("div", { class: "board" })),
      (this.map = html("div", {
        class: "map",
        role: "region",
        "aria-label": `All designs of board ${this.number}`,
        onkeydown: (event) => this.walk(event),
      })),
      this.limits(),
      this.solutions(),
      (this.moving = html(
        "details",
        { class: "moving" },
        html("summary", {}, "What another option, changed alone, would give"),
        html("ul"),
      )),
      html(
        "div",
        { class: "reason" },
        html("label", { for: "reason" }, "Why this design?"),
        told,
        html("button", { type: "button", onclick: () => this.export() }, "Copy as text"),
        (this.note = html("p", { class: "note", role: "status" })),
        (this.text = html("textarea", {
          class: "text",
          readonly: true,
          hidden: true,
          "aria-label": "The design as text",
        })),
      ),
    );
    this.say();
  }

  hint() {
    const { requirements, choices } = this.content,
      all = requirements.length > 1 ? `all ${requirements.length} requirements` : "the requirement";
    return (
      `Choose ${choices.length > 1 ? "an option in each column" : "an option"}, and ` +
      `try to meet ${all}. ` +
      (requirements.length > 1
        ? "The signs beside an option say which ones it would meet, in their order below."
        : "")
    );
  }

  choose(place, number) {
    this.chosen[place] = number;
    this.body.querySelectorAll(`input[name=choice${place}]`)[number].checked = true;
    this.save();
    this.repaint();
  }

  save() {
    this.lasting = keep(this.name, { options: this.options(this.chosen), reason: this.reason });
    this.text.hidden = true;
    this.say();
  }

  say(words = "") {
    this.note.textContent =
      words ||
      (this.lasting
        ? "Your design and your reason are kept in this browser and sent nowhere."
        : "This browser keeps nothing for this page, so your design lasts until you leave it.");
  }

  // What is known of designs.

  options(chosen) {
    return this.content.choices.map((choice, place) => choice.options[chosen[place]]);
  }

  row(chosen) {
    return this.content.table[
      this.content.choices.reduce(
        (number, choice, place) => number * choice.options.length + chosen[place],
        0,
      )
    ];
  }

  /** All designs, each a number of an option for each choice. */
  designs() {
    return this.content.choices.reduce(
      (all, choice) =>
        all.flatMap((start) => choice.options.map((_, number) => [...start, number])),
      [[]],
    );
  }

  met(number, value) {
    const { limit, more } = this.content.requirements[number];
    return value !== null && (more ? value >= limit : value <= limit);
  }

  value(number, value) {
    const { unit } = this.content.requirements[number];
    return value === null ? "no figure" : `${show(value)}${unit ? ` ${unit}` : ""}`;
  }

  /** The smallest sets of requirements that no design meets together. */
  conflicts() {
    const { requirements, table } = this.content,
      found = [],
      rows = table
        .filter(Boolean)
        .map((row) =>
          row.reduce(
            (bits, value, number) => bits | (this.met(number, value) ? 1 << number : 0),
            0,
          ),
        );
    const sets = Array.from({ length: (1 << requirements.length) - 1 }, (_, bits) => bits + 1).map(
      (bits) => [bits, requirements.flatMap((_, number) => ((bits >> number) & 1 ? [number] : []))],
    );
    for (const [bits, numbers] of sets.sort(
      ([, one], [, other]) => one.length - other.length || compare(one, other),
    ))
      if (
        !found.some(([smaller]) => (bits & smaller) === smaller) &&
        !rows.some((row) => (row & bits) === bits)
      )
        found.push([bits, numbers]);
    return found.map(([, numbers]) => numbers);
  }

  limits() {
    const names = (numbers) =>
        list(numbers.map((number) => `“${this.content.requirements[number].name}”`)),
      found = this.conflicts();
    return html(
      "ul",
      { class: "conflicts" },
      ...found.map((numbers) =>
        html(
          "li",
          {},
          `No design here meets ${numbers.length === 2 ? "both " : ""}${names(numbers)}` +
            `${numbers.length > 2 ? " together" : ""}.`,
        ),
      ),
    );
  }

  solutions() {
    const good = this.designs().filter((design) =>
      this.row(design)?.every((value, number) => this.met(number, value)),
    );
    if (!good.length) return html("span");
    return html(
      "details",
      { class: "all" },
      html(
        "summary",
        {},
        `${good.length === 1 ? "One design of" : `${good.length} designs of`} ` +
          `${this.content.table.filter(Boolean).length} meet` +
          `${good.length === 1 ? "s" : ""} every requirement`,
      ),
      html("ul", {}, ...good.map((design) => html("li", {}, this.options(design).join(", ")))),
    );
  }

  /** Which choices move a figure, were they changed alone, and how far: in words. */
  moves(number) {
    const found = this.content.choices.flatMap((choice, place) => {
      const values = choice.options
          .map((_, other) => [other, this.row(this.chosen.with(place, other))?.[number] ?? null])
          .filter(([, value]) => value !== null),
        now = this.row(this.chosen)?.[number] ?? null;
      const others = values.filter(
        ([other, value]) => other !== this.chosen[place] && value !== now,
      );
      const told = others.map(([other, value]) => {
        const sign = this.met(number, value) ? "✓" : "✗";
        return `${choice.options[other]}: ${this.value(number, value)} ${sign}`;
      });
      return told.length ? [`${choice.name} (${told.join(", ")})`] : [];
    });
    return found.length ? `Moved by ${list(found)}.` : "No other option, changed alone, moves it.";
  }

  // Painting.

  paint() {
    const row = this.row(this.chosen),
      { requirements } = this.content;
    this.paintMarks();
    this.paintMap();
    this.moving
      .querySelector("ul")
      .replaceChildren(
        ...(row
          ? requirements.map(({ name }, number) => html("li", {}, `${name}: ${this.moves(number)}`))
          : []),
      );
    if (!row) {
      this.board.replaceChildren();
      this.sentence.textContent =
        "There is no run of this design, so nothing is known of it: choose otherwise.";
      return;
    }
    this.board.replaceChildren(...requirements.map((_, number) => line(this, number, row[number])));
    const missed = requirements.flatMap(({ name }, number) =>
      this.met(number, row[number]) ? [] : [`“${name}”`],
    );
    this.sentence.textContent = missed.length
      ? `${requirements.length - missed.length} of ${requirements.length} requirements ` +
        `are met; missed: ${list(missed)}.`
      : `All ${requirements.length} requirements are met.`;
  }

  /** Beside each option: which requirements it would meet, were it changed alone. */
  paintMarks() {
    const { choices } = this.content,
      marks = this.body.querySelectorAll(".marks");
    choices
      .flatMap((choice, place) =>
        choice.options.map((_, number) => this.row(this.chosen.with(place, number))),
      )
      .forEach((row, at) => {
        const met = row?.map((value, number) => this.met(number, value)) ?? [];
        marks[at].replaceChildren(
          ...met.map((good) => html(good ? "b" : "i", { "aria-hidden": "true" }, good ? "✓" : "✗")),
          ...(row
            ? [
                html(
                  "span",
                  { class: "unseen" },
                  ` (meets ${met.filter(Boolean).length} of ${met.length})`,
                ),
              ]
            : []),
        );
      });
  }

  /** Every design, by how many requirements it meets: the first choice down, all others across. */
  paintMap() {
    const { choices, requirements } = this.content,
      designs = this.designs(),
      across = designs.length / choices[0].options.length,
      wide = designs.slice(0, across);
    this.map.hidden = designs.length > MAP || across > ACROSS;
    if (this.map.hidden) return;
    const held = this.cells().indexOf(this.shadowRoot.activeElement);
    const cell = (design) => {
      const row = this.row(design),
        met = row?.filter((value, number) => this.met(number, value)).length,
        whole = met === requirements.length,
        here = design.every((number, place) => number === this.chosen[place]);
      return html(
        "td",
        {},
        html(
          "button",
          {
            type: "button",
            tabindex: -1,
            disabled: !row,
            class: whole ? "whole" : null,
            "aria-current": here ? "true" : null,
            "aria-label":
              `${this.options(design).join(", ")}: ` +
              (row ? `meets ${met} of ${requirements.length}` : "no run"),
            style: `--share: ${row ? Math.round((45 * met) / requirements.length) : 0}%`,
            onclick: () => design.forEach((number, place) => this.choose(place, number)),
          },
          row ? `${whole ? "✓ " : ""}${met}` : "–",
        ),
      );
    };
    this.map.replaceChildren(
      html(
        "p",
        {},
        `All ${designs.length} designs: how many of the ${requirements.length} ` +
          "requirements each meets",
      ),
      html(
        "table",
        {},
        html(
          "thead",
          {},
          html(
            "tr",
            {},
            html("td"),
            ...wide.map((design) =>
              html("th", { scope: "col" }, this.options(design).slice(1).join(", ")),
            ),
          ),
        ),
        html(
          "tbody",
          {},
          ...choices[0].options.map((option, number) =>
            html(
              "tr",
              {},
              html("th", { scope: "row" }, option),
              ...wide.map((design) => cell([number, ...design.slice(1)])),
            ),
          ),
        ),
      ),
    );
    const cells = this.cells(),
      stop =
        cells[held] ??
        cells.find((each) => each.matches("[aria-current]:enabled")) ??
        cells.find((each) => !each.disabled);
    stop.tabIndex = 0;
    if (held >= 0) stop.focus();
  }

  cells() {
    return [...this.map.querySelectorAll("button")];
  }

  /**
   * Arrows lead over the map to the next design that has a run; Enter, the button's own key,
   * chooses it.
   */
  walk(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const cells = this.cells(),
      wide = cells.length / this.content.choices[0].options.length,
      from = cells.indexOf(event.target);
    let column = (from % wide) + by[0],
      row = Math.floor(from / wide) + by[1];
    const next = () => (column >= 0 && column < wide ? cells[row * wide + column] : undefined);
    while (next()?.disabled) [column, row] = [column + by[0], row + by[1]];
    if (!next()) return;
    cells[from].tabIndex = -1;
    next().tabIndex = 0;
    next().focus();
  }

  // Export.

  asText() {
    const row = this.row(this.chosen),
      { title, choices, requirements } = this.content;
    return [
      title || "A design",
      "",
      ...choices.map((choice, place) => `${choice.name}: ${choice.options[this.chosen[place]]}`),
      "",
      ...(row
        ? requirements.map(
            ({ name }, number) =>
              `${this.met(number, row[number]) ? "✓" : "✗"} ${name} (` +
              `${by(this, number, row[number])})`,
          )
        : ["There is no run of this design."]),
      "",
      `Why: ${this.reason.trim() || "–"}`,
    ].join("\n");
  }

  async export() {
    this.text.value = this.asText();
    this.text.hidden = false;
    this.text.select();
    try {
      await navigator.clipboard.writeText(this.text.value);
      this.say("The text is on the clipboard.");
    } catch {
      this.say("The text below is selected: copy it with your keyboard.");
    }
  }
}

/** By the first number that differs. */
function compare(one, other) {
  const place = one.findIndex((number, at) => number !== other[at]);
  return place < 0 ? 0 : one[place] - other[place];
}

define("dslab-design-board", DesignBoard);
