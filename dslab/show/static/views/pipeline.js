// The pipeline board: the partitions of a log or the messages of a queue as rows of boxes, with
// each group's place, what is in hand, what is tried again, what was put aside, and how far the
// read models have come.
//
// It shows a run whose lanes have fields of these names (what dslab.events.bus records); a lane is
// what its fields say it is:
//   a log         partitions: partition → list of its last [key, event]; before: partition → how
//                 many came before these, where any did
//   a queue       queue, unacknowledged, dead: lists of [key, event]
//   a group       log (the log's lane), offsets, reading, readers: partition → number or name;
//                 retries: "partition/offset" → tries; dead
//   a projection  position (how many events it has seen), and any other fields as its rows

import { css } from "../core/css.js";
import { html } from "../core/draw.js";
import { show } from "../core/values.js";

const KNOWN = [
  "partitions",
  "before",
  "queue",
  "unacknowledged",
  "dead",
  "log",
  "offsets",
  "reading",
  "readers",
  "retries",
  "position",
];
// Boxes of a row; a longer one shows those from the first group's place on, or its end.
const MOST = 60;
const LEGEND = [
  "⚑ a group goes on here: before it everything is done",
  "◐ in hand",
  "↻ failed so often",
  "lag: how many events a group has not done",
];

export default class Pipeline {
  static label = "Pipeline board";
  static style = css(new URL("./pipeline.css", import.meta.url));

  static lacks(run) {
    return ["partitions", "queue"].some((name) => run.fields.includes(name))
      ? null
      : "This run has no log and no queue: no lane has a field “partitions” or “queue”.";
  }

  constructor(host) {
    this.host = host;
    this.hueOf = new Map();
    this.element = html(
      "div",
      { class: "pipeline" },
      (this.board = html("div", {
        class: "board scroll",
        tabindex: 0,
        role: "region",
        "aria-label": `Pipeline of run ${host.number}`,
      })),
      html("div", { class: "legend" }, ...LEGEND.map((words) => html("span", {}, words))),
    );
  }

  /** A lane's fields by name at the current step, or null before it has any. */
  state(lane) {
    const { run, step } = this.host,
      numbers = run.stateAfter(lane, run.steps[step].end - 1);
    return (
      numbers &&
      Object.fromEntries(
        run.fields.map((name, field) => [
          name,
          numbers[field] < 0 ? undefined : run.values[numbers[field]],
        ]),
      )
    );
  }

  paint() {
    const { run, step } = this.host,
      acting = run.place[run.steps[step].first];
    const lanes = run.nodes
      .map((name, lane) => ({ name, state: this.state(lane), acting: lane === acting }))
      .filter(({ state }) => state);
    const groups = lanes.filter(({ state }) => state.offsets);
    const parts = [];
    for (const lane of lanes) {
      const { state } = lane;
      if (state.partitions)
        parts.push(
          this.log(
            lane,
            groups.filter((group) => group.state.log === lane.name),
          ),
        );
      else if (state.queue) parts.push(this.queue(lane));
      else if (state.position !== undefined) parts.push(this.projection(lane, lanes));
    }
    this.board.replaceChildren(...parts);
    for (const row of this.board.querySelectorAll(".boxes")) {
      // Where there is something to do is in sight.
      const flag = row.querySelector(".flag")?.parentElement;
      row.scrollLeft = flag
        ? flag.offsetLeft - row.offsetLeft - row.clientWidth / 2
        : row.scrollWidth;
    }
  }

  part({ name, acting }, kind, ...rows) {
    return html(
      "section",
      { class: acting ? "part acting" : "part", "aria-label": `${kind} ${name}` },
      html(
        "p",
        { class: "name" },
        acting ? "● " : "",
        name,
        html("span", { class: "kind" }, ` ${kind}`),
      ),
      ...rows,
    );
  }

