// One code cell of a chapter: its editor, its buttons, its outputs, and the reader's text in
// storage.

import { makeEditor } from "./editor.mjs";
import { continues, reach, render } from "./outputs.mjs";
import * as store from "./store.mjs";

function button(label, title, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: label, title });
  made.addEventListener("click", act);
  return made;
}

export class Cell {
  /**
   * `element` is the cell on the page; null for one that the page leaves out. `chapter`: run(cell,
   * moveOn), runAbove(cell), widget(id, element).
   */
  constructor(published, number, element, chapter, page) {
    Object.assign(this, { number, element, chapter, id: published.id });
    this.published = [published.source].flat().join("");
    this.key = store.editKey(page, this.id);
    this.outputs = null; // Those of the reader's own run; null where the book's are shown.
    this.status = "";
    this.count = null;
    this.written = this.published; // What storage holds.
    if (element) this.build();
  }

  get text() {
    return this.editor?.text ?? this.published;
  }
  get edited() {
    return this.text !== this.published;
  }

  build() {
    const input = this.element.querySelector(".cell_input"),
      kept = store.read(this.key);
    const fits = kept?.hash === store.hash(this.published);
    if (kept && !fits) store.putAside(this.key);
    this.written = fits ? kept.text : this.published;
    const holder = Object.assign(document.createElement("div"), { className: "run-editor" });
    this.bar = Object.assign(document.createElement("div"), { className: "run-cell-bar" });
    this.bar.setAttribute("role", "group");
    this.bar.setAttribute("aria-label", `Cell ${this.number}`);
    this.note = Object.assign(document.createElement("span"), { className: "run-note" });
    this.reset = button("Reset", `Put the book's text back into cell ${this.number}`, () =>
      this.resetText(),
    );
    this.bar.append(
      button(
        "Run",
        `Run cell ${this.number} (Ctrl-Enter; Shift-Enter also goes to the next cell)`,
        () => this.chapter.run(this),
      ),
      button("Run all above", `Run the cells before cell ${this.number}, and then this one`, () =>
        this.chapter.runAbove(this),
      ),
      this.reset,
      this.note,
    );
    input.classList.add("run-live");
    input.append(holder);
    // A cell that only asks a question: its buttons stand in sight all the same.
    this.folded = input.closest("details.hide");
    (this.folded ?? holder).after(this.bar);
    this.editor = makeEditor(holder, this.written, `Code of cell ${this.number}`, {
      change: () => this.changed(),
      run: (moveOn) => this.chapter.run(this, moveOn),
    });
    this.area = this.element.querySelector(".cell_output");
    if (!this.area) {
      this.area = Object.assign(document.createElement("div"), {
        className: "cell_output docutils container",
        hidden: true,
      });
      this.element.append(this.area);
    }
    this.stored = [...this.area.childNodes];
    this.caption = Object.assign(document.createElement("p"), {
      className: "run-caption",
      hidden: true,
    });
    this.caption.textContent =
      "Your text has not run yet. What follows is the output of the book's text.";
    this.area.before(this.caption);
    for (const [key, old] of store.aside(this.key)) this.offer(key, old);
    this.tell();
  }

  /** The reader's text for a cell that has changed in the book since: shown, never put back. */
  offer(key, { text, when }) {
    const box = oldText(
      "The book's text of this cell has changed since you edited it" +
        `${when ? ` on ${when.slice(0, 10)}` : ""}, so your text was not put back.`,
      text,
      () => {
        store.remove(key);
        box.remove();
      },
    );
    this.bar.after(box);
  }

