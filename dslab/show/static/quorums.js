// <dslab-quorums>: replicas with a read set and a write set, and whether they meet. Choose sets by
// hand or sizes by sliders, fail replicas, let writes go to spare nodes, and see all pairs of
// quorums at once. Its data is made by dslab/show/quorums.py:
//
//     {"replicas": 5, "read": 2, "write": 3, "grid": null or [rows, columns], "spares": 0,
//     "failed": ["n4"]}

import { css } from "./core/css.js";
import { html, svg, sharpen } from "./core/draw.js";
import {
  counts,
  example,
  meet,
  names,
  readers,
  sentences,
  set,
  writers,
} from "./parts/quorums-sets.js";
import { BadData, Widget, define } from "./core/widget.js";
import { drawn } from "./parts/quorums-node.js";

const HANDS = [
  ["read", "in the read set", "R"],
  ["write", "in the write set", "W"],
  ["failed", "failed", "F"],
];
const INTO = { failed: "among the failed" };
const MOST_PAIRS = 126,
  SPARES = 4;
let group = 0;

class Quorums extends Widget {
  static format = "dslab-quorums";
  static style = css(new URL("./quorums.css", import.meta.url));

  load(data) {
    super.load(data);
    const { replicas, read, write, grid, spares, failed } = data,
      whole = (number, least, most) =>
        Number.isInteger(number) && number >= least && number <= most;
    const fits =
      whole(replicas, 1, 16) &&
      whole(read, 1, replicas) &&
      whole(write, 1, replicas) &&
      whole(spares, 0, SPARES) &&
      Array.isArray(failed) &&
      (grid === null ||
        (Array.isArray(grid) &&
          grid.length === 2 &&
          grid.every((side) => whole(side, 1, 16)) &&
          grid[0] * grid[1] === replicas &&
          spares === 0));
    if (!fits) throw new BadData("These quorums don't fit together: run their cell again.");
    this.setting = {
      replicas,
      read,
      write,
      grid,
      spares,
      failed: failed.filter((name) => names({ replicas, spares }).includes(name)),
    };
    this.hand = "read";
  }

  build() {
    const { setting } = this;
    this.body.setAttribute("aria-label", `Quorums of ${setting.replicas} replicas`);
    this.body.append(
      html("p", { class: "title" }, `Quorums of ${setting.replicas} replicas`),
      html(
        "p",
        { class: "hint" },
        "A read asks a read quorum, and a write waits for a write quorum. Move R and " +
          "W: when does every read meet every write?",
      ),
      this.sliders(),
      (this.answer = html("p", { class: "answer", role: "status", "aria-live": "polite" })),
      this.hands(),
      (this.nodes = html("div", { class: "nodes", role: "group", "aria-label": "Replicas" })),
      (this.pair = html("p", { class: "pair", role: "status", "aria-live": "polite" })),
      this.legend(),
      this.table(),
      (this.said = html("ul", { class: "said" })),
    );
    this.nodes.addEventListener("click", (event) => {
      const node = event.target.closest("button");
      if (node) this.toggle(this.hand, node.name);
    });
    this.nodes.addEventListener("keydown", (event) => this.nodeKey(event));
    this.arrange();
  }

  // Choices.

  sliders() {
    const { setting } = this,
      row = (name, label, least, most) => {
        const shown = html("output", {}),
          input = html("input", {
            type: "range",
            min: least,
            max: most,
            step: 1,
            value: setting[name],
            "aria-label": label,
            oninput: () => {
              setting[name] = Number(input.value);
              this.arrange();
            },
          });
        return Object.assign(html("label", {}, html("span", {}, label), input, shown), {
          input,
          shown,
          field: name,
        });
      };
    this.rows = [
      row("read", "Read quorum R", 1, setting.replicas),
      row("write", "Write quorum W", 1, setting.replicas),
      row("spares", "Spare nodes", 0, SPARES),
    ];
    this.system = html(
      "select",
      { "aria-label": "Quorums", onchange: () => this.choose(this.system.value) },
      ...this.systems().map(([value, words]) => html("option", { value }, words)),
    );
    return html(
      "div",
      { class: "sizes" },
      html("label", {}, html("span", {}, "Quorums"), this.system, html("output")),
      ...this.rows,
    );
  }

