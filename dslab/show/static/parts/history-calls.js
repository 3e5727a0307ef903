// The calls of a run as operations with their words, and its faults in rows: what a picture of a
// history is made of.

import { svg } from "../core/draw.js";
import { milliseconds, show } from "../core/values.js";

/** Operations that answer nothing but "done", as in dslab/run/history.py. */
const SILENT = new Set([
  "write",
  "put",
  "append",
  "cas",
  "add",
  "remove",
  "enqueue",
  "acquire",
  "release",
]);

/**
 * The calls of a run in the order of their invocations, each {process, f, key, value, result,
 * outcome, who, begin, end, invoked, returned, asked, text, words}: times in µs, `invoked` and
 * `returned` the numbers of events. A call without an answer has the outcome "info", no `returned`,
 * and reaches to the run's end.
 */
export function operations(run) {
  return run.calls.map((call) => operation(run, call)).sort((a, b) => a.invoked - b.invoked);
}

function operation(run, { event, lane, begin, end, outcome, close }) {
  const [process, f, key, value] = run.payload(event),
    answered = outcome === "ok" || outcome === "fail",
    who = run.lanes[lane];
  const result = outcome === "ok" && !SILENT.has(f) ? run.payload(close) : null;
  const asked = [
    f,
    ...[key, ...(f === "cas" ? [`from ${show(value[0])} to ${show(value[1])}`] : [value])]
      .filter((part) => part !== null)
      .map(show),
  ].join(" ");
  const op = {
    process,
    f,
    key,
    value,
    result,
    outcome: outcome ?? "info",
    who,
    asked,
    begin,
    end: answered ? end : run.end,
    invoked: event,
    returned: answered ? close : null,
  };
  const answer = SILENT.has(f) ? "" : ` → ${show(result)}`;
  op.text =
    asked +
    { ok: answer || " ✓", fail: ` ✗ ${show(run.payload(close))}`, info: " ? no answer" }[
      op.outcome
    ];
  op.words =
    `${who} ${asked}` + `${{ ok: answer, fail: " (refused)", info: " (no answer)" }[op.outcome]}`;
  op.told =
    `${op.words}, called at ${milliseconds(begin)} ms` +
    (answered ? `, over at ${milliseconds(end)} ms` : "");
  return op;
}

/**
 * Give each call a row and return the rows' clients: a row is a process, as a client that got no
 * answer goes on as another process while its call stays open. Processes of one client that follow
 * each other share a row.
 */
export function rows(calls, lanes) {
  const found = [];
  for (const lane of lanes) {
    for (const call of calls.filter(({ who }) => who === lane)) {
      let row = found.findIndex(
        ({ who, last }) => who === lane && last.returned !== null && last.returned < call.invoked,
      );
      if (row < 0) row = found.push({ who: lane }) - 1;
      found[row].last = call;
      call.row = row;
    }
  }
  return found.map(({ who }) => who);
}

/**
 * The scale (pixels a µs) at which the usual call is wide enough for its point, and but few calls'
 * words are covered by the next call's.
 */
export function readable(calls) {
  const last = new Map(),
    pitches = [];
  const at = (part, numbers) => {
    const some = numbers.filter((number) => number > 0).sort((a, b) => a - b);
    return some[Math.floor(some.length * part)] ?? Infinity;
  };
  for (const { row, begin } of calls) {
    if (last.has(row)) pitches.push(begin - last.get(row));
    last.set(row, begin);
  }
  return Math.max(
    26 /
      at(
        0.5,
        calls.filter(({ returned }) => returned !== null).map(({ begin, end }) => end - begin),
      ),
    92 / at(0.25, pitches),
  );
}

/** The run's faults in rows: cuts, and each node that was down or paused. */
export function faults(run) {
  const rows = new Map();
  for (const span of run.spans) {
    const name = span.kind === "cut" ? "cut" : run.lanes[span.lane];
    rows.set(name, [
      ...(rows.get(name) ?? []),
      { ...span, text: span.kind === "cut" ? `✂ ${span.label}` : span.kind },
    ]);
  }
  return [...rows];
}

/**
 * The time axis and the faults as SVG: `x` gives the place of a time, `row` is a fault row's
 * height, `foot` where the rows of calls end.
 */
export function ground(faultRows, { x, scale, wide, end, top, foot, row }) {
  const rough = 110 / scale / 1000,
    power = 10 ** Math.floor(Math.log10(rough)),
    unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power,
    made = [];
  for (let tick = 0; x(tick * 1000) < wide; tick += unit) {
    const at = x(tick * 1000);
    made.push(
      svg("line", { class: "tick", x1: at, x2: at, y1: top - 4, y2: foot }),
      svg(
        "text",
        {
          class: "soft",
          "text-anchor": tick ? "middle" : "start",
          x: at - (tick ? 0 : 10),
          y: foot + 16,
        },
        `${Math.round(tick * 1000) / 1000} ms`,
      ),
    );
  }
  faultRows.forEach(([name, spans], number) => {
    for (const { kind, from, to, text } of spans) {
      const left = x(from),
        width = Math.max(3, x(to ?? end) - left),
        y = number * row,
        told =
          `${name}: ${text}, from ${milliseconds(from)} ms` +
          (to === null ? " on" : ` to ${milliseconds(to)} ms`);
      if (kind === "cut")
        made.push(svg("rect", { class: "shade", x: left, width, y: 0, height: foot }));
      made.push(
        svg("rect", {
          class: `fault ${kind}`,
          x: left,
          width,
          y,
          height: row - 3,
          ...(kind === "down" ? { fill: "url(#down)" } : {}),
        }),
        svg(
          "text",
          { class: `faultname ${kind}`, x: left + 5, y: y + 12 },
          shorten(text, width / 6.1),
          svg("title", {}, told),
        ),
      );
    }
  });
  return made;
}

/** A text of at most `most` letters. */
export function shorten(text, most) {
  return text.length <= most ? text : most < 3 ? "" : `${text.slice(0, Math.floor(most) - 1)}…`;
}
