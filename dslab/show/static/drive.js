// <dslab-drive>: a scenario under the reader's hand, with its branches side by side. What is done
// here goes to Python by the widget's `model` (dslab/show/drive.py says what they tell each other),
// and comes back as new runs for the same <dslab-trace> elements. Without a model, on a page
// without Python, the recorded run inside it plays, and a scenario in the page's address is told in
// words.

import { css } from "./core/css.js";
import { html } from "./core/draw.js";
import { Widget, define } from "./core/widget.js";
import "./trace.js";

let groups = 0;

class Drive extends Widget {
  static style = css(new URL("./drive.css", import.meta.url));

  read() {
    return null;
  }
  load() {}

  async build() {
    // An element that isn't defined yet would take its data for a property of no meaning.
    await customElements.whenDefined("dslab-trace");
    this.note = html("p", { class: "note", role: "note", hidden: true });
    if (!this.model) {
      this.body.append(this.note, html("slot"));
      return this.visit();
    }
    this.group = `drive ${++groups}`;
    this.texts = new Map();
    this.parts = new Map();
    this.undo = html(
      "button",
      { type: "button", disabled: true, onclick: () => this.ask({ do: "undo" }) },
      "Undo",
    );
    this.problem = html("p", { class: "problem", role: "alert" });
    this.stand = html(
      "div",
      { class: "branches" },
      html("p", { class: "note" }, "The scenario runs in Python …"),
    );
    this.body.setAttribute("aria-label", "A scenario to drive");
    this.body.append(html("div", { class: "bar" }, this.undo, this.problem), this.note, this.stand);
    this.heard ??= (answer) => this.answered(answer);
    this.addEventListener("dslab-act", (event) => this.acted(event));
    if (!this.visit()) this.ask({ do: "open", link: null });
  }

