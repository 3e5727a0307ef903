// What the cluster stage looks like. A message's colour has a shape for its second sign.

export const SHAPES = [
  "M-7 0A7 7 0 1 1 7 0A7 7 0 1 1 -7 0z",
  "M-6.5 -6.5H6.5V6.5H-6.5z",
  "M0 -8L8 6.5H-8z",
  "M0 -8.5L8.5 0L0 8.5L-8.5 0z",
  "M-2.8 -8H2.8V-2.8H8V2.8H2.8V8H-2.8V2.8H-8V-2.8H-2.8z",
  "M-8 -6.5H8L0 8z",
];

export const STAGE_STYLE = `
.stage.beside { display: grid; grid-template-columns: minmax(0, 1fr) 270px; }
.stage svg { display: block; }
.stage .ring > svg { width: 100%; user-select: none; }
.stage text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.stage .name { font-weight: 600; font-size: 13px; }
.stage .line { fill: var(--soft); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.stage .leads .line.first { fill: var(--ink); font-weight: 600; }
.stage .link { stroke: var(--line); stroke-width: 1; opacity: .6; pointer-events: none; }
.stage .reach { stroke: transparent; stroke-width: 16; cursor: pointer; }
.stage .reach:hover + .link { stroke: var(--mark); stroke-width: 2; opacity: 1; }
.stage .body { fill: var(--tint); stroke: var(--soft); stroke-width: 1.6; }
.stage .inner { fill: none; stroke: none; }
.stage .leads .body { stroke: var(--ink); stroke-width: 2.6; }
.stage .leads .inner { stroke: var(--ink); stroke-width: 1; }
.stage .down .body { stroke-dasharray: 3 3; }
.stage .down .name { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
.stage .down .line { fill: var(--bad); }
.stage .sign { font-size: 12px; font-weight: 700; }
.stage .down .sign { fill: var(--bad); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.stage .paused .body { stroke-width: 1.6; stroke-dasharray: 10 4; }
.stage .acts .body { stroke: var(--mark); stroke-width: 4; }
.stage .lit .body, .stage g[aria-pressed=true] .body { fill: var(--new); }
.stage g[aria-pressed=true] .body { stroke: var(--mark); stroke-width: 3.4; }
.stage .client .body { stroke-dasharray: 2 2; }
.stage .client.waits .body { stroke-dasharray: none; stroke-width: 2.2; }
.stage .arc { fill: none; stroke: var(--mark); stroke-width: 2.6; stroke-linecap: round; }
.stage .arc-1 { stroke: var(--good); stroke-dasharray: 5 4; }
.stage .arc-2 { stroke: var(--warn); stroke-dasharray: 1 4; }
.stage .track { stroke-width: 1.2; opacity: .45; }
.stage .track.lit { stroke-width: 3; opacity: 1; }
.stage .message { cursor: pointer; }
.stage .message path { stroke: var(--paper); stroke-width: 1.4; }
.stage .message text { font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.stage .message .reach { fill: transparent; stroke: none; }
.stage .message .gone { display: none; }
.stage .message.lost .gone { display: block; fill: none; stroke: var(--bad); stroke-width: 3; }
.stage .message.lost text, .stage .message.altered text { fill: var(--bad); }
.stage .message.lit .reach, .stage .message.lands .reach, .stage .message[aria-pressed=true] .reach { stroke: var(--mark); stroke-width: 2; }
.stage .node, .stage .client { cursor: pointer; }
.stage g[role=button]:focus { outline: none; }
.stage g[role=button]:focus-visible .body, .stage g[role=button]:focus-visible .reach { outline: 2px solid var(--mark); outline-offset: 4px; }
.stage .wall { fill: none; stroke: var(--warn); stroke-width: 4; stroke-dasharray: 9 6; }
.stage .wall.thin { stroke-width: 1.8; stroke-dasharray: 5 4; }
.stage .wall.solid { stroke-width: 3.5; stroke-dasharray: none; }
.stage .head { fill: var(--warn); }
.stage .scissors { fill: var(--warn); font-size: 17px; paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
.stage line.slow { stroke: var(--warn); stroke-width: 2; stroke-dasharray: 1 5; }
.stage text.slow { fill: var(--warn); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.stage .paper { fill: var(--paper); }
.stage .hatch { stroke: var(--soft); stroke-width: 2.2; }
.stage .legend { padding-top: .3rem; }
.stage .legend span { display: inline-flex; align-items: center; gap: .3rem; }
.stage .panel { padding: .5rem .75rem; border-top: 1px solid var(--line); min-height: 4.6em; overflow-wrap: anywhere; }
.stage.beside .panel { border-top: 0; border-inline-start: 1px solid var(--line); max-height: 30rem; overflow: auto; }
.stage .panel p { margin: 0 0 .15rem; }
.stage .panel .soft, .stage .panel legend { color: var(--soft); }
.stage .panel fieldset { border: 0; margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem; }
.stage .panel legend { padding: 0 0 .15rem; font-size: 12.5px; }
.stage .panel button { height: 1.9rem; font-size: 13px; }
.stage .panel button[aria-pressed=true] { background: var(--new); border-color: var(--mark); border-width: 2px; }
.stage .panel input[type=text] { font: inherit; width: 5rem; height: 1.9rem; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 0 .4rem; }
.stage .panel label { display: inline-flex; align-items: center; gap: .3rem; font-size: 13px; }
/* Two branches beside each other keep their diagrams at one height, whatever is chosen in each. */
@media (min-width: 1000px) { .stage.live:not(.beside) .panel { min-height: 20.5rem; } }
@media print { .stage.beside { display: block; } .stage.live .panel.panel.panel { min-height: 0; max-height: none; } .stage .panel .hint, .stage .panel fieldset { display: none; } .stage .panel:has(.hint) { padding: 0; border: 0; } }
`;
