// A run's steps in words: dslab/run/words.py says every sentence too, word for word, and a test
// compares them.

import { show } from "./values.js";

const VERBS = {
  start: "starts",
  restart: "restarts from its disk",
  pause: "pauses",
  resume: "goes on",
};
const LONG = 8; // A list of more items than this is long for a sentence.

/** Step `number` of a run in words. */
export function sentence(run, number) {
  const { first, end } = run.steps[number];
  const parts = [what(run, first), ...changes(run, first), ...effects(run, first + 1, end)];
  return `${run.moment(run.time[first])}: ${parts.join("; ")}.`;
}

function what(run, event) {
  const who = run.lanes[run.place[event]],
    other = run.lanes[run.other[event]],
    payload = run.payload(event);
  const asked = run.ref[event] < 0 ? null : run.payload(run.ref[event]);
  const reading = asked && ["read", "get"].includes(asked[1]);
  switch (run.kind[event]) {
    case "deliver":
      return (
        `${who} receives ${show(asked)} from ${other}` +
        (payload === null ? "" : `, altered on its way to ${show(payload)}`)
      );
    case "lose": {
      const why =
        {
          loss: "is lost",
          cut: "can't cross the cut",
          down: `finds ${who} down`,
          corrupt: "fails its checksum and is thrown away",
          dropped: "is dropped",
        }[payload] ?? `is lost: ${show(payload)}`;
      return `${show(asked)} from ${other} to ${who} ${why}`;
    }
    case "fire":
      return `${who}'s ${show(payload)} runs out`;
    case "cut":
      return `the links ${payload.map(([a, b]) => `${a}→${b}`).join(", ")} go down`;
    case "heal":
      return "all links are up again";
    case "invoke":
      return `${who} calls ${[
        payload[1],
        ...payload
          .slice(2)
          .filter((part) => part !== null)
          .map(show),
      ].join(" ")}`;
    case "ok":
      return `${who}'s ${asked[1]} returns${reading ? ` ${show(payload)}` : ""}`;
    case "fail":
      return `${who}'s ${asked[1]} is refused: ${show(payload)}`;
    case "info":
      return `${who} gives up waiting for its ${asked[1]}: ${show(payload)}`;
    case "mark":
    case "act":
    case "tell":
      return payload;
    case "fault":
      return payload[2];
    case "crash":
      return `${who} crashes${payload === null ? "" : `: ${payload}`}`;
    case "send":
    case "set":
    case "cancel":
      return `${who} ${effects(run, event, event + 1)[0]}`;
  }
  return `${who} ${VERBS[run.kind[event]]}`;
}

function changes(run, event) {
  return run.kind[event] === "tell"
    ? []
    : run
        .changed(event)
        .map(
          ([field, old, value]) =>
            `${run.fields[field]} ${change(run.values[old], run.values[value])}`,
        );
}

function effects(run, from, to) {
  const phrases = [];
  let last = -1;
  for (let event = from; event < to; event++) {
    const payload = run.payload(event);
    if (run.kind[event] === "send") {
      if (last >= 0 && run.data[last] === run.data[event])
        phrases[phrases.length - 1] += `, ${run.lanes[run.other[event]]}`;
      else phrases.push(`sends ${show(payload)} to ${run.lanes[run.other[event]]}`);
      last = event;
      continue;
    }
    last = -1;
    phrases.push(
      run.kind[event] === "set"
        ? `sets ${show(payload[0])}${run.unit === "ms" ? ` for ${run.moment(payload[1])}` : ""}`
        : `cancels ${show(payload)}`,
    );
  }
  return phrases;
}

/** What became of a field. A long list that grows is said by what it gains. */
function change(old, value) {
  const same = (item, place) =>
    item === value[place] || JSON.stringify(item) === JSON.stringify(value[place]);
  if (!(
    Array.isArray(old) &&
    old.length > LONG &&
    Array.isArray(value) &&
    old.length <= value.length &&
    old.every(same)
  ))
    return `${show(old)} → ${show(value)}`;
  return `gains ${value.slice(old.length).map(show).join(", ")} and has ${value.length} items`;
}
