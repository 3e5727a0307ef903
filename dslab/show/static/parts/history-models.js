// Sequential objects, and the question whether an order of calls is one that they would have
// answered so. The models are those of dslab/check/models.py, and a test compares them; the search
// is that of dslab/check/linearizable.py, smaller.
//
// An operation is {process, f, key, value, result, outcome: "ok" | "info", invoked, returned}, with
// `invoked` and `returned` the numbers of its events (`returned` is null without an answer), and
// values as the trace holds them: lists for tuples, {$: "set", items} for sets.

import { show } from "../core/values.js";

const text = (value) => JSON.stringify(value ?? null);
const same = (a, b) => text(a) === text(b);
const present = (value) => (value === "" ? null : (value ?? null));
const members = (value) => [...new Set((value?.items ?? value ?? []).map(text))].sort();
const plus = (old, piece) =>
  old === null ? piece : Array.isArray(old) ? [...old, ...piece] : old + piece;
const named = (kind, op) =>
  op.key === null || op.key === undefined ? `the ${kind}` : `the ${kind} ${show(op.key)}`;
const held = (value) => (value === null || value === undefined ? "nothing" : show(value));

const register = {
  reads: ["read", "get"],
  functions: ["read", "write"],
  initial: null,
  step(state, { f, value, result, outcome }) {
    if (f === "read") return [outcome === "info" || same(result, state), state];
    if (f === "cas") return [same(value[0], state), value[1]];
    return [true, value];
  },
  why(state, op) {
    const found = `${named("register", op)} holds ${held(state)} at that point`;
    return op.f === "cas"
      ? `${op.outcome === "info" ? "can't have taken effect" : "succeeded"}, but it ` +
          `looks for ${held(op.value[0])}, and ${found}`
      : `returned ${show(op.result)}, but ${found}`;
  },
};

export const MODELS = {
  register,
  "cas-register": { ...register, functions: ["read", "write", "cas"] },
  kv: {
    ...register,
    functions: ["get", "put", "append", "read", "write", "cas"],
    step(state, op) {
      if (op.f === "get" || op.f === "read")
        return [op.outcome === "info" || same(present(op.result), present(state)), state];
      return op.f === "append" ? [true, plus(state, op.value)] : register.step(state, op);
    },
  },
  set: {
    reads: ["contains", "read"],
    functions: ["add", "remove", "contains", "read"],
    initial: [],
    step(state, { f, value, result, outcome }) {
      if (f === "add") return [true, [...new Set([...state, text(value)])].sort()];
      if (f === "remove") return [true, state.filter((each) => each !== text(value))];
      if (f === "contains")
        return [outcome === "info" || same(result, state.includes(text(value))), state];
      return [outcome === "info" || same(members(result), state), state];
    },
    why(state, op) {
      if (op.f === "contains")
        return (
          `answered ${show(op.result)}, but ${show(op.value)} is ` +
          `${state.includes(text(op.value)) ? "" : "not "}in ${named("set", op)} at that ` +
          "point"
        );
      return (
        `returned ${show(op.result)}, but ${named("set", op)} holds {` +
        `${state.map((each) => show(JSON.parse(each))).join(", ")}} at that point`
      );
    },
  },
  queue: {
    reads: [],
    functions: ["enqueue", "dequeue"],
    initial: [],
    step(state, { f, value, result, outcome }) {
      if (f === "enqueue") return [true, [...state, value]];
      return [outcome === "info" || same(result, state.length ? state[0] : null), state.slice(1)];
    },
    why: (state, op) =>
      `returned ${show(op.result)}, but ` +
      (state.length
        ? `${show(state[0])} is at the head of ${named("queue", op)}`
        : `${named("queue", op)} is empty`) +
      " at that point",
  },
  list: {
    reads: ["read"],
    functions: ["append", "read"],
    initial: [],
    step(state, { f, value, result, outcome }) {
      return f === "append"
        ? [true, [...state, value]]
        : [outcome === "info" || same(result ?? [], state), state];
    },
    why: (state, op) =>
      `returned ${show(op.result)}, but ${named("list", op)} is ${show(state)} at that point`,
  },
  lock: {
    reads: [],
    functions: ["acquire", "release"],
    byProcess: true, // What a call does depends on who calls.
    initial: null,
    step: (state, { f, process }) =>
      f === "acquire" ? [state === null, process] : [same(state, process), null],
    why: (state, op) =>
      `${op.outcome === "info" ? "can't have taken effect" : "succeeded"}, but ` +
      `${state === null ? "nobody" : `process ${show(state)}`} holds ` +
      `${named("lock", op)} at that point`,
  },
};

