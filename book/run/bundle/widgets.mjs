// Bundled into vendor/widgets.mjs: ipywidgets and anywidget without RequireJS.
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import { Widget } from "@lumino/widgets";
import "@jupyter-widgets/base/css/index.css";
import "@jupyter-widgets/controls/css/widgets.css";

export { ManagerBase } from "@jupyter-widgets/base-manager";
export { base, controls, Widget };

/** anywidget's file calls an AMD `define`: here is one for the moment of its import. */
let made;
export async function anywidget() {
  if (made) return made;
  const before = globalThis.define;
  globalThis.define = (_, factory) => {
    made = factory(base);
  };
  try {
    await import("anywidget");
  } finally {
    globalThis.define = before;
  }
  return made;
}
