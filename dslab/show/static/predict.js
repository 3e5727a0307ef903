// <dslab-predict>: a question, a guess and how sure the reader is of it; only then the answer.
// <dslab-predictions>: all guesses of a page, or of the book, and how well "sure" and "right"
// agree.
//
// Data of a question: { id, question, why } with { options, answer: its place }, or { answer:
// number, unit, within }, or { answer: text }. A text can't be compared by a program: the reader
// says whether theirs means the same.
//
// A guess is kept on the reader's machine under predict:PAGE#ID, as { question, guess, sure, right,
// page, unit }, and where the browser keeps nothing, for this visit. What is hidden until then
// stands in the element as <details>, and is slotted in after the guess.

import { css } from "./core/css.js";
import { html } from "./core/draw.js";
import { show } from "./core/values.js";
import { keep, kept, recall } from "./core/storage.js";
import { BadData, Widget, define } from "./core/widget.js";

const LEAST = 50,
  MOST = 99;
const SURE = [
  [50, "a coin's toss"],
  [60, "a lean"],
  [70, "rather sure"],
  [80, "sure"],
  [90, "very sure"],
  [97, "nearly certain"],
];
const UNKEPT = "This browser keeps nothing for this page, so your guesses last until you leave it.";

// The guesses.

const visit = new Map(),
  listeners = new Set();
const page = () => `predict:${location.pathname}#`;
let lasting = true;

function guessed(name) {
  return visit.get(name) ?? recall(name);
}

function store(name, guess) {
  if (guess === null) visit.delete(name);
  else visit.set(name, guess);
  lasting = keep(name, guess) && lasting;
  for (const listener of listeners) listener();
}

/** All guesses under names that begin with `start`, as [name, guess]. */
function guesses(start) {
  const all = new Map(kept(start));
  for (const [name, guess] of visit) if (name.startsWith(start)) all.set(name, guess);
  return [...all].filter(
    ([, guess]) =>
      guess && typeof guess.question === "string" && guess.sure >= LEAST && guess.sure <= MOST,
  );
}

class Predict extends Widget {
  static format = "dslab-predict";
  static style = css(new URL("./predict.css", import.meta.url));

  load(data) {
    super.load(data);
    const { options, answer } = data,
      fits = Array.isArray(options)
        ? options[answer] !== undefined
        : ["number", "string"].includes(typeof answer);
    if (typeof data.id !== "string" || typeof data.question !== "string" || !fits)
      throw new BadData("This question has no answer, so it can't be asked: run its cell again.");
    this.kind = options ? "choice" : typeof answer;
    this.name = page() + data.id;
  }

  build() {
    for (const each of this.querySelectorAll(
      ":scope > .dslab-question, :scope > details > .dslab-answer",
    ))
      each.hidden = true;
    this.body.setAttribute("aria-label", `A question: ${this.content.question}`);
    this.turn();
  }

  watch() {
    listeners.add((this.heard ??= () => this.turn()));
    super.watch();
  }

  disconnectedCallback() {
    listeners.delete(this.heard);
    super.disconnectedCallback();
  }

  /** The guess, where one was made of this very question. */
  get guess() {
    const found = guessed(this.name);
    return found && found.question === this.content.question && this.understands(found.guess)
      ? found
      : null;
  }

  understands(guess) {
    return this.kind === "choice"
      ? this.content.options.includes(guess)
      : typeof guess === this.kind;
  }

  /** Show the question, or what became of it, where that has changed. */
  turn() {
    const { guess } = this,
      now = JSON.stringify(guess);
    if (this.shown === now && this.body.childElementCount) return;
    this.shown = now;
    this.body.replaceChildren(...(guess ? this.answered(guess) : [this.asked()]));
    // A page may keep back what tells the answer.
    this.dispatchEvent(
      new CustomEvent("dslab-guess", {
        bubbles: true,
        composed: true,
        detail: { made: Boolean(guess) },
      }),
    );
  }

  // Before.

  asked() {
    const form = html("form", { onsubmit: (event) => this.commit(event) });
    const said = html("output", { for: "sure" }),
      range = html("input", {
        id: "sure",
        type: "range",
        min: LEAST,
        max: MOST,
        value: LEAST,
        step: 1,
      });
    const say = () => {
      said.textContent =
        `${range.value} %, ` + `${SURE.findLast(([least]) => Number(range.value) >= least)[1]}`;
      range.setAttribute("aria-valuetext", said.textContent);
    };
    range.addEventListener("input", say);
    say();
    this.plea = html("p", { class: "plea", role: "alert" });
    form.append(
      html("fieldset", {}, html("legend", {}, this.content.question), ...this.inputs()),
      html(
        "div",
        { class: "sure" },
        html("label", { for: "sure" }, "How sure are you?"),
        range,
        said,
      ),
      this.plea,
      html("button", { class: "commit", type: "submit" }, "Commit, then see"),
    );
    form.noValidate = true;
    return form;
  }

