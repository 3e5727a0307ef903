// The bar at the foot of the window: what Python does, and what can be done with the whole page.

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const KEYS =
  "Shift-Enter runs a cell and goes to the next, Ctrl-Enter runs it. Escape and " +
  "then Tab leaves the editor.";

export class Bar {
  constructor(acts) {
    this.element = document.createElement("section");
    this.element.className = "run-bar";
    this.element.setAttribute("aria-label", "Python in this page");
    this.element.innerHTML = `<div class="run-buttons"></div>
      <progress aria-label="Loading Python" hidden></progress>
      <p class="run-line"><span class="run-status" role="status"></span
        ><span class="run-more" aria-hidden="true"></span></p>
      <p class="run-warning" role="alert" hidden></p><p id="run-keys" class="run-keys">${KEYS}</p>`;
    const buttons = this.element.querySelector(".run-buttons");
    const add = (label, title, act) => {
      const made = Object.assign(document.createElement("button"), {
        type: "button",
        textContent: label,
        title,
      });
      made.addEventListener("click", act);
      buttons.append(made);
      return made;
    };
    add("Run all", "Run all cells of this page, from the first to the last", acts.runAll);
    this.stop = add("Stop", "End the cell that is running", acts.stop);
    this.restart = add("Restart", "Start Python again, without any variables", acts.restart);
    add("Reset page", "Put the book's text and outputs back into all cells", acts.reset);
    add(
      "Download .ipynb",
      "Save this page with your text and your outputs as a notebook",
      acts.download,
    ).innerHTML = 'Download<span class="run-wide"> .ipynb</span>';
    this.meter = this.element.querySelector("progress");
    this.words = this.element.querySelector(".run-status");
    // What changes every second: seen, and not read out.
    this.more = this.element.querySelector(".run-more");
    this.warning = this.element.querySelector(".run-warning");
    document.querySelector("article").append(this.element);
    document.documentElement.classList.add("run-page");
    this.state("off");
  }

  state(name, sentence = "") {
    this.element.dataset.state = name;
    this.stop.disabled = name !== "busy";
    this.restart.disabled = name === "starting";
    this.meter.hidden = name !== "starting";
    if (name === "starting") this.say("Python is loading", " …");
    if (name === "ready") this.say("Python is ready.");
    if (name === "off" || name === "dead") this.say("Python is not running.");
    if (name === "dead") this.warn(sentence);
  }

  say(words, more = "") {
    clearInterval(this.clock);
    if (this.words.textContent !== words) this.words.textContent = words;
    this.more.textContent = more;
  }

  progress(loaded, total) {
    if (total) Object.assign(this.meter, { max: total, value: Math.min(loaded, total) });
    this.say(
      "Python is loading",
      `: ${megabytes(loaded)}${total ? ` of ${megabytes(Math.max(total, loaded))}` : ""} MB …`,
    );
  }

  running(number, of) {
    const since = performance.now();
    this.say(`Cell ${number} of ${of} is running`, " …");
    this.clock = setInterval(() => {
      this.more.textContent = ` … ${Math.round((performance.now() - since) / 1000)} s`;
    }, 1000);
    this.warning.hidden = true;
  }

  /** After a queue has come to its end. */
  summary(cells) {
    if (this.element.dataset.state !== "ready") return;
    const count = (status) => cells.filter((cell) => cell.status === status).length;
    const parts = [
      [count("ok"), "ran here"],
      [count("elsewhere"), "recorded"],
      [count("error"), "failed"],
      [count("stopped"), "stopped"],
    ];
    this.say(
      `Python is ready. Of ${cells.length} cells: ${
        parts
          .filter(([number]) => number)
          .map(([number, what]) => `${number} ${what}`)
          .join(", ") || "none ran"
      }.`,
    );
  }

  warn(sentence) {
    this.warning.textContent = sentence;
    this.warning.hidden = !sentence;
  }
}
