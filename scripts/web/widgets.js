// Shows the stored state of ipywidgets on a page without a kernel. Only what the book uses is in the bundle.
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import { HTMLManager } from "@jupyter-widgets/html-manager";
import { renderWidgets } from "@jupyter-widgets/html-manager/lib/libembed";

const modules = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls };
const here = document.currentScript.src;

async function loader(name) {
  if (modules[name]) return modules[name];
  throw new Error(`The widget library ${name} is not part of this page.`);
}

function start() {
  const hasWidgets = document.querySelector('script[type="application/vnd.jupyter.widget-view+json"]');
  if (!hasWidgets) return;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = here.replace(/[^/]*$/, "widgets-mini.css");
  document.head.append(style);
  renderWidgets(() => new HTMLManager({ loader }));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
