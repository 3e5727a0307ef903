// What stands between the events of a run: which messages are under way, which timers are pending,
// which links are cut, and what else is wrong, at any event. Everything is an interval of event
// numbers, so that going back costs what going on does.

import { upper } from "../core/run.js";
import { className } from "../core/values.js";

export class World {
  constructor(run) {
    this.run = run;
    this.usual = this.latency();
    this.flights = run.arrows
      .flatMap((arrow) => this.flightsOf(arrow))
      .sort((one, other) => one.from - other.from);
    this.timers = [];
    // The pending timer of a lane and class, while the intervals are made.
    this.timerOf = new Map();
    this.cuts = [{ event: -1, links: new Set() }];
    this.wrong = [];
    for (let event = 0; event < run.count; event++) this.note(event);
    this.cutEvents = this.cuts.map((each) => each.event);
    this.longest = {
      flights: longest(this.flights, run.count),
      timers: longest(this.timers, run.count),
    };
  }

  /** How long a message takes in this run: the median, in µs. */
  latency() {
    const taken = this.run.arrows
      .filter((arrow) => arrow.end > arrow.begin)
      .map((arrow) => arrow.end - arrow.begin)
      .sort((a, b) => a - b);
    return taken[taken.length >> 1] || 1000;
  }

  /**
   * A message and each of its copies: { arrow, from, to, begin, due, lost, altered }; `to` is the
   * event of its arrival, or the run's end.
   */
  flightsOf(arrow) {
    const ways = arrow.arrivals.map(({ event, time, lost, altered }) => ({
      arrow,
      from: arrow.send,
      to: event,
      begin: arrow.begin,
      due: time,
      lost,
      altered,
    }));
    if (ways.length) return ways;
    // It is still under way when the recording ends: it stands where a usual message would.
    return [
      {
        arrow,
        from: arrow.send,
        to: Infinity,
        begin: arrow.begin,
        due: Math.max(this.run.end * 1.001 + 1, arrow.begin + this.usual),
        lost: null,
      },
    ];
  }

  note(event) {
    const { run } = this,
      kind = run.kind[event],
      lane = run.place[event],
      payload = run.payload(event);
    const close = (name) => {
      const key = `${lane} ${name}`,
        timer = this.timerOf.get(key);
      if (timer) timer.to = event;
      this.timerOf.delete(key);
    };
    if (kind === "set") {
      const name = className(payload[0]);
      close(name);
      const timer = {
        lane,
        name,
        from: event,
        to: Infinity,
        begin: run.time[event],
        due: payload[1],
      };
      this.timerOf.set(`${lane} ${name}`, timer);
      this.timers.push(timer);
    } else if (kind === "cancel" || kind === "fire") close(className(payload));
    else if (kind === "crash")
      for (const key of [...this.timerOf.keys()])
        if (key.startsWith(`${lane} `)) close(key.slice(`${lane} `.length));
    if (kind === "cut" || kind === "heal") {
      const links = new Set(kind === "heal" ? [] : this.cuts[this.cuts.length - 1].links);
      if (kind === "cut") for (const [from, to] of payload) links.add(`${from} ${to}`);
      this.cuts.push({ event, links });
    } else if (kind === "fault") this.noteFault(event, payload);
    else if (kind === "pause")
      this.begin("paused", run.lanes[lane], event, `${run.lanes[lane]} is paused`);
    if (kind === "resume" || kind === "crash") this.over("paused", run.lanes[lane], event);
  }

  // Faults that last: pauses, slow links, wrong clocks, liars. Others are over when they are told.

  noteFault(event, [name, details, sentence]) {
    if (name === "slow")
      for (const [from, to] of details) this.begin("slow", `${from} ${to}`, event, sentence);
    else if (name === "fast")
      for (const [from, to] of details) this.over("slow", `${from} ${to}`, event);
    else if (name === "clock") this.begin("clock", details[0], event, sentence);
    else if (name === "clock_right") this.over("clock", details[0], event);
    else if (name === "byzantine") this.begin("byzantine", details[0], event, sentence);
  }

  begin(kind, about, event, sentence) {
    this.over(kind, about, event);
    this.wrong.push({ kind, about, from: event, to: Infinity, sentence });
  }

  over(kind, about, event) {
    for (const each of this.wrong)
      if (each.kind === kind && each.about === about && each.to === Infinity) each.to = event;
  }

  /** Messages under way after `event`. */
  underWay(event) {
    return within(this.flights, event, this.longest.flights);
  }

  /** Timers pending after `event`: { lane, name, begin, due }, times in µs. */
  pending(event) {
    return within(this.timers, event, this.longest.timers);
  }

  /** Links that are cut after `event`, as "from to". */
  cut(event) {
    return this.cuts[upper(this.cutEvents, event) - 1].links;
  }

  /** What else is wrong after `event`: { kind, about, sentence }. */
  troubles(event) {
    return this.wrong.filter(({ from, to }) => from <= event && event < to);
  }

  /** "not started", "down", "paused" or "up". */
  health(lane, event) {
    if (!this.run.started(lane, event)) return "not started";
    const { events } = this.run.history[lane];
    if (events.length && events[0] <= event && this.run.stateAfter(lane, event) === null)
      return "down";
    return this.troubles(event).some(
      ({ kind, about }) => kind === "paused" && about === this.run.lanes[lane],
    )
      ? "paused"
      : "up";
  }

  /** What became of a client's last call by `event`: { call, closed }, or null before its first. */
  lastCall(lane, event) {
    let found = null;
    for (const call of this.run.calls) if (call.lane === lane && call.event <= event) found = call;
    return found && { call: found, closed: found.close !== null && found.close <= event };
  }
}

function longest(intervals, count) {
  return intervals.reduce((most, { from, to }) => Math.max(most, Math.min(to, count) - from), 0);
}

/** The intervals, sorted by `from`, that hold `event`; none is longer than `most`. */
function within(intervals, event, most) {
  const found = [];
  let low = 0,
    high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (intervals[middle].from < event - most) low = middle + 1;
    else high = middle;
  }
  for (; low < intervals.length && intervals[low].from <= event; low++)
    if (event < intervals[low].to) found.push(intervals[low]);
  return found;
}
