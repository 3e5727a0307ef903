// The base of all widgets: a custom element that takes its data from a JSON script inside it,
// follows the page's theme and width, paints at most once a frame, and answers bad data with a
// sentence in place of the picture.
//
//     class Quorums extends Widget {
//       // what its data must say, beside "version": 1
//       static format = "dslab-quorums";
//       static style = css(new URL("./quorums.css", import.meta.url));
//       // check and keep the data; throw BadData where it doesn't fit
//       load(data) { … }
//       // make the elements, once
//       build() { this.body.append(…); }
//       // draw what is to be seen now; call this.repaint() to have it called
//       paint() { … }
//       // optional
//       resized(width) { … }
//       keys() { return [["← →", "…", { ArrowLeft: () => …, ArrowRight: () => … }]]; }
//     }
//     define("dslab-quorums", Quorums);
//
// A page without scripts shows the picture that stands in the element beside the data.

import { css } from "./css.js";
import { html, palette } from "./draw.js";

/** Data that can't be shown; its sentence is shown instead. */
export class BadData extends Error {}

const VERSION = 1;
const common = css(new URL("./widget.css", import.meta.url));
let count = 0;

export class Widget extends HTMLElement {
  static format = "";
  static style = ""; // Its rules, beside those of all widgets: what `css` returns.

  connectedCallback() {
    if (this.shadowRoot) return this.built && this.watch();
    this.attachShadow({ mode: "open" });
    this.number = ++count;
    // The parser may still be at work on the children of this element.
    if (document.readyState === "loading")
      document.addEventListener("DOMContentLoaded", () => this.open(), { once: true });
    else queueMicrotask(() => this.open());
  }

  disconnectedCallback() {
    this.watchers?.forEach((watcher) => watcher.disconnect());
    this.watchers = null;
  }

  /** Show `data` in place of what is shown now: how a live kernel speaks to a widget. */
  set data(data) {
    this.given = data;
    if (!this.shadowRoot) return;
    this.disconnectedCallback();
    this.built = false;
    this.width = null; // The new picture has no size yet.
    // The page below it doesn't jump while it is made anew.
    this.style.minHeight = `${this.offsetHeight}px`;
    this.open().then(() => {
      this.style.minHeight = "";
    });
  }

  async open() {
    try {
      this.load(this.given ?? this.read());
      this.shadowRoot.replaceChildren(
        html("style", {}, this.constructor.rules),
        (this.body = html("section", { class: "widget" })),
      );
      this.body.addEventListener("keydown", (event) => this.key(event));
      await this.build();
      this.built = true;
      if (this.isConnected) this.watch();
      this.dispatchEvent(new Event("dslab-ready"));
    } catch (error) {
      this.refuse(error);
    }
  }

  /** The data inside the element, whose envelope is checked here. */
  read() {
    const script = this.querySelector('script[type="application/json"]');
    if (!script) throw new BadData("The data of this picture is missing from the page.");
    try {
      return JSON.parse(script.textContent);
    } catch {
      throw new BadData(
        "The data of this picture is cut short, so it can't be shown: run its cell again.",
      );
    }
  }

  load(data) {
    const { format } = this.constructor;
    if (!data || data.format !== format)
      throw new BadData(`This is no data for ${format}: run its cell again.`);
    if (data.version !== VERSION)
      throw new BadData(
        `This data has format version ${data.version}, and this page shows version ` +
          `${VERSION}: build the page again with a newer dslab.`,
      );
    this.content = data;
  }

  refuse(error) {
    if (!(error instanceof BadData)) console.warn(error);
    const words =
      error instanceof BadData
        ? error.message
        : "This data is damaged, so it can't be shown here: run its cell again.";
    this.shadowRoot.replaceChildren(
      html("style", {}, Widget.rules),
      html("p", { class: "bad", role: "note" }, words),
      html("slot"),
    );
  }

  // The theme and the width may change under a widget.

  watch() {
    const listen = (target, name, heard) => {
      target.addEventListener(name, heard);
      return { disconnect: () => target.removeEventListener(name, heard) };
    };
    const night = matchMedia("(prefers-color-scheme: dark)"),
      theme = () => {
        const said =
          document.documentElement.dataset.theme ||
          (document.body.dataset.jpThemeLight &&
            (document.body.dataset.jpThemeLight === "true" ? "light" : "dark"));
        this.dark = !this.printing && (said ? said === "dark" : night.matches);
        this.toggleAttribute("dark", this.dark);
        this.colors = palette(this.dark);
        this.repaint();
      };
    const themes = new MutationObserver(theme);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    const sizes = new ResizeObserver(() => this.size());
    sizes.observe(this.body);
    // Paper is light, and no frame comes before the page is printed.
    const print = (printing) => () => {
      this.printing = printing;
      theme();
      if (this.painted) this.paint();
    };
    this.watchers = [
      themes,
      sizes,
      listen(night, "change", theme),
      listen(window, "beforeprint", print(true)),
      listen(window, "afterprint", print(false)),
    ];
    this.size();
    theme();
  }

  size() {
    const width = Math.max(200, this.body.clientWidth);
    if (Math.abs(width - (this.width ?? 0)) < 1) return;
    this.width = width;
    this.resized(width);
    this.repaint();
  }

  resized() {}

  /** Whether the reader asked for less movement. */
  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  repaint() {
    if (this.frame || !this.body) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (!this.colors) return;
      this.paint();
      this.painted = true;
    });
  }

  paint() {}

  /** [keys as a reader knows them, what they do, { key: action }] for each line of the help. */
  keys() {
    return [];
  }

  key(event) {
    const inside = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || inside.tagName === "SELECT") return;
    if (inside.tagName === "TEXTAREA" || (inside.tagName === "INPUT" && inside.type !== "range")) {
      event.stopPropagation(); // The page's own keys don't know that somebody writes here.
      return;
    }
    if ([" ", "Enter"].includes(event.key) && ["BUTTON", "SUMMARY", "A"].includes(inside.tagName))
      return;
    if (inside.classList.contains("scroll") && event.key.startsWith("Arrow")) return;
    for (const [, , actions] of this.keys()) {
      const action = actions[event.key];
      if (!action) continue;
      event.preventDefault();
      event.stopPropagation();
      action();
      return;
    }
  }
}

/** Makes elements called `tag` widgets of class `kind`, once the rules for its looks are here. */
export async function define(tag, kind) {
  Widget.rules = await common;
  kind.rules = `${Widget.rules}\n${await kind.style}`;
  if (!customElements.get(tag)) customElements.define(tag, kind);
}