  log(lane, groups) {
    const rows = Object.entries(lane.state.partitions).map(([partition, events]) => {
      const places = groups.map(({ state }) => state.offsets[partition] ?? 0),
        before = lane.state.before?.[partition] ?? 0,
        total = before + events.length;
      const first = Math.max(before, Math.min(total - MOST, ...places.map((place) => place - 3))),
        last = Math.min(total, first + MOST);
      const boxes = events
        .slice(first - before, last - before)
        .map(([key, event], place) =>
          this.box(key, event, first + place, this.notes(groups, partition, first + place)),
        );
      const end =
        last < total
          ? html("li", { class: "more" }, `${total - last} more`)
          : html(
              "li",
              { class: "end" },
              ...this.flag(groups.filter((_, at) => places[at] >= total)),
            );
      const lags = groups.map(({ name, state }) => {
        const lag = total - (state.offsets[partition] ?? 0),
          reader = state.readers?.[partition];
        return `${name}: lag ${lag}${reader ? `, read by ${reader}` : ""}`;
      });
      return html(
        "div",
        { class: "row" },
        html("span", { class: "label" }, `partition ${partition}`),
        html(
          "ol",
          { class: "boxes", start: first },
          ...(first
            ? [
                html(
                  "li",
                  { class: "more" },
                  ...this.flag(groups.filter((_, at) => places[at] < first)),
                  `${first} before`,
                ),
              ]
            : []),
          ...boxes,
          end,
        ),
        html("span", { class: "lag" }, lags.join(" · ")),
      );
    });
    return this.part(
      lane,
      "log",
      ...rows,
      ...groups
        .filter(({ state }) => state.dead?.length)
        .map(({ name, state }) => this.tray(`${name}'s dead letters`, state.dead)),
    );
  }

  /** What the groups have to do with one event: committed up to here, in hand, tries. */
  notes(groups, partition, offset) {
    return groups.flatMap(({ name, state }) => {
      const at = state.offsets[partition] ?? 0,
        reading = state.reading?.[partition],
        tries = state.retries?.[`${partition}/${offset}`];
      return [
        ...(at === offset ? [{ sign: "⚑", text: `${name} goes on here`, flag: name }] : []),
        ...(reading !== undefined && offset >= at && offset < reading
          ? [{ sign: "◐", text: `in the hands of ${name}` }]
          : []),
        ...(tries ? [{ sign: `↻${tries}`, text: `${name} failed on it ${tries} times` }] : []),
      ];
    });
  }

  /** One flag for all groups that stand at the same place. */
  flag(groups) {
    return groups.length
      ? [html("span", { class: "flag" }, `⚑ ${groups.map(({ name }) => name).join(", ")}`)]
      : [];
  }

  queue(lane) {
    const row = (label, list) =>
      html(
        "div",
        { class: "row" },
        html("span", { class: "label" }, label),
        html(
          "ol",
          { class: "boxes" },
          ...list
            .slice(0, MOST)
            .map(([key, event]) =>
              this.box(
                key,
                event,
                null,
                label === "in hand" ? [{ sign: "◐", text: "handed out, not acknowledged" }] : [],
              ),
            ),
          ...(list.length && list.length <= MOST
            ? []
            : [
                html("li", { class: "more" }, list.length ? `${list.length - MOST} more` : "empty"),
              ]),
        ),
      );
    return this.part(
      lane,
      "queue",
      row("waiting", lane.state.queue),
      row("in hand", lane.state.unacknowledged ?? []),
      ...(lane.state.dead?.length ? [this.tray("dead letters", lane.state.dead)] : []),
    );
  }

  projection(lane, lanes) {
    const total = lanes.reduce(
      (most, { state }) =>
        Math.max(
          most,
          state.partitions
            ? Object.entries(state.partitions).reduce(
                (sum, [partition, events]) =>
                  sum + events.length + (state.before?.[partition] ?? 0),
                0,
              )
            : 0,
        ),
      0,
    );
    const rows = Object.entries(lane.state).filter(
      ([name, value]) => value !== undefined && !KNOWN.includes(name),
    );
    return this.part(
      lane,
      "read model",
      html(
        "p",
        { class: "lag" },
        `at event ${show(lane.state.position)}` +
          (total ? ` of ${total}, ${total - lane.state.position} behind` : ""),
      ),
      html(
        "dl",
        {},
        ...rows.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, show(value))]),
      ),
    );
  }

  tray(label, list) {
    return html(
      "div",
      { class: "row dead" },
      html("span", { class: "label" }, `✗ ${label}`),
      html("ol", { class: "boxes" }, ...list.map(([key, event]) => this.box(key, event, null, []))),
    );
  }

  box(key, event, offset, notes) {
    if (!this.hueOf.has(key)) this.hueOf.set(key, this.hueOf.size);
    const flag = notes.filter((note) => note.flag),
      others = notes.filter((note) => !note.flag),
      name =
        `${offset === null ? "" : `offset ${offset}: `}${show(event)} of ${key}` +
        `${notes.map((note) => `, ${note.text}`).join("")}`;
    return html(
      "li",
      {
        class: others.length ? "box held" : "box",
        title: name,
        style: `--hue: ${this.host.colors.hue(this.hueOf.get(key))}`,
      },
      ...this.flag(flag.map((note) => ({ name: note.flag }))),
      html("span", { class: "key" }, show(key)),
      html("span", { class: "event" }, show(event)),
      html("span", { class: "sign" }, others.map((note) => note.sign).join(" ")),
    );
  }
}