  systems() {
    const { replicas } = this.setting,
      sides = Array.from({ length: replicas }, (_, at) => at + 1).filter(
        (rows) => replicas % rows === 0 && rows > 1 && rows < replicas,
      );
    const given =
      this.setting.grid && !sides.includes(this.setting.grid[0]) ? [this.setting.grid[0]] : [];
    return [
      ["sizes", "any R, any W"],
      ["majority", "majorities"],
      ...[...given, ...sides].map((rows) => [`${rows}`, `grid of ${rows} × ${replicas / rows}`]),
    ];
  }

  choose(value) {
    const { setting } = this,
      half = Math.floor(setting.replicas / 2) + 1,
      rows = Number(value);
    setting.grid = rows ? [rows, setting.replicas / rows] : null;
    if (value === "majority") Object.assign(setting, { read: half, write: half });
    if (rows)
      Object.assign(setting, {
        read: setting.grid[1],
        write: rows + setting.grid[1] - 1,
        spares: 0,
      });
    this.arrange();
  }

  hands() {
    const name = `hand-${++group}`;
    return html(
      "fieldset",
      { class: "hands" },
      html("legend", {}, "Or choose them by hand: a node is put"),
      ...HANDS.map(([value, words, key]) =>
        html(
          "label",
          { class: value },
          html("input", {
            type: "radio",
            name,
            value,
            checked: value === this.hand,
            onchange: () => {
              this.hand = value;
              this.repaint();
            },
          }),
          ` ${INTO[value] ?? words} `,
          html("kbd", {}, key),
        ),
      ),
    );
  }

  legend() {
    const sign = (kind) =>
      svg(
        "svg",
        { viewBox: "-13 -13 26 26", width: 22, height: 22, "aria-hidden": "true" },
        ...drawn(kind, 0.38),
      );
    return html(
      "p",
      { class: "legend" },
      html("span", {}, sign(["read"]), " read set"),
      html("span", {}, sign(["write"]), " write set"),
      html("span", {}, sign(["read", "write"]), " both: they meet"),
      html("span", {}, sign(["failed"]), " failed"),
    );
  }