  /**
   * Open the scenario in the page's address, where this drive is meant: the one that the link was
   * copied from, else the page's first. Drives with Python come one after the other, as their cells
   * run, so the first of them waits for a word.
   */
  visit() {
    const link = /(^|[#&])s=/.test(location.hash) ? location.hash : null,
      of = new URLSearchParams(link?.slice(1)).get("of");
    const drives = [...document.querySelectorAll("dslab-drive")].filter(
      (each) => !each.model === !this.model,
    );
    const meant = drives.find((each) => of && each.getAttribute("scenario") === of),
      open = this.model && (meant || !of);
    this.note.hidden = true;
    if (!link || this !== (meant ?? drives[0])) return false;
    if (!open) {
      this.note.hidden = false;
      this.note.replaceChildren(
        ...(this.model
          ? [
              "The scenario in this page’s address comes from another system than this one. ",
              html(
                "button",
                { type: "button", onclick: () => this.openLink(link) },
                "Open it here",
              ),
            ]
          : [scenarioInWords(link)]),
      );
      if (!this.model) this.scrollIntoView({ block: "start" });
      return false;
    }
    for (const each of drives) if (each.note) each.note.hidden = true;
    return this.openLink(link);
  }

  openLink(link) {
    this.note.hidden = true;
    this.ask({ do: "open", link });
    return true;
  }

  /**
   * In the page, or again after it was taken out for a while: answers that came meanwhile went
   * unheard.
   */
  watch() {
    this.model?.on("msg:custom", this.heard);
    if (this.left && this.model) this.ask({ do: "open", link: null });
    this.left = false;
    addEventListener("hashchange", (this.jump ??= () => this.visit()));
    super.watch();
  }

  disconnectedCallback() {
    this.left = true;
    this.model?.off?.("msg:custom", this.heard);
    removeEventListener("hashchange", this.jump);
    super.disconnectedCallback();
  }

  ask(message) {
    this.model.send({ ...message, has: [...this.texts.keys()] });
  }

  acted(event) {
    const [trace] = event.composedPath(),
      branch = [...this.parts.values()].find((each) => each.trace === trace);
    if (!branch) return;
    event.stopPropagation();
    this.hand = trace;
    this.ask({
      do: "act",
      branch: branch.number,
      step: event.detail,
      seen: (trace.run.stepTimes[trace.seen] ?? 0) / 1000,
    });
  }

  // What Python says.

  answered({ branches, at, problem, undo }) {
    this.problem.textContent = problem ?? "";
    // On a phone the palette is far below.
    if (problem) this.problem.scrollIntoView({ block: "nearest" });
    this.undo.disabled = !undo;
    for (const { run, trace } of branches) if (trace) this.texts.set(run, trace);
    if (branches.some(({ run }) => !this.texts.has(run)))
      return this.ask({ do: "open", link: null }); // Another view of this model had them.
    const moment = at ?? this.moment();
    if (!this.parts.size) this.stand.replaceChildren();
    for (const [number, parts] of this.parts)
      if (!branches.some((each) => each.number === number)) {
        parts.element.remove();
        this.parts.delete(number);
      }
    for (const branch of branches) this.show(branch, moment);
    this.stand.append(
      ...branches
        .map(({ number }) => this.parts.get(number).element)
        .filter((element, place) => this.stand.children[place] !== element),
    );
    for (const branch of branches) this.tellParting(branch, branches);
    this.arrange();
    const fresh = branches.length > 1 && [...this.parts.values()].find((parts) => parts.fresh);
    if (fresh) fresh.element.scrollIntoView({ block: "start" });
  }

  /** Where the reader stands, in ms: the same in all branches. */
  moment() {
    const [first] = this.parts.values();
    return first?.trace.run ? (first.trace.run.stepTimes[first.trace.step] ?? 0) / 1000 : 0;
  }

  show(branch, moment) {
    const parts = this.parts.get(branch.number) ?? this.branchElement(branch);
    parts.fresh = parts.run === undefined;
    if (parts.name !== this.shadowRoot.activeElement) parts.name.value = branch.name;
    parts.element.setAttribute("aria-label", `Branch ${branch.name}`);
    if (parts.run !== branch.run) {
      parts.run = branch.run;
      if (parts.fresh && this.hand?.memory) this.hands(parts.trace);
      for (const [name, value] of Object.entries({
        run: branch.run,
        at: moment,
        views: branch.views,
        group: this.group,
      }))
        parts.trace.setAttribute(name, value);
      parts.trace.data = JSON.parse(this.texts.get(branch.run));
    } else parts.trace.follow?.("", 0, Math.round(moment * 1000));
    this.tellDeeds(parts, branch);
  }

  /**
   * What was chosen, the part of the time that is shown, and the focus go over to a new branch:
   * there the story goes on.
   */
  hands(trace) {
    const { stage, ...more } = this.hand.memory;
    trace.memory = { stage: { ...stage }, ...more };
    if (stage) stage.focused = false;
    this.hand = null;
  }

  branchElement({ number, name }) {
    const on = (label, message) =>
      html(
        "button",
        { type: "button", onclick: () => this.ask({ ...message(), branch: number }) },
        label,
      );
    const parts = {
      number,
      name: html("input", {
        type: "text",
        value: name,
        maxlength: 60,
        "aria-label": "Name of this branch",
      }),
      trace: html("dslab-trace", { live: true, class: "dslab" }),
      parting: html("p", { class: "parts" }),
      did: html("details", { class: "did" }),
    };
    parts.name.addEventListener("change", () =>
      this.ask({ do: "name", branch: number, name: parts.name.value }),
    );
    parts.close = on("Close", () => ({ do: "close" }));
    const here = () => (parts.trace.run.stepTimes[parts.trace.step] ?? 0) / 1000;
    // No page has this run but the one that the reader stands on: its address is its scenario's.
    parts.trace.address = () =>
      `${location.href.split("#")[0]}#${parts.link}&of=` +
      `${this.getAttribute("scenario")}&t=${here()}`;
    parts.element = html(
      "section",
      { class: "branch" },
      html(
        "div",
        { class: "head" },
        parts.name,
        on("Branch here", () => {
          this.hand = parts.trace;
          return { do: "branch", at: here() };
        }),
        on("One second longer", () => ({ do: "longer" })),
        parts.close,
      ),
      parts.parting,
      parts.trace,
      parts.did,
    );
    this.parts.set(number, parts);
    return parts;
  }

  /** What the reader did: as a file, and as a link. */
  tellDeeds(parts, { toml, link, told, name }) {
    if (parts.file) URL.revokeObjectURL(parts.file);
    parts.file = URL.createObjectURL(new Blob([toml], { type: "application/toml" }));
    const download = html(
      "a",
      { href: parts.file, download: `${name.replace(/[^\p{L}\p{N}]+/gu, "-")}.toml` },
      "Download it",
    );
    parts.link = link;
    const copied = html("span", { role: "status" });
    const copy = html(
      "button",
      {
        type: "button",
        onclick: async () => {
          try {
            await navigator.clipboard.writeText(parts.trace.address());
            copied.textContent = "The link is on the clipboard.";
          } catch {
            copied.replaceChildren(html("a", { href: parts.trace.address() }, "This is the link."));
          }
        },
      },
      "Copy a link to it",
    );
    parts.did.replaceChildren(
      html("summary", {}, "What you did, as a scenario"),
      html("pre", { tabindex: 0, "aria-label": "The scenario as TOML" }, toml),
      html("div", { class: "head" }, download, copy, copied),
      ...(told.length ? [html("ul", {}, ...told.map((line) => html("li", {}, line)))] : []),
    );
  }

  tellParting({ number, parts: other }, branches) {
    const { trace, parting, close } = this.parts.get(number),
      from = other ?? branches.map(({ parts }) => parts).find((parts) => parts?.with === number);
    close.hidden = branches.length === 1;
    if (from?.step === undefined || from.step === null) trace.removeAttribute("parts");
    else trace.setAttribute("parts", from.step);
    parting.replaceChildren();
    if (!other) return;
    parting.append(
      other.words,
      " ",
      ...(other.step === null
        ? []
        : [html("button", { type: "button", onclick: () => trace.go(other.step) }, "Go there")]),
    );
  }

  arrange() {
    this.stand.classList.toggle("two", this.parts.size > 1 && this.width >= 1000);
  }

  resized() {
    if (this.stand) this.arrange();
  }
}

/** What a link would run, for a page where nothing can run it. */
function scenarioInWords(hash) {
  try {
    const packed = new URLSearchParams(hash.slice(1)).get("s"),
      bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
        letter.charCodeAt(0),
      );
    const {
      title,
      protocol,
      nodes = 3,
      duration,
      step = [],
    } = JSON.parse(new TextDecoder().decode(bytes));
    const steps = step.map(
      ({ at, ...does }) =>
        `${at} ms: ${Object.entries(does)
          .map(
            ([word, what]) => `${word} ${typeof what === "string" ? what : JSON.stringify(what)}`,
          )
          .join(", ")}`,
    );
    return (
      `The address of this page holds a scenario${title ? `, “${title}”` : ""}: ` +
      `${protocol}, ${nodes} nodes, ${duration} ms. ` +
      (steps.length ? `What happens in it: ${steps.join("; ")}.` : "Nothing is done to it.") +
      " " +
      "It runs where Python is behind this page; below plays the run that was recorded."
    );
  } catch {
    return (
      "The scenario in this page's address is cut short or damaged: copy the whole " + "link again."
    );
  }
}

define("dslab-drive", Drive);
