// Where everything stands on a cluster stage: a ring of nodes with their lines beside them or,
// where it is narrow, under them, and clients at the sides or under the ring.

import { svg } from "../core/draw.js";

const NARROW = 480,
  UNDER = 720,
  LINE = 14;

export class StagePlan {
  constructor(run, width) {
    Object.assign(this, {
      run,
      width,
      narrow: width < NARROW,
      under: width < UNDER,
      nodes: run.nodes.length,
      clients: run.lanes.length - run.nodes.length,
    });
    this.r = this.narrow ? 21 : 26;
    this.ring =
      this.nodes === 1
        ? 0
        : this.narrow
          ? Math.min(width * 0.3, 100)
          : this.nodes <= 3
            ? 110
            : this.nodes <= 5
              ? 135
              : 150;
    this.middle = { x: width / 2, y: this.ring + this.r + (this.narrow ? 56 : 24) };
    // The lowest nodes of three or five stand above the ring's lowest point.
    const low = Math.max(0, ...run.nodes.map((_, lane) => Math.sin(this.angle(lane)))) * this.ring;
    this.height = this.middle.y + low + this.r + (this.narrow ? 46 : 30);
    if (this.clients && this.under) this.height += 84;
    this.labels = this.narrow ? 4 : 10;
    this.spots = run.lanes.map((_, lane) =>
      lane < this.nodes ? this.nodeSpot(lane) : this.clientSpot(lane - this.nodes),
    );
  }

  angle(lane) {
    return (lane / this.nodes - 0.25) * 2 * Math.PI;
  }

  nodeSpot(lane) {
    const angle = this.angle(lane);
    return {
      x: this.middle.x + this.ring * Math.cos(angle),
      y: this.middle.y + this.ring * Math.sin(angle),
      reach: this.r + 4,
    };
  }

  clientSpot(client) {
    if (this.under)
      return { x: (this.width * (client + 0.5)) / this.clients, y: this.height - 66, reach: 20 };
    const right = client % 2,
      row = client >> 1,
      rows = right ? this.clients >> 1 : (this.clients + 1) >> 1;
    return {
      x: right ? this.width - 72 : 72,
      y: ((this.height - 40) * (row + 0.5)) / rows,
      reach: 26,
    };
  }

  /** Put a lane's parts where they belong. */
  place({ node, outer, body, inner, name, sign, lines }, number) {
    const { x, y } = this.spots[number],
      { r } = this;
    outer.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    if (node) {
      body.setAttribute("r", r);
      inner.setAttribute("r", r - 4);
      sign.setAttribute("y", -r * 0.52);
    } else
      for (const [attribute, value] of Object.entries({ x: -24, y: -15, width: 48, height: 30 }))
        body.setAttribute(attribute, value);
    name.setAttribute("y", node ? 1 : 0);
    const beside = node && !this.narrow,
      left = beside && Math.cos(this.angle(number)) < -0.3;
    // Where it is narrow the lines stand under a node, and over one at the top, which gets its
    // messages from below.
    const over = node && this.narrow && Math.sin(this.angle(number)) < -0.9;
    lines.forEach((line, row) => {
      line.setAttribute("text-anchor", !beside ? "middle" : left ? "end" : "start");
      line.setAttribute("x", !beside ? 0 : left ? -r - 22 : r + 22);
      line.setAttribute(
        "y",
        beside
          ? row * LINE - 8
          : over
            ? (row - 1) * (LINE - 1) - r - 18
            : (node ? r + 20 : 30) + row * (LINE - 1),
      );
    });
  }

  /**
   * The lines beside a node: what it says of itself, and what is wrong with it, which goes first
   * where there is no room.
   */
  rows(about, wrong) {
    const room = this.narrow ? 2 : 3,
      said = this.narrow ? about.slice(0, 2) : about;
    return [...said.slice(0, Math.max(1, room - wrong.length)), ...wrong].slice(0, room);
  }

  /** Text that fits beside a client. */
  short(text) {
    const most = this.under ? Math.max(8, Math.floor(this.width / this.clients / 7)) : 20;
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  }

  /**
   * The line that messages take, a little to the right of the straight one, so that two ways are
   * two lines.
   */
  track(from, to) {
    const a = this.spots[from],
      b = this.spots[to],
      long = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const ux = (b.x - a.x) / long,
      uy = (b.y - a.y) / long;
    if (from === to) return { x1: a.x + a.reach, y1: a.y, x2: a.x + a.reach + 16, y2: a.y - 10 };
    const aside = 5,
      end = (spot, along) => ({
        x: spot.x + ux * along - uy * aside,
        y: spot.y + uy * along + ux * aside,
      });
    const one = end(a, a.reach),
      other = end(b, -b.reach);
    return { x1: one.x, y1: one.y, x2: other.x, y2: other.y };
  }