  table() {
    this.canvas = html("canvas", {
      tabindex: 0,
      role: "img",
      onclick: (event) =>
        this.pick(Math.floor(event.offsetX / this.cell), Math.floor(event.offsetY / this.cell)),
    });
    this.canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
        event.key
      ];
      if (!by) return;
      event.preventDefault();
      const [x, y] = this.here();
      this.pick(Math.max(0, x) + by[0], Math.max(0, y) + by[1]);
    });
    this.next = html(
      "button",
      { type: "button", onclick: () => this.apart() },
      "Next pair that doesn’t meet",
    );
    this.allPairs = html(
      "div",
      { class: "table" },
      html("p", { class: "caption" }),
      html("div", { class: "scroll", tabindex: -1 }, this.canvas),
      this.next,
    );
    return this.allPairs;
  }

  nodeKey(event) {
    const hand = HANDS.find(([, , key]) => key === event.key.toUpperCase()),
      node = event.target.closest("button");
    if (event.ctrlKey || event.metaKey || event.altKey || !node) return;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.wide(), ArrowDown: this.wide() }[
        event.key
      ],
      all = [...this.nodes.children];
    if (hand) this.toggle(hand[0], node.name);
    else if (by) all[all.indexOf(node) + by]?.focus();
    else return;
    event.preventDefault();
  }

  wide() {
    return this.setting.grid?.[1] ?? 1;
  }

  toggle(kind, name) {
    const some = kind === "failed" ? this.setting.failed : this[kind],
      all = names(this.setting);
    if (kind === "read" && !name.startsWith("n"))
      return this.tell(`A read asks the home replicas, and ${name} is a spare node.`);
    const now = some.includes(name)
      ? some.filter((other) => other !== name)
      : all.filter((other) => some.includes(other) || other === name);
    if (kind === "failed") this.setting.failed = now;
    else this[kind] = now;
    this.note = null;
    this.repaint();
  }

  tell(words) {
    this.note = words;
    this.repaint();
  }

  // What follows from the sizes.

  arrange() {
    const { setting } = this,
      all = names(setting);
    setting.failed = setting.failed.filter((name) => all.includes(name));
    [this.read, this.write] = example(setting);
    this.note = null;
    const count = counts(setting),
      few = count.readers <= MOST_PAIRS && count.writers <= MOST_PAIRS;
    this.pairs = few ? { readers: readers(setting), writers: writers(setting) } : null;
    this.nodes.style.gridTemplateColumns = setting.grid
      ? `repeat(${setting.grid[1]}, max-content)`
      : all.length > 8
        ? "repeat(auto-fill, 64px)"
        : `repeat(${all.length}, minmax(0, 76px))`;
    this.nodes.replaceChildren(...all.map((name) => html("button", { type: "button", name })));
    const half = Math.floor(setting.replicas / 2) + 1;
    this.system.value = setting.grid
      ? String(setting.grid[0])
      : setting.read === half && setting.write === half
        ? "majority"
        : "sizes";
    for (const { input, shown, field } of this.rows) {
      input.value = setting[field];
      input.disabled = setting.grid !== null;
      shown.textContent = setting[field];
    }
    this.repaint();
  }

  /**
   * Where the current sets stand among all read and write quorums; -1 for a set that is no smallest
   * quorum.
   */
  here() {
    const place = (some, one) => some.findIndex((other) => other.join() === one.join());
    return this.pairs
      ? [place(this.pairs.writers, this.write), place(this.pairs.readers, this.read)]
      : [-1, -1];
  }

  pick(x, y) {
    if (!this.pairs?.writers[x] || !this.pairs.readers[y]) return;
    [this.write, this.read, this.note] = [this.pairs.writers[x], this.pairs.readers[y], null];
    this.repaint();
  }

  /** Go to the next pair of quorums without a common replica. */
  apart() {
    const { readers: rows, writers: columns } = this.pairs,
      [x, y] = this.here(),
      from = Math.max(0, y) * columns.length + Math.max(-1, x) + 1;
    for (let step = 0; step < rows.length * columns.length; step++) {
      const at = (from + step) % (rows.length * columns.length),
        row = Math.floor(at / columns.length),
        column = at % columns.length;
      if (!meet(rows[row], columns[column]).length) return this.pick(column, row);
    }
  }

  /** Whether a set holds a quorum. */
  enough(kind) {
    const { setting } = this;
    if (!setting.grid) return this[kind].length >= setting[kind];
    return (kind === "read" ? readers : writers)(setting).some((quorum) =>
      quorum.every((name) => this[kind].includes(name)),
    );
  }

  sentence() {
    const both = meet(this.read, this.write),
      small = ["read", "write"].filter((kind) => !this.enough(kind)),
      { setting } = this;
    if (this.note) return this.note;
    const parts = [
      both.length
        ? `The read ${set(this.read)} and the write ${set(this.write)} meet in ${set(both)}.`
        : `The read ${set(this.read)} and the write ${set(this.write)} don’t meet: the ` +
          "read misses the write.",
    ];
    for (const kind of small)
      parts.push(
        `The ${kind} set is no quorum` +
          (setting.grid ? "" : `: it has ${this[kind].length} of ${setting[kind]} nodes`) +
          ".",
      );
    for (const kind of ["read", "write"]) {
      const down = meet(this[kind], setting.failed);
      if (down.length) parts.push(`With ${set(down)} failed, this ${kind} can’t finish.`);
    }
    return parts.join(" ");
  }

  // Painting.

  paint() {
    const { setting } = this;
    for (const node of this.nodes.children) this.paintNode(node);
    const both = meet(this.read, this.write).length > 0,
      words = this.sentence();
    this.pair.className = `pair ${both ? "yes" : "no"}`;
    if (this.pair.textContent !== words) this.pair.textContent = words;
    const [answer, ...told] = sentences(setting),
      { met, pairs } = counts(setting);
    this.answer.className = `answer ${met === pairs ? "yes" : "no"}`;
    if (this.answer.textContent.slice(2) !== answer)
      this.answer.replaceChildren(
        html("span", { class: "sign" }, met === pairs ? "✓" : "✗"),
        ` ${answer}`,
      );
    if (this.said.textContent !== told.join(""))
      this.said.replaceChildren(...told.map((each) => html("li", {}, each)));
    this.allPairs.hidden = !this.pairs;
    if (this.pairs) this.paintPairs();
  }

  paintNode(node) {
    const { name } = node,
      kinds = HANDS.map(([kind]) => kind).filter((kind) =>
        (kind === "failed" ? this.setting.failed : this[kind]).includes(name),
      ),
      look = kinds.join(" ");
    node.setAttribute("aria-pressed", kinds.includes(this.hand));
    if (node.dataset.look === look) return;
    node.dataset.look = look;
    node.setAttribute(
      "aria-label",
      [
        name,
        ...(name.startsWith("s") ? ["spare"] : []),
        ...HANDS.filter(([kind]) => kinds.includes(kind)).map(([, words]) => words),
      ].join(", "),
    );
    node.replaceChildren(
      svg(
        "svg",
        { viewBox: "-32 -32 64 64", "aria-hidden": "true" },
        svg("circle", {
          r: 16,
          class: `node${name.startsWith("s") ? " spare" : ""}${kinds.length > 1 ? " both" : ""}`,
        }),
        ...drawn(kinds, 1),
        svg("text", { y: 4.5 }, name),
      ),
    );
  }

  paintPairs() {
    const { readers: rows, writers: columns } = this.pairs,
      room = Math.min(this.width - 26, 420),
      cell = (this.cell = Math.max(
        3,
        Math.min(22, Math.floor(Math.min(room / columns.length, 300 / rows.length))),
      ));
    const { canvas, colors } = this,
      [width, height] = [columns.length * cell + 1, rows.length * cell + 1],
      [x, y] = this.here(),
      found = counts(this.setting);
    canvas.style.width = `${width}px`;
    const pen = sharpen(canvas, width, height),
      missing = found.pairs - found.met;
    pen.fillStyle = colors.paper;
    pen.fillRect(0, 0, width, height);
    const one = (kind) => kind.map((some) => new Set(some)),
      sets = one(columns),
      most = Math.min(this.setting.read, this.setting.write);
    rows.forEach((row, down) =>
      sets.forEach((column, across) =>
        this.paintPair(
          pen,
          across * cell,
          down * cell,
          cell - (cell > 4 ? 1 : 0),
          row.filter((name) => column.has(name)).length / most,
        ),
      ),
    );
    if (x >= 0 && y >= 0)
      Object.assign(pen, { strokeStyle: colors.ink, lineWidth: 2 }).strokeRect(
        x * cell - 0.5,
        y * cell - 0.5,
        cell + 1,
        cell + 1,
      );
    const [some, all] = [missing, found.pairs].map((count) => count.toLocaleString("en")),
      answer = missing ? `${some} of ${all} (empty, crossed) don’t meet` : "each pair meets",
      sizes = `${rows.length} read quorums down, ${columns.length} write quorums across`,
      words = `All pairs: ${sizes}; ${answer}.`;
    this.allPairs.firstChild.textContent = words;
    canvas.setAttribute(
      "aria-label",
      `${words} Arrow keys go from pair to pair. ` +
        (x >= 0 && y >= 0 ? `Now ${set(rows[y])} with ${set(columns[x])}.` : ""),
    );
    this.next.hidden = !missing;
  }

  paintPair(pen, x, y, side, share) {
    const { colors } = this;
    pen.globalAlpha = share ? 0.3 + 0.7 * Math.min(1, share) : 1;
    pen.fillStyle = share ? colors.mark : colors.tint;
    pen.fillRect(x + 0.5, y + 0.5, side, side);
    pen.globalAlpha = 1;
    if (share) return;
    Object.assign(pen, { strokeStyle: colors.bad, lineWidth: side > 6 ? 1.5 : 1 });
    pen.beginPath();
    pen.moveTo(x + side * 0.22, y + side * 0.22);
    pen.lineTo(x + side * 0.82, y + side * 0.82);
    if (side > 6) pen.moveTo(x + side * 0.82, y + side * 0.22);
    if (side > 6) pen.lineTo(x + side * 0.22, y + side * 0.82);
    pen.stroke();
  }
}

define("dslab-quorums", Quorums);
