// The fields of every node as a table: what the current step changed is marked.

import { html } from "../core/draw.js";
import { show, terse } from "../core/values.js";

const LONGEST = 160;

export default class Fields {
  static label = "State of the nodes";
  static below = true;

  constructor(host) {
    this.host = host;
    const { run } = host;
    this.element = html("div", {
      class: "scroll",
      tabindex: 0,
      role: "region",
      "aria-label": `State of the nodes in run ${host.number}: ${run.title}`,
    });
    this.element.hidden = !run.fields.length; // A recorded real server shows no state.
    const rows = run.fields.map((name) =>
      html("tr", {}, html("th", { scope: "row" }, name), ...run.nodes.map(() => html("td"))),
    );
    this.cells = run.nodes.map((_, lane) => rows.map((row) => row.children[lane + 1]));
    this.element.append(
      html(
        "table",
        {},
        html(
          "thead",
          {},
          html(
            "tr",
            {},
            ...["field", ...run.nodes].map((name) => html("th", { scope: "col" }, name)),
          ),
        ),
        html("tbody", {}, ...rows),
      ),
    );
  }

  paint() {
    const { run, step } = this.host,
      { first, end } = run.steps[step];
    const fresh = new Set(run.changed(first).map(([field]) => `${run.place[first]} ${field}`));
    run.nodes.forEach((_, lane) => {
      const state = run.stateAfter(lane, end - 1);
      this.cells[lane].forEach((cell, field) => {
        const text =
          state === null
            ? field > 0
              ? ""
              : run.started(lane, end - 1)
                ? "down"
                : "not started"
            : state[field] < 0
              ? ""
              : brief(run.values[state[field]]);
        const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
        if (cell.textContent !== shown) cell.textContent = shown;
        const isNew = fresh.has(`${lane} ${field}`);
        if (cell.classList.contains("new") !== isNew) cell.classList.toggle("new", isNew);
        cell.title = text.length > LONGEST ? text : "";
      });
    });
  }
}

/**
 * A value for a narrow cell, of a long list no more items than have room in it: a list of records
 * stands on numbered lines, where records lose their field names; a record's fields stand on lines.
 */
function brief(value) {
  if (Array.isArray(value) && value.length > LONGEST) return `${brief(value.slice(0, LONGEST))}…`;
  if (Array.isArray(value) && value.some((item) => item && item.$))
    return value.map((item, place) => `${place + 1}. ${terse(item)}`).join("\n");
  const fields =
    value?.$ && value.$ !== "set" ? Object.entries(value).filter(([name]) => name !== "$") : [];
  return fields.length > 1
    ? fields.map(([name, item]) => `${name}: ${terse(item)}`).join("\n")
    : show(value);
}
