// What pictures share: colours with a second sign for each, and the strokes that canvases lack.

/** Okabe and Ito's colours, which most colour-blind people tell apart. */
export const HUES = {
  light: ["#0072b2", "#b34700", "#007a5a", "#a3478a", "#6b5d00", "#4d4d9f"],
  dark: ["#6cb9f0", "#f2a25c", "#4fd1a5", "#e79fcc", "#e3d05c", "#a9a9f5"],
};
/** The second sign of a colour on a line, and on a surface (drawn by `hatch`). */
export const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1, 4]];
export const FONT = "13px system-ui, sans-serif",
  SMALL = "11.5px system-ui, sans-serif";

/**
 * The colours of a mode: ink, soft, faint, paper, tint, mark, good, warn, bad, and `hue(number)`.
 */
export function palette(dark) {
  return dark
    ? {
        ink: "#e6e6e6",
        soft: "#9ba4ae",
        faint: "#3a4048",
        paper: "#14181d",
        tint: "#20262d",
        mark: "#6cb9f0",
        good: "#4fd1a5",
        warn: "#f2a25c",
        bad: "#ff8f8f",
        hue: (number) => HUES.dark[number % HUES.dark.length],
      }
    : {
        ink: "#1f2328",
        soft: "#57606a",
        faint: "#d8dee4",
        paper: "#ffffff",
        tint: "#f3f5f7",
        mark: "#0072b2",
        good: "#007a5a",
        warn: "#b34700",
        bad: "#b3261e",
        hue: (number) => HUES.light[number % HUES.light.length],
      };
}

export function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

export function cross(pen, x, y, size) {
  line(pen, x - size, y - size, x + size, y + size);
  line(pen, x - size, y + size, x + size, y - size);
}

/** An arrow's head at (x2, y2). */
export function head(pen, x1, y1, x2, y2, size) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  pen.beginPath();
  pen.moveTo(x2, y2);
  pen.lineTo(x2 - size * Math.cos(angle - 0.4), y2 - size * Math.sin(angle - 0.4));
  pen.lineTo(x2 - size * Math.cos(angle + 0.4), y2 - size * Math.sin(angle + 0.4));
  pen.fill();
}

/** Text that is cut off where there is less than `room` for it. */
export function fitted(pen, text, x, y, room) {
  if (room < 14) return;
  let shown = text;
  while (shown.length > 1 && pen.measureText(shown).width > room)
    shown = shown.slice(0, -2).trimEnd() + "…";
  if (shown.length > 1 || text.length === 1) pen.fillText(shown, x, y);
}

/**
 * A canvas that is sharp on every screen: sets its size in CSS pixels and returns its pen, scaled.
 */
export function sharpen(canvas, width, height) {
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1),
    pen = canvas.getContext("2d");
  canvas.style.height = `${height}px`;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element: `svg("circle", { r: 4 }, child, "text" …)`. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * An HTML element: `html("button", { type: "button", onclick: …, "aria-label": … }, child, "text"
 * …)`.
 */
export function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