/** The names of the models that know all of these operations. */
export function fitting(operations) {
  const asked = new Set(operations.map(({ f }) => f)),
    lists = operations.some(({ f, result }) => f === "read" && Array.isArray(result));
  const found = Object.keys(MODELS).filter((name) =>
    [...asked].every((f) => MODELS[name].functions.includes(f)),
  );
  return lists ? found.sort((a, b) => (b === "list") - (a === "list")) : found;
}

/**
 * Replay `order` on one copy: null where each call may have answered as it did, else {place, why}
 * of the first that can't have.
 */
export function replay(model, order) {
  const states = new Map();
  for (const [place, op] of order.entries()) {
    const key = text(op.key),
      state = states.has(key) ? states.get(key) : model.initial,
      [fits, after] = model.step(state, op);
    if (!fits) return { place, why: model.why(state, op) };
    states.set(key, after);
  }
  return null;
}

class Spent extends Error {}

/**
 * Look for a legal order of operations, each between its call and its return: {order}, which is
 * null where none exists and undefined where `budget` configurations were not enough. Each key is
 * searched by itself (Herlihy and Wing 1990, section 3.3).
 */
export function suggest(model, operations, budget = 20_000) {
  const keys = new Map(),
    placed = [],
    purse = { left: budget };
  for (const op of operations)
    keys.has(text(op.key)) ? keys.get(text(op.key)).push(op) : keys.set(text(op.key), [op]);
  try {
    for (const some of keys.values()) {
      const order = ordered(model, some, purse);
      if (!order) return { order: null };
      // The earliest moment of each call in its key's order puts the orders of all keys into one.
      let moment = -1;
      for (const op of order) placed.push({ op, moment: (moment = Math.max(moment, op.invoked)) });
    }
  } catch (error) {
    if (error instanceof Spent) return { order: undefined };
    throw error;
  }
  return { order: placed.sort((a, b) => a.moment - b.moment).map(({ op }) => op) };
}

/**
 * A legal order of the operations of one key, or null: Wing and Gong's search with Lowe's memory.
 */
function ordered(model, operations, purse) {
  const done = operations
    .filter(({ returned }) => returned !== null)
    .sort((a, b) => a.returned - b.returned);
  const open = operations
    .filter(({ returned, f }) => returned === null && !model.reads.includes(f))
    .sort((a, b) => a.invoked - b.invoked);
  const all = [...done, ...open],
    path = [],
    used = new Set(),
    seen = new Set();
  const twin = all.map((op, number) =>
    number < done.length
      ? -1
      : all.findLastIndex(
          (other, at) =>
            at >= done.length &&
            at < number &&
            other.f === op.f &&
            same(other.value, op.value) &&
            (!model.byProcess || other.process === op.process),
        ),
  );
  const take = (number, state) => {
    path.push(all[number]);
    used.add(number);
    if (look(state)) return true;
    used.delete(number);
    path.pop();
    return false;
  };
  const look = (state) => {
    const first = done.findIndex((_, number) => !used.has(number));
    if (first < 0) return true;
    const key = `${[...used].sort((a, b) => a - b).join()}|${text(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (purse.left-- <= 0) throw new Spent();
    const may = all
      .map((_, number) => number)
      .filter((number) => !used.has(number) && all[number].invoked < done[first].returned);
    // A read that fits the state may as well take effect now: it stands in nobody's way.
    const read = may.find(
      (number) => model.reads.includes(all[number].f) && model.step(state, all[number])[0],
    );
    if (read !== undefined) return take(read, state);
    return may.some((number) => {
      if (model.reads.includes(all[number].f) || (twin[number] >= 0 && !used.has(twin[number])))
        return false;
      const [fits, after] = model.step(state, all[number]);
      return fits && take(number, after);
    });
  };
  return look(model.initial) ? path : null;
}
