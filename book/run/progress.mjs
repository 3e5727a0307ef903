// The page of progress: scores by chapter, and taking them along as a file.

import { download } from "./notebook.mjs";
import * as store from "./store.mjs";

const root = new URL(document.documentElement.dataset.content_root ?? "../", location.href);

function element(name, text = "", properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

class Progress {
  constructor(place, chapters) {
    this.place = place;
    this.chapters = chapters;
    this.said = element("p", "", { className: "run-status" });
    this.said.setAttribute("role", "status");
    this.tables = element("div");
    this.file = element("input", "", {
      type: "file",
      accept: ".json,application/json",
      hidden: true,
    });
    this.file.addEventListener("change", () => this.take());
    const buttons = element("p", "", { className: "run-buttons" });
    for (const [label, act] of [
      ["Export as a file", () => this.export()],
      ["Import a file", () => this.file.click()],
      ["Forget all scores", () => this.forget()],
    ]) {
      const button = element("button", label, { type: "button" });
      button.addEventListener("click", act);
      buttons.append(button);
    }
    place.replaceChildren(this.tables, buttons, this.file, this.said);
    store.onTrouble((sentence) => {
      this.said.textContent = sentence;
    });
    addEventListener("storage", () => this.draw());
    this.draw();
  }

  draw() {
    const scores = store.scores();
    const total = { score: 0, of: 0 };
    const table = element("table", "", { className: "dslab-table" });
    table.append(element("caption", "Your best scores"));
    const head = table.createTHead().insertRow();
    for (const name of ["Exercise", "Score", "Done"])
      head.append(element("th", name, { scope: "col" }));
    for (const { page, title, exercises } of this.chapters) {
      const rows = exercises.map(({ name, title, of }) => ({
        title,
        of,
        best: Math.min(scores[page]?.[name]?.best ?? 0, of),
        tried: Boolean(scores[page]?.[name]),
      }));
      const sum = {
        score: rows.reduce((all, { best }) => all + best, 0),
        of: rows.reduce((all, { of }) => all + of, 0),
      };
      total.score += sum.score;
      total.of += sum.of;
      const body = table.createTBody(),
        chapter = body.insertRow();
      const link = element("a", title, { href: new URL(`${page}.html`, root).href }),
        heading = element("th", "", { scope: "rowgroup" });
      heading.append(link);
      chapter.append(
        heading,
        element("td", `${sum.score} of ${sum.of}`),
        element("td", sum.score === sum.of ? "✓ all" : ""),
      );
      for (const { title, of, best, tried } of rows) {
        const row = body.insertRow();
        row.append(
          element("th", title, { scope: "row", className: "run-exercise" }),
          element("td", `${best} of ${of}`),
          element("td", best === of ? "✓ done" : tried ? "begun" : ""),
        );
      }
    }
    const sum = element("p");
    sum.append(element("strong", `${total.score} of ${total.of} points.`));
    this.tables.replaceChildren(sum, table);
  }

  export() {
    download("dslab-progress.json", store.exported(), "application/json");
    this.said.textContent = "Exported: keep the file dslab-progress.json.";
  }

  async take() {
    const [file] = this.file.files;
    if (!file) return;
    try {
      const { scores, edits } = store.imported(await file.text());
      this.said.textContent =
        `Imported ${scores} ${scores === 1 ? "score" : "scores"} and the text of ` +
        `${edits} ${edits === 1 ? "cell" : "cells"}. Better scores and your text in ` +
        "this browser were kept.";
    } catch (error) {
      this.said.textContent = error.message;
    }
    this.file.value = "";
    this.draw();
  }

  forget() {
    if (!confirm("Forget all scores in this browser? What you wrote into cells stays.")) return;
    store.forgetScores();
    this.said.textContent = "All scores are forgotten.";
    this.draw();
  }
}

const place = document.getElementById("dslab-progress");
const style = element("link", "", {
  rel: "stylesheet",
  href: new URL("run.css", import.meta.url).href,
});
document.head.append(style);
fetch(new URL("chapters.json", import.meta.url))
  .then((response) => response.json())
  .then(
    (chapters) => new Progress(place, chapters),
    () => {
      place.textContent =
        "The list of exercises could not be loaded: check the connection and load the page again.";
    },
  );