  focus() {
    if (this.folded) this.folded.open = true;
    this.editor.focus();
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 200);
    this.tell();
  }

  /** Write the text to storage now. */
  save() {
    clearTimeout(this.timer);
    if (!this.editor || this.text === this.written) return;
    this.written = this.text;
    if (this.edited)
      store.write(this.key, {
        text: this.text,
        hash: store.hash(this.published),
        when: new Date().toISOString(),
      });
    else store.remove(this.key);
  }

  resetText() {
    if (this.editor) {
      this.editor.text = this.published;
      this.save();
    }
    this.forget();
  }

  /** Show the book's outputs again. */
  forget(status = "") {
    Object.assign(this, { outputs: null, status, count: null, why: "" });
    this.shown = [];
    this.renew();
    if (this.area) {
      this.area.replaceChildren(...this.stored);
      this.area.hidden = this.stored.length === 0;
    }
    this.tell();
  }

  /**
   * What the cell showed before stays until there is something new, so that the page below doesn't
   * jump.
   */
  begin() {
    Object.assign(this, {
      outputs: [],
      shown: [],
      status: "running",
      why: "",
      clearing: false,
      ran: this.text,
      stale: true,
    });
    this.area?.classList.add("run-stale");
    this.tell();
  }

  renew() {
    if (!this.stale) return;
    this.stale = false;
    this.area?.classList.remove("run-stale");
    this.area?.replaceChildren();
  }

  wait() {
    this.before = this.status;
    this.status = "waiting";
    this.tell();
  }

  /** Out of the queue again, without having run. */
  unwait() {
    this.status = this.before;
    this.tell();
  }

  add(output, displayId, update) {
    if (this.outputs === null) this.begin();
    this.renew();
    if (this.clearing) this.clear(false);
    if (update) return this.replace(output, displayId);
    const last = this.outputs.at(-1);
    if (continues(last, output)) {
      last.text += output.text;
      this.redraw(this.outputs.length - 1);
      return;
    }
    this.outputs.push(output);
    const drawn = this.area && render(output, this.chapter.widget);
    this.shown.push({ drawn, displayId });
    if (!this.area) return;
    this.area.hidden = false;
    this.area.append(drawn);
  }

  replace(output, displayId) {
    this.shown.forEach((each, at) => {
      if (each.displayId !== displayId) return;
      this.outputs[at] = { ...this.outputs[at], data: output.data, metadata: output.metadata };
      this.redraw(at);
    });
  }

  redraw(at) {
    if (!this.area) return;
    const again = render(this.outputs[at], this.chapter.widget);
    this.shown[at].drawn.replaceWith(again);
    this.shown[at].drawn = again;
  }

  clear(wait) {
    this.clearing = wait;
    if (wait) return;
    Object.assign(this, { outputs: [], shown: [], stale: false });
    this.area?.classList.remove("run-stale");
    this.area?.replaceChildren();
  }

  end(result, count) {
    Object.assign(this, { status: result.status, count });
    this.renew();
    if (result.status === "elsewhere") {
      if (this.edited || !this.element) this.add(result.output);
      else {
        const count = this.count;
        this.forget("elsewhere");
        this.count = count;
        this.why = result.why;
      }
    }
    if (this.area) {
      this.area.hidden = this.area.childNodes.length === 0;
      reach(this.area);
    }
    this.tell();
  }

  /** A sentence under the cell, with a button where there is something to do. */
  advise(sentence, label, act) {
    if (!this.area) return;
    const box = Object.assign(document.createElement("p"), { className: "run-advice" });
    box.append(`${sentence} `);
    if (label) box.append(button(label, label, act));
    this.area.append(box);
    this.area.hidden = false;
  }

  tell() {
    if (!this.bar) return;
    const books = this.outputs === null && this.status !== "running",
      unseen = books && this.edited && this.stored.length > 0;
    const words = {
      "": "not run yet",
      running: "running …",
      waiting: "waits its turn",
      ok: `ran [${this.count}]`,
      error: `failed [${this.count}]`,
      stopped: "stopped",
      lost: "not run since Python was started again",
      elsewhere: this.edited ? `failed [${this.count}]` : `recorded: ${this.why}`,
    }[this.status];
    const since = !books && this.status !== "running" && this.ran !== this.text;
    this.note.textContent = [
      `Cell ${this.number}`,
      words,
      since ? "your text has changed since it ran" : this.edited ? "your text" : "",
    ]
      .filter(Boolean)
      .join(" · ");
    this.reset.disabled = !this.edited && this.outputs === null && !this.status;
    this.caption.hidden = !unseen;
    this.element.dataset.run = this.status;
    this.element.classList.toggle("run-own", this.outputs !== null);
  }
}

/** A box with a text of the reader's that has no place in the page any more. */
export function oldText(sentence, text, discard) {
  const box = document.createElement("details"),
    code = document.createElement("pre"),
    says = document.createElement("summary");
  box.className = "run-old";
  box.open = true;
  says.textContent = sentence;
  code.textContent = text;
  code.tabIndex = 0;
  const copy = button("Copy my text", "Copy your text", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      // Not allowed: it can be copied by hand from here.
      getSelection().selectAllChildren(code);
      copy.textContent = "Selected: copy it with Ctrl-C";
    }
  });
  box.append(says, code, copy, button("Discard my text", "Forget this text for good", discard));
  return box;
}
