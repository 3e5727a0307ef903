// The recorded run as a page holds it: decoded once, then asked for steps, states, roles, arrows
// and sentences. The format is described in dslab/run/columns.py.

import { sentence } from "./sentences.js";
import { className, milliseconds, show } from "./values.js";

const KINDS = {
  b: "start",
  s: "send",
  d: "deliver",
  x: "lose",
  t: "set",
  c: "cancel",
  f: "fire",
  k: "crash",
  r: "restart",
  p: "pause",
  u: "resume",
  P: "cut",
  H: "heal",
  F: "fault",
  i: "invoke",
  o: "ok",
  n: "fail",
  "?": "info",
  m: "mark",
  a: "act",
  l: "tell",
};
const WITH_STATE = new Set(["start", "deliver", "fire", "restart", "act", "tell"]);
const WITHIN_STEP = new Set(["send", "set", "cancel"]);
const VERSION = 2; // Version 1 had no lists that grow.
const COLUMNS = ["time", "place", "other", "ref", "data"];

export class BadRun extends Error {}

export class Run {
  constructor(data) {
    if (!data || data.format !== "dslab-trace")
      throw new BadRun("This is no recorded run of dslab, so there is nothing to play.");
    if (![1, VERSION].includes(data.version)) {
      throw new BadRun(
        `This run has format version ${data.version}, and this page plays version ` +
          `${VERSION}: build the page again with a newer dslab.`,
      );
    }
    this.title = data.title;
    this.replay = data.replay;
    this.unit = data.unit ?? "ms";
    try {
      this.decode(data);
    } catch (error) {
      if (error instanceof BadRun) throw error;
      throw new BadRun(
        "This recorded run is cut short or damaged, so it can't be played: record it again.",
      );
    }
  }

  decode(data) {
    const count = data.kind.length;
    for (const name of COLUMNS)
      if (data[name].length !== count)
        throw new BadRun("This recorded run is cut short, so it can't be played: record it again.");
    this.nodes = data.nodes;
    this.lanes = [...data.nodes, ...data.clients];
    this.fields = data.fields;
    this.values = grown(data.values, data.version === 1 ? [] : data.grows);
    this.count = count;
    this.place = data.place;
    this.other = data.other;
    this.kind = [];
    this.time = new Float64Array(count);
    this.ref = new Int32Array(count);
    let now = 0;
    for (let event = 0; event < count; event++) {
      const kind = KINDS[data.kind[event]];
      if (!kind)
        throw new BadRun(
          `This run has an event of the unknown kind “${data.kind[event]}”: build the ` +
            "page again with a newer dslab.",
        );
      now += data.time[event];
      this.kind.push(kind);
      this.time[event] = now;
      this.ref[event] = data.ref[event] ? event - data.ref[event] : -1;
    }
    this.data = data.data;
    this.decodeStates(data.state);
    this.pictured = data.pictured ?? {};
    this.decodeRoles(data.roles ?? []);
    this.findSteps();
    this.findShapes();
  }

  payload(event) {
    return this.data[event] < 0 ? null : this.values[this.data[event]];
  }

  // States: for each node, the numbers of the events that changed it, with all its fields after
  // each.

  decodeStates(flat) {
    this.history = this.nodes.map(() => ({ events: [], states: [] }));
    let at = 0;
    for (let event = 0; event < this.count; event++) {
      const lane = this.place[event];
      if (lane < 0 || lane >= this.nodes.length) continue;
      const { events, states } = this.history[lane];
      if (this.kind[event] === "crash") {
        events.push(event);
        states.push(null);
      } else if (WITH_STATE.has(this.kind[event])) {
        const fresh =
          ["start", "restart"].includes(this.kind[event]) ||
          (this.kind[event] === "tell" && !states.length);
        const state = fresh
          ? new Array(this.fields.length).fill(-1)
          : states[states.length - 1].slice();
        for (let left = flat[at++]; left > 0; left--) {
          const field = flat[at++];
          state[field] = flat[at++];
        }
        if (state.some((value) => value === undefined || value >= this.values.length))
          throw new Error("state");
        events.push(event);
        states.push(state);
      }
    }
    if (at !== flat.length) throw new Error("state");
  }

