// Linearization points: one moment for each call, inside the call, and with them an order of all
// calls.

export class Points {
  /**
   * `calls` have begin and end (µs), and invoked and returned (numbers of events; `returned` is
   * null without an answer).
   */
  constructor(calls) {
    this.calls = calls;
    this.middle();
  }

  /** Every answered call's point in its middle; calls without an answer left out. */
  middle() {
    for (const call of this.calls) call.time = (call.begin + call.end) / 2;
    this.order = this.calls
      .filter(({ returned }) => returned !== null)
      .sort((a, b) => a.time - b.time || a.invoked - b.invoked);
  }

  /**
   * Put a point at `time`, or as near as its call and the calls that were over before it, or came
   * after it, allow.
   */
  place(call, time) {
    this.leave(call);
    const { order } = this,
      from = order.findLastIndex((other) => precedes(other, call)) + 1,
      after = order.findIndex((other) => precedes(call, other));
    call.time = Math.max(call.begin, Math.min(call.end, time));
    const at = order.findIndex((other) => other.time > call.time),
      to = after < 0 ? order.length : after;
    order.splice(Math.max(from, Math.min(to, at < 0 ? order.length : at)), 0, call);
  }

  /** Leave a call out of the order. */
  leave(call) {
    if (this.order.includes(call)) this.order.splice(this.order.indexOf(call), 1);
  }

  /**
   * Move a point past its neighbour; returns the neighbour that it can't pass, null at the order's
   * end, or undefined when it moved.
   */
  pass(call, direction) {
    const { order } = this,
      at = order.indexOf(call),
      other = order[at + direction];
    if (!other) return null;
    if (direction > 0 ? precedes(call, other) : precedes(other, call)) return other;
    [order[at], order[at + direction]] = [other, call];
    [call.time, other.time] = [other.time, call.time];
    this.settle();
    return undefined;
  }

  /** Take over a whole order: the calls in it are placed, the others left out. */
  take(order) {
    this.order = [...order];
    for (const call of order) call.time = (call.begin + call.end) / 2;
    this.settle();
  }

  /** Move the points as little as it takes to have them in their order, each inside its call. */
  settle() {
    const { order } = this,
      latest = [];
    for (let at = order.length - 1, limit = Infinity; at >= 0; at--)
      latest[at] = limit = Math.min(limit, order[at].end);
    let time = -Infinity;
    order.forEach((call, at) => {
      time = call.time = Math.min(
        latest[at],
        Math.max(time, call.begin, Math.min(call.end, call.time)),
      );
    });
  }
}

/** Whether `a` was over before `b` began. */
export function precedes(a, b) {
  return a.returned !== null && a.returned < b.invoked;
}