  links() {
    if (this.nodes > 7) return [];
    const pairs = this.run.nodes.flatMap((_, lane, all) =>
      all.slice(lane + 1).map((_, more) => [lane, lane + 1 + more]),
    );
    return pairs.map(([a, b]) => {
      const { x: x1, y: y1 } = this.spots[a],
        { x: x2, y: y2 } = this.spots[b];
      // The wide line under the thin one is what a finger can meet.
      return svg(
        "g",
        { "data-link": `${this.run.nodes[a]} ${this.run.nodes[b]}` },
        svg("line", { class: "reach", x1, y1, x2, y2 }),
        svg("line", { class: "link", x1, y1, x2, y2 }),
      );
    });
  }

  slow(pairs) {
    return pairs.flatMap((pair) => {
      const { x1, y1, x2, y2 } = this.track(
        ...pair.split(" ").map((name) => this.run.lanes.indexOf(name)),
      );
      return [
        svg("line", { class: "slow", x1, y1, x2, y2 }),
        svg(
          "text",
          {
            class: "slow",
            x: x1 + (x2 - x1) * 0.35,
            y: y1 + (y2 - y1) * 0.35,
            "text-anchor": "middle",
          },
          "slow",
        ),
      ];
    });
  }

  // Cuts: walls where the parts lie beside each other on the ring, else a bar on each link; an
  // arrow with a bar where it is one way.

  walls(links, groups, head) {
    const between = groups && this.boundaries(groups);
    if (between)
      return between.length === 2
        ? this.wall(...between)
        : between.flatMap((angle) => this.wall(angle, null));
    const { nodes } = this.run;
    return nodes.flatMap((a, lane) =>
      nodes.slice(lane + 1).flatMap((b) => {
        const there = links.has(`${a} ${b}`),
          back = links.has(`${b} ${a}`);
        if (there && back) return this.bar(a, b);
        return there ? this.barred(a, b, head) : back ? this.barred(b, a, head) : [];
      }),
    );
  }

  /**
   * The angles at which the ring passes from one group to the next; null where a group lies in
   * several pieces.
   */
  boundaries(groups) {
    const of = this.run.nodes.map((name) => groups.findIndex((group) => group.includes(name)));
    if (of.includes(-1)) return null;
    const found = of.flatMap((group, lane) =>
      group !== of[(lane + 1) % of.length] ? [this.angle(lane + 0.5)] : [],
    );
    return found.length === new Set(of).size && found.length > 1 ? found : null;
  }

  at(angle, far) {
    return { x: this.middle.x + far * Math.cos(angle), y: this.middle.y + far * Math.sin(angle) };
  }

  /**
   * From one end outside the ring to the other, bent towards the middle, so that it keeps off a
   * node that stands alone; or to the middle.
   */
  wall(one, other) {
    const far = this.ring + this.r + 16,
      a = this.at(one, far),
      b = other === null ? this.middle : this.at(other, far);
    const bend = other === null ? "L" : `Q${this.middle.x.toFixed(1)} ${this.middle.y.toFixed(1)} `;
    return [
      svg("path", {
        class: "wall",
        d: `M${a.x.toFixed(1)} ${a.y.toFixed(1)}${bend}${b.x.toFixed(1)} ${b.y.toFixed(1)}`,
      }),
      this.scissors(a.x, a.y),
    ];
  }

  scissors(x, y) {
    return svg("text", { class: "scissors", x, y, "text-anchor": "middle", dy: ".35em" }, "✂");
  }

  bar(a, b) {
    const [one, other] = [a, b].map((name) => this.spots[this.run.lanes.indexOf(name)]),
      x = (one.x + other.x) / 2,
      y = (one.y + other.y) / 2;
    const long = Math.hypot(other.x - one.x, other.y - one.y) || 1,
      ux = (-(other.y - one.y) / long) * 14,
      uy = ((other.x - one.x) / long) * 14;
    return [
      svg("line", { class: "wall", x1: x - ux, y1: y - uy, x2: x + ux, y2: y + uy }),
      this.scissors(x + ux * 1.5, y + uy * 1.5),
    ];
  }

  /** A link that is cut one way. */
  barred(from, to, head) {
    const { x1, y1, x2, y2 } = this.track(this.run.lanes.indexOf(from), this.run.lanes.indexOf(to)),
      long = Math.hypot(x2 - x1, y2 - y1) || 1;
    const x = (x1 + x2) / 2,
      y = (y1 + y2) / 2,
      ux = (-(y2 - y1) / long) * 10,
      uy = ((x2 - x1) / long) * 10;
    return [
      svg("line", { class: "wall thin", x1, y1, x2, y2, "marker-end": `url(#${head})` }),
      svg("line", { class: "wall solid", x1: x - ux, y1: y - uy, x2: x + ux, y2: y + uy }),
      this.scissors(x + ux * 1.8, y + uy * 1.8),
    ];
  }

  /** A timer's arc around a node: the part of its time that is left, clockwise from the top. */
  arc(ring, part) {
    const radius = this.r + 5 + ring * 4.5,
      angle = Math.min(part, 0.9999) * 2 * Math.PI;
    if (part <= 0.002) return "";
    return (
      `M0 ${-radius}A${radius} ${radius} 0 ${part > 0.5 ? 1 : 0} 1 ` +
      `${(radius * Math.sin(angle)).toFixed(2)} ` +
      `${(-radius * Math.cos(angle)).toFixed(2)}`
    );
  }
}