  /** The fields of a node (numbers in `values`, by field) after `event`; null while it is down. */
  stateAfter(lane, event) {
    const { events, states } = this.history[lane];
    const place = upper(events, event) - 1;
    return place < 0 ? null : states[place];
  }

  /**
   * Whether a node has started by `event`; a lane that never says so was there before the
   * recording.
   */
  started(lane, event) {
    const [first] = this.history[lane].events;
    return first === undefined || first <= event || this.kind[first] !== "start";
  }

  stateBefore(lane, event) {
    return event > 0 ? this.stateAfter(lane, event - 1) : null;
  }

  // Roles: for each node, the numbers of the events after which it says something new of itself.

  decodeRoles(roles) {
    this.speaks = roles.length > 0;
    this.roles = this.nodes.map(() => ({ events: [], said: [] }));
    for (const [event, leads, word] of roles) {
      const { events, said } = this.roles[this.place[event]];
      events.push(event);
      said.push({ leads, word });
    }
  }

  /** Whether a node leads after `event`, and its role in a word, by what it says of itself. */
  roleAfter(lane, event) {
    const { events, said } = this.roles[lane];
    return said[upper(events, event) - 1] ?? { leads: false, word: "" };
  }

  /** The value of the field called `name` in a node's state, or null. */
  fieldOf(state, name) {
    const field = name ? this.fields.indexOf(name) : -1;
    return !state || field < 0 || state[field] < 0 ? null : this.values[state[field]];
  }

  // Steps: an event with the sends, sets and cancels that follow it at the same place and time.

  findSteps() {
    this.steps = [];
    for (let event = 0; event < this.count;) {
      const first = event++;
      while (
        event < this.count &&
        WITHIN_STEP.has(this.kind[event]) &&
        this.place[event] === this.place[first] &&
        this.time[event] === this.time[first]
      )
        event++;
      this.steps.push({ first, end: event, time: this.time[first] });
    }
    this.stepTimes = this.steps.map((step) => step.time);
    this.stepOf = new Int32Array(this.count);
    this.steps.forEach((step, number) => this.stepOf.fill(number, step.first, step.end));
    this.end = this.count ? this.time[this.count - 1] : 0;
  }

  /** The last step that has happened at `time` (µs). */
  stepAt(time) {
    return Math.max(0, upper(this.stepTimes, time) - 1);
  }

  // Shapes: what a picture draws, sorted by where it begins.

  findShapes() {
    this.arrows = [];
    this.spans = [];
    this.calls = [];
    this.marks = [];
    const arrowOf = new Map(),
      callOf = new Map(),
      open = new Map();
    let cut = null,
      links = new Set();
    const close = (key, event) => {
      if (!open.has(key)) return;
      open.get(key).to = this.time[event];
      open.delete(key);
    };
    for (let event = 0; event < this.count; event++) {
      const kind = this.kind[event],
        lane = this.place[event],
        time = this.time[event];
      if (kind === "send") {
        const arrow = {
          send: event,
          from: lane,
          to: this.other[event],
          begin: time,
          end: null,
          name: className(this.payload(event)),
          lost: null,
          arrivals: [],
        };
        arrowOf.set(event, arrow);
        this.arrows.push(arrow);
      } else if (kind === "deliver" || kind === "lose") {
        const arrow = arrowOf.get(this.ref[event]);
        if (!arrow) throw new Error("ref");
        arrow.arrivals.push({
          event,
          time,
          lost: kind === "lose" ? this.payload(event) : null,
          altered: kind === "deliver" && this.data[event] >= 0,
        });
        arrow.end = Math.max(arrow.end ?? 0, time);
      } else if (kind === "crash" || kind === "pause") {
        const span = { kind: kind === "crash" ? "down" : "paused", lane, from: time, to: null };
        open.set(`${span.kind} ${lane}`, span);
        this.spans.push(span);
      } else if (kind === "restart") close(`down ${lane}`, event);
      else if (kind === "resume") close(`paused ${lane}`, event);
      else if (kind === "cut" || kind === "heal") {
        if (cut) cut.to = time;
        cut = null;
        if (kind === "heal") links = new Set();
        else for (const [from, to] of this.payload(event)) links.add(`${from} ${to}`);
        if (links.size) {
          cut = { kind: "cut", lane: -1, from: time, to: null, label: this.cutLabel(links) };
          this.spans.push(cut);
        }
      } else if (kind === "invoke") {
        const call = { event, lane, begin: time, end: null, outcome: null, close: null };
        callOf.set(event, call);
        this.calls.push(call);
      } else if (kind === "ok" || kind === "fail" || kind === "info") {
        const call = callOf.get(this.ref[event]);
        if (!call) throw new Error("ref");
        Object.assign(call, { end: time, outcome: kind, close: event });
      }
      if (
        [
          "start",
          "restart",
          "crash",
          "fire",
          "pause",
          "resume",
          "mark",
          "fault",
          "act",
          "tell",
        ].includes(kind)
      )
        this.marks.push({ event, kind, lane, time });
    }
    this.longest = this.arrows.reduce(
      (most, arrow) => Math.max(most, (arrow.end ?? this.end) - arrow.begin),
      0,
    );
    this.messageNames = [...new Set(this.arrows.map((arrow) => arrow.name))];
  }

