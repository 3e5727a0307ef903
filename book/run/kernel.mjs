// Python, seen from the page: a worker that starts, runs cells one after the other, can be stopped,
// and may die.

const PATIENCE = 1000; // Milliseconds that an interrupted cell has to end by itself.

export class Kernel {
  /**
   * `python` is the address of the folder that config.json came from. `on` has: progress(loaded,
   * total), message(message), state(name, sentence). States: off, starting, ready, busy, dead.
   */
  constructor(python, config, on) {
    this.python = python;
    this.config = config;
    this.on = on;
    this.state = "off";
    this.waiting = new Map();
    this.number = 0;
  }

  start() {
    if (this.state === "starting" || this.state === "ready" || this.state === "busy")
      return this.started;
    this.become("starting", "");
    // Only pages that are isolated from others may share memory; with it a cell can be interrupted,
    // and keeps its variables.
    this.flag = globalThis.crossOriginIsolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;
    this.worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    this.started = new Promise((done, failed) => Object.assign(this, { done, failed }));
    this.started.catch(() => {});
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.die(
        `Python could not be loaded${event.message ? ` (${event.message})` : ""}: ` +
          "check the connection and start again.",
      );
    };
    this.worker.postMessage({
      type: "start",
      python: this.python,
      config: this.config,
      flag: this.flag,
    });
    return this.started;
  }

  become(state, sentence = "") {
    this.state = state;
    this.on.state(state, sentence);
  }

  receive(message) {
    if (message.type === "progress") this.on.progress(message.loaded, message.total);
    else if (message.type === "ready") {
      this.become("ready");
      this.done();
    } else if (message.type === "done") this.finish(message.id, message.result);
    else if (message.type === "fatal") this.die(message.sentence);
    else this.on.message(message);
  }

  finish(id, result) {
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0 && this.state === "busy") this.become("ready");
    done?.(result);
  }

  /**
   * Run a cell. Resolves with how it ended: {status: "ok", "error", "stopped", "elsewhere" or
   * "lost", …}.
   */
  run(cell, number, source) {
    if (this.state !== "ready" && this.state !== "busy") return Promise.resolve({ status: "lost" });
    const id = ++this.number;
    if (this.flag) Atomics.store(this.flag, 0, 0);
    const result = new Promise((done) => this.waiting.set(id, done));
    this.become("busy");
    this.worker.postMessage({ type: "run", id, cell, number, source });
    return result;
  }

  comm(message) {
    if (this.state === "ready" || this.state === "busy")
      this.worker.postMessage({ type: "comm", ...message });
  }

  /** End the running cell. Resolves with whether the variables are still there. */
  async stop() {
    if (this.waiting.size === 0) return true;
    if (this.flag) Atomics.store(this.flag, 0, 2);
    this.worker.postMessage({ type: "stop" });
    const running = [...this.waiting.keys()];
    const until = performance.now() + PATIENCE * (this.flag ? 3 : 1);
    while (running.some((id) => this.waiting.has(id))) {
      if (performance.now() > until) {
        this.end();
        return false;
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    return true;
  }

  /** Drop Python with all its variables. */
  end() {
    this.worker?.terminate();
    this.worker = null;
    this.failed?.(new Error("Python was ended before it had started."));
    this.become("off");
    this.lose();
  }

  die(sentence) {
    this.worker?.terminate();
    this.worker = null;
    this.failed?.(new Error(sentence));
    this.become("dead", sentence);
    this.lose();
  }

  lose() {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const done of waiting) done({ status: "lost" });
  }
}