  inputs() {
    const { options, unit, question, within } = this.content;
    if (this.kind === "choice")
      return options.map((option) =>
        html(
          "label",
          { class: "option" },
          html("input", { type: "radio", name: "guess", value: option }),
          html("span", {}, option),
        ),
      );
    if (this.kind === "number")
      return [
        html("input", {
          type: "number",
          name: "guess",
          step: "any",
          inputmode: "decimal",
          "aria-label": `${question}${unit ? ` In ${unit}` : ""}`,
        }),
        [unit, within ? `± ${show(within)} is right` : ""].filter(Boolean).join(", "),
      ];
    return [html("textarea", { name: "guess", "aria-label": question })];
  }

  commit(event) {
    event.preventDefault();
    const form = event.target,
      given = String(new FormData(form).get("guess") ?? "").trim();
    if (!given || (this.kind === "number" && !Number.isFinite(Number(given)))) {
      this.plea.textContent = {
        choice: "Choose an answer first.",
        number: "Write a number first.",
        string: "Write your guess first.",
      }[this.kind];
      return;
    }
    const guess = this.kind === "number" ? Number(given) : given;
    store(this.name, {
      question: this.content.question,
      guess,
      sure: Number(form.querySelector("#sure").value),
      right: this.judge(guess),
      page: title(),
      unit: this.content.unit || undefined,
    });
    this.body.querySelector(".verdict").focus();
  }

  /** Whether a guess is right; null where only the reader can say. */
  judge(guess) {
    const { options, answer, within } = this.content;
    if (this.kind === "choice") return guess === options[answer];
    if (this.kind === "number") return Math.abs(guess - answer) <= (within ?? 0);
    return plain(guess) === plain(answer) ? true : null;
  }

  // After.

  answered(guess) {
    const right = this.judge(guess.guess) ?? guess.right,
      sign = right === null ? "?" : right ? "✓" : "✗";
    const word = right === null ? "Compare." : right ? "Right." : "Wrong.";
    const parts = [
      html("p", { class: "question" }, this.content.question),
      ...this.outcome(guess, right),
      html(
        "p",
        { class: "verdict", tabindex: -1, role: "status" },
        html("span", { class: right === null ? "" : right ? "right" : "wrong" }, `${sign} ${word}`),
        ` You were ${guess.sure} % sure.`,
      ),
    ];
    if (right === null) parts.push(this.ask(guess));
    for (const text of (this.content.why || "").split(/\n\s*\n/).filter(Boolean))
      parts.push(html("p", { class: "why" }, ...coded(text)));
    if (!lasting) parts.push(html("p", { class: "note" }, UNKEPT));
    const more = this.querySelector(":scope > details");
    if (more && [...more.children].some((each) => each.localName.startsWith("dslab-"))) {
      more.open = true;
      parts.push(html("slot"));
    }
    return parts;
  }

  outcome({ guess }, right) {
    const { options, answer, unit } = this.content,
      line = (kind, sign, text, note) =>
        html(
          "div",
          { class: `option ${kind}` },
          html("span", { class: "sign" }, sign),
          html("span", {}, text),
          html("span", { class: "note" }, note),
        );
    if (options) {
      return options.map((option, place) =>
        place === answer
          ? line(
              "true",
              "✓",
              option,
              option === guess ? "your guess, and what happened" : "what happened",
            )
          : option === guess
            ? line("false", "✗", option, "your guess")
            : line("", "", option, ""),
      );
    }
    const say = (value) => `${show(value)}${unit ? ` ${unit}` : ""}`;
    return [
      right
        ? line("true", "✓", say(guess), "your guess")
        : line(right === null ? "" : "false", right === null ? "?" : "✗", say(guess), "your guess"),
      line("true", "✓", say(answer), this.kind === "number" ? "what happened" : "the answer"),
    ];
  }

  ask(guess) {
    const say = (right) => () => {
      store(this.name, { ...guess, right });
      this.body.querySelector(".verdict").focus();
    };
    return html(
      "p",
      { role: "group", "aria-label": "Does your guess say the same as the answer?" },
      "Does yours say the same? ",
      html("button", { type: "button", onclick: say(true) }, "Yes, it was right"),
      " ",
      html("button", { type: "button", onclick: say(false) }, "No, it was wrong"),
    );
  }
}

const plain = (text) => text.trim().toLowerCase().replace(/\s+/g, " ").replace(/\.$/, "");
const title = () =>
  (
    document.querySelector("h1")?.firstChild?.textContent ||
    document.title ||
    location.pathname
  ).trim();

/** Text whose pieces between backticks are code. */
function coded(text) {
  return text.split("`").map((piece, place) => (place % 2 ? html("code", {}, piece) : piece));
}

class Predictions extends Widget {
  static format = "dslab-predictions";
  static style = css(
    new URL("./predict.css", import.meta.url),
    new URL("./predictions.css", import.meta.url),
  );

  build() {
    const where = this.content.book ? "this book" : "this chapter";
    this.body.setAttribute("aria-label", `Your guesses in ${where}`);
    this.body.append(
      html("p", { class: "title" }, `Your guesses in ${where}`),
      (this.list = html("div")),
      (this.say = html("p", { class: "note", role: "status" })),
    );
    this.fill();
  }

