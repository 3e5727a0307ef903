// The ground of a space-time diagram: where times and lanes stand, and what lies behind the
// messages: the axis, cuts, lanes and calls.

import { SMALL, fitted, line } from "../core/draw.js";
import { show } from "../core/values.js";

export const LANE = 46,
  TOP = 40,
  AXIS = 24;

/**
 * What a diagram with run, host, pen, from, to, left, right, width, height, now and the colours of
 * the mode is drawn on.
 */
export class Ground {
  x(time) {
    return (
      this.left +
      ((time - this.from) / (this.to - this.from)) * (this.width - this.left - this.right)
    );
  }
  y(lane) {
    return TOP + lane * LANE + LANE / 2;
  }
  timeAt(x) {
    return (
      this.from + ((x - this.left) / (this.width - this.left - this.right)) * (this.to - this.from)
    );
  }

  drawAxis() {
    const { pen } = this,
      wide = (this.to - this.from) / 1000,
      rough = wide / Math.max(2, (this.width - this.left) / 90);
    const power = 10 ** Math.floor(Math.log10(rough)),
      unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
    pen.font = SMALL;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (
      let tick = Math.max(0, Math.ceil(this.from / 1000 / unit)) * unit;
      tick * 1000 <= this.to;
      tick += unit
    ) {
      const x = this.x(tick * 1000);
      pen.strokeStyle = this.faint;
      pen.lineWidth = 0.6;
      line(pen, x, TOP - 4, x, this.height - AXIS);
      pen.fillStyle = this.soft;
      if (x < this.width - 22)
        pen.fillText(
          this.run.unit === "ms"
            ? `${Math.round(tick * 1000) / 1000} ms`
            : this.run.moment(tick * 1000),
          x,
          this.height - AXIS / 2,
        );
    }
  }

  drawSpans() {
    const { pen, run } = this;
    for (const span of run.spans) {
      if (span.kind !== "cut") continue;
      const from = this.x(span.from),
        to = this.x(span.to ?? this.to);
      if (to < this.left || from > this.width) continue;
      pen.fillStyle = this.dark ? "rgba(240,140,60,.13)" : "rgba(230,120,20,.10)";
      pen.fillRect(from, TOP - 6, to - from, this.height - AXIS - TOP + 6);
      pen.strokeStyle = this.host.colors.warn;
      pen.lineWidth = 1.2;
      pen.setLineDash([4, 3]);
      line(pen, from, TOP - 6, from, this.height - AXIS);
      if (span.to !== null) line(pen, to, TOP - 6, to, this.height - AXIS);
      pen.setLineDash([]);
      pen.fillStyle = pen.strokeStyle;
      pen.font = SMALL;
      pen.textAlign = "left";
      const start = Math.max(from, this.left) + 5,
        room = Math.min(to, this.width) - start - 4;
      fitted(pen, `✂ ${span.label}`, start, TOP - 16, room);
    }
  }

  drawLanes() {
    const { pen, run } = this,
      edge = this.x(run.end);
    run.lanes.forEach((_, lane) => {
      pen.strokeStyle = lane < run.nodes.length ? this.soft : this.faint;
      pen.lineWidth = this.host.lit.has(`node ${run.lanes[lane]}`)
        ? 3
        : lane < run.nodes.length
          ? 1.3
          : 1;
      line(
        pen,
        Math.max(this.left, this.x(0)),
        this.y(lane),
        Math.min(this.width, edge),
        this.y(lane),
      );
    });
    for (const span of run.spans) {
      if (span.kind === "cut") continue;
      const from = Math.max(this.left, this.x(span.from)),
        to = Math.min(this.width, this.x(span.to ?? run.end)),
        y = this.y(span.lane);
      if (to <= from) continue;
      pen.fillStyle = this.paper;
      pen.fillRect(from, y - 3, to - from, 6);
      pen.strokeStyle = this.soft;
      pen.lineWidth = 1;
      if (span.kind === "down") {
        pen.save();
        pen.beginPath();
        pen.rect(from, y - 8, to - from, 16);
        pen.clip();
        for (let x = from - (from % 7) - 14; x < to + 16; x += 7)
          line(pen, x, y + 8, x + 16, y - 8);
        pen.restore();
      } else {
        line(pen, from, y - 3, to, y - 3);
        line(pen, from, y + 3, to, y + 3);
      }
      pen.fillStyle = this.soft;
      pen.font = SMALL;
      pen.textAlign = "left";
      fitted(pen, span.kind, from + 4, y + 17, to - from - 4);
    }
  }

  drawCalls() {
    const { pen, run } = this;
    for (const call of run.calls) {
      const from = this.x(call.begin),
        to = this.x(call.end ?? this.to),
        y = this.y(call.lane);
      if (to < this.left || from > this.width) continue;
      const past = call.begin <= this.now.time,
        color =
          call.outcome === "ok"
            ? this.host.colors.good
            : call.outcome === "fail"
              ? this.host.colors.warn
              : this.soft;
      pen.globalAlpha = past ? 1 : 0.35;
      pen.fillStyle = this.host.colors.tint;
      pen.strokeStyle = color;
      pen.lineWidth = this.host.lit.has(`call ${call.event}`) ? 3 : 1.6;
      pen.setLineDash(call.outcome === "ok" ? [] : call.outcome === "fail" ? [6, 3] : [2, 3]);
      pen.beginPath();
      pen.roundRect(from, y - 11, Math.max(4, to - from), 22, 4);
      pen.fill();
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = this.ink;
      pen.font = SMALL;
      pen.textAlign = "left";
      const [, f, key, value] = run.payload(call.event),
        asked = [f, ...[key, value].filter((part) => part !== null).map(show)].join(" ");
      const known = call.close !== null && call.end <= this.now.time;
      const answer = !known
        ? ""
        : call.outcome === "ok"
          ? ["read", "get"].includes(f)
            ? ` → ${show(run.payload(call.close))}`
            : " ✓"
          : call.outcome === "fail"
            ? ` ✗ ${show(run.payload(call.close))}`
            : " ? no answer";
      const start = Math.max(from, this.left) + 5,
        next = this.nextCall.get(call);
      fitted(
        pen,
        asked + answer,
        start,
        y + 0.5,
        (next ? Math.min(this.x(next.begin), this.width) : this.width) - start - 4,
      );
      pen.globalAlpha = 1;
    }
  }
}
