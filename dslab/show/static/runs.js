// <dslab-runs>: chooses among recorded runs of one scenario: seeds, settings or crash points.
// Choosing shows the run.
//
// A view that has a picture of the choice draws it itself, with host.alternatives = { names, shown,
// choose(name) }; beside the others there is a select.

import { html } from "./core/draw.js";
import { BadData, Widget, define } from "./core/widget.js";

const OWN_CHOICE = ["saga"]; // Views that draw the choice themselves.

class Runs extends Widget {
  static format = "dslab-runs";

  load(data) {
    super.load(data);
    const names = data.runs && typeof data.runs === "object" ? Object.keys(data.runs) : [];
    if (!names.length || !names.includes(data.first))
      throw new BadData("This choice has no run to begin with: run its cell again.");
    this.names = names;
  }

  async build() {
    // An element that isn't defined yet would take its data for a property of no meaning.
    await Promise.all([import("./trace.js"), customElements.whenDefined("dslab-trace")]);
    this.body.classList.add("plain");
    const views = this.getAttribute("views") ?? "";
    this.select = html(
      "select",
      { onchange: () => this.choose(this.select.value) },
      ...this.names.map((name) => html("option", { value: name }, name)),
    );
    this.label = html("label", { class: "choose" }, `${this.content.label} `, this.select);
    this.label.hidden = OWN_CHOICE.some((name) => views.split(" ").includes(name));
    this.stand = html("div");
    this.body.append(this.label, this.stand);
    this.choose(this.content.first);
  }

  /** Show the run called `name`. */
  choose(name, pressed = false) {
    this.select.value = name;
    const player = html("dslab-trace", {
      class: "dslab",
      views: this.getAttribute("views"),
      at: this.content.at?.[name],
      ...this.content.names?.[name],
    });
    player.alternatives = {
      names: this.names,
      shown: name,
      choose: (other) => this.choose(other, true),
    };
    player.data = this.content.runs[name];
    // The view in which it was pressed is drawn anew: the reader goes on from the same place.
    if (pressed)
      player.addEventListener(
        "dslab-ready",
        () => player.shadowRoot.querySelector("[aria-pressed=true]")?.focus(),
        { once: true },
      );
    this.stand.replaceChildren(player);
  }
}

define("dslab-runs", Runs);
