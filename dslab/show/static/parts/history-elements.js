// What the history view is made of: bars with their points, tools, and the legend.

import { html, svg } from "../core/draw.js";

export const ROW = 46,
  BAR = 38;

export function bar(view, call) {
  call.bar = svg(
    "g",
    {
      class: `bar ${call.outcome}${call.core ? " core" : ""}`,
      role: "img",
      "aria-label": `${call.told}${call.core ? ", in the bad core" : ""}`,
    },
    (call.box = svg("rect", { y: view.top + call.row * ROW, height: BAR, rx: 4 })),
    (call.label = svg("text", { y: view.top + call.row * ROW + 14 })),
  );
  call.bar.call = call;
  if (call.outcome === "fail") return;
  call.point = svg(
    "g",
    { class: "point", role: "slider", tabindex: -1, "aria-label": `Point of ${call.words}` },
    svg("circle", { r: 9 }),
    svg("rect", { x: -9, y: -9, width: 18, height: 18, rx: 2 }),
    (call.number = svg("text", { y: 4 })),
  );
  call.point.call = call;
}

export function tools(view) {
  const label = (name) =>
    ({ kv: "key-value store", "cas-register": "register with cas" })[name] ?? name;
  view.choice = html(
    "select",
    {
      "aria-label": "One copy of a",
      onchange: () => {
        view.model = view.choice.value;
        view.check(true);
      },
    },
    ...view.models.map((name) =>
      html("option", { value: name, selected: name === view.model }, label(name)),
    ),
  );
  view.suggestion = html(
    "button",
    { type: "button", onclick: () => view.suggest() },
    "Suggest an order",
  );
  const again = html(
    "button",
    {
      type: "button",
      onclick: () => {
        view.points.middle();
        view.check(true);
        view.draw();
      },
    },
    "All in the middle",
  );
  if (!view.models.length) return html("div", { class: "tools" }, again);
  return html(
    "div",
    { class: "tools" },
    html("span", { "aria-hidden": "true" }, "One copy of a "),
    view.choice,
    view.suggestion,
    again,
  );
}

export function legend(view) {
  const has = (test) => view.calls.some(test);
  return html(
    "p",
    { class: "legend" },
    html("span", {}, "① takes effect here"),
    html("span", {}, "■ can’t be, in this order"),
    ...(has(({ outcome }) => outcome === "info")
      ? [html("span", {}, "dotted: no answer; Enter or a click on – places it or leaves it out")]
      : []),
    ...(has(({ outcome }) => outcome === "fail")
      ? [html("span", {}, "dashed: refused, nothing was done")]
      : []),
    ...(has(({ core }) => core)
      ? [html("span", {}, "◆ the smallest part that no order explains")]
      : []),
  );
}

export function account(view) {
  return (view.details = html(
    "details",
    { ontoggle: () => view.tell() },
    html("summary", {}, "This order in words"),
    (view.list = html("ol")),
  ));
}
