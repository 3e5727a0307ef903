// Widgets of one run share a moment and what is lit: scrub one and all follow, point at a message
// in one and it lights in all.
//
// A channel's name is the run's fingerprint, or a `group` that joins different runs (branches of
// one scenario), which then share their time.

const channels = new Map();

export class Channel {
  static named(name) {
    if (!channels.has(name)) channels.set(name, new Channel());
    return channels.get(name);
  }

  members = new Set();
  lit = new Set();

  join(member) {
    this.members.add(member);
  }

  leave(member) {
    this.members.delete(member);
    if (!this.members.size) this.lit = new Set(); // A pointer doesn't leave what is gone.
  }

  /**
   * Everybody else goes to `step` of run `run`, or, where theirs is another run, to the moment
   * `time` (µs).
   */
  move(from, run, step, time) {
    for (const member of this.members) if (member !== from) member.follow(run, step, time);
  }

  /** What is lit from now on: keys such as "message 117", "node n1", "call 45", "entry 3". */
  light(keys) {
    const now = new Set(keys);
    if (now.size === this.lit.size && [...now].every((key) => this.lit.has(key))) return;
    this.lit = now;
    for (const member of this.members) member.repaint();
  }

  /** One plays at a time. */
  playing(from) {
    for (const member of this.members) if (member !== from) member.pause();
  }
}
