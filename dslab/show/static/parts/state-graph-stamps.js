// The small pictures that the states of an exploration are made of, each drawn once for all states
// that look alike: thousands of paths would take too long.

import { cross, head, line, sharpen } from "../core/draw.js";

/**
 * A small picture that is drawn once and put wherever it belongs: thousands of paths would take
 * too long.
 */
function stamp(picture, draw) {
  const canvas = document.createElement("canvas"),
    half = picture.radius * 1.4 + 14;
  canvas.width = Math.ceil(2 * half * Math.min(3, devicePixelRatio || 1));
  const pen = sharpen(canvas, 2 * half, 2 * half);
  pen.translate(half, half);
  draw(pen);
  return { canvas, half };
}

/** The states that look alike: [stamp, numbers]. */
export function states(picture, seen) {
  const { colors, dark } = picture.host,
    { valence } = picture.graph;
  if (!valence)
    return [
      [
        stateStamp(picture, { shape: "circle", fill: dark ? "#2b333c" : "#eaeef2", letter: "" }),
        seen,
      ],
    ];
  const groups = new Map();
  for (const number of seen) {
    if (!groups.has(valence.of[number])) groups.set(valence.of[number], []);
    groups.get(valence.of[number]).push(number);
  }
  return [...groups]
    .sort(([one], [other]) => one - other)
    .map(([mask, numbers]) => [
      stateStamp(picture, valenceLook(mask, valence.names, colors)),
      numbers,
    ]);
}

function stateStamp(picture, { shape, fill, letter }) {
  const {
    radius,
    host: { colors },
  } = picture;
  return stamp(picture, (pen) => {
    pen.fillStyle = fill ?? colors.paper;
    pen.strokeStyle = picture.graph.valence && fill ? fill : colors.soft;
    pen.beginPath();
    outline(pen, shape, radius);
    pen.fill();
    pen.stroke();
    if (!letter || radius < 5.5) return;
    pen.fillStyle = colors.paper;
    pen.font = `600 ${Math.round(radius * 1.25)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(letter, 0, 0.5);
  });
}

export function ring(picture, color, width, more) {
  return stamp(picture, (pen) => {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(0, 0, picture.radius + more, 0, 7);
    pen.stroke();
  });
}

/**
 * The signs of starts, goals, deadlocks, broken rules and of what was left out: [stamp, numbers].
 */
export function signs(picture) {
  const {
      graph,
      radius,
      down,
      host: { colors },
    } = picture,
    sign = (numbers, draw) => [stamp(picture, draw), numbers];
  return [
    sign(graph.stubs, (pen) => {
      pen.strokeStyle = colors.soft;
      for (let each = 0; each < 3; each++) {
        // Hatched, across where the step would lead.
        const off = radius + 2.5 + each * 2.5;
        if (down) line(pen, -3, off + 1.5, 3, off - 1.5);
        else line(pen, off - 1.5, 3, off + 1.5, -3);
      }
    }),
    [ring(picture, colors.good, 1.6, 2.5), graph.goals],
    sign(graph.deadlocks, (pen) => {
      pen.lineWidth = 2;
      pen.strokeStyle = colors.ink;
      line(pen, radius + 2, -radius, radius + 2, radius);
    }),
    sign(graph.initial, (pen) => {
      pen.fillStyle = colors.ink;
      head(
        pen,
        ...(down ? [0, -radius - 12, 0, -radius - 2] : [-radius - 12, 0, -radius - 2, 0]),
        9,
      );
    }),
    sign(graph.bad, (pen) => {
      pen.strokeStyle = colors.bad;
      pen.lineWidth = 2.6;
      cross(pen, 0, 0, Math.max(5, radius + 1));
    }),
  ];
}

/** How a state looks by what may still be decided from it (a bit for each value). */
export function valenceLook(mask, names, colors) {
  const values = names.filter((_, place) => (mask >> place) & 1);
  if (!values.length)
    return { shape: "circle", fill: null, letter: "", sign: "○", word: "without a decision ahead" };
  if (values.length > 1)
    return {
      shape: "diamond",
      fill: colors.hue(3),
      letter: "B",
      sign: "◆",
      word: values.length === 2 ? "bivalent" : "multivalent",
    };
  const place = names.indexOf(values[0]);
  return {
    shape: SHAPES[place % SHAPES.length],
    fill: colors.hue(place % 3),
    letter: values[0][0],
    sign: "●■▲⬟"[place % SHAPES.length],
    word: `${values[0]}-valent`,
  };
}

function outline(pen, shape, radius) {
  if (shape === "circle") return pen.arc(0, 0, radius, 0, 7);
  const [corners, turn, size] = {
    square: [4, Math.PI / 4, 1.25],
    diamond: [4, 0, 1.3],
    triangle: [3, -Math.PI / 2, 1.35],
    pentagon: [5, -Math.PI / 2, 1.15],
  }[shape];
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    pen[corner ? "lineTo" : "moveTo"](
      radius * size * Math.cos(angle),
      radius * size * Math.sin(angle),
    );
  }
  pen.closePath();
}

const SHAPES = ["circle", "square", "triangle", "pentagon"];
