// The one script that a page loads. It fetches a widget's file when the page has such an element,
// now or later.

const ELEMENTS = {
  "dslab-quorums": () => import("./quorums.js"),
  "dslab-drive": () => import("./drive.js"),
  "dslab-trace": () => import("./trace.js"),
  "dslab-runs": () => import("./runs.js"),
  "dslab-predict": () => import("./predict.js"),
  "dslab-predictions": () => import("./predict.js"),
  "dslab-state-graph": () => import("./state-graph.js"),
  "dslab-frontier": () => import("./frontier.js"),
  "dslab-design-board": () => import("./design-board.js"),
};

const waiting = Object.keys(ELEMENTS);

function look() {
  for (const tag of [...waiting]) {
    if (!document.querySelector(tag)) continue;
    waiting.splice(waiting.indexOf(tag), 1);
    ELEMENTS[tag]();
  }
}

let planned = false;
// Cells may be run, and notebooks opened, long after the page was.
new MutationObserver(() => {
  if (planned || !waiting.length) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    look();
  });
}).observe(document.documentElement, { childList: true, subtree: true });
look();
