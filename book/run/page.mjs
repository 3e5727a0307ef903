// A chapter that runs: the cells, the bar at the foot of the window, and Python.

import { Cell, oldText } from "./cell.mjs";
import { loadEditor } from "./editor.mjs";
import { Kernel } from "./kernel.mjs";
import { asNotebook, download } from "./notebook.mjs";
import { Bar } from "./bar.mjs";
import * as store from "./store.mjs";

const root = new URL(document.documentElement.dataset.content_root ?? "../", location.href);
const python = new URL("python/", root);

class Chapter {
  constructor(page) {
    this.page = page;
    this.widget = this.widget.bind(this);
    this.queue = [];
    this.count = 0;
  }

  async open() {
    const [notebook, config] = await Promise.all([
      json(new URL(`_sources/${this.page}.ipynb`, root)),
      json(new URL("config.json", python)),
      loadEditor(),
    ]);
    this.notebook = notebook;
    this.bar = new Bar({
      runAll: () => this.runAll(),
      stop: () => this.stop(),
      reset: () => this.reset(),
      download: () => this.download(),
      restart: () => this.restart(),
    });
    this.kernel = new Kernel(python.href, config, {
      progress: (...how) => this.bar.progress(...how),
      message: (message) => this.receive(message),
      state: (...how) => this.changed(...how),
    });
    this.kernel.start();
    this.build();
    store.onTrouble((sentence) => this.bar.warn(sentence));
    addEventListener("pagehide", () => this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.save();
    });
    addEventListener("beforeunload", (event) => {
      this.save();
      if (store.failing() && this.cells.some((cell) => cell.edited)) event.preventDefault();
    });
  }

  /** Match the notebook's code cells with those on the page; the page may leave some out. */
  build() {
    const elements = [...document.querySelectorAll("article .cell")].filter((each) =>
      each.querySelector(".cell_input"),
    );
    const code = this.notebook.cells.filter(
      (cell) => cell.cell_type === "code" && [cell.source].flat().join("").trim(),
    );
    this.cells = code.map((cell, at) => {
      const text = [cell.source].flat().join("").trim();
      const place = elements.findIndex(
        (element) => element.querySelector(".cell_input pre").textContent.trim() === text,
      );
      return new Cell(
        cell,
        at + 1,
        place < 0 ? null : elements.splice(place, 1)[0],
        this,
        this.page,
      );
    });
    this.byId = new Map(this.cells.map((cell) => [cell.id, cell]));
    for (const key of store.editKeys(this.page)) {
      if (this.byId.has(key.split(":").at(-1))) continue;
      const box = oldText(
        "A cell that you edited is no longer in the book. This was your text:",
        store.read(key)?.text ?? "",
        () => {
          store.remove(key);
          box.remove();
        },
      );
      window.dslabRun.bar.after(box);
    }
  }

  // Running

  run(cell, moveOn = false) {
    if (moveOn) this.after(cell)?.focus();
    return this.enqueue([cell]);
  }

  runAll() {
    return this.enqueue(this.cells);
  }

  runAbove(cell) {
    return this.enqueue(this.cells.slice(0, this.cells.indexOf(cell) + 1));
  }

  after(cell) {
    return this.cells.slice(this.cells.indexOf(cell) + 1).find((each) => each.element);
  }

  async enqueue(cells) {
    for (const cell of cells) {
      if (this.queue.includes(cell)) continue;
      cell.wait();
      this.queue.push(cell);
    }
    if (this.pumping) return;
    this.pumping = true;
    try {
      await this.kernel.start();
      while (this.queue.length) await this.next();
    } catch {
      this.drop(); // Python did not start; the bar says why.
    } finally {
      this.pumping = false;
      this.bar.summary(this.cells);
    }
  }

  async next() {
    const cell = this.queue[0],
      widgetsBefore = this.widgets;
    cell.save();
    cell.begin();
    this.bar.running(cell.number, this.cells.length);
    const result = await this.kernel.run(cell.id, cell.number, cell.text);
    if (result.status === "lost" && this.stopping) result.status = "stopped";
    await widgetsBefore;
    if (this.queue[0] === cell) this.queue.shift();
    cell.end(result, ++this.count);
    // The book's own text, run as it stands, is no attempt of the reader's.
    if (result.score && (result.score.score || this.cells.some((each) => each.edited)))
      store.keepScore(this.page, result.score);
    if (result.memory) cell.advise(result.memory, "Start Python again", () => this.restart());
    if (result.name) this.adviseOnName(cell, result.name);
    if (result.status !== "ok" && result.status !== "elsewhere") this.drop();
  }

  adviseOnName(cell, name) {
    const made = new RegExp(`(^|[^\\w.])${name}\\b`);
    const above = this.cells
      .slice(0, this.cells.indexOf(cell))
      .find((each) => each.status === "" && made.test(each.text));
    if (above)
      cell.advise(
        `Cell ${above.number}, which has to do with ${name}, has not run.`,
        "Run all above",
        () => this.runAbove(cell),
      );
  }

  /** Forget what waits to run, from the place `from` in the queue on. */
  drop(from = 0) {
    for (const cell of this.queue.splice(from)) cell.unwait();
  }

  async stop() {
    this.drop(1);
    this.stopping = true;
    const kept = await this.kernel.stop();
    this.stopping = false;
    if (!kept)
      this.afterLoss(
        "Stopped. Python had to be started again: your variables are gone, your text " +
          "is kept. Run all above brings them back.",
      );
  }

  async restart() {
    this.drop(1);
    this.kernel.end();
    this.afterLoss("Python was started again: your variables are gone, your text is kept.");
  }

  afterLoss(sentence) {
    this.widgetManager = this.widgets = null;
    this.count = 0;
    for (const cell of this.cells)
      if (cell.status === "ok" || cell.status === "elsewhere")
        (Object.assign(cell, { status: "lost" }), cell.tell());
    this.bar.warn(sentence);
    this.kernel.start();
  }

  reset() {
    const edits = this.cells.filter((cell) => cell.edited).length;
    if (
      edits &&
      !confirm(
        "Put the book's text back into " +
          `${edits === 1 ? "the cell" : `the ${edits} cells`} that you edited?`,
      )
    )
      return;
    this.drop(1);
    for (const cell of this.cells) cell.resetText();
    if (this.kernel.state === "busy" || this.count) this.restart();
  }

  download() {
    this.save();
    download(
      `${this.page.split("/").at(-1)}.ipynb`,
      asNotebook(this.notebook, this.cells),
      "application/x-ipynb+json",
    );
  }

  save() {
    for (const cell of this.cells ?? []) cell.save();
  }

  // Messages from Python

  receive(message) {
    const cell = this.byId.get(message.cell);
    if (message.type === "output") cell?.add(message.output, message.display_id, message.update);
    else if (message.type === "clear") cell?.clear(message.wait);
    else if (message.type === "comm")
      this.widgets = (this.widgets ?? Promise.resolve())
        .then(() => this.manager())
        .then((manager) => manager.receive(message))
        .catch((error) => console.error(error));
  }

  manager() {
    this.widgetManager ??= import("./widgets.mjs").then(({ makeManager }) =>
      makeManager({
        send: (message) => this.kernel.comm(message),
        render: (output) => this.render(output),
      }),
    );
    return this.widgetManager;
  }

  async render(output) {
    return (await import("./outputs.mjs")).render(output, this.widget);
  }

  async widget(id, element) {
    try {
      await this.widgets;
      const manager = await this.manager();
      await manager.show(id, element);
    } catch (error) {
      element.textContent = `This control could not be shown (${error.message}).`;
    }
  }

  changed(state, sentence) {
    this.bar.state(state, sentence);
    if (state === "dead") {
      for (const cell of this.cells ?? [])
        if (cell.status === "ok") (Object.assign(cell, { status: "lost" }), cell.tell());
      this.count = 0;
      this.widgetManager = this.widgets = null;
    }
  }
}

async function json(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname.split("/").at(-1)}: ${response.status}`);
  return response.json();
}

function open() {
  const words = window.dslabRun.bar.querySelector(".run-words");
  const chapter = new Chapter(window.dslabRun.page);
  chapter.open().then(
    () => {
      words.textContent =
        "The cells below are live: edit one, then press the Run below it, or Shift-Enter in it.";
    },
    (error) => {
      words.textContent =
        `This page could not be made live (${error.message}): check the connection and ` +
        "press again.";
      window.dslabRun.bar.querySelector("button").disabled = false;
    },
  );
}

document.head.append(
  Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: new URL("run.css", import.meta.url).href,
  }),
);
window.dslabRun.open = open;
open();
