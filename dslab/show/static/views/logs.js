// The log matrix: a row for each server, a column for each index. A real table, so that it can be
// read aloud.
//
// A node's class says which of its fields these are (dslab/node.py, Pictured); an attribute of the
// element says it in its place, as in play(run, "logs", log="entries"):
//
//     log             a tuple of records, of which the first has index 1, or a Map from index to
//                     record
//     entry-term      the term of a record; records without one are all of one colour
//     commit-index    up to where entries are committed. Optional, as are all that follow
//     snapshot-index  how many entries stand in a snapshot and no longer in the log, a number or a
//                     record with `index`
//     match-index, next-index   what a leader believes of each follower, Maps from names to indexes
//     term            of the nodes that lead, the beliefs of the one of the highest term are shown
//
// The run is known to its end, so an entry that will be gone again is marked from the beginning.
// Wide logs scroll in their own box; of very long ones only WINDOW columns are made, around the
// current step's change.

import { css } from "../core/css.js";
import { html } from "../core/draw.js";
import { LogRun, last } from "../parts/logs-run.js";
import { milliseconds, show } from "../core/values.js";

const WINDOW = 120,
  CELL = 46,
  HEAD = 92;

export default class Logs {
  static label = "Logs";
  static style = css(new URL("./logs.css", import.meta.url));

  static lacks(run, host) {
    const name = host.getAttribute("log") ?? run.pictured.log;
    if (run.fields.includes(name)) return null;
    const why = name ? `no node has a field “${name}”` : "no node says where its log is";
    return `This run has no logs to show: ${why}. Name the field: play(run, "logs", log="…").`;
  }

  constructor(host) {
    const { run } = host;
    this.logs = new LogRun(run, (name) => host.getAttribute(name));
    Object.assign(this, {
      host,
      run,
      base: 0,
      at: { lane: 0, column: 0 },
      painted: [],
      marked: [],
      field: this.logs.field,
      versions: this.logs.versions,
      longest: this.logs.longest,
    });
    this.columns = Math.min(WINDOW, this.longest + 1);
    this.build();
    this.listen();
  }

  // The table.

  build() {
    const { run } = this,
      span = (name) => html("span", { class: name }),
      seen = (name) => html("span", { class: name, "aria-hidden": "true" });
    this.heads = Array.from({ length: this.columns }, () => html("th", { scope: "col" }));
    this.names = run.nodes.map((name) =>
      html("th", { scope: "row" }, html("b", {}, name), span("state")),
    );
    this.cells = run.nodes.map((_, lane) =>
      this.heads.map((_, column) =>
        Object.assign(
          html(
            "td",
            { tabindex: -1 },
            seen("term"),
            seen("text"),
            seen("sign"),
            seen("marks"),
            span("said"),
          ),
          { at: { lane, column } },
        ),
      ),
    );
    this.table = html(
      "table",
      {
        role: "grid",
        "aria-label": `Logs of run ${this.host.number}, servers by index: ${run.title}`,
        style: `--cell: ${CELL}px; --head: ${HEAD}px; width: ${HEAD + CELL * this.columns}px`,
      },
      html(
        "thead",
        {},
        html("tr", {}, html("th", { scope: "col", class: "corner" }, "server"), ...this.heads),
      ),
      html("tbody", {}, ...this.cells.map((row, lane) => html("tr", {}, this.names[lane], ...row))),
    );
    this.box = html("div", { class: "logs" }, this.table);
    this.detail = html("p", { class: "detail", "aria-live": "off" });
    this.element = html("div", {}, this.box, this.detail, this.legend());
    this.cells[0]?.[0]?.setAttribute("tabindex", 0);
    this.number();
  }

