// What all widgets look like. Colours are variables, so that dark mode changes them in one place,
// and each widget adds its own rules.

export const STYLE = `
:host { display: block; margin: 1rem 0; font: 14px/1.5 system-ui, sans-serif; --ink: #1f2328; --soft: #57606a; --line: #d0d7de; --paper: #fff; --tint: #f6f8fa; --mark: #0072b2; --new: #fff3d6; color: var(--ink); }
:host { --good: #007a5a; --warn: #b34700; --bad: #b3261e; }
:host([dark]) { color-scheme: dark; --good: #4fd1a5; --warn: #f2a25c; --bad: #ff8f8f; --ink: #e6e6e6; --soft: #9ba4ae; --line: #3a4048; --paper: #14181d; --tint: #1c2229; --mark: #6cb9f0; --new: #4a3a10; }
* { box-sizing: border-box; }
.widget { border: 1px solid var(--line); border-radius: 8px; background: var(--paper); overflow: hidden; }
.widget:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible, canvas:focus-visible, .scroll:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
.title { margin: 0; padding: .5rem .75rem .1rem; font-weight: 600; }
.hint { margin: 0; padding: 0 .75rem .35rem; color: var(--soft); font-size: 13px; }
canvas { display: block; width: 100%; cursor: crosshair; touch-action: pan-y; }
.widget.plain { border: 0; background: none; border-radius: 0; overflow: visible; }
.choose { display: block; padding: .3rem 0; }
[hidden] { display: none !important; }
.keys dl { padding: .3rem .75rem; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem; padding: .35rem .75rem; border-top: 1px solid var(--line); background: var(--tint); }
button, select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; min-width: 2.25rem; height: 2.1rem; padding: 0 .5rem; cursor: pointer; }
button svg { display: block; margin: auto; }
button:hover { border-color: var(--mark); }
button.play { background: var(--mark); border-color: var(--mark); color: var(--paper); min-width: 3rem; }
input[type=range] { flex: 1 1 9rem; min-width: 6rem; height: 2.1rem; accent-color: var(--mark); }
.gap { width: .4rem; }
.sentence { margin: 0; padding: .5rem .75rem; border-top: 1px solid var(--line); min-height: 3.6em; overflow-wrap: anywhere; }
.count { color: var(--soft); font-variant-numeric: tabular-nums; margin-inline-end: .4em; }
.scroll { overflow: auto; border-top: 1px solid var(--line); max-height: 22rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
td { white-space: pre-line; min-width: 6.5rem; }
th, td { text-align: start; padding: .16rem .6rem; vertical-align: top; font-weight: 400; max-width: 16rem; overflow-wrap: anywhere; }
thead th { font-weight: 600; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--paper); }
tbody th { color: var(--soft); white-space: nowrap; }
td.new { background: var(--new); font-weight: 600; }
td.new::before { content: "● "; }
details { border-top: 1px solid var(--line); padding: .35rem .75rem; }
summary { cursor: pointer; color: var(--soft); }
ol { max-height: 16rem; overflow: auto; padding-inline-start: 3.2rem; margin: .3rem 0; }
ol button { border: 0; background: none; padding: .05rem 0; height: auto; text-align: start; width: 100%; }
ol li[aria-current] { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .3rem 0; }
dt { font-weight: 600; } dd { margin: 0; color: var(--soft); }
.bad { margin: 0; padding: .6rem .75rem; border: 1px solid var(--line); border-inline-start: 4px solid #b3261e; border-radius: 6px; background: var(--tint); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .1rem .75rem .4rem; color: var(--soft); font-size: 12.5px; }
@media (max-width: 480px) { .controls { padding: .35rem .5rem; } button, select { min-width: 2rem; padding: 0 .35rem; } .sentence { padding: .5rem; } }
/* Paper is white, and a picture's colours are no decoration; it shrinks with the page and keeps its shape. */
@media print { .controls, details, .hint { display: none; } .scroll { max-height: none; } .widget { print-color-adjust: exact; -webkit-print-color-adjust: exact; break-inside: avoid; } canvas { height: auto !important; } }
`;
