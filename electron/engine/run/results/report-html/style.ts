/** The page's whole style: system fonts, a 4 px grid, light and dark, colours that colour-blind eyes tell apart. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --panel: #f6f7f8; --ink: #16191d; --quiet: #565d66; --line: #d5d9de;
  --teacher: #a8480a; --baseline: #9a3a86; --student: #00705a; --bad: #b3261e; --good: #1b7340; --unsure: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --panel: #1c2024; --ink: #e9ecef; --quiet: #a3abb5;
  --line: #363c43; --teacher: #f5a05a; --baseline: #e08fcf; --student: #3cc9a0; --bad: #ff8a80; --good: #6ad29a; --unsure: #f0b755; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 13px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1080px; margin: 0 auto; padding: 24px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 40px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
h3 { font-size: 13px; margin: 16px 0 4px; }
p { margin: 4px 0 8px; max-width: 76ch; } .quiet, caption, figcaption { color: var(--quiet); }
.verdict { border: 1px solid var(--line); border-left: 4px solid var(--unsure); border-radius: 6px; padding: 12px 16px; margin: 20px 0; }
.verdict h2 { margin: 0 0 4px; padding: 0; border: 0; color: var(--unsure); } .verdict p { margin: 0; }
.verdict.success { border-left-color: var(--good); } .verdict.success h2 { color: var(--good); }
.verdict.danger { border-left-color: var(--bad); } .verdict.danger h2 { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 20px 0; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; background: var(--panel); }
.card .number { font-size: 30px; font-weight: 650; line-height: 1.2; margin: 4px 0; } .card p { margin: 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: 4px; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { font-weight: 600; } th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 12ch; }
td.words, th.words { text-align: left; padding-left: 12px; color: var(--quiet); white-space: normal; }
td.lost { color: var(--bad); } td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
thead .teacher, .key.teacher { color: var(--teacher); } thead .baseline, .key.baseline { color: var(--baseline); }
thead .student, .key.student { color: var(--student); }
figure { margin: 12px 0; } .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(max(320px, 40%), 1fr)); gap: 16px 24px; }
svg { display: block; width: 100%; height: auto; overflow: visible; } svg.natural { width: auto; max-width: 100%; }
.grid.halves { grid-template-columns: repeat(auto-fit, minmax(320px, 504px)); }
.grid.wide { grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); } svg text { fill: var(--ink); font-size: 11px; }
svg .quiet { fill: var(--quiet); } svg .axis, svg .rule { stroke: var(--line); stroke-width: 1; fill: none; }
svg .rule.cut { stroke: var(--quiet); stroke-dasharray: 2 3; }
svg .teacher { stroke: var(--teacher); fill: var(--teacher); } svg .baseline { stroke: var(--baseline); fill: var(--baseline); }
svg .student { stroke: var(--student); fill: var(--student); } svg .bad { stroke: none; fill: var(--bad); }
svg text.teacher, svg text.baseline, svg text.student { stroke: none; font-weight: 600; }
svg path.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } svg .cell { stroke: var(--line); stroke-width: .5; }
svg .empty { fill: var(--panel); } svg .outline { fill: none; stroke: var(--quiet); stroke-width: 1; }
svg .hollow { fill: var(--paper); } svg path.curve.hollow { stroke-dasharray: 6 3; }
svg .fill { stroke: none; } svg .distilled { fill: none; stroke: var(--ink); stroke-width: 2; }
svg text.on { fill: #fff; } @media (prefers-color-scheme: dark) { svg text.on { fill: #14171a; } }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 12px; overflow-x: auto;
  font: 12px/1.5 ui-monospace, Consolas, monospace; } summary { cursor: pointer; }
code { font: 12px ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }
@media print { main { max-width: none; } details > * { display: block; } }
`;