  legend() {
    const { field } = this,
      sign = (name, text, words) =>
        html("span", {}, html("i", { class: name, "aria-hidden": "true" }, text), ` ${words}`);
    return html(
      "p",
      { class: "legend" },
      sign("cell t2", "2", "an entry of term 2"),
      ...(field.commit < 0 ? [] : [sign("cell t2 committed last", "2", "committed up to here")]),
      ...(this.versions.flat().some(({ doom }) => doom.size)
        ? [
            sign("cell t2 doomed", "2", "will be overwritten"),
            sign("cell t3 struck", "3", "overwrites another"),
          ]
        : []),
      ...(field.match < 0 ? [] : [sign("", "▲", "the leader's match_index")]),
      ...(field.next < 0 ? [] : [sign("", "▷", "its next_index")]),
      ...(field.snapshot < 0 ? [] : [sign("cell snapshot", "", "in the snapshot")]),
    );
  }

  number() {
    this.heads.forEach((head, column) => {
      head.textContent = this.base + column + 1;
    });
    this.painted = [];
  }

  listen() {
    const { table, host } = this,
      cellOf = (event) => event.target.closest?.("td");
    const point = (event) => {
      const cell = cellOf(event);
      if (cell) this.point(cell.at);
    };
    table.addEventListener("pointerover", point);
    table.addEventListener("focusin", (event) => {
      point(event);
      if (cellOf(event)) this.rove(cellOf(event).at);
    });
    const leave = () => {
      host.light();
      this.pointed = null;
      this.say();
    };
    table.addEventListener("pointerleave", leave);
    table.addEventListener("focusout", leave);
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("click", (event) => {
      if (cellOf(event)) this.jump(cellOf(event).at);
    });
    this.box.addEventListener(
      "scroll",
      () => {
        this.left = this.box.scrollLeft;
      },
      { passive: true },
    );
  }

  keys() {
    return [
      ["← → ↑ ↓", "inside the logs: from entry to entry; Home, End: the first, the last", {}],
      ["Enter", "on a marked entry, like a click: go to the step that overwrites it", {}],
    ];
  }

  key(event) {
    const { lane, column } = this.at,
      width = this.columns,
      end = this.painted[lane]?.last ?? width;
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest("td")) return;
    const to = {
      ArrowLeft: [lane, column - 1],
      ArrowRight: [lane, column + 1],
      ArrowUp: [lane - 1, column],
      ArrowDown: [lane + 1, column],
      Home: [lane, -this.base],
      End: [lane, end - this.base - 1],
    }[event.key];
    if (event.key === "Enter") this.jump(this.at);
    if (!to && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // Outside the logs these keys step through the run.
    if (!to) return;
    const next = { lane: Math.max(0, Math.min(this.run.nodes.length - 1, to[0])), column: to[1] };
    if (next.column < 0 || next.column >= width)
      next.column -= this.shift(this.base + next.column + 1);
    this.rove({ lane: next.lane, column: Math.max(0, Math.min(width - 1, next.column)) });
    this.cells[this.at.lane][this.at.column].focus({ preventScroll: true });
    this.bring(this.base + this.at.column + 1);
  }

  rove(at) {
    this.cells[this.at.lane][this.at.column].setAttribute("tabindex", -1);
    this.at = at;
    this.cells[at.lane][at.column].setAttribute("tabindex", 0);
  }

  point(at) {
    this.pointed = at;
    const index = this.base + at.column + 1,
      { entry, doom } = this.seen(at),
      send = doom === undefined ? -1 : this.run.ref[doom];
    const keys = entry ? [`entry ${index} ${entry.term}`] : [];
    this.host.light(
      ...keys,
      ...(send >= 0 && this.run.kind[doom] === "deliver" ? [`message ${send}`] : []),
    );
    this.say();
  }

  /** The entry under a cell, the event that takes it away, and what the cell says. */
  seen({ lane, column }) {
    const { version } = this.painted[lane]?.row ?? {},
      index = this.base + column + 1;
    return {
      entry: this.logs.entries[version?.log[index - version.offset]],
      doom: version?.doom.get(index),
      said: this.cells[lane][column].shown?.said,
    };
  }

  say() {
    const at = this.pointed,
      { said } = at ? this.seen(at) : {};
    if (!said)
      return this.detail.replaceChildren(
        html("span", {}, "Point at an entry, or go to one with Tab and the arrow keys."),
      );
    this.detail.replaceChildren(`${this.run.nodes[at.lane]}, ${said}.`);
  }

