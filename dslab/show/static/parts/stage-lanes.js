// The nodes and clients of a stage: their elements, made once, and what these show at a moment.

import { svg } from "../core/draw.js";
import { show } from "../core/values.js";

export function laneElement(stage, name, lane) {
  const node = lane < stage.run.nodes.length;
  const parts = {
    body: node ? svg("circle", { class: "body" }) : svg("rect", { class: "body", rx: 6 }),
    inner: svg("circle", { class: "inner" }),
    arcs: svg("g", { class: "arcs" }),
    name: svg("text", { class: "name", "text-anchor": "middle", dy: ".35em" }, name),
    sign: svg("text", { class: "sign", "text-anchor": "middle", dy: ".35em" }),
    lines: [0, 1, 2].map((row) => svg("text", { class: row ? "line" : "line first" })),
  };
  const group = stage.item(
    svg("g", {}, parts.body, parts.inner, parts.name),
    `${node ? "node" : "client"} ${name}`,
  );
  // What stands around it is in its accessible name, in words.
  const outer = svg(
    "g",
    {},
    parts.arcs,
    group,
    svg("g", { "aria-hidden": true }, parts.sign, ...parts.lines),
  );
  return { group, outer, node, ...parts };
}

export function settleNode(stage, { group, outer, body, sign, lines, arcs }, number, now) {
  const { run, event } = stage,
    name = run.nodes[number],
    health = stage.world.health(number, event),
    state = stateOf(stage, number);
  outer.setAttribute(
    "class",
    [
      "node",
      health,
      state.leads && health === "up" ? "leads" : "",
      run.place[now.first] === number ? "acts" : "",
      stage.host.lit.has(`node ${name}`) ? "lit" : "",
    ].join(" "),
  );
  body.style.fill = health === "down" ? `url(#${stage.id}-hatch)` : "";
  sign.textContent = { down: "✕", paused: "‖" }[health] ?? "";
  const about = ["down", "not started"].includes(health)
    ? [health]
    : [(state.leads ? "★ " : "") + state.role, state.term, state.badges].filter(Boolean);
  const wrong = [health === "paused" ? "paused" : "", ...wrongWith(stage, name)].filter(Boolean);
  const rows = stage.plan.rows(about, wrong);
  lines.forEach((line, row) => {
    if (line.textContent !== (rows[row] ?? "")) line.textContent = rows[row] ?? "";
  });
  group.setAttribute(
    "aria-label",
    [
      name,
      state.role && health !== "down"
        ? state.role + (state.term ? ` of ${state.term}` : "")
        : health === "down"
          ? ""
          : state.term,
      health,
      ...wrongWith(stage, name),
    ]
      .filter(Boolean)
      .join(", "),
  );
  const mine =
    health === "down"
      ? []
      : stage.timers
          .filter((timer) => timer.lane === number)
          .sort((a, b) => a.name.localeCompare(b.name))
          .slice(0, 3);
  arcs.replaceChildren(
    ...mine.map((timer, ring) => {
      timer.arc = svg("path", { class: `arc arc-${ring}` });
      timer.ring = ring;
      return timer.arc;
    }),
  );
}

function wrongWith(stage, name) {
  const words = { clock: "⚠ clock wrong", byzantine: "⚠ lies" };
  return stage.troubles
    .filter(({ kind, about }) => words[kind] && about === name)
    .map(({ kind }) => words[kind]);
}

/** What a node says of itself: its role, term and badges. */
function stateOf(stage, number) {
  const { run } = stage,
    state = run.stateAfter(number, stage.event),
    none = { role: "", term: "", badges: "", leads: false };
  if (!state) return none;
  const { leads, word } = run.roleAfter(number, stage.event),
    { term, log: logged, commit_index: committed } = run.pictured;
  const of = (field) => run.fieldOf(state, field),
    log = of(logged);
  const numbers = run.fields.filter((field) => typeof of(field) === "number" && field !== term),
    shown = numbers.includes(committed)
      ? [committed]
      : numbers.slice(0, Array.isArray(log) ? 1 : 2);
  const badges = [
    ...(Array.isArray(log) ? [`log ${log.length}`] : []),
    ...shown.map((field) => `${field.replace(/_index$/, "").replaceAll("_", " ")} ${of(field)}`),
  ];
  return {
    role: word || (leads ? "leads" : ""),
    term: of(term) === null ? "" : `${term.replace(/^current_/, "")} ${show(of(term))}`,
    badges: badges.join(" · "),
    leads,
  };
}

export function settleClient(stage, { group, outer, lines }, number) {
  const { run } = stage,
    last = stage.world.lastCall(number, stage.event),
    name = run.lanes[number];
  const said =
    last && last.call.close !== null && last.closed ? show(run.payload(last.call.close)) : "";
  const asked = last
    ? [
        run.payload(last.call.event)[1],
        ...run
          .payload(last.call.event)
          .slice(2)
          .filter((part) => part !== null)
          .map(show),
      ].join(" ")
    : "idle";
  const outcome = !last
    ? ""
    : !last.closed
      ? "waits …"
      : { ok: said === "–" ? "✓" : `✓ ${said}`, fail: `✗ ${said}`, info: "? no answer" }[
          last.call.outcome
        ];
  const barred = run.nodes.filter(
    (node) =>
      stage.world.cut(stage.event).has(`${name} ${node}`) ||
      stage.world.cut(stage.event).has(`${node} ${name}`),
  );
  const rows = [asked, outcome, barred.length ? `✂ ${barred.join(" ")}` : ""].filter(Boolean);
  lines.forEach((line, row) => {
    line.textContent = stage.plan.short(rows[row] ?? "");
  });
  const { lit } = stage.host,
    isLit = lit.has(`client ${name}`) || (last && lit.has(`call ${last.call.event}`));
  outer.setAttribute(
    "class",
    `client ${last && !last.closed ? "waits" : ""} ${isLit ? "lit" : ""}`,
  );
  group.setAttribute("aria-label", `${name}, a client, ${rows.join(", ")}`);
}
