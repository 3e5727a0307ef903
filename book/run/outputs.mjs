// Outputs of a run, as the book shows stored ones: the same elements and classes, so that one style
// sheet serves both.

import { loadEditor } from "./editor.mjs";

const ORDER = [
  "application/vnd.jupyter.widget-view+json",
  "text/html",
  "image/svg+xml",
  "image/png",
  "image/jpeg",
  "text/markdown",
  "text/latex",
  "application/javascript",
  "application/json",
  "text/plain",
];

// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;?]*[A-Za-z]/g;

/**
 * What a terminal would show: without colours, and with a line that was begun again written over.
 */
export const plainText = (text) =>
  text
    .replace(ANSI, "")
    .replace(/\r+\n/g, "\n")
    .replace(/[^\n]*\r(?=[^\n])/g, "");

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function preformatted(className, text) {
  return element(
    "div",
    `output ${className} highlight-myst-ansi notranslate`,
    element("div", "highlight", element("pre", "", plainText(text))),
  );
}

/** The element of one output. `widgets(modelId, element)` shows a widget. */
export function render(output, widgets) {
  if (output.output_type === "stream")
    return preformatted(`stream${output.name === "stderr" ? " stderr" : ""}`, output.text);
  if (output.output_type === "error") return preformatted("traceback", output.traceback.join("\n"));
  const kind = ORDER.find((each) => each in output.data) ?? Object.keys(output.data)[0];
  const data = Array.isArray(output.data[kind]) ? output.data[kind].join("") : output.data[kind];
  switch (kind) {
    case "application/vnd.jupyter.widget-view+json": {
      const holder = element("div", "output widget_view");
      widgets(data.model_id, holder);
      return holder;
    }
    case "text/html":
    case "image/svg+xml": {
      const holder = element("div", `output ${kind === "text/html" ? "text_html" : "image_svg"}`);
      holder.innerHTML = data;
      revive(holder);
      return holder;
    }
    case "image/png":
    case "image/jpeg": {
      const picture = document.createElement("img");
      picture.src = `data:${kind};base64,${data.replaceAll("\n", "")}`;
      picture.alt = output.data["text/plain"] ?? "A picture that this cell made";
      return element("div", "output image_png", picture);
    }
    case "text/markdown": {
      const holder = element("div", "output text_markdown");
      markdown(data).then(
        (html) => {
          holder.innerHTML = html;
        },
        () => {
          holder.replaceChildren(element("pre", "", data));
        },
      );
      return holder;
    }
    case "application/javascript": {
      const holder = element("div", "output"),
        script = document.createElement("script");
      script.textContent = data;
      holder.append(script);
      return holder;
    }
    case "application/json":
      return preformatted("text_plain", JSON.stringify(data, null, 1));
    default:
      return preformatted("text_plain", String(data));
  }
}

/** Let the keyboard reach what scrolls. */
export function reach(area) {
  for (const each of area.querySelectorAll("pre, .output")) {
    if (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight)
      each.tabIndex = 0;
  }
}

/** Scripts that come with HTML run, as in a notebook; data in them stays as it is. */
function revive(holder) {
  for (const script of holder.querySelectorAll("script")) {
    if (script.type && !/javascript|module/.test(script.type)) continue;
    const alive = document.createElement("script");
    for (const { name, value } of script.attributes) alive.setAttribute(name, value);
    alive.textContent = script.textContent;
    script.replaceWith(alive);
  }
}

async function markdown(text) {
  const mirror = await loadEditor();
  if (!mirror) throw new Error("no bundle");
  const { MarkdownIt, highlightCode, pythonLanguage, classHighlighter } = mirror;
  const escape = (piece) =>
    piece.replace(
      /[&<>"]/g,
      (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign],
    );
  const maker = new MarkdownIt({
    html: true,
    highlight(code, language) {
      if (language !== "python") return "";
      let html = "";
      highlightCode(
        code,
        pythonLanguage.parser.parse(code),
        classHighlighter,
        (piece, classes) => {
          html += classes ? `<span class="${classes}">${escape(piece)}</span>` : escape(piece);
        },
        () => {
          html += "\n";
        },
      );
      return `<div class="highlight run-code"><pre tabindex="0">${html}</pre></div>`;
    },
  });
  const html = maker.render(text);
  const inside =
    /^<pre><code class="language-python">(<div class="highlight.*<\/div>)\n?<\/code><\/pre>/s;
  return html.replace(inside, "$1");
}

/** Whether an output goes on with the stream that the last one began. */
export const continues = (last, next) =>
  last?.output_type === "stream" && next.output_type === "stream" && last.name === next.name;