  /** Go to the step that takes an entry away. */
  jump(at) {
    const { doom } = this.seen(at);
    if (doom === undefined) return;
    this.host.pause();
    this.host.go(this.run.stepOf[doom]);
  }

  // Painting.

  resized(width) {
    this.width = width;
  }

  paint() {
    const { run, host } = this,
      { first, end } = run.steps[host.step];
    const rows = run.nodes.map((_, lane) => this.logs.row(lane, end - 1)),
      beliefs = this.logs.beliefs(rows);
    if (this.step !== host.step) {
      // Who comes from elsewhere sees where the logs end now; step by step the view stays where it
      // is, unless something changes.
      const jumped = !(Math.abs(host.step - this.step) <= 1),
        ends = rows.map(({ version }) => (version ? last(version) : 0));
      this.step = host.step;
      const index = this.changed(rows, first) || (jumped ? Math.max(0, ...ends) : 0);
      if (index) this.shift(index);
      if (index) this.bring(index);
    }
    rows.forEach((row, lane) => this.paintRow(lane, row, beliefs, first, end - 1));
    this.paintLit();
    if (!this.detail.firstChild || this.pointed) this.say();
  }

  /** The index that the step changes: of the log, or of what is committed. */
  changed(rows, first) {
    const lane = this.run.place[first],
      row = rows[lane];
    if (!row) return 0;
    if (row.version?.event === first) {
      const before = this.versions[lane][row.number - 1],
        { log, offset } = row.version;
      for (let index = offset + 1; index <= log.length + offset; index++)
        if (!before || before.log[index - before.offset] !== log[index - offset])
          return Math.min(index, this.longest);
    }
    const was = this.painted[lane]?.row.commit;
    return was !== undefined && was !== row.commit ? row.commit : 0;
  }

  /** Make the columns around `index` the ones that there are; returns by how much they moved. */
  shift(index) {
    const last = Math.max(0, this.longest + 1 - this.columns),
      before = this.base;
    if (index <= before || index > before + this.columns)
      this.base = Math.max(0, Math.min(last, index - Math.round(this.columns / 2)));
    if (this.base !== before) this.number();
    if (this.base !== before) this.host.repaint();
    return this.base - before;
  }

  /** Scroll the box so that `index` is seen. */
  bring(index) {
    const x = (index - this.base - 1) * CELL,
      room = (this.width ?? 400) - HEAD,
      left = this.left ?? 0;
    if (x < left || x + CELL > left + room)
      this.box.scrollLeft = this.left = Math.max(0, x - room / 2);
  }

  paintRow(lane, row, beliefs, first, now) {
    const { run } = this,
      { version } = row,
      name = run.nodes[lane],
      [match, next] = [beliefs.match[name] ?? 0, beliefs.next[name] ?? 0];
    const struck =
        version?.event === first && row.number > 0 && !row.down
          ? this.versions[lane][row.number - 1]
          : null,
      fresh = version?.event === first && !row.down;
    const key = [
      row.number,
      row.commit,
      match,
      next,
      row.down,
      fresh,
      this.base,
      version && [...version.doom.values()].map((event) => run.ref[event] <= now),
    ].join();
    this.paintName(lane, row);
    if (this.painted[lane]?.key === key) return;
    this.painted[lane] = { key, row, last: version ? last(version) : 0 };
    this.cells[lane].forEach((cell, column) => {
      const index = this.base + column + 1,
        marks = (index === match ? "▲" : "") + (index === next ? "▷" : "");
      const number = version?.log[index - version.offset],
        old = struck?.log[index - struck.offset],
        doom = version?.doom.get(index);
      // Most cells look as before: what they show is worked out only where something that it
      // depends on is another.
      const depends = !version
        ? ""
        : `${index} ${number} ${old} ${fresh && old !== number} ` +
          `${Math.sign(row.commit - index)} ${index <= version.offset} ${doom} ` +
          `${run.ref[doom] <= now} ${marks} ${row.down}`;
      if (cell.depends === depends) return;
      cell.depends = depends;
      this.write(cell, this.look(index, row, { before: struck, fresh, now, marks }));
    });
  }