  /** A partition as its groups, or the links that are down one by one. */
  cutLabel(links) {
    const groups = groupsOf(links, this.lanes);
    if (groups) return groups.map((group) => group.join(" ")).join(" | ");
    const pairs = [...links].sort().map((pair) => pair.replace(" ", "→"));
    return pairs.length > 4
      ? `${pairs.slice(0, 3).join(", ")} and ${pairs.length - 3} more links`
      : pairs.join(", ");
  }

  // Words.

  moment(time) {
    return this.unit === "ms" ? `${milliseconds(time)} ms` : `${this.unit} ${show(time / 1000)}`;
  }

  /** [field, old, new] for each field that `event` changed; numbers in `values`. */
  changed(event) {
    const lane = this.place[event];
    if (!["deliver", "fire", "act", "tell"].includes(this.kind[event]) || lane >= this.nodes.length)
      return [];
    const before = this.stateBefore(lane, event),
      after = this.stateAfter(lane, event);
    if (!before || !after) return [];
    return after
      .map((value, field) => [field, before[field], value])
      .filter(([, old, value]) => old !== value);
  }

  /** Step `number` in words, as Python says it. */
  sentence(number) {
    return sentence(this, number);
  }
}

/**
 * The values. Lists that grow from one another share their items, and each is copied out of them
 * where it is read.
 */
function grown(values, grows) {
  const all = values.slice(),
    shared = new Map(); // [items, how many of them are the list's] of each list that has grown.
  for (let at = 0; at < grows.length; at += 2) {
    const [value, other] = [grows[at], grows[at + 1]];
    if (
      !(other >= 0 && other < value && !(value <= grows[at - 2])) ||
      !Array.isArray(values[other]) ||
      !Array.isArray(values[value])
    )
      throw new Error("grows");
    const [before, count] = shared.get(other) ?? [values[other], -1],
      items = before.length === count ? before : all[other].slice();
    for (const item of values[value]) items.push(item);
    const size = items.length;
    shared.set(value, [items, size]);
    Object.defineProperty(all, value, { get: () => items.slice(0, size) });
  }
  return all;
}

/**
 * The groups that a set of cut links ("from to") divides the lanes into; null where it is no
 * partition.
 */
export function groupsOf(links, lanes) {
  const up = (a, b) => !links.has(`${a} ${b}`) && !links.has(`${b} ${a}`),
    touched = new Set([...links].flatMap((pair) => pair.split(" ")));
  const groups = [];
  for (const lane of lanes.filter((each) => touched.has(each))) {
    const home = groups.find((group) => group.every((other) => up(other, lane)));
    if (home) home.push(lane);
    else groups.push([lane]);
  }
  const apart = (one, other) =>
    one.every((a) => other.every((b) => links.has(`${a} ${b}`) && links.has(`${b} ${a}`)));
  return groups.length > 1 &&
    groups.every((group, place) => groups.slice(place + 1).every((other) => apart(group, other)))
    ? groups
    : null;
}

/** How many of the sorted `numbers` are at most `limit`. */
export function upper(numbers, limit) {
  let low = 0,
    high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
