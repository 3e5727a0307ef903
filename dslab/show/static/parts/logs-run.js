// The logs of a run over time: which entries each node has, which of them will be gone again, and
// what the leader believes. The run says in which fields they are; see views/logs.js.

import { upper } from "../core/run.js";
import { show, terse } from "../core/values.js";

/** How many letters stand in a cell: of a longer key and value the value. */
const ROOM = 7;

export class LogRun {
  /** `named(what)` gives the name of a field, or null where the run says it. */
  constructor(run, named) {
    Object.assign(this, { run, logs: new Map(), entries: [], known: new Map(), met: new Map() });
    const field = (what) => run.fields.indexOf(named(what) ?? run.pictured[what.replace("-", "_")]);
    this.field = {
      log: field("log"),
      commit: field("commit-index"),
      snapshot: field("snapshot-index"),
      match: field("match-index"),
      next: field("next-index"),
      term: field("term"),
    };
    this.term = named("entry-term") ?? run.pictured.entry_term;
    this.versions = run.nodes.map((_, lane) => this.follow(lane));
    this.starts = this.versions.map((each) => each.map(({ event }) => event));
    this.longest = Math.max(0, ...this.versions.flat().map(last));
  }

  /** An array of entry numbers by index, with holes, for a value of the run. */
  read(number) {
    if (this.logs.has(number)) return this.logs.get(number);
    const value = this.run.values[number],
      found = [];
    const pairs = Array.isArray(value)
      ? value.map((entry, place) => [place + 1, entry])
      : Object.entries(value ?? {}).filter(([key]) => /^\d+$/.test(key));
    for (const [index, entry] of pairs) found[Number(index)] = this.entry(entry);
    this.logs.set(number, found);
    return found;
  }

  /** The number of an entry: equal ones are one. */
  entry(value) {
    // Logs that grow from one another share their entries.
    if (!this.met.has(value)) this.met.set(value, this.number(value));
    return this.met.get(value);
  }

  number(value) {
    const key = JSON.stringify(value);
    if (!this.known.has(key)) {
      const command = value?.command ?? value?.value ?? value,
        { f, key: name, value: asked } = command ?? {};
      const words = (parts) =>
        parts
          .filter((part) => part !== null && part !== undefined)
          .map(show)
          .join(" ");
      const pair = f && words(["read", "get"].includes(f) ? [f, name] : [name, asked]),
        short = f
          ? (pair.length > ROOM && asked !== null && words([asked])) || pair || f
          : terse(command);
      this.known.set(
        key,
        this.entries.push({
          term: value?.[this.term] ?? null,
          short,
          full: f ? words([f, name, asked]) : show(command),
        }) - 1,
      );
    }
    return this.known.get(key);
  }

  /** The offset of a state's log: how many entries its snapshot holds. */
  offset(state) {
    const value = this.field.snapshot < 0 ? 0 : this.run.values[state[this.field.snapshot]];
    return Number(value?.index ?? value?.last_included_index ?? value) || 0;
  }

  /**
   * The logs that a node has one after the other, each with `doom`: the event that takes an entry
   * away again, by index.
   */
  follow(lane) {
    const { events, states } = this.run.history[lane],
      found = [];
    events.forEach((event, place) => {
      const state = states[place],
        number = state?.[this.field.log] ?? -1,
        last = found[found.length - 1];
      if (number < 0 || (last?.number === number && last.offset === this.offset(state))) return;
      found.push({
        event,
        number,
        log: this.read(number),
        offset: this.offset(state),
        doom: new Map(),
      });
    });
    for (let place = found.length - 2; place >= 0; place--) {
      const { log, offset, doom } = found[place],
        next = found[place + 1];
      log.forEach((entry, at) => {
        const index = at + offset;
        if (next.log[index - next.offset] !== entry) {
          if (index > next.offset) doom.set(index, next.event);
        } else if (next.doom.has(index)) doom.set(index, next.doom.get(index));
      });
    }
    return found;
  }

  /**
   * What a row shows after `event`: the log's version and the node's state; of a node that is down
   * what its disk holds.
   */
  row(lane, event) {
    const { run, field } = this,
      { events, states } = run.history[lane],
      place = upper(events, event) - 1;
    if (place < 0) return { down: false, state: null, role: null, version: null, commit: 0 };
    const down = states[place] === null,
      again = states[place + 1];
    const number = upper(this.starts[lane], down && again ? events[place + 1] : event) - 1;
    const commit = down || field.commit < 0 ? 0 : run.values[states[place][field.commit]];
    return {
      down,
      state: states[place],
      role: down ? null : run.roleAfter(lane, event),
      version: this.versions[lane][number] ?? null,
      number,
      commit: Number(commit) || 0,
    };
  }

  /**
   * Where the leader of the highest term believes each follower to be: {leader, match, next}, Maps
   * by name.
   */
  beliefs(rows) {
    const { run, field } = this,
      of = (row, name) =>
        row.state && field[name] >= 0 ? run.values[row.state[field[name]]] : null;
    let best = null;
    rows.forEach((row, lane) => {
      const term = Number(of(row, "term")) || 0;
      if (row.role?.leads && (!best || term > best.term))
        best = {
          leader: run.nodes[lane],
          term,
          match: of(row, "match") ?? {},
          next: of(row, "next") ?? {},
        };
    });
    return best ?? { leader: null, match: {}, next: {} };
  }
}

/** The index of a version's last entry. */
export function last({ log, offset }) {
  return Math.max(log.length - 1, 0) + offset;
}
