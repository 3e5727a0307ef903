// What stands beside a cluster stage: the details of what is chosen and, where Python is behind the
// page, what can be done to it. Each button is one step of a scenario (dslab/run/steps.py lists
// them), handed to whoever listens by the player's `act`.

import { html } from "../core/draw.js";

export class Palette {
  constructor(stage) {
    Object.assign(this, { stage, host: stage.host, run: stage.run });
    this.element = html("div", {
      class: "panel",
      role: "group",
      "aria-label": stage.host.live ? "Details, and what you can do" : "Details",
    });
  }

  /** Follow the choice and the moment; a button that has the focus keeps it while it stays. */
  settle() {
    const { stage } = this,
      { chosen, also } = stage.memory;
    const lines = chosen
      ? stage.about(chosen)
      : [
          this.host.live
            ? "Choose a node, a client or a message, then what happens to it."
            : "Choose a node, a client or a message for its details.",
        ];
    const groups = this.host.live ? this.groups(chosen, also) : [];
    const sign = JSON.stringify([
      chosen,
      also,
      groups.map(({ name, actions }) => [name, actions.map(([label]) => label)]),
    ]);
    if (sign !== this.sign) {
      const focused =
        this.element.contains(this.element.getRootNode().activeElement) &&
        this.element.getRootNode().activeElement.textContent;
      this.sign = sign;
      this.about = html("div", { class: "about" });
      this.element.replaceChildren(
        this.about,
        ...groups.map((group) => this.fieldset(group)),
        ...(this.host.live && chosen?.startsWith("client ")
          ? [this.callForm(chosen.split(" ")[1])]
          : []),
      );
      if (focused)
        [...this.element.querySelectorAll("button")]
          .find((button) => button.textContent === focused)
          ?.focus();
    }
    this.about.replaceChildren(
      ...lines.map((line, row) => html("p", { class: row ? "soft" : chosen ? "" : "idle" }, line)),
    );
  }

  fieldset({ name, actions }) {
    return html(
      "fieldset",
      {},
      html("legend", {}, name),
      ...actions.map(([label, does, pressed]) =>
        html(
          "button",
          {
            type: "button",
            "aria-pressed": pressed === undefined ? null : String(pressed),
            onclick: () => (typeof does === "function" ? does() : this.host.act(does)),
          },
          label,
        ),
      ),
    );
  }

  /**
   * What can be done: { name, actions: [[label, a step of a scenario or a function, pressed?]] }.
   */
  groups(chosen, also) {
    const [kind, name] = (chosen ?? "").split(" "),
      network = { name: "The network", actions: [["Heal all links", { heal: true }]] };
    if (kind === "message") return [this.message(Number(name))];
    if (kind !== "node") return kind === "client" ? [] : [network];
    const health = this.stage.world.health(this.run.nodes.indexOf(name), this.stage.event);
    return [
      this.node(name, health),
      ...(health === "up" ? [this.clock(name)] : []),
      this.others(name, also),
      ...(also.length ? [this.links([name, ...also.map((key) => key.split(" ")[1])])] : []),
      network,
    ];
  }

  message(number) {
    const gone = !this.stage.world
        .underWay(this.stage.event)
        .some(({ arrow }) => arrow.send === number),
      again = ["Send once more", { duplicate: number }];
    return {
      name: "This message",
      actions: gone
        ? [again]
        : [
            ["Drop", { drop: number }],
            ["Deliver now", { deliver: number }],
            again,
            ["Hold back 50 ms", { delay: { message: number, by: 50 } }],
          ],
    };
  }

  node(name, health) {
    const others = this.run.nodes.filter((other) => other !== name).join(" ");
    const up = [
      ["Crash", { crash: name }],
      ["Crash, its last write lost", { crash: { node: name, lost: 1 } }],
      ["Crash, its last write torn", { crash: { node: name, torn: true } }],
      ["Pause", { pause: name }],
      ["Isolate", { isolate: name }],
      ["Hears nothing", { cut: [others, name] }],
      ["Is not heard", { cut: [name, others] }],
    ];
    const timers = this.stage.timers
      .filter(({ lane }) => this.run.lanes[lane] === name)
      .map((timer) => [`Fire ${timer.name} now`, { fire: { node: name, timer: timer.name } }]);
    return {
      name: `Node ${name}`,
      actions:
        {
          up: [...up, ...timers],
          paused: [
            ["Resume", { resume: name }],
            ["Crash", { crash: name }],
          ],
          down: [["Restart from its disk", { restart: name }]],
        }[health] ?? [],
    };
  }

  clock(name) {
    return {
      name: "Its clock",
      actions: [
        ["500 ms ahead", { clock: { node: name, ahead: 500 } }],
        ["Twice as fast", { clock: { node: name, rate: 2 } }],
        ["Half as fast", { clock: { node: name, rate: 0.5 } }],
      ],
    };
  }

  /** Toggles for other nodes: a link is two chosen nodes, a partition some of them. */
  others(name, also) {
    const others = this.run.nodes.filter((other) => other !== name);
    return {
      name: `Together with`,
      actions: others.map((other) => [
        other,
        () => this.stage.choose(`node ${other}`, true),
        also.includes(`node ${other}`),
      ]),
    };
  }

  links(chosen) {
    const rest = this.run.nodes.filter((name) => !chosen.includes(name)),
      actions = rest.length
        ? [
            [
              `Cut ${chosen.join(" ")} off from ${rest.join(" ")}`,
              { partition: [chosen.join(" "), rest.join(" ")] },
            ],
          ]
        : [];
    if (chosen.length > 2) return { name: "These nodes", actions };
    const [a, b] = chosen;
    return {
      name: `The link between ${a} and ${b}`,
      actions: [
        ["Cut both ways", { partition: [a, b] }],
        [`Cut ${a} → ${b}`, { cut: [a, b] }],
        [`Cut ${b} → ${a}`, { cut: [b, a] }],
        [`Slow ${a} → ${b}`, { slow: { from: a, to: b, delay: [80, 120] } }],
        ["Usual pace again", { slow: { from: a, to: b } }],
        ...actions,
      ],
    };
  }

  callForm(client) {
    const field = (label, value) =>
      html("label", {}, label, html("input", { type: "text", value, name: label }));
    const f = html(
        "select",
        { "aria-label": "Operation" },
        ...["write", "read", "cas"].map((each) => html("option", {}, each)),
      ),
      old = field("old", "1");
    const to = html(
      "select",
      { "aria-label": "Node to ask" },
      html("option", { value: "" }, "any node"),
      ...this.run.nodes.map((node) => html("option", {}, node)),
    );
    const key = field("key", "x"),
      value = field("value", "1"),
      of = (label) => this.value(label.querySelector("input").value);
    const shape = () => {
      value.hidden = f.value === "read";
      old.hidden = f.value !== "cas";
    };
    f.addEventListener("change", shape);
    shape();
    const call = () =>
      this.host.act({
        call: {
          client,
          f: f.value,
          key: key.querySelector("input").value,
          ...(f.value === "read"
            ? {}
            : { value: f.value === "cas" ? [of(old), of(value)] : of(value) }),
          ...(to.value ? { to: to.value } : {}),
        },
      });
    return html(
      "fieldset",
      {},
      html("legend", {}, `${client} calls`),
      f,
      key,
      old,
      value,
      to,
      html("button", { type: "button", onclick: call }, "Call"),
    );
  }

  /** What was typed: a number where it is one. */
  value(text) {
    return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
  }
}