  watch() {
    listeners.add((this.heard ??= () => this.fill()));
    super.watch();
  }

  disconnectedCallback() {
    listeners.delete(this.heard);
    super.disconnectedCallback();
  }

  /** [name, guess], in the order of the page, or of the pages. */
  found() {
    const all = guesses(this.content.book ? "predict:" : page());
    if (this.content.book) return all;
    const order = [...document.querySelectorAll("dslab-predict")].map((each) => each.name),
      place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
    return all.sort(([one], [other]) => place(one) - place(other));
  }

  fill() {
    const found = this.found(),
      open = this.content.book
        ? 0
        : [...document.querySelectorAll("dslab-predict")].filter(
            (each) => each.content && !each.guess,
          ).length;
    this.list.replaceChildren(
      ...(found.length
        ? [this.table(found), ...calibration(found.map(([, guess]) => guess)), this.clearing(found)]
        : [html("p", { class: "note" }, "There are none yet.")]),
    );
    this.say.textContent = [
      open
        ? `${open === 1 ? "One question of this page is" : `${open} questions of this page are`}` +
          " still open."
        : "",
      lasting ? "They are kept in this browser and sent nowhere." : UNKEPT,
    ]
      .filter(Boolean)
      .join(" ");
  }

  table(found) {
    const columns = ["question", "your guess", "sure", "so it was"],
      rows = [];
    let last = null;
    for (const [name, guess] of found) {
      if (this.content.book && guess.page !== last)
        rows.push(
          html(
            "tr",
            {},
            html(
              "th",
              { colspan: 4, scope: "rowgroup" },
              html("a", { href: name.slice("predict:".length).split("#")[0] }, (last = guess.page)),
            ),
          ),
        );
      const [word, kind] =
        guess.right === null
          ? ["? not said", ""]
          : guess.right
            ? ["✓ right", "right"]
            : ["✗ wrong", "wrong"];
      rows.push(
        html(
          "tr",
          {},
          html("th", { scope: "row" }, guess.question),
          html("td", {}, `${show(guess.guess)} ${guess.unit ?? ""}`.trim()),
          html("td", {}, `${guess.sure} %`),
          html("td", { class: kind }, word),
        ),
      );
    }
    return html(
      "div",
      {
        class: "scroll",
        tabindex: 0,
        role: "region",
        "aria-label": `The guesses of ${this.content.book ? "the book" : "the chapter"}`,
      },
      html(
        "table",
        {},
        html(
          "thead",
          {},
          html("tr", {}, ...columns.map((name) => html("th", { scope: "col" }, name))),
        ),
        html("tbody", {}, ...rows),
      ),
    );
  }

  /** Guesses are gone for good, so the button is pressed twice. */
  clearing(found) {
    const button = html(
      "button",
      {
        type: "button",
        onclick: () => {
          if (button.dataset.sure) found.forEach(([name]) => store(name, null));
          else
            button.textContent =
              "Press again: " +
              `${found.length === 1 ? "this guess" : `these ${found.length} guesses`} will ` +
              "be gone";
          button.dataset.sure = "yes";
        },
      },
      "Clear and ask again",
    );
    return button;
  }
}

/** How well "sure" and "right" agree, in sentences. */
function calibration(all) {
  const told = all.filter((guess) => guess.right !== null),
    mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  if (!told.length) return [];
  const items = [];
  for (let least = LEAST; least < 100; least += 10) {
    const group = told.filter(({ sure }) => sure >= least && sure < least + 10),
      kinds = new Set(group.map(({ sure }) => sure));
    if (!group.length) continue;
    const right = group.filter((guess) => guess.right).length;
    items.push(
      html(
        "li",
        {},
        "Of your guesses at " +
          (kinds.size === 1 ? [...kinds][0] : `${least} to ${Math.min(MOST, least + 9)}`) +
          ` %, ${right} of ${group.length} ` +
          `${group.length === 1 || right === 1 ? "was" : "were"} right.`,
      ),
    );
  }
  const sure = Math.round(mean(told.map((guess) => guess.sure))),
    right = Math.round(100 * mean(told.map((guess) => Number(guess.right))));
  const brier = mean(told.map((guess) => (guess.sure / 100 - Number(guess.right)) ** 2));
  const word =
    sure - right > 10
      ? "you trusted your guesses too much"
      : right - sure > 10
        ? "you know more than you dare to say"
        : "you know what you know";
  return [
    html("ul", { class: "words" }, ...items),
    html(
      "p",
      { class: "why" },
      `On average you were ${sure} % sure and ${right} % right` +
        `${told.length > 4 ? `: ${word}` : ""}. Brier score ${brier.toFixed(2)}: 0 is ` +
        "certain and right each time, 0.25 is a coin's toss each time, and more is " +
        "worse.",
    ),
  ];
}

define("dslab-predict", Predict);
define("dslab-predictions", Predictions);
