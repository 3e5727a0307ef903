// Widgets in the page: the manager that ipywidgets' own JavaScript expects, over the worker's
// messages.

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

/**
 * Give each slider's handle the name that stands beside it, also those that are drawn later:
 * ipywidgets leaves it out.
 */
function nameSliders(element) {
  const name = () => {
    for (const handle of element.querySelectorAll('[role="slider"]:not([aria-label])')) {
      const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent;
      handle.setAttribute("aria-label", label || "value");
    }
  };
  new MutationObserver(name).observe(element, { childList: true, subtree: true });
}

/**
 * `send(message)` goes to Python; `render(output)` makes the element of an output, for Output
 * widgets.
 */
export async function makeManager({ send, render }) {
  let bundle;
  try {
    bundle = await import("./vendor/widgets.mjs");
  } catch {
    throw new Error("this book was built without npm, and so without the program of its controls");
  }
  const style = Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: new URL("vendor/widgets.css", import.meta.url).href,
  });
  document.head.append(style);
  const { ManagerBase, base, controls, Widget, anywidget } = bundle;

  /** One end of a comm, in the form that widget models take. */
  class Comm {
    constructor(id, target) {
      Object.assign(this, { comm_id: id, target_name: target, heard: () => {}, closed: () => {} });
    }
    on_msg(call) {
      this.heard = call;
    }
    on_close(call) {
      this.closed = call;
    }
    open() {
      return "";
    }
    send(data, callbacks, metadata, buffers) {
      return this.post("comm_msg", data, callbacks, buffers);
    }
    close(data, callbacks) {
      return this.post("comm_close", data, callbacks);
    }
    post(kind, data, callbacks, buffers = []) {
      send({
        kind,
        content: { comm_id: this.comm_id, data: data ?? {} },
        buffers: buffers.map((part) =>
          part instanceof ArrayBuffer
            ? part
            : part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength),
        ),
      });
      // Models hold back changes until Python is idle; here its messages are taken in order, so it
      // always is.
      setTimeout(() => callbacks?.iopub?.status?.({ content: { execution_state: "idle" } }), 0);
      return "";
    }
  }

  class OutputModel extends base.DOMWidgetModel {
    defaults() {
      return {
        ...super.defaults(),
        _model_name: "OutputModel",
        _view_name: "OutputView",
        _model_module: "@jupyter-widgets/output",
        _view_module: "@jupyter-widgets/output",
        outputs: [],
        msg_id: "",
      };
    }
  }

  class OutputView extends base.DOMWidgetView {
    render() {
      super.render();
      this.el.classList.add("run-output-widget");
      this.listenTo(this.model, "change:outputs", () => this.draw());
      this.draw();
    }
    async draw() {
      this.el.replaceChildren(...(await Promise.all(this.model.get("outputs").map(render))));
    }
  }

  class Manager extends ManagerBase {
    constructor() {
      super();
      this.comms = new Map();
    }
    async loadClass(name, module) {
      const known = {
        "@jupyter-widgets/base": base,
        "@jupyter-widgets/controls": controls,
        "@jupyter-widgets/output": { OutputModel, OutputView },
      };
      const found = (known[module] ?? (module === "anywidget" ? await anywidget() : {}))[name];
      if (!found) throw new Error(`the page has no program for ${module}'s ${name}`);
      return found;
    }
    async _create_comm(target, id) {
      const comm = new Comm(id, target);
      this.comms.set(id, comm);
      return comm;
    }
    async _get_comm_info() {
      return {};
    }

    /** A message from Python. */
    async receive({ msg_type, content, metadata, buffers }) {
      const message = {
        content,
        metadata,
        buffers: buffers.map((part) => new DataView(bytes(part).buffer)),
      };
      if (msg_type === "comm_open") {
        if (content.target_name !== "jupyter.widget") return;
        const comm = await this._create_comm(content.target_name, content.comm_id);
        await this.handle_comm_open(comm, {
          ...message,
          metadata: { version: "2.1.0", ...metadata },
        });
        return;
      }
      const comm = this.comms.get(content.comm_id);
      if (!comm) return;
      if (msg_type === "comm_close") {
        this.comms.delete(content.comm_id);
        await comm.closed(message);
      } else await comm.heard(message);
    }

    async show(id, element) {
      const model = await this.get_model(id);
      const view = await this.create_view(model);
      nameSliders(element);
      Widget.attach(view.luminoWidget, element);
      addEventListener("resize", () => view.luminoWidget.processMessage({ type: "resize" }));
    }
  }
  return new Manager();
}