  /** What a cell shows: classes, texts, and the whole in words. */
  look(index, { version, commit, down }, { before, fresh, now, marks }) {
    const beliefs = [
      marks.includes("▲") && "the leader's match_index",
      marks.includes("▷") && "the leader's next_index",
    ];
    const look = (kinds, term, text, sign, ...said) => ({
      kind: kinds.filter(Boolean).join(" "),
      term,
      text,
      sign,
      marks,
      said: [...said, ...beliefs].filter(Boolean).join(", "),
    });
    if (!version) return look([], "", "", "");
    if (index <= version.offset)
      return look(["snapshot"], "", "", "", `entry ${index} is in the snapshot`);
    const number = version.log[index - version.offset],
      entry = this.logs.entries[number];
    const old = before?.log[index - before.offset],
      gone = old !== undefined && old !== number ? this.logs.entries[old] : null;
    if (!entry)
      return gone
        ? look(
            ["struck", "removed"],
            gone.term ?? "•",
            gone.short,
            "✗",
            `entry ${index} of term ${gone.term} is removed`,
          )
        : look([], "", "", "", beliefs.some(Boolean) && `no entry ${index}`);
    const doom = version.doom.get(index),
      isDoomed = doom !== undefined,
      flying = isDoomed && this.run.kind[doom] === "deliver" && this.run.ref[doom] <= now;
    const isCommitted = index <= commit,
      color = Math.abs(Math.trunc(Number(entry.term))) % 6 || 0;
    const kinds = [
      `t${color}`,
      isCommitted && "committed",
      index === commit && "last",
      isDoomed && "doomed",
      flying && "flying",
      fresh && old !== number && "fresh",
      gone && "struck",
      down && "down",
    ];
    return look(
      kinds,
      entry.term ?? "•",
      entry.short,
      !isDoomed ? "" : flying ? "✉✗" : "✗",
      `entry ${index}`,
      entry.term !== null && `term ${entry.term}`,
      entry.full,
      isCommitted && "committed",
      gone && `overwrites an entry of term ${gone.term}`,
      isDoomed && this.fate(doom, flying),
    );
  }

  fate(doom, flying) {
    const { run } = this,
      when = `at ${milliseconds(run.time[doom])} ms`;
    if (run.kind[doom] === "restart") return `will be lost in the crash: it is gone ${when}`;
    return flying
      ? `will be overwritten ${when} by the message from ${run.lanes[run.other[doom]]} ` +
          "that is on its way"
      : `will be overwritten ${when}`;
  }

  write(cell, look) {
    const was = cell.shown ?? {},
      [term, text, sign, marks, said] = cell.children;
    if (was.kind !== look.kind) cell.className = look.kind;
    if (was.term !== look.term) term.textContent = look.term;
    if (was.text !== look.text) text.textContent = look.text;
    if (was.sign !== look.sign) sign.textContent = look.sign;
    if (was.marks !== look.marks) marks.textContent = look.marks;
    if (was.said !== look.said) said.textContent = look.said;
    cell.shown = look;
  }

  paintName(lane, { down, state, role }) {
    const { run, field } = this,
      term = state && field.term >= 0 ? show(run.values[state[field.term]]) : "";
    const text = down ? "✗ down" : `${role?.leads ? "★" : ""}${role?.word ?? ""} ${term}`.trim(),
      head = this.names[lane],
      said = head.lastChild;
    if (said.textContent === text) return;
    said.textContent = text;
    head.classList.toggle("down", down);
  }

  /**
   * Ring what is pointed at here or elsewhere: an entry, or the entries that a lit message will
   * overwrite.
   */
  paintLit() {
    const { lit } = this.host;
    for (const cell of this.marked) cell.classList.remove("lit");
    this.marked = !lit.size
      ? []
      : this.cells.flat().filter(({ at }) => {
          const { entry, doom } = this.seen(at);
          return (
            entry &&
            (lit.has(`entry ${this.base + at.column + 1} ${entry.term}`) ||
              (doom !== undefined && lit.has(`message ${this.run.ref[doom]}`)))
          );
        });
    for (const cell of this.marked) cell.classList.add("lit");
  }
}
