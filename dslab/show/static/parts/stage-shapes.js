// The second sign of a message's colour on a stage: the shape that moves along the link.

export const SHAPES = [
  "M-7 0A7 7 0 1 1 7 0A7 7 0 1 1 -7 0z",
  "M-6.5 -6.5H6.5V6.5H-6.5z",
  "M0 -8L8 6.5H-8z",
  "M0 -8.5L8.5 0L0 8.5L-8.5 0z",
  "M-2.8 -8H2.8V-2.8H8V2.8H2.8V8H-2.8V2.8H-8V-2.8H-2.8z",
  "M-8 -6.5H8L0 8z",
];
